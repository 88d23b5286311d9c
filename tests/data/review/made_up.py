"""Clips, queues and votes as they might be."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from laqta.data.gates import Gate
from laqta.data.review.lanes import reasons_of
from laqta.data.review.queue import Item, Plan, Supply
from laqta.data.review.votes import Vote

SHARP = Gate("sharp", "sharpness >= 20")
STILL = Gate("not frozen", "frozen_share <= 0.8")


def table(count: int = 400, seed: int = 0) -> pa.Table:
    """Clips with scores as real ones have them."""
    dice = np.random.default_rng(seed)
    luma = dice.normal(120, 30, count)
    return pa.table(
        {
            "id": [f"{seed:02}{at:06}" for at in range(count)],
            "sharpness": dice.gamma(2, 20, count),
            "frozen_share": dice.uniform(0, 1, count),
            "luma": luma,
            "colorfulness": luma / 3 + dice.normal(0, 6, count),
            "motion": luma / 9 + dice.normal(0, 2, count),
            "copy_distance": pa.array([0.0 if at % 9 else 0.9 for at in range(count)], pa.float32()),
            "begins": ["dissolve" if at % 11 == 0 else "cut" for at in range(count)],
            "ends": ["cut"] * count,
            "family": [f"f{at}" for at in range(count)],
        }
    )


def supply(clips: pa.Table, plan: Plan, gold: frozenset[str] = frozenset()) -> Supply:
    return Supply(reasons=reasons_of(clips, (SHARP, STILL), plan.random, plan.seed), gold=gold)


def vote(
    item: Item | str, reviewer: str = "amal", decision: str = "accept", at: float = 0, **more: object
) -> Vote:
    """A vote on an item, as the studio casts it."""
    what, reason = (item, None) if isinstance(item, str) else (item.id, item.reason)
    about = {} if reason is None else {"lane": reason.lane, "about": reason.about}
    return Vote(clip=what, reviewer=reviewer, decision=decision, at=at, id=f"{what} {at}", **about, **more)  # type: ignore[arg-type]
