from __future__ import annotations

import pytest
import torch

from laqta.generate.grid import LatentShape, pack
from laqta.models.sizes import (
    MAX_TEXT_TOKENS,
    SIZES,
    SPECK,
    ModelSize,
    build_autoencoder,
    build_scheduler,
    build_text_encoder,
    build_transformer,
)

MILLION = 1_000_000


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_all_shapes_of_a_size_share_one_budget_of_tokens(size: ModelSize) -> None:
    with torch.device("meta"):
        autoencoder = build_autoencoder(size)
    tokens = [LatentShape.of(shape, autoencoder).tokens for shape in size.shapes]
    assert tokens[0] == {"nano": 48, "mini": 448, "speck": 8}[size.name]
    assert max(tokens) == tokens[0]
    assert min(tokens) > 0.9 * tokens[0]
    for shape in size.shapes:
        assert shape.width % autoencoder.spatial_compression_ratio == 0
        assert shape.height % autoencoder.spatial_compression_ratio == 0
        assert (shape.frames - 1) % autoencoder.temporal_compression_ratio == 0


@pytest.mark.parametrize(("name", "most"), [("nano", 12), ("mini", 32)])
def test_a_size_fits_the_repository(name: str, most: float) -> None:
    """In bfloat16, 32 million parameters are 64 MB, the budget of all weights."""
    size = SIZES[name]
    with torch.device("meta"):
        parts = (build_autoencoder(size), build_transformer(size), build_text_encoder(size, size.vocabulary))
    assert sum(weight.numel() for part in parts for weight in part.parameters()) < most * MILLION


@torch.no_grad()
def test_an_untrained_transformer_says_nothing_yet() -> None:
    """Its output, and what each block adds, begin as zero."""
    transformer = build_transformer(SPECK)
    autoencoder = build_autoencoder(SPECK)
    shape = LatentShape.of(SPECK.shape, autoencoder)
    tokens_BNC = pack(torch.randn(2, SPECK.latent_channels, shape.frames, shape.height, shape.width))
    given = {
        "encoder_hidden_states": torch.randn(2, 4, SPECK.text_width),
        "encoder_attention_mask": torch.ones(2, 4),
        "timestep": torch.full((2, shape.tokens), 500.0),
        "video_coords": torch.zeros(2, 3, shape.tokens),
        "return_dict": False,
    }
    assert not transformer(tokens_BNC, **given)[0].any()
    torch.nn.init.ones_(transformer.proj_out.bias)
    assert (transformer(tokens_BNC, **given)[0] == 1).all()


def test_the_text_encoder_is_a_stock_t5_without_chance() -> None:
    encoder = build_text_encoder(SPECK, 300)
    ids = torch.randint(0, 300, (2, MAX_TEXT_TOKENS))
    assert encoder(ids)[0].shape == (2, MAX_TEXT_TOKENS, SPECK.text_width)
    assert torch.equal(encoder(ids)[0], encoder(ids)[0])  # in training mode: no dropout


def test_the_scheduler_moves_toward_noise() -> None:
    scheduler = build_scheduler(SPECK)
    scheduler.set_timesteps(sigmas=[1.0, 0.5])
    assert scheduler.sigmas.tolist() == pytest.approx([1, 2 / 3, 0])


@torch.no_grad()
def test_an_untrained_text_encoder_hears_what_stands_near() -> None:
    """By turns its heads listen back, ahead, to both sides, and to everything alike."""
    attention = build_text_encoder(SIZES["nano"], 700).encoder.block[0].layer[0].SelfAttention
    back, ahead, near, all_alike = attention.compute_bias(21, 21)[0, :, 10]
    assert back[2:11].diff().min() > 0 and back[:3].unique().numel() == 1  # far distances share a bucket
    assert back[11] < back[4]  # the very next token is further away than six back
    assert torch.equal(ahead, back.flip(0))
    assert near.argmax() == 10 and near.min() > back.min()
    assert not all_alike.any()
