"""Clips longer than the model's own: the last frames are given back to the model, which films what follows.

Shape suffixes: B takes, T frames, H height, W width, C channels, L latent frames.
"""

from dataclasses import replace
from functools import partial

import numpy as np
from torch import Tensor

from laqta.generate.denoise import OnStep
from laqta.generate.engine import Engine, Frames, Request
from laqta.shot import VideoShape

SEED_STEP = 7919
"""A prime between the seeds of one film's parts, so that neighbouring seeds share no noise."""


def lead_frames(shape: VideoShape, time_fold: int) -> int:
    """How many frames a continuation is given: one, and one or two whole latent frames more where the clip is long.

    With one frame alone the model could not know which way things were moving. At least one latent frame is new.
    """
    latents = min(2, (shape.frames - 1) // time_fold // 2)
    return 1 + latents * time_fold


def lengths(shape: VideoShape, time_fold: int, frames: int, held: int = 0) -> list[int]:
    """How long the film is after each part, until it has `frames` frames; `held` of them are there already.

    The last length may be more than `frames`: parts have one length.
    """
    done, ends = held, []
    while done < frames:
        done += shape.frames - _given(done, lead_frames(shape, time_fold))
        ends.append(done)
    return ends


def film_long(
    engine: Engine,
    request: Request,
    frames: int,
    on_step: OnStep,
    held: Frames | None = None,
) -> Frames:
    """Film `frames` frames: the request's own clip, then continuations of it, as (B, T, H, W, 3).

    `held` (B, T, H, W, 3) is a film that is there already and goes on; then only continuations are filmed.
    A last frame is given to the last part alone. `on_step` counts the steps of all parts.
    """
    time_fold = engine.parts.autoencoder.temporal_compression_ratio
    lead = lead_frames(request.shape, time_fold)
    parts = len(lengths(request.shape, time_fold, frames, 0 if held is None else held.shape[1]))
    film_BTHWC = held
    for part in range(parts):
        count = part * request.steps
        asked = replace(
            request,
            seeds=tuple(seed + SEED_STEP * part for seed in request.seeds),
            last_BHWC=request.last_BHWC if part == parts - 1 else None,
        )
        if film_BTHWC is not None:
            asked = replace(asked, lead_BTHWC=_tail(film_BTHWC, lead))
        new_BTHWC = engine.film(asked, partial(_count_on, on_step, count, parts * request.steps))
        if film_BTHWC is None:
            film_BTHWC = new_BTHWC
        else:
            given = asked.lead_BTHWC.shape[1] if asked.lead_BTHWC is not None else 0
            film_BTHWC = np.concatenate([film_BTHWC, new_BTHWC[:, given:]], axis=1)
    assert film_BTHWC is not None
    return film_BTHWC[:, :frames]


def _count_on(on_step: OnStep, before: int, total: int, done: int, _steps: int, guess_BCLHW: Tensor) -> None:
    """Report a step of one part as a step of the whole film."""
    on_step(before + done, total, guess_BCLHW)


def _tail(film_BTHWC: Frames, count: int) -> Frames:
    return film_BTHWC[:, -_given(film_BTHWC.shape[1], count) :]


def _given(done: int, lead: int) -> int:
    """How many frames of a film of `done` frames the next part is given; a short film gives its last one alone."""
    return lead if done >= lead else min(1, done)
