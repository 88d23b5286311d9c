"""Which clips a reviewer is shown next, each with its reason; gold among them, at places that nobody can tell.

The places of the queue are shared out among the lanes (`lanes.py`), so that no reason fills it; the share of a lane
that is empty goes to the others. A clip goes to another reviewer than those who voted on it, until enough agree.
Everything follows from the facts, the votes and the seed: the same question has the same answer in every process.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from laqta.config import from_dict
from laqta.data.review.lanes import DOUBT, NEAR, RANDOM, RARE, TAKE, Reason, draw_of
from laqta.data.review.verdict import by_clip, is_settled
from laqta.data.review.votes import Vote
from laqta.data.workspace import Workspace

GOLD, ASKED = "gold", "asked"
"""Two more lanes that a vote may have: known answers, and clips that no queue showed."""
SHARES = {NEAR: 0.4, DOUBT: 0.2, RARE: 0.1, TAKE: 0.1, RANDOM: 0.2}
"""How much of the queue each lane gets while all have something."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a workspace is reviewed: the fields of `review.toml`.

    `votes` a clip needs that agree, and `most` it gets; the share of places with `gold`; the share of clips that are
    set aside to be shown at `random`, and only so.
    """

    votes: int = 2
    most: int = 3
    gold: float = 0.1
    random: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.votes <= self.most:
            raise ValueError(
                f"a clip needs {self.votes!r} votes of at most {self.most!r}; it is 1 or more of as many or more"
            )
        if not (0 <= self.gold <= 0.5 and 0 <= self.random <= 1):
            raise ValueError(
                f"gold is a share from 0 to 0.5, random one from 0 to 1, not {self.gold!r} and {self.random!r}"
            )


@dataclass(frozen=True, kw_only=True)
class Item:
    """A clip or a take to look at. `gold` stays with the server: no page may be told."""

    id: str
    reason: Reason
    gold: bool = False


def load_plan(workspace: Workspace) -> Plan:
    """The workspace's `review.toml`, or the usual plan; `ValueError` for a file that says what cannot be."""
    path = workspace.root / "review.toml"
    if not path.is_file():
        return Plan()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{str(path)!r} is not TOML: {error}") from error
    return from_dict(Plan, data, where=str(path))


@dataclass(frozen=True, kw_only=True)
class Supply:
    """What there is to review: every clip's reasons, the known answers, and takes that failed, by value."""

    reasons: Mapping[str, Sequence[Reason]]
    gold: frozenset[str] = frozenset()
    takes: Mapping[str, float] = field(default_factory=dict)

    def of(self, what: str) -> Reason:
        """Why an item is shown, as it is told: what is gold has a reason like all others."""
        if what in self.takes:
            return Reason(lane=TAKE, value=self.takes[what])
        reasons = self.reasons.get(what, ())
        return reasons[0] if reasons else Reason(lane=RANDOM, value=0.0)

    def lane(self, what: str) -> str:
        """Why an item was shown, as it is noted with the vote: only what the lot drew counts as drawn by lot."""
        if what in self.gold:
            return GOLD
        return self.of(what).lane if what in self.takes or self.reasons.get(what) else ASKED


def choose(supply: Supply, votes: Sequence[Vote], plan: Plan, reviewer: str, count: int) -> list[Item]:
    """The next items of a reviewer, at most `count`. `votes` are all that stand."""
    mine = [vote for vote in votes if vote.reviewer == reviewer]
    seen = {vote.clip for vote in mine}
    lanes = _lanes(supply, votes, plan, seen)
    gold = sorted(supply.gold - seen, key=lambda clip: draw_of(plan.seed, f"{reviewer}\n{clip}"))
    shown = Counter(vote.lane for vote in mine)
    items: list[Item] = []
    for place in range(len(mine), len(mine) + count):
        if gold and _is_gold_place(place, plan, reviewer):
            items.append(Item(id=gold[0], reason=supply.of(gold.pop(0)), gold=True))
            continue
        lane = _next_lane(lanes, shown)
        if lane is None:
            break
        shown[lane] += 1
        what = lanes[lane].pop()
        items.append(Item(id=what, reason=supply.of(what)))
    return items


def _lanes(supply: Supply, votes: Iterable[Vote], plan: Plan, seen: set[str]) -> dict[str, list[str]]:
    """What a reviewer may be shown in each lane, the next one last: begun items, then by value."""
    cast = by_clip(votes)
    lanes: dict[str, list[str]] = {lane: [] for lane in SHARES}
    for what in (*supply.reasons, *supply.takes):
        begun = cast.get(what, [])
        if what in seen or what in supply.gold or is_settled(begun, plan.votes, plan.most):
            continue
        if what in supply.takes or supply.reasons[what]:
            lanes[supply.of(what).lane].append(what)
    return {lane: _last_first(supply, items, cast) for lane, items in lanes.items()}


def _last_first(supply: Supply, items: list[str], cast: Mapping[str, Sequence[Vote]]) -> list[str]:
    """Items in the order in which `pop` shows them: begun ones, then by value, the gates and doubts in turn."""
    places: Counter[str] = Counter()
    turns = {}
    for what in sorted(items, key=lambda what: (-supply.of(what).value, what)):
        about = supply.of(what).about
        turns[what] = places[about]
        places[about] += 1
    begun = {what: len(cast.get(what, ())) for what in items}
    return sorted(
        items, key=lambda what: (-begun[what], turns[what], -supply.of(what).value, what), reverse=True
    )


def _next_lane(lanes: Mapping[str, list[str]], shown: Mapping[str, int]) -> str | None:
    """The lane that is furthest behind its share, of those that have something."""
    able = [lane for lane, items in lanes.items() if items]
    return min(able, key=lambda lane: (shown.get(lane, 0) + 1) / SHARES[lane]) if able else None


def _is_gold_place(place: int, plan: Plan, reviewer: str) -> bool:
    """One place of each stretch is gold's, drawn by seed, reviewer and stretch."""
    if plan.gold <= 0:
        return False
    length = max(2, round(1 / plan.gold))
    stretch = place // length
    return place % length == int(draw_of(plan.seed, f"{reviewer}\n{stretch}") * length)


def waiting(supply: Supply, votes: Sequence[Vote], plan: Plan) -> Iterator[tuple[str, int]]:
    """How many items of each lane need votes still, whoever gives them."""
    lanes = _lanes(supply, votes, plan, set())
    yield from ((lane, len(items)) for lane, items in lanes.items())
