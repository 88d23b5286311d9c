"""The plan: what was said stays, what was left unsaid is filled by seed, what cannot be filmed is dropped and said."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laqta.director.plan import nearest_prop, plan
from laqta.shot import (
    CAMERAS,
    LINKS,
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
    Link,
    Motion,
    Relation,
    Shot,
    Side,
)
from laqta.world.props import PROPS
from laqta.world.rules import check
from laqta.world.sample import MINI_WORLD, NANO_WORLD

WORLD = NANO_WORLD


def perhaps(values: tuple[str, ...]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


motions = st.builds(
    Motion, verb=st.sampled_from(VERBS), toward=perhaps(SIDES), speed=perhaps(SPEEDS)
)  # an odd one, `spin` to the left, is among them
actors = st.builds(
    Actor,
    kind=st.sampled_from(WORLD.props),
    count=st.none() | st.integers(1, WORLD.max_things),
    size=perhaps(SIZES),
    tint=perhaps(TINTS),
    place=perhaps(PLACES),
    facing=perhaps(SIDES),
    motion=st.none() | motions,
)


@st.composite
def shots(draw: st.DrawFn) -> Shot:
    """Shots as a person may state them, what cannot be included."""
    cast = tuple(draw(st.lists(actors, min_size=1, max_size=2)))
    links = st.sampled_from(LINKS) if len(cast) == 2 else st.nothing()
    relation = draw(st.none() | links)
    return Shot(
        backdrop=draw(perhaps(WORLD.backdrops)),
        time=draw(perhaps(TIMES)),
        weather=draw(perhaps(WEATHERS)),
        cast=cast,
        relations=() if relation is None else (Relation(subject=0, link=relation, object=1),),
        camera=draw(perhaps(CAMERAS)),
        seconds=draw(st.none() | st.just(2.0)),
    )


def stated(value: object) -> dict[str, object]:
    return {
        field.name: getattr(value, field.name)
        for field in fields(value)  # type: ignore[arg-type]
        if getattr(value, field.name) not in (None, ())
    }


@given(shots(), st.integers(0, 2**32))
@settings(deadline=None, max_examples=150)
def test_what_is_possible_stays_and_nothing_impossible_comes(shot: Shot, seed: int) -> None:
    possible, notes = check(shot)
    made = plan(shot, seed, WORLD)
    assert made.dropped == notes
    assert check(made.shot) == (made.shot, ())
    for name in ("backdrop", "time", "weather", "camera", "seconds", "relations"):
        if getattr(possible, name) not in (None, ()):
            assert getattr(made.shot, name) == getattr(possible, name), name
    for asked, got in zip(possible.cast, made.shot.cast, strict=True):
        for name, value in stated(asked).items():
            if name == "motion":
                assert stated(value).items() <= stated(got.motion).items()
            else:
                assert getattr(got, name) == value, name


@given(shots(), st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_everything_that_can_be_seen_is_filled_the_same_by_the_same_seed(shot: Shot, seed: int) -> None:
    made = plan(shot, seed, WORLD)
    assert made == plan(shot, seed, WORLD)
    filled = made.shot
    assert None not in (filled.backdrop, filled.time, filled.weather, filled.camera)
    for actor in filled.cast:
        assert None not in (actor.count, actor.size, actor.tint, actor.place, actor.motion)
        assert actor.motion is not None
        assert (actor.motion.toward is not None) == (actor.motion.verb in SIDED_VERBS)
        assert actor.facing is not None or PROPS[actor.kind].facing == "front"


def test_another_seed_fills_otherwise() -> None:
    plans = {plan(Shot(cast=(Actor(kind="cat"),)), seed, WORLD).shot for seed in range(20)}
    assert len(plans) > 10
    assert len({shot.backdrop for shot in plans}) > 3


def test_a_place_alone_gets_a_cast() -> None:
    made = plan(Shot(backdrop="beach"), 1, WORLD)
    assert made.shot.cast[0].kind in WORLD.props


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("link", "same"), [("chases", True), ("meets", False)])
def test_who_chases_goes_the_same_way_and_who_meets_comes_from_the_other_side(
    link: Link, same: bool, seed: int
) -> None:
    cast = (Actor(kind="cat"), Actor(kind="duck"))
    relations = (Relation(subject=0, link=link, object=1),)
    cat, duck = plan(Shot(cast=cast, relations=relations), seed, WORLD).shot.cast
    assert cat.motion is not None and duck.motion is not None
    assert (cat.motion.toward == duck.motion.toward) == same
    assert cat.motion.toward is not None
    assert {cat.place, duck.place} == {"left", "right"}
    assert cat.place != cat.motion.toward  # there is way before it
    assert (cat.facing, duck.facing) == (cat.motion.toward, duck.motion.toward)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("who", [0, 1])
@pytest.mark.parametrize("link", ["chases", "meets"])
def test_one_stated_direction_decides_both(link: Link, who: int, side: Side) -> None:
    walks = Motion(verb="walk", toward=side)
    cast = tuple(
        Actor(kind=kind, motion=walks if at == who else Motion(verb="walk"))
        for at, kind in enumerate(("cat", "duck"))
    )
    shot = Shot(cast=cast, relations=(Relation(subject=0, link=link, object=1),))
    ways = {actor.motion.toward for actor in plan(shot, 3, WORLD).shot.cast if actor.motion}
    assert len(ways) == (1 if link == "chases" else 2)


def test_a_relation_puts_each_on_its_side() -> None:
    cast = (Actor(kind="cat"), Actor(kind="car"))
    for link, places in (("left_of", ["left", "right"]), ("right_of", ["right", "left"])):
        shot = Shot(cast=cast, relations=(Relation(subject=0, link=link, object=1),))  # type: ignore[arg-type]
        assert [actor.place for actor in plan(shot, 0, WORLD).shot.cast] == places


def test_a_stated_look_decides_the_way() -> None:
    shot = Shot(cast=(Actor(kind="car", facing="left", motion=Motion(verb="drive")),))
    motions = {plan(shot, seed, WORLD).shot.cast[0].motion for seed in range(5)}
    assert motions == {Motion(verb="drive", toward="left", speed="normal")}


def test_what_is_left_out_is_said() -> None:
    cat = Actor(kind="cat", count=3, tint="pink", motion=Motion(verb="orbit"))
    world = replace(WORLD, tints=("natural", "red"), verbs=("walk", "still"), weathers=("clear",))
    made = plan(Shot(backdrop="kitchen", weather="rain", cast=(cat,)), 0, world)
    said = " | ".join(made.dropped)
    for part in (
        "no rain in the kitchen",
        "never saw kitchen",
        "at most 2 things",
        "never saw pink",
        "never saw orbit",
    ):
        assert part in said
    assert made.shot.backdrop in world.backdrops
    assert made.shot.weather == "clear"
    actor = made.shot.cast[0]
    assert (actor.count, actor.tint) == (2, "natural")
    assert actor.motion is not None and actor.motion.verb in world.verbs


def test_a_stated_time_chooses_a_place_that_has_it() -> None:
    shot = Shot(time="day", cast=(Actor(kind="cat"),))
    assert "space" not in {plan(shot, seed, WORLD).shot.backdrop for seed in range(40)}
    made = plan(shot, 0, replace(WORLD, backdrops=("space",)))
    assert (made.shot.backdrop, made.shot.time) == ("space", "night")
    assert made.dropped == ("there is no day in space",)


def test_where_nothing_is_left_it_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"nothing is left to film: .*never saw bedroom"):
        plan(Shot(backdrop="bedroom"), 0, WORLD)
    with pytest.raises(ValueError, match="nothing is left to film: there is no day in space"):
        plan(Shot(time="day"), 0, replace(WORLD, backdrops=("space",)))


def test_a_world_of_few_verbs_is_enough() -> None:
    shot = Shot(
        cast=(Actor(kind="cat"), Actor(kind="duck")),
        relations=(Relation(subject=0, link="chases", object=1),),
    )
    cast = plan(shot, 0, replace(WORLD, verbs=("still", "spin"))).shot.cast
    assert {actor.motion.verb for actor in cast if actor.motion} <= {"still", "spin"}


def test_the_nearest_prop_is_of_the_same_group() -> None:
    for kind, prop in PROPS.items():
        near = PROPS[nearest_prop(kind, WORLD.props)]
        groups = {PROPS[known].group for known in WORLD.props}
        assert near.group == prop.group or prop.group not in groups
    assert nearest_prop("dog", WORLD.props) in ("cat", "frog", "elephant")
    assert nearest_prop("cat", MINI_WORLD.props) == "cat" or "cat" not in MINI_WORLD.props
