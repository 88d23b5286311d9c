"""A film on one picture: frames evenly spaced in time, in rows, without gaps, so that a program can cut them out."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from laqta.video import read_video

COLUMNS = 5
MOST_TILES = 25
MOST_SIDE = 320
KEPT = 32
"""Sheets that a server remembers; a film of a name never changes, for its name is its content."""


@lru_cache(maxsize=KEPT)
def spritesheet(film: Path) -> bytes:
    """Up to `MOST_TILES` frames with the first and the last, `COLUMNS` in a row, as a JPEG. The rest is black."""
    frames_THWC = read_video(film).frames_THWC
    count, height, width = frames_THWC.shape[:3]
    chosen = np.unique(np.linspace(0, count - 1, MOST_TILES).round().astype(int))
    scale = min(1.0, MOST_SIDE / max(height, width))
    tile = (round(width * scale), round(height * scale))
    columns, rows = min(COLUMNS, len(chosen)), -(-len(chosen) // COLUMNS)
    sheet = Image.new("RGB", (columns * tile[0], rows * tile[1]))
    for place, at in enumerate(chosen):
        row, column = divmod(place, COLUMNS)
        sheet.paste(Image.fromarray(frames_THWC[at]).resize(tile), (column * tile[0], row * tile[1]))
    out = BytesIO()
    sheet.save(out, "JPEG", quality=85)
    return out.getvalue()
