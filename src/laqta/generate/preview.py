"""Small pictures of a clip that is still half noise: a linear map from latents to colours, without the decoder.

The map is fitted to the decoder itself, on random latents, by least squares: what latent2rgb tables hold for
known models, for any model. Shape suffixes: B takes, C channels, L latent frames, H height, W width, P pixels of a
token's picture times three colours, N samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from laqta.generate.engine import Engine, Frames
from laqta.generate.grid import LatentShape

PIECE = 4
"""Pixels of the picture along each side of a token."""
SAMPLES = 48
"""Random clips that the map is fitted on."""
SPREAD = 0.5
"""Their standard deviation: as wide as latents are, the decoder's output is clipped and bends the map."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Preview:
    """The map: weights (C, P) and bias (P) from a normalised latent to PIECE x PIECE pixels from 0 to 255."""

    weight_CP: Tensor
    bias_P: Tensor

    @classmethod
    @torch.inference_mode()
    def fit(cls, engine: Engine) -> Preview:
        """Fit the map to an engine's decoder on the model's default shape."""
        shape = LatentShape.of(engine.card.shape, engine.parts.autoencoder)
        channels = engine.parts.autoencoder.config.latent_channels
        dice = torch.Generator().manual_seed(0)
        size = (SAMPLES, channels, shape.frames, shape.height, shape.width)
        z_BCLHW = SPREAD * torch.randn(size, generator=dice)
        seen_BTHWC = torch.from_numpy(engine.decode(z_BCLHW.to(engine.device))).float()
        middle = shape.frames // 2  # of the frames that this latent frame stands for, the mean
        start = 1 + (middle - 1) * shape.time_fold
        seen_BCHW = seen_BTHWC[:, start : start + shape.time_fold].mean(1).permute(0, 3, 1, 2)
        small_BCHW = F.adaptive_avg_pool2d(seen_BCHW, (shape.height * PIECE, shape.width * PIECE))
        pieces_NP = F.pixel_unshuffle(small_BCHW, PIECE).permute(0, 2, 3, 1).flatten(0, 2)
        z_NC = z_BCLHW[:, :, middle].permute(0, 2, 3, 1).flatten(0, 2)
        ones_N1 = torch.ones(len(z_NC), 1)
        fitted = torch.linalg.lstsq(torch.cat([z_NC, ones_N1], dim=1), pieces_NP).solution
        return cls(weight_CP=fitted[:-1], bias_P=fitted[-1])

    def pictures(self, z_BCLHW: Tensor) -> Frames:
        """One small 8-bit picture (B, H, W, 3) of the middle of every clip."""
        z_BHWC = z_BCLHW[:, :, z_BCLHW.shape[2] // 2].permute(0, 2, 3, 1).float().cpu()
        pieces_BPHW = (z_BHWC @ self.weight_CP + self.bias_P).permute(0, 3, 1, 2)
        small_BCHW = F.pixel_shuffle(pieces_BPHW, PIECE).clamp(0, 255)
        return np.ascontiguousarray(small_BCHW.permute(0, 2, 3, 1).to(torch.uint8).numpy())
