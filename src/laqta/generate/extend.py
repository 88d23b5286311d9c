"""Clips longer than the model's own: the last frames are given back to the model, which films what follows.

Shape suffixes: B takes, T frames, H height, W width, C channels.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from laqta.generate.engine import Engine, Frames, Request
from laqta.shot import VideoShape

SEED_STEP = 7919
"""A prime between the seeds of one film's parts, so that neighbouring seeds share no noise."""


def lead_frames(shape: VideoShape, time_fold: int) -> int:
    """How many frames a continuation is given: one, and one or two whole latent frames more, at most half a clip.

    With one frame alone the model could not know which way things were moving.
    """
    latents = 1 if shape.frames < 1 + 4 * time_fold else 2
    return 1 + latents * time_fold


def parts_needed(shape: VideoShape, time_fold: int, frames: int, held: int = 0) -> int:
    """How many clips must be filmed for `frames` frames when `held` of them are there already."""
    first = 0 if held else shape.frames
    gain = shape.frames - lead_frames(shape, time_fold)
    missing = max(0, frames - held - first)
    return (0 if held else 1) + -(-missing // gain)


def film_long(
    engine: Engine,
    request: Request,
    frames: int,
    on_step: Callable[[int, int], None],
    held: Frames | None = None,
) -> Frames:
    """Film `frames` frames: the request's own clip, then continuations of it, as (B, T, H, W, 3).

    `held` (B, T, H, W, 3) is a film that is there already and goes on; then only continuations are filmed.
    A last frame is given to the last part alone. `on_step(done, total)` counts the steps of all parts.
    """
    time_fold = engine.parts.autoencoder.temporal_compression_ratio
    lead = lead_frames(request.shape, time_fold)
    parts = parts_needed(request.shape, time_fold, frames, 0 if held is None else held.shape[1])
    film_BTHWC = held
    for part in range(parts):
        count = part * request.steps
        asked = replace(
            request,
            seeds=tuple(seed + SEED_STEP * part for seed in request.seeds),
            last_HWC=request.last_HWC if part == parts - 1 else None,
        )
        if film_BTHWC is not None:
            asked = replace(asked, lead_BTHWC=_tail(film_BTHWC, lead))
        new_BTHWC = engine.film(
            asked, lambda done, _steps, before=count: on_step(before + done, parts * request.steps)
        )
        if film_BTHWC is None:
            film_BTHWC = new_BTHWC
        else:
            given = asked.lead_BTHWC.shape[1] if asked.lead_BTHWC is not None else 0
            film_BTHWC = np.concatenate([film_BTHWC, new_BTHWC[:, given:]], axis=1)
    assert film_BTHWC is not None
    return film_BTHWC[:, :frames]


def _tail(film_BTHWC: Frames, count: int) -> Frames:
    """The last frames of a film; a film shorter than that gives its last frame alone."""
    return film_BTHWC[:, -count:] if film_BTHWC.shape[1] >= count else film_BTHWC[:, -1:]
