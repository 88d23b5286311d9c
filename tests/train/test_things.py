"""Boxes as shares of latent positions: in space, in time, and through the cut from the middle."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from laqta.data.people.track import ExactBox, Keyframe, Track
from laqta.train.things import box_at, things_of


def box(left: float, top: float, right: float, bottom: float) -> ExactBox:
    """A box from floats."""
    return ExactBox(left=Fraction(left), top=Fraction(top), right=Fraction(right), bottom=Fraction(bottom))


def track(*keys: tuple[int, ExactBox | None]) -> Track:
    """A cat's track."""
    return Track(id="1", label="cat", keyframes=tuple(Keyframe(pts=pts, box=where) for pts, where in keys))


STILL = track((0, box(0, 0, 0.5, 0.25)))


def test_a_box_covers_its_share_of_positions() -> None:
    things = things_of([STILL], range(5), (1.0, 1.0), (2, 2, 2), time_fold=4)
    assert things.shape == (2, 2, 2)
    assert things.tolist() == [[[0.5, 0], [0, 0]]] * 2


def test_a_thing_counts_while_it_is_there() -> None:
    """It goes out of sight at the third of five frames: the first latent frame is all, the second a quarter."""
    leaves = track((0, box(0, 0, 1, 1)), (2, None))
    things = things_of([leaves], range(5), (1.0, 1.0), (2, 1, 1), time_fold=4)
    assert things.ravel().tolist() == [1.0, 0.25]


def test_boxes_that_overlap_count_once() -> None:
    things = things_of([STILL, STILL], range(5), (1.0, 1.0), (2, 2, 2), time_fold=4)
    assert things.max() == 0.5


def test_a_wide_source_is_cut_from_its_middle() -> None:
    """Twice as wide as high: a square window shows the middle half, so a box on the left quarter is not in it."""
    left, middle = track((0, box(0, 0, 0.25, 1))), track((0, box(0.25, 0, 0.5, 1)))
    assert things_of([left], range(5), (2.0, 1.0), (2, 2, 2), 4).max() == 0
    assert np.array_equal(things_of([middle], range(5), (2.0, 1.0), (2, 2, 2), 4)[0], [[1, 0], [1, 0]])


@pytest.mark.parametrize(
    ("moment", "left"), [(-1, None), (0, 0.0), (5, 0.25), (10, 0.5), (15, 0.5), (20, None)]
)
def test_between_keyframes_a_box_moves_straight(moment: float, left: float | None) -> None:
    moving = track((0, box(0, 0, 0.25, 1)), (10, box(0.5, 0, 0.75, 1)), (20, None))
    found = box_at(moving, moment)
    assert (found and found[0]) == left
