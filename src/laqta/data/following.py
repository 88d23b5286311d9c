"""From what a detector found on each frame to things that are followed through a clip.

After ByteTrack (Zhang et al. 2022, https://arxiv.org/abs/2110.06864): boxes that the detector is sure of are first
given to the things that are followed already, then those that it doubts: a thing half hidden is still that thing, but
nothing begins with a doubt. Both times the pairs of one kind are taken whose overlaps sum to the most (Kuhn 1955).

Legend: A things, B boxes, 4 sides of a box (left, top, right, bottom; fractions of the frame).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from laqta.data.people.matching import iou_by_frame, match_scores
from laqta.data.people.track import Drawn

Sides = tuple[float, float, float, float]
"""Left, top, right, bottom of a box, as fractions of the frame."""
Detection = tuple[str, float, Sides]
"""What a detector says of one thing on one frame: its kind, how sure it is (0 to 1), and the box round it."""

SURE_IOU = 0.1
"""How much a sure box overlaps with where a thing is expected, at least: half of what ByteTrack asks for at 30 frames a
second. With a few frames a second things move farther, and are lost a third more often with 0.2."""
DOUBT_IOU = 0.5
"""The same for a box that the detector doubts (as ByteTrack has it)."""
STEADY = 0.5
"""Share of a thing's former speed in what is expected of it: one box that is off does not throw it far."""


@dataclass(frozen=True, kw_only=True)
class Trail:
    """One thing, followed: its kind, and by the number of the frame on which it was seen, in order, each detection."""

    kind: str
    seen: dict[int, Detection]

    @property
    def score(self) -> float:
        """How sure the detector is of it, on average over the frames on which it was seen."""
        return float(np.mean([score for _, score, _ in self.seen.values()]))

    @property
    def share(self) -> float:
        """How much of the frame its box covers, on average over the frames on which it was seen."""
        sides_K4 = np.array([sides for _, _, sides in self.seen.values()])
        return float((sides_K4[:, 2:] - sides_K4[:, :2]).prod(axis=1).mean())


@dataclass(kw_only=True)
class _Followed:
    """A thing while it is followed, and how fast its box moves, in fractions of the frame a second."""

    kind: str
    last: float
    sides_4: NDArray[np.float64]
    seen: dict[int, Detection]
    speed_4: NDArray[np.float64] = field(default_factory=lambda: np.zeros(4))

    def expected(self, seconds: float) -> NDArray[np.float64]:
        """Where its box is if it goes on as it did, in the size that it had."""
        return self.sides_4 + self.speed_4 * (seconds - self.last)

    def see(self, frame: int, seconds: float, found: Detection) -> None:
        """It is there."""
        sides_4 = np.array(found[2])
        step_2 = ((sides_4 - self.sides_4)[:2] + (sides_4 - self.sides_4)[2:]) / 2
        now_4 = np.tile(step_2, 2) / (seconds - self.last)
        share = STEADY if len(self.seen) > 1 else 0.0
        self.speed_4 = share * self.speed_4 + (1 - share) * now_4
        self.last, self.sides_4, self.seen[frame] = seconds, sides_4, found


@dataclass(frozen=True, kw_only=True)
class IouTracker:
    """Follows things by overlap. `sure` is the score that begins one; `patience` seconds it may be out of sight."""

    sure: float
    patience: float

    def track(self, found: Sequence[Sequence[Detection]], seconds: Sequence[float]) -> list[Trail]:
        """Things by when they are first seen, from what was found on each frame, and when it is shown."""
        followed: list[_Followed] = []
        for frame, (boxes, now) in enumerate(zip(found, seconds, strict=True)):
            alive = [thing for thing in followed if now - thing.last <= self.patience]
            sure = [box for box in boxes if box[1] >= self.sure]
            doubted = [box for box in boxes if box[1] < self.sure]
            new = _give(alive, sure, frame, now, SURE_IOU)
            _give([thing for thing in alive if frame not in thing.seen], doubted, frame, now, DOUBT_IOU)
            followed += [
                _Followed(kind=box[0], last=now, sides_4=np.array(box[2]), seen={frame: box}) for box in new
            ]
        return [Trail(kind=thing.kind, seen=thing.seen) for thing in followed]


def _give(
    things: Sequence[_Followed], boxes: Sequence[Detection], frame: int, now: float, least: float
) -> list[Detection]:
    """Let things have the boxes that are theirs; returns those that are nobody's."""
    expected_A4 = np.array([thing.expected(now) for thing in things]).reshape(-1, 4)
    sides_B4 = np.array([sides for _, _, sides in boxes]).reshape(-1, 4)
    same_AB = np.array([[thing.kind == kind for kind, _, _ in boxes] for thing in things], bool)
    matching = match_scores(
        np.where(same_AB.reshape(len(things), len(boxes)), overlaps(expected_A4, sides_B4), 0.0), least
    )
    for pair in matching.pairs:
        things[pair.one].see(frame, now, boxes[pair.other])
    return [boxes[other] for other in matching.lone_others]


def overlaps(one_A4: NDArray[np.float64], other_B4: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of every box with every other (A, B)."""
    there = np.ones(len(one_A4) * len(other_B4), bool)
    pairs = (np.repeat(one_A4, len(other_B4), axis=0), np.tile(other_B4, (len(one_A4), 1)))
    ious = iou_by_frame(*(Drawn(boxes_T4=boxes, there_T=there) for boxes in pairs))
    return ious.reshape(len(one_A4), len(other_B4))
