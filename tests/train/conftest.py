"""What every training test needs: a place for clips to come from, a session, and text that costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.language.write import write
from laqta.models.sizes import SPECK, build_text_encoder
from laqta.models.tokenizer import train_tokenizer
from laqta.train import recipes
from laqta.train.checkpoint import Session
from laqta.train.pool import Stage
from laqta.world.props import drawn_bank
from laqta.world.sample import sample_shot


@pytest.fixture(scope="session")
def speck_stage() -> Stage:
    """Return the smallest stage: 32 px, 5 frames, props drawn in code."""
    world = recipes.speck().world
    return Stage(world=world, bank=drawn_bank(world.props), shape=SPECK.shape, device="cpu")


@pytest.fixture(scope="session")
def text() -> tuple[PreTrainedTokenizerFast, T5EncoderModel]:
    """Return an untrained text encoder and its tokenizer."""
    world = recipes.speck().world
    shots = [sample_shot(seed, world) for seed in range(30)]
    tokenizer = train_tokenizer((write(shot, "en", "detailed", 0) for shot in shots), 500)
    torch.manual_seed(0)
    return tokenizer, build_text_encoder(SPECK, 500).eval()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Return a session in a folder of the test's own that ends by itself and says nothing."""
    return Session(folder=tmp_path / "run", device="cpu", stop_at=None, say=lambda _line: None)
