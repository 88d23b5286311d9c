"""The engine: loads a model once, then turns requests into clips.

Shape suffixes: B takes, T frames, C channels, H height, W width, L latent frames, N tokens, S text tokens.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from laqta.generate.denoise import Guidance, OnStep, Task, denoise, sigmas_for
from laqta.generate.grid import LatentShape, condition_coords, frame_coords, pack, text_coords, unpack
from laqta.models.card import Card
from laqta.models.sizes import MAX_TEXT_TOKENS
from laqta.models.weights import Parts, load_model
from laqta.shot import VideoShape

Frames = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A batch of takes of one shape; each take has its caption and its seed.

    `lead_BTHWC` are frames that the takes begin with, each with its own or all with the same (B is then 1). There
    are 1 + k * time_fold of them: one is a first frame, more continue a clip. `last_BHWC` are the frames that the
    takes end with, in the same way. All have the shape's height and width.
    """

    captions: tuple[str, ...]
    seeds: tuple[int, ...]
    shape: VideoShape
    steps: int
    guidance: Guidance
    lead_BTHWC: Frames | None = None
    last_BHWC: Frames | None = None


class Engine:
    """One model on one device."""

    def __init__(self, card: Card, parts: Parts) -> None:
        self.card = card
        self.parts = parts
        self.device = str(parts.autoencoder.device)
        buffers = (parts.autoencoder.latents_mean, parts.autoencoder.latents_std)
        self._mean, self._std = (buffer[:, None, None, None] for buffer in buffers)

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "Engine":
        """Load a weights folder. Raises `OSError` where it is not whole."""
        return cls(*load_model(folder, device))

    def film(self, request: Request, on_step: OnStep = lambda *_: None) -> Frames:
        """Film all takes of a request in one batch: 8-bit frames of shape (B, T, H, W, 3).

        The noise of a take depends on its seed alone. `on_step` is given the guess as normalised
        latents (B, C, L, H, W); raise in it to cancel.
        """
        shape = LatentShape.of(request.shape, self.parts.autoencoder)
        task = self._prepare(request, shape)
        sigmas = sigmas_for(self.parts.scheduler, request.steps)

        def latents(tokens_BNC: Tensor) -> Tensor:  # without the tokens of a last frame, which stand in front
            return unpack(tokens_BNC[:, -shape.tokens :], shape)

        tokens_BNC = denoise(
            self.parts.transformer,
            task,
            sigmas,
            request.guidance,
            lambda done, total, guess_BNC: on_step(done, total, latents(guess_BNC)),
        )
        return self.decode(latents(tokens_BNC))

    @torch.inference_mode()
    def encode_text(self, captions: tuple[str, ...]) -> tuple[Tensor, Tensor]:
        """Embeddings (B, S, C) and mask (B, S) of captions, as the pipelines make them: padded, padding seen."""
        tokens = self.parts.tokenizer(
            list(captions),
            padding="max_length",
            max_length=MAX_TEXT_TOKENS,
            truncation=True,
            return_tensors="pt",
        )
        text_BSC = self.parts.text_encoder(tokens["input_ids"].to(self.device))[0]
        return text_BSC, tokens["attention_mask"].to(self.device)

    @torch.inference_mode()
    def encode(self, frames_BTHWC: Frames) -> Tensor:
        """Normalised latents (B, C, L, H, W) of 8-bit frames."""
        frames_BCTHW = (
            torch.from_numpy(frames_BTHWC).to(self.device).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
        )
        return (self.parts.autoencoder.encode(frames_BCTHW).latents - self._mean) / self._std

    @torch.inference_mode()
    def decode(self, z_BCLHW: Tensor) -> Frames:
        """8-bit frames (B, T, H, W, 3) of normalised latents."""
        frames_BCTHW = self.parts.autoencoder.decode(z_BCLHW * self._std + self._mean).sample
        pixels = ((frames_BCTHW / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
        return np.ascontiguousarray(pixels.permute(0, 2, 3, 4, 1).cpu().numpy())

    def _prepare(self, request: Request, shape: LatentShape) -> Task:
        """Text, noise, conditions and coordinates of a request."""
        takes = len(request.seeds)
        text_BSC, text_mask_BS = self.encode_text(request.captions)
        empty_BSC, empty_mask_BS = self.encode_text(("",))
        z_BCLHW = torch.cat([self._noise(seed, shape) for seed in request.seeds])
        clean_L = torch.zeros(shape.frames, device=self.device)
        if request.lead_BTHWC is not None:
            lead_BCLHW = self.encode(request.lead_BTHWC)
            z_BCLHW[:, :, : lead_BCLHW.shape[2]] = lead_BCLHW
            clean_L[: lead_BCLHW.shape[2]] = 1
        tokens_BNC = pack(z_BCLHW)
        clean_N = clean_L.repeat_interleave(shape.frame_tokens)
        is_plain = request.lead_BTHWC is None and request.last_BHWC is None
        coords_3N = text_coords(shape) if is_plain else condition_coords(shape)
        if request.last_BHWC is not None:
            last_BNC = pack(self.encode(request.last_BHWC[:, None])).expand(takes, -1, -1)
            tokens_BNC = torch.cat([last_BNC, tokens_BNC], dim=1)
            clean_N = torch.cat([torch.ones(shape.frame_tokens, device=self.device), clean_N])
            coords_3N = torch.cat([frame_coords(shape, request.shape.frames - 1), coords_3N], dim=1)
        return Task(
            tokens_BNC=tokens_BNC,
            clean_BN=clean_N.expand(takes, -1),
            coords_B3N=coords_3N.to(self.device).expand(takes, -1, -1),
            text_BSC=text_BSC,
            text_mask_BS=text_mask_BS,
            empty_BSC=empty_BSC.expand(takes, -1, -1),
            empty_mask_BS=empty_mask_BS.expand(takes, -1),
        )

    def _noise(self, seed: int, shape: LatentShape) -> Tensor:
        """Noise (1, C, L, H, W) from the CPU's generator, so that every device starts from the same numbers."""
        channels = self.parts.autoencoder.config.latent_channels
        dice = torch.Generator().manual_seed(seed)
        noise = torch.randn(1, channels, shape.frames, shape.height, shape.width, generator=dice)
        return noise.to(self.device)
