from __future__ import annotations

import torch

from laqta.generate.engine import Engine
from laqta.generate.grid import LatentShape, condition_coords, frame_coords, pack, text_coords, unpack
from laqta.shot import VideoShape

SHAPE = LatentShape(frames=3, height=2, width=4, time_fold=4, cell=16, fps=8)


def test_the_latent_shape_follows_from_the_autoencoder(engine: Engine) -> None:
    shape = LatentShape.of(VideoShape(frames=9, height=32, width=64, fps=8), engine.parts.autoencoder)
    assert shape == SHAPE
    assert (shape.tokens, shape.frame_tokens) == (24, 8)


def test_unpacking_undoes_packing() -> None:
    z_BCLHW = torch.randn(2, 5, 3, 2, 4)
    tokens_BNC = pack(z_BCLHW)
    assert tokens_BNC.shape == (2, 24, 5)
    assert torch.equal(unpack(tokens_BNC, SHAPE), z_BCLHW)
    assert torch.equal(tokens_BNC[1, 8 + 4 + 2], z_BCLHW[1, :, 1, 1, 2])  # frame by frame, row by row


def test_the_two_pipelines_count_time_differently() -> None:
    text, condition = text_coords(SHAPE), condition_coords(SHAPE)
    assert text.shape == condition.shape == (3, 24)
    assert text[0, ::8].tolist() == [0, 0.5, 1.0]  # latent frame k at video frame 4 k
    assert condition[0, ::8].tolist() == [0, 0.125, 0.625]  # and where its first frame really is
    assert torch.equal(text[1:], condition[1:])
    assert text[1, :8].tolist() == [0] * 4 + [16] * 4
    assert text[2, :8].tolist() == [0, 16, 32, 48] * 2
    assert frame_coords(SHAPE, 8)[0].tolist() == [1.0] * 8
