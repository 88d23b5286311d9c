"""From heat maps and boxes, frame by frame, to tracks: which boxes are one thing.

Shape suffixes: T frames, Y X cells, D numbers of a look, 4 sides of a box (left, top, right, bottom; fractions).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

MOST_THINGS = 6
BEGIN_HEAT = 0.35
"""Heat that begins a track."""
GO_ON_HEAT = 0.15
"""The least heat that continues one."""
LEAP = 0.55
"""How far (fraction of the frame) a thing may be from where it was, or from where its last steps point."""
UNLIKE = 0.5
"""What looking like another thing costs, in the same fractions."""
SAME_BOX = 0.6
"""Overlap (intersection over union) from which two boxes of one frame are one thing."""


@dataclass(frozen=True, kw_only=True)
class Peak:
    """One hot spot of a frame; `look_D` are chances that sum to 1: two peaks of one thing have like ones."""

    heat: float
    box_4: Tensor
    look_D: Tensor


@dataclass(frozen=True, kw_only=True)
class Track:
    """One thing's boxes: `boxes_T4`, zero where it is out of sight, and `there_T`, 1 where it is seen."""

    boxes_T4: Tensor
    there_T: Tensor


@dataclass(kw_only=True)
class _Trail:
    """A track while it is followed: its peaks by frame."""

    peaks: dict[int, Peak] = field(default_factory=dict)

    def cost(self, peak: Peak, frame: int) -> float:
        """How unlikely it is that this peak is the thing: far from where it is expected, and of another look."""
        *_, before, last = [None, *sorted(self.peaks)]
        middle, was = _middle(peak.box_4), _middle(self.peaks[last].box_4)
        apart = float((middle - was).norm())
        if before is not None:
            step = (was - _middle(self.peaks[before].box_4)) / (last - before)
            apart = min(apart, float((middle - was - step * (frame - last)).norm()))
        if apart > LEAP:
            return float("inf")
        looks_D = torch.stack([own.look_D for own in self.peaks.values()]).mean(0)
        alike = float((looks_D * peak.look_D).sqrt().sum())  # Bhattacharyya: 1 for the same chances
        return apart + UNLIKE * (1 - alike)

    @property
    def heat(self) -> float:
        """How sure it is that something is there, over all frames."""
        return sum(peak.heat for peak in self.peaks.values())


def link_peaks(peaks_by_frame: Sequence[Sequence[Peak]]) -> list[Track]:
    """Follow things through a clip, the likeliest pairs of thing and peak first; the surest things come first."""
    frames = len(peaks_by_frame)
    patience = max(3, frames // 4)  # frames that a thing may be out of sight
    trails: list[_Trail] = []
    for frame, peaks in enumerate(peaks_by_frame):
        waiting = [trail for trail in trails if frame - max(trail.peaks) <= patience]
        pairs = sorted(
            (trail.cost(peak, frame), at, which)
            for at, trail in enumerate(waiting)
            for which, peak in enumerate(peaks)
        )
        taken: set[int] = set()
        for cost, at, which in pairs:
            if cost < float("inf") and which not in taken and frame not in waiting[at].peaks:
                taken.add(which)
                waiting[at].peaks[frame] = peaks[which]
        trails += [
            _Trail(peaks={frame: peak})
            for which, peak in enumerate(peaks)
            if which not in taken and peak.heat >= BEGIN_HEAT
        ]
    shortest = min(max(2, frames // 6), frames)
    lasting = [trail for trail in trails if len(trail.peaks) >= shortest]
    lasting.sort(key=lambda trail: -trail.heat)
    return [_whole(trail, frames) for trail in lasting[:MOST_THINGS]]


def find_peaks(heat_YX: Tensor, boxes_YX4: Tensor) -> list[tuple[float, Tensor]]:
    """The heat and box of every cell that is hotter than its neighbours, boxes of one thing kept once."""
    hottest_YX = F.max_pool2d(heat_YX[None], 3, stride=1, padding=1)[0]
    rows, columns = torch.nonzero((heat_YX == hottest_YX) & (heat_YX >= GO_ON_HEAT), as_tuple=True)
    order = heat_YX[rows, columns].argsort(descending=True)[:MOST_THINGS].tolist()
    kept: list[tuple[float, Tensor]] = []
    for at in order:
        box = boxes_YX4[rows[at], columns[at]].clamp(0, 1)
        if all(overlap(box, other) < SAME_BOX for _, other in kept):
            kept.append((float(heat_YX[rows[at], columns[at]]), box))
    return kept


def overlap(one_4: Tensor, other_4: Tensor) -> float:
    """Intersection over union of two boxes."""
    inner = (
        (torch.minimum(one_4[2:], other_4[2:]) - torch.maximum(one_4[:2], other_4[:2])).clamp(min=0).prod()
    )
    both = (one_4[2:] - one_4[:2]).prod() + (other_4[2:] - other_4[:2]).prod() - inner
    return float(inner / both.clamp(min=1e-9))


def _middle(box_4: Tensor) -> Tensor:
    return (box_4[:2] + box_4[2:]) / 2


def _whole(trail: _Trail, frames: int) -> Track:
    boxes_T4, there_T = torch.zeros(frames, 4), torch.zeros(frames)
    for frame, peak in trail.peaks.items():
        boxes_T4[frame], there_T[frame] = peak.box_4, 1
    return Track(boxes_T4=boxes_T4, there_T=there_T)
