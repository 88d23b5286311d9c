"""The critic: the only network that losses and rewards may use, so that the judge stays blind to training.

It shares nothing with the judge: 3-D convolutions over space and time, one vector a clip, facts of the clip as a
whole and of the thing that fills most of it. It locates nothing.

Shape suffixes: B clips, T frames, C channels, H height, W width, K kinds.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from laqta.models.judge import NEITHER, SCENE_FACTS
from laqta.shot import SIDES, SPEEDS, TINTS, VERBS, VideoShape

LEAD_FACTS: dict[str, tuple[str, ...]] = {
    "tint": TINTS, "verb": VERBS, "toward": (*SIDES, NEITHER), "speed": SPEEDS,
}  # fmt: skip
"""What the critic says of the thing that fills most of the clip."""


@dataclass(frozen=True, kw_only=True)
class CriticSize:
    """How large a critic is. The first width comes after folding `patch` pixels, every further one halves."""

    name: str
    shape: VideoShape
    patch: int
    widths: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one look gives: activations of every level (for losses), logits of which kinds are there, and of facts."""

    levels: tuple[Tensor, ...]
    kinds_BK: Tensor
    facts: dict[str, Tensor]


class Critic(nn.Module):
    """The network. `kinds` are the things that it knows, in the order of its outputs."""

    def __init__(self, size: CriticSize, kinds: tuple[str, ...]) -> None:
        super().__init__()
        self.size, self.kinds = size, kinds
        first, *further = size.widths
        patch = (1, size.patch, size.patch)
        self.levels = nn.ModuleList(
            [nn.Sequential(nn.Conv3d(3, first, (3, *patch[1:]), patch, (1, 0, 0)), nn.ReLU())]
        )
        before = first
        for at, width in enumerate(further):
            stride = (1 if at % 2 == 0 else 2, 2, 2)
            self.levels.append(
                nn.Sequential(nn.Conv3d(before, width, 3, stride, 1), nn.GroupNorm(8, width), nn.ReLU())
            )
            before = width
        values = LEAD_FACTS | SCENE_FACTS
        self.which = nn.Linear(3 * before, len(kinds))
        self.heads = nn.ModuleDict({name: nn.Linear(3 * before, len(v)) for name, v in values.items()})

    def forward(self, frames_BTCHW: Tensor) -> Opinion:
        """Look at clips of float frames in [0, 1]."""
        x = 2 * frames_BTCHW.transpose(1, 2) - 1
        levels = []
        for level in self.levels:
            x = level(x)
            levels.append(x)
        third_BC3 = F.adaptive_avg_pool3d(x, (3, 1, 1)).flatten(2)  # beginning, middle and end
        summary = torch.cat(
            [third_BC3[..., 1], third_BC3[..., 2] - third_BC3[..., 0], x.amax((2, 3, 4))], dim=1
        )
        return Opinion(
            levels=tuple(levels),
            kinds_BK=self.which(summary),
            facts={name: head(summary) for name, head in self.heads.items()},
        )
