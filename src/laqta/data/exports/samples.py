"""What every export is made of: a clip as a file of its own, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from laqta.data.cut import encode_span, read_span
from laqta.data.datasets import Version
from laqta.data.ingest import bytes_of, source_table
from laqta.data.workspace import Workspace

TOLD = (
    "id", "source", "split", "start_pts", "end_pts", "time_base_num", "time_base_den", "seconds", "width", "height",
    "owner", "licence", "consent", "expires", "caption_en", "caption_ar", "caption_zh",
)  # fmt: skip
"""The columns that leave with a clip, those that it has."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A clip that leaves: its key, its bytes as mp4, and what is told of it."""

    key: str
    mp4: bytes
    told: dict[str, Any]


def samples(workspace: Workspace, version: Version) -> Iterator[Sample]:
    """Cut every clip of a version, in the order of their ids.

    Raises:
        ValueError: a source changed since it was ingested, or was withdrawn.
        OSError: a source is gone.
    """
    sources = {row["id"]: row for row in source_table(workspace).to_pylist()}
    for clip in version.rows.to_pylist():
        if clip["source"] not in sources:
            raise ValueError(
                f"the source {clip['source'][:12]} of clip {clip['id'][:12]} was withdrawn; freeze again"
            )
        path: Path = bytes_of(sources[clip["source"]])
        frames, starts = read_span(path, clip)
        end = (clip["end_pts"] - clip["start_pts"]) * Fraction(clip["time_base_num"], clip["time_base_den"])
        told = {name: clip[name] for name in TOLD if name in clip}
        yield Sample(key=clip["id"][:32], mp4=encode_span(frames, starts, end), told=told)
