from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from laqta.generate.denoise import Guidance, sigmas_for
from laqta.generate.engine import Engine, Frames, Request

REQUEST = Request(
    captions=("a red car drives in the snow",),
    seeds=(3,),
    shape=None,  # type: ignore[arg-type]  # every test's own fixture fills it
    steps=3,
    guidance=Guidance(scale=2.0),
)


@pytest.fixture
def request_(engine: Engine) -> Request:
    return replace(REQUEST, shape=engine.card.shape)


@pytest.fixture
def picture() -> Frames:
    """A smooth coloured picture."""
    down, across = np.mgrid[0:32, 0:32] / 31
    return (255 * np.stack([down, across, 1 - down * across], axis=-1)).astype(np.uint8)


def apart(one: Frames, other: Frames) -> int:
    """The largest difference of two clips' pixels."""
    assert one.shape == other.shape
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_the_same_seed_gives_the_same_bytes(engine: Engine, request_: Request) -> None:
    film = engine.film(request_)
    assert (film.dtype, film.shape) == (np.uint8, (1, 9, 32, 32, 3))
    assert engine.film(request_).tobytes() == film.tobytes()
    assert apart(engine.film(replace(request_, seeds=(4,))), film) > 20
    assert apart(engine.film(replace(request_, captions=("a blue ball",))), film) > 1


def test_takes_in_one_batch_are_those_filmed_alone(engine: Engine, request_: Request) -> None:
    captions = ("a red car drives in the snow", "a rocket")
    together = engine.film(replace(request_, captions=captions, seeds=(3, 8)))
    assert together.shape == (2, 9, 32, 32, 3)
    for at, (caption, seed) in enumerate(zip(captions, (3, 8), strict=True)):
        alone = engine.film(replace(request_, captions=(caption,), seeds=(seed,)))
        assert apart(together[at : at + 1], alone) <= 1


def test_raising_in_a_step_cancels_at_once_and_harms_nothing(engine: Engine, request_: Request) -> None:
    before = engine.film(request_)
    steps: list[tuple[int, int]] = []

    def stop(done: int, total: int, _guess: Tensor) -> None:
        steps.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.film(replace(request_, steps=5), stop)
    assert steps == [(1, 5), (2, 5)]
    assert engine.film(request_).tobytes() == before.tobytes()


@pytest.mark.parametrize("given", [1, 5])
def test_frames_that_are_given_are_kept(
    engine: Engine, request_: Request, picture: Frames, given: int
) -> None:
    lead_BTHWC = np.stack([np.roll(picture, 3 * at, axis=1) for at in range(given)])[None]
    film = engine.film(replace(request_, lead_BTHWC=lead_BTHWC))
    kept = engine.decode(engine.encode(lead_BTHWC))
    assert apart(film[:, :given], kept) <= 1
    assert apart(film[:, given:], engine.film(request_)[:, given:]) > 1


def test_every_take_may_have_its_own_lead(engine: Engine, request_: Request, picture: Frames) -> None:
    leads_BTHWC = np.stack([picture, 255 - picture])[:, None]
    captions = request_.captions * 2
    film = engine.film(replace(request_, captions=captions, seeds=(3, 4), lead_BTHWC=leads_BTHWC))
    assert apart(film[:, :1], engine.decode(engine.encode(leads_BTHWC))) <= 1
    shared = engine.film(replace(request_, captions=captions, seeds=(3, 4), lead_BTHWC=leads_BTHWC[:1]))
    assert apart(shared[1:, :1], engine.decode(engine.encode(leads_BTHWC[:1]))) <= 1


def test_a_last_frame_is_seen_and_changes_no_length(
    engine: Engine, request_: Request, picture: Frames
) -> None:
    film = engine.film(replace(request_, last_BHWC=picture[None]))
    assert film.shape == (1, 9, 32, 32, 3)
    assert apart(film, engine.film(request_)) > 1
    assert apart(film, engine.film(replace(request_, last_BHWC=255 - picture[None]))) > 1


def watched(engine: Engine, film: Callable[[], Frames]) -> tuple[Frames, list[int]]:
    """Film, and tell how many clips each run of the transformer had."""
    batches: list[int] = []
    hook = engine.parts.transformer.register_forward_pre_hook(
        lambda _net, given: batches.append(len(given[0]))
    )
    frames = film()
    hook.remove()
    return frames, batches


def test_outside_the_guidance_interval_only_the_caption_is_run(engine: Engine, request_: Request) -> None:
    sigmas = sigmas_for(engine.parts.scheduler, 4)
    assert sigmas == pytest.approx([1, 6 / 7, 2 / 3, 0.4, 0])  # the shift of 2
    for interval, expected in (((0.0, 1.0), [2, 2, 2, 2]), ((0.5, 0.9), [1, 2, 2, 1])):
        guidance = Guidance(scale=2.0, interval=interval)
        asked = replace(request_, steps=4, guidance=guidance)
        frames, batches = watched(engine, lambda asked=asked: engine.film(asked))  # type: ignore[misc]
        assert batches == expected
    unguided, batches = watched(
        engine, lambda: engine.film(replace(request_, steps=4, guidance=Guidance(scale=1.0)))
    )
    assert batches == [1, 1, 1, 1]
    never = Guidance(scale=7.0, interval=(2.0, 3.0))
    assert engine.film(replace(request_, steps=4, guidance=never)).tobytes() == unguided.tobytes()
    assert apart(frames, unguided) > 1


def test_frames_come_back_as_they_were_where_nothing_is_lost(engine: Engine) -> None:
    """Encoding and decoding normalise and denormalise alike: a latent survives the round."""
    z_BCLHW = torch.randn(1, 64, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    autoencoder = engine.parts.autoencoder
    mean, std = (value[:, None, None, None] for value in (autoencoder.latents_mean, autoencoder.latents_std))
    with torch.inference_mode():
        wanted = autoencoder.decode(z_BCLHW * std + mean).sample
    drawn = engine.decode(z_BCLHW)
    assert (
        np.abs(drawn[0, 0, 0, 0] - ((wanted[0, :, 0, 0, 0] / 2 + 0.5).clamp(0, 1) * 255).numpy()).max()
        <= 0.51
    )
