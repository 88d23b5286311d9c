from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from laqta.models.autoencoder import LaqtaAutoencoder

KINDS = [
    {"encoder_blocks": 0, "memory": False},
    {"encoder_blocks": 1, "memory": False},
    {"encoder_blocks": 1, "memory": True},
]


def build(**changed: object) -> LaqtaAutoencoder:
    """A tiny autoencoder whose nets do something; it begins with nets of zero."""
    torch.manual_seed(0)
    given = {"patch_size": 2, "widths": (6, 8), "decoder_blocks": 1, "latent_channels": 10, **changed}
    autoencoder = LaqtaAutoencoder(**given)
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
    autoencoder = build(encoder_blocks=1, memory=True)
    z_BCLHW = autoencoder.encode(clip(9)).latents
    changed = z_BCLHW.clone()
    changed[:, :, 1] += 1
    apart = (
        (autoencoder.decode(changed).sample - autoencoder.decode(z_BCLHW).sample).abs().amax(dim=(0, 1, 3, 4))
    )
    assert (apart[:1] < 1e-6).all()
    assert (apart[1:6] > 1e-3).all()  # its own four frames and the one after
    without = build(encoder_blocks=1, memory=False)
    apart = (without.decode(changed).sample - without.decode(z_BCLHW).sample).abs().amax(dim=(0, 1, 3, 4))
    assert (apart[1:5] > 1e-3).all()
    assert (apart[5:] < 1e-6).all()


@pytest.mark.parametrize(("frames", "height", "width"), [(8, 16, 16), (9, 12, 16), (9, 16, 20), (2, 16, 16)])
def test_a_clip_that_does_not_fit_is_refused(frames: int, height: int, width: int) -> None:
    with pytest.raises(
        ValueError, match=f"{frames} frames of {width}x{height} does not fit.* multiples of 8"
    ):
        build().encode(clip(frames, height, width))


def linear(channels: int) -> LaqtaAutoencoder:
    """An untrained autoencoder with blocks of 4 x 2 x 2 pixels of 3 colours: 48 numbers."""
    torch.manual_seed(0)
    return LaqtaAutoencoder(
        patch_size=2, widths=(4,), decoder_blocks=1, space_fold=1, latent_channels=channels
    )


def scene() -> Tensor:
    """A clip that stands still, so that its first latent frame is made as the others are."""
    down, across = torch.meshgrid(torch.linspace(-1, 1, 16), torch.linspace(-1, 1, 16), indexing="ij")
    colours = torch.stack([down * across, (3 * down).sin(), (5 * across + down).cos()])
    grain = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(2)) * 0.2
    return (colours + grain).clamp(-1, 1)[None, :, None].expand(-1, -1, 9, -1, -1)


@torch.no_grad()
def test_a_whole_basis_loses_nothing() -> None:
    autoencoder = linear(48)
    autoencoder.set_basis(clip(12, 16, 16))
    assert torch.allclose(autoencoder(clip(13, 16, 16)), clip(13, 16, 16), atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("channels", [1, 4, 12])
def test_the_principal_basis_is_better_than_any_other(channels: int) -> None:
    def error(autoencoder: LaqtaAutoencoder) -> float:
        return (autoencoder(scene()) - scene()).square().mean().item()

    autoencoder = linear(channels)
    autoencoder.set_basis(scene())
    best = error(autoencoder)
    latents = autoencoder.encode(scene()).latents
    assert latents.square().mean().item() == pytest.approx(1, rel=1e-3)
    for seed in range(5):
        dice = torch.Generator().manual_seed(seed)
        basis_VV = torch.linalg.qr(torch.randn(48, 48, generator=dice))[0]
        for weight in (autoencoder.analysis.weight, autoencoder.synthesis.weight):
            weight.copy_(basis_VV[:channels].reshape(weight.shape))
        assert error(autoencoder) > best
    assert best < scene().square().mean()


@torch.no_grad()
def test_untrained_nets_add_nothing() -> None:
    autoencoder = LaqtaAutoencoder(patch_size=2, widths=(6, 8), encoder_blocks=1, latent_channels=10)
    latents = autoencoder.encode(clip(5)).latents
    assert torch.equal(latents[:, :, 1:], autoencoder.analysis(clip(5)[:, :, 1:]))
    assert torch.equal(autoencoder.decode(latents).sample, autoencoder.synthesis(latents)[:, :, 3:])


@torch.no_grad()
def test_it_comes_back_from_the_disk_the_same(tmp_path: Path) -> None:
    autoencoder = build(encoder_blocks=1, memory=True)
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
