"""A small video autoencoder: plain convolutions and ReLU, quick to train and to decode on a CPU.

Layout: a 3x3 convolutional net works frame by frame (each block also sees the frame before, the one-step memory
of TAEHV, https://github.com/madebyollin/taehv), down to cells of `patch_size * 2 ** (levels - 1)` pixels. Then
`time_fold` frames and `space_fold` x `space_fold` cells are folded into one latent position and mixed by a
two-layer net. As in LTX-Video the first latent frame holds one video frame, every other one `time_fold`:
a clip of 1 + k * time_fold frames has 1 + k latent frames.

The class has the attributes that diffusers' LTX pipelines ask of an autoencoder. This file imports nothing of
Laqta's: it travels in the weights folder, so that `DiffusionPipeline.from_pretrained(folder,
trust_remote_code=True)` opens the folder where Laqta is not installed.

Shape suffixes: B batch, T frames, C channels, H height, W width, L latent frames.
"""

from dataclasses import dataclass

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from diffusers.models.autoencoders.vae import DecoderOutput
from diffusers.utils import BaseOutput
from torch import Tensor, nn
from torch.nn import functional as F

LATENT_BOUND = 4.0
"""Latents are bounded softly to this size, so that noise added to them in training cannot be out-shouted."""


@dataclass
class EncoderOutput(BaseOutput):
    """What `encode` gives back: `latents` of shape (B, C, L, H, W)."""

    latents: Tensor


class MemoryBlock(nn.Module):
    """Residual block of three 3x3 convolutions that sees a frame and the one before it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(2 * width, width, 3, padding=1)
        self.inner = nn.Conv2d(width, width, 3, padding=1)
        self.out = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x_BTCHW: Tensor) -> Tensor:
        """Shape in, same shape out: (B, T, C, H, W)."""
        before_BTCHW = F.pad(x_BTCHW, (0, 0, 0, 0, 0, 0, 1, 0))[:, :-1]
        x_NCHW = torch.cat([x_BTCHW, before_BTCHW], dim=2).flatten(0, 1)
        x_NCHW = self.out(F.relu(self.inner(F.relu(self.mix(x_NCHW)))))
        return F.relu(x_BTCHW + x_NCHW.unflatten(0, x_BTCHW.shape[:2]))


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
        encoder_blocks: memory blocks at each level of the encoder.
        decoder_blocks: memory blocks at each level of the decoder.
        time_fold: frames in one latent frame.
        space_fold: cells along height and along width in one latent position.
        mix_width: hidden channels of the net that mixes a folded position.
        latent_channels: channels of the latent.
        scaling_factor: asked for by the pipelines; the buffers below do the scaling, so it stays 1.
        timestep_conditioning: asked for by the pipelines; this decoder takes no timestep.
    """

    _no_split_modules = ["MemoryBlock"]

    @register_to_config
    def __init__(
        self,
        patch_size: int = 4,
        widths: tuple[int, ...] = (64, 128),
        encoder_blocks: int = 1,
        decoder_blocks: int = 2,
        time_fold: int = 4,
        space_fold: int = 2,
        mix_width: int = 256,
        latent_channels: int = 128,
        scaling_factor: float = 1.0,
        timestep_conditioning: bool = False,
    ) -> None:
        super().__init__()
        pixels = 3 * patch_size**2
        folded = widths[-1] * time_fold * space_fold**2
        self.spatial_compression_ratio = patch_size * 2 ** (len(widths) - 1) * space_fold
        self.temporal_compression_ratio = time_fold

        layers: list[nn.Module] = [
            Framewise(nn.PixelUnshuffle(patch_size), nn.Conv2d(pixels, widths[0], 3, padding=1), nn.ReLU())
        ]
        for level, width in enumerate(widths):
            if level > 0:
                down = nn.Conv2d(widths[level - 1], width, 3, stride=2, padding=1)
                layers.append(Framewise(down, nn.ReLU()))
            layers += [MemoryBlock(width) for _ in range(encoder_blocks)]
        self.encoder = nn.Sequential(*layers)
        self.fold_mix = nn.Sequential(
            nn.Conv3d(folded, mix_width, 1), nn.ReLU(), nn.Conv3d(mix_width, latent_channels, 1)
        )

        self.unfold_mix = nn.Sequential(
            nn.Conv3d(latent_channels, mix_width, 1), nn.ReLU(), nn.Conv3d(mix_width, folded, 1)
        )
        layers = []
        for level in reversed(range(len(widths))):
            layers += [MemoryBlock(widths[level]) for _ in range(decoder_blocks)]
            if level > 0:
                up = nn.Conv2d(widths[level], 4 * widths[level - 1], 1)
                layers.append(Framewise(up, nn.PixelShuffle(2), nn.ReLU()))
        layers.append(Framewise(nn.Conv2d(widths[0], pixels, 3, padding=1), nn.PixelShuffle(patch_size)))
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
        first_BCTHW = x[:, :, :1].expand(-1, -1, fold - 1, -1, -1)
        x_BTCHW = torch.cat([first_BCTHW, x], dim=2).transpose(1, 2)
        z_BCLHW = self.fold_mix(self._fold(self.encoder(x_BTCHW)))
        z_BCLHW = LATENT_BOUND * torch.tanh(z_BCLHW / LATENT_BOUND)
        return EncoderOutput(latents=z_BCLHW) if return_dict else (z_BCLHW,)

    def decode(
        self, z: Tensor, temb: Tensor | None = None, return_dict: bool = True
    ) -> DecoderOutput | tuple[Tensor]:
        """Decode latents (B, C, 1 + k, h, w) to a clip (B, 3, 1 + k * time_fold, H, W), about [-1, 1].

        `temb` is what the pipelines pass to decoders that take a timestep; it must be None.
        """
        assert temb is None
        x_BTCHW = self.decoder(self._unfold(self.unfold_mix(z)))
        x_BCTHW = x_BTCHW[:, self.config.time_fold - 1 :].transpose(1, 2)
        return DecoderOutput(sample=x_BCTHW) if return_dict else (x_BCTHW,)

    def forward(self, x: Tensor, latent_noise: float = 0.0) -> Tensor:
        """Encode, add noise of this standard deviation, decode: (B, 3, T, H, W) to the same shape."""
        z_BCLHW = self.encode(x).latents
        return self.decode(z_BCLHW + latent_noise * torch.randn_like(z_BCLHW)).sample

    def _fold(self, x_BTCHW: Tensor) -> Tensor:
        """Put each position's frames and cells into channels: (B, C * t * s * s, L, h, w)."""
        t, s = self.config.time_fold, self.config.space_fold
        x = x_BTCHW.unflatten(1, (-1, t)).unflatten(4, (-1, s)).unflatten(6, (-1, s))
        x_BCtssLHW = x.permute(0, 3, 2, 5, 7, 1, 4, 6)  # from (B, L, t, C, h, s, w, s)
        return x_BCtssLHW.flatten(1, 4)

    def _unfold(self, z_BCLHW: Tensor) -> Tensor:
        """Undo `_fold`."""
        t, s = self.config.time_fold, self.config.space_fold
        x = z_BCLHW.unflatten(1, (self.config.widths[-1], t, s, s))
        x_BLtChsws = x.permute(0, 5, 2, 1, 6, 3, 7, 4)
        return x_BLtChsws.flatten(6, 7).flatten(4, 5).flatten(1, 2)
