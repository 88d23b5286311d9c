"""A small picture of every clip that somebody looked at: decoded once, then kept in the workspace by the clip's id.

A clip's id names its source's bytes and its span, so a kept picture is never of another clip.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

from laqta.data.frames import decode_span, picture_of
from laqta.data.ingest import bytes_of
from laqta.data.workspace import Workspace
from laqta.encode import Frames
from laqta.files import write_file
from laqta.video import picture_bytes

SIDE = 160
"""Pixels of the longer side."""


def thumb(workspace: Workspace, clip: dict[str, Any], source: dict[str, Any]) -> bytes | None:
    """The clip's middle frame as WebP; None where the source is gone, has changed, or cannot be decoded there.

    `clip` is a row of the table of clips or of a dataset, `source` its source's record.

    Raises:
        OSError: the workspace cannot be written.
    """
    path = thumb_path(workspace, clip["id"])
    if path.is_file():
        return path.read_bytes()
    try:
        picture = picture_bytes(middle_frame(bytes_of(source), clip))
    except (OSError, ValueError):
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_file(path) as draft:
        draft.write_bytes(picture)
    return picture


def thumb_path(workspace: Workspace, clip: str) -> Path:
    """Where a clip's picture is kept."""
    return workspace.thumbs / clip[:2] / f"{clip}.webp"


def remove_thumbs(workspace: Workspace, clips: Iterable[str]) -> None:
    """Remove the pictures of clips that were taken back."""
    for clip in clips:
        thumb_path(workspace, clip).unlink(missing_ok=True)


def middle_second(clip: dict[str, Any]) -> float:
    """The second of the source that the picture is from."""
    base = Fraction(clip["time_base_num"], clip["time_base_den"])
    return float((clip["start_pts"] + clip["end_pts"]) * base / 2)


def middle_frame(path: Path, clip: dict[str, Any]) -> Frames:
    """The frame shown in the middle of a clip's span, uint8 (H, W, 3), as displayed and at most `SIDE` a side.

    Raises:
        ValueError: the source holds no frame there.
    """
    middle = (clip["start_pts"] + clip["end_pts"]) // 2
    return picture_of(next(decode_span(path, clip, begin=middle)), SIDE)
