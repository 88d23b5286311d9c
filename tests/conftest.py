"""Every test has its own home folder and none of this machine's Laqta settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from laqta.cli import QUIET

os.environ.update(QUIET)  # before diffusers and transformers are imported, as the command line does


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point `LAQTA_HOME` at a fresh folder and forget every other `LAQTA_*` variable."""
    for name in list(os.environ):
        if name.startswith("LAQTA_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "laqta-home"
    monkeypatch.setenv("LAQTA_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def speck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the weights folder of an untrained `speck`: every part real and in place, its films noise."""
    from dataclasses import replace

    import torch

    from laqta.language.write import write
    from laqta.models.sizes import build_autoencoder, build_scheduler, build_text_encoder, build_transformer
    from laqta.models.tokenizer import train_tokenizer
    from laqta.models.weights import Parts, save_model
    from laqta.shot import VideoShape
    from laqta.train import recipes
    from laqta.train.run import make_card
    from laqta.world.sample import sample_shot

    recipe = recipes.speck()
    shape = VideoShape(frames=9, height=32, width=32, fps=4)  # long enough to go on from its own end
    recipe = replace(recipe, size=replace(recipe.size, shapes=(shape,)))
    shots = [sample_shot(seed, recipe.world) for seed in range(40)]
    captions = [write(shot, language, "detailed", 0) for shot in shots for language in ("en", "ar", "zh")]
    torch.manual_seed(0)
    tokenizer = train_tokenizer(captions, recipe.size.vocabulary)
    parts = Parts(
        tokenizer=tokenizer,
        text_encoder=build_text_encoder(recipe.size, len(tokenizer)),
        transformer=build_transformer(recipe.size),
        autoencoder=build_autoencoder(recipe.size),
        scheduler=build_scheduler(recipe.size),
    )
    torch.nn.init.normal_(
        parts.transformer.proj_out.weight
    )  # it begins as zero: steps and guidance would do nothing
    with torch.no_grad():  # untrained, it makes nearly the same of everything
        parts.autoencoder.encoder[-1][1].weight.mul_(10)
        parts.autoencoder.decoder[-1][1].weight.mul_(10)
    folder = tmp_path_factory.mktemp("models") / "speck"
    save_model(folder, parts, replace(make_card(recipe, ()), steps=2))
    return folder
