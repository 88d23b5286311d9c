"""A small video autoencoder: a linear transform of blocks, refined by plain convolutions with ReLU.

The linear path alone is a transform code, like those inside JPEG and H.264, with the principal components of the
world's own blocks as its basis (`set_basis`): one latent position holds `time_fold` frames of a square of
`spatial_compression_ratio` pixels. On top of it the decoder has a convolutional net that puts back what the
transform lost; the encoder may have one too (`encoder_blocks`). Both start as zero, so that training starts from
the transform and not from nothing (docs/decisions/002-autoencoder.md has the numbers). The nets work frame by
frame on cells of `patch_size * 2 ** (levels - 1)` pixels, of which `time_fold` x `space_fold` x `space_fold` are
folded into one latent position.

As in LTX-Video the first latent frame holds one video frame, every other one `time_fold`: a clip of
1 + k * time_fold frames has 1 + k latent frames.

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
        y_NCHW = self.out(F.relu(self.inner(F.relu(seen_BTCHW.flatten(0, 1)))))
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
        encoder_blocks: blocks at each level of the encoder's net; 0 leaves the linear transform alone.
        decoder_blocks: blocks at each level of the decoder's net.
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
        encoder_blocks: int = 0,
        decoder_blocks: int = 2,
        time_fold: int = 4,
        space_fold: int = 2,
        memory: bool = False,
        latent_channels: int = 192,
        scaling_factor: float = 1.0,
        timestep_conditioning: bool = False,
    ) -> None:
        super().__init__()
        pixels = 3 * patch_size**2
        folds = time_fold * space_fold**2
        cell = patch_size * 2 ** (len(widths) - 1) * space_fold
        block = (time_fold, cell, cell)
        self.spatial_compression_ratio = cell
        self.temporal_compression_ratio = time_fold

        self.analysis = nn.Conv3d(3, latent_channels, block, stride=block, bias=False)
        self.encoder = None
        if encoder_blocks:
            layers: list[nn.Module] = [
                Framewise(nn.PixelUnshuffle(patch_size), nn.Conv2d(pixels, widths[0], 3, padding=1))
            ]
            for level, width in enumerate(widths):
                if level > 0:
                    layers.append(
                        Framewise(nn.ReLU(), nn.Conv2d(widths[level - 1], width, 3, stride=2, padding=1))
                    )
                layers += [Block(width, memory) for _ in range(encoder_blocks)]
            self.encoder = nn.Sequential(*layers)
            self.fold_out = nn.Conv3d(widths[-1] * folds, latent_channels, 1)

        self.synthesis = nn.ConvTranspose3d(latent_channels, 3, block, stride=block, bias=False)
        self.unfold_in = nn.Conv3d(latent_channels, widths[-1] * folds, 1)
        layers = []
        for level in reversed(range(len(widths))):
            layers += [Block(widths[level], memory) for _ in range(decoder_blocks)]
            if level > 0:
                up = nn.Conv2d(widths[level], 4 * widths[level - 1], 1)
                layers.append(Framewise(nn.ReLU(), up, nn.PixelShuffle(2)))
        last = nn.Conv2d(widths[0], pixels, 3, padding=1)
        layers.append(Framewise(nn.ReLU(), last, nn.PixelShuffle(patch_size)))
        self.decoder = nn.Sequential(*layers)

        for name, layer in self.named_modules():
            if isinstance(layer, (nn.Conv2d, nn.Conv3d)) and not name.endswith(".out"):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        for layer in (last, *([] if self.encoder is None else [self.fold_out])):
            for start in layer.parameters():
                nn.init.zeros_(start)

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
        x_BCTHW = torch.cat([first_BCTHW, x], dim=2)
        z_BCLHW = self.analysis(x_BCTHW)
        if self.encoder is not None:
            z_BCLHW = z_BCLHW + self.fold_out(self._fold(self.encoder(x_BCTHW.transpose(1, 2))))
        return EncoderOutput(latents=z_BCLHW) if return_dict else (z_BCLHW,)

    def decode(
        self, z: Tensor, temb: Tensor | None = None, return_dict: bool = True
    ) -> DecoderOutput | tuple[Tensor]:
        """Decode latents (B, C, 1 + k, h, w) to a clip (B, 3, 1 + k * time_fold, H, W), about [-1, 1].

        `temb` is what the pipelines pass to decoders that take a timestep; it must be None.
        """
        assert temb is None
        net_BTCHW = self.decoder(self._unfold(self.unfold_in(z)))
        x_BCTHW = self.synthesis(z) + net_BTCHW.transpose(1, 2)
        x_BCTHW = x_BCTHW[:, :, self.config.time_fold - 1 :]
        return DecoderOutput(sample=x_BCTHW) if return_dict else (x_BCTHW,)

    def forward(self, x: Tensor, latent_noise: float = 0.0) -> Tensor:
        """Encode, add noise of so many standard deviations, decode: (B, 3, T, H, W) to the same shape."""
        z_BCLHW = self.encode(x).latents
        noise_BCLHW = torch.randn_like(z_BCLHW) * self.latents_std[:, None, None, None]
        return self.decode(z_BCLHW + latent_noise * noise_BCLHW).sample

    @torch.no_grad()
    def set_basis(self, x: Tensor) -> None:
        """Set the linear paths to the principal components of the blocks of a clip batch (B, 3, T, H, W).

        Frames before a whole number of blocks are left out. Latents come out with a variance of about 1 overall.
        """
        t, cell = self.config.time_fold, self.spatial_compression_ratio
        covariance_VV, count_N = torch.zeros((), dtype=torch.float64, device=x.device), 0
        for part in x[:, :, : x.shape[2] // t * t].split(
            16
        ):  # in parts: in float64 all blocks are many gigabytes
            part = part.unflatten(2, (-1, t)).unflatten(4, (-1, cell)).unflatten(6, (-1, cell))
            blocks_NV = part.permute(0, 2, 4, 6, 1, 3, 5, 7).flatten(4).flatten(0, 3).double()
            covariance_VV = covariance_VV + blocks_NV.T @ blocks_NV
            count_N += len(blocks_NV)
        values_V, vectors_VV = torch.linalg.eigh(covariance_VV / count_N)
        count = self.config.latent_channels
        basis_KV = vectors_VV.flip(1)[:, :count].T
        scale = (values_V.flip(0)[:count].mean()) ** -0.5
        shape = self.analysis.weight.shape
        self.analysis.weight.copy_((basis_KV * scale).reshape(shape))
        self.synthesis.weight.copy_((basis_KV / scale).reshape(shape))

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
