"""Shots by seed: diverse, possible, every visible field stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from laqta.shot import (
    BACKDROPS,
    CAMERAS,
    PLACES,
    SIDED_VERBS,
    SIDES,
    SIZES,
    SPEEDS,
    TIMES,
    TINTS,
    VERBS,
    WEATHERS,
    Actor,
    Backdrop,
    Camera,
    Link,
    Motion,
    Place,
    Relation,
    Shot,
    Side,
    TimeOfDay,
    Tint,
    Verb,
    Weather,
)
from laqta.world.props import PROPS
from laqta.world.rules import is_held_out, natural_verbs, odd_verbs, possible_times, possible_weather

T = TypeVar("T")

CROSSERS: tuple[Verb, ...] = ("walk", "drive", "fly")
STAYERS: tuple[Verb, ...] = ("still", "jump", "bounce", "spin", "swing")


@dataclass(frozen=True, kw_only=True)
class WorldSpec:
    """Which part of the world is sampled, and how often its rarer sides are seen.

    `size_fractions` are the heights of small, medium and big things as fractions of the frame's shorter side.
    Shares are probabilities: `single_share` of one thing alone, `twin_share` of several of one kind; what is
    left shows two kinds in a relation. `odd_share` is how often a verb is odd for its prop.
    """

    props: tuple[str, ...]
    backdrops: tuple[Backdrop, ...]
    times: tuple[TimeOfDay, ...] = TIMES
    weathers: tuple[Weather, ...] = WEATHERS
    verbs: tuple[Verb, ...] = VERBS
    cameras: tuple[Camera, ...] = CAMERAS
    tints: tuple[Tint, ...] = TINTS
    size_fractions: tuple[float, float, float]
    max_things: int
    single_share: float
    twin_share: float
    still_camera_share: float = 0.5
    clear_share: float = 0.5
    natural_share: float = 0.5
    odd_share: float = 0.15


NANO_WORLD = WorldSpec(
    props=("cat", "car", "rocket", "football", "fish", "butterfly", "burger", "frog", "penguin", "robot",
           "elephant", "duck"),
    backdrops=("meadow", "desert", "beach", "snow", "city_street", "space"),
    size_fractions=(0.40, 0.52, 0.65),
    max_things=2,
    single_share=0.8,
    twin_share=0.1,
    still_camera_share=0.7,
    clear_share=0.6,
    natural_share=0.65,
    odd_share=0.1,
)  # fmt: skip
"""What `nano` learns: few props, large in the frame."""

MINI_WORLD = WorldSpec(
    props=tuple(PROPS),
    backdrops=BACKDROPS,
    size_fractions=(0.22, 0.34, 0.50),
    max_things=3,
    single_share=0.5,
    twin_share=0.22,
)
"""What `mini` learns: every prop and every backdrop."""


def sample_shot(seed: int, spec: WorldSpec, held_out: bool = False) -> Shot:
    """One shot of the world by seed, every field stated that can be seen.

    No actor's (thing, backdrop, verb) is a held-out combination, unless `held_out`: then the leading actor's is.
    `seconds` and `format` stay `None`, for they belong to the clip's shape; `facing` stays `None` for a prop
    whose picture looks to the front.
    """
    for attempt in range(1000):
        dice = Random(seed * 1000 + attempt)
        backdrop = dice.choice(spec.backdrops)
        cast, relations = _cast(dice, spec)
        lead, *others = (
            actor.motion is not None and is_held_out(actor.kind, backdrop, actor.motion.verb)
            for actor in cast
        )
        if lead == held_out and (held_out or not any(others)):
            return Shot(
                backdrop=backdrop,
                time=dice.choice(_shared(spec.times, possible_times(backdrop))),
                weather=_usual(
                    dice, spec.clear_share, "clear", _shared(spec.weathers, possible_weather(backdrop))
                ),
                cast=cast,
                relations=relations,
                camera=_usual(dice, spec.still_camera_share, "still", spec.cameras),
            )
    raise ValueError(
        f"no {'held-out ' if held_out else ''}shot to be found in {spec!r}; give it more props or verbs"
    )


def _shared(wished: Sequence[T], possible: Sequence[T]) -> Sequence[T]:
    """What is both wished and possible; where nothing is, what is possible."""
    return [value for value in wished if value in possible] or possible


def _usual(dice: Random, share: float, usual: T, values: Sequence[T]) -> T:
    rest = [value for value in values if value != usual]
    if not rest or (usual in values and dice.random() < share):
        return usual
    return dice.choice(rest)


def _cast(dice: Random, spec: WorldSpec) -> tuple[tuple[Actor, ...], tuple[Relation, ...]]:
    kind = dice.choice(spec.props)
    roll = dice.random()
    if roll < spec.single_share or spec.max_things < 2:
        return (_actor(dice, spec, kind, _motion(dice, _verb(dice, spec, kind)), count=1),), ()
    if roll < spec.single_share + spec.twin_share or len(spec.props) < 2:
        count = dice.randint(2, min(3, spec.max_things))
        return (_actor(dice, spec, kind, _motion(dice, _verb(dice, spec, kind)), count=count),), ()
    other = dice.choice([prop for prop in spec.props if prop != kind])
    return _pair(dice, spec, kind, other)


def _pair(
    dice: Random, spec: WorldSpec, first: str, second: str
) -> tuple[tuple[Actor, ...], tuple[Relation, ...]]:
    """Two kinds in a relation, with motions and places that let the relation be seen throughout."""
    links: list[Link] = ["left_of", "right_of", "above", "behind"]
    if any(verb in spec.verbs for verb in CROSSERS):
        links += ["chases", "meets"]
    link = dice.choice(links)
    if link in ("chases", "meets"):
        toward, speed = dice.choice(SIDES), dice.choice(SPEEDS)
        against = _other(toward) if link == "meets" else toward
        motions = [
            Motion(verb=_crosser(dice, spec, kind), toward=side, speed=speed)
            for kind, side in ((first, toward), (second, against))
        ]
        places: tuple[Place, Place] = (_other(toward), toward)
    else:
        stays = [verb for verb in STAYERS if verb in spec.verbs] or ["still"]
        motions = [_motion(dice, dice.choice(stays)) for _ in range(2)]
        sides: dict[Link, tuple[Place, Place]] = {"left_of": ("left", "right"), "right_of": ("right", "left")}
        places = sides.get(link, ("center", "center"))
    actors = [
        _actor(dice, spec, kind, motion, count=1, place=place)
        for kind, motion, place in zip((first, second), motions, places, strict=True)
    ]
    return tuple(actors), (Relation(subject=0, link=link, object=1),)


def _verb(dice: Random, spec: WorldSpec, kind: str) -> Verb:
    odd = [verb for verb in odd_verbs(kind) if verb in spec.verbs]
    natural = [verb for verb in natural_verbs(kind) if verb in spec.verbs]
    if not natural or (odd and dice.random() < spec.odd_share):
        return dice.choice(odd)
    return dice.choice(natural)


def _crosser(dice: Random, spec: WorldSpec, kind: str) -> Verb:
    crossers = [verb for verb in CROSSERS if verb in spec.verbs]
    natural = [verb for verb in natural_verbs(kind) if verb in crossers]
    return dice.choice(natural or crossers)


def _motion(dice: Random, verb: Verb) -> Motion:
    toward = dice.choice(SIDES) if verb in SIDED_VERBS else None
    return Motion(verb=verb, toward=toward, speed=None if verb == "still" else dice.choice(SPEEDS))


def _actor(
    dice: Random, spec: WorldSpec, kind: str, motion: Motion, count: int, place: Place | None = None
) -> Actor:
    sided = PROPS[kind].facing != "front"
    crosses_fast = motion.verb in CROSSERS and motion.speed == "fast"  # needs the whole frame
    return Actor(
        kind=kind,
        count=count,
        size=dice.choice(SIZES),
        tint=_usual(dice, spec.natural_share, "natural", spec.tints),
        place=place or ("center" if crosses_fast or count > 1 else dice.choice(PLACES)),
        facing=(motion.toward or dice.choice(SIDES)) if sided else None,
        motion=motion,
    )


def _other(side: Side) -> Side:
    return "right" if side == "left" else "left"
