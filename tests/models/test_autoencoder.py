from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from laqta.models.autoencoder import LaqtaAutoencoder, with_noise

KINDS = [{"memory": False}, {"memory": True}]


def build(**changed: object) -> LaqtaAutoencoder:
    """A tiny autoencoder whose blocks do something; they begin as the identity."""
    torch.manual_seed(0)
    given = {
        "patch_size": 2,
        "widths": (6, 8),
        "decoder_blocks": 1,
        "cell_channels": 3,
        "latent_channels": 10,
    }
    autoencoder = LaqtaAutoencoder(**(given | changed))
    for weight in autoencoder.parameters():
        if not weight.any():
            torch.nn.init.normal_(weight, std=0.1)
    return autoencoder.eval()


def clip(frames: int, height: int = 16, width: int = 24) -> Tensor:
    return torch.rand(2, 3, frames, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_a_clip_becomes_latents_and_a_clip_again(kind: dict[str, object]) -> None:
    autoencoder = build(**kind)
    assert (autoencoder.spatial_compression_ratio, autoencoder.temporal_compression_ratio) == (8, 4)
    latents = autoencoder.encode(clip(9)).latents
    assert latents.shape == (2, 10, 3, 2, 3)
    assert autoencoder.decode(latents).sample.shape == (2, 3, 9, 16, 24)
    assert torch.equal(autoencoder.decode(latents, return_dict=False)[0], autoencoder.decode(latents).sample)
    assert torch.equal(autoencoder.encode(clip(9), return_dict=False)[0], latents)
    assert autoencoder(clip(9)).shape == (2, 3, 9, 16, 24)


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_the_first_latent_frame_is_the_first_frame_alone(kind: dict[str, object]) -> None:
    """So that a picture conditions as a clip's own beginning does."""
    autoencoder = build(**kind)
    whole, first = autoencoder.encode(clip(9)).latents, autoencoder.encode(clip(9)[:, :, :1]).latents
    assert first.shape == (2, 10, 1, 2, 3)
    assert torch.allclose(whole[:, :, :1], first, atol=1e-5)
    assert not torch.allclose(whole[:, :, 1:2], first, atol=1e-2)
    assert torch.allclose(
        autoencoder.decode(whole).sample[:, :, :1], autoencoder.decode(first).sample, atol=1e-5
    )


@torch.no_grad()
def test_memory_sees_the_frame_before_and_none_after() -> None:
    autoencoder = build(memory=True)
    z_BCLHW = autoencoder.encode(clip(9)).latents
    changed = z_BCLHW.clone()
    changed[:, :, 1] += 1
    apart = (
        (autoencoder.decode(changed).sample - autoencoder.decode(z_BCLHW).sample).abs().amax(dim=(0, 1, 3, 4))
    )
    assert (apart[:1] < 1e-6).all()
    assert (apart[1:6] > 1e-3).all()  # its own four frames and the one after
    without = build(memory=False)
    apart = (without.decode(changed).sample - without.decode(z_BCLHW).sample).abs().amax(dim=(0, 1, 3, 4))
    assert (apart[1:5] > 1e-3).all()
    assert (apart[5:] < 1e-6).all()


@pytest.mark.parametrize(("frames", "height", "width"), [(8, 16, 16), (9, 12, 16), (9, 16, 20), (2, 16, 16)])
def test_a_clip_that_does_not_fit_is_refused(frames: int, height: int, width: int) -> None:
    with pytest.raises(
        ValueError, match=f"{frames} frames of {width}x{height} does not fit.* multiples of 8"
    ):
        build().encode(clip(frames, height, width))


def cells_of(autoencoder: LaqtaAutoencoder, frames: Tensor) -> Tensor:
    """What the decoder is given: the cells after fold and unfold."""
    z_BCLHW = autoencoder.encode(frames).latents
    return autoencoder._scatter(autoencoder.unfold(z_BCLHW))[:, 3:]


@torch.no_grad()
def test_a_whole_fold_loses_nothing() -> None:
    autoencoder = build(latent_channels=3 * 4 * 2 * 2)
    autoencoder.set_fold(clip(13))
    assert torch.allclose(cells_of(autoencoder, clip(9)), autoencoder.to_cells(clip(9)), atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("channels", [1, 4, 12])
def test_the_measured_fold_is_better_than_any_other(channels: int) -> None:
    autoencoder = build(latent_channels=channels)
    frames = clip(13)

    def lost() -> float:
        kept, wanted = cells_of(autoencoder, frames)[:, 1:], autoencoder.to_cells(frames)[:, 1:]
        return (kept - wanted).square().mean().item()

    autoencoder.set_fold(frames)
    best = lost()
    whole = autoencoder.to_cells(frames)[:, 1:]
    assert best < (whole - whole.mean()).square().mean()
    for seed in range(5):
        dice = torch.Generator().manual_seed(seed)
        basis_VV = torch.linalg.qr(torch.randn(48, 48, generator=dice))[0]
        autoencoder.fold.weight.copy_(basis_VV[:channels, :, None, None, None])
        autoencoder.unfold.weight.copy_(basis_VV[:channels].T[..., None, None, None])
        autoencoder.unfold.bias.zero_()
        assert lost() > best


def test_noise_is_as_loud_as_the_latents_are() -> None:
    torch.manual_seed(0)
    for loudness in (0.1, 10.0):
        z = torch.randn(4, 8, 3, 6, 6) * loudness
        assert ((with_noise(z, 0.2) - z).std() / z.std()).item() == pytest.approx(0.2, rel=0.05)
    assert torch.equal(with_noise(z, 0.0), z)


@torch.no_grad()
def test_it_comes_back_from_the_disk_the_same(tmp_path: Path) -> None:
    autoencoder = build(memory=True)
    autoencoder.latents_mean.fill_(0.5)
    autoencoder.save_pretrained(tmp_path)
    again = LaqtaAutoencoder.from_pretrained(tmp_path)
    assert again.config.widths == [6, 8] or again.config.widths == (6, 8)
    assert torch.equal(again.latents_mean, autoencoder.latents_mean)
    assert torch.equal(again(clip(5)), autoencoder(clip(5)))


def test_it_holds_what_the_pipelines_ask_of_an_autoencoder() -> None:
    autoencoder = build()
    assert autoencoder.config.scaling_factor == 1.0
    assert autoencoder.config.timestep_conditioning is False
    assert autoencoder.dtype == torch.float32
    assert autoencoder.latents_mean.shape == autoencoder.latents_std.shape == (10,)
