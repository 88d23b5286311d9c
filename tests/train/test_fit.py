"""The training runs at their smallest: a run that stops and goes on is the same run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.generate.grid import LatentShape, text_coords
from laqta.language.read import read
from laqta.models.card import Costs
from laqta.models.sizes import SPECK, build_autoencoder, build_transformer
from laqta.train import recipes
from laqta.train.checkpoint import Budget, Clock, Session, load_state, save_state, step_dice
from laqta.train.clips import WorldClips
from laqta.train.cost import StepCost
from laqta.train.fit_dit import DitRecipe, Example, Middle, fit_dit, make_example
from laqta.train.fit_student import StudentRecipe, fit_student
from laqta.train.fit_text import TextRecipe, fit_text
from laqta.train.fit_vae import VaeRecipe, fit_vae, measure_latents, psnr, reconstruction_loss
from laqta.train.pool import LatentPool, Stage
from laqta.world.sample import sample_shot

Text = tuple[PreTrainedTokenizerFast, T5EncoderModel]

WORLD = recipes.speck().world
DIT = replace(recipes.speck().dit, budget=Budget(steps=6), batch=4, pool=8)
STUDENT = StudentRecipe(
    budget=Budget(steps=6), batch=4, rates=DIT.rates, pool=8, jumps=3, substeps=2, guidance=2.0
)
VAE = replace(recipes.speck().vae, budget=Budget(steps=6), batch=5, pool=6)
TEXT = replace(recipes.speck().text, budget=Budget(steps=6), batch=4, tokenizer_captions=60)
NORM = torch.zeros(64), torch.ones(64)
LATENT = LatentShape.of(SPECK.shape, build_autoencoder(SPECK))


@pytest.fixture(scope="module")
def pools() -> list[tuple[LatentShape, LatentPool]]:
    """A pool of latents that nothing rendered: numbers are numbers."""
    dice = step_dice(9, 9)
    pool = LatentPool(
        first_seed=40,
        latents_NCLHW=torch.randn(8, 64, 2, 2, 2, generator=dice).half(),
        last_NC1HW=torch.randn(8, 64, 1, 2, 2, generator=dice).half(),
        things_NLHW=torch.rand(8, 2, 2, 2, generator=dice).half(),
        kinds_NLHW=torch.randint(0, 4, (8, 2, 2, 2), generator=dice).to(torch.uint8),
        ends_NLHW=torch.randint(0, 3, (8, 2, 2, 2), generator=dice).to(torch.uint8),
    )
    return [(LATENT, pool)]


def clips_of(pools: list[tuple[LatentShape, LatentPool]]) -> WorldClips:
    """The pools as the trainer draws from them."""
    return WorldClips(pools, WORLD, DIT.short_share)


def example_of(
    recipe: DitRecipe, pools: list[tuple[LatentShape, LatentPool]], images: bool = False
) -> Example:
    """What the first step trains on."""
    dice = step_dice(0, 0)
    drawn = clips_of(pools).draw(0, recipe.image_batch if images else recipe.batch, dice)
    return make_example(recipe, drawn, NORM, dice, images)


def alike(one: object, other: object) -> bool:
    """Whether two states are the same to the last bit."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == other


def stop_and_go_on(
    run: Callable[[Session], Costs | None], session: Session, monkeypatch: pytest.MonkeyPatch
) -> Session:
    """Run until the third step, then, in a new sitting, to the end; returns the session of the whole run."""
    with monkeypatch.context() as patch:
        patch.setattr(Clock, "must_stop", property(lambda clock: clock.steps >= 3))
        assert run(session) is None
    costs = run(session)
    assert costs is not None and costs.steps == 6
    return session


def with_teacher(session: Session) -> Session:
    """Lay a teacher into the run's folder whose velocities are no longer nothing."""
    torch.manual_seed(5)
    teacher = build_transformer(SPECK)
    torch.nn.init.normal_(teacher.proj_out.weight, std=0.05)
    save_state(session.folder / "dit.start.pt", **teacher.state_dict())
    return session


def whole(session: Session) -> Session:
    return replace(session, folder=session.folder.with_name("whole"))


def without_seconds(state: dict[str, object]) -> dict[str, object]:
    clock = state.pop("clock")
    assert isinstance(clock, dict)
    return {**state, "steps": clock["steps"], "clips": clock["clips"]}


@pytest.mark.parametrize("kind", ["dit", "student", "text", "vae"])
def test_a_run_that_stops_and_goes_on_is_the_same_run(
    kind: str, pools: list[tuple[LatentShape, LatentPool]], text: Text, speck_stage: Stage, session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def run(sitting: Session) -> Costs | None:
        torch.manual_seed(len(str(sitting.folder)))  # whatever was drawn before must not matter
        if kind == "dit":
            return fit_dit(
                DIT, SPECK, len(WORLD.props), clips_of(pools), text, NORM, sitting, lambda _net: None
            )[1]
        if kind == "student":
            with_teacher(sitting)
            return fit_student(STUDENT, SPECK, clips_of(pools), text, NORM, sitting, lambda _net: None)[1]
        if kind == "vae":
            return fit_vae(VAE, SPECK, speck_stage, sitting)[1]
        return fit_text(TEXT, SPECK, WORLD, sitting)[2]

    stop_and_go_on(run, session, monkeypatch)
    if kind == "text":  # learning a vocabulary is no part of this
        shutil.copytree(session.folder / "tokenizer", whole(session).folder / "tokenizer")
    assert run(whole(session)) is not None
    saved = "dit" if kind == "student" else kind
    parts, one = (load_state(at.folder / f"{saved}.state", "cpu") for at in (session, whole(session)))
    assert alike(without_seconds(parts), without_seconds(one))


def test_the_fold_is_measured_once_the_nets_have_learned(
    speck_stage: Stage, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From then on it learns with them."""

    def folded_at(step: int) -> tuple[Tensor, bool]:
        with monkeypatch.context() as patch:
            patch.setattr(Clock, "must_stop", property(lambda clock: clock.steps >= step))
            fit_vae(VAE, SPECK, speck_stage, session)
        state = load_state(session.folder / "vae.state", "cpu")
        return state["network"]["fold.weight"].flatten(1), state["folded"]

    (start, before), (early, still_not), (late, folded) = folded_at(1), folded_at(3), folded_at(6)
    assert (before, still_not, folded) == (False, False, True)
    assert torch.equal(start, early)
    off = (late @ late.T - torch.eye(len(late))).abs().max()  # it was orthonormal two steps ago
    assert 0 < off < 0.1


def test_a_finished_run_that_lost_its_costs_ends_at_once(
    pools: list[tuple[LatentShape, LatentPool]], text: Text, session: Session
) -> None:
    """It was cut off after its last step: it must not wait for ever for steps that never come."""
    weights, costs = fit_dit(
        DIT, SPECK, len(WORLD.props), clips_of(pools), text, NORM, session, lambda _net: None
    )
    assert costs is not None and costs.flop > 0 and costs.mfu is not None and costs.mfu > 0
    again, late = fit_dit(
        DIT, SPECK, len(WORLD.props), clips_of(pools), text, NORM, session, lambda _net: None
    )
    assert late is not None and (late.flop, late.steps) == (costs.flop, 6)
    assert alike(again.state_dict(), weights.state_dict())


def test_a_step_in_a_thousand_is_counted() -> None:
    clock = Clock(Budget(steps=4), stop_at=None)
    cost = StepCost("cpu", clock.flop_per_step)
    a = torch.ones(10, 20)
    for step in (0, 1, 999, 1000):
        with cost.count(step):
            a @ a.T
        clock.tick(1)
    assert clock.flop_per_step == [2 * 10 * 20 * 10] * 2
    assert not StepCost("cpu", clock.flop_per_step).due(1001)
    assert cost.card("stage", clock).flop == 4 * 4000
    assert (StepCost("cpu").card("stage", clock).flop, StepCost("cpu").card("stage", clock).mfu) == (0, None)


def losses_of(session: Session) -> list[float]:
    lines = (session.folder / "dit.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["loss"] for line in lines]


@pytest.mark.parametrize("own_path", [True, False])
def test_a_student_that_has_nothing_to_learn_is_right_from_the_start(
    own_path: bool, pools: list[tuple[LatentShape, LatentPool]], text: Text, session: Session
) -> None:
    """One step of an unguided teacher is what the student, which begins as its teacher, does already."""
    recipe = replace(STUDENT, budget=Budget(steps=1), substeps=1, guidance=1.0, own_path=own_path)
    fit_student(recipe, SPECK, clips_of(pools), text, NORM, with_teacher(session), lambda _net: None)
    assert losses_of(session) == [pytest.approx(0, abs=1e-9)]


def test_a_student_learns_where_many_guided_steps_lead(
    pools: list[tuple[LatentShape, LatentPool]], text: Text, session: Session
) -> None:
    recipe = replace(STUDENT, budget=Budget(steps=80), batch=8, guidance=4.0)
    fit_student(recipe, SPECK, clips_of(pools), text, NORM, with_teacher(session), lambda _net: None)
    first, *_, last = losses_of(session)
    assert last < 0.5 * first


# ---------------------------------------------------------------- what one step learns from


def plain(**changed: float) -> DitRecipe:
    return replace(DIT, batch=16, first_share=0, few_share=0, last_share=0, **changed)  # type: ignore[arg-type]


def test_an_example_is_clips_with_their_own_captions(pools: list[tuple[LatentShape, LatentPool]]) -> None:
    _, pool = pools[0]
    example = example_of(plain(empty_share=0.5), pools)
    clips = pool.latents_NCLHW.float().flatten(2).transpose(1, 2)
    picks = [int((clips == row).flatten(1).all(1).nonzero()[0, 0]) for row in example.data_BNC]
    assert len(set(picks)) > 3
    assert not example.clean_BN.any()
    things = pool.things_NLHW.float().flatten(1)[picks]
    assert torch.allclose(example.weight_BN, 1 + DIT.thing_weight * things)
    assert "" in example.texts and len(set(example.texts)) > 3
    for pick, caption in zip(picks, example.texts, strict=True):
        kinds = {actor.kind for actor in read(caption).shot.cast}
        assert not caption or sample_shot(pool.first_seed + pick, WORLD).cast[0].kind in kinds


def test_images_are_first_frames_with_nothing_given(pools: list[tuple[LatentShape, LatentPool]]) -> None:
    shape, pool = pools[0]
    recipe = replace(plain(), first_share=0.5, last_share=1.0, image_batch=24)
    example = example_of(recipe, pools, images=True)
    assert example.data_BNC.shape == (24, shape.frame_tokens, 64)
    firsts = pool.latents_NCLHW[:, :, 0].float().flatten(2).transpose(1, 2)
    picks = [int((firsts == row).flatten(1).all(1).nonzero()[0, 0]) for row in example.data_BNC]
    assert torch.equal(example.kinds_BN, pool.kinds_NLHW[picks, 0].flatten(1).long())
    assert not example.clean_BN.any() and not example.coords_B3N[:, 0].any()


def test_the_middle_block_learns_to_tell_kinds_and_ends_apart() -> None:
    torch.manual_seed(0)
    transformer = build_transformer(SPECK)
    middle = Middle(transformer, 48, 4)
    kinds_BN, ends_BN = torch.tensor([[0, 1, 2, 2]]), torch.tensor([[0, 0, 1, 2]])
    optimizer = torch.optim.Adam([*transformer.parameters(), *middle.parameters()], lr=0.01)
    losses = []
    for _ in range(30):
        transformer(
            torch.eye(4, 64)[None],
            encoder_hidden_states=torch.zeros(1, 1, 32),
            timestep=torch.zeros(1, 4),
            encoder_attention_mask=torch.ones(1, 1),
            video_coords=text_coords(replace(LATENT, frames=1))[None],
        )
        loss = middle(kinds_BN, ends_BN)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
    without = middle(kinds_BN, torch.zeros_like(ends_BN))  # where there are no ends none are asked for
    assert 0 < without.item() < losses[-1]


@pytest.mark.parametrize(("shares", "given"), [({"first_share": 1.0}, 1), ({"few_share": 1.0}, 1)])
def test_given_tokens_are_clean_and_not_asked_for(
    pools: list[tuple[LatentShape, LatentPool]], shares: dict[str, float], given: int
) -> None:
    shape, _ = pools[0]
    recipe = replace(plain(), **shares)  # type: ignore[arg-type]
    example = example_of(recipe, pools)
    clean = example.clean_BN.unflatten(1, (shape.frames, shape.frame_tokens))
    assert (clean[:, :given] == 1).all() and not clean[
        :, given:
    ].any()  # two latent frames: one stays unknown
    assert not example.weight_BN[example.clean_BN == 1].any()
    assert example.weight_BN[example.clean_BN == 0].min() >= 1


def test_a_last_frame_is_given_in_tokens_of_its_own(pools: list[tuple[LatentShape, LatentPool]]) -> None:
    shape, _ = pools[0]
    recipe = replace(plain(), last_share=1.0)
    example = example_of(recipe, pools)
    extra = shape.frame_tokens
    assert example.data_BNC.shape == (16, shape.tokens + extra, 64)
    assert (example.clean_BN[:, :extra] == 1).all() and not example.clean_BN[:, extra:].any()
    assert (example.coords_B3N[:, 0, :extra] == 4 / 4).all()  # video frame 4 at 4 frames a second
    assert not example.weight_BN[:, :extra].any()


# ---------------------------------------------------------------- the autoencoder's loss


def test_the_autoencoders_loss_cares_most_for_things() -> None:
    wanted = torch.zeros(1, 3, 5, 32, 32)
    masks = torch.zeros(1, 5, 32, 32, dtype=torch.bool)
    masks[..., :16] = True
    on, off = wanted.clone(), wanted.clone()
    on[..., 4:8, 4:8], off[..., 4:8, 20:24] = 0.5, 0.5
    losses = [reconstruction_loss(drawn, wanted, masks, VAE, edges=0.0).item() for drawn in (on, off)]
    assert losses[0] == pytest.approx((1 + VAE.thing_weight) * losses[1], rel=1e-4)
    assert reconstruction_loss(wanted, wanted, masks, VAE, edges=1.0) == 0
    assert reconstruction_loss(on, wanted, masks, VAE, edges=1.0) > losses[0]


def test_psnr_is_in_decibels() -> None:
    wanted = torch.zeros(1, 3, 5, 8, 8)
    assert psnr(wanted + 0.2, wanted) == pytest.approx(20, abs=1e-3)
    assert psnr(wanted + 0.02, wanted) == pytest.approx(40, abs=1e-2)


def test_latents_are_measured_for_the_pipelines(speck_stage: Stage) -> None:
    torch.manual_seed(0)
    autoencoder = build_autoencoder(SPECK)
    frames, _ = speck_stage.film(list(range(12)))
    autoencoder.set_fold(frames)
    measure_latents(autoencoder, frames)
    with torch.no_grad():
        z = autoencoder.encode(frames).latents
    shown = (z - autoencoder.latents_mean[:, None, None, None]) / autoencoder.latents_std[:, None, None, None]
    assert shown.mean(dim=(0, 2, 3, 4)).abs().max() < 1e-3
    assert shown.square().mean().item() == pytest.approx(1, abs=1e-2)
    assert (autoencoder.latents_std == autoencoder.latents_std[0]).all()


def test_recipes_here_are_the_smallest() -> None:
    """The runs above say what `speck` says, only shorter."""
    for ours, theirs in (
        (DIT, recipes.speck().dit),
        (VAE, recipes.speck().vae),
        (TEXT, recipes.speck().text),
    ):
        assert isinstance(ours, (DitRecipe, VaeRecipe, TextRecipe))
        assert type(ours) is type(theirs) and ours.seed == theirs.seed
