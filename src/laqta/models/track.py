"""From heat maps and boxes, frame by frame, to tracks: which boxes are one thing.

Shape suffixes: T frames, Y X cells, K candidates, 4 sides of a box (left, top, right, bottom; fractions).
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

MOST_THINGS = 6
BEGIN_HEAT = 0.35
"""Heat that begins a track, and the least that continues one."""
GO_ON_HEAT = 0.15
LEAP = 0.3
"""How far (fraction of the frame) a thing may be from where its last steps point."""
PATIENCE = 3
"""Frames that a thing may be out of sight before its track ends."""
SAME_BOX = 0.6
"""Overlap (intersection over union) from which two boxes of one frame are one thing."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """One thing's boxes: `boxes_T4`, zero where it is out of sight, and `there_T`, 1 where it is seen."""

    boxes_T4: Tensor
    there_T: Tensor


@dataclass(kw_only=True)
class _Trail:
    """A track while it is followed."""

    boxes: dict[int, Tensor] = field(default_factory=dict)
    heat: float = 0.0

    def expected(self, frame: int) -> Tensor:
        """Where the middle should be now, if the thing goes on as in its last two sightings."""
        seen = sorted(self.boxes)[-2:]
        last = _middle(self.boxes[seen[-1]])
        if len(seen) < 2:
            return last
        step = (last - _middle(self.boxes[seen[0]])) / (seen[1] - seen[0])
        return last + step.clamp(-0.2, 0.2) * (frame - seen[1])


def link_boxes(heat_TYX: Tensor, boxes_TYX4: Tensor) -> list[Track]:
    """Follow the heat map's peaks (probabilities) through a clip; the surest things come first."""
    frames = len(heat_TYX)
    trails: list[_Trail] = []
    for frame in range(frames):
        peaks = find_peaks(heat_TYX[frame], boxes_TYX4[frame])
        waiting = [trail for trail in trails if frame - max(trail.boxes) <= PATIENCE]
        pairs = sorted(
            (float((trail.expected(frame) - _middle(box)).norm()), at, which)
            for at, trail in enumerate(waiting)
            for which, (_, box) in enumerate(peaks)
        )
        taken: set[int] = set()
        for apart, at, which in pairs:
            if apart <= LEAP and which not in taken and frame not in waiting[at].boxes:
                taken.add(which)
                heat, waiting[at].boxes[frame] = peaks[which]
                waiting[at].heat += heat
        trails += [
            _Trail(boxes={frame: box}, heat=heat)
            for which, (heat, box) in enumerate(peaks)
            if which not in taken and heat >= BEGIN_HEAT
        ]
    shortest = max(2, frames // 6)
    lasting = [trail for trail in trails if len(trail.boxes) >= min(shortest, frames)]
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
    for frame, box in trail.boxes.items():
        boxes_T4[frame], there_T[frame] = box, 1
    return Track(boxes_T4=boxes_T4, there_T=there_T)
