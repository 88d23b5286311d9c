"""Matching, consensus and agreement, by hand-made cases and the worked examples of the papers."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laqta.data.people.agreement import Metric, alpha, alpha_by, alpha_of_tracks, dawid_skene
from laqta.data.people.consensus import Member, Vote, agree, weighted_median
from laqta.data.people.matching import identity_switches, match, span_iou, temporal_iou, track_iou
from laqta.data.people.track import (
    Drawn,
    ExactBox,
    FrameSize,
    Keyframe,
    Timeline,
    Track,
    boxes_of,
    draw,
    settle,
)

SIZE = FrameSize(width=100, height=100)
EVEN = Timeline.constant(10, 25)


def track(name: str, left: int, first: int = 0, end: int = 10, label: str = "cat") -> Track:
    """A box of 20 x 20 pixels that stands at `left` from frame `first` to before `end`."""
    box = ExactBox.from_pixels([left, 10, left + 20, 30], SIZE)
    keys = [Keyframe(pts=first, box=box), *([Keyframe(pts=end, box=None)] if end < 10 else [])]
    return settle(name, label, keys)


def drawn(left: int, first: int = 0, end: int = 10) -> Drawn:
    return draw(track("a", left, first, end), EVEN)


def test_track_iou_is_the_mean_over_all_frames_of_either() -> None:
    assert track_iou(drawn(0), drawn(0)) == 1
    assert track_iou(drawn(0), drawn(10)) == pytest.approx(1 / 3)
    assert track_iou(drawn(0, 0, 5), drawn(0, 0, 10)) == pytest.approx(0.5)
    assert track_iou(drawn(0, 0, 5), drawn(10, 3, 8)) == pytest.approx(2 / 8 / 3)
    assert track_iou(drawn(0, 0, 5), drawn(0, 5, 10)) == 0


def test_temporal_iou_weighs_frames_by_how_long_they_last() -> None:
    uneven = Timeline(pts=(0, 1, 2, 3, 4, 5, 6, 7, 8, 17), time_base=Fraction(1, 10))
    assert temporal_iou(drawn(0, 0, 5), drawn(50, 0, 10), EVEN) == pytest.approx(0.5)
    assert temporal_iou(drawn(0, 0, 5), drawn(50, 0, 9), uneven) == pytest.approx(5 / 17)
    assert span_iou((0, 10), (5, 20)) == Fraction(5, 20) and span_iou((0, 1), (1, 2)) == 0
    with pytest.raises(ValueError, match="must end after it begins"):
        span_iou((3, 3), (0, 1))


def test_matching_takes_the_best_sum_and_leaves_what_fits_nobody() -> None:
    """Greedy would pair 0 with 4 (IoU 2/3) and leave the other two apart; the best sum pairs both."""
    found = match([drawn(0), drawn(8), drawn(80)], [drawn(4), drawn(12), drawn(40)], least=0.3)
    assert [(pair.one, pair.other) for pair in found.pairs] == [(0, 0), (1, 1)]
    assert found.lone_ones == (2,) and found.lone_others == (2,)
    assert match([], [drawn(0)]).lone_others == (0,)


def test_a_switch_is_a_thing_that_goes_on_under_another_name() -> None:
    left, right = drawn(0), drawn(60)
    swapped = [
        Drawn(boxes_T4=np.concatenate([one.boxes_T4[:5], other.boxes_T4[5:]]), there_T=one.there_T)
        for one, other in ((left, right), (right, left))
    ]
    assert identity_switches([left, right], [left, right]) == 0
    assert identity_switches([left, right], swapped) == 2
    assert identity_switches([left], [drawn(0, 0, 4), drawn(0, 6, 10)]) == 1
    assert identity_switches([left], []) == 0


def test_consensus_of_three() -> None:
    """Three see the first thing, one leaves it early and one names it otherwise; two see the second; all votes stay."""
    votes = [
        Vote(annotator="a", tracks=(track("1", 0), track("2", 60, 2, 8))),
        Vote(annotator="b", tracks=(track("x", 4, 0, 8), track("y", 60, 2, 8, "dog"))),
        Vote(annotator="c", tracks=(track("7", 2, 0, 10, "dog"), track("8", 30))),
    ]
    before = repr(votes)
    clusters = agree(votes, EVEN)
    assert repr(votes) == before
    thing, pair, lone = clusters
    assert thing.accepted and pair.accepted and not lone.accepted
    assert (
        thing.support == 1 and pair.support == pytest.approx(2 / 3) and lone.support == pytest.approx(1 / 3)
    )
    assert {member.annotator for member in thing.members} == {"a", "b", "c"}
    assert lone.members == (Member(annotator="c", track="8"),)
    assert thing.track is not None and thing.track.label == "cat"
    lefts = [float(box.left * 100) for box in boxes_of(thing.track, EVEN) if box is not None]
    assert lefts == pytest.approx([2.0] * 8 + [1.0] * 2, abs=1e-3)  # b is gone for the last two
    assert pair.track is not None and [box is not None for box in boxes_of(pair.track, EVEN)].count(True) == 6


def test_reliability_decides_what_a_quorum_is() -> None:
    votes = [Vote(annotator=name, tracks=tracks) for name, tracks in
             (("good", (track("1", 0),)), ("poor", ()), ("worse", ()))]  # fmt: skip
    assert not agree(votes, EVEN)[0].accepted
    assert agree(votes, EVEN, {"good": 0.95, "poor": 0.3, "worse": 0.3})[0].accepted
    two = [Vote(annotator="a", tracks=(track("1", 0),)), Vote(annotator="b", tracks=())]
    assert not agree(two, EVEN)[0].accepted  # of two equals who contradict each other neither wins
    assert agree([], EVEN) == ()
    with pytest.raises(ValueError, match="two votes on one clip"):
        agree([two[0], two[0]], EVEN)
    with pytest.raises(ValueError, match="reliability must be above 0"):
        agree(two, EVEN, {"a": 0.0})


def test_the_weighted_median_is_no_mean() -> None:
    values = np.array([1.0, 2.0, 100.0])
    assert weighted_median(values, np.ones(3)) == 2
    assert weighted_median(values, np.array([1.0, 1.0, 5.0])) == 100
    assert weighted_median(np.array([4.0, 1.0]), np.ones(2)) == 2.5
    assert weighted_median(np.array([3.0]), np.array([0.2])) == 3


# Krippendorff 2011, section C: four observers, twelve units, missing values.
KRIPPENDORFF = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
# The example of the encyclopedia: three coders, fifteen units.
CODERS = (".....34121133.3", "1.213343.......", "..21344.21133.4")


def units(rows: tuple[str, ...]) -> list[list[float | None]]:
    return [[None if cell == "." else float(cell) for cell in unit] for unit in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    ("rows", "metric", "published"),
    [
        (KRIPPENDORFF, "nominal", 0.743), (KRIPPENDORFF, "ordinal", 0.815), (KRIPPENDORFF, "interval", 0.849),
        (CODERS, "nominal", 0.691), (CODERS, "interval", 0.811),
    ],
)  # fmt: skip
def test_alpha_is_the_published_one(rows: tuple[str, ...], metric: Metric, published: float) -> None:
    assert round(alpha(units(rows), metric), 3) == published
    words = [[None if rating is None else f"word {rating}" for rating in unit] for unit in units(rows)]
    assert alpha(words) == pytest.approx(alpha(units(rows)))
    assert alpha_by(units(rows), lambda one, other: (one - other) ** 2) == pytest.approx(
        alpha(units(rows), "interval")
    )


def test_alpha_where_little_can_be_said() -> None:
    assert alpha([[1, 1], [2, 2], [3, float("nan")]]) == 1
    assert alpha([[1, 2], [2, 1]]) < 0
    assert math.isnan(alpha([[1, 1], [1, 1]])) and math.isnan(alpha([])) and math.isnan(alpha([[1, None]]))
    with pytest.raises(ValueError, match="'ordinal' needs numbers"):
        alpha([["a", "b"]], "ordinal")


def test_alpha_of_tracks_counts_what_was_not_drawn() -> None:
    same = [[drawn(0), drawn(0)], [drawn(60), drawn(60)]]
    near = [[drawn(0), drawn(2)], [drawn(60), drawn(58)]]
    missed: list[list[Drawn | None]] = [[drawn(0), drawn(0)], [drawn(60), None]]
    assert alpha_of_tracks([same]) == 1
    assert alpha_of_tracks([missed]) < alpha_of_tracks([near]) < 1
    assert alpha_of_tracks([same, same]) == 1


def crowd(seed: int, items: int, rates: tuple[float, ...], classes: int) -> tuple[np.ndarray, np.ndarray]:
    """True classes, and what raters with these shares of right labels say; a tenth is missing."""
    dice = np.random.default_rng(seed)
    true_U = dice.integers(classes, size=items)
    wrong_UR = (true_U[:, None] + dice.integers(1, classes, size=(items, len(rates)))) % classes
    said_UR = np.where(dice.random((items, len(rates))) < np.array(rates), true_U[:, None], wrong_UR)
    said_UR[:, 1:][dice.random((items, len(rates) - 1)) < 0.1] = -1
    return true_U, said_UR


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_em_never_loses_likelihood_and_beats_the_majority(seed: int) -> None:
    true_U, said_UR = crowd(seed, 400, (0.9, 0.55, 0.5, 0.45, 0.85), 3)
    found = dawid_skene(said_UR, 3)
    assert all(after >= before - 1e-9 for before, after in zip(found.gains, found.gains[1:], strict=False))
    votes_UC = (said_UR[:, :, None] == np.arange(3)).sum(axis=1)
    by_em = np.mean(found.chance_UC.argmax(axis=1) == true_U)
    assert by_em >= np.mean(votes_UC.argmax(axis=1) == true_U)
    assert found.confusion_RCC.sum(axis=2) == pytest.approx(np.ones((5, 3)))
    right_R = np.einsum("c,rcc->r", found.prior_C, found.confusion_RCC)
    assert right_R == pytest.approx([0.9, 0.55, 0.5, 0.45, 0.85], abs=0.13)


def test_em_learns_who_confuses_what() -> None:
    """A rater who calls every second dog a cat, beside two good ones."""
    dice = np.random.default_rng(0)
    true_U = dice.integers(2, size=2000)
    said_UR = np.stack(
        [true_U, true_U, np.where((true_U == 1) & (dice.random(2000) < 0.5), 0, true_U)], axis=1
    )
    found = dawid_skene(said_UR, 2)
    assert found.confusion_RCC[2] == pytest.approx(np.array([[1.0, 0.0], [0.5, 0.5]]), abs=0.05)
    for bad in (np.array([[2, 0]]), np.array([[-2, 0]]), np.zeros((0, 2), dtype=int)):
        with pytest.raises(ValueError, match="labels must be"):
            dawid_skene(bad, 2)
    with pytest.raises(ValueError, match="every unit needs a label"):
        dawid_skene(np.array([[0, 1], [-1, -1]]), 2)
