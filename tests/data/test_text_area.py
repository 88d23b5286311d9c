from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from tests.data.films import write_film

from laqta.data.text_area import TextFinder, measure_text


def test_a_title_is_found_where_it_stands(tmp_path: Path) -> None:
    picture = Image.new("RGB", (320, 180), (30, 40, 50))
    ImageDraw.Draw(picture).text((40, 120), "THANKS FOR WATCHING", "white", ImageFont.load_default(20))
    titled = np.repeat(np.asarray(picture)[None], 16, axis=0)
    bare = np.repeat(np.zeros_like(titled[:1]) + 60, 8, axis=0)
    path = write_film(tmp_path / "a.mp4", np.concatenate([bare, titled]), rate=4)
    found = measure_text(path, TextFinder())
    assert [bool(sample.boxes) for sample in found.samples] == [False, False, True, True, True, True]
    (left, top, right, bottom), *others = found.overlays
    assert not others and 0.08 < left < 0.16 and 0.6 < top < 0.72 and 0.7 < right < 1 and 0.72 < bottom < 0.85
    assert 0 < found.overlay_area < 0.2 and 0 < found.mean_area < found.overlay_area


def test_a_film_without_text_has_none(tmp_path: Path) -> None:
    slope = np.linspace(20, 220, 128, dtype=np.uint8)[None, None, :, None]
    frames = np.broadcast_to(slope, (24, 96, 128, 3))
    found = measure_text(write_film(tmp_path / "a.mp4", frames), TextFinder())
    assert found.mean_area == found.overlay_area == 0
