"""Labelling tasks: clips that leave as films for annotators, so that every frame they see is one that we know.

    labels/<task>/clips.parquet    the clips of a task, with the PTS of every frame of their films

A film shows each frame of its clip once, at a constant rate: frame 7 of it is the clip's 7th frame for every tool,
also where the source's frame rate varies, and its PTS stands in the list. Sides are even in a film, so the last column
or row of an odd one is missing; pixels are counted from the left and the top, and keep their numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import pyarrow as pa
import pyarrow.parquet as pq

from laqta.data.cut import encode_span, read_span
from laqta.data.datasets import Version
from laqta.data.ingest import bytes_of, source_table
from laqta.data.people.formats.table import FORMATS
from laqta.data.people.track import FrameSize, Timeline
from laqta.data.workspace import Workspace, write_json
from laqta.files import write_file

KEY = 32
"""Digits of a clip's id that name its film."""
OTHERS = frozenset({"review", "gold"})
"""Folders of labels that are no tasks: what reviewers say (review/votes.py)."""

SCHEMA = pa.schema(
    [
        ("clip", pa.string()),
        ("source", pa.string()),
        ("version", pa.string()),
        ("file", pa.string()),
        ("start_pts", pa.int64()),
        ("end_pts", pa.int64()),
        ("time_base_num", pa.int64()),
        ("time_base_den", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("film_width", pa.int32()),
        ("film_height", pa.int32()),
        ("rate", pa.int32()),
        ("pts", pa.list_(pa.int64())),
    ]
)


@dataclass(frozen=True, kw_only=True)
class TaskClip:
    """A clip of a task: its row, when each frame of its film is shown by the source's clock, and the film's size."""

    row: dict[str, Any]
    timeline: Timeline
    size: FrameSize


def export_task(
    workspace: Workspace,
    version: Version,
    task: str,
    kind: str,
    out: Path,
    on_clip: Callable[[int, int], None] = lambda _done, _all: None,
) -> int:
    """Write every clip of a version as a film into a new folder, and what the tool of a format takes; returns how many.

    `manifest.json` there maps each film and frame to its clip and PTS; the workspace keeps the same list for the way
    back. The folder gets its name when everything is in it.

    Raises:
        ValueError: an unknown format, a folder that is there already, a task of another version, a source that was
            withdrawn or changed.
        OSError: a source is gone.
    """
    if kind not in FORMATS:
        raise ValueError(f"{kind!r} is no format of labels; there are {', '.join(FORMATS)}")
    if out.exists():
        raise ValueError(f"{str(out)!r} is there already; name a new folder")
    list_at = _list_of(workspace, task)
    held = set(pq.read_table(list_at)["version"].to_pylist()) if list_at.is_file() else set()
    if held - {version.id}:
        raise ValueError(f"the task {task!r} is about another version, {min(held)[:12]}; name another task")
    part = out.with_name(out.name + ".part")
    part.mkdir(parents=True, exist_ok=True)
    sources = {row["id"]: row for row in source_table(workspace).to_pylist()}
    rows = []
    for clip in version.rows.to_pylist():
        if clip["source"] not in sources:
            raise ValueError(f"the source of clip {clip['id'][:12]} was withdrawn; freeze again")
        rows.append(_film(bytes_of(sources[clip["source"]]), clip, version.id, part))
        on_clip(len(rows), len(version.rows))
    _for_tool(kind, rows, part)
    told = [{key: value for key, value in row.items() if key not in ("source", "version")} for row in rows]
    write_json(part / "manifest.json", {"task": task, "version": version.id, "format": kind, "clips": told})
    list_at.parent.mkdir(parents=True, exist_ok=True)
    with write_file(list_at) as draft:
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), draft, compression="zstd")
    part.rename(out)
    return len(rows)


def load_task(workspace: Workspace, task: str) -> dict[str, TaskClip]:
    """The clips of a task by the name of their film without its ending.

    Raises:
        ValueError: there is no such task.
    """
    list_at = _list_of(workspace, task)
    if not list_at.is_file():
        there = ", ".join(task_names(workspace)) or "none"
        raise ValueError(
            f"there is no labelling task {task!r}; there are: {there}. Begin one with: laqta data labels export"
        )
    return {row["clip"][:KEY]: _task_clip(row) for row in pq.read_table(list_at).to_pylist()}


def task_names(workspace: Workspace) -> list[str]:
    """Every labelling task."""
    return sorted(path.parent.name for path in workspace.labels.glob("*/clips.parquet"))


def _list_of(workspace: Workspace, task: str) -> Path:
    if not task or not all(letter.isalnum() or letter in "-_" for letter in task) or task in OTHERS:
        raise ValueError(
            f"{task!r} is no name for a task; use letters, digits, - and _, and not {' or '.join(sorted(OTHERS))}"
        )
    return workspace.labels / task / "clips.parquet"


def _task_clip(row: dict[str, Any]) -> TaskClip:
    return TaskClip(
        row=row,
        timeline=Timeline(
            pts=tuple(row["pts"]), time_base=Fraction(row["time_base_num"], row["time_base_den"])
        ),
        size=FrameSize(width=row["film_width"], height=row["film_height"]),
    )


def _film(path: Path, clip: dict[str, Any], version: str, out: Path) -> dict[str, Any]:
    """Write a clip's film; returns its row."""
    frames_THWC, starts = read_span(path, clip)
    base = Fraction(clip["time_base_num"], clip["time_base_den"])
    count = len(starts)
    rate = max(1, round(count / clip["seconds"]))
    name = f"{clip['id'][:KEY]}.mp4"
    with write_file(out / name) as draft:
        shown = [Fraction(frame, rate) for frame in range(count)]
        draft.write_bytes(encode_span(frames_THWC, shown, Fraction(count, rate)))
    height, width = (side - side % 2 for side in frames_THWC.shape[1:3])
    known = ("source", "start_pts", "end_pts", "time_base_num", "time_base_den", "width", "height")
    return {
        **{key: clip[key] for key in known},
        "clip": clip["id"],
        "version": version,
        "file": name,
        "film_width": width,
        "film_height": height,
        "rate": rate,
        "pts": [clip["start_pts"] + int(start / base) for start in starts],
    }


def _for_tool(kind: str, rows: list[dict[str, Any]], out: Path) -> None:
    """What a tool is given beside the films, where it takes something."""
    if kind == "label_studio":
        tasks = [
            {"data": {"video": row["file"], "clip": row["clip"], "fps": row["rate"]}, "annotations": []}
            for row in rows
        ]
        write_json(out / "tasks.json", tasks)
        with write_file(out / "config.xml") as draft:
            draft.write_text(_label_studio_config(), encoding="utf-8")
    if kind == "coco":
        for row in rows:
            clip, key = _task_clip(row), row["clip"][:KEY]
            images = json.loads(FORMATS["coco"].write((), clip.timeline, clip.size).text)
            for image in images["images"]:
                image["file_name"] = f"{key}/{image['file_name']}"
            write_json(out / f"{key}.json", images)


def _label_studio_config() -> str:
    """A project for boxes on a film, at the rate that each task states."""
    view = Element("View")
    SubElement(view, "Labels", name="labels", toName="video").text = "\n  "
    SubElement(view, "Video", name="video", value="$video", frameRate="$fps")
    SubElement(view, "VideoRectangle", name="box", toName="video")
    indent(view)
    return tostring(view, encoding="unicode") + "\n"
