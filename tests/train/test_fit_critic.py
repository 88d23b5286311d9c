from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from laqta.models.critic import Critic
from laqta.models.judge import SCENE_FACTS
from laqta.train.checkpoint import Budget, Session
from laqta.train.fit_critic import (
    critic_losses,
    critic_nano,
    critic_speck,
    largest_thing,
    present_kinds,
    run_critic,
)
from laqta.train.pool import Stage
from laqta.train.truth import UNSTATED, Truth, film_truth
from laqta.world.props import drawn_bank


@pytest.fixture(scope="module")
def stage() -> Stage:
    recipe = critic_speck()
    bank = drawn_bank(recipe.world.props)
    return Stage(world=recipe.world, bank=bank, shape=recipe.size.shape, device="cpu")


@pytest.fixture(scope="module")
def truth(stage: Stage) -> Truth:
    return film_truth(stage, range(24))


def test_kinds_in_sight_are_the_cast(stage: Stage, truth: Truth) -> None:
    wanted_BK = present_kinds(truth, len(stage.world.props))
    for clip in range(24):
        cast = {int(kind) for kind in truth.facts_BNF[clip, :, 0] if kind != UNSTATED}
        seen = set(wanted_BK[clip].nonzero()[:, 0].tolist())
        assert seen <= cast
    assert wanted_BK.any(1).float().mean() > 0.9


def test_the_largest_thing_is_one_that_is_there(truth: Truth) -> None:
    lead_B = largest_thing(truth)
    assert (truth.facts_BNF[torch.arange(24), lead_B, 0] != UNSTATED).all()


def test_every_parameter_learns(truth: Truth) -> None:
    torch.manual_seed(0)
    recipe = critic_speck()
    critic = Critic(recipe.size, recipe.world.props)
    losses = critic_losses(critic, truth)
    assert {"kinds", "verb", "toward", *SCENE_FACTS} <= set(losses)
    torch.stack(list(losses.values())).sum().backward()
    assert [name for name, weight in critic.named_parameters() if weight.grad is None] == []


def test_the_nano_critic_takes_nano_clips() -> None:
    recipe = critic_nano()
    shape = recipe.size.shape
    opinion = Critic(recipe.size, recipe.world.props)(
        torch.rand(1, shape.frames, 3, shape.height, shape.width)
    )
    assert opinion.kinds_BK.shape == (1, len(recipe.world.props))
    assert len(opinion.levels) == len(recipe.size.widths)


def test_a_run_learns(tmp_path: Path, home: Path) -> None:
    recipe = replace(critic_speck(), budget=Budget(steps=100), batch=8, pool=40)
    session = Session(folder=tmp_path, device="cpu", stop_at=None, say=lambda _line: None)
    assert run_critic(recipe, session, home) == tmp_path / "critic.state"
    records = [json.loads(line) for line in (tmp_path / "critic.jsonl").read_text().splitlines()]
    losses = [record["loss"] for record in records if "loss" in record]
    assert losses[-1] < losses[0]
    assert records[-1]["backdrop"] > 0.7
