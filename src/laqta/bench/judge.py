"""Does a clip show what a shot says? One row for each stated fact that can be seen: asked, seen, right or not."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from laqta.models.card import SHIPPED
from laqta.models.judge import NEITHER, SCENE_FACTS, Judge, SeenThing, Sighting, load_judge
from laqta.settings import home
from laqta.shot import Actor, Relation, Shot
from laqta.train.truth import visible_facts

Frames = NDArray[np.uint8]

ROWS = (
    "actor", "count", "tint", "size", "place", "facing", "motion", "direction", "speed", "relation",
    "backdrop", "time", "weather", "camera",
)  # fmt: skip
"""Every kind of row, in the order in which tables show them."""

ACTOR_ROWS = {
    "tint": "tint", "size": "size", "place": "place", "facing": "facing", "verb": "motion", "toward": "direction",
    "speed": "speed",
}  # fmt: skip
"""The row that each fact of a thing is reported in."""

TOGETHER = 0.2
"""Share of the frames in which several things must be seen at once to count as several."""
ASIDE = 0.08
"""How far (fraction of the frame) middles must lie apart for left, right and above."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One stated fact: `what` is one of `ROWS`, `who` the actor's kind (empty for the scene)."""

    what: str
    who: str
    asked: str
    seen: str
    ok: bool


@dataclass(frozen=True, kw_only=True)
class Part:
    """The things that play one actor, by their middles over the frames (NaN while out of sight) and as seen."""

    things: tuple[SeenThing, ...]
    middle_T2: NDArray[np.float64]
    bottom: float


def check(frames_THWC: Frames, shot: Shot, judge: Judge | None = None) -> list[Row]:
    """Judge one clip (T, H, W, 3) against a shot; `judge` is by default the one of the nearest size."""
    judge = judge or nearest_judge(frames_THWC.shape[1], frames_THWC.shape[2])
    return compare(see(judge, frames_THWC[None])[0], shot, judge.kinds)


def see(judge: Judge, frames_BTHWC: Frames, batch: int = 16) -> list[Sighting]:
    """What the judge sees in clips of one shape (B, T, H, W, 3), a few at a time."""
    clips = torch.from_numpy(frames_BTHWC)
    return [sighting for part in clips.split(batch) for sighting in judge.see(part)]


def compare(sighting: Sighting, shot: Shot, kinds: Sequence[str]) -> list[Row]:
    """The rows of every stated fact; of actors of a kind that the judge does not know there are none.

    An actor is played by the located things of its kind. Where there is none, what else was located and plays no
    other actor stands in: a burger that rolls to the left is the wrong actor, and moves the right way.
    """
    rows = [
        Row(what=name, who="", asked=asked, seen=sighting.scene[name], ok=asked == sighting.scene[name])
        for name in SCENE_FACTS
        if (asked := getattr(shot, name)) is not None
    ]
    parts = _cast_parts(sighting, shot)
    for actor, part in zip(shot.cast, parts, strict=True):
        if actor.kind in kinds:
            rows += _actor_rows(shot, actor, part)
    for relation in shot.relations:
        if {shot.cast[relation.subject].kind, shot.cast[relation.object].kind} <= set(kinds):
            rows.append(_relation_row(shot, relation, parts[relation.subject], parts[relation.object]))
    return sorted(rows, key=lambda row: ROWS.index(row.what))


@cache
def open_judge(folder: Path, device: str = "cpu") -> Judge:
    """The judge of a folder, loaded once."""
    return load_judge(folder, device)[0]


def nearest_judge(height: int, width: int, device: str = "cpu") -> Judge:
    """The judge whose clips are nearest in size, of those in the package and under `LAQTA_HOME/models`.

    Raises `OSError` where there is none.
    """
    places = (SHIPPED, home(os.environ) / "models")
    folders = sorted(path.parent for place in places for path in place.glob("*/judge.json"))
    if not folders:
        raise OSError(
            f"there is no judge in {' or '.join(map(str, places))}; train one with: laqta train judge_nano"
        )

    def distance(folder: Path) -> float:
        shape = open_judge(folder, device).size.shape
        return abs(math.log((shape.height * shape.width) / (height * width)))

    return open_judge(min(folders, key=distance), device)


def _cast_parts(sighting: Sighting, shot: Shot) -> list[Part]:
    """Which located things play which actor."""
    own = [[thing for thing in sighting.things if thing.facts["kind"] == actor.kind] for actor in shot.cast]
    asked = {actor.kind for actor in shot.cast}
    spare = [thing for thing in sighting.things if thing.facts["kind"] not in asked]
    missing = sum(not things for things in own)
    parts = []
    for things in own:
        if not things and spare:
            things = [spare.pop(0)] if missing > 1 else spare
        parts.append(_part(things))
    return parts


def _part(things: Sequence[SeenThing]) -> Part:
    if not things:
        return Part(things=(), middle_T2=np.full((1, 2), np.nan), bottom=float("nan"))
    boxes_NT4 = np.stack([thing.track.boxes_T4.numpy() for thing in things]).astype(np.float64)
    there_NT = np.stack([thing.track.there_T.numpy() for thing in things]) > 0
    boxes_NT4[~there_NT] = np.nan
    seen_T = there_NT.any(0)
    middle_T2 = np.full((boxes_NT4.shape[1], 2), np.nan)
    middle_T2[seen_T] = np.nanmean((boxes_NT4[:, seen_T, :2] + boxes_NT4[:, seen_T, 2:]) / 2, axis=0)
    return Part(things=tuple(things), middle_T2=middle_T2, bottom=float(np.nanmean(boxes_NT4[..., 3])))


def _actor_rows(shot: Shot, actor: Actor, part: Part) -> list[Row]:
    kinds_seen = [thing.facts["kind"] for thing in part.things]
    rows = [_row("actor", actor.kind, actor.kind, _most(kinds_seen))]
    if actor.count is not None:
        rows.append(_row("count", actor.kind, str(actor.count), str(_at_once(part.things))))
    for fact, asked in visible_facts(shot, actor).items():
        if fact in ACTOR_ROWS and asked is not None and asked != NEITHER:
            seen = _most([thing.facts[fact] for thing in part.things])
            rows.append(_row(ACTOR_ROWS[fact], actor.kind, asked, seen))
    return rows


def _relation_row(shot: Shot, relation: Relation, subject: Part, other: Part) -> Row:
    names = (shot.cast[relation.subject].kind, shot.cast[relation.object].kind)
    seen = [link for link, holds in relations_seen(subject, other).items() if holds]
    asked = relation.link
    return Row(
        what="relation", who=" ".join(names), asked=asked, seen=" ".join(seen) or "nothing", ok=asked in seen
    )


def relations_seen(subject: Part, other: Part) -> dict[str, bool]:
    """Which links hold between two parts, from their boxes; a pursuit or a meeting also needs how each one moves."""
    if not (subject.things and other.things):
        return {}
    both_T = ~np.isnan(subject.middle_T2[:, 0]) & ~np.isnan(other.middle_T2[:, 0])
    if not both_T.any():
        return {}
    apart_T2 = (other.middle_T2 - subject.middle_T2)[both_T]
    right, down = apart_T2.mean(axis=0)
    gap_T = np.abs(apart_T2[:, 0])
    ways = tuple(_most([thing.facts["toward"] for thing in part.things]) for part in (subject, other))
    ahead = {"right": right, "left": -right}.get(ways[0], 0.0)
    same_way = ways[0] == ways[1] and ways[0] != NEITHER
    return {
        "left_of": right > ASIDE,
        "right_of": right < -ASIDE,
        "above": down > 2 * ASIDE,
        "behind": other.bottom - subject.bottom > ASIDE / 2 and abs(right) < 0.4,
        "chases": same_way and ahead > ASIDE,
        "meets": set(ways) == {"left", "right"} and ahead > 0 and bool(gap_T[-1] < gap_T[0]),
    }


def _at_once(things: Sequence[SeenThing]) -> int:
    """The most things that are seen together in enough frames."""
    if not things:
        return 0
    together_T = np.stack([thing.track.there_T.numpy() for thing in things]).sum(axis=0)
    enough = max(2, round(TOGETHER * len(together_T)))
    return max(
        (count for count in range(len(things) + 1) if (together_T >= count).sum() >= enough), default=0
    )


def _most(values: list[str]) -> str:
    """The commonest value, of equals the one of the surest thing; `nothing` where there is no thing."""
    return Counter(values).most_common(1)[0][0] if values else "nothing"


def _row(what: str, who: str, asked: str, seen: str) -> Row:
    return Row(what=what, who=who, asked=asked, seen=seen, ok=asked == seen)
