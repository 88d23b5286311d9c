"""Where the transformer's clips come from: the made-up world's pools, a frozen dataset, or both by turns.

Shape suffixes: B batch, C channels, L latent frames, H and W latent height and width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from random import Random
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Generator, Tensor

from laqta.generate.grid import LatentShape
from laqta.shot import Shot
from laqta.train.fit_text import draw_caption
from laqta.train.pool import LatentPool
from laqta.world.sample import WorldSpec, sample_shot

if TYPE_CHECKING:
    from laqta.data.stream import Stream

Caption = Callable[[Random], str]
"""One clip's caption, worded by a dice: in another language, or shorter, each time."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Clips of one shape that a step trains on, on the processor; the fields are those of `LatentPool`."""

    shape: LatentShape
    latents_BCLHW: Tensor
    last_BC1HW: Tensor
    things_BLHW: Tensor
    kinds_BLHW: Tensor
    ends_BLHW: Tensor
    captions: Sequence[Caption]


class Clips(Protocol):
    """What a run draws its clips from. The same step and dice give the same clips: a run resumes by its step."""

    def draw(self, step: int, count: int, dice: Generator) -> Drawn:
        """`count` clips of one shape for a step."""


class WorldClips:
    """Clips of the made-up world, drawn by chance from pools of latents; the shapes take turns."""

    def __init__(
        self, pools: list[tuple[LatentShape, LatentPool]], world: WorldSpec, short_share: float
    ) -> None:
        self.pools = pools
        self.world = world
        self.short_share = short_share
        self._shots: dict[int, Shot] = {}

    def draw(self, step: int, count: int, dice: Generator) -> Drawn:
        """As `Clips` says; a shot is written anew each time, in a language by chance."""
        shape, pool = self.pools[step % len(self.pools)]
        picks = torch.randint(len(pool), (count,), generator=dice)
        return Drawn(
            shape=shape,
            latents_BCLHW=pool.latents_NCLHW[picks],
            last_BC1HW=pool.last_NC1HW[picks],
            things_BLHW=pool.things_NLHW[picks],
            kinds_BLHW=pool.kinds_NLHW[picks],
            ends_BLHW=pool.ends_NLHW[picks],
            captions=[self._caption(pool.first_seed + pick) for pick in picks.tolist()],
        )

    def _caption(self, seed: int) -> Caption:
        if seed not in self._shots:
            self._shots[seed] = sample_shot(seed, self.world)
        shot = self._shots[seed]
        return lambda dice: draw_caption(shot, dice, self.short_share)[0].text


class DatasetClips:
    """Clips of a frozen dataset, in the order that its stream keeps; a clip's languages take turns by chance.

    Nobody knows what covers which token unless tracks were kept: `kinds_BLHW` and `ends_BLHW` are 0 everywhere.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def draw(self, step: int, count: int, dice: Generator) -> Drawn:
        """As `Clips` says, in the order of the stream."""
        del dice  # seed and step alone decide
        batch = self.stream.batch(step, count)
        latents_BCLHW = torch.from_numpy(batch.latents_BCLHW)
        things_BLHW = torch.from_numpy(batch.things_BLHW)
        unknown_BLHW = torch.zeros(things_BLHW.shape, dtype=torch.uint8)
        about = self.stream.about["shapes"][batch.shape]
        return Drawn(
            shape=LatentShape(**{field.name: about[field.name] for field in fields(LatentShape)}),
            latents_BCLHW=latents_BCLHW,
            last_BC1HW=torch.from_numpy(batch.last_BC1HW),
            things_BLHW=things_BLHW,
            kinds_BLHW=unknown_BLHW,
            ends_BLHW=unknown_BLHW,
            captions=[_one_of(texts) for texts in batch.captions],
        )


class Mixed:
    """New clips, with old ones among them so that what was learned first is not forgotten (experience replay).

    A share `replay` of the steps draws old clips, evenly spread.
    """

    def __init__(self, new: Clips, old: Clips, replay: float) -> None:
        self.new, self.old, self.replay = new, old, replay

    def draw(self, step: int, count: int, dice: Generator) -> Drawn:
        """As `Clips` says, from the one or the other by the step."""
        before, now = int(step * self.replay), int((step + 1) * self.replay)
        if now > before:
            return self.old.draw(before, count, dice)
        return self.new.draw(step - now, count, dice)


def _one_of(texts: tuple[str, ...]) -> Caption:
    return lambda dice: dice.choice(texts) if texts else ""
