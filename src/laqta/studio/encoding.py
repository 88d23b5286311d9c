"""Frames to the bytes of a film, for a folder that keeps them by their content and itself sees to the disk.

Shape suffixes: T frames, H height, W width, C channels.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from laqta.encode import WRITERS, Frames


def film_bytes(frames_THWC: Frames, fps: float, ending: str, recipe: dict[str, Any] | None = None) -> bytes:
    """What `video.write_video` writes to a file of `ending` ("mp4", "webm", "gif", "webp"), byte for byte.

    Nothing is flushed to the disk here: a film that is kept afterwards would be waited for twice.
    """
    comment = None if recipe is None else json.dumps({"laqta": recipe}, allow_nan=False)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"film.{ending}"
        WRITERS[path.suffix](path, frames_THWC, Fraction(fps).limit_denominator(1001), comment)
        return path.read_bytes()
