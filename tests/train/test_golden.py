"""Golden numbers: seeded losses on a CPU. A refactor keeps them; a change of result changes them here, and says so.

Latents are random numbers and captions empty, so that neither the world nor the language room has a say.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.generate.grid import LatentShape
from laqta.models.sizes import SPECK, build_autoencoder
from laqta.train import recipes
from laqta.train.checkpoint import Budget, Session, step_dice
from laqta.train.clips import WorldClips
from laqta.train.fit_dit import fit_dit
from laqta.train.fit_vae import reconstruction_loss
from laqta.train.pool import LatentPool

STEPS = 8
DIT_LOSS = 2.0015153884887695
"""Mean loss of the transformer's first steps."""
VAE_LOSS = 1.2520021200180054
"""The autoencoder's loss before its first step."""


def test_the_transformers_first_losses(
    text: tuple[PreTrainedTokenizerFast, T5EncoderModel], session: Session
) -> None:
    recipe = replace(
        recipes.speck().dit, budget=Budget(steps=STEPS), empty_share=1.0, first_share=0.3, last_share=0.3
    )
    shape = LatentShape.of(SPECK.shape, build_autoencoder(SPECK))
    dice = step_dice(9, 9)
    pool = LatentPool(
        first_seed=0,
        latents_NCLHW=torch.randn(32, 64, 2, 2, 2, generator=dice),
        last_NC1HW=torch.randn(32, 64, 1, 2, 2, generator=dice),
        things_NLHW=torch.rand(32, 2, 2, 2, generator=dice),
        kinds_NLHW=torch.randint(0, 4, (32, 2, 2, 2), generator=dice).to(torch.uint8),
        ends_NLHW=torch.randint(0, 3, (32, 2, 2, 2), generator=dice).to(torch.uint8),
    )
    norm = torch.zeros(64), torch.ones(64)
    world = recipes.speck().world
    clips = WorldClips([(shape, pool)], world, recipe.short_share)
    fit_dit(recipe, SPECK, len(world.props), clips, text, norm, session, lambda _net: None)
    records = [json.loads(line) for line in (session.folder / "dit.jsonl").read_text().splitlines()]
    assert records[-1]["step"] == STEPS
    assert records[-1]["loss"] == pytest.approx(DIT_LOSS, abs=1e-5)


def test_the_autoencoders_first_loss() -> None:
    torch.manual_seed(0)
    autoencoder = build_autoencoder(SPECK)
    dice = step_dice(9, 9)
    frames = torch.rand(4, 3, 5, 32, 32, generator=dice) * 2 - 1
    masks = torch.rand(4, 5, 32, 32, generator=dice) < 0.3
    with torch.no_grad():
        loss = reconstruction_loss(autoencoder(frames), frames, masks, recipes.speck().vae, edges=0.5)
    assert loss.item() == pytest.approx(VAE_LOSS, abs=1e-5)
