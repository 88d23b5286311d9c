"""Which picture is on screen when: against a film whose every frame says its number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laqta.data.frames import cover, evenly, frames_at
from laqta.data.probe import probe
from laqta.video import write_video


@pytest.fixture
def numbered(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """Twenty frames, 10 a second; frame n is n * 10 bright. The clip is all of it but the first five."""
    frames = np.stack([np.full((32, 32, 3), 10 * number, np.uint8) for number in range(20)])
    write_video(tmp_path / "numbered.mp4", frames, 10)
    found = probe(tmp_path / "numbered.mp4")
    base = found.time_base
    start = found.start_pts + round(0.5 / base)
    span = {"start_pts": start, "end_pts": found.end_pts, "time_base_num": base.numerator}
    return tmp_path / "numbered.mp4", span | {"time_base_den": base.denominator}


def numbers(path: Path, clip: dict[str, Any], seconds: list[float]) -> list[int]:
    """The numbers of the frames that are on screen."""
    return [round(float(picture.mean()) / 10) for picture in frames_at(path, clip, seconds)]


def test_the_frame_on_screen_is_the_last_that_began(numbered: tuple[Path, dict[str, Any]]) -> None:
    assert numbers(*numbered, [0.0, 0.09, 0.11, 0.15, 0.75]) == [5, 5, 6, 6, 12]


def test_one_frame_may_be_asked_for_many_times(numbered: tuple[Path, dict[str, Any]]) -> None:
    assert numbers(*numbered, [0.2, 0.21, 0.22]) == [7, 7, 7]


def test_after_the_end_the_last_frame_stays(numbered: tuple[Path, dict[str, Any]]) -> None:
    assert numbers(*numbered, [1.45, 2.0, 9.0]) == [19, 19, 19]


def test_a_span_without_frames_is_an_error(numbered: tuple[Path, dict[str, Any]]) -> None:
    path, clip = numbered
    with pytest.raises(ValueError, match="holds no frame from PTS"):
        list(frames_at(path, clip | {"start_pts": clip["end_pts"], "end_pts": clip["end_pts"] + 5}, [0.0]))


def test_moments_lie_in_the_middles_of_equal_parts() -> None:
    assert evenly(2.0, 4) == [0.25, 0.75, 1.25, 1.75]


def test_a_picture_is_cut_from_its_middle() -> None:
    picture = np.zeros((10, 40, 3), np.uint8)
    picture[:, 15:25] = 200
    assert cover(picture, 10, 10).min() == 200
    assert cover(picture, 80, 20).shape == (20, 80, 3)
