"""Reading what was written gives back what it stated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laqta.language.lexicon import LANGUAGES, nouns, ways
from laqta.language.moving import CROSSING
from laqta.language.read import read
from laqta.language.write import caption
from laqta.shot import (
    BACKDROPS,
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
    Motion,
    Relation,
    Shot,
    Verb,
)
from laqta.world.sample import MINI_WORLD, NANO_WORLD, sample_shot


def heard(shot: Shot, language: str) -> Shot:
    """A shot as its caption is heard: Arabic has one verb for what walkers and all others do, and for what jumps and
    bounces, which people say of vehicles and of balls."""
    return replace(shot, cast=tuple(heard_actor(actor) for actor in shot.cast)) if language == "ar" else shot


def heard_actor(actor: Actor) -> Actor:
    way = ways().get(actor.kind, "")
    if actor.motion is None or not way:
        return actor
    verb: Verb = actor.motion.verb
    if verb == "walk":
        verb = "drive" if CROSSING[way] == "drive" else "fly"
    if verb == "jump" and way == "roll":
        verb = "bounce"
    return replace(actor, motion=replace(actor.motion, verb=verb))


def perhaps(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(values)


@st.composite
def motions(draw: st.DrawFn) -> Motion:
    verb = draw(st.sampled_from(VERBS))
    return Motion(
        verb=verb, toward=draw(perhaps(SIDES)) if verb in SIDED_VERBS else None, speed=draw(perhaps(SPEEDS))
    )


@st.composite
def shots(draw: st.DrawFn) -> Shot:
    kinds = draw(st.lists(st.sampled_from(sorted(nouns("en"))), max_size=3, unique=True))
    cast = tuple(
        Actor(
            kind=kind,
            count=draw(perhaps((1, 2, 3))),
            size=draw(perhaps(SIZES)),
            tint=draw(perhaps(TINTS)),
            place=draw(perhaps(PLACES)),
            facing=draw(perhaps(SIDES)),
            motion=draw(st.none() | motions()),
        )
        for kind in kinds
    )
    relations: tuple[Relation, ...] = ()
    if len(cast) > 1 and draw(st.booleans()):
        subject, thing = draw(st.permutations(range(len(cast))))[:2]
        relations = (Relation(subject=subject, link=draw(st.sampled_from(LINKS)), object=thing),)
    return Shot(
        backdrop=draw(perhaps(BACKDROPS)),
        time=draw(perhaps(TIMES)),
        weather=draw(perhaps(WEATHERS)),
        cast=cast,
        relations=relations,
        camera=draw(perhaps(CAMERAS)),
    )


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    shot=shots(),
    language=st.sampled_from(LANGUAGES),
    detail=st.sampled_from(("detailed", "short")),
    seed=st.integers(0, 10**6),
)
def test_read_gives_back_what_write_stated(shot: Shot, language: Any, detail: Any, seed: int) -> None:
    written = caption(shot, language, detail, seed)
    reading = read(written.text)
    assert heard(reading.shot, language) == heard(written.stated, language), written.text
    assert reading.ignored == (), written.text
    assert reading.language == language or not written.text


def test_read_gives_back_what_the_world_samples() -> None:
    for seed in range(60):
        shot = sample_shot(seed, MINI_WORLD if seed % 2 else NANO_WORLD)
        for language in LANGUAGES:
            written = caption(shot, language, "detailed", seed)
            assert heard(read(written.text).shot, language) == heard(written.stated, language), written.text
