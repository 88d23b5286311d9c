"""The denoising loop: from noise to latents, along the velocity that the transformer predicts.

Step for step it does what diffusers' LTX pipelines do, with less work round it: coordinates and text are made
once, tensors keep one shape, and outside the guidance interval only the caption's half of the batch is run.

Shape suffixes: B takes, N tokens, C channels, S text tokens.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, LTXVideoTransformer3DModel
from torch import Tensor

OnStep = Callable[[int, int, Tensor], None]
"""`on_step(done, total, guess)` is called after every step; `guess` is the clean result as this step imagines it.
Whatever it raises ends the loop at once."""


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """Classifier-free guidance of `scale` while sigma lies in `interval`; 1 is none (`UNGUIDED`).

    The interval is Kynkaanniemi et al. 2024, https://arxiv.org/abs/2404.07724.
    """

    scale: float
    interval: tuple[float, float] = (0.0, 1.0)

    def active(self, sigma: float) -> bool:
        """Whether this step runs the empty caption too."""
        return self.scale != 1.0 and self.interval[0] <= sigma <= self.interval[1]


UNGUIDED = Guidance(scale=1.0)


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is denoised. `clean_BN` is 1 for tokens that are given in `tokens_BNC` and stay as they are.

    `text_BSC` and `empty_BSC` are the captions' and the empty caption's embeddings, with their masks.
    """

    tokens_BNC: Tensor
    clean_BN: Tensor
    coords_B3N: Tensor
    text_BSC: Tensor
    text_mask_BS: Tensor
    empty_BSC: Tensor
    empty_mask_BS: Tensor

    @cached_property
    def twice(self) -> tuple[Tensor, Tensor, Tensor]:
        """Text, its mask and coordinates without and with the captions, for the batch that guidance runs."""
        return (
            torch.cat([self.empty_BSC, self.text_BSC]),
            torch.cat([self.empty_mask_BS, self.text_mask_BS]),
            torch.cat([self.coords_B3N, self.coords_B3N]),
        )


def sigmas_for(scheduler: FlowMatchEulerDiscreteScheduler, steps: int) -> list[float]:
    """The noise levels of `steps` steps, from 1 down to 0: `steps + 1` numbers, as the pipelines make them."""
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), device="cpu")
    return [float(sigma) for sigma in scheduler.sigmas]


def velocity_at(
    transformer: LTXVideoTransformer3DModel, tokens_BNC: Tensor, task: Task, sigma: float, guidance: Guidance
) -> Tensor:
    """The velocity (B, N, C) at noise level `sigma`, guided where `guidance` is active; 0 for tokens that are given."""
    moving_BN = 1 - task.clean_BN
    timestep_BN = 1000 * sigma * moving_BN
    if guidance.active(sigma):
        text_BSC, mask_BS, coords_B3N = task.twice
        both_BNC = transformer(
            torch.cat([tokens_BNC, tokens_BNC]),
            encoder_hidden_states=text_BSC,
            timestep=torch.cat([timestep_BN, timestep_BN]),
            encoder_attention_mask=mask_BS,
            video_coords=coords_B3N,
            return_dict=False,
        )[0]
        without_BNC, velocity_BNC = both_BNC.float().chunk(2)
        velocity_BNC = without_BNC + guidance.scale * (velocity_BNC - without_BNC)
    else:
        velocity_BNC = transformer(
            tokens_BNC,
            encoder_hidden_states=task.text_BSC,
            timestep=timestep_BN,
            encoder_attention_mask=task.text_mask_BS,
            video_coords=task.coords_B3N,
            return_dict=False,
        )[0].float()
    return velocity_BNC * moving_BN[..., None]


@torch.inference_mode()
def denoise(
    transformer: LTXVideoTransformer3DModel,
    task: Task,
    sigmas: list[float],
    guidance: Guidance,
    on_step: OnStep,
) -> Tensor:
    """Walk from noise to data and return the tokens (B, N, C).

    `on_step` is given the guess as tokens (B, N, C).
    """
    tokens_BNC = task.tokens_BNC
    for step, (sigma, next_sigma) in enumerate(itertools.pairwise(sigmas)):
        velocity_BNC = velocity_at(transformer, tokens_BNC, task, sigma, guidance)
        guess_BNC = tokens_BNC - sigma * velocity_BNC
        tokens_BNC = tokens_BNC + (next_sigma - sigma) * velocity_BNC
        on_step(step + 1, len(sigmas) - 1, guess_BNC)
    return tokens_BNC
