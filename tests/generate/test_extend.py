from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor

from laqta.generate.denoise import Guidance
from laqta.generate.engine import Engine, Frames, Request
from laqta.generate.extend import film_long, lead_frames, lengths
from laqta.models.sizes import SIZES
from laqta.shot import VideoShape


def shape_of(frames: int) -> VideoShape:
    return VideoShape(frames=frames, height=32, width=32, fps=4)


@pytest.fixture
def asked(engine: Engine) -> Request:
    return Request(
        captions=("a car",), seeds=(3,), shape=engine.card.shape, steps=2, guidance=Guidance(scale=1.0)
    )


def film(engine: Engine, asked: Request, frames: int, held: Frames | None = None) -> tuple[Frames, list[int]]:
    """The film, and what its progress said."""
    steps: list[tuple[int, int]] = []
    made = film_long(engine, asked, frames, lambda *step: steps.append(step[:2]), held)
    assert len({total for _, total in steps}) <= 1
    return made, [done for done, _ in steps]


@pytest.mark.parametrize(("frames", "lead"), [(5, 1), (9, 5), (13, 5), (17, 9), (25, 9), (49, 9)])
def test_a_continuation_is_given_whole_latent_frames_and_films_something_new(frames: int, lead: int) -> None:
    assert lead_frames(shape_of(frames), 4) == lead
    assert lead < frames and (lead - 1) % 4 == 0


@pytest.mark.parametrize(
    ("clip", "frames", "held", "expected"),
    [
        (9, 9, 0, [9]),
        (9, 4, 0, [9]),  # a short film is cut from a whole clip
        (9, 10, 0, [9, 13]),
        (9, 13, 0, [9, 13]),
        (9, 22, 0, [9, 13, 17, 21, 25]),
        (9, 12, 9, [13]),
        (9, 9, 9, []),
        (9, 14, 2, [10, 14]),  # two frames are too few to lead: the last one alone does
        (9, 9, 1, [9]),
        (25, 60, 0, [25, 41, 57, 73]),
        (5, 12, 0, [5, 9, 13]),
    ],
)
def test_parts_follow_until_the_film_is_long_enough(
    clip: int, frames: int, held: int, expected: list[int]
) -> None:
    assert lengths(shape_of(clip), 4, frames, held) == expected


@pytest.mark.parametrize("name", SIZES)
def test_every_size_can_film_a_minute(name: str) -> None:
    shape = SIZES[name].shape
    ends = lengths(shape, 4, 60 * shape.fps)
    assert ends[-1] >= 60 * shape.fps > ends[-2]


def test_a_long_film_begins_as_the_short_one(engine: Engine, asked: Request) -> None:
    short, steps = film(engine, asked, 9)
    assert steps == [1, 2]
    long, steps = film(engine, asked, 15)
    assert steps == [1, 2, 3, 4, 5, 6]
    assert long.shape == (1, 15, 32, 32, 3)
    assert np.array_equal(long[:, :9], short)
    assert np.array_equal(film(engine, asked, 6)[0], short[:, :6])
    assert np.abs(long[:, 9:].astype(int) - long[:, 8:9]).max() > 1


@pytest.mark.parametrize("count", [1, 3, 9, 20])
def test_what_is_held_is_kept(engine: Engine, asked: Request, count: int) -> None:
    dice = np.random.default_rng(0)
    held = dice.integers(0, 256, (1, count, 32, 32, 3), dtype=np.uint8)
    made, _ = film(engine, asked, count + 3, held)
    assert made.shape == (1, count + 3, 32, 32, 3)
    assert np.array_equal(made[:, :count], held)


def test_a_continuation_sees_what_went_before(engine: Engine, asked: Request) -> None:
    dice = np.random.default_rng(0)
    held = dice.integers(0, 256, (1, 9, 32, 32, 3), dtype=np.uint8)
    moved = held.copy()
    moved[:, 5:] = 255 - moved[:, 5:]
    one, other = (film(engine, asked, 12, before)[0] for before in (held, moved))
    assert not np.array_equal(one[:, 9:], other[:, 9:])
    earlier = held.copy()
    earlier[:, :4] = 0  # more than the lead back
    assert np.array_equal(film(engine, asked, 12, earlier)[0][:, 9:], one[:, 9:])


def test_only_the_last_part_is_given_the_last_frame(engine: Engine, asked: Request) -> None:
    white = np.full((32, 32, 3), 255, np.uint8)
    plain, _ = film(engine, asked, 13)
    ending, _ = film(engine, replace(asked, last_BHWC=white[None]), 13)
    assert np.array_equal(ending[:, :9], plain[:, :9])
    assert not np.array_equal(ending[:, 9:], plain[:, 9:])


def test_stopping_in_a_later_part_stops(engine: Engine, asked: Request) -> None:
    def stop(done: int, _total: int, _guess: Tensor) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        film_long(engine, asked, 13, stop)
