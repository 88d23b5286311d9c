"""What captions state, as labels, and the heads that are asked for it."""

from __future__ import annotations

from random import Random

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast

from laqta.language.write import Caption, caption
from laqta.models.tokenizer import train_tokenizer
from laqta.shot import LINKS, PLACES, SIDES, VERBS, Actor, Motion, Relation, Shot
from laqta.train import recipes
from laqta.train.fit_text import draw_caption
from laqta.train.reading import (
    NOBODY,
    SCENE,
    Questions,
    ReadingHeads,
    questions_about,
    read_right,
    reading_loss,
    thing_values,
)
from laqta.train.truth import UNSTATED
from laqta.world.sample import sample_shot

WORLD = recipes.speck().world
KINDS = ("car", "rocket", "football")
PAIR = Shot(
    backdrop="snow",
    cast=(
        Actor(kind="rocket", place="left", motion=Motion(verb="fly", toward="right", speed="fast")),
        Actor(kind="car", count=1, facing="left"),
    ),
    relations=(Relation(subject=1, link="meets", object=0),),
)
ALONE = Shot(time="night", cast=(Actor(kind="football"),))


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    dice = Random(0)
    captions = (draw_caption(sample_shot(seed, WORLD), dice, 0.3)[0].text for seed in range(600))
    return train_tokenizer(captions, 700)


@pytest.fixture(scope="module", params=["en", "ar", "zh"])
def captions(request: pytest.FixtureRequest) -> list[Caption]:
    return [caption(shot, request.param, "detailed", seed=3) for shot in (PAIR, ALONE)]


def perfect(questions: Questions) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Logits of one who has read everything: 50 on what is stated, nothing elsewhere."""
    scene = {
        name: 50.0 * F.one_hot(labels.clamp(min=0), len(SCENE[name])).float()
        for name, labels in questions.scene.items()
    }
    thing = {
        name: 50.0
        * F.one_hot(
            labels.gather(1, questions.actor_BN.clamp(min=0)).clamp(min=0), len(thing_values(KINDS)[name])
        ).float()
        for name, labels in questions.thing.items()
    }
    return scene, thing


def test_the_labels_of_two_things(captions: list[Caption], tokenizer: PreTrainedTokenizerFast) -> None:
    questions = questions_about(captions, KINDS, tokenizer, pad_all=False)
    nothing = [UNSTATED, UNSTATED]
    assert questions.scene["link"].tolist() == [LINKS.index("meets"), UNSTATED]
    assert questions.thing["kind"].tolist() == [[1, 0], [2, UNSTATED]]
    assert questions.thing["verb"].tolist() == [[VERBS.index("fly"), UNSTATED], nothing]
    assert questions.thing["toward"].tolist() == [[SIDES.index("right"), UNSTATED], nothing]
    assert questions.thing["facing"].tolist() == [[UNSTATED, SIDES.index("left")], nothing]
    assert questions.thing["place"].tolist() == [[PLACES.index("left"), UNSTATED], nothing]
    assert questions.thing["role"].tolist() == [[1, 0], nothing]


def test_a_token_speaks_of_the_actor_in_whose_words_it_stands(
    captions: list[Caption], tokenizer: PreTrainedTokenizerFast
) -> None:
    questions = questions_about(captions, KINDS, tokenizer, pad_all=True)
    assert questions.ids_BN.shape == questions.actor_BN.shape == (2, 128)
    for row, written in enumerate(captions):
        for actor in range(len(written.stated.cast)):
            ids = questions.ids_BN[row][questions.actor_BN[row] == actor]
            told = tokenizer.decode(ids).replace(" ", "")
            spans = [span for span in written.spans if span.actor == actor]
            words = "".join(written.text[span.start : span.end] for span in spans).replace(" ", "")
            assert told == words
    assert (questions.actor_BN[questions.mask_BN == 0] == NOBODY).all()


def test_every_fact_that_a_caption_states_has_a_label(tokenizer: PreTrainedTokenizerFast) -> None:
    dice = Random(0)
    drawn = [draw_caption(sample_shot(seed, WORLD), dice, short_share=0.5) for seed in range(60)]
    assert {language for _, language in drawn} == {"en", "ar", "zh"}
    questions = questions_about([written for written, _ in drawn], WORLD.props, tokenizer, pad_all=False)
    assert (questions.thing["kind"][:, 0] >= 0).all()
    assert all((labels >= 0).any() for labels in (questions.scene | questions.thing).values())


def test_who_reads_everything_is_right_everywhere_and_loses_nothing(
    captions: list[Caption], tokenizer: PreTrainedTokenizerFast
) -> None:
    questions = questions_about(captions, KINDS, tokenizer, pad_all=False)
    scene, thing = perfect(questions)
    assert reading_loss(scene, thing, questions).item() == pytest.approx(0, abs=1e-6)
    right = read_right(scene, thing, questions)
    assert all(value[~value.isnan()].eq(1).all() for value in right.values())
    assert right["verb"].isnan().tolist() == [[False, True], [True, True]]


def test_the_other_things_direction_is_wrong_and_costs(
    captions: list[Caption], tokenizer: PreTrainedTokenizerFast
) -> None:
    questions = questions_about(captions, KINDS, tokenizer, pad_all=False)
    scene, thing = perfect(questions)
    thing["toward"] = -thing["toward"]
    assert reading_loss(scene, thing, questions) > 1
    right = read_right(scene, thing, questions)
    assert right["toward"].nansum() == 0 and right["facing"].nansum() == 1


def test_padding_votes_for_nothing() -> None:
    torch.manual_seed(0)
    heads = ReadingHeads(16, KINDS)
    tokens_BNC, mask_BN = torch.randn(2, 6, 16), torch.tensor([[1] * 4 + [0] * 2] * 2)
    scene, thing = heads(tokens_BNC, mask_BN)
    longer = torch.cat([tokens_BNC[:, :4], 100 * torch.randn(2, 3, 16)], dim=1)
    again, _ = heads(longer, torch.tensor([[1] * 4 + [0] * 3] * 2))
    assert thing["facing"].shape == (2, 6, len(SIDES)) and thing["kind"].shape == (2, 6, len(KINDS))
    for name, value in scene.items():
        assert torch.allclose(value, again[name], atol=1e-5), name
