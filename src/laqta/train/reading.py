"""What a caption states, as labels, and the heads by which a text encoder proves that it has read it.

Facts of the scene are voted for by every token. Facts of a thing are asked of every token that speaks of it: in "a
small cat on the left" the word "left" must know that it is said of a cat, and of a small one. The transformer, when
it draws the cat, then finds all that is said of it in one place. Asked of the whole caption instead ("what does the
second thing do?") the encoder learned which facts there are long before it learned whose they are (docs/log.md).
The heads are thrown away after training.

Shape suffixes: B batch, N tokens, C channels, A actors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast

from laqta.language.write import Caption
from laqta.models.sizes import MAX_TEXT_TOKENS
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
    Shot,
)  # fmt: skip
from laqta.train.truth import UNSTATED, place_of

SCENE: dict[str, Sequence[object]] = {
    "backdrop": BACKDROPS, "time": TIMES, "weather": WEATHERS, "camera": CAMERAS, "link": LINKS,
}  # fmt: skip
"""Facts of a scene, with their values."""
THING: dict[str, Sequence[object]] = {
    "count": (1, 2, 3), "size": SIZES, "tint": TINTS, "place": PLACES, "facing": SIDES, "verb": VERBS,
    "toward": SIDES, "speed": SPEEDS, "role": ("subject", "object"),
}  # fmt: skip
"""Facts of a thing, with their values; its role is the one it plays in the shot's relation."""
ACTORS = 2
"""How many actors of a shot are asked about: no shot of the world has more."""
NOBODY = -1


@dataclass(frozen=True, kw_only=True)
class Questions:
    """Captions as tokens, and what they state: labels are indices into the values, `UNSTATED` where nothing is said.

    `ids_BN` and `mask_BN` are the tokens; `actor_BN` says of which actor each one speaks (`NOBODY` for the scene);
    `scene` (B) and `thing` (B, A) hold the labels by the name of the fact.
    """

    ids_BN: Tensor
    mask_BN: Tensor
    actor_BN: Tensor
    scene: dict[str, Tensor]
    thing: dict[str, Tensor]

    def to(self, device: str | torch.device) -> Questions:
        """The same on a device."""
        return Questions(
            ids_BN=self.ids_BN.to(device),
            mask_BN=self.mask_BN.to(device),
            actor_BN=self.actor_BN.to(device),
            scene={name: labels.to(device) for name, labels in self.scene.items()},
            thing={name: labels.to(device) for name, labels in self.thing.items()},
        )


def questions_about(
    captions: Sequence[Caption], kinds: Sequence[str], tokenizer: PreTrainedTokenizerFast, pad_all: bool
) -> Questions:
    """Tokens and labels of captions, padded to the pipelines' fixed length or only to the longest of them."""
    tokens = tokenize(tokenizer, [caption.text for caption in captions], pad_all, with_offsets=True)
    scenes = [scene_facts(caption.stated) for caption in captions]
    things = [thing_facts(caption.stated) for caption in captions]
    return Questions(
        ids_BN=tokens["input_ids"],
        mask_BN=tokens["attention_mask"],
        actor_BN=_actors_of(captions, tokens["offset_mapping"]),
        scene={
            name: torch.tensor([place_of(facts[name], values) for facts in scenes])
            for name, values in SCENE.items()
        },
        thing={
            name: torch.tensor([[place_of(facts[name], values) for facts in of_shot] for of_shot in things])
            for name, values in thing_values(kinds).items()
        },
    )


def tokenize(
    tokenizer: PreTrainedTokenizerFast, texts: list[str], pad_all: bool = True, with_offsets: bool = False
) -> dict[str, Tensor]:
    """Token ids and mask, padded to the pipelines' fixed length, or only to the longest text.

    `with_offsets` also says for which characters each token stands: `offset_mapping` (B, N, 2).
    """
    padding = "max_length" if pad_all else "longest"
    return dict(
        tokenizer(
            texts,
            padding=padding,
            max_length=MAX_TEXT_TOKENS,
            truncation=True,
            return_tensors="pt",
            return_offsets_mapping=with_offsets,
        )
    )


def thing_values(kinds: Sequence[str]) -> dict[str, Sequence[object]]:
    """The kinds and the facts of `THING` with their values."""
    return {"kind": kinds} | THING


def scene_facts(shot: Shot) -> dict[str, object]:
    """The facts of `SCENE` that a shot states, None where it does not."""
    link = shot.relations[0].link if shot.relations else None
    return {
        "backdrop": shot.backdrop, "time": shot.time, "weather": shot.weather, "camera": shot.camera, "link": link,
    }  # fmt: skip


def thing_facts(shot: Shot) -> list[dict[str, object]]:
    """The kind and the facts of `THING` of each actor; all None where a shot has fewer than `ACTORS`."""
    roles: dict[int, str] = {}
    if shot.relations:
        roles = {shot.relations[0].subject: "subject", shot.relations[0].object: "object"}
    facts: list[dict[str, object]] = []
    for at, actor in enumerate(shot.cast[:ACTORS]):
        motion = actor.motion
        facts.append({
            "kind": actor.kind, "count": actor.count, "size": actor.size, "tint": actor.tint, "place": actor.place,
            "facing": actor.facing, "verb": motion and motion.verb, "toward": motion and motion.toward,
            "speed": motion and motion.speed, "role": roles.get(at),
        })  # fmt: skip
    nothing: dict[str, object] = dict.fromkeys(("kind", *THING))
    return facts + [nothing] * (ACTORS - len(facts))


class ReadingHeads(nn.Module):
    """Tokens in, a guess of every fact out: of the scene by votes of all tokens, of the things at each token."""

    def __init__(self, width: int, kinds: Sequence[str]) -> None:
        super().__init__()
        self.scene_sizes = {name: len(values) for name, values in SCENE.items()}
        self.thing_sizes = {name: len(values) for name, values in thing_values(kinds).items()}
        self.vote = nn.Linear(width, sum(self.scene_sizes.values()))
        self.answer = nn.Linear(width, sum(self.thing_sizes.values()))

    def forward(self, tokens_BNC: Tensor, mask_BN: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Logits of the scene (B, values) and of the things (B, N, values), each by the name of the fact."""
        votes_BNV = self.vote(tokens_BNC).masked_fill(~mask_BN[..., None].bool(), -1e4)
        votes = votes_BNV.logsumexp(dim=1).split(list(self.scene_sizes.values()), dim=-1)
        answers = self.answer(tokens_BNC).split(list(self.thing_sizes.values()), dim=-1)
        return dict(zip(self.scene_sizes, votes, strict=True)), dict(
            zip(self.thing_sizes, answers, strict=True)
        )


def reading_loss(
    scene_logits: dict[str, Tensor], thing_logits: dict[str, Tensor], questions: Questions
) -> Tensor:
    """Mean cross-entropy over the kinds of facts that the batch states. A scalar."""
    losses = [_cross_entropy(scene_logits[name], labels) for name, labels in questions.scene.items()]
    losses += [
        _cross_entropy(thing_logits[name], _at_tokens(labels, questions.actor_BN))
        for name, labels in questions.thing.items()
    ]
    return torch.stack([loss for loss in losses if loss is not None]).mean()


@torch.no_grad()
def read_right(
    scene_logits: dict[str, Tensor], thing_logits: dict[str, Tensor], questions: Questions
) -> dict[str, Tensor]:
    """Whether each fact was told right, by its name: 1 or 0, NaN where it was not stated. (B, 1) or (B, A).

    A thing's tokens answer together.
    """
    right = {
        name: _hits(scene_logits[name][:, None], labels[:, None]) for name, labels in questions.scene.items()
    }
    for name, labels in questions.thing.items():
        speaks_BAN = torch.stack([questions.actor_BN == actor for actor in range(ACTORS)], dim=1)
        right[name] = _hits(speaks_BAN.float() @ thing_logits[name], labels)
    return right


def _actors_of(captions: Sequence[Caption], offsets_BN2: Tensor) -> Tensor:
    """Of which actor each token speaks (B, N), from the characters that it stands for."""
    actor_BN = torch.full(offsets_BN2.shape[:2], NOBODY)
    for row, caption in enumerate(captions):
        start_N, end_N = offsets_BN2[row].unbind(-1)
        for span in caption.spans:
            actor_BN[row, (start_N < span.end) & (end_N > span.start)] = span.actor
    return actor_BN


def _at_tokens(labels_BA: Tensor, actor_BN: Tensor) -> Tensor:
    """The label of the actor of whom each token speaks."""
    return labels_BA.gather(1, actor_BN.clamp(min=0)).masked_fill(actor_BN == NOBODY, UNSTATED)


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor | None:
    """None where nothing is stated."""
    if not (labels != UNSTATED).any():
        return None
    return F.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=UNSTATED)


def _hits(logits: Tensor, labels: Tensor) -> Tensor:
    hits = (logits.argmax(-1) == labels).float()
    return hits.masked_fill(labels == UNSTATED, float("nan"))
