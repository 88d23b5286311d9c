"""A scan as a row of Arrow columns, and back: lists of numbers, one a frame, and the thumbnails as bytes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from laqta.data.copies import COLOR_SIDE
from laqta.data.picture import THUMB_SIDE
from laqta.data.scan import Scan

FLAT = {
    "luma_mean": "luma_mean_T",
    "luma_deviation": "luma_deviation_T",
    "black": "black_share_T",
    "detail": "detail_T",
    "color_mean": "color_mean_TC",
    "color_deviation": "color_deviation_TC",
    "colorfulness": "colorfulness_T",
    "difference": "difference_T",
    "content": "content_T",
    "vector_mean": "vector_mean_T",
    "vector_share": "vector_share_T",
    "bars": "bars_T4",
    "sharpness": "sharpness_K",
}
"""Column and field of every float32 series; those with several numbers a frame lie in it row by row."""

SERIES_SCHEMA = pa.schema(
    [
        ("scan_time_base_num", pa.int64()),
        ("scan_time_base_den", pa.int64()),
        ("scan_end_pts", pa.int64()),
        ("pts", pa.list_(pa.int64())),
        *((f"series_{name}", pa.list_(pa.float32())) for name in FLAT),
        ("series_thumbs", pa.binary()),
        ("series_colors", pa.binary()),
        ("sampled", pa.list_(pa.int64())),
        ("sampled_hashes", pa.list_(pa.uint64())),
    ]
)


def to_row(scan: Scan, colors_T882: NDArray[np.uint8]) -> dict[str, Any]:
    """The columns of one scan, with the colours of its frames (`copies.ColorThumbs`)."""
    return {
        "scan_time_base_num": scan.time_base.numerator,
        "scan_time_base_den": scan.time_base.denominator,
        "scan_end_pts": scan.end_pts,
        "pts": scan.pts_T.tolist(),
        **{f"series_{name}": getattr(scan, field).ravel().tolist() for name, field in FLAT.items()},
        "series_thumbs": scan.thumbs_TSS.tobytes(),
        "series_colors": colors_T882.tobytes(),
        "sampled": scan.sampled_K.tolist(),
        "sampled_hashes": scan.hashes_K.tolist(),
    }


def colors_of(row: dict[str, Any]) -> NDArray[np.uint8]:
    """The colours of every frame, (T, 8, 8, 2)."""
    return np.frombuffer(row["series_colors"], np.uint8).reshape(-1, COLOR_SIDE, COLOR_SIDE, 2)


def from_row(row: dict[str, Any]) -> Scan:
    """The scan of a row."""
    frames = len(row["pts"])
    series = {
        field: np.array(row[f"series_{name}"], np.float32).reshape(
            (frames, -1) if field.rpartition("_")[2] in ("TC", "T4") else (-1,)
        )
        for name, field in FLAT.items()
    }
    return Scan(
        time_base=Fraction(row["scan_time_base_num"], row["scan_time_base_den"]),
        end_pts=row["scan_end_pts"],
        pts_T=np.array(row["pts"], np.int64),
        thumbs_TSS=np.frombuffer(row["series_thumbs"], np.uint8).reshape(frames, THUMB_SIDE, THUMB_SIDE),
        sampled_K=np.array(row["sampled"], np.int64),
        hashes_K=np.array(row["sampled_hashes"], np.uint64),
        **series,
    )
