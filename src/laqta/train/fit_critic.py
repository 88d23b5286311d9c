"""Train the critic: rendered clips with exact labels in; which kinds, which scene, what the largest thing does out.

Only the critic may enter losses and rewards. Shape suffixes: B clips, N things, T frames, K kinds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from laqta.config import save_json, to_dict
from laqta.models.critic import LEAD_FACTS, Critic, CriticSize
from laqta.models.judge import NOTHING, SCENE_FACTS, thing_facts
from laqta.models.sizes import NANO, SPECK
from laqta.train.checkpoint import (
    Average,
    Budget,
    Clock,
    Log,
    Session,
    load_state,
    save_state,
    step_dice,
    trapezoid,
)
from laqta.train.degrade import MILD, spoil
from laqta.train.device import autocast
from laqta.train.fit_judge import CHECK_EVERY, judge_speck
from laqta.train.fit_vae import HELD_OUT_SEED
from laqta.train.optim import Rates, build_optimizers, step_all
from laqta.train.pool import Stage
from laqta.train.truth import IN_SIGHT, UNSTATED, Truth, TruthPool, film_truth
from laqta.world.fetch import open_bank
from laqta.world.sample import NANO_WORLD, WorldSpec

FIRST_SEED = 600_000_000
"""Seeds from here on train the critic."""


@dataclass(frozen=True, kw_only=True)
class CriticRecipe:
    """How a critic is trained: `pool` clips in memory, of which every step replaces `fresh`."""

    size: CriticSize
    world: WorldSpec
    budget: Budget
    batch: int
    rates: Rates
    pool: int
    fresh: int
    average: float = 0.998
    seed: int = 5
    drawn_props: bool = False

    @property
    def name(self) -> str:
        """What `laqta train` calls it."""
        return f"critic_{self.size.name}"


def critic_nano() -> CriticRecipe:
    """The critic of 64-pixel clips, trained on one CPU core in a quarter of an hour."""
    size = CriticSize(name="nano", shape=NANO.shape, patch=4, widths=(24, 48, 96, 160))
    return CriticRecipe(
        size=size,
        world=NANO_WORLD,
        budget=Budget(steps=2000),
        batch=24,
        rates=Rates(muon=2e-3, adam=2e-3),
        pool=1500,
        fresh=8,
    )


def critic_speck() -> CriticRecipe:
    """The smallest critic, of props drawn in code: for tests and rehearsals."""
    size = CriticSize(name="speck", shape=SPECK.shape, patch=4, widths=(8, 16, 24))
    return CriticRecipe(
        size=size, world=judge_speck().world, budget=Budget(steps=60), batch=12, pool=60, fresh=4,
        rates=Rates(muon=4e-3, adam=4e-3), drawn_props=True,
    )  # fmt: skip


CRITIC_RECIPES: dict[str, Callable[[], CriticRecipe]] = {
    "critic_nano": critic_nano,
    "critic_speck": critic_speck,
}
"""What `laqta train` takes besides models and judges."""


def run_critic(recipe: CriticRecipe, session: Session, home: Path) -> Path | None:
    """Train, or go on training, a critic; returns the file of its state once it is done, None when time was up."""
    bank = open_bank(recipe.world.props, home, recipe.drawn_props)
    stage = Stage(world=recipe.world, bank=bank, shape=recipe.size.shape, device=session.device)
    session.folder.mkdir(parents=True, exist_ok=True)
    save_json(session.folder / "recipe.json", to_dict(recipe))
    return session.folder / "critic.state" if fit_critic(recipe, stage, session) is not None else None


def fit_critic(recipe: CriticRecipe, stage: Stage, session: Session) -> Critic | None:
    """Train, or go on training, the critic in a session's folder; None when the session ended too early."""
    torch.manual_seed(recipe.seed)
    critic = Critic(recipe.size, recipe.world.props).to(stage.device)
    optimizers = build_optimizers(critic, recipe.rates)
    average = Average(critic, recipe.average)
    clock = Clock(recipe.budget, session.stop_at)
    log = Log(session.folder / "critic.jsonl", session.say)
    saved = session.folder / "critic.state"
    seeds = list(range(FIRST_SEED, FIRST_SEED + recipe.pool))
    if saved.is_file():
        state = load_state(saved, stage.device)
        critic.load_state_dict(state["network"])
        for optimizer, optimizer_state in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(optimizer_state)
        average.load(state["average"])
        clock.load(state["clock"])
        seeds = state["seeds"]
    pool = TruthPool(stage, seeds, recipe.fresh)
    clock.pause()

    while not clock.finished and not clock.must_stop:
        dice = step_dice(recipe.seed, clock.steps)
        truth = spoil(pool.draw(recipe.batch, dice), MILD, critic.kinds, dice)
        with autocast(stage.device):
            loss = torch.stack(list(critic_losses(critic, truth).values())).sum()
            loss.backward()
        torch.nn.utils.clip_grad_norm_(critic.parameters(), 2.0)
        step_all(optimizers, trapezoid(clock.fraction))
        average.update(critic)
        clock.tick(recipe.batch)

        if clock.steps % 50 == 0:
            log.write(step=clock.steps, minutes=clock.seconds / 60, loss=loss.item())
        if clock.save_due() or clock.must_stop or clock.finished:
            save_state(
                saved, network=critic.state_dict(), average=average.state(), clock=clock.state(),
                optimizers=[optimizer.state_dict() for optimizer in optimizers], seeds=pool.seeds,
            )  # fmt: skip
            clock.pause()
        if clock.steps % CHECK_EVERY == 0 or clock.must_stop or clock.finished:
            log.write(
                step=clock.steps, **critic_accuracy(_averaged(recipe, average, stage.device), stage, 100)
            )
            clock.pause()
    return _averaged(recipe, average, stage.device) if clock.finished else None


def critic_losses(critic: Critic, truth: Truth) -> dict[str, Tensor]:
    """Which kinds are there, the facts of the largest thing, the facts of the scene; each a scalar."""
    opinion = critic(truth.frames_BTCHW)
    kinds_BK, lead_B = present_kinds(truth, len(critic.kinds)), largest_thing(truth)
    losses = {
        "kinds": len(critic.kinds)
        / 2
        * F.binary_cross_entropy_with_logits(opinion.kinds_BK.float(), kinds_BK)
    }
    for name, labels_B in _labels(truth, lead_B, critic.kinds).items():
        if (labels_B != UNSTATED).any():
            losses[name] = F.cross_entropy(opinion.facts[name].float(), labels_B)
    return losses


def present_kinds(truth: Truth, kinds: int) -> Tensor:
    """1 for every kind of which something is in sight in at least two frames: float (B, K)."""
    seen_BN = (truth.visible_BNT >= IN_SIGHT).sum(2) >= 2
    labels_BN = torch.where(seen_BN & (truth.facts_BNF[..., 0] < kinds), truth.facts_BNF[..., 0], UNSTATED)
    wanted_BK = torch.zeros(len(labels_BN), kinds, device=labels_BN.device)
    clip, thing = (labels_BN != UNSTATED).nonzero(as_tuple=True)
    wanted_BK[clip, labels_BN[clip, thing]] = 1.0
    return wanted_BK


def largest_thing(truth: Truth) -> Tensor:
    """Which thing of each clip shows most of itself over all frames: int64 (B)."""
    side_BNT2 = truth.boxes_BNT4[..., 2:] - truth.boxes_BNT4[..., :2]
    return (side_BNT2.prod(-1) * truth.visible_BNT).sum(2).argmax(1)


@torch.no_grad()
def critic_accuracy(critic: Critic, stage: Stage, clips: int) -> dict[str, float]:
    """Share of true renders of held-out seeds that the critic gets right; `kinds` counts whole sets of kinds."""
    hits: dict[str, list[bool]] = {"kinds": []}
    for start in range(HELD_OUT_SEED, HELD_OUT_SEED + clips, 20):
        truth = film_truth(stage, range(start, min(start + 20, HELD_OUT_SEED + clips)))
        opinion = critic(truth.frames_BTCHW)
        wanted_BK = present_kinds(truth, len(critic.kinds))
        hits["kinds"] += ((opinion.kinds_BK > 0) == (wanted_BK > 0)).all(1).tolist()
        for name, labels_B in _labels(truth, largest_thing(truth), critic.kinds).items():
            stated = labels_B != UNSTATED
            hits.setdefault(name, []).extend((opinion.facts[name].argmax(1) == labels_B)[stated].tolist())
    return {name: round(sum(marks) / len(marks), 4) for name, marks in hits.items() if marks}


def _labels(truth: Truth, lead_B: Tensor, kinds: tuple[str, ...]) -> dict[str, Tensor]:
    """The label of every fact but the kinds: int64 (B) by name."""
    names = thing_facts(kinds)
    rows = torch.arange(len(lead_B), device=lead_B.device)
    lead_BF = truth.facts_BNF[rows, lead_B]
    is_thing_B = lead_BF[:, 0] != names["kind"].index(NOTHING)
    facts = {
        name: torch.where(is_thing_B, lead_BF[:, list(names).index(name)], UNSTATED) for name in LEAD_FACTS
    }
    return facts | {name: truth.scene_BS[:, at] for at, name in enumerate(SCENE_FACTS)}


def _averaged(recipe: CriticRecipe, average: Average, device: str) -> Critic:
    critic = Critic(recipe.size, recipe.world.props).to(device)
    critic.load_state_dict(average.shadow)
    return critic.eval()
