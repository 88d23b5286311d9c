"""Decide a recipe by measurement: variants of the transformer's training, each from nothing, at equal time.

    .venv/bin/python runs/ablate.py --minutes 5                        # every variant, on nano
    .venv/bin/python runs/ablate.py --minutes 3 --recipe mini --device cuda adamw align_never align_always

All share one installed text encoder and autoencoder (the model that the recipe's family is called after), one pool of
clips and the same seeds, so that only what a variant changes differs. What is told of each: the loss on clips that no
training reaches, with the same noise for all, and the rows of obey on shots that no bench asks for. The machine must
be idle, or equal time is not equal. Results go to LAQTA_HOME/runs/ablate/results.json, a variant that is there already
is not trained again, and the table is printed as Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from laqta.bench.judge import see
from laqta.bench.subjects import bench_seeds, bench_shots, film_batches, open_subject, said_in_turn, scores_of
from laqta.generate.grid import LatentShape
from laqta.models.weights import load_model
from laqta.settings import home
from laqta.terminal import progress_bar, show
from laqta.train.checkpoint import Budget, Session, step_dice
from laqta.train.clips import WorldClips
from laqta.train.device import choose_device
from laqta.train.fit_dit import DitRecipe, make_example
from laqta.train.fit_text import encode_text
from laqta.train.fit_vae import HELD_OUT_SEED
from laqta.train.flow import on_path, velocity
from laqta.train.pool import Stage, fill_latents
from laqta.train.recipes import RECIPES, Recipe
from laqta.train.run import run_recipe
from laqta.train.start import begin_from
from laqta.world.fetch import open_bank

Variant = Callable[[DitRecipe], DitRecipe]
VARIANTS: dict[str, Variant] = {
    "as_it_is": lambda dit: dit,
    "align_kinds": lambda dit: replace(dit, align_ends=False),
    "align_never": lambda dit: replace(dit, align_until=0.0),
    "align_always": lambda dit: replace(dit, align_until=1.0),
    "adamw": lambda dit: replace(dit, rates=replace(dit.rates, muon=None)),
    "no_images": lambda dit: replace(dit, images_until=0.0),
}
"""One row is one question: what it changes in the transformer's recipe."""

POOL = 8_000
HELD_OUT_CLIPS, BATCH = 480, 48
SHOTS_OFFSET = 500_000
"""The shots asked for lie this far from those of the benches: nothing is tuned on what is reported."""
LEVELS = (0.2, 0.4, 0.6, 0.8, 0.95)
"""Noise levels at which the held-out loss is taken."""


def main() -> None:
    """Train and measure every variant that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("variants", nargs="*", help=f"any of: {', '.join(VARIANTS)}")
    parser.add_argument("--recipe", default="nano", choices=[name for name in RECIPES if "_" not in name])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--clips", type=int, default=150, help="shots to ask for")
    parser.add_argument("--pool", type=int, default=POOL)
    parser.add_argument("--device")
    args = parser.parse_args()
    unknown = set(args.variants) - set(VARIANTS)
    if unknown:
        parser.error(f"no such variant: {', '.join(sorted(unknown))}; there are: {', '.join(VARIANTS)}")

    device, out = choose_device(args.device), home(os.environ) / "runs" / "ablate"
    out.mkdir(parents=True, exist_ok=True)
    results_path = out / "results.json"
    results = json.loads(results_path.read_text()) if results_path.is_file() else {}
    whole = RECIPES[args.recipe]()
    whole = replace(whole, dit=replace(whole.dit, budget=Budget(minutes=args.minutes), pool=args.pool))
    for name in args.variants or VARIANTS:
        key = f"{args.recipe}/{args.minutes:g}/{name}"
        if key not in results:
            show(f"== {key}")
            recipe = replace(whole, dit=VARIANTS[name](whole.dit))
            weights = train(recipe, Session(folder=out / name, device=device, stop_at=None, say=show), out)
            results[key] = {
                "clips": json.loads((out / name / "dit.costs.json").read_text())["clips"],
                "loss": held_out_loss(recipe, weights, device, out),
                "obey": obey(weights, device, args.clips),
            }
            results_path.write_text(json.dumps(results, indent=1))
    show(table(results))


def train(recipe: Recipe, session: Session, out: Path) -> Path:
    """Train a transformer from nothing behind the installed model's text encoder and autoencoder; its weights."""
    folder, latents = session.folder, out / f"latents-{recipe.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    latents.mkdir(exist_ok=True)
    (folder / "latents").symlink_to(latents)
    begin_from(recipe.card_name, session, home(os.environ), trains=("transformer",))
    (folder / "dit.start.pt").unlink()
    weights = run_recipe(recipe, session, home(os.environ))
    assert weights is not None, "the run was given no end but its own budget"
    return weights


@torch.no_grad()
def held_out_loss(recipe: Recipe, weights: Path, device: str, out: Path) -> float:
    """Mean squared error of the velocity on held-out clips, as `fit_dit` weighs it; the same noise for every model."""
    place, shape = home(os.environ), recipe.size.shape
    _, parts = load_model(weights, device)
    bank = open_bank(recipe.world.props, place, recipe.drawn_props)
    stage = Stage(world=recipe.world, bank=bank, shape=shape, device=device)
    folder = out / f"held-out-{recipe.name}"
    folder.mkdir(exist_ok=True)
    pool = fill_latents(
        parts.autoencoder, stage, HELD_OUT_CLIPS, folder, HELD_OUT_SEED + SHOTS_OFFSET, lambda *_: False
    )
    assert pool is not None
    clips = WorldClips([(LatentShape.of(shape, parts.autoencoder), pool)], recipe.world, short_share=0.0)
    plain = replace(recipe.dit, empty_share=0.0, first_share=0.0, few_share=0.0, last_share=0.0)
    norm = (parts.autoencoder.latents_mean, parts.autoencoder.latents_std)
    losses = []
    for step in range(HELD_OUT_CLIPS // BATCH):
        dice = step_dice(0, step)
        example = make_example(plain, clips.draw(step, BATCH, dice), norm, dice)
        text_BNC, mask_BN = encode_text(parts.tokenizer, parts.text_encoder, example.texts)
        noise_BNC = torch.randn(example.data_BNC.shape, generator=dice).to(device)
        for level in LEVELS:
            predicted_BNC = parts.transformer(
                on_path(example.data_BNC, noise_BNC, level),
                encoder_hidden_states=text_BNC,
                timestep=torch.full((BATCH, 1), 1000 * level, device=device),
                encoder_attention_mask=mask_BN,
                video_coords=example.coords_B3N,
                return_dict=False,
            )[0]
            error_BN = (predicted_BNC - velocity(example.data_BNC, noise_BNC)).square().mean(-1)
            losses.append((error_BN * example.weight_BN).sum() / example.weight_BN.sum())
    return torch.stack(losses).mean().item()


def obey(weights: Path, device: str, clips: int) -> dict[str, float]:
    """Share of each row that the judge sees, on shots said in detail, the languages in turn."""
    subject = open_subject(str(weights), device)
    seeds = bench_seeds(clips, offset=SHOTS_OFFSET)
    said = said_in_turn(bench_shots(subject.stage, seeds), seeds)
    sightings = []
    for frames_BTHWC in film_batches(subject.engine, [words.text for words in said], seeds, progress_bar):
        sightings += see(subject.judge, frames_BTHWC)
    return {name: score.share for name, score in scores_of(subject, said, sightings).items()}


def table(results: dict[str, dict[str, object]]) -> str:
    """The results as a Markdown table, a variant a row."""
    shown = ("actor", "facing", "motion", "direction", "count", "tint", "relation", "camera", "backdrop")
    lines = ["| variant | clips | held-out loss | " + " | ".join(shown) + " |"]
    lines.append("| --- |" + " ---: |" * (2 + len(shown)))
    for key, result in results.items():
        rows = result["obey"]
        assert isinstance(rows, dict)
        shares = " | ".join(f"{100 * rows[name]:.1f}" if name in rows else "" for name in shown)
        lines.append(f"| {key} | {result['clips']:,} | {result['loss']:.4f} | {shares} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
