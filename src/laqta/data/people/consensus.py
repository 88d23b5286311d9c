"""What several annotators of one clip agree on, thing by thing; every vote stays as it was given.

Tracks that match across annotators are one cluster. A cluster is a thing where the annotators that drew it hold a
quorum of the reliability of all who looked; on each frame its box is the weighted median of theirs. CVAT's consensus
merges frame by frame and overwrites the parent job; here tracks are matched whole, and the result is a new value that
names the votes it was made of.

Legend: T frames, V votes in a cluster, 4 sides of a box (fractions of the frame).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from laqta.data.people.matching import LEAST_IOU, match_scores, track_iou
from laqta.data.people.track import Drawn, ExactBox, Keyframe, Timeline, Track, draw, settle

QUORUM = 0.5
GRID = 2**20
"""Consensus boxes lie on this grid (fractions of the frame): 0.004 pixels of a frame 4,096 wide."""


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One annotator's answer to a clip: all tracks that they drew, none for an empty clip."""

    annotator: str
    tracks: tuple[Track, ...]


@dataclass(frozen=True, kw_only=True)
class Member:
    """A track of a vote, by its annotator and its id."""

    annotator: str
    track: str


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Tracks that are one thing, at most one of each annotator.

    `support` is the share of all reliability that drew it, `accepted` whether that is a quorum; `track` has a keyframe
    on every frame where more than half of its members' reliability sees it; `iou` is the mean IoU of the members'
    tracks with it, 0 where there is no such frame (`track` is then None and the cluster not accepted).
    """

    members: tuple[Member, ...]
    support: float
    accepted: bool
    track: Track | None
    iou: float


def agree(
    votes: Sequence[Vote],
    timeline: Timeline,
    reliability: Mapping[str, float] | None = None,
    quorum: float = QUORUM,
    least: float = LEAST_IOU,
) -> tuple[Cluster, ...]:
    """The clusters of a clip's votes, those accepted first, then by support.

    `reliability` weighs annotators (above 0; 1 for those it does not name). A cluster needs more than `quorum` (0 to 1)
    of the weight of all votes, so that of two equals who contradict each other neither wins; tracks with an IoU of
    `least` may be one thing. `ValueError` for two votes of one annotator, or weights and a quorum out of range.
    """
    weights = {vote.annotator: float((reliability or {}).get(vote.annotator, 1.0)) for vote in votes}
    _check(votes, weights, quorum)
    drawn = {
        Member(annotator=vote.annotator, track=track.id): draw(track, timeline)
        for vote in votes
        for track in vote.tracks
    }
    tracks = {
        Member(annotator=vote.annotator, track=track.id): track for vote in votes for track in vote.tracks
    }
    groups = _group(votes, drawn, weights, least)
    total = sum(weights.values())
    clusters = []
    for number, members in enumerate(groups):
        weight_V = np.array([weights[member.annotator] for member in members])
        middle = median_track([drawn[member] for member in members], weight_V)
        support = float(weight_V.sum() / total)
        label = _elect([tracks[member].label for member in members], weight_V)
        seen = bool(middle.there_T.any())
        clusters.append(
            Cluster(
                members=tuple(members),
                support=support,
                accepted=seen and support > quorum,
                track=_exact(f"consensus {number}", label, middle, timeline) if seen else None,
                iou=float(np.mean([track_iou(drawn[member], middle) for member in members])) if seen else 0.0,
            )
        )
    return tuple(sorted(clusters, key=lambda cluster: (not cluster.accepted, -cluster.support)))


def _check(votes: Sequence[Vote], weights: Mapping[str, float], quorum: float) -> None:
    if len(weights) < len(votes):
        names = sorted(vote.annotator for vote in votes)
        raise ValueError(f"an annotator has two votes on one clip, among {names!r}; give one vote each")
    bad = {name: weight for name, weight in weights.items() if not 0 < weight < float("inf")}
    if bad or not 0 <= quorum < 1:
        raise ValueError(
            f"reliability must be above 0 and a quorum from 0 to below 1, got {bad!r} and {quorum!r}"
        )


def _group(
    votes: Sequence[Vote], drawn: Mapping[Member, Drawn], weights: Mapping[str, float], least: float
) -> list[list[Member]]:
    """Clusters, begun by the most reliable annotator; each one after it is matched to them as a whole."""
    groups: list[list[Member]] = []
    for vote in sorted(votes, key=lambda vote: (-weights[vote.annotator], vote.annotator)):
        own = [Member(annotator=vote.annotator, track=track.id) for track in vote.tracks]
        iou_AB = np.array(
            [
                [np.mean([track_iou(drawn[one], drawn[its]) for its in group]) for group in groups]
                for one in own
            ]
        ).reshape(len(own), len(groups))
        found = match_scores(iou_AB, least)
        for pair in found.pairs:
            groups[pair.other].append(own[pair.one])
        groups += [[own[at]] for at in found.lone_ones]
    return groups


def median_track(members: Sequence[Drawn], weight_V: NDArray[np.float64]) -> Drawn:
    """The weighted median of each side on every frame where more than half of the weight sees the thing."""
    there_VT = np.stack([member.there_T for member in members])
    sides_VT4 = np.stack([member.boxes_T4 for member in members])
    seen_VT = there_VT * weight_V[:, None]
    there_T = seen_VT.sum(axis=0) > weight_V.sum() / 2
    boxes_T4 = np.zeros_like(sides_VT4[0])
    for frame in np.flatnonzero(there_T):
        here = there_VT[:, frame]
        for side in range(4):
            boxes_T4[frame, side] = weighted_median(sides_VT4[here, frame, side], weight_V[here])
    return Drawn(boxes_T4=boxes_T4, there_T=there_T)


def weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The value with half of the weight at or below it and half at or above; the middle of two where both are such."""
    order = np.argsort(values, kind="stable")
    values, share = values[order], np.cumsum(weights[order]) / weights.sum()
    low, high = (int(np.searchsorted(share, edge)) for edge in (0.5 - 1e-12, 0.5 + 1e-12))
    return float((values[low] + values[high]) / 2)


def _elect(labels: Sequence[str], weight_V: NDArray[np.float64]) -> str:
    """The label with the most weight; of equals the one that the more reliable vote gave."""
    ballot: dict[str, float] = defaultdict(float)
    for label, weight in zip(labels, weight_V, strict=True):
        ballot[label] += float(weight)
    return max(ballot, key=lambda label: ballot[label])  # members stand by falling reliability


def _exact(name: str, label: str, middle: Drawn, timeline: Timeline) -> Track:
    keys = []
    for frame, pts in enumerate(timeline.pts):
        box = None
        if middle.there_T[frame]:
            left, top, right, bottom = (round(float(side) * GRID) for side in middle.boxes_T4[frame])
            right, bottom = max(right, left + 1), max(bottom, top + 1)  # thinner than the grid
            box = ExactBox(
                left=Fraction(left, GRID),
                top=Fraction(top, GRID),
                right=Fraction(right, GRID),
                bottom=Fraction(bottom, GRID),
            )
        keys.append(Keyframe(pts=pts, box=box))
    return settle(name, label, keys)
