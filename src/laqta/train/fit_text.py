"""Train the tokenizer and the text encoder: captions in three languages in, the facts that they state out.

The encoder first learns to read alone: from its tokens, small heads (`reading.py`) must tell every stated fact of
the shot, in whichever language it was said. The transformer then starts with text that already means something,
which on two CPU cores saves more time than it costs (docs/log.md). The heads are thrown away.

Shape suffixes: B batch, N tokens, C channels, F answers about facts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.language.lexicon import LANGUAGES, Language
from laqta.language.write import Caption, caption
from laqta.models.card import Costs
from laqta.models.sizes import ModelSize, build_text_encoder
from laqta.models.tokenizer import train_tokenizer
from laqta.shot import Shot
from laqta.train.checkpoint import Budget, Clock, Log, Session, load_state, save_state, step_dice, trapezoid
from laqta.train.cost import StepCost
from laqta.train.device import send
from laqta.train.optim import Rates, build_optimizers, step_all
from laqta.train.reading import ReadingHeads, questions_about, read_right, reading_loss, tokenize
from laqta.world.sample import WorldSpec, sample_shot

SCORED = 480
"""Fresh captions on which reading is scored."""


@dataclass(frozen=True, kw_only=True)
class TextRecipe:
    """How the text encoder is trained; `tokenizer_captions` is how many captions the vocabulary is learned from.

    Until the fraction `short_until` texts are padded to the longest in the batch, which is several times cheaper;
    after that to the full length that the pipelines use, so that the encoder is used to the padding. `pair_share` of
    the captions name two kinds of things: whose colour and whose direction is what takes longest to learn.
    """

    budget: Budget
    batch: int
    rates: Rates
    tokenizer_captions: int = 30_000
    short_share: float = 0.3
    pair_share: float = 0.5
    short_until: float = 0.7
    seed: int = 2


def draw_caption(shot: Shot, dice: Random, short_share: float) -> tuple[Caption, Language]:
    """A caption of a shot in a random language."""
    language = dice.choice(LANGUAGES)
    is_short = dice.random() < short_share
    return caption(shot, language, "short" if is_short else "detailed", dice.randrange(1 << 30)), language


@torch.no_grad()
def encode_text(
    tokenizer: PreTrainedTokenizerFast, encoder: T5EncoderModel, texts: list[str], hide_padding: bool = False
) -> tuple[Tensor, Tensor]:
    """Embeddings (B, N, C) and mask (B, N) of texts, cut off after the longest: masked keys change nothing.

    Padded to 128 tokens, with the padding seen by the encoder, as diffusers' LTX text pipeline and our engine make
    them; or padded to the longest, with the padding hidden, which is what its condition pipeline's come to.
    """
    tokens = tokenize(tokenizer, texts, pad_all=not hide_padding)
    longest = int(tokens["attention_mask"].sum(1).max())
    ids_BN, mask_BN = (send(tokens[name], str(encoder.device)) for name in ("input_ids", "attention_mask"))
    text_BNC = encoder(ids_BN, attention_mask=mask_BN if hide_padding else None)[0]
    return text_BNC[:, :longest], mask_BN[:, :longest]


def fit_text(
    recipe: TextRecipe, size: ModelSize, world: WorldSpec, session: Session
) -> tuple[PreTrainedTokenizerFast, T5EncoderModel, Costs | None]:
    """Train, or go on training, the text encoder in its folder; costs are None when the session ended first."""
    tokenizer = _tokenizer(recipe, size, world, session.folder, session.say)
    alone = 1 - recipe.pair_share
    spoken_of = replace(world, single_share=0.8 * alone, twin_share=0.2 * alone)
    torch.manual_seed(recipe.seed)
    encoder = build_text_encoder(size, len(tokenizer)).to(session.device)
    heads = ReadingHeads(size.text_width, world.props).to(session.device)
    learner = nn.ModuleDict({"encoder": encoder, "heads": heads})
    optimizers = build_optimizers(learner, recipe.rates)
    clock = Clock(recipe.budget, session.stop_at)
    log = Log(session.folder / "text.jsonl", session.say)
    saved = session.folder / "text.state"
    if saved.is_file():
        state = load_state(saved, session.device)
        learner.load_state_dict(state["learner"])
        for optimizer, optimizer_state in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(optimizer_state)
        clock.load(state["clock"])
    cost = StepCost(session.device, clock.flop_per_step)

    while not clock.finished and not clock.must_stop:
        captions, _ = _captions(recipe, spoken_of, clock.steps, recipe.batch)
        pad_all = clock.fraction > recipe.short_until
        questions = questions_about(captions, world.props, tokenizer, pad_all).to(session.device)
        with cost.count(clock.steps):
            scene, thing = heads(encoder(questions.ids_BN)[0], questions.mask_BN)
            loss = reading_loss(scene, thing, questions)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        step_all(optimizers, trapezoid(clock.fraction))
        clock.tick(len(captions))

        if clock.steps % 50 == 0:
            log.write(step=clock.steps, minutes=clock.seconds / 60, loss=loss.item())
        if clock.save_due() or clock.must_stop or clock.finished:
            save_state(
                saved,
                learner=learner.state_dict(),
                optimizers=[optimizer.state_dict() for optimizer in optimizers],
                clock=clock.state(),
            )
            log.write(
                step=clock.steps,
                minutes=clock.seconds / 60,
                **_score(recipe, spoken_of, tokenizer, encoder, heads),
            )
    encoder.eval()
    return tokenizer, encoder, cost.card("text encoder", clock) if clock.finished else None


def _tokenizer(
    recipe: TextRecipe, size: ModelSize, world: WorldSpec, folder: Path, say: Callable[[str], None]
) -> PreTrainedTokenizerFast:
    """Load the run's tokenizer, or learn it first."""
    place = folder / "tokenizer"
    if not (place / "tokenizer.json").is_file():
        say(f"learning a vocabulary from {recipe.tokenizer_captions} captions")
        dice = Random(recipe.seed)
        captions = (
            draw_caption(sample_shot(dice.randrange(1 << 30), world), dice, recipe.short_share)[0].text
            for _ in range(recipe.tokenizer_captions)
        )
        train_tokenizer(captions, size.vocabulary).save_pretrained(place)
    return PreTrainedTokenizerFast.from_pretrained(place)


def _captions(
    recipe: TextRecipe, world: WorldSpec, step: int, count: int
) -> tuple[list[Caption], list[Language]]:
    """The captions of a step, and their languages."""
    dice = Random(int(step_dice(recipe.seed, step).initial_seed()))
    drawn = [
        draw_caption(sample_shot(dice.randrange(1 << 30), world), dice, recipe.short_share)
        for _ in range(count)
    ]
    return [written for written, _ in drawn], [language for _, language in drawn]


@torch.no_grad()
def _score(
    recipe: TextRecipe, world: WorldSpec, tokenizer: PreTrainedTokenizerFast, encoder: T5EncoderModel,
    heads: ReadingHeads,
) -> dict[str, float]:  # fmt: skip
    """Share of stated facts told right from fresh captions, by kind of fact and by language."""
    captions, languages = _captions(recipe, world, step=-1, count=SCORED)
    questions = questions_about(captions, world.props, tokenizer, pad_all=True).to(encoder.device)
    scene, thing = heads(encoder(questions.ids_BN)[0], questions.mask_BN)
    right = read_right(scene, thing, questions)
    every_BF = torch.cat(list(right.values()), dim=1)
    shares = {name: value.nanmean().item() for name, value in right.items()}
    for language in LANGUAGES:
        rows = [at for at, spoken in enumerate(languages) if spoken == language]
        shares[language] = every_BF[rows].nanmean().item()
    return {f"right_{name}": share for name, share in shares.items()}
