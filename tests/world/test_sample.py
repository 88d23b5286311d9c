from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from laqta.shot import SIDED_VERBS, Actor
from laqta.world.props import PROPS
from laqta.world.rules import is_held_out, possible_times, possible_weather
from laqta.world.sample import MINI_WORLD, NANO_WORLD, WorldSpec, sample_shot

WORLDS = pytest.mark.parametrize("spec", [NANO_WORLD, MINI_WORLD], ids=["nano", "mini"])


def _combination_is_held_out(actor: Actor, backdrop: str) -> bool:
    assert actor.motion is not None
    return is_held_out(actor.kind, backdrop, actor.motion.verb)  # type: ignore[arg-type]


@WORLDS
def test_same_seed_same_shot_and_other_seed_other_shot(spec: WorldSpec) -> None:
    assert sample_shot(5, spec) == sample_shot(5, spec)
    assert len({sample_shot(seed, spec) for seed in range(200)}) == 200


@WORLDS
def test_every_field_is_stated_and_possible(spec: WorldSpec) -> None:
    for seed in range(400):
        shot = sample_shot(seed, spec)
        assert shot.backdrop in spec.backdrops and shot.camera in spec.cameras
        assert shot.time in possible_times(shot.backdrop)
        assert shot.weather in possible_weather(shot.backdrop)
        assert 1 <= sum(actor.count or 0 for actor in shot.cast) <= spec.max_things
        for actor in shot.cast:
            assert actor.kind in spec.props and actor.size and actor.tint and actor.place
            assert actor.motion is not None and actor.motion.verb in spec.verbs
            assert (actor.motion.toward is not None) == (actor.motion.verb in SIDED_VERBS)
            assert (actor.motion.speed is None) == (actor.motion.verb == "still")
            if PROPS[actor.kind].facing == "front":
                assert actor.facing is None
            elif actor.motion.toward is not None:
                assert actor.facing == actor.motion.toward
            else:
                assert actor.facing is not None


@WORLDS
def test_held_out_combinations_are_seen_only_when_asked_for(spec: WorldSpec) -> None:
    for seed in range(400):
        shot = sample_shot(seed, spec)
        assert not any(_combination_is_held_out(actor, str(shot.backdrop)) for actor in shot.cast)
    for seed in range(100):
        shot = sample_shot(seed, spec, held_out=True)
        assert _combination_is_held_out(shot.cast[0], str(shot.backdrop))


def test_nano_shares() -> None:
    shots = [sample_shot(seed, NANO_WORLD) for seed in range(2000)]
    single = sum(len(shot.cast) == 1 and shot.cast[0].count == 1 for shot in shots) / 2000
    paired = sum(len(shot.cast) == 2 and len(shot.relations) == 1 for shot in shots) / 2000
    still = sum(shot.camera == "still" for shot in shots) / 2000
    tints = Counter(actor.tint for shot in shots for actor in shot.cast)
    assert 0.76 < single < 0.84 and 0.08 < paired < 0.13
    assert 0.66 < still < 0.74
    assert 0.61 < tints["natural"] / tints.total() < 0.69
    kinds = Counter(shot.cast[0].kind for shot in shots)
    assert set(kinds) == set(NANO_WORLD.props) and max(kinds.values()) < 2 * min(kinds.values())


def test_chasers_go_the_same_way_and_meeters_do_not() -> None:
    pairs = replace(NANO_WORLD, single_share=0.0, twin_share=0.0)
    seen = Counter()
    for seed in range(300):
        shot = sample_shot(seed, pairs)
        first, second = (actor.motion for actor in shot.cast)
        assert first is not None and second is not None
        link = shot.relations[0].link
        seen[link] += 1
        if link == "chases":
            assert first.toward == second.toward is not None
        if link == "meets":
            assert {first.toward, second.toward} == {"left", "right"}
    assert len(seen) == 6


def test_a_world_without_an_allowed_shot_says_so() -> None:
    kind, backdrop, verb = next(
        (prop, backdrop, verb)
        for prop in NANO_WORLD.props
        for backdrop in NANO_WORLD.backdrops
        for verb in NANO_WORLD.verbs
        if is_held_out(prop, backdrop, verb)
    )
    spec = replace(NANO_WORLD, props=(kind,), backdrops=(backdrop,), verbs=(verb,))
    with pytest.raises(ValueError, match="more props or verbs"):
        sample_shot(0, spec)
