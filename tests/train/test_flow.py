from __future__ import annotations

import pytest
import torch

from laqta.generate.denoise import sigmas_for
from laqta.models.sizes import SPECK, build_scheduler
from laqta.train.checkpoint import step_dice
from laqta.train.flow import on_path, sample_sigmas, velocity

DATA, NOISE = torch.randn(2, 4, 3, generator=step_dice(0, 0)), torch.randn(2, 4, 3, generator=step_dice(0, 1))


def test_the_path_runs_from_data_to_noise() -> None:
    assert torch.equal(on_path(DATA, NOISE, torch.zeros(2, 4, 1)), DATA)
    assert torch.equal(on_path(DATA, NOISE, torch.ones(2, 4, 1)), NOISE)
    assert torch.allclose(on_path(DATA, NOISE, torch.tensor(0.25)), 0.75 * DATA + 0.25 * NOISE)


def test_the_velocity_is_the_slope_of_the_path() -> None:
    near, far = (on_path(DATA, NOISE, torch.tensor(sigma)) for sigma in (0.3, 0.5))
    assert torch.allclose((far - near) / 0.2, velocity(DATA, NOISE), atol=1e-5)


def test_stepping_along_the_velocity_with_diffusers_scheduler_ends_at_the_data() -> None:
    scheduler = build_scheduler(SPECK)
    sigmas = sigmas_for(scheduler, 5)
    assert sigmas[0] == 1 and sigmas[-1] == 0
    point = NOISE
    for step, timestep in enumerate(scheduler.timesteps):
        assert torch.allclose(point, on_path(DATA, NOISE, torch.tensor(sigmas[step])), atol=1e-5)
        point = scheduler.step(velocity(DATA, NOISE), timestep, point).prev_sample
    assert torch.allclose(point, DATA, atol=1e-5)


def test_noise_levels_lie_between_and_are_drawn_from_the_dice() -> None:
    sigmas = sample_sigmas(5000, 2.0, step_dice(0, 0))
    assert sigmas.shape == (5000,)
    assert sigmas.min() > 0 and sigmas.max() < 1
    assert torch.equal(sigmas, sample_sigmas(5000, 2.0, step_dice(0, 0)))
    assert not torch.equal(sigmas, sample_sigmas(5000, 2.0, step_dice(0, 1)))


@pytest.mark.parametrize("shift", [1.0, 2.0, 3.0])
def test_the_shift_moves_the_middle_toward_noise(shift: float) -> None:
    sigmas = sample_sigmas(20_000, shift, step_dice(1, 0))
    assert sigmas.median().item() == pytest.approx(shift / (1 + shift), abs=0.01)
    even = sigmas / (shift - (shift - 1) * sigmas)  # the shift undone
    assert even.mean().item() == pytest.approx(0.5, abs=0.01)


def test_one_level_in_ten_is_drawn_evenly() -> None:
    """So that the ends of the path are seen too, where a logit-normal almost never goes."""
    low = (sample_sigmas(50_000, 1.0, step_dice(2, 0)) < 0.02).float().mean().item()
    assert 0.0012 < low < 0.0030
