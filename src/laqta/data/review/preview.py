"""A clip as a browser plays it: cut from its source, made smaller, easy to step through; kept until withdrawn.

review/<clip>.mp4, review/<clip>.json    the film, and the PTS of each of its frames in the source

Frames are decoded, scaled and encoded one by one: a minute of 4K takes no more memory than a second of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from laqta.data.frames import decode_span, picture_of
from laqta.data.ingest import bytes_of, source_table
from laqta.data.people.track import Timeline
from laqta.data.workspace import Workspace, stored, write_json
from laqta.files import write_file

LONGEST_SIDE = 1280
KEYFRAME_EVERY = 12
"""A browser that steps to a frame decodes from the keyframe before it."""
MOST_KEPT = 300
"""Films that are kept; the one that nobody looked at for the longest goes first, and is cut again when it is wanted."""
TIME_BASE = Fraction(1, 90_000)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A clip's film, when its frames are shown, by the source's clock, and its last second's end (PTS)."""

    path: Path
    timeline: Timeline
    end_pts: int

    def starts(self) -> list[float]:
        """When each frame begins in the film, in seconds, and at last when it ends."""
        first = self.timeline.pts[0]
        return [float((pts - first) * self.timeline.time_base) for pts in (*self.timeline.pts, self.end_pts)]


def preview(workspace: Workspace, clip: Mapping[str, Any]) -> Preview:
    """The film of a row of the table of clips; cut now, where it is not there yet.

    Raises:
        ValueError: the source changed since it was ingested, was withdrawn, or holds no frame there.
        OSError: the source is gone.
    """
    path = _folder(workspace) / f"{clip['id']}.mp4"
    note = path.with_suffix(".json")
    if not (path.is_file() and note.is_file()):
        _cut(workspace, clip, path)
    os.utime(path)
    base = Fraction(clip["time_base_num"], clip["time_base_den"])
    pts = tuple(json.loads(note.read_text(encoding="utf-8"))["pts"])
    return Preview(path=path, timeline=Timeline(pts=pts, time_base=base), end_pts=clip["end_pts"])


def forget(workspace: Workspace, clips: Iterable[str]) -> None:
    """Remove the films of clips that are withdrawn."""
    for clip in clips:
        for ending in ("mp4", "json"):
            (_folder(workspace) / f"{clip}.{ending}").unlink(missing_ok=True)


def _folder(workspace: Workspace) -> Path:
    return workspace.root / "review"


def _cut(workspace: Workspace, clip: Mapping[str, Any], path: Path) -> None:
    source = next((row for row in source_table(workspace).to_pylist() if row["id"] == clip["source"]), None)
    if source is None:
        raise ValueError(f"the source {clip['source'][:12]!r} of this clip was withdrawn; reload the page")
    path.parent.mkdir(parents=True, exist_ok=True)
    films = sorted(stored(path.parent, "*.mp4"), key=lambda film: film.stat().st_mtime)
    forget(workspace, [film.stem for film in films[: max(0, len(films) + 1 - MOST_KEPT)]])
    base = Fraction(clip["time_base_num"], clip["time_base_den"])
    with write_file(path) as draft:
        pts = _encode(draft, _frames(bytes_of(source), clip), base)
    write_json(path.with_suffix(".json"), {"pts": pts})


def _frames(path: Path, clip: Mapping[str, Any]) -> Iterator[tuple[int, av.VideoFrame]]:
    """The frames of the span with their PTS, turned as displayed, no larger than needed, with even sides."""
    for frame in decode_span(path, clip):
        assert frame.pts is not None
        small_HWC = picture_of(frame, LONGEST_SIDE, even=True)
        yield frame.pts, av.VideoFrame.from_ndarray(small_HWC, format="rgb24")


def _encode(path: Path, frames: Iterable[tuple[int, av.VideoFrame]], base: Fraction) -> list[int]:
    """Write an mp4 that begins at second 0 and keeps the distances of frames; returns the PTS of each."""
    shown: list[int] = []
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(25))
        stream.pix_fmt, stream.gop_size = "yuv420p", KEYFRAME_EVERY
        stream.time_base = stream.codec_context.time_base = TIME_BASE
        stream.options = {"crf": "20", "preset": "veryfast", "threads": "1", "bf": "0"}
        for pts, frame in frames:
            if not shown:
                stream.width, stream.height = frame.width, frame.height
            shown.append(pts)
            frame.pts, frame.time_base = round((pts - shown[0]) * base / TIME_BASE), TIME_BASE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return shown
