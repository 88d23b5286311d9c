"""Which end of a thing is where: its front or its back, exactly, for the transformer's middle block to be asked.

A plain loss on pixels is content with a cat that has a head on both sides: each side is right in half of the clips.

Shape suffixes: B clips, N things, T frames, H height, W width, L latent frames.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from laqta.shot import Actor, Shot
from laqta.world.render import Renders

ENDS = ("neither", "front", "back")
"""What a latent position may show."""
END = 0.25
"""How far from its thing's middle a position's pixels must lie, on average, to be an end: a share of half its width."""
SHOWN = 0.15
"""Share of a latent position that things must cover before it is asked for an end."""


def ahead(shots: Sequence[Shot], renders: Renders) -> Tensor:
    """How far every pixel lies toward the front of its thing, -1 to 1, 0 elsewhere: (B, T, H, W).

    A thing that spins, that looks to the front or that the frame cuts has no ends.
    """
    ahead_BTHW = torch.zeros_like(renders.instance_BTHW, dtype=torch.float32)
    width = ahead_BTHW.shape[-1]
    x_W = (torch.arange(width, device=ahead_BTHW.device) + 0.5) / width
    for slot, actors in enumerate(renders.actor_BN.T.tolist()):
        toward = [
            _facing(shot.cast[actor]) if actor >= 0 else 0 for shot, actor in zip(shots, actors, strict=True)
        ]
        left_BT, right_BT = renders.boxes_BNT4[:, slot, :, 0], renders.boxes_BNT4[:, slot, :, 2]
        whole_BT = (left_BT > 0) & (right_BT < 1) & (right_BT > left_BT)
        sign_BT = torch.tensor(toward, device=x_W.device)[:, None] * whole_BT
        middle_BT, half_BT = (left_BT + right_BT) / 2, ((right_BT - left_BT) / 2).clamp(min=1e-3)
        along_BTW = sign_BT[..., None] * ((x_W - middle_BT[..., None]) / half_BT[..., None]).clamp(-1, 1)
        ahead_BTHW = torch.where(renders.instance_BTHW == slot + 1, along_BTW[:, :, None], ahead_BTHW)
    return ahead_BTHW


def ends_of(ahead_BLHW: Tensor, things_BLHW: Tensor) -> Tensor:
    """Which of `ENDS` each latent position shows, a share `things_BLHW` of which things cover; a middle is neither."""
    front, back = (ENDS.index(end) for end in ("front", "back"))
    ends_BLHW = front * (ahead_BLHW > END) + back * (ahead_BLHW < -END)
    return ends_BLHW * (things_BLHW > SHOWN)


def _facing(actor: Actor) -> int:
    """1 for a thing that looks to the right in every frame, -1 to the left, 0 for any other."""
    spins = actor.motion is not None and actor.motion.verb == "spin"
    return 0 if spins or actor.facing is None else 1 if actor.facing == "right" else -1
