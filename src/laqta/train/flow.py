"""The algebra of rectified flow, in one place.

The path runs straight from data (sigma 0) to noise (sigma 1): z_sigma = (1 - sigma) * data + sigma * noise, and the
model learns its velocity, noise - data (Liu et al. 2022, https://arxiv.org/abs/2209.03003; diffusers'
`FlowMatchEulerDiscreteScheduler` steps along the same velocity).
"""

import torch
from torch import Generator, Tensor


def on_path(data: Tensor, noise: Tensor, sigma: Tensor | float) -> Tensor:
    """The point at `sigma` (a number, or broadcastable, in [0, 1]) between data and noise."""
    return torch.lerp(data, noise, sigma)


def velocity(data: Tensor, noise: Tensor) -> Tensor:
    """What the model predicts: the direction from data to noise."""
    return noise - data


def sample_sigmas(count: int, shift: float, generator: Generator) -> Tensor:
    """Draw noise levels in (0, 1): nine in ten logit-normal, the rest uniform, all moved toward noise by `shift`.

    Logit-normal and shift: Esser et al. 2024 (Stable Diffusion 3), https://arxiv.org/abs/2403.03206.
    """
    middle = torch.sigmoid(torch.randn(count, generator=generator))
    even = torch.rand(count, generator=generator)
    sigma = torch.where(torch.rand(count, generator=generator) < 0.1, even, middle)
    return shift * sigma / (1 + (shift - 1) * sigma)
