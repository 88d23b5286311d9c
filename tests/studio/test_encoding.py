"""Films as bytes are what files of films are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from laqta.encode import WRITERS
from laqta.studio.encoding import film_bytes
from laqta.video import write_video


@pytest.mark.parametrize("ending", sorted(WRITERS))
@pytest.mark.parametrize("recipe", [None, {"prompt": "قطة"}])
def test_the_bytes_are_those_of_a_file(tmp_path: Path, ending: str, recipe: dict[str, str] | None) -> None:
    frames_THWC = np.random.default_rng(0).integers(0, 255, (5, 32, 48, 3), np.uint8)
    path = tmp_path / f"film{ending}"
    write_video(path, frames_THWC, 6, recipe)
    assert film_bytes(frames_THWC, 6, ending.removeprefix("."), recipe) == path.read_bytes()
