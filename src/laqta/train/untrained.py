"""A model without training: every part real and in place, its films noise. For tests and for loads on the studio."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from laqta.language.lexicon import LANGUAGES
from laqta.language.write import write
from laqta.models.sizes import build_autoencoder, build_scheduler, build_text_encoder, build_transformer
from laqta.models.tokenizer import train_tokenizer
from laqta.models.weights import Parts, save_model
from laqta.shot import VideoShape
from laqta.train import recipes
from laqta.train.run import make_card
from laqta.world.sample import sample_shot


def save_untrained(folder: Path, steps: int = 2) -> Path:
    """Write the weights folder of a random `speck` that films in so many steps; returns the folder."""
    recipe = recipes.speck()
    shape = VideoShape(frames=9, height=32, width=32, fps=4)  # long enough to go on from its own end
    recipe = replace(recipe, size=replace(recipe.size, shapes=(shape,)))
    shots = [sample_shot(seed, recipe.world) for seed in range(40)]
    captions = [write(shot, language, "detailed", 0) for shot in shots for language in LANGUAGES]
    torch.manual_seed(0)
    tokenizer = train_tokenizer(captions, recipe.size.vocabulary)
    parts = Parts(
        tokenizer=tokenizer,
        text_encoder=build_text_encoder(recipe.size, len(tokenizer)),
        transformer=build_transformer(recipe.size),
        autoencoder=build_autoencoder(recipe.size),
        scheduler=build_scheduler(recipe.size),
    )
    # The output begins as zero, and untrained an autoencoder makes nearly the same of everything.
    torch.nn.init.normal_(parts.transformer.proj_out.weight)
    with torch.no_grad():
        for layers in (parts.autoencoder.encoder, parts.autoencoder.decoder):
            layers.get_parameter(f"{len(layers) - 1}.1.weight").mul_(10)
    save_model(folder, parts, replace(make_card(recipe, ()), steps=steps))
    return folder
