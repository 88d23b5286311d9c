"""A scan as a row of Arrow columns, and back: lists of numbers, one a frame, and the thumbnails as bytes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa

from laqta.data.copies import COLOR_SIDE, LUMA_SIDE
from laqta.data.picture import THUMB_SIDE, Picture
from laqta.data.scan import Scan

FLAT = {
    "luma_mean": "luma_mean_T",
    "luma_deviation": "luma_deviation_T",
    "black": "black_share_T",
    "difference": "difference_T",
    "content": "content_T",
    "sharpness": "sharpness_K",
    "detail": "detail_K",
    "color_mean": "color_mean_KC",
    "color_deviation": "color_deviation_KC",
    "colorfulness": "colorfulness_K",
    "bars": "bars_K4",
    "vector_mean": "vector_mean_K",
    "vector_share": "vector_share_K",
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
        ("series_lumas", pa.binary()),
        ("series_colors", pa.binary()),
        ("sampled", pa.list_(pa.int64())),
        ("sampled_hashes", pa.list_(pa.uint64())),
    ]
)


def to_row(scan: Scan, lumas_TSS: Picture, colors_TSS2: Picture) -> dict[str, Any]:
    """The columns of one scan, with what copies are looked for by (`copies.Thumbs`)."""
    return {
        "scan_time_base_num": scan.time_base.numerator,
        "scan_time_base_den": scan.time_base.denominator,
        "scan_end_pts": scan.end_pts,
        "pts": scan.pts_T.tolist(),
        **{f"series_{name}": getattr(scan, field).ravel().tolist() for name, field in FLAT.items()},
        "series_thumbs": scan.thumbs_TSS.tobytes(),
        "series_lumas": lumas_TSS.tobytes(),
        "series_colors": colors_TSS2.tobytes(),
        "sampled": scan.sampled_K.tolist(),
        "sampled_hashes": scan.hashes_K.tolist(),
    }


def thumbs_of(row: dict[str, Any]) -> tuple[Picture, Picture]:
    """Luma (T, 32, 32) and colours (T, 16, 16, 2) of every frame."""
    lumas, colors = (np.frombuffer(row[f"series_{name}"], np.uint8) for name in ("lumas", "colors"))
    return lumas.reshape(-1, LUMA_SIDE, LUMA_SIDE), colors.reshape(-1, COLOR_SIDE, COLOR_SIDE, 2)


def from_row(row: dict[str, Any]) -> Scan:
    """The scan of a row."""
    frames = len(row["pts"])
    series = {
        field: np.array(row[f"series_{name}"], np.float32).reshape(
            (len(row["sampled"]), -1) if field.rpartition("_")[2] in ("KC", "K4") else (-1,)
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
