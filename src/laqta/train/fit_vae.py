"""Train the autoencoder: rendered clips in, a small latent that draws them again.

No adversary and no perceptual net: L1 on pixels, on their gradients in space and in time, heavier on things
than on the backdrop behind them, mostly on crops round the things (docs/log.md has what the crops bring).

Shape suffixes: B batch, C channels, T frames, H height, W width.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from laqta.models.autoencoder import LaqtaAutoencoder
from laqta.models.sizes import ModelSize, build_autoencoder
from laqta.models.weights import Costs
from laqta.train.checkpoint import (
    Average,
    Budget,
    Clock,
    Log,
    Session,
    load_state,
    save_state,
    step_dice,
    trapezoid,
)
from laqta.train.cost import StepCost
from laqta.train.device import autocast
from laqta.train.pool import FramePool, Stage, crop_on_things
from laqta.train.sheets import save_reconstructions

HELD_OUT_SEED = 900_000_000
"""Seeds from here on are for validation: no training pool reaches them."""


@dataclass(frozen=True, kw_only=True)
class VaeRecipe:
    """How the autoencoder is trained. `crop` is the side of the crops in pixels, `crop_share` how many steps use it."""

    budget: Budget
    batch: int
    crop: int
    crop_share: float
    rate: float
    pool: int
    fresh: int
    average: float = 0.998
    latent_noise: float = 0.03
    thing_weight: float = 2.0
    gradient_weight: float = 0.5
    motion_weight: float = 0.3
    seed: int = 1


def fit_vae(
    recipe: VaeRecipe, size: ModelSize, stage: Stage, session: Session
) -> tuple[LaqtaAutoencoder, Costs | None]:
    """Train, or go on training, the autoencoder in its folder; costs are None when the session ended first.

    Returns the network with averaged weights and with its latents' mean and standard deviation set.
    """
    # ---- the network and what resumes it
    torch.manual_seed(recipe.seed)
    autoencoder = build_autoencoder(size).to(stage.device)
    trained = [
        p for name, p in autoencoder.named_parameters() if size.encoder_blocks or "analysis" not in name
    ]
    optimizer = torch.optim.AdamW(trained, lr=recipe.rate, betas=(0.9, 0.99), weight_decay=0.0)
    average = Average(autoencoder, recipe.average)
    clock = Clock(recipe.budget, session.stop_at)
    log = Log(session.folder / "vae.jsonl", session.say)
    saved = session.folder / "vae.state"
    if saved.is_file():
        state = load_state(saved, stage.device)
        autoencoder.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        average.load(state["average"])
        clock.load(state["clock"])

    # ---- data
    first_seed = recipe.seed * 10_000_000 + clock.steps * recipe.fresh
    pool = FramePool(stage, recipe.pool, recipe.fresh, first_seed)
    held_out, _held_masks = stage.film(list(range(HELD_OUT_SEED, HELD_OUT_SEED + 24)))
    cost = StepCost(stage.device)
    if clock.steps == 0:
        autoencoder.set_basis(pool.frames_NCTHW[:400].float() / 127.5 - 1)
        measure_latents(autoencoder, held_out)
        average = Average(autoencoder, recipe.average)
        log.write(step=0, held_out_psnr=psnr(_draw(autoencoder, held_out), held_out))

    while not clock.finished and not clock.must_stop:
        dice = step_dice(recipe.seed, clock.steps)
        frames_BCTHW, masks_BTHW = pool.draw(recipe.batch, dice)
        if torch.rand(1, generator=dice).item() < recipe.crop_share:
            cell = autoencoder.spatial_compression_ratio
            frames_BCTHW, masks_BTHW = crop_on_things(frames_BCTHW, masks_BTHW, recipe.crop, cell, dice)
        else:
            share = max(1, round(recipe.batch * recipe.crop**2 / (stage.shape.height * stage.shape.width)))
            frames_BCTHW, masks_BTHW = frames_BCTHW[:share], masks_BTHW[:share]

        with cost.count(clock.steps), autocast(stage.device, convolutions=True):
            drawn_BCTHW = autoencoder(frames_BCTHW, latent_noise=recipe.latent_noise)
            edges = min(1.0, max(0.0, (clock.fraction - 0.1) / 0.1))
            loss = reconstruction_loss(drawn_BCTHW.float(), frames_BCTHW, masks_BTHW, recipe, edges)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(autoencoder.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * trapezoid(clock.fraction)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.update(autoencoder)
        clock.tick(len(frames_BCTHW))

        # ---- once in a while
        if clock.steps % 100 == 0:
            log.write(step=clock.steps, minutes=clock.seconds / 60, loss=loss.item())
        if clock.steps % 500 == 0:
            log.write(step=clock.steps, held_out_psnr=_check(autoencoder, average, held_out, session.folder))
        if clock.save_due() or clock.must_stop or clock.finished:
            save_state(
                saved,
                network=autoencoder.state_dict(),
                optimizer=optimizer.state_dict(),
                average=average.state(),
                clock=clock.state(),
            )

    autoencoder.load_state_dict(average.shadow)
    autoencoder.eval()
    measure_latents(autoencoder, held_out)
    log.write(step=clock.steps, held_out_psnr=psnr(_draw(autoencoder, held_out), held_out))
    return autoencoder, cost.card("autoencoder", clock) if clock.finished else None


def reconstruction_loss(
    drawn: Tensor, wanted: Tensor, masks_BTHW: Tensor, recipe: VaeRecipe, edges: float
) -> Tensor:
    """L1 and L2 of pixels, `edges` times L1 of their steps right, down and in time; things weigh more. A scalar.

    The steps' part must come later: an L1 on steps alone is content with a flat picture and holds training there.
    """
    weight = 1 + recipe.thing_weight * masks_BTHW[:, None].float()
    weight = weight / weight.mean()
    error = drawn - wanted
    loss = (weight * (error.abs() + error.square())).mean()
    for axis in (3, 4):
        loss = loss + edges * recipe.gradient_weight * error.diff(dim=axis).abs().mean()
    return loss + edges * recipe.motion_weight * error.diff(dim=2).abs().mean()


def psnr(drawn: Tensor, wanted: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of clips in [-1, 1], over all of them."""
    mean_square = (drawn.clamp(-1, 1) - wanted).square().mean()
    return float(10 * torch.log10(4 / mean_square))


@torch.no_grad()
def _draw(autoencoder: LaqtaAutoencoder, frames_BCTHW: Tensor) -> Tensor:
    return torch.cat([autoencoder(part) for part in frames_BCTHW.split(8)])


def _check(autoencoder: LaqtaAutoencoder, average: Average, held_out: Tensor, folder: Path) -> float:
    """PSNR of the averaged weights on held-out clips, with a sheet of them."""
    now = {name: value.clone() for name, value in autoencoder.state_dict().items()}
    autoencoder.load_state_dict(average.shadow)
    drawn = _draw(autoencoder, held_out)
    autoencoder.load_state_dict(now)
    save_reconstructions(folder / "vae.png", held_out[:6], drawn[:6])
    return psnr(drawn, held_out)


@torch.no_grad()
def measure_latents(autoencoder: LaqtaAutoencoder, frames_BCTHW: Tensor) -> None:
    """Set the buffers that the pipelines normalise latents with: each channel's mean and standard deviation."""
    latents = torch.cat([autoencoder.encode(part).latents for part in frames_BCTHW.split(8)])
    autoencoder.latents_mean.copy_(latents.mean(dim=(0, 2, 3, 4)))
    autoencoder.latents_std.copy_(latents.std(dim=(0, 2, 3, 4)).clamp(min=1e-3))
