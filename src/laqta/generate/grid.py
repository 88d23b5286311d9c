"""Latents as tokens, and where each token stands in time and space, as diffusers' two LTX pipelines count it.

The pipelines disagree on time. `LTXPipeline` puts latent frame k at video frame k * time_fold;
`LTXConditionPipeline` at 1 + (k - 1) * time_fold, which is where its first frame really is. Our weights must serve
both, so training shows both and the engine uses the one of the pipeline that it stands for.

Shape suffixes: B batch, N tokens, C channels, L latent frames, H height, W width (of the latent).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from laqta.models.autoencoder import LaqtaAutoencoder
from laqta.shot import VideoShape


@dataclass(frozen=True, kw_only=True)
class LatentShape:
    """The latent of one clip: frames, height, width; and how many video frames and pixels each step of it is."""

    frames: int
    height: int
    width: int
    time_fold: int
    cell: int
    fps: int

    @classmethod
    def of(cls, video: VideoShape, autoencoder: LaqtaAutoencoder) -> "LatentShape":
        """The latent shape that `autoencoder` gives to clips of shape `video`."""
        time_fold, cell = autoencoder.temporal_compression_ratio, autoencoder.spatial_compression_ratio
        return cls(
            frames=1 + (video.frames - 1) // time_fold,
            height=video.height // cell,
            width=video.width // cell,
            time_fold=time_fold,
            cell=cell,
            fps=video.fps,
        )

    @property
    def tokens(self) -> int:
        """Number of tokens."""
        return self.frames * self.height * self.width

    @property
    def frame_tokens(self) -> int:
        """Number of tokens of one latent frame."""
        return self.height * self.width


def pack(z_BCLHW: Tensor) -> Tensor:
    """Lay latents out as tokens of shape (B, N, C), frame by frame, row by row."""
    return z_BCLHW.flatten(2).transpose(1, 2)


def unpack(tokens_BNC: Tensor, shape: LatentShape) -> Tensor:
    """Undo `pack`."""
    return tokens_BNC.transpose(1, 2).unflatten(2, (shape.frames, shape.height, shape.width))


def text_coords(shape: LatentShape) -> Tensor:
    """Coordinates (3, N) of a clip's tokens as `LTXPipeline` has them: seconds, then pixels down and across."""
    return _coords(shape, torch.arange(shape.frames) * shape.time_fold)


def condition_coords(shape: LatentShape) -> Tensor:
    """Coordinates (3, N) of a clip's tokens as `LTXConditionPipeline` has them."""
    return _coords(shape, ((torch.arange(shape.frames) - 1) * shape.time_fold + 1).clamp(min=0))


def frame_coords(shape: LatentShape, video_frame: int) -> Tensor:
    """Coordinates (3, H * W) of one single-frame latent that stands at `video_frame`, for the same pipeline."""
    return _coords(shape, torch.tensor([video_frame]))


def _coords(shape: LatentShape, video_frames: Tensor) -> Tensor:
    seconds = video_frames.float() / shape.fps
    down, across = torch.arange(shape.height) * shape.cell, torch.arange(shape.width) * shape.cell
    grid = torch.meshgrid(seconds, down.float(), across.float(), indexing="ij")
    return torch.stack(grid).flatten(1)
