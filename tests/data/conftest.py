"""A workspace with three tiny films in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from laqta.data.ingest import ingest
from laqta.data.rights import Rights
from laqta.data.workspace import Workspace, open_workspace
from laqta.video import write_video

Film = Callable[..., Path]


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Writes a film of moving stripes; another seed is another film."""

    def write(name: str, seed: int = 0, frames: int = 24, side: int = 64, fps: float = 12) -> Path:
        path = tmp_path / "footage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        dice = np.random.default_rng(seed)
        stripes = dice.integers(0, 256, (side, side + 2 * frames, 3)).astype(np.float32)
        smooth = (stripes + np.roll(stripes, 1, 0) + np.roll(stripes, 1, 1) + np.roll(stripes, 2, 1)) / 4
        shown = [smooth[:, 2 * at : 2 * at + side] for at in range(frames)]
        write_video(path, np.stack(shown).astype(np.uint8), fps)
        return path

    return write


@pytest.fixture
def workspace(tmp_path: Path, film: Film) -> Workspace:
    """Three films of one owner, ingested."""
    for seed in range(3):
        film(f"{seed}.mp4", seed)
    place = open_workspace(tmp_path / "data", create=True)
    ingest(place, [str(tmp_path / "footage")], Rights(owner="Amal", licence="CC-BY-4.0"))
    return place
