"""Clips with their exact labels, for the networks that look: rendered as they are needed, drawn many times.

Shape suffixes: B clips, N things, T frames, C channels, H height, W width, K clips in the pool, 4 sides of a box
(left, top, right, bottom; fractions of the frame).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Generator, Tensor

from laqta.models.judge import NEITHER, SCENE_FACTS, thing_facts
from laqta.shot import SIDED_VERBS, Actor, Shot
from laqta.train.pool import Stage, renew
from laqta.world.render import Renders, render
from laqta.world.sample import sample_shot

UNSTATED = -100
"""`cross_entropy` leaves these labels out."""
IN_SIGHT = 0.15
"""Share of a thing's own pixels from which it counts as seen in a frame."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Clips and what is in them. Facts are indices into the values of `thing_facts` and `SCENE_FACTS`, or UNSTATED.

    `frames_BTCHW` float in [0, 1], `masks_BTHW` bool (where things are), `visible_BNT` the share of a thing's
    pixels in sight (0 for a thing that is not there), `facts_BNF` and `scene_BS` int64.
    """

    frames_BTCHW: Tensor
    masks_BTHW: Tensor
    boxes_BNT4: Tensor
    visible_BNT: Tensor
    facts_BNF: Tensor
    scene_BS: Tensor

    def pick(self, rows: Tensor) -> "Truth":
        """Some of the clips."""
        return Truth(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def film_truth(stage: Stage, seeds: Sequence[int], held_out: bool = False) -> Truth:
    """Render shots by seed, with their labels."""
    shots = [sample_shot(seed, stage.world, held_out) for seed in seeds]
    renders = render(shots, stage.shape, stage.bank, stage.world, seeds, device=stage.device)
    return label(shots, renders, stage.world.props)


def label(shots: Sequence[Shot], renders: Renders, kinds: tuple[str, ...]) -> Truth:
    """The truth of rendered shots whose fields are all stated."""
    values = thing_facts(kinds)
    device = renders.frames_BTCHW.device
    facts_BNF = torch.full((*renders.actor_BN.shape, len(values)), UNSTATED)
    for clip, (shot, actors) in enumerate(zip(shots, renders.actor_BN.tolist(), strict=True)):
        for thing, at in enumerate(actors):
            if at >= 0:
                facts = visible_facts(shot, shot.cast[at])
                facts_BNF[clip, thing] = torch.tensor(
                    [place_of(facts[name], values[name]) for name in values]
                )
    scene = [[place_of(getattr(shot, name), SCENE_FACTS[name]) for name in SCENE_FACTS] for shot in shots]
    there_BN = (renders.actor_BN >= 0)[..., None]
    return Truth(
        frames_BTCHW=renders.frames_BTCHW,
        masks_BTHW=renders.instance_BTHW > 0,
        boxes_BNT4=renders.boxes_BNT4,
        visible_BNT=renders.visible_BNT * there_BN,
        facts_BNF=facts_BNF.to(device),
        scene_BS=torch.tensor(scene, device=device),
    )


class TruthPool:
    """Rendered clips in memory, of which every draw replaces some by fresh ones; frames are kept as 8 bits."""

    def __init__(self, stage: Stage, seeds: list[int], fresh: int) -> None:
        self.stage, self.seeds, self.fresh = stage, list(seeds), fresh
        batches = [self._film(self.seeds[at : at + 20]) for at in range(0, len(seeds), 20)]
        self.kept = Truth(
            **{
                field.name: torch.cat([getattr(batch, field.name) for batch in batches])
                for field in fields(Truth)
            }
        )

    def draw(self, count: int, dice: Generator) -> Truth:
        """Take `count` clips by chance, after replacing `fresh` of the pool."""
        if self.fresh:
            spots, seeds = renew(self.seeds, self.fresh, dice)
            spots, new = spots.to(self.stage.device), self._film(seeds)
            for field in fields(Truth):
                getattr(self.kept, field.name)[spots] = getattr(new, field.name)
        picks = torch.randint(len(self.seeds), (count,), generator=dice)
        batch = self.kept.pick(picks.to(self.stage.device))
        return replace(batch, frames_BTCHW=batch.frames_BTCHW.float() / 255)

    def _film(self, seeds: list[int]) -> Truth:
        truth = film_truth(self.stage, seeds)
        return replace(truth, frames_BTCHW=(truth.frames_BTCHW * 255).round().to(torch.uint8))


def visible_facts(shot: Shot, actor: Actor) -> dict[str, str | None]:
    """What can be seen of each thing of an actor, under the names of `thing_facts`; None where nothing is stated.

    Where nothing is stated the world decides: the size of things that share the frame (they shrink until they
    fit), and the place of things that cross it or stand in a relation.
    """
    motion = actor.motion
    verb = None if motion is None else motion.verb
    sided = None if motion is None else motion.toward or (None if verb in SIDED_VERBS else NEITHER)
    alone = sum(other.count or 1 for other in shot.cast) == 1
    return {
        "kind": actor.kind,
        "tint": actor.tint,
        "size": actor.size if alone else None,
        "place": actor.place if alone and verb not in SIDED_VERBS else None,
        "facing": actor.facing,
        "verb": verb,
        "toward": sided,
        "speed": None if motion is None else motion.speed,
    }


def place_of(value: object, values: Sequence[object]) -> int:
    """A value's place among those that there are, `UNSTATED` for None."""
    return UNSTATED if value is None else values.index(value)
