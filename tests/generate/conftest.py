"""A model whose every part does something: an untrained one begins with outputs of zero and hears no caption."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from laqta.generate.engine import Engine
from laqta.models.weights import load_model, save_model


@pytest.fixture(scope="session")
def stirred(speck: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the weights folder of a speck whose zero weights are stirred, with uneven latent statistics."""
    card, parts = load_model(speck)
    dice = torch.Generator().manual_seed(5)
    for network in (parts.transformer, parts.autoencoder):
        for weight in network.parameters():
            if not weight.any() or weight is parts.transformer.proj_out.weight:
                nn.init.normal_(weight, std=0.1, generator=dice)
    parts.autoencoder.latents_mean.copy_(torch.randn(64, generator=dice) / 4)
    parts.autoencoder.latents_std.copy_(torch.rand(64, generator=dice) + 0.5)
    folder = tmp_path_factory.mktemp("models") / "stirred"
    save_model(folder, parts, replace(card, name="stirred"))
    return folder


@pytest.fixture(scope="session")
def engine(stirred: Path) -> Engine:
    """Return the engine of the stirred speck; tests leave it as it is."""
    return Engine.load(stirred)
