"""Train the autoencoder: rendered clips in, a small latent that draws them again.

First encoder and decoder learn on single frames, mostly on crops round the things. Then the fold of neighbouring
cells is measured, and all parts learn on together with short clips, to live with what the fold leaves out. No
adversary and no perceptual net: L1 and L2 on pixels, L1 on their steps in space and time, heavier on things than on the
backdrop behind them.

Shape suffixes: B batch, C channels, T frames, H height, W width.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from laqta.models.autoencoder import LaqtaAutoencoder, with_noise
from laqta.models.card import Costs
from laqta.models.sizes import ModelSize, build_autoencoder
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
from laqta.train.optim import Rates, build_optimizers, step_all
from laqta.train.pool import FramePool, Stage, crop_on_things
from laqta.train.sheets import save_reconstructions

HELD_OUT_SEED = 900_000_000
"""Seeds from here on are for validation: no training pool reaches them."""


@dataclass(frozen=True, kw_only=True)
class VaeRecipe:
    """How the autoencoder is trained.

    `batch` counts frames of one step, `crop` is the side of crops in pixels, `crop_share` how many steps use them.
    From the fraction `fold_at` on a step sees clips of `window` frames. `noise`, in deviations of the latents, makes
    the decoder forgive what the transformer gets wrong.
    """

    budget: Budget
    batch: int
    crop: int
    crop_share: float
    window: int
    rates: Rates
    pool: int
    fresh: int
    fold_at: float = 0.65
    average: float = 0.998
    noise: float = 0.1
    thing_weight: float = 2.0
    gradient_weight: float = 0.5
    motion_weight: float = 0.3
    seed: int = 1


def fit_vae(
    recipe: VaeRecipe, size: ModelSize, stage: Stage, session: Session
) -> tuple[LaqtaAutoencoder, Costs | None]:
    """Train, or go on training, the autoencoder in its folder; costs are None when the session ended first.

    Where the folder holds one to begin from (`vae.start.pt`) only its decoder learns on: latents stay what they were.
    Returns the network with averaged weights and with its latents' mean and standard deviation set.
    """
    # ---- the network and what resumes it
    torch.manual_seed(recipe.seed)
    autoencoder = build_autoencoder(size).to(stage.device)
    started = session.folder / "vae.start.pt"
    only_decoder = started.is_file()
    if only_decoder:
        autoencoder.load_state_dict(load_state(started, stage.device))
        for fixed in (autoencoder.encoder, autoencoder.fold):
            fixed.requires_grad_(False)
    optimizers = build_optimizers(autoencoder, recipe.rates)
    average = Average(autoencoder, recipe.average)
    clock = Clock(recipe.budget, session.stop_at)
    log = Log(session.folder / "vae.jsonl", session.say)
    saved = session.folder / "vae.state"
    folded = only_decoder
    seeds = list(range(recipe.seed * 10_000_000, recipe.seed * 10_000_000 + recipe.pool))
    if saved.is_file():
        state = load_state(saved, stage.device)
        autoencoder.load_state_dict(state["network"])
        for optimizer, optimizer_state in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(optimizer_state)
        average.load(state["average"])
        clock.load(state["clock"])
        folded, seeds = state["folded"], state["seeds"]

    # ---- data
    pool = FramePool(stage, seeds, recipe.fresh)
    held_out, held_out_masks = stage.film(list(range(HELD_OUT_SEED, HELD_OUT_SEED + 24)))
    cost = StepCost(stage.device, clock.flop_per_step)
    if clock.steps == 0:
        log.write(step=0, held_out_psnr=psnr(redraw(autoencoder, held_out), held_out))

    while not clock.finished and not clock.must_stop:
        if not folded and clock.fraction >= recipe.fold_at:
            autoencoder.load_state_dict(average.shadow)
            autoencoder.set_fold(pool.frames_NCTHW[:400].float() / 127.5 - 1)
            average = Average(autoencoder, recipe.average)
            folded = True

        dice = step_dice(recipe.seed, clock.steps)
        torch.manual_seed(dice.initial_seed())  # of the latents' noise
        frames_BCTHW, masks_BTHW = _draw(recipe, pool, autoencoder, folded, dice)
        with cost.count(clock.steps), autocast(stage.device):
            if folded:
                drawn_BCTHW = autoencoder(frames_BCTHW, recipe.noise)
            else:
                drawn_BCTHW = autoencoder.from_cells(
                    with_noise(autoencoder.to_cells(frames_BCTHW), recipe.noise)
                )
            edges = min(1.0, max(0.0, (clock.fraction - 0.1) / 0.1))
            loss = reconstruction_loss(drawn_BCTHW.float(), frames_BCTHW, masks_BTHW, recipe, edges)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(autoencoder.parameters(), 1.0)
        step_all(optimizers, trapezoid(clock.fraction))
        average.update(autoencoder)
        clock.tick(len(frames_BCTHW))

        # ---- once in a while
        if clock.steps % 100 == 0:
            log.write(step=clock.steps, minutes=clock.seconds / 60, loss=loss.item())
        if clock.steps % 1000 == 0 and folded:
            autoencoder_now = averaged(size, average, stage.device)
            drawn = redraw(autoencoder_now, held_out)
            save_reconstructions(session.folder / "vae.png", held_out[:6], drawn[:6])
            log.write(
                step=clock.steps,
                held_out_psnr=psnr(drawn, held_out),
                held_out_psnr_things=psnr(drawn, held_out, held_out_masks),
            )
        if clock.save_due() or clock.must_stop or clock.finished:
            save_state(
                saved,
                network=autoencoder.state_dict(),
                optimizers=[optimizer.state_dict() for optimizer in optimizers],
                average=average.state(),
                clock=clock.state(),
                folded=folded,
                seeds=pool.seeds,
            )

    autoencoder = averaged(size, average, stage.device)
    if not only_decoder:
        measure_latents(autoencoder, held_out)
    log.write(step=clock.steps, held_out_psnr=psnr(redraw(autoencoder, held_out), held_out))
    learned = "decoder" if only_decoder else "autoencoder"
    return autoencoder, cost.card(learned, clock) if clock.finished else None


def averaged(size: ModelSize, average: Average, device: str) -> LaqtaAutoencoder:
    """A second autoencoder that holds the averaged weights."""
    autoencoder = build_autoencoder(size).to(device)
    autoencoder.load_state_dict(average.shadow)
    return autoencoder.eval()


def _draw(
    recipe: VaeRecipe, pool: FramePool, autoencoder: LaqtaAutoencoder, folded: bool, dice: Generator
) -> tuple[Tensor, Tensor]:
    """What one step sees: single frames, or once folded short clips; crops round things, or whole."""
    count = recipe.window if folded else 1
    frames_BCTHW, masks_BTHW = pool.draw(max(1, recipe.batch // count), dice)
    starts = torch.randint(frames_BCTHW.shape[2] - count + 1, (len(frames_BCTHW),), generator=dice).tolist()
    frames_BCTHW = torch.stack(
        [clip[:, at : at + count] for clip, at in zip(frames_BCTHW, starts, strict=True)]
    )
    masks_BTHW = torch.stack([clip[at : at + count] for clip, at in zip(masks_BTHW, starts, strict=True)])
    if torch.rand(1, generator=dice).item() < recipe.crop_share:
        cell = autoencoder.spatial_compression_ratio
        frames_BCTHW, masks_BTHW = crop_on_things(frames_BCTHW, masks_BTHW, recipe.crop, cell, dice)
    else:
        height, width = frames_BCTHW.shape[-2:]
        share = max(1, round(len(frames_BCTHW) * recipe.crop**2 / (height * width)))
        frames_BCTHW, masks_BTHW = frames_BCTHW[:share], masks_BTHW[:share]
    return frames_BCTHW.float() / 127.5 - 1, masks_BTHW


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
    in_time = error.diff(dim=2).abs().sum() / error.numel()  # single frames have none
    return loss + edges * recipe.motion_weight * in_time


def psnr(drawn: Tensor, wanted: Tensor, masks_BTHW: Tensor | None = None) -> float:
    """Peak signal-to-noise ratio in dB of clips in [-1, 1], over all of them, or over the masks alone."""
    square = (drawn.clamp(-1, 1) - wanted).square()
    if masks_BTHW is not None:
        square = square[masks_BTHW[:, None].expand_as(square)]
    return float(10 * torch.log10(4 / square.mean()))


@torch.no_grad()
def redraw(autoencoder: LaqtaAutoencoder, frames_BCTHW: Tensor) -> Tensor:
    """Encode and decode clips, a few at a time."""
    return torch.cat([autoencoder(part) for part in frames_BCTHW.split(8)])


@torch.no_grad()
def measure_latents(autoencoder: LaqtaAutoencoder, frames_BCTHW: Tensor) -> None:
    """Set the buffers that the pipelines normalise latents with: each channel's mean, one deviation for all.

    One for all, because the decoder was trained with noise that is equally loud everywhere: what it holds dear
    already is loud.
    """
    latents = torch.cat([autoencoder.encode(part).latents for part in frames_BCTHW.split(8)])
    mean_C = latents.mean(dim=(0, 2, 3, 4))
    autoencoder.latents_mean.copy_(mean_C)
    autoencoder.latents_std.fill_((latents - mean_C[:, None, None, None]).square().mean().sqrt())
