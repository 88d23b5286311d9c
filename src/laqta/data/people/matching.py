"""Which track of one annotator is which of another, and where an annotator lost one thing for another.

Legend: T frames, A tracks of one annotator, B tracks of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from laqta.data.people.track import Drawn, Timeline

LEAST_IOU = 0.5
"""The spatio-temporal IoU from which two tracks may be one thing."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Track `one` of the first list is track `other` of the second, with their spatio-temporal IoU."""

    one: int
    other: int
    iou: float


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Pairs by rising `one`, and the indices of the tracks of either list that found no partner."""

    pairs: tuple[Pair, ...]
    lone_ones: tuple[int, ...]
    lone_others: tuple[int, ...]


def iou_by_frame(one: Drawn, other: Drawn) -> NDArray[np.float64]:
    """Intersection over union of two tracks' boxes on every frame (T); 0 where one of them is out of sight."""
    low_T2 = np.maximum(one.boxes_T4[:, :2], other.boxes_T4[:, :2])
    high_T2 = np.minimum(one.boxes_T4[:, 2:], other.boxes_T4[:, 2:])
    inner_T = (high_T2 - low_T2).clip(min=0).prod(axis=1)
    areas_T = sum((drawn.boxes_T4[:, 2:] - drawn.boxes_T4[:, :2]).prod(axis=1) for drawn in (one, other))
    both_T = one.there_T & other.there_T
    union_T = np.where(both_T, areas_T - inner_T, 1.0)
    return np.where(both_T, inner_T / union_T, 0.0)


def track_iou(one: Drawn, other: Drawn) -> float:
    """Spatio-temporal IoU: the mean spatial IoU over the frames where at least one of the two tracks is seen."""
    seen = np.count_nonzero(one.there_T | other.there_T)
    return float(iou_by_frame(one, other).sum() / seen) if seen else 0.0


def temporal_iou(one: Drawn, other: Drawn, timeline: Timeline) -> float:
    """Seconds in which both tracks are seen over seconds in which either is, frames weighed by how long they last."""
    last_T = timeline.durations()
    either = last_T[one.there_T | other.there_T].sum()
    return float(last_T[one.there_T & other.there_T].sum() / either) if either else 0.0


def span_iou(one: tuple[int, int], other: tuple[int, int]) -> Fraction:
    """Temporal IoU of two events from a PTS to the one where they are over, exactly; `ValueError` for an empty span."""
    for begin, end in (one, other):
        if end <= begin:
            raise ValueError(f"an event must end after it begins, got PTS {begin!r} to {end!r}")
    inner = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return Fraction(inner, (one[1] - one[0]) + (other[1] - other[0]) - inner)


def match(ones: Sequence[Drawn], others: Sequence[Drawn], least: float = LEAST_IOU) -> Matching:
    """Pair tracks so that their IoUs sum to the most (Kuhn 1955, "the Hungarian method"); pairs below `least` are none.

    Pairs that are below count as 0 already while matching, so that none of them keeps a better pair apart.
    """
    iou_AB = np.array([[track_iou(one, other) for other in others] for one in ones]).reshape(
        len(ones), len(others)
    )
    return match_scores(iou_AB, least)


def match_scores(iou_AB: NDArray[np.float64], least: float = LEAST_IOU) -> Matching:
    """The same for IoUs that are known already."""
    rows, columns = linear_sum_assignment(np.where(iou_AB >= least, iou_AB, 0.0), maximize=True)
    pairs = tuple(
        Pair(one=int(row), other=int(column), iou=float(iou_AB[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if iou_AB[row, column] >= max(least, 1e-9)
    )
    return Matching(
        pairs=pairs,
        lone_ones=tuple(sorted(set(range(iou_AB.shape[0])) - {pair.one for pair in pairs})),
        lone_others=tuple(sorted(set(range(iou_AB.shape[1])) - {pair.other for pair in pairs})),
    )


def identity_switches(truth: Sequence[Drawn], found: Sequence[Drawn], least: float = LEAST_IOU) -> int:
    """How often a true track goes on under another found track than before.

    As CLEAR MOT counts them (Bernardin and Stiefelhagen 2008): frame by frame, a true track keeps its partner while
    their boxes overlap by `least`; the rest is matched anew; a partner other than the last one is a switch.
    """
    if not truth or not found:
        return 0
    iou_ABT = np.array([[iou_by_frame(one, other) for other in found] for one in truth])
    partner: dict[int, int] = {}
    switches = 0
    for iou_AB in np.moveaxis(iou_ABT, 2, 0):
        kept = {one: other for one, other in partner.items() if iou_AB[one, other] >= least}
        free_AB = iou_AB.copy()
        free_AB[list(kept)] = 0.0
        free_AB[:, list(kept.values())] = 0.0
        for pair in match_scores(free_AB, least).pairs:
            switches += pair.one in partner and partner[pair.one] != pair.other
            partner[pair.one] = pair.other
    return int(switches)
