"""A small world of drawn props, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from laqta.shot import Actor, Motion, Shot, Side, Speed, Verb, VideoShape
from laqta.world.props import PropBank, drawn_bank
from laqta.world.render import Renders, render
from laqta.world.sample import WorldSpec


@pytest.fixture(scope="session")
def bank() -> PropBank:
    return drawn_bank()


@pytest.fixture(scope="session")
def spec(bank: PropBank) -> WorldSpec:
    return WorldSpec(
        props=bank.ids,
        backdrops=("meadow", "city_street", "space"),
        size_fractions=(0.3, 0.4, 0.5),
        max_things=3,
        single_share=0.5,
        twin_share=0.2,
    )


@pytest.fixture(scope="session")
def shape() -> VideoShape:
    return VideoShape(frames=9, height=64, width=64, fps=6)


@pytest.fixture(scope="session")
def film(bank: PropBank, spec: WorldSpec, shape: VideoShape) -> Callable[..., Renders]:
    """Render shots at 64 pixels with seeds 0, 1, 2 and so on."""

    def _film(*shots: Shot, shape: VideoShape = shape, seeds: list[int] | None = None) -> Renders:
        torch.set_num_threads(1)
        return render(shots, shape, bank, spec, seeds or list(range(len(shots))))

    return _film


@pytest.fixture(scope="session")
def a_shot() -> Callable[..., Shot]:
    """One medium thing in the middle of a meadow by day; further fields go to the actor or to the shot."""

    def _a_shot(
        verb: Verb = "still",
        toward: Side | None = None,
        speed: Speed = "normal",
        kind: str = "car",
        **other: object,
    ) -> Shot:
        of_actor = {
            name: other.pop(name) for name in ("count", "size", "tint", "place", "facing") if name in other
        }
        actor = {"count": 1, "size": "medium", "tint": "natural", "place": "center", **of_actor}
        setting = {"backdrop": "meadow", "time": "day", "weather": "clear", "camera": "still", **other}
        motion = Motion(verb=verb, toward=toward, speed=speed)
        return Shot(cast=(Actor(kind=kind, motion=motion, **actor),), **setting)  # type: ignore[arg-type]

    return _a_shot
