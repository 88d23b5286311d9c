"""Train the tokenizer and the text encoder: captions in three languages in, the facts that they state out.

The encoder first learns to read alone: from its tokens, small heads must tell every stated fact of the shot, in
whichever language it was said. The transformer then starts with text that already means something, which on two
CPU cores saves more time than it costs (docs/log.md). The heads are thrown away.

Shape suffixes: B batch, N tokens, C channels, F facts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.language.lexicon import LANGUAGES
from laqta.language.write import caption
from laqta.models.card import Costs
from laqta.models.sizes import MAX_TEXT_TOKENS, ModelSize, build_text_encoder
from laqta.models.tokenizer import train_tokenizer
from laqta.shot import (
    BACKDROPS,
    CAMERAS,
    LINKS,
    PLACES,
    SIDES,
    SIZES,
    SPEEDS,
    TIMES,
    TINTS,
    VERBS,
    WEATHERS,
    Actor,
    Shot,
)  # fmt: skip
from laqta.train.checkpoint import Budget, Clock, Log, Session, load_state, save_state, step_dice, trapezoid
from laqta.train.cost import StepCost
from laqta.train.optim import Rates, build_optimizers, step_all
from laqta.world.sample import WorldSpec, sample_shot

UNSTATED = -100
"""`cross_entropy` leaves these labels out."""


@dataclass(frozen=True, kw_only=True)
class TextRecipe:
    """How the text encoder is trained; `tokenizer_captions` is how many captions the vocabulary is learned from.

    Until the fraction `short_until` texts are padded to the longest in the batch, which is several times cheaper;
    after that to the full length that the pipelines use, so that the encoder is used to the padding.
    """

    budget: Budget
    batch: int
    rates: Rates
    tokenizer_captions: int = 30_000
    short_share: float = 0.3
    short_until: float = 0.7
    seed: int = 2


class FactHeads(nn.Module):
    """Every token votes for every value of every kind of fact; the loudest votes count (log-sum-exp over tokens)."""

    def __init__(self, width: int, choices: dict[str, int]) -> None:
        super().__init__()
        self.choices = choices
        self.vote = nn.Linear(width, sum(choices.values()))

    def forward(self, tokens_BNC: Tensor, mask_BN: Tensor) -> dict[str, Tensor]:
        """Logits (B, choices) by the name of the fact."""
        votes_BNV = self.vote(tokens_BNC).masked_fill(~mask_BN[..., None].bool(), -1e4)
        parts = votes_BNV.logsumexp(dim=1).split(list(self.choices.values()), dim=-1)
        return dict(zip(self.choices, parts, strict=True))


def fact_choices(world: WorldSpec) -> dict[str, tuple[object, ...]]:
    """Every kind of fact that a caption may state about a shot with up to two actors, with its possible values."""
    scene = {"backdrop": BACKDROPS, "time": TIMES, "weather": WEATHERS, "camera": CAMERAS, "link": LINKS}
    actor = {
        "kind": world.props, "count": (1, 2, 3), "size": SIZES, "tint": TINTS, "place": PLACES, "facing": SIDES,
        "verb": VERBS, "toward": SIDES, "speed": SPEEDS,
    }  # fmt: skip
    return scene | {f"{name}{which}": values for which in (0, 1) for name, values in actor.items()}


def stated_facts(shot: Shot) -> dict[str, object]:
    """The facts of a shot under the names of `fact_choices`; what is not stated is None or absent."""
    facts: dict[str, object] = {
        "backdrop": shot.backdrop, "time": shot.time, "weather": shot.weather, "camera": shot.camera,
        "link": shot.relations[0].link if shot.relations else None,
    }  # fmt: skip
    for which, actor in enumerate(shot.cast[:2]):
        facts |= {f"{name}{which}": value for name, value in _actor_facts(actor).items()}
    return facts


def draw_caption(shot: Shot, dice: Random, short_share: float) -> tuple[str, str, Shot]:
    """A caption of a shot in a random language: the text, its language, and what it states."""
    language = dice.choice(LANGUAGES)
    is_short = dice.random() < short_share
    written = caption(shot, language, "short" if is_short else "detailed", dice.randrange(1 << 30))
    return written.text, language, written.stated


@torch.no_grad()
def encode_text(
    tokenizer: PreTrainedTokenizerFast, encoder: T5EncoderModel, texts: list[str], hide_padding: bool = False
) -> tuple[Tensor, Tensor]:
    """Embeddings (B, N, C) and mask (B, N) of texts.

    Padded to 128 tokens, with the padding seen by the encoder, as diffusers' LTX text pipeline and our engine make
    them; or padded to the longest, with the padding hidden, which is what its condition pipeline's come to.
    """
    tokens = tokenize(tokenizer, texts, pad_all=not hide_padding)
    ids, mask_BN = tokens["input_ids"].to(encoder.device), tokens["attention_mask"].to(encoder.device)
    return encoder(ids, attention_mask=mask_BN if hide_padding else None)[0], mask_BN


def tokenize(tokenizer: PreTrainedTokenizerFast, texts: list[str], pad_all: bool = True) -> dict[str, Tensor]:
    """Token ids and mask, padded to the pipelines' fixed length, or only to the longest text."""
    padding = "max_length" if pad_all else "longest"
    return dict(
        tokenizer(texts, padding=padding, max_length=MAX_TEXT_TOKENS, truncation=True, return_tensors="pt")
    )


def fit_text(
    recipe: TextRecipe, size: ModelSize, world: WorldSpec, session: Session
) -> tuple[PreTrainedTokenizerFast, T5EncoderModel, Costs | None]:
    """Train, or go on training, the text encoder in its folder; costs are None when the session ended first."""
    tokenizer = _tokenizer(recipe, size, world, session.folder, session.say)
    torch.manual_seed(recipe.seed)
    encoder = build_text_encoder(size, len(tokenizer)).to(session.device)
    choices = fact_choices(world)
    heads = FactHeads(size.text_width, {name: len(values) for name, values in choices.items()}).to(
        session.device
    )
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
        texts, labels, _ = _batch(recipe, world, choices, clock.steps, recipe.batch)
        with cost.count(clock.steps):
            tokens = tokenize(tokenizer, texts, pad_all=clock.fraction > recipe.short_until)
            tokens_BNC = encoder(tokens["input_ids"].to(session.device))[0]
            logits = heads(tokens_BNC, tokens["attention_mask"].to(session.device))
            loss = torch.stack(
                [
                    F.cross_entropy(logits[name], labels[name].to(session.device))
                    for name in choices
                    if (labels[name] != UNSTATED).any()
                ]
            ).mean()
            loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        step_all(optimizers, trapezoid(clock.fraction))
        clock.tick(len(texts))

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
                **_accuracy(recipe, world, choices, tokenizer, encoder, heads),
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
            draw_caption(sample_shot(dice.randrange(1 << 30), world), dice, recipe.short_share)[0]
            for _ in range(recipe.tokenizer_captions)
        )
        train_tokenizer(captions, size.vocabulary).save_pretrained(place)
    return PreTrainedTokenizerFast.from_pretrained(place)


def _batch(
    recipe: TextRecipe, world: WorldSpec, choices: dict[str, tuple[object, ...]], step: int, count: int
) -> tuple[list[str], dict[str, Tensor], list[str]]:
    """Captions, the label of every fact, and the captions' languages."""
    dice = Random(int(step_dice(recipe.seed, step).initial_seed()))
    texts, facts, languages = [], [], []
    for _ in range(count):
        text, language, stated = draw_caption(
            sample_shot(dice.randrange(1 << 30), world), dice, recipe.short_share
        )
        texts.append(text)
        languages.append(language)
        facts.append(stated_facts(stated))
    labels = {
        name: torch.tensor([_label(fact.get(name), values) for fact in facts])
        for name, values in choices.items()
    }
    return texts, labels, languages


def _label(value: object, values: tuple[object, ...]) -> int:
    return UNSTATED if value is None else values.index(value)


def _actor_facts(actor: Actor) -> dict[str, object]:
    motion = actor.motion
    return {
        "kind": actor.kind, "count": actor.count, "size": actor.size, "tint": actor.tint, "place": actor.place,
        "facing": actor.facing, "verb": motion and motion.verb, "toward": motion and motion.toward,
        "speed": motion and motion.speed,
    }  # fmt: skip


@torch.no_grad()
def _accuracy(
    recipe: TextRecipe, world: WorldSpec, choices: dict[str, tuple[object, ...]],
    tokenizer: PreTrainedTokenizerFast, encoder: T5EncoderModel, heads: FactHeads,
) -> dict[str, float]:  # fmt: skip
    """Share of stated facts told right from fresh captions, by language."""
    texts, labels, languages = _batch(recipe, world, choices, step=-1, count=192)
    logits = heads(*encode_text(tokenizer, encoder, texts))
    right: dict[str, list[bool]] = {language: [] for language in LANGUAGES}
    for name in choices:
        guesses = logits[name].argmax(-1).cpu()
        for language, guess, label in zip(languages, guesses.tolist(), labels[name].tolist(), strict=True):
            if label != UNSTATED:
                right[language].append(guess == label)
    return {f"facts_right_{language}": sum(hits) / max(1, len(hits)) for language, hits in right.items()}
