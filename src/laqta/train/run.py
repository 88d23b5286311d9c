"""One whole run: tokenizer and text encoder, autoencoder, pool of latents, transformer, weights folder.

Every stage picks up what its folder already holds, so a run may be stopped at any moment and resumed.
"""

import json
import subprocess
import time
from pathlib import Path

import torch
from diffusers import LTXVideoTransformer3DModel
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.config import load_json, save_json, to_dict
from laqta.generate.denoise import Guidance
from laqta.generate.engine import Engine, Request
from laqta.generate.grid import LatentShape
from laqta.language.lexicon import LANGUAGES
from laqta.language.write import write
from laqta.models.autoencoder import LaqtaAutoencoder
from laqta.models.card import Card, Costs
from laqta.models.sizes import build_autoencoder, build_scheduler, build_text_encoder, build_transformer
from laqta.models.weights import Parts, save_model
from laqta.shot import Format
from laqta.train.checkpoint import Clock, Session, load_state, save_state
from laqta.train.clips import Clips, DatasetClips, Mixed, WorldClips
from laqta.train.fit_dit import ClipRecipe, fit_dit
from laqta.train.fit_student import fit_student
from laqta.train.fit_text import fit_text
from laqta.train.fit_vae import HELD_OUT_SEED, fit_vae
from laqta.train.pool import LatentPool, Stage, fill_latents
from laqta.train.recipes import Recipe
from laqta.train.sheets import save_clips, save_loss_plot
from laqta.train.start import begin_from
from laqta.world.fetch import open_bank
from laqta.world.sample import WorldSpec, sample_shot

POOL_SEED = 100_000_000
"""Seeds from here on fill the latent pools: as many for each shape, a million for each seed of a recipe."""

NOTICES = (
    "Trained on renders of props from the npm package @lobehub/fluent-emoji-3d (MIT; Fluent Emoji, "
    "Microsoft Corporation, MIT).",
    "Names of props derive in part from Unicode CLDR (Unicode License V3).",
)


def run_recipe(recipe: Recipe, session: Session, home: Path, shards: Path | None = None) -> Path | None:
    """Run, or go on with, a recipe; returns the weights folder once all stages are done, None when time was up.

    `shards` are those of the dataset that the recipe names: the transformer learns from it in place of the world's
    clips, of which only the recipe's share `replay` is drawn.

    Raises:
        ValueError: the folder holds a run of another recipe.
        OSError: the props' pictures are not fetched.
    """
    out, say = session.folder, session.say
    bank = open_bank(recipe.world.props, home, recipe.drawn_props)
    out.mkdir(parents=True, exist_ok=True)
    _claim(recipe, out)
    if recipe.start is not None:
        begin_from(recipe.start, session, home, recipe.trains)
    stages = [
        Stage(world=recipe.world, bank=bank, shape=shape, device=session.device)
        for shape in recipe.size.shapes
    ]

    text = _text(recipe, session)
    autoencoder = None if text is None else _autoencoder(recipe, stages, session)
    transformer = None
    if text is not None and autoencoder is not None:
        transformer = _transformer(recipe, text, autoencoder, stages, shards, session)
    if text is None or autoencoder is None or transformer is None:
        say(f"time is up; the state is saved in {out}: go on with --resume")
        return None
    parts = _parts(recipe, text, autoencoder, transformer)
    _film_sheet(recipe, parts, session)
    save_model(out / "weights", parts, make_card(recipe, _all_costs(out)))
    say(f"done: the weights are in {out / 'weights'}")
    return out / "weights"


def _claim(recipe: Recipe, out: Path) -> None:
    """Write the recipe into its folder; a folder of another size of model is refused."""
    written = out / "recipe.json"
    if written.is_file():
        before = json.loads(written.read_text(encoding="utf-8"))["size"]
        if before != to_dict(recipe.size):
            raise ValueError(
                f"{out} holds a run of {before['name']!r} with other sizes than {recipe.name!r}; choose another "
                "folder with --out, or remove this one"
            )
    save_json(written, to_dict(recipe))


def export(recipe: Recipe, session: Session) -> Path:
    """Write the weights of an unfinished run as they stand now: averaged, with the costs so far."""
    text = _text(recipe, session)
    assert text is not None
    state = load_state(session.folder / "dit.state", session.device)
    transformer = build_transformer(recipe.size).to(session.device)
    transformer.load_state_dict(state["average"]["shadow"])
    parts = _parts(recipe, text, _load_autoencoder(recipe, session), transformer)
    save_model(session.folder / "weights", parts, make_card(recipe, _all_costs(session.folder)))
    return session.folder / "weights"


def make_card(recipe: Recipe, trained: tuple[Costs, ...]) -> Card:
    """The card of a recipe's model."""
    world = recipe.world
    return Card(
        name=recipe.card_name,
        shapes=recipe.size.shapes,
        formats=tuple(_format(shape.width, shape.height) for shape in recipe.size.shapes),
        steps=recipe.steps,
        guidance=recipe.guidance,
        shift=recipe.size.shift,
        props=tuple(dict.fromkeys((*world.props, *recipe.taught))),
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
        datasets=() if recipe.dataset is None else (recipe.dataset,),
        notices=() if recipe.drawn_props else NOTICES,
    )


def world_of(card: Card) -> WorldSpec:
    """The world that a card names, with more pairs and twins than `nano` trains on."""
    return WorldSpec(
        props=card.props,
        backdrops=card.backdrops,
        times=card.times,
        weathers=card.weathers,
        verbs=card.verbs,
        cameras=card.cameras,
        tints=card.tints,
        size_fractions=card.size_fractions,
        max_things=card.max_things,
        single_share=0.6,
        twin_share=0.2,
    )


def _text(recipe: Recipe, session: Session) -> tuple[PreTrainedTokenizerFast, T5EncoderModel] | None:
    finished = session.folder / "text.pt"
    if not finished.is_file():
        _, encoder, costs = fit_text(recipe.text, recipe.size, recipe.world, session)
        if costs is None:
            return None
        _keep_costs(session.folder / "text.costs.json", costs)
        save_state(finished, **encoder.state_dict())
    tokenizer = PreTrainedTokenizerFast.from_pretrained(session.folder / "tokenizer")
    encoder = build_text_encoder(recipe.size, len(tokenizer)).to(session.device)
    encoder.load_state_dict(load_state(finished, session.device))
    return tokenizer, encoder.eval()


def _autoencoder(recipe: Recipe, stages: list[Stage], session: Session) -> LaqtaAutoencoder | None:
    if not (session.folder / "vae.pt").is_file():
        autoencoder, costs = fit_vae(recipe.vae, recipe.size, stages[0], session)
        if costs is None:
            return None
        _keep_costs(session.folder / "vae.costs.json", costs)
        save_state(session.folder / "vae.pt", **autoencoder.state_dict())
    return _load_autoencoder(recipe, session)


def _load_autoencoder(recipe: Recipe, session: Session) -> LaqtaAutoencoder:
    autoencoder = build_autoencoder(recipe.size).to(session.device)
    autoencoder.load_state_dict(load_state(session.folder / "vae.pt", session.device))
    return autoencoder.eval()


def _transformer(
    recipe: Recipe,
    text: tuple[PreTrainedTokenizerFast, T5EncoderModel],
    autoencoder: LaqtaAutoencoder,
    stages: list[Stage],
    shards: Path | None,
    session: Session,
) -> LTXVideoTransformer3DModel | None:
    """The transformer, or its student, trained, or as the run began with it; None when time was up."""
    out = session.folder
    if not {"transformer", "student"} & set(recipe.trains):
        transformer = build_transformer(recipe.size).to(session.device)
        transformer.load_state_dict(load_state(out / "dit.start.pt", session.device))
        return transformer.eval()
    clips = _clips(recipe, autoencoder, stages, shards, session)
    if clips is None:
        return None

    def preview(transformer: LTXVideoTransformer3DModel) -> None:
        save_loss_plot(out / "dit.loss.png", out / "dit.jsonl")
        _film_sheet(recipe, _parts(recipe, text, autoencoder, transformer), session)

    norm = (autoencoder.latents_mean, autoencoder.latents_std)
    if recipe.student is not None:
        transformer, costs = fit_student(recipe.student, recipe.size, clips, text, norm, session, preview)
    else:
        kinds = len(recipe.world.props)
        transformer, costs = fit_dit(recipe.dit, recipe.size, kinds, clips, text, norm, session, preview)
    if costs is None:
        preview(transformer)
        return None
    save_loss_plot(out / "dit.loss.png", out / "dit.jsonl")
    _keep_costs(out / "dit.costs.json", costs)
    return transformer


def _clips(
    recipe: Recipe, autoencoder: LaqtaAutoencoder, stages: list[Stage], shards: Path | None, session: Session
) -> Clips | None:
    """What the transformer learns from; None when time was up."""
    if shards is not None:  # only a dataset needs the extra `data`
        from laqta.data.stream import Stream
    new = None if shards is None else DatasetClips(Stream(shards, seed=recipe.learner.seed))
    if new is not None and not recipe.replay:
        return new
    pools = _latents(recipe, autoencoder, stages, session)
    if pools is None:
        return None
    world = WorldClips(pools, recipe.world, recipe.learner.short_share)
    return world if new is None else Mixed(new, world, recipe.replay)


def _latents(
    recipe: Recipe, autoencoder: LaqtaAutoencoder, stages: list[Stage], session: Session
) -> list[tuple[LatentShape, LatentPool]] | None:
    """One pool of latents for each shape, the recipe's `pool` clips in all, or what its `pool_minutes` allow."""
    learner = recipe.learner
    clock = Clock(learner.budget, session.stop_at)
    share = learner.pool // len(stages)
    training = (session.folder / "dit.state").is_file()  # then nothing is added to what there is

    def on_shard(done: int, count: int) -> bool:
        session.say(f"encoded {done} of {count} clips")
        return clock.must_stop

    pools = []
    for at, stage in enumerate(stages):
        folder, first_seed = session.folder / "latents", first_pool_seed(learner, at)
        until = None
        if learner.pool_minutes is not None:
            until = time.monotonic() + (0 if training else 60 * learner.pool_minutes / len(stages))
        pool = fill_latents(autoencoder, stage, share, folder, first_seed, on_shard, until)
        if pool is None:
            return None
        pools.append((LatentShape.of(stage.shape, autoencoder), pool))
    return pools


def first_pool_seed(recipe: ClipRecipe, shape: int = 0) -> int:
    """The seed of the first clip of the pool that a training draws from, for the shape at this place in its size."""
    return POOL_SEED * (shape + 1) + 1_000_000 * recipe.seed


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


def _film_sheet(recipe: Recipe, parts: Parts, session: Session) -> None:
    """Film eight held-out shots, each in one of the languages, and write the sheet."""
    engine = Engine(make_card(recipe, ()), parts)
    seeds = tuple(range(HELD_OUT_SEED, HELD_OUT_SEED + 8))
    captions = tuple(
        write(sample_shot(seed, recipe.world), LANGUAGES[seed % len(LANGUAGES)], "detailed", seed)
        for seed in seeds
    )
    request = Request(
        captions=captions,
        seeds=seeds,
        shape=recipe.size.shape,
        steps=recipe.steps,
        guidance=Guidance(scale=recipe.guidance),
    )
    titles = [write(sample_shot(seed, recipe.world), "en", "detailed", seed) for seed in seeds]
    save_clips(session.folder / "preview.png", torch.from_numpy(engine.film(request)), titles)
    session.say(f"wrote {session.folder / 'preview.png'}")


def _keep_costs(path: Path, costs: Costs) -> None:
    """Write a stage's costs; a sitting that trained nothing leaves those that an earlier one wrote."""
    if not path.is_file() or costs.steps > load_json(Costs, path).steps:
        save_json(path, costs)


def _all_costs(out: Path) -> tuple[Costs, ...]:
    """What came before, where the run began from released weights, then its own stages."""
    own = (out / f"{stage}.costs.json" for stage in ("text", "vae", "dit"))
    paths = [*sorted(out.glob("before-*.costs.json")), *(path for path in own if path.is_file())]
    return tuple(load_json(Costs, path) for path in paths)


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
