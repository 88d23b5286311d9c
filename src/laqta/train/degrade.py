"""Spoil true clips the way a young generator does, so that a judge trained on them is fair to what it will see.

Mild faults (soft edges, wavering outlines, blotches, ghosts, colours a little off) keep their labels. Two faults
change them: a thing smeared beyond recognition is no thing any more, and a frozen clip shows no motion.

Shape suffixes: B clips, N things, T frames, C channels, H height, W width, F facts, S scene facts.
"""

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from laqta.models.judge import NEITHER, NOTHING, SCENE_FACTS, thing_facts
from laqta.train.truth import UNSTATED, Truth


@dataclass(frozen=True, kw_only=True)
class Faults:
    """How often (shares of the clips) and how strongly clips are spoiled; lengths are fractions of the frame."""

    soft_share: float = 0.5
    softest: float = 2.2
    waver_share: float = 0.35
    waver: float = 0.018
    blotch_share: float = 0.4
    blotch: float = 0.06
    grain: float = 0.02
    ghost_share: float = 0.2
    ghost: float = 0.35
    colour: float = 0.05
    smear_share: float = 0.06
    frozen_share: float = 0.05


MILD = Faults()
"""What every judge is trained with."""


def spoil(truth: Truth, faults: Faults, kinds: tuple[str, ...], dice: Generator) -> Truth:
    """Spoil some of the clips in some of the ways."""
    truth = _freeze(truth, _chosen(truth, faults.frozen_share, dice), kinds, dice)
    truth = _smear(truth, _chosen(truth, faults.smear_share, dice), kinds)
    frames = truth.frames_BTCHW.clone()
    for share, fault in (
        (faults.ghost_share, lambda clips: _ghost(clips, faults.ghost, dice)),
        (faults.waver_share, lambda clips: _waver(clips, faults.waver, dice)),
        (faults.soft_share, lambda clips: _soften(clips, faults.softest, dice)),
        (faults.blotch_share, lambda clips: _blotch(clips, faults.blotch, faults.grain, dice)),
    ):
        rows = _chosen(truth, share, dice)
        if len(rows):
            frames[rows] = fault(frames[rows])
    gain, lift = (faults.colour * _noise((len(frames), 1, 3, 1, 1), frames, dice) for _ in range(2))
    return replace(truth, frames_BTCHW=(frames * (1 + gain) + lift / 2).clamp(0, 1))


def _chosen(truth: Truth, share: float, dice: Generator) -> Tensor:
    picked_B = torch.rand(len(truth.scene_BS), generator=dice) < share
    return picked_B.nonzero()[:, 0].to(truth.scene_BS.device)


def _noise(shape: tuple[int, ...], like: Tensor, dice: Generator) -> Tensor:
    return torch.randn(shape, generator=dice).to(like.device)


def _freeze(truth: Truth, rows: Tensor, kinds: tuple[str, ...], dice: Generator) -> Truth:
    """Show one frame all the time: everything stands still, and what only motion tells is not asked."""
    if not len(rows):
        return truth
    count = truth.frames_BTCHW.shape[1]
    changed = {name: getattr(truth, name).clone() for name in truth.__dataclass_fields__}
    for row in rows.tolist():
        frame = int(torch.randint(count, (1,), generator=dice))
        for name in ("frames_BTCHW", "masks_BTHW"):
            changed[name][row] = changed[name][row, frame].clone()
        for name in ("boxes_BNT4", "visible_BNT"):
            changed[name][row] = changed[name][row, :, frame : frame + 1].clone()
    values = thing_facts(kinds)
    there_BN = changed["facts_BNF"][rows, :, 0] != UNSTATED
    for at, name in enumerate(values):
        still = {"verb": "still", "toward": NEITHER}.get(name)
        if still is not None:
            changed["facts_BNF"][rows, :, at] = torch.where(there_BN, values[name].index(still), UNSTATED)
        elif name in ("speed", "size", "place"):
            changed["facts_BNF"][rows, :, at] = UNSTATED
    changed["scene_BS"][rows, list(SCENE_FACTS).index("camera")] = SCENE_FACTS["camera"].index("still")
    return Truth(**changed)


def _smear(truth: Truth, rows: Tensor, kinds: tuple[str, ...]) -> Truth:
    """Smear things beyond recognition: they become nothing."""
    if not len(rows):
        return truth
    frames_BTCHW = truth.frames_BTCHW.clone()
    clips = frames_BTCHW[rows].flatten(0, 1)
    height, width = clips.shape[-2:]
    coarse = F.interpolate(clips, (5, 5), mode="area")
    coarse = F.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)
    cover = F.avg_pool2d(
        truth.masks_BTHW[rows].flatten(0, 1)[:, None].float(), height // 8 + 1, 1, height // 16
    )
    cover = (2 * cover).clamp(0, 1)
    frames_BTCHW[rows] = torch.lerp(clips, coarse, cover).unflatten(0, (len(rows), -1))
    facts_BNF = truth.facts_BNF.clone()
    there_BN = facts_BNF[rows, :, 0] != UNSTATED
    nothing = torch.full_like(facts_BNF[rows], UNSTATED)
    nothing[..., 0] = torch.where(there_BN, thing_facts(kinds)["kind"].index(NOTHING), UNSTATED)
    facts_BNF[rows] = nothing
    return replace(truth, frames_BTCHW=frames_BTCHW, facts_BNF=facts_BNF)


def _ghost(clips: Tensor, most: float, dice: Generator) -> Tensor:
    """Let the frame before shine through."""
    share = most * torch.rand(len(clips), 1, 1, 1, 1, generator=dice).to(clips.device)
    return torch.lerp(clips, torch.cat([clips[:, :1], clips[:, :-1]], dim=1), share)


def _soften(clips: Tensor, most: float, dice: Generator) -> Tensor:
    """Lose detail: smaller by a factor up to `most`, and back."""
    height, width = clips.shape[-2:]
    factor = 1.2 + (most - 1.2) * torch.rand(1, generator=dice).item()
    flat = clips.flatten(0, 1)
    small = F.interpolate(
        flat,
        (round(height / factor), round(width / factor)),
        mode="bilinear",
        antialias=True,
        align_corners=False,
    )
    back = F.interpolate(small, (height, width), mode="bicubic", align_corners=False)
    return back.clamp(0, 1).unflatten(0, clips.shape[:2])


def _waver(clips: Tensor, strength: float, dice: Generator) -> Tensor:
    """Bend outlines by a smooth flow, mostly the same in all frames."""
    count, frames, _, height, width = clips.shape
    steady = _noise((count, 1, 2, 5, 5), clips, dice)
    unsteady = _noise((count, frames, 2, 5, 5), clips, dice)
    flow = (2 * strength * (steady + 0.4 * unsteady)).flatten(0, 1)
    flow = F.interpolate(flow, (height, width), mode="bicubic", align_corners=False).permute(0, 2, 3, 1)
    straight = F.affine_grid(
        torch.eye(2, 3, device=clips.device)[None], [1, 1, height, width], align_corners=False
    )
    bent = F.grid_sample(clips.flatten(0, 1), straight + flow, padding_mode="border", align_corners=False)
    return bent.unflatten(0, (count, frames))


def _blotch(clips: Tensor, blotch: float, grain: float, dice: Generator) -> Tensor:
    """Add wide faint blotches that come and go, and fine grain."""
    count, frames, colours, height, width = clips.shape
    strength = torch.rand(count, 1, 1, 1, 1, generator=dice).to(clips.device)
    wide = _noise((count * frames, colours, 8, 8), clips, dice)
    wide = F.interpolate(wide, (height, width), mode="bilinear", align_corners=False).unflatten(
        0, (count, frames)
    )
    return clips + strength * (blotch * wide + grain * _noise(tuple(clips.shape), clips, dice))
