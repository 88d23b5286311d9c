"""A small video autoencoder: plain convolutions frame by frame, and a linear fold of neighbouring cells.

The encoder turns every frame into cells of `patch_size * 2 ** (levels - 1)` pixels with a few channels each. The
fold then rotates `time_fold` x `space_fold` x `space_fold` cells into one latent position and keeps the directions
of the largest variance (`set_fold`): what repeats from frame to frame is not paid for twice. The decoder undoes
both. The nets learn first, on single frames; then the fold is measured, and all learn on together
(docs/decisions/002-autoencoder.md has the numbers).

As in LTX-Video the first latent frame holds one video frame, every other one `time_fold`: a clip of
1 + k * time_fold frames has 1 + k latent frames.

The class has the attributes that diffusers' LTX pipelines ask of an autoencoder. This file imports nothing of
Laqta's: it travels in the weights folder, so that `DiffusionPipeline.from_pretrained(folder,
trust_remote_code=True)` opens the folder where Laqta is not installed.

Shape suffixes: B batch, T frames, C channels, H height, W width, K channels of a cell, L latent frames, V numbers
of the cells in one latent position.
"""

from dataclasses import dataclass

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from diffusers.models.autoencoders.vae import DecoderOutput
from diffusers.utils import BaseOutput
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass
class EncoderOutput(BaseOutput):
    """What `encode` gives back: `latents` of shape (B, C, L, H, W)."""

    latents: Tensor


class Block(nn.Module):
    """Residual block of two 3x3 convolutions; with `memory` it also sees the frame before. It starts as identity."""

    def __init__(self, width: int, memory: bool) -> None:
        super().__init__()
        self.memory = memory
        self.inner = nn.Conv2d(2 * width if memory else width, width, 3, padding=1)
        self.out = nn.Conv2d(width, width, 3, padding=1)
        for start in self.out.parameters():
            nn.init.zeros_(start)

    def forward(self, x_BTCHW: Tensor) -> Tensor:
        """Shape in, same shape out: (B, T, C, H, W)."""
        seen_BTCHW = x_BTCHW
        if self.memory:
            before_BTCHW = F.pad(x_BTCHW, (0, 0, 0, 0, 0, 0, 1, 0))[:, :-1]
            seen_BTCHW = torch.cat([x_BTCHW, before_BTCHW], dim=2)
        y_NCHW = self.out(F.silu(self.inner(F.silu(seen_BTCHW.flatten(0, 1)))))
        return x_BTCHW + y_NCHW.unflatten(0, x_BTCHW.shape[:2])


class Framewise(nn.Sequential):
    """A stack of image layers applied to every frame of (B, T, C, H, W)."""

    def forward(self, x_BTCHW: Tensor) -> Tensor:
        """Apply the layers to each frame."""
        return super().forward(x_BTCHW.flatten(0, 1)).unflatten(0, x_BTCHW.shape[:2])


class LaqtaAutoencoder(ModelMixin, ConfigMixin):
    """Video in [-1, 1] to latents and back.

    Args:
        patch_size: pixels folded into channels before the first convolution, so none runs at full size.
        widths: channels at each level; every further level halves height and width.
        encoder_blocks: blocks at each level of the encoder.
        decoder_blocks: blocks at each level of the decoder.
        cell_channels: channels of one cell of one frame.
        time_fold: frames in one latent frame.
        space_fold: cells along height and along width in one latent position.
        memory: whether blocks see the frame before.
        latent_channels: channels of the latent.
        scaling_factor: asked for by the pipelines; the buffers below do the scaling, so it stays 1.
        timestep_conditioning: asked for by the pipelines; this decoder takes no timestep.
    """

    _no_split_modules = ["Block"]

    @register_to_config
    def __init__(
        self,
        patch_size: int = 4,
        widths: tuple[int, ...] = (64, 128),
        encoder_blocks: int = 1,
        decoder_blocks: int = 2,
        cell_channels: int = 12,
        time_fold: int = 4,
        space_fold: int = 2,
        memory: bool = False,
        latent_channels: int = 128,
        scaling_factor: float = 1.0,
        timestep_conditioning: bool = False,
    ) -> None:
        super().__init__()
        pixels = 3 * patch_size**2
        self.spatial_compression_ratio = patch_size * 2 ** (len(widths) - 1) * space_fold
        self.temporal_compression_ratio = time_fold

        layers: list[nn.Module] = [Framewise(nn.PixelUnshuffle(patch_size), _convolution(pixels, widths[0]))]
        for level, width in enumerate(widths):
            if level > 0:
                layers.append(Framewise(nn.SiLU(), _convolution(widths[level - 1], width, stride=2)))
            layers += [Block(width, memory) for _ in range(encoder_blocks)]
        layers.append(Framewise(nn.SiLU(), nn.Conv2d(widths[-1], cell_channels, 1)))
        self.encoder = nn.Sequential(*layers)

        gathered = cell_channels * time_fold * space_fold**2
        self.fold = nn.Conv3d(gathered, latent_channels, 1, bias=False)
        self.unfold = nn.Conv3d(latent_channels, gathered, 1)

        layers = [Framewise(_convolution(cell_channels, widths[-1]))]
        for level in reversed(range(len(widths))):
            layers += [Block(widths[level], memory) for _ in range(decoder_blocks)]
            if level > 0:
                up = nn.Conv2d(widths[level], 4 * widths[level - 1], 1)
                layers.append(Framewise(nn.SiLU(), up, nn.PixelShuffle(2)))
        layers.append(Framewise(nn.SiLU(), _convolution(widths[0], pixels), nn.PixelShuffle(patch_size)))
        self.decoder = nn.Sequential(*layers)

        self.register_buffer("latents_mean", torch.zeros(latent_channels))
        self.register_buffer("latents_std", torch.ones(latent_channels))

    def encode(self, x: Tensor, return_dict: bool = True) -> EncoderOutput | tuple[Tensor]:
        """Encode a clip of shape (B, 3, 1 + k * time_fold, H, W) in [-1, 1] to latents (B, C, 1 + k, h, w).

        Raises:
            ValueError: the number of frames, the height or the width does not fit the compression.
        """
        frames, height, width = x.shape[2:]
        fold, cell = self.config.time_fold, self.spatial_compression_ratio
        if (frames - 1) % fold or height % cell or width % cell:
            raise ValueError(
                f"a clip of {frames} frames of {width}x{height} does not fit: frames must be 1 more than a "
                f"multiple of {fold}, width and height multiples of {cell}"
            )
        cells_BTKHW = self.to_cells(x)
        first_BTKHW = cells_BTKHW[:, :1].expand(-1, fold - 1, -1, -1, -1)
        z_BCLHW = self.fold(self._gather(torch.cat([first_BTKHW, cells_BTKHW], dim=1)))
        return EncoderOutput(latents=z_BCLHW) if return_dict else (z_BCLHW,)

    def decode(
        self, z: Tensor, temb: Tensor | None = None, return_dict: bool = True
    ) -> DecoderOutput | tuple[Tensor]:
        """Decode latents (B, C, 1 + k, h, w) to a clip (B, 3, 1 + k * time_fold, H, W), about [-1, 1].

        `temb` is what the pipelines pass to decoders that take a timestep; it must be None.
        """
        assert temb is None
        x_BCTHW = self.from_cells(self._scatter(self.unfold(z))[:, self.config.time_fold - 1 :])
        return DecoderOutput(sample=x_BCTHW) if return_dict else (x_BCTHW,)

    def to_cells(self, x: Tensor) -> Tensor:
        """Any number of frames (B, 3, T, H, W) as cells (B, T, K, h, w), before the fold."""
        return self.encoder(x.transpose(1, 2))

    def from_cells(self, cells: Tensor) -> Tensor:
        """Undo `to_cells`."""
        return self.decoder(cells).transpose(1, 2)

    def forward(self, x: Tensor, noise: float = 0.0) -> Tensor:
        """Encode, add noise of so many deviations, decode: (B, 3, T, H, W) to the same shape."""
        return self.decode(with_noise(self.encode(x).latents, noise)).sample

    @torch.no_grad()
    def set_fold(self, x: Tensor) -> None:
        """Set the fold to the principal directions of the encoder's cells in clips (B, 3, 1 + k * fold, H, W)."""
        parts = [self._gather(self.to_cells(part[:, :, 1:])) for part in x.split(16)]
        blocks_NV = torch.cat(parts).movedim(1, -1).flatten(0, 3).double()
        mean_V = blocks_NV.mean(0)
        _, vectors_VV = torch.linalg.eigh((blocks_NV - mean_V).T @ (blocks_NV - mean_V))
        basis_CV = vectors_VV.flip(1)[:, : self.config.latent_channels].T
        lost_V = mean_V - basis_CV.T @ (basis_CV @ mean_V)  # what the mean has along directions left out
        self.fold.weight.copy_(basis_CV[..., None, None, None])
        self.unfold.weight.copy_(basis_CV.T[..., None, None, None])
        self.unfold.bias.copy_(lost_V)

    def _gather(self, cells_BTKHW: Tensor) -> Tensor:
        """Put each position's frames and cells into channels: (B, K * t * s * s, L, h, w)."""
        t, s = self.config.time_fold, self.config.space_fold
        x = cells_BTKHW.unflatten(1, (-1, t)).unflatten(4, (-1, s)).unflatten(6, (-1, s))
        x_BKtssLHW = x.permute(0, 3, 2, 5, 7, 1, 4, 6)  # from (B, L, t, K, h, s, w, s)
        return x_BKtssLHW.flatten(1, 4)

    def _scatter(self, x_BVLHW: Tensor) -> Tensor:
        """Undo `_gather`."""
        t, s = self.config.time_fold, self.config.space_fold
        x = x_BVLHW.unflatten(1, (self.config.cell_channels, t, s, s))
        x_BLtKhsws = x.permute(0, 5, 2, 1, 6, 3, 7, 4)
        return x_BLtKhsws.flatten(6, 7).flatten(4, 5).flatten(1, 2)


def with_noise(z: Tensor, share: float) -> Tensor:
    """Add noise of `share` times the deviation of `z` itself, so that an encoder cannot outshout it by size."""
    return z + share * z.detach().std() * torch.randn_like(z)


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)
