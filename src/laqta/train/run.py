"""One whole run: tokenizer and text encoder, autoencoder, pool of latents, transformer, weights folder.

Every stage picks up what its folder already holds, so a run may be stopped at any moment and resumed.
"""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import LTXVideoTransformer3DModel
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.config import load_json, save_json, to_dict
from laqta.generate.denoise import Guidance
from laqta.generate.engine import Engine, Request
from laqta.generate.grid import LatentShape
from laqta.language.write import write
from laqta.models.autoencoder import LaqtaAutoencoder
from laqta.models.sizes import build_autoencoder, build_scheduler, build_transformer
from laqta.models.weights import Card, Costs, Parts, save_model
from laqta.shot import Format
from laqta.train.checkpoint import Clock, load_state, save_state
from laqta.train.fit_dit import fit_dit
from laqta.train.fit_text import LANGUAGES, fit_text
from laqta.train.fit_vae import HELD_OUT_SEED, fit_vae
from laqta.train.pool import LatentPool, Stage, fill_latents
from laqta.train.recipes import Recipe
from laqta.train.sheets import save_clips, save_loss_plot
from laqta.world.fetch import props_folder
from laqta.world.props import PropBank, drawn_bank, fetched_bank, load_bank
from laqta.world.sample import sample_shot

POOL_SEED = 100_000_000
"""Seeds from here on fill the latent pools."""

NOTICES = (
    "Trained on renders of props from the npm package @lobehub/fluent-emoji-3d (MIT; Fluent Emoji, "
    "Microsoft Corporation, MIT).",
    "Names of props derive in part from Unicode CLDR (Unicode License V3).",
)


def run_recipe(
    recipe: Recipe, out: Path, home: Path, device: str, minutes: float | None, say: Callable[[str], None]
) -> Path | None:
    """Run, or go on with, a recipe in the folder `out`; returns the weights folder once all stages are done.

    After `minutes` the run saves and stops, and the result is None: call again to go on.

    Raises:
        ValueError: `out` holds a run of another recipe.
        OSError: the props' pictures are not fetched.
    """
    stop_at = None if minutes is None else time.monotonic() + 60 * minutes
    bank = load_props(recipe, home, out)
    save_json(out / "recipe.json", to_dict(recipe))
    stages = [Stage(world=recipe.world, bank=bank, shape=shape, device=device) for shape in recipe.size.shapes]

    text = _text(recipe, out, device, stop_at, say)
    if text is None:
        return _paused(out, say)
    autoencoder = _autoencoder(recipe, stages, out, stop_at, say)
    if autoencoder is None:
        return _paused(out, say)
    pools = _latents(recipe, autoencoder, stages, out, stop_at, say)
    if pools is None:
        return _paused(out, say)

    def preview(transformer: LTXVideoTransformer3DModel) -> None:
        _film_sheet(recipe, _parts(recipe, text, autoencoder, transformer), out, say)

    norm = (autoencoder.latents_mean, autoencoder.latents_std)
    transformer, costs = fit_dit(
        recipe.dit, recipe.size, recipe.world, pools, text, norm, out, stop_at, say, preview
    )
    save_loss_plot(out / "dit.loss.png", out / "dit.jsonl")
    parts = _parts(recipe, text, autoencoder, transformer)
    preview(transformer)
    if costs is None:
        return _paused(out, say)
    save_json(out / "dit.costs.json", costs)
    card = make_card(recipe, _all_costs(out))
    save_model(out / "weights", parts, card)
    say(f"done: the weights are in {out / 'weights'}")
    return out / "weights"


def export(recipe: Recipe, out: Path, device: str) -> Path:
    """Write the weights of an unfinished run as they stand now: averaged, with the costs so far."""
    text = _text(recipe, out, device, time.monotonic(), lambda _line: None)
    assert text is not None
    autoencoder = _load_autoencoder(recipe, out, device)
    state = load_state(out / "dit.state", device)
    transformer = build_transformer(recipe.size).to(device)
    transformer.load_state_dict(state["average"]["shadow"])
    card = make_card(recipe, _all_costs(out))
    save_model(out / "weights", _parts(recipe, text, autoencoder, transformer), card)
    return out / "weights"


def load_props(recipe: Recipe, home: Path, out: Path) -> PropBank:
    """The pictures of a recipe's props: drawn, carried beside the run as props.npz, or fetched earlier."""
    out.mkdir(parents=True, exist_ok=True)
    if recipe.drawn_props:
        return drawn_bank(recipe.world.props)
    if (out / "props.npz").is_file():
        return load_bank(out / "props.npz")
    folder = props_folder(home)
    if not folder.is_dir():
        raise OSError(f"the props' pictures are not in {folder}; run `laqta world fetch` first")
    return fetched_bank(recipe.world.props, folder)


def make_card(recipe: Recipe, trained: tuple[Costs, ...]) -> Card:
    """The card of a recipe's model."""
    world = recipe.world
    return Card(
        name=recipe.name.partition("_")[0],
        shapes=recipe.size.shapes,
        formats=tuple(_format(shape.width, shape.height) for shape in recipe.size.shapes),
        steps=recipe.steps,
        guidance=recipe.guidance,
        shift=recipe.size.shift,
        props=world.props,
        backdrops=world.backdrops,
        times=world.times,
        weathers=world.weathers,
        verbs=world.verbs,
        cameras=world.cameras,
        tints=world.tints,
        size_fractions=world.size_fractions,
        max_things=world.max_things,
        languages=LANGUAGES,
        commit=_commit(),
        trained=trained,
        notices=() if recipe.drawn_props else NOTICES,
    )


def _text(
    recipe: Recipe, out: Path, device: str, stop_at: float | None, say: Callable[[str], None]
) -> tuple[PreTrainedTokenizerFast, T5EncoderModel] | None:
    tokenizer, encoder, costs = fit_text(recipe.text, recipe.size, recipe.world, out, device, stop_at, say)
    if costs is not None:
        save_json(out / "text.costs.json", costs)
    return (tokenizer, encoder) if (out / "text.costs.json").is_file() else None


def _autoencoder(
    recipe: Recipe, stages: list[Stage], out: Path, stop_at: float | None, say: Callable[[str], None]
) -> LaqtaAutoencoder | None:
    if not (out / "vae.pt").is_file():
        autoencoder, costs = fit_vae(recipe.vae, recipe.size, stages[0], out, stop_at, say)
        if costs is None:
            return None
        save_json(out / "vae.costs.json", costs)
        save_state(out / "vae.pt", **autoencoder.state_dict())
    return _load_autoencoder(recipe, out, stages[0].device)


def _load_autoencoder(recipe: Recipe, out: Path, device: str) -> LaqtaAutoencoder:
    autoencoder = build_autoencoder(recipe.size).to(device)
    autoencoder.load_state_dict(load_state(out / "vae.pt", device))
    return autoencoder.eval()


def _latents(
    recipe: Recipe, autoencoder: LaqtaAutoencoder, stages: list[Stage], out: Path, stop_at: float | None,
    say: Callable[[str], None],
) -> list[tuple[LatentShape, LatentPool]] | None:  # fmt: skip
    """One pool of latents for each shape, `recipe.dit.pool` clips in all."""
    clock = Clock(recipe.dit.budget, stop_at)
    share = recipe.dit.pool // len(stages)

    def on_shard(done: int, count: int) -> bool:
        say(f"encoded {done} of {count} clips")
        return clock.must_stop

    pools = []
    for at, stage in enumerate(stages):
        first_seed = POOL_SEED * (at + 1)
        pool = fill_latents(autoencoder, stage, share, out / "latents", first_seed, on_shard)
        if pool is None:
            return None
        pools.append((LatentShape.of(stage.shape, autoencoder), pool))
    return pools


def _parts(
    recipe: Recipe, text: tuple[PreTrainedTokenizerFast, T5EncoderModel], autoencoder: LaqtaAutoencoder,
    transformer: LTXVideoTransformer3DModel,
) -> Parts:  # fmt: skip
    return Parts(
        tokenizer=text[0],
        text_encoder=text[1],
        transformer=transformer,
        autoencoder=autoencoder,
        scheduler=build_scheduler(recipe.size),
    )


def _film_sheet(recipe: Recipe, parts: Parts, out: Path, say: Callable[[str], None]) -> None:
    """Film eight held-out shots, each in one of the languages, and write the sheet."""
    engine = Engine(make_card(recipe, ()), parts)
    seeds = tuple(range(HELD_OUT_SEED, HELD_OUT_SEED + 8))
    captions = tuple(
        write(sample_shot(seed, recipe.world), LANGUAGES[seed % len(LANGUAGES)], "detailed", seed) for seed in seeds
    )
    request = Request(
        captions=captions,
        seeds=seeds,
        shape=recipe.size.shape,
        steps=recipe.steps,
        guidance=Guidance(scale=recipe.guidance),
    )
    titles = [write(sample_shot(seed, recipe.world), "en", "detailed", seed) for seed in seeds]
    save_clips(out / "preview.png", torch.from_numpy(engine.film(request)), titles)
    say(f"wrote {out / 'preview.png'}")


def _all_costs(out: Path) -> tuple[Costs, ...]:
    paths = (out / f"{stage}.costs.json" for stage in ("text", "vae", "dit"))
    return tuple(load_json(Costs, path) for path in paths if path.is_file())


def _paused(out: Path, say: Callable[[str], None]) -> None:
    say(f"time is up; the state is saved in {out}: go on with --resume")


def _format(width: int, height: int) -> Format:
    if width == height:
        return "square"
    return "wide" if width > height else "tall"


def _commit() -> str:
    """The commit of the code that trained, or `unknown` outside a checkout."""
    answer = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or "unknown"
