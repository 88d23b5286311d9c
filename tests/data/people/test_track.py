"""Tracks: exact boxes on exact frames, and what is not a track."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from strategies import clips

from laqta.data.people.track import (
    ExactBox,
    FrameSize,
    Keyframe,
    Timeline,
    Track,
    boxes_of,
    draw,
    settle,
)

SIZE = FrameSize(width=640, height=360)
UNEVEN = Timeline(pts=(100, 103, 109, 110, 200), time_base=Fraction(1, 1000))


def box(left: int) -> ExactBox:
    return ExactBox.from_pixels([left, 10, left + 20, 30], SIZE)


def test_frames_and_stamps_are_exact_both_ways() -> None:
    assert [UNEVEN.frame(pts) for pts in UNEVEN.pts] == [0, 1, 2, 3, 4]
    assert UNEVEN.seconds(2) == Fraction(109, 1000) and len(UNEVEN) == 5
    assert UNEVEN.durations().tolist() == pytest.approx([0.003, 0.006, 0.001, 0.09, 0.09])
    assert Timeline.constant(3, Fraction(30000, 1001)).seconds(2) == Fraction(2002, 30000)
    with pytest.raises(
        ValueError, match=r"no frame of the clip begins at PTS 104; the nearest are \(103, 109\)"
    ):
        UNEVEN.frame(104)


def test_a_box_moves_by_frame_and_stays_where_nothing_follows() -> None:
    keys = (
        Keyframe(pts=100, box=box(0)),
        Keyframe(pts=109, box=box(10)),
        Keyframe(pts=200, box=None),
    )
    found = boxes_of(Track(id="a", label="cat", keyframes=keys), UNEVEN)
    assert found == (box(0), box(5), box(10), box(10), None)
    assert boxes_of(Track(id="a", label="cat", keyframes=keys[1:2]), UNEVEN) == (None, None, *[box(10)] * 3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(clip=clips())
def test_floats_are_what_the_exact_boxes_round_to(
    clip: tuple[Timeline, FrameSize, tuple[Track, ...]],
) -> None:
    timeline, _, tracks = clip
    for track in tracks:
        drawn = draw(track, timeline)
        for frame, exact in enumerate(boxes_of(track, timeline)):
            assert bool(drawn.there_T[frame]) == (exact is not None)
            if exact is not None:
                assert np.allclose(drawn.boxes_T4[frame], [float(side) for side in exact.sides()], atol=1e-12)


def test_settling_sorts_and_puts_attributes_where_they_belong() -> None:
    keys = [
        Keyframe(pts=109, box=None),
        Keyframe(pts=100, box=None),
        Keyframe(pts=103, box=box(0), attributes=(("colour", "red"), ("pose", "up"))),
        Keyframe(pts=110, box=None),
        Keyframe(pts=200, box=box(9), attributes=(("colour", "red"), ("pose", "down"))),
    ]
    track = settle("a", "cat", keys)
    assert [key.pts for key in track.keyframes] == [103, 109, 200]
    assert track.attributes == (("colour", "red"),)
    assert [key.attributes for key in track.keyframes] == [(("pose", "up"),), (), (("pose", "down"),)]


def test_what_is_no_track_is_refused() -> None:
    here, gone = Keyframe(pts=100, box=box(0)), Keyframe(pts=103, box=None)
    for keys, message in (
        ((), "begins without a box"),
        ((gone,), "begins without a box"),
        ((here, here), "a keyframe at PTS 100 follows one at 100"),
        ((here, gone, Keyframe(pts=109, box=None)), "outside twice in a row"),
    ):
        with pytest.raises(ValueError, match=message):
            Track(id="a", label="cat", keyframes=keys)
    for sides in ([5, 5, 5, 9], [5, 5, 4, 9], [5, 9, 9, 5]):
        with pytest.raises(ValueError, match="wider and higher than 0"):
            ExactBox.from_pixels(sides, SIZE)
    for pts, base in (((), 1), ((1, 1), 1), ((2, 1), 1), ((1, 2), 0)):
        with pytest.raises(ValueError, match=r"time line|follows|time base"):
            Timeline(pts=pts, time_base=Fraction(base))
    with pytest.raises(ValueError, match="cannot be 0 x 5 pixels"):
        FrameSize(width=0, height=5)
