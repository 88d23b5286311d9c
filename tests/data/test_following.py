"""Following things by their boxes, and the tracks that come of it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from laqta.data.following import Detection, IouTracker, Trail, overlaps
from laqta.data.object_tracks import TRACKS_TYPE, rows_of, track_of, tracks_of
from laqta.data.people.formats.table import FORMATS
from laqta.data.people.track import FrameSize, Timeline, boxes_of, draw

TRACKER = IouTracker(sure=0.5, patience=1.0)


def at(x: float, y: float = 0.5, *, kind: str = "cat", score: float = 0.9, half: float = 0.1) -> Detection:
    """A square round a middle."""
    return kind, score, (x - half, y - half, x + half, y + half)


def follow(found: list[list[Detection]], seconds: list[float] | None = None) -> list[Trail]:
    """Four frames a second, unless said otherwise."""
    return TRACKER.track(found, seconds or [frame / 4 for frame in range(len(found))])


def middles(trail: Trail) -> dict[int, float]:
    """Where a thing was, from left to right, by frame."""
    return {frame: round((sides[0] + sides[2]) / 2, 3) for frame, (_, _, sides) in sorted(trail.seen.items())}


def test_boxes_overlap_by_what_they_share_of_what_they_cover() -> None:
    ones = np.array([[0, 0, 0.2, 0.2], [0.5, 0.5, 1, 1]])
    others = np.array([[0, 0, 0.2, 0.2], [0.1, 0, 0.3, 0.2], [0.4, 0.4, 0.5, 0.5]])
    assert overlaps(ones, others) == pytest.approx(np.array([[1, 1 / 3, 0], [0, 0, 0]]))
    assert overlaps(np.zeros((0, 4)), others).shape == (0, 3)


def test_a_thing_that_moves_faster_than_it_is_wide_is_followed() -> None:
    """From the third frame on a box of 0.2 moves by 0.19: without its speed the overlap would be 0.03."""
    ways = [0.1, 0.2, 0.35, 0.54, 0.73, 0.92]
    assert [middles(trail) for trail in follow([[at(x)] for x in ways])] == [dict(enumerate(ways))]


def test_speed_counts_by_seconds_where_frames_last_for_different_times() -> None:
    seconds = [0.0, 0.1, 0.2, 0.5, 0.6, 0.9]
    trails = follow([[at(0.1 + 0.8 * now)] for now in seconds], seconds)
    assert len(trails) == 1


@pytest.mark.parametrize(("hidden", "things"), [(3, 1), (4, 2)])
def test_a_thing_may_be_out_of_sight_for_as_long_as_patience_lasts(hidden: int, things: int) -> None:
    seen: list[list[Detection]] = [[at(0.1 + 0.02 * frame)] for frame in range(20)]
    found = [*seen[:6], *([[]] * hidden), *seen[6 + hidden :]]
    trails = follow(found)
    assert len(trails) == things
    assert sorted(frame for trail in trails for frame in trail.seen) == [
        frame for frame in range(20) if not 6 <= frame < 6 + hidden
    ]


def test_things_that_cross_keep_who_they_are() -> None:
    steps = [0.1 + 0.05 * frame for frame in range(17)]
    crossing = [[at(x, 0.45), at(1 - x, 0.55)] for x in steps]
    trails = follow([pair if frame % 2 else pair[::-1] for frame, pair in enumerate(crossing)])
    ways = sorted((middles(trail) for trail in trails), key=lambda way: way[0])
    assert ways == [dict(enumerate(np.round(way, 3))) for way in (steps, [1 - x for x in steps])]


def test_a_thing_never_becomes_another_kind() -> None:
    found = [[at(0.5, kind="cat" if frame < 5 else "dog")] for frame in range(10)]
    assert [(trail.kind, len(trail.seen)) for trail in follow(found)] == [("cat", 5), ("dog", 5)]


def test_a_doubt_begins_nothing_but_goes_on_with_what_is_there() -> None:
    found = [[at(0.3, score=0.9 if frame < 2 else 0.3), at(0.8, score=0.4)] for frame in range(6)]
    trails = follow(found)
    assert [middles(trail) for trail in trails] == [dict.fromkeys(range(6), 0.3)]
    assert trails[0].score == pytest.approx((2 * 0.9 + 4 * 0.3) / 6)
    assert trails[0].share == pytest.approx(0.04)


def test_a_doubt_beside_a_sure_box_does_not_take_its_thing() -> None:
    found = [[at(0.3, score=0.9)], [at(0.3, score=0.3), at(0.32, score=0.9)]]
    assert [middles(trail) for trail in follow(found)] == [{0: 0.3, 1: 0.32}]


# ---------------------------------------------------------------- tracks


PTS = [3003 * frame for frame in range(12)]
TIMELINE = Timeline(pts=tuple(PTS), time_base=Fraction(1, 90_000))


def trail(seen: dict[int, float]) -> Trail:
    return Trail(kind="cat", seen={frame: at(x, 0.5) for frame, x in seen.items()})


def test_only_corners_of_its_way_are_keyframes() -> None:
    """To the right until frame 6, then back, and gone from frame 11 on."""
    ways = {frame: 0.2 + 0.05 * min(frame, 12 - frame) for frame in range(11)}
    track = track_of("1", trail(ways), PTS, slack=0.03)
    assert [(key.pts // 3003, key.box is None) for key in track.keyframes] == [
        (0, False), (6, False), (10, False), (11, True)
    ]  # fmt: skip
    drawn = draw(track, TIMELINE)
    assert drawn.there_T.tolist() == [True] * 11 + [False]
    assert drawn.boxes_T4[:11, 0] == pytest.approx([x - 0.1 for x in ways.values()], abs=1e-5)
    assert (track.label, dict(track.attributes)) == ("cat", {"score": "0.9"})


def test_without_slack_every_sighting_off_the_line_is_a_keyframe() -> None:
    ways = {frame: 0.3 + 0.004 * (frame % 2) for frame in range(12)}
    assert len(track_of("1", trail(ways), PTS, slack=0.03).keyframes) == 2
    assert len(track_of("1", trail(ways), PTS, slack=0.0).keyframes) == 12


def test_where_it_was_not_seen_it_goes_on_as_occluded() -> None:
    track = track_of("1", trail({0: 0.2, 1: 0.25, 2: 0.3, 6: 0.7, 7: 0.75}), PTS[:8], slack=0.03)
    occluded = {key.pts // 3003: key.occluded for key in track.keyframes}
    assert occluded == {0: False, 2: False, 3: True, 6: False, 7: False}
    boxes = boxes_of(track, Timeline(pts=TIMELINE.pts[:8], time_base=TIMELINE.time_base))
    assert [float(box.left + box.right) / 2 for box in boxes if box] == pytest.approx(
        [0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75], abs=1e-5
    )


def test_a_table_and_every_format_give_the_same_tracks_back() -> None:
    tracks = [
        track_of("1", trail({0: 0.2, 1: 0.37, 2: 0.3, 6: 0.7, 7: 0.75}), PTS, slack=0.01),
        track_of("2", Trail(kind="dog", seen={4: ("dog", 0.123, (0, 0, 2**-20, 1))}), PTS, slack=0.01),
    ]
    table = pa.table({"tracks": pa.array([rows_of(tracks), None], TRACKS_TYPE)})
    first, second = table.to_pylist()
    assert tracks_of(first) == tracks
    assert tracks_of(second) == []
    size = FrameSize(width=640, height=360)
    for name in ("cvat", "coco"):
        written = FORMATS[name].write(tracks, TIMELINE, size)
        assert (
            sorted(FORMATS[name].read(written.text, TIMELINE, size).tracks, key=lambda one: one.id) == tracks
        )
