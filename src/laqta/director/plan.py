"""The plan: a stated shot made whole. What was left unsaid is filled by seed, what cannot be filmed is said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from laqta.shot import SIDED_VERBS, SIDES, Actor, Backdrop, Link, Motion, Place, Shot, Side, TimeOfDay, Verb
from laqta.world.props import PROPS
from laqta.world.rules import check, natural_verbs, possible_times, possible_weather
from laqta.world.sample import WorldSpec

CROSSERS: tuple[Verb, ...] = ("walk", "drive", "fly")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A shot with every visible field filled, and one plain sentence for each wish that had to be dropped."""

    shot: Shot
    dropped: tuple[str, ...]


def plan(shot: Shot, seed: int, world: WorldSpec) -> Plan:
    """Fill what `shot` leaves unsaid, by seed, with what `world` can show.

    What nobody mentions stays as people expect it: natural colours, clear weather, one of each, a still camera.
    What cannot be, and what `world` never shows, is dropped with a note; the kinds of the cast must be known.
    `world.rules.check` finds nothing to drop in the result.

    Raises:
        ValueError: after dropping, nothing is left of what was stated.
    """
    stated, notes = _possible(shot, world)
    dice = Random(f"plan {seed}")
    backdrop = stated.backdrop or _backdrop(stated, dice, world)
    shot, more = check(replace(stated, backdrop=backdrop))  # perhaps no backdrop here allows what was stated
    if not _says_anything(replace(shot, backdrop=stated.backdrop)):
        raise ValueError(f"nothing is left to film: {'; '.join(notes + more)}")
    times = [time for time in world.times if time in possible_times(backdrop)] or list(
        possible_times(backdrop)
    )
    cast = shot.cast or (Actor(kind=dice.choice(world.props)),)
    filled = replace(
        shot,
        time=shot.time or _usually(dice, 0.7, "day", times),
        weather=shot.weather or "clear",
        cast=_fill_cast(cast, shot, dice, world),
        camera=shot.camera or "still",
    )
    return Plan(shot=filled, dropped=notes + more)


def nearest_prop(kind: str, known: Sequence[str]) -> str:
    """The known prop most like `kind`: of its group if there is one, then sharing ways of moving; first wins."""
    wished = PROPS[kind]

    def likeness(name: str) -> tuple[bool, int]:
        prop = PROPS[name]
        return prop.group == wished.group, len(set(prop.moves) & set(wished.moves))

    return max(known, key=likeness)


def _possible(shot: Shot, world: WorldSpec) -> tuple[Shot, tuple[str, ...]]:
    """Drop what cannot be, and what this world never shows."""
    shot, notes = check(shot)
    said = list(notes)
    for field, known in (
        ("backdrop", world.backdrops), ("time", world.times), ("weather", world.weathers), ("camera", world.cameras),
    ):  # fmt: skip
        value = getattr(shot, field)
        if value is not None and value not in known:
            said.append(
                f"this model never saw {value.replace('_', ' ')} ({field}); it knows {', '.join(known)}"
            )
            nothing: dict[str, Any] = {field: None}
            shot = replace(shot, **nothing)
    shot = replace(shot, cast=tuple(_possible_actor(actor, world, said) for actor in shot.cast))
    return shot, tuple(said)


def _possible_actor(actor: Actor, world: WorldSpec, said: list[str]) -> Actor:
    if actor.count is not None and actor.count > world.max_things:
        said.append(
            f"this model films at most {world.max_things} things; {actor.count} became {world.max_things}"
        )
        actor = replace(actor, count=world.max_things)
    if actor.tint is not None and actor.tint not in world.tints:
        said.append(f"this model never saw {actor.tint}; it knows {', '.join(world.tints)}")
        actor = replace(actor, tint=None)
    if actor.motion is not None and actor.motion.verb not in world.verbs:
        said.append(f"this model never saw {actor.motion.verb}; it knows {', '.join(world.verbs)}")
        actor = replace(actor, motion=None)
    return actor


def _says_anything(shot: Shot) -> bool:
    return bool(shot.cast) or any(
        value is not None for value in (shot.backdrop, shot.time, shot.weather, shot.camera)
    )


def _backdrop(shot: Shot, dice: Random, world: WorldSpec) -> Backdrop:
    """Any backdrop that allows the stated time and weather."""
    fitting = [
        backdrop
        for backdrop in world.backdrops
        if (shot.time is None or shot.time in possible_times(backdrop))
        and (shot.weather is None or shot.weather in possible_weather(backdrop))
    ]
    return dice.choice(fitting or world.backdrops)


def _fill_cast(cast: tuple[Actor, ...], shot: Shot, dice: Random, world: WorldSpec) -> tuple[Actor, ...]:
    """Fill every actor; a relation decides places and directions where nobody stated them."""
    places: dict[int, Place] = {}
    toward: dict[int, Side] = {}
    crossing: set[int] = set()
    for link in shot.relations:
        subject, other = link.subject, link.object
        if link.link in ("chases", "meets"):
            against = link.link == "meets"
            told = _stated_side(cast[other])
            chosen: Side = _turned(told, against) if told else dice.choice(SIDES)
            side = _stated_side(cast[subject]) or chosen
            toward |= {subject: side, other: _turned(side, against)}
            places |= {subject: _opposite(side), other: side}
            crossing |= {subject, other}
        else:
            sides: dict[Link, tuple[Place, Place]] = {
                "left_of": ("left", "right"),
                "right_of": ("right", "left"),
            }
            places |= dict(zip((subject, other), sides.get(link.link, ("center", "center")), strict=True))
    return tuple(
        _fill_actor(actor, places.get(at), toward.get(at), at in crossing, dice, world)
        for at, actor in enumerate(cast)
    )


def _fill_actor(
    actor: Actor, place: Place | None, toward: Side | None, crosses: bool, dice: Random, world: WorldSpec
) -> Actor:
    natural = [verb for verb in natural_verbs(actor.kind) if verb in world.verbs]
    ways: list[Verb] = []
    if crosses:
        crossers = [verb for verb in CROSSERS if verb in world.verbs]
        ways = [verb for verb in crossers if verb in natural] or crossers
    motion = actor.motion or Motion(verb=dice.choice(ways or natural or world.verbs))
    if motion.verb in SIDED_VERBS and motion.toward is None:
        motion = replace(motion, toward=actor.facing or toward or dice.choice(SIDES))
    if motion.verb != "still":
        motion = replace(motion, speed=motion.speed or "normal")
    sided = PROPS[actor.kind].facing != "front"
    return replace(
        actor,
        count=actor.count or 1,
        size=actor.size or dice.choice(("medium", "big")),
        tint=actor.tint or "natural",
        place=actor.place or place or "center",
        facing=actor.facing or ((motion.toward or dice.choice(SIDES)) if sided else None),
        motion=motion,
    )


def _stated_side(actor: Actor) -> Side | None:
    return (actor.motion and actor.motion.toward) or actor.facing


def _turned(side: Side, against: bool) -> Side:
    return _opposite(side) if against else side


def _opposite(side: Side) -> Side:
    return "right" if side == "left" else "left"


def _usually(dice: Random, share: float, usual: TimeOfDay, values: list[TimeOfDay]) -> TimeOfDay:
    rest = [value for value in values if value != usual]
    return usual if usual in values and (not rest or dice.random() < share) else dice.choice(rest)
