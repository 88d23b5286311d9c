"""What can be in the made-up world, and which combinations no training run ever sees."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from laqta.shot import (
    BACKDROPS,
    MAX_COUNT,
    SIDED_VERBS,
    TIMES,
    VERBS,
    WEATHERS,
    Actor,
    Backdrop,
    Motion,
    Shot,
    TimeOfDay,
    Verb,
    Weather,
)
from laqta.world.props import PROPS

SHELTERED: frozenset[Backdrop] = frozenset({"space", "underwater", "bedroom", "kitchen"})
"""Backdrops without weather: the only one possible there is "clear"."""

WEIGHTLESS: frozenset[Backdrop] = frozenset({"space", "underwater"})
"""Backdrops without a ground: everything floats and casts no shadow."""

CROSSING: dict[str, Verb] = {
    "walk": "walk",
    "hop": "walk",
    "drive": "drive",
    "roll": "drive",
    "fly": "fly",
    "swim": "fly",
    "float": "fly",
}
"""How each entry of a prop's `moves` crosses the frame; a ball that "drives" rolls, a fish that "flies" swims."""

BOATS: frozenset[str] = frozenset({"sailboat", "ship", "speedboat", "canoe"})
"""Props that float on the surface and not in the air: they "drive"."""

ANYONE: tuple[Verb, ...] = tuple(verb for verb in VERBS if verb not in ("walk", "drive", "fly"))
"""Verbs that suit every prop."""

HELD_OUT_SHARE = 0.05


def possible_weather(backdrop: Backdrop) -> tuple[Weather, ...]:
    """The weathers that a backdrop can have."""
    return ("clear",) if backdrop in SHELTERED else WEATHERS


def possible_times(backdrop: Backdrop) -> tuple[TimeOfDay, ...]:
    """The times of day that a backdrop can have; in space it is always night."""
    return ("night",) if backdrop == "space" else TIMES


def natural_verbs(prop: str) -> tuple[Verb, ...]:
    """The verbs that a prop (by id) does in its everyday life; every other verb is possible, but odd."""
    ways = {"drive"} if prop in BOATS else {CROSSING[move] for move in PROPS[prop].moves if move in CROSSING}
    return tuple(verb for verb in VERBS if verb in ANYONE or verb in ways)


def odd_verbs(prop: str) -> tuple[Verb, ...]:
    """The verbs that a prop (by id) can do on a stage but not in its everyday life, such as a car that flies."""
    natural = natural_verbs(prop)
    return tuple(verb for verb in VERBS if verb not in natural)


def hovers(prop: str) -> bool:
    """Whether a prop (by id) keeps to the air even when it goes nowhere: a butterfly, a fish, a cloud."""
    return prop not in BOATS and set(PROPS[prop].moves) <= {"fly", "swim", "float"}


def is_held_out(prop: str, backdrop: Backdrop, verb: Verb) -> bool:
    """Whether this combination of thing, backdrop and verb is never trained on (about 5 %, fixed for ever)."""
    digest = hashlib.blake2b(f"{prop}|{backdrop}|{verb}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") < HELD_OUT_SHARE * 2**32


def held_out_combinations(
    props: tuple[str, ...], backdrops: tuple[Backdrop, ...] = BACKDROPS, verbs: tuple[Verb, ...] = VERBS
) -> tuple[tuple[str, Backdrop, Verb], ...]:
    """All held-out (thing, backdrop, verb) among these, in order."""
    return tuple((p, b, v) for p in props for b in backdrops for v in verbs if is_held_out(p, b, v))


def check(shot: Shot) -> tuple[Shot, tuple[str, ...]]:
    """Drop from a shot what cannot be; returns what is left and one plain sentence for each thing dropped."""
    notes: list[str] = []
    if shot.backdrop is not None and shot.weather not in (None, *possible_weather(shot.backdrop)):
        notes.append(f"there is no {shot.weather} in the {_spoken(shot.backdrop)}")
        shot = replace(shot, weather=None)
    if shot.backdrop is not None and shot.time not in (None, *possible_times(shot.backdrop)):
        notes.append(f"there is no {shot.time} in {_spoken(shot.backdrop)}")
        shot = replace(shot, time=None)
    shot = replace(shot, cast=tuple(_check_actor(actor, notes) for actor in shot.cast))
    sound = tuple(
        link
        for link in shot.relations
        if link.subject != link.object and max(link.subject, link.object) < len(shot.cast)
    )
    if sound != shot.relations:
        notes.append("a relation needs two different things that are in the shot")
        shot = replace(shot, relations=sound)
    return shot, tuple(notes)


def _check_actor(actor: Actor, notes: list[str]) -> Actor:
    if actor.count is not None and not 1 <= actor.count <= MAX_COUNT:
        count = min(max(actor.count, 1), MAX_COUNT)
        notes.append(f"{actor.count} of {_spoken(actor.kind)} became {count}")
        actor = replace(actor, count=count)
    motion = actor.motion
    if motion is not None and motion.toward is not None and motion.verb not in SIDED_VERBS:
        notes.append(f"{motion.verb} goes to no side")
        actor = replace(actor, motion=Motion(verb=motion.verb, speed=motion.speed))
    if motion is not None and motion.toward is not None and actor.facing not in (None, motion.toward):
        notes.append(f"the {_spoken(actor.kind)} faces the way it moves")
        actor = replace(actor, facing=None)
    return actor


def _spoken(name: str) -> str:
    return name.replace("_", " ")
