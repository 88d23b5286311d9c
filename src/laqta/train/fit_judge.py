"""Train the judge: rendered clips with exact labels in; what is where, moving how, in which scene out.

Clips are spoiled the way a young generator spoils them (`degrade.py`), so that the judge is fair to what it will
see. Its accuracy, by row, is measured on true renders of seeds and of combinations that no training reaches, and
travels with its weights: it is the ceiling of every figure that the judge gives.

Shape suffixes: B clips, N things, T frames, Y X cells, 4 sides of a box (left, top, right, bottom; fractions).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from laqta.config import load_json, save_json, to_dict
from laqta.models.card import Costs
from laqta.models.judge import (
    NOTHING,
    SCENE_FACTS,
    Glance,
    Judge,
    JudgeCard,
    JudgeSize,
    Sighting,
    save_judge,
    thing_facts,
)  # fmt: skip
from laqta.models.sizes import MINI, NANO, SPECK
from laqta.models.track import overlap
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
)  # fmt: skip
from laqta.train.cost import StepCost
from laqta.train.degrade import MILD, Faults, spoil
from laqta.train.device import autocast
from laqta.train.fit_vae import HELD_OUT_SEED
from laqta.train.optim import Rates, build_optimizers, step_all
from laqta.train.pool import Stage
from laqta.train.truth import IN_SIGHT, UNSTATED, Truth, TruthPool, film_truth
from laqta.world.fetch import open_bank
from laqta.world.sample import MINI_WORLD, NANO_WORLD, WorldSpec

FIRST_SEED = 400_000_000
"""Seeds from here on train the judge; the pools of the models that it judges lie elsewhere."""

RATES = Rates(muon=2e-3, adam=2e-3)

CHECK_EVERY = 500
"""Steps between two measurements of the accuracy."""


@dataclass(frozen=True, kw_only=True)
class JudgeRecipe:
    """How a judge is trained: `pool` clips in memory, of which every step replaces `fresh`.

    Its final accuracy is measured on `checks` clips, and on as many of held-out combinations.
    """

    size: JudgeSize
    world: WorldSpec
    budget: Budget
    batch: int
    rates: Rates
    pool: int
    fresh: int
    checks: int = 400
    faults: Faults = MILD
    average: float = 0.998
    heat_weight: float = 1.0
    box_weight: float = 1.0
    seed: int = 4
    drawn_props: bool = False

    @property
    def name(self) -> str:
        """What `laqta train` calls it."""
        return f"judge_{self.size.name}"


def judge_nano() -> JudgeRecipe:
    """The judge of 64-pixel clips, trained on two CPU cores in a quarter of an hour."""
    size = JudgeSize(name="nano", shape=NANO.shape, widths=(16, 32, 64, 128), blocks=(0, 1, 2, 2), reader=192)
    return JudgeRecipe(
        size=size,
        world=NANO_WORLD,
        budget=Budget(minutes=15),
        batch=24,
        rates=RATES,
        pool=1500,
        fresh=8,
        box_weight=3.0,
    )


def judge_mini() -> JudgeRecipe:
    """The judge of 256-pixel clips of all props, which it sees at half their size, trained on one GPU in 3 minutes."""
    shape = replace(MINI.shape, height=MINI.shape.height // 2, width=MINI.shape.width // 2)
    size = JudgeSize(name="mini", shape=shape, widths=(24, 48, 96, 144), blocks=(0, 1, 2, 2), reader=192)
    return JudgeRecipe(
        size=size,
        world=MINI_WORLD,
        budget=Budget(minutes=3),
        batch=48,
        rates=RATES,
        pool=1500,
        fresh=12,
        box_weight=3.0,
    )


def judge_speck() -> JudgeRecipe:
    """The smallest judge, of props drawn in code: for tests and rehearsals."""
    world = WorldSpec(
        props=("car", "rocket", "football"), backdrops=("meadow", "snow"), size_fractions=(0.40, 0.52, 0.65),
        max_things=2, single_share=0.7, twin_share=0.15,
    )  # fmt: skip
    size = JudgeSize(name="speck", shape=SPECK.shape, widths=(8, 16, 24), blocks=(0, 1, 1), reader=48)
    return JudgeRecipe(
        size=size,
        world=world,
        budget=Budget(steps=60),
        batch=12,
        rates=Rates(muon=4e-3, adam=4e-3),
        pool=60,
        fresh=4,
        drawn_props=True,
    )


JUDGE_RECIPES: dict[str, Callable[[], JudgeRecipe]] = {
    "judge_nano": judge_nano,
    "judge_mini": judge_mini,
    "judge_speck": judge_speck,
}
"""What `laqta train` takes besides the models."""


def run_judge(recipe: JudgeRecipe, session: Session, home: Path) -> Path | None:
    """Train, or go on training, a judge; returns its weights folder once it is done, None when time was up.

    Raises `OSError` where the props' pictures are not fetched.
    """
    bank = open_bank(recipe.world.props, home, recipe.drawn_props)
    stage = Stage(world=recipe.world, bank=bank, shape=recipe.size.shape, device=session.device)
    session.folder.mkdir(parents=True, exist_ok=True)
    save_json(session.folder / "recipe.json", to_dict(recipe))
    card = fit_judge(recipe, stage, session)
    return session.folder / "weights" if card is not None else None


def fit_judge(recipe: JudgeRecipe, stage: Stage, session: Session) -> JudgeCard | None:
    """Train, or go on training, the judge in a session's folder; its card is None when the session ended too early.

    Its weights are written, as they stand, whenever its accuracy is measured.
    """
    folder = session.folder
    # ---- the network and what resumes it
    torch.manual_seed(recipe.seed)
    judge = Judge(recipe.size, recipe.world.props).to(stage.device)
    optimizers = build_optimizers(judge, recipe.rates)
    average = Average(judge, recipe.average)
    clock = Clock(recipe.budget, session.stop_at)
    log = Log(folder / "judge.jsonl", session.say)
    saved = folder / "judge.state"
    seeds = list(range(FIRST_SEED, FIRST_SEED + recipe.pool))
    if saved.is_file():
        state = load_state(saved, stage.device)
        judge.load_state_dict(state["network"])
        for optimizer, optimizer_state in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(optimizer_state)
        average.load(state["average"])
        clock.load(state["clock"])
        seeds = state["seeds"]

    # ---- data
    pool = TruthPool(stage, seeds, recipe.fresh)
    cost = StepCost(stage.device)
    clock.pause()

    while not clock.finished and not clock.must_stop:
        dice = step_dice(recipe.seed, clock.steps)
        truth = spoil(pool.draw(recipe.batch, dice), recipe.faults, judge.kinds, dice)
        with cost.count(clock.steps), autocast(stage.device):
            losses = judge_losses(judge, truth, recipe, dice)
            loss = torch.stack(list(losses.values())).sum()
            loss.backward()
        torch.nn.utils.clip_grad_norm_(judge.parameters(), 2.0)
        step_all(optimizers, trapezoid(clock.fraction))
        average.update(judge)
        clock.tick(recipe.batch)

        # ---- once in a while
        if clock.steps % 50 == 0:
            parts = {name: value.item() for name, value in losses.items()}
            log.write(step=clock.steps, minutes=clock.seconds / 60, loss=loss.item(), **parts)
        if clock.save_due() or clock.must_stop or clock.finished:
            save_state(
                saved, network=judge.state_dict(), average=average.state(), clock=clock.state(),
                optimizers=[optimizer.state_dict() for optimizer in optimizers], seeds=pool.seeds,
            )  # fmt: skip
            clock.pause()
        if clock.steps % CHECK_EVERY == 0 or clock.must_stop or clock.finished:
            rows = _keep(recipe, stage, average, cost.card("judge", clock), folder, whole=clock.finished)
            log.write(step=clock.steps, minutes=clock.seconds / 60, **rows)
            clock.pause()

    return load_json(JudgeCard, folder / "weights" / "judge.json") if clock.finished else None


def _keep(
    recipe: JudgeRecipe, stage: Stage, average: Average, costs: Costs, folder: Path, whole: bool
) -> dict[str, float]:
    """Write the judge as it stands and return its accuracy; a `whole` one is measured on all the clips."""
    judge = Judge(recipe.size, recipe.world.props).to(stage.device)
    judge.load_state_dict(average.shadow)
    judge.eval()
    rows = accuracy(judge, stage, recipe.checks if whole else recipe.checks // 4, held_out=False)
    if whole:
        unseen = accuracy(judge, stage, recipe.checks, held_out=True)
        rows |= {f"{name}_held_out": value for name, value in unseen.items()}
    card = JudgeCard(size=recipe.size, kinds=judge.kinds, accuracy=rows, trained=costs)
    save_judge(folder / "weights", judge, card)
    return rows


def judge_losses(judge: Judge, truth: Truth, recipe: JudgeRecipe, dice: Generator) -> dict[str, Tensor]:
    """The parts of the loss: heat, boxes, the facts of things and of the scene; each a scalar."""
    glance = judge(truth.frames_BTCHW)
    things = thing_facts(judge.kinds)
    is_thing_BN = truth.facts_BNF[..., 0] != things["kind"].index(NOTHING)
    there_BNT = (truth.visible_BNT >= IN_SIGHT) & (truth.facts_BNF[..., :1] != UNSTATED)
    wanted_BTYX, owner_BTYX = heat_target(
        truth.boxes_BNT4, there_BNT & is_thing_BN[..., None], glance.heat_BTYX.shape
    )
    known_BTYX = ~_doubtful(truth, wanted_BTYX.shape)
    losses = {
        "heat": recipe.heat_weight * _focal(glance.heat_BTYX.float(), wanted_BTYX, known_BTYX),
        "box": recipe.box_weight * _box_loss(glance, truth.boxes_BNT4, wanted_BTYX, owner_BTYX),
    }
    boxes_BNT4, shown_BNT = _loosened(truth.boxes_BNT4, there_BNT, dice)
    logits, by_frame = judge.read_things(glance, boxes_BNT4, shown_BNT)
    enough_BN = shown_BNT.sum(2) >= 2
    for at, name in enumerate(things):
        labels_BN = torch.where(enough_BN, truth.facts_BNF[..., at], UNSTATED)
        losses[name] = _cross_entropy(logits[name].flatten(0, 1), labels_BN.flatten())
        if name in by_frame:
            labels_BNT = torch.where(shown_BNT > 0, labels_BN[..., None], UNSTATED)
            losses[name] = losses[name] + _cross_entropy(by_frame[name].flatten(0, 2), labels_BNT.flatten())
    for at, name in enumerate(SCENE_FACTS):
        losses[name] = _cross_entropy(glance.scene[name], truth.scene_BS[:, at])
    return losses


def heat_target(boxes_BNT4: Tensor, there_BNT: Tensor, shape: torch.Size) -> tuple[Tensor, Tensor]:
    """Wanted heat (B, T, Y, X), 1 at the cell of a thing's middle and a bell around it, and whose bell it is."""
    rows, columns = shape[-2:]
    middle = (boxes_BNT4[..., :2] + boxes_BNT4[..., 2:]) / 2
    side = boxes_BNT4[..., 2:] - boxes_BNT4[..., :2]
    cells = torch.tensor([columns, rows], device=boxes_BNT4.device)
    at = (middle * cells).floor().clamp(min=0)
    at = torch.minimum(at, cells - 1) + 0.5
    spread = (side * cells / 6).clamp(min=0.4)
    across_X = torch.arange(columns, device=boxes_BNT4.device) + 0.5
    down_Y = torch.arange(rows, device=boxes_BNT4.device) + 0.5
    bell_X = torch.exp(-((across_X - at[..., :1]) ** 2) / (2 * spread[..., :1] ** 2))
    bell_Y = torch.exp(-((down_Y - at[..., 1:]) ** 2) / (2 * spread[..., 1:] ** 2))
    bells_BNTYX = bell_Y[..., :, None] * bell_X[..., None, :] * there_BNT[..., None, None]
    wanted_BTYX, owner_BTYX = bells_BNTYX.max(dim=1)
    return wanted_BTYX, owner_BTYX


def _doubtful(truth: Truth, shape: torch.Size) -> Tensor:
    """Cells of frames in which a thing is barely in sight: no one is blamed for what is said of its middle."""
    barely_BNT = (truth.visible_BNT > 0) & (truth.visible_BNT < IN_SIGHT)
    bells_BTYX, _ = heat_target(truth.boxes_BNT4, barely_BNT, shape)
    return bells_BTYX > 0.1


def _focal(heat: Tensor, wanted: Tensor, known: Tensor) -> Tensor:
    """CenterNet's focal loss: cells near a middle are blamed less for being hot."""
    hot = F.logsigmoid(heat) * (1 - heat.sigmoid()) ** 2
    cold = F.logsigmoid(-heat) * heat.sigmoid() ** 2 * (1 - wanted) ** 4
    is_middle = wanted > 0.999
    return -(torch.where(is_middle, hot, cold * known)).sum() / is_middle.sum().clamp(min=1)


def _box_loss(glance: Glance, boxes_BNT4: Tensor, wanted_BTYX: Tensor, owner_BTYX: Tensor) -> Tensor:
    """L1 between boxes in heat map cells and the true ones, near middles; in tenths of the frame."""
    rows, columns = wanted_BTYX.shape[-2:]
    index = owner_BTYX.flatten(2).permute(0, 2, 1)[..., None].expand(-1, -1, -1, 4)  # (B, Y X, T, 4)
    by_frame = boxes_BNT4.transpose(1, 2)
    true = by_frame.gather(2, index.transpose(1, 2)).unflatten(2, (rows, columns))
    weight = torch.where(wanted_BTYX > 0.3, wanted_BTYX, 0.0)[..., None]
    error = (glance.boxes_BTYX4.float() - true).abs()
    return 10 * (weight * error).sum() / weight.sum().clamp(min=1) / 4


def _loosened(boxes_BNT4: Tensor, there_BNT: Tensor, dice: Generator) -> tuple[Tensor, Tensor]:
    """True boxes a little off, and some left out: the judge must read things along the tracks that it finds itself."""
    device = boxes_BNT4.device
    side = (boxes_BNT4[..., 2:] - boxes_BNT4[..., :2]).repeat(1, 1, 1, 2)
    off = torch.randn(boxes_BNT4.shape, generator=dice).to(device)
    shown = there_BNT & (torch.rand(there_BNT.shape, generator=dice).to(device) > 0.06)
    return (boxes_BNT4 + 0.04 * side * off).clamp(0, 1), shown.float()


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    if not (labels != UNSTATED).any():
        return logits.sum() * 0
    return F.cross_entropy(logits.float(), labels)


@torch.no_grad()
def accuracy(judge: Judge, stage: Stage, clips: int, held_out: bool) -> dict[str, float]:
    """Share of true renders that the judge gets right, by row, on seeds that no training reaches.

    A thing counts if in a quarter of the frames at least half of it is in sight and it is a fifth of the frame
    high. A fact of a thing is right only where the thing was also located (its boxes overlap the true ones by
    half on average). `things` is the share of clips in which exactly the things that count were located.
    """
    hits: dict[str, list[bool]] = {"located": [], "count": []}
    for start in range(HELD_OUT_SEED, HELD_OUT_SEED + clips, 20):
        truth = film_truth(stage, range(start, min(start + 20, HELD_OUT_SEED + clips)), held_out)
        frames_BTHWC = (truth.frames_BTCHW * 255).round().to(torch.uint8).permute(0, 1, 3, 4, 2)
        for at, sighting in enumerate(judge.see(frames_BTHWC)):
            _mark_clip(hits, judge, truth.pick(torch.tensor([at], device=stage.device)), sighting)
    return {name: round(sum(marks) / len(marks), 4) for name, marks in hits.items() if marks}


def _mark_clip(hits: dict[str, list[bool]], judge: Judge, truth: Truth, sighting: Sighting) -> None:
    """Note what was seen rightly in one clip."""
    values = thing_facts(judge.kinds)
    high_NT = truth.boxes_BNT4[0, ..., 3] - truth.boxes_BNT4[0, ..., 1]
    clear_N = ((truth.visible_BNT[0] >= 0.5) & (high_NT >= 0.2)).float().mean(1) >= 0.25
    there_N = truth.facts_BNF[0, :, 0] != UNSTATED
    for name, label in zip(SCENE_FACTS, truth.scene_BS[0].tolist(), strict=True):
        hits.setdefault(name, []).append(SCENE_FACTS[name].index(sighting.scene[name]) == label)
    real = [thing for thing in sighting.things if thing.facts["kind"] != NOTHING]
    if bool((clear_N == there_N).all()):
        hits["count"].append(len(real) == int(there_N.sum()))
    for thing in clear_N.nonzero()[:, 0].tolist():
        visible_T = truth.visible_BNT[0, thing] >= 0.5
        overlaps = [
            sum(
                overlap(mine, true) if there else 0.0
                for mine, true, there, seen in zip(
                    other.track.boxes_T4,
                    truth.boxes_BNT4[0, thing].cpu(),
                    other.track.there_T,
                    visible_T,
                    strict=True,
                )
                if seen
            )
            / int(visible_T.sum())
            for other in real
        ]
        best = max(range(len(real)), key=overlaps.__getitem__, default=None)
        found = best is not None and overlaps[best] >= 0.5
        hits["located"].append(found)
        for name, label in zip(values, truth.facts_BNF[0, thing].tolist(), strict=True):
            if label != UNSTATED:
                seen = real[best].facts[name] if best is not None and found else None
                hits.setdefault(name, []).append(seen == values[name][label])
