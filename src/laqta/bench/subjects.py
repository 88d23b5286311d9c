"""What is measured, and on what: the model, its judge, its world, and the shots that every bench asks for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from laqta.bench.judge import Frames, compare, nearest_judge
from laqta.bench.scores import Score, tally
from laqta.generate.denoise import Guidance
from laqta.generate.engine import Engine, Request
from laqta.language.lexicon import LANGUAGES
from laqta.language.write import Caption, caption
from laqta.models.card import Card, find_model, installed_models
from laqta.models.judge import Judge, Sighting
from laqta.settings import home
from laqta.shot import Shot
from laqta.train.device import choose_device
from laqta.train.fit_vae import HELD_OUT_SEED
from laqta.train.pool import Stage
from laqta.train.run import world_of
from laqta.world.fetch import open_bank
from laqta.world.render import render
from laqta.world.sample import sample_shot

Progress = Callable[[int, int, str], None]
"""`progress(done, total, what)`: called at the start of something (`done` = 0) and after each of its steps."""

FILMED_AT_ONCE = 16
PREFERRED = ("mini", "nano")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A loaded model with its judge, and the world that it was trained on."""

    folder: Path
    engine: Engine
    judge: Judge
    stage: Stage

    @property
    def card(self) -> Card:
        """The model's card."""
        return self.engine.card


def open_subject(model: str | None, device: str | None) -> Subject:
    """Load a model by name or folder (the best one installed where None), and what measures it.

    Raises `ValueError` for an unknown model, `OSError` where the judge or the props' pictures are missing.
    """
    device = choose_device(device)
    place = home(os.environ)
    folder = find_model(model or _best(place), place)
    engine = Engine.load(folder, device)
    shape = engine.card.shape
    bank = open_bank(engine.card.props, place, drawn=not engine.card.notices)  # those it learned from
    stage = Stage(world=world_of(engine.card), bank=bank, shape=shape, device=device)
    return Subject(
        folder=folder, engine=engine, judge=nearest_judge(shape.height, shape.width, device), stage=stage
    )


def bench_seeds(clips: int, held_out: bool = False, offset: int = 0) -> list[int]:
    """The fixed seeds of a bench: no training reaches them."""
    first = HELD_OUT_SEED + (10_000_000 if held_out else 1_000_000) + offset
    return list(range(first, first + clips))


def bench_shots(stage: Stage, seeds: list[int], held_out: bool = False) -> list[Shot]:
    """The shots of these seeds."""
    return [sample_shot(seed, stage.world, held_out) for seed in seeds]


def said_in_turn(shots: list[Shot], seeds: list[int]) -> list[Caption]:
    """Detailed captions of shots, the languages in turn."""
    return [
        caption(shot, LANGUAGES[at % len(LANGUAGES)], "detailed", seed)
        for at, (shot, seed) in enumerate(zip(shots, seeds, strict=True))
    ]


def scores_of(subject: Subject, said: list[Caption], sightings: list[Sighting]) -> dict[str, Score]:
    """By row, how often what was said is what is seen in its clip."""
    return tally(
        row
        for words, sighting in zip(said, sightings, strict=True)
        for row in compare(sighting, words.stated, subject.judge.kinds)
    )


def true_clips(stage: Stage, shots: list[Shot], seeds: list[int]) -> Frames:
    """True renders of shots as 8-bit frames (B, T, H, W, 3)."""
    parts = []
    for at in range(0, len(shots), FILMED_AT_ONCE):
        some = slice(at, at + FILMED_AT_ONCE)
        renders = render(shots[some], stage.shape, stage.bank, stage.world, seeds[some], device=stage.device)
        parts.append(
            (renders.frames_BTCHW * 255).round().to(torch.uint8).permute(0, 1, 3, 4, 2).cpu().numpy()
        )
    return np.concatenate(parts)


def film_clips(
    engine: Engine,
    captions: list[str],
    seeds: list[int],
    progress: Progress,
    guidance: Guidance | None = None,
) -> Frames:
    """Film captions as the model's card says, several in one batch: 8-bit frames (B, T, H, W, 3)."""
    return np.concatenate(list(film_batches(engine, captions, seeds, progress, guidance)))


def film_batches(
    engine: Engine,
    captions: list[str],
    seeds: list[int],
    progress: Progress,
    guidance: Guidance | None = None,
) -> Iterator[Frames]:
    """The same, batch by batch."""
    card = engine.card
    progress(0, len(captions), "filming")
    for at in range(0, len(captions), FILMED_AT_ONCE):
        some = slice(at, at + FILMED_AT_ONCE)
        request = Request(
            captions=tuple(captions[some]),
            seeds=tuple(seeds[some]),
            shape=card.shape,
            steps=card.steps,
            guidance=guidance or Guidance(scale=card.guidance),
        )
        yield engine.film(request)
        progress(min(at + FILMED_AT_ONCE, len(captions)), len(captions), "filming")


def _best(place: Path) -> str:
    installed = installed_models(place)
    return next((name for name in PREFERRED if name in installed), next(iter(installed), PREFERRED[0]))
