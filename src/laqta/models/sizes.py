"""The sizes that Laqta comes in: which stock classes, how wide, for which clips."""

from dataclasses import dataclass
from typing import Any

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, LTXVideoTransformer3DModel
from torch import Tensor, nn
from transformers import T5Config, T5EncoderModel
from transformers.models.t5.modeling_t5 import T5Attention

from laqta.models.autoencoder import LaqtaAutoencoder
from laqta.shot import VideoShape

MAX_TEXT_TOKENS = 128
"""diffusers' LTX pipelines pad every prompt to this length, and their text encoder sees the padding."""


@dataclass(frozen=True, kw_only=True)
class ModelSize:
    """One size of the whole model. `shapes[0]` is the default; all shapes share one budget of tokens.

    `shift` moves the noise levels of training and sampling toward noise, for tokens that are alike
    (Stable Diffusion 3, https://arxiv.org/abs/2403.03206).
    """

    name: str
    shapes: tuple[VideoShape, ...]
    patch_size: int
    autoencoder_widths: tuple[int, ...]
    encoder_blocks: int
    decoder_blocks: int
    cell_channels: int
    space_fold: int
    memory: bool
    latent_channels: int
    heads: int
    head_dim: int
    layers: int
    text_width: int
    text_layers: int
    text_heads: int
    vocabulary: int
    shift: float

    @property
    def shape(self) -> VideoShape:
        """The default shape."""
        return self.shapes[0]


NANO = ModelSize(
    name="nano",
    shapes=(VideoShape(frames=9, height=64, width=64, fps=6),),
    patch_size=4,
    autoencoder_widths=(64, 128),
    encoder_blocks=1,
    decoder_blocks=2,
    cell_channels=12,
    space_fold=2,
    memory=False,
    latent_channels=128,
    heads=4,
    head_dim=64,
    layers=6,
    text_width=192,
    text_layers=2,
    text_heads=4,
    vocabulary=3072,
    shift=2.0,
)
"""What two CPU cores can train: 64 px, 48 tokens."""

MINI = ModelSize(
    name="mini",
    shapes=(
        VideoShape(frames=25, height=256, width=256, fps=12),
        VideoShape(frames=25, height=192, width=320, fps=12),
        VideoShape(frames=25, height=320, width=192, fps=12),
    ),
    patch_size=8,
    autoencoder_widths=(96, 128, 160),
    encoder_blocks=1,
    decoder_blocks=2,
    cell_channels=64,
    space_fold=1,
    memory=True,
    latent_channels=128,
    heads=6,
    head_dim=64,
    layers=8,
    text_width=256,
    text_layers=4,
    text_heads=4,
    vocabulary=4096,
    shift=2.5,
)
"""What one GPU trains in half an hour: 256 px, about 448 tokens."""

SPECK = ModelSize(
    name="speck",
    shapes=(VideoShape(frames=5, height=32, width=32, fps=4),),
    patch_size=4,
    autoencoder_widths=(16, 24),
    encoder_blocks=1,
    decoder_blocks=1,
    cell_channels=8,
    space_fold=2,
    memory=False,
    latent_channels=64,
    heads=2,
    head_dim=24,
    layers=2,
    text_width=32,
    text_layers=1,
    text_heads=2,
    vocabulary=700,
    shift=2.0,
)
"""A speck of a model with every part in place: tests and rehearsals train it in seconds."""

SIZES = {size.name: size for size in (NANO, MINI, SPECK)}


def build_autoencoder(size: ModelSize) -> LaqtaAutoencoder:
    """Build an untrained autoencoder."""
    return LaqtaAutoencoder(
        patch_size=size.patch_size,
        widths=size.autoencoder_widths,
        encoder_blocks=size.encoder_blocks,
        decoder_blocks=size.decoder_blocks,
        cell_channels=size.cell_channels,
        space_fold=size.space_fold,
        memory=size.memory,
        latent_channels=size.latent_channels,
    )


def build_transformer(size: ModelSize) -> LTXVideoTransformer3DModel:
    """Build an untrained diffusion transformer whose blocks and output begin as zero.

    Zero-initialised outputs make every block start as the identity (Goyal et al. 2017; DiT's adaLN-Zero,
    https://arxiv.org/abs/2212.09748); the stock class leaves them random.
    """
    width = size.heads * size.head_dim
    transformer = LTXVideoTransformer3DModel(
        in_channels=size.latent_channels,
        out_channels=size.latent_channels,
        patch_size=1,
        patch_size_t=1,
        num_attention_heads=size.heads,
        attention_head_dim=size.head_dim,
        cross_attention_dim=width,
        num_layers=size.layers,
        caption_channels=size.text_width,
    )
    for block in transformer.transformer_blocks:
        for out in (block.attn1.to_out[0], block.attn2.to_out[0], block.ff.net[2]):
            _zero(out)
    _zero(transformer.proj_out)
    return transformer


def build_text_encoder(size: ModelSize, vocabulary: int) -> T5EncoderModel:
    """Build an untrained T5 encoder (v1.1 layout) for a tokenizer of `vocabulary` pieces.

    Its attention begins with a sense of what stands near, in the manner of ALiBi (Press et al. 2022,
    https://arxiv.org/abs/2108.12409). T5 begins without one, and learns which words belong together last of all.
    """
    config: dict[str, Any] = {
        "vocab_size": vocabulary,
        "d_model": size.text_width,
        "d_kv": size.text_width // size.text_heads,
        "d_ff": 4 * size.text_width,
        "num_layers": size.text_layers,
        "num_heads": size.text_heads,
        "dropout_rate": 0.0,
        "feed_forward_proj": "gelu",
        "is_encoder_decoder": False,
        "use_cache": False,
    }
    encoder = T5EncoderModel(T5Config(**config))
    attention = encoder.encoder.block[0].layer[0].SelfAttention  # its table serves all blocks
    with torch.no_grad():
        attention.relative_attention_bias.weight.copy_(_nearness(attention, size.text_heads))
    return encoder


def build_scheduler(size: ModelSize) -> FlowMatchEulerDiscreteScheduler:
    """Build the Euler scheduler of the flow with this size's fixed shift."""
    return FlowMatchEulerDiscreteScheduler(shift=size.shift)


HEARING = ((0.4, -1), (0.4, 1), (0.1, 0), (0.0, 0))
"""How the heads of an untrained text encoder listen, by turns: what a step of distance takes from an attention logit,
and to which side alone (-1 back, 1 ahead, 0 both)."""
DEAF = 3.0
"""What the other side's logits lose."""


def _nearness(attention: T5Attention, heads: int) -> Tensor:
    """A table of attention biases (buckets of distance, heads)."""
    offset_R = torch.arange(-MAX_TEXT_TOKENS + 1, MAX_TEXT_TOKENS, device="cpu")
    bucket_R = attention._relative_position_bucket(
        offset_R,
        num_buckets=attention.relative_attention_num_buckets,
        max_distance=attention.relative_attention_max_distance,
    )
    table = torch.zeros(attention.relative_attention_num_buckets, heads, device="cpu")
    for bucket in bucket_R.unique().tolist():
        offset = offset_R[bucket_R == bucket].float().mean().item()
        for head in range(heads):
            slope, side = HEARING[head % len(HEARING)]
            table[bucket, head] = -slope * abs(offset) - DEAF * (side * offset < 0)
    return table


def _zero(layer: nn.Linear) -> None:
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
