from __future__ import annotations

import numpy as np
import pytest

from laqta.bench.distances import edge_f1, frechet, kernel_distance, nearest, psnr, ssim
from laqta.bench.judge import Row
from laqta.bench.scores import score, tally

DICE = np.random.default_rng(0)


def test_wilsons_interval() -> None:
    """Against Newcombe 1998, table I: 81 of 263."""
    found = score(81, 263)
    assert (found.share, found.low, found.high) == pytest.approx((0.3080, 0.2553, 0.3662), abs=2e-4)


def test_the_interval_of_a_sure_thing_is_not_a_point() -> None:
    assert score(10, 10).low == pytest.approx(0.7225, abs=1e-3)
    assert score(10, 10).high == 1.0
    assert score(0, 0).high == 1.0


def test_rows_are_tallied_by_what_they_are_about() -> None:
    rows = [
        Row(what=what, who="", asked="a", seen="a" if ok else "b", ok=ok)
        for what, ok in (("camera", True), ("actor", True), ("actor", False))
    ]
    scores = tally(rows)
    assert list(scores) == ["actor", "camera"]
    assert (scores["actor"].right, scores["actor"].asked) == (1, 2)


def test_psnr_of_a_known_error() -> None:
    black = np.zeros((2, 4, 4, 3), np.uint8)
    assert psnr(black, black + 16) == pytest.approx(20 * np.log10(255 / 16), abs=1e-4)
    where = np.zeros((2, 4, 4), bool)
    where[0, 0, 0] = True
    spoiled = black.copy()
    spoiled[0, 0, 0] = 255
    assert psnr(black, spoiled, where) == pytest.approx(0.0)
    assert psnr(black, spoiled) > 10


def test_ssim_is_one_for_the_same_and_falls_with_blur() -> None:
    frames = DICE.integers(0, 256, (2, 24, 24, 3), dtype=np.uint8)
    blurred = frames.copy()
    blurred[:, 1:] = (frames[:, 1:].astype(int) + frames[:, :-1]) // 2
    assert ssim(frames, frames) == pytest.approx(1.0)
    assert ssim(blurred, frames) < 0.9


def test_edges_may_be_a_pixel_off_but_not_three() -> None:
    def square(left: int) -> np.ndarray:
        frame = np.zeros((1, 24, 24, 3), np.uint8)
        frame[:, 8:16, left : left + 8] = 200
        return frame

    assert edge_f1(square(8), square(8)) == 1.0
    assert edge_f1(square(9), square(8)) == 1.0
    assert edge_f1(square(12), square(8)) < 0.8
    assert edge_f1(np.zeros((1, 24, 24, 3), np.uint8), square(8)) == 0.0


def test_frechet_distance_of_normal_sets() -> None:
    """Shifted by d it is |d|^2; scaled by s in one dimension it is (s - 1)^2 times the variance."""
    rows = DICE.standard_normal((500, 6))
    assert frechet(rows, rows) == pytest.approx(0.0, abs=1e-9)
    assert frechet(rows + 2.0, rows) == pytest.approx(24.0, rel=1e-6)
    scaled = rows * np.array([3.0, 1, 1, 1, 1, 1])
    assert frechet(scaled, rows) > 3.0


def test_kernel_distance_is_near_nothing_for_alike_sets_only() -> None:
    one, other = DICE.standard_normal((2, 300, 6))
    assert abs(kernel_distance(one, other)) < 0.05
    assert kernel_distance(one + 1.0, other) > 0.5


def test_the_nearest_row_is_found() -> None:
    rows = DICE.standard_normal((30, 4))
    index, far = nearest(rows[[4, 17]] + 1e-3, rows)
    assert index.tolist() == [4, 17]
    assert far == pytest.approx([2e-3, 2e-3], rel=1e-2)
