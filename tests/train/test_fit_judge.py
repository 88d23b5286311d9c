from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from laqta.models.judge import NOTHING, SCENE_FACTS, Judge, load_judge, thing_facts
from laqta.shot import Actor, Motion, Relation, Shot
from laqta.train.checkpoint import Budget, Clock, Session, step_dice
from laqta.train.degrade import Faults, spoil
from laqta.train.fit_judge import JudgeRecipe, accuracy, heat_target, judge_losses, judge_speck, run_judge
from laqta.train.pool import Stage
from laqta.train.truth import UNSTATED, Truth, TruthPool, film_truth, visible_facts
from laqta.world.props import drawn_bank
from laqta.world.sample import sample_shot

NONE = Faults(
    soft_share=0, waver_share=0, blotch_share=0, ghost_share=0, colour=0, smear_share=0, frozen_share=0
)


@pytest.fixture(scope="module")
def recipe() -> JudgeRecipe:
    return replace(judge_speck(), budget=Budget(steps=60), batch=8, pool=24, fresh=2)


@pytest.fixture(scope="module")
def stage(recipe: JudgeRecipe) -> Stage:
    bank = drawn_bank(recipe.world.props)
    return Stage(world=recipe.world, bank=bank, shape=recipe.size.shape, device="cpu")


@pytest.fixture(scope="module")
def truth(stage: Stage) -> Truth:
    return film_truth(stage, range(16))


def test_labels_are_the_shots(stage: Stage, truth: Truth) -> None:
    values = thing_facts(stage.world.props)
    for clip in range(16):
        shot = sample_shot(clip, stage.world)
        scene = {
            name: SCENE_FACTS[name][label]
            for name, label in zip(SCENE_FACTS, truth.scene_BS[clip], strict=True)
        }
        assert scene == {name: getattr(shot, name) for name in SCENE_FACTS}
        there = truth.facts_BNF[clip, :, 0] != UNSTATED
        kinds = [values["kind"][label] for label in truth.facts_BNF[clip, there, 0]]
        assert sorted(kinds) == sorted(actor.kind for actor in shot.cast for _ in range(actor.count or 1))
        assert not truth.visible_BNT[clip, ~there].any()


def test_what_the_world_decides_is_not_asked() -> None:
    walks = Actor(kind="cat", count=1, size="big", place="left", motion=Motion(verb="walk", toward="left"))
    waits = replace(walks, kind="car", motion=Motion(verb="still"))
    alone = visible_facts(Shot(cast=(waits,)), waits)
    assert (alone["size"], alone["place"], alone["toward"]) == ("big", "left", "neither")
    assert visible_facts(Shot(cast=(walks,)), walks)["place"] is None
    together = Shot(cast=(walks, waits), relations=(Relation(subject=0, link="left_of", object=1),))
    assert visible_facts(together, waits)["size"] is None


def test_heat_is_one_at_the_middle_of_what_is_there() -> None:
    boxes = torch.tensor([[0.1, 0.1, 0.3, 0.5], [0.6, 0.5, 1.0, 0.9]])[None, :, None]
    wanted_BTYX, owner_BTYX = heat_target(
        boxes, torch.ones(1, 2, 1, dtype=torch.bool), torch.Size((1, 1, 10, 10))
    )
    hot = (wanted_BTYX[0, 0] > 0.999).nonzero().tolist()
    assert hot == [[3, 2], [7, 8]]
    assert owner_BTYX[0, 0, 3, 2] == 0
    assert owner_BTYX[0, 0, 7, 8] == 1
    gone, _ = heat_target(boxes, torch.zeros(1, 2, 1, dtype=torch.bool), torch.Size((1, 1, 10, 10)))
    assert not gone.any()


def test_no_faults_change_nothing(stage: Stage, truth: Truth) -> None:
    same = spoil(truth, NONE, stage.world.props, step_dice(0, 0))
    assert torch.allclose(same.frames_BTCHW, truth.frames_BTCHW)
    assert torch.equal(same.facts_BNF, truth.facts_BNF)


def test_mild_faults_keep_every_label(stage: Stage, truth: Truth) -> None:
    mild = Faults(soft_share=1, waver_share=1, blotch_share=1, ghost_share=1, smear_share=0, frozen_share=0)
    spoiled = spoil(truth, mild, stage.world.props, step_dice(0, 0))
    assert (spoiled.frames_BTCHW - truth.frames_BTCHW).abs().mean() > 0.01
    assert spoiled.frames_BTCHW.amin() >= 0
    assert spoiled.frames_BTCHW.amax() <= 1
    for name in ("facts_BNF", "scene_BS", "boxes_BNT4", "visible_BNT"):
        assert torch.equal(getattr(spoiled, name), getattr(truth, name)), name


def test_a_frozen_clip_stands_still(stage: Stage, truth: Truth) -> None:
    frozen = spoil(truth, replace(NONE, frozen_share=1), stage.world.props, step_dice(0, 0))
    values = thing_facts(stage.world.props)
    there = frozen.facts_BNF[..., 0] != UNSTATED
    verb, speed = (frozen.facts_BNF[..., list(values).index(name)][there] for name in ("verb", "speed"))
    assert (verb == values["verb"].index("still")).all()
    assert (speed == UNSTATED).all()
    assert not frozen.frames_BTCHW.diff(dim=1).any()
    assert torch.equal(frozen.facts_BNF[..., 0], truth.facts_BNF[..., 0])
    assert (
        frozen.scene_BS[:, list(SCENE_FACTS).index("camera")] == SCENE_FACTS["camera"].index("still")
    ).all()


def test_a_smeared_thing_is_nothing(stage: Stage, truth: Truth) -> None:
    smeared = spoil(truth, replace(NONE, smear_share=1), stage.world.props, step_dice(0, 0))
    nothing = thing_facts(stage.world.props)["kind"].index(NOTHING)
    there = truth.facts_BNF[..., 0] != UNSTATED
    assert (smeared.facts_BNF[..., 0][there] == nothing).all()
    assert (smeared.facts_BNF[..., 1:] == UNSTATED).all()
    change = (smeared.frames_BTCHW - truth.frames_BTCHW).abs().mean(2)
    assert change[truth.masks_BTHW].mean() > 5 * change[~truth.masks_BTHW].mean()


def test_the_loss_blames_heat_in_the_wrong_place(recipe: JudgeRecipe, truth: Truth) -> None:
    torch.manual_seed(0)
    judge = Judge(recipe.size, recipe.world.props)
    before = judge_losses(judge, truth, recipe, step_dice(0, 0))["heat"]
    with torch.no_grad():
        judge.heat.bias.fill_(4.0)
    after = judge_losses(judge, truth, recipe, step_dice(0, 0))["heat"]
    assert after > 3 * before


def test_the_pool_draws_what_it_rendered(stage: Stage) -> None:
    pool = TruthPool(stage, list(range(50, 56)), fresh=2)
    seen = pool.draw(20, step_dice(0, 0))
    assert seen.frames_BTCHW.shape == (20, stage.shape.frames, 3, 32, 32)
    assert sorted(pool.seeds)[-2:] == [56, 57]
    again = TruthPool(stage, pool.seeds, fresh=2)
    assert torch.equal(again.kept.frames_BTCHW, pool.kept.frames_BTCHW)
    assert torch.equal(again.kept.facts_BNF, pool.kept.facts_BNF)
    assert 0.05 < seen.frames_BTCHW.mean() < 0.95


def test_a_run_learns_stops_and_goes_on(
    recipe: JudgeRecipe, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    session = Session(folder=tmp_path, device="cpu", stop_at=None, say=lines.append)
    with monkeypatch.context() as patch:
        patch.setattr(Clock, "must_stop", property(lambda clock: clock.steps >= 20))
        assert run_judge(recipe, session, home) is None
    folder = run_judge(recipe, session, home)
    assert folder == tmp_path / "weights"
    judge, card = load_judge(folder)
    assert card.trained.steps == 60
    assert {"kind", "verb", "backdrop", "located", "count", "backdrop_held_out"} <= set(card.accuracy)
    assert judge.kinds == recipe.world.props
    records = [json.loads(line) for line in (tmp_path / "judge.jsonl").read_text().splitlines()]
    assert records[-1]["backdrop"] > 0.7  # two backdrops, one of them white


def test_an_untrained_judge_is_near_chance(recipe: JudgeRecipe, stage: Stage) -> None:
    torch.manual_seed(1)
    rows = accuracy(Judge(recipe.size, recipe.world.props).eval(), stage, 20, held_out=False)
    assert rows["located"] < 0.3
    assert rows.get("kind", 0.0) < 0.5
