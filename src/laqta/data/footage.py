"""The stages that look at a source: what its file is, the one pass that decodes it, and the shots in that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from laqta.data.copies import Thumbs
from laqta.data.ingest import bytes_of
from laqta.data.picture import Picture
from laqta.data.probe import probe
from laqta.data.scan import Scan, scan
from laqta.data.series import SERIES_SCHEMA, from_row, thumbs_of, to_row
from laqta.data.shots import ShotRules, ShotSpan, cut_shots, find_transitions
from laqta.data.stages import SOURCES, Row, Stage, Work, each_row
from laqta.data.workspace import content_id
from laqta.video import read_recipe

FROZEN = 0.3
"""A frame whose mean difference from the one before is under so many levels (of 255) stands still."""
BLACK = 0.98
"""A frame is black when so much of it is."""
THUMBS_A_SECOND = 8
"""Thumbnails of a clip that are kept for the search of copies: with 2, 55 % of trimmed copies are found, not 93."""


@dataclass(frozen=True, kw_only=True)
class ProbeStage(Stage):
    """Headers: sizes, rates, colour, and whether a model filmed it."""

    name = "probe"
    version = 1
    reads = (SOURCES,)
    batch = 32
    columns = pa.schema(
        [
            ("container", pa.string()),
            ("codec", pa.string()),
            ("source_width", pa.int32()),
            ("source_height", pa.int32()),
            ("fps", pa.float64()),
            ("varies", pa.bool_()),
            ("hdr", pa.string()),
            ("interlaced", pa.bool_()),
            ("audio", pa.bool_()),
            ("source_seconds", pa.float64()),
            ("bits_a_pixel", pa.float64()),
            ("made_by", pa.string()),
        ]
    )

    def open(self) -> Work:
        """Nothing is heavy here."""
        return each_row(self.schema, _probe)


@dataclass(frozen=True, kw_only=True)
class ScanStage(Stage):
    """The series of a source, from one decode pass."""

    name = "scan"
    version = 3
    reads = ("probe", SOURCES)
    memory_mb = 1000
    columns = SERIES_SCHEMA

    def open(self) -> Work:
        """Nothing is heavy here."""
        return each_row(self.schema, _scan)


def _scan(item: Row) -> Row:
    thumbs = Thumbs()
    found = scan(bytes_of(dict(item)), watcher=thumbs)
    bytes_of(dict(item))  # it may have changed while it was read
    return to_row(found, np.stack(thumbs.lumas), np.stack(thumbs.colors))


@dataclass(frozen=True, kw_only=True)
class ShotsStage(ShotRules, Stage):
    """A source's shots: each is a clip, a span of exact times, with what the series say of it."""

    name = "shots"
    version = 2
    reads = ("scan", "probe", SOURCES)
    batch = 16
    columns = pa.schema(
        [
            ("start_pts", pa.int64()),
            ("end_pts", pa.int64()),
            ("time_base_num", pa.int64()),
            ("time_base_den", pa.int64()),
            ("begins", pa.string()),
            ("ends", pa.string()),
            ("frames", pa.int64()),
            ("seconds", pa.float64()),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("bytes_a_second", pa.float64()),
            ("luma", pa.float64()),
            ("contrast", pa.float64()),
            ("colorfulness", pa.float64()),
            ("black_share", pa.float64()),
            ("frozen_share", pa.float64()),
            ("motion", pa.float64()),
            ("sharpness", pa.float64()),
            ("bars", pa.float64()),
            ("hashes", pa.list_(pa.uint64())),
            ("thumbs", pa.binary()),
            ("thumb_side", pa.int32()),
            ("colors", pa.binary()),
        ]
    )

    def open(self) -> Work:
        """Nothing is heavy here: the pass over the frames is done."""
        return each_row(self.schema, self._find)

    def _find(self, item: Row) -> Iterator[Row]:
        found, pictures = from_row(dict(item)), thumbs_of(dict(item))
        for span in cut_shots(found, find_transitions(found, self), self):
            base = span.time_base
            where = (span.start_pts, span.end_pts, base.numerator, base.denominator)
            yield {
                "id": content_id([item["id"], *where]),
                **dict(zip(("start_pts", "end_pts", "time_base_num", "time_base_den"), where, strict=True)),
                "begins": span.begins,
                "ends": span.ends,
                "seconds": float((span.end_pts - span.start_pts) * base),
                "width": item["source_width"],
                "height": item["source_height"],
                "bytes_a_second": item["bytes"] / max(item["source_seconds"], 1e-3),
                **_measures(found, span),
                **_thumbs(found, span, *pictures),
            }


def _measures(scan: Scan, span: ShotSpan) -> dict[str, Any]:
    """What the series say of one span."""
    inside = slice(span.first, span.last)
    inner = slice(span.first + 1, span.last)  # the first frame differs from another shot's
    sampled = (scan.sampled_K >= span.first) & (scan.sampled_K < span.last)
    still = scan.difference_T[inner] < FROZEN
    return {
        "frames": span.last - span.first,
        "luma": float(scan.luma_mean_T[inside].mean()),
        "contrast": float(scan.luma_deviation_T[inside].mean()),
        "colorfulness": float(scan.colorfulness_K[sampled].mean()) if sampled.any() else None,
        "black_share": float((scan.black_share_T[inside] >= BLACK).mean()),
        "frozen_share": float(still.mean()) if len(still) else 1.0,
        "motion": float(scan.difference_T[inner].mean()) if len(still) else 0.0,
        "sharpness": float(np.median(scan.sharpness_K[sampled])) if sampled.any() else None,
        "bars": float(np.median(scan.bars_K4[sampled].sum(axis=1))) if sampled.any() else None,
        "hashes": scan.hashes_K[sampled].tolist(),
    }


def _thumbs(scan: Scan, span: ShotSpan, lumas_TSS: Picture, colors_TSS2: Picture) -> dict[str, Any]:
    """The pictures of a span that copies are looked for by: those shown in the middle of equal parts of it."""
    length = span.end_pts - span.start_pts
    count = max(2, round(float(length * span.time_base) * THUMBS_A_SECOND))
    middles = span.start_pts + (np.arange(count) + 0.5) / count * length
    shown = np.searchsorted(scan.pts_T, middles, "right") - 1
    return {
        "thumbs": lumas_TSS[shown].tobytes(),
        "thumb_side": lumas_TSS.shape[1],
        "colors": colors_TSS2[shown].tobytes(),
    }


def _probe(item: Row) -> dict[str, Any]:
    path = bytes_of(dict(item))
    found = probe(path)
    frames = max(1.0, found.seconds * float(found.average_rate or 25))
    return {
        "container": found.container,
        "codec": found.codec,
        "source_width": found.width,
        "source_height": found.height,
        "fps": float(found.average_rate or 0),
        "varies": found.varies,
        "hdr": found.hdr,
        "interlaced": found.interlaced,
        "audio": found.audio,
        "source_seconds": found.seconds,
        "bits_a_pixel": item["bytes"] * 8 / (found.width * found.height * frames),
        "made_by": made_by(path),
    }


def made_by(path: Path) -> str:
    """`world` for a render of the made-up world, `model` for a film of a model, else `camera`: by the file's recipe."""
    try:
        recipe = read_recipe(path)
    except ValueError:
        return "camera"
    return "world" if recipe.get("world") and not recipe.get("boxes") else "model"
