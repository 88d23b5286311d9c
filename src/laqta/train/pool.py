"""Clips to learn from: frames rendered as they are needed, and latents encoded once and drawn many times.

A clip is known by its seed alone: `sample_shot(seed, world)` gives its shot back, so pools store no captions.

Shape suffixes: B batch, N clips in the pool, I instances (0 the backdrop), T frames, C channels, H height, W width,
L latent frames.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from laqta.generate.grid import LatentShape
from laqta.models.autoencoder import LaqtaAutoencoder
from laqta.shot import VideoShape
from laqta.train.checkpoint import load_state, save_state
from laqta.train.ends import ahead, ends_of
from laqta.world.props import PropBank
from laqta.world.render import render
from laqta.world.sample import WorldSpec, sample_shot

SHARD = 2000
"""Clips in one file of a latent pool."""
CPU_BATCH, GPU_BATCH = 20, 100
"""Clips that are rendered and encoded at once: few lie in a processor's cache, many keep a GPU busy."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where clips come from: a world, the pictures of its props, the clip's shape and the device."""

    world: WorldSpec
    bank: PropBank
    shape: VideoShape
    device: str

    def film(self, seeds: list[int]) -> tuple[Tensor, Tensor]:
        """Render shots by seed: frames (B, 3, T, H, W) in [-1, 1], and a mask (B, T, H, W) of where things are."""
        footage = self.film_instances(seeds)
        return footage.frames_BCTHW, footage.instance_BTHW > 0

    def film_instances(self, seeds: list[int]) -> "Footage":
        """The same with what is known of every pixel."""
        shots = [sample_shot(seed, self.world) for seed in seeds]
        renders = render(shots, self.shape, self.bank, self.world, seeds, device=self.device)
        place = {kind: at + 1 for at, kind in enumerate(self.world.props)}
        kinds = [
            [0, *(place[shot.cast[actor].kind] if actor >= 0 else 0 for actor in actors)]
            for shot, actors in zip(shots, renders.actor_BN.tolist(), strict=True)
        ]
        return Footage(
            frames_BCTHW=renders.frames_BTCHW.transpose(1, 2) * 2 - 1,
            instance_BTHW=renders.instance_BTHW,
            kinds_BI=torch.tensor(kinds, device=self.device),
            ahead_BTHW=ahead(shots, renders),
        )


@dataclass(frozen=True, kw_only=True)
class Footage:
    """Rendered clips and what is known of every pixel.

    `frames_BCTHW` in [-1, 1]; `instance_BTHW` 0 for the backdrop, n + 1 for thing n; `kinds_BI` what each instance
    is: the place of its kind in the world's props, plus 1, or 0 for the backdrop; `ahead_BTHW` how far a pixel lies
    toward the front of its thing, from -1 (its back) to 1, and 0 where there is neither.
    """

    frames_BCTHW: Tensor
    instance_BTHW: Tensor
    kinds_BI: Tensor
    ahead_BTHW: Tensor


class FramePool:
    """A few hundred rendered clips in memory, of which every draw replaces some by fresh ones.

    On a slow machine each clip is thus seen a handful of times from different crops, on a fast one once.
    """

    def __init__(self, stage: Stage, seeds: list[int], fresh: int) -> None:
        self.stage = stage
        self.fresh = fresh
        self.seeds = list(seeds)
        """The shots that are in it now; a pool of these is this pool."""
        batches = [self._render(self.seeds[at : at + 16]) for at in range(0, len(seeds), 16)]
        self.frames_NCTHW = torch.cat([frames for frames, _ in batches])
        self.masks_NTHW = torch.cat([masks for _, masks in batches])

    def draw(self, count: int, dice: Generator) -> tuple[Tensor, Tensor]:
        """Take `count` clips by chance, as 8-bit frames and masks, after replacing `fresh` of them."""
        if self.fresh:
            spots, seeds = renew(self.seeds, self.fresh, dice)
            spots = spots.to(self.stage.device)
            self.frames_NCTHW[spots], self.masks_NTHW[spots] = self._render(seeds)
        picks = torch.randint(len(self.seeds), (count,), generator=dice).to(self.stage.device)
        return self.frames_NCTHW[picks], self.masks_NTHW[picks]

    def _render(self, seeds: list[int]) -> tuple[Tensor, Tensor]:
        frames, masks = self.stage.film(seeds)
        return ((frames + 1) * 127.5).round().clamp(0, 255).to(torch.uint8), masks


def renew(seeds: list[int], fresh: int, dice: Generator) -> tuple[Tensor, list[int]]:
    """Replace `fresh` of a pool's seeds, in place, by the next ones; returns which spots changed, and to what."""
    spots = torch.randperm(len(seeds), generator=dice)[:fresh]
    newest = max(seeds)
    new = list(range(newest + 1, newest + 1 + fresh))
    for spot, seed in zip(spots.tolist(), new, strict=True):
        seeds[spot] = seed
    return spots, new


def crop_on_things(
    frames_BCTHW: Tensor, masks_BTHW: Tensor, side: int, cell: int, dice: Generator
) -> tuple[Tensor, Tensor]:
    """Cut a square of `side` pixels round a random pixel of a thing, the same in every frame of a clip.

    Corners lie on multiples of `cell`, so that crops meet the autoencoder's grid as whole frames do.
    """
    height, width = frames_BCTHW.shape[-2:]
    spots_BP = masks_BTHW.any(1).flatten(1).cumsum(1)  # at pixel p: how many of the clip's spots lie up to it
    nth_B, jitters = [], []
    for count in spots_BP[:, -1].tolist():
        nth_B.append(int(torch.randint(count, (1,), generator=dice)) if count else -1)
        jitters.append(torch.randint(-side // 4, side // 4 + 1, (2,), generator=dice).tolist())
    wanted_B1 = torch.tensor(nth_B, device=spots_BP.device)[:, None] + 1
    pixels = torch.searchsorted(spots_BP, wanted_B1)[:, 0].tolist()
    frames, masks = [], []
    for clip in range(len(frames_BCTHW)):
        down, across = divmod(pixels[clip], width) if nth_B[clip] >= 0 else (height // 2, width // 2)
        top = _snap(down + jitters[clip][0] - side // 2, height - side, cell)
        left = _snap(across + jitters[clip][1] - side // 2, width - side, cell)
        frames.append(frames_BCTHW[clip, :, :, top : top + side, left : left + side])
        masks.append(masks_BTHW[clip, :, top : top + side, left : left + side])
    return torch.stack(frames), torch.stack(masks)


def _snap(start: int, most: int, cell: int) -> int:
    return max(0, min(most, start)) // cell * cell


@dataclass(frozen=True, kw_only=True)
class LatentPool:
    """Encoded clips of one shape, clip n being the shot of seed `first_seed + n`.

    `latents_NCLHW` are as the encoder gave them; `last_NC1HW` the clip's last frame encoded alone, for
    conditioning on it; `things_NLHW` the share of each latent position that things cover, 0 to 1; `kinds_NLHW`
    (uint8) what covers most of it: the place of the kind in the world's props, plus 1, or 0 for the backdrop;
    `ends_NLHW` (uint8) which end of a thing that is: one of `ENDS`.
    """

    first_seed: int
    latents_NCLHW: Tensor
    last_NC1HW: Tensor
    things_NLHW: Tensor
    kinds_NLHW: Tensor
    ends_NLHW: Tensor

    def __len__(self) -> int:
        return len(self.latents_NCLHW)


@torch.no_grad()
def fill_latents(
    autoencoder: LaqtaAutoencoder,
    stage: Stage,
    count: int,
    folder: Path,
    first_seed: int,
    on_shard: Callable[[int, int], bool],
    until: float | None = None,
) -> LatentPool | None:
    """Render and encode `count` clips, shard by shard, keeping the whole shards that are on the disk already.

    After the moment `until` (`time.monotonic`) no shard is made any more, but the first: the pool is then smaller.
    `on_shard(done, count)` is called after each; it answers whether to stop here (then the result is None).
    """
    shape = LatentShape.of(stage.shape, autoencoder)
    shards: list[dict[str, Tensor]] = []
    for start in range(0, count, SHARD):
        path = folder / f"latents-{stage.shape.width}x{stage.shape.height}-{first_seed + start}.pt"
        seeds = range(first_seed + start, first_seed + min(start + SHARD, count))
        kept = load_state(path, stage.device) if path.is_file() else None
        stale = kept is not None and "ends_NLHW" not in kept  # written before pools knew of ends
        if kept is None or stale or len(kept["latents_NCLHW"]) < len(seeds):  # the last of a smaller pool
            if shards and until is not None and time.monotonic() >= until:
                break
            at_once = GPU_BATCH if stage.device.startswith("cuda") else CPU_BATCH
            batches = [
                _encode(autoencoder, stage, shape, list(seeds[at : at + at_once]))
                for at in range(0, len(seeds), at_once)
            ]
            save_state(path, **{key: torch.cat([batch[key] for batch in batches]) for key in batches[0]})
            kept = load_state(path, stage.device)
        shards.append(kept)
        if on_shard(min(start + SHARD, count), count):
            return None
    joined = {key: torch.cat([shard[key] for shard in shards]) for key in shards[0]}
    return LatentPool(first_seed=first_seed, **joined)


def _encode(
    autoencoder: LaqtaAutoencoder, stage: Stage, shape: LatentShape, seeds: list[int]
) -> dict[str, Tensor]:
    footage = stage.film_instances(seeds)
    frames_BCTHW = footage.frames_BCTHW
    slots_I111 = torch.arange(footage.kinds_BI.shape[1], device=frames_BCTHW.device)[:, None, None, None]
    share_BILHW = _folded((footage.instance_BTHW[:, None] == slots_I111).float(), shape)
    most_BLHW = share_BILHW.argmax(dim=1)
    kinds_BLHW = footage.kinds_BI.gather(1, most_BLHW.flatten(1)).view_as(most_BLHW)
    things_BLHW = 1 - share_BILHW[:, 0]
    ahead_BLHW = _folded(footage.ahead_BTHW[:, None], shape)[:, 0] / things_BLHW.clamp(min=1e-3)
    return {
        "latents_NCLHW": autoencoder.encode(frames_BCTHW).latents.half().cpu(),
        "last_NC1HW": autoencoder.encode(frames_BCTHW[:, :, -1:]).latents.half().cpu(),
        "things_NLHW": things_BLHW.half().cpu(),
        "kinds_NLHW": kinds_BLHW.to(torch.uint8).cpu(),
        "ends_NLHW": ends_of(ahead_BLHW, things_BLHW).to(torch.uint8).cpu(),
    }


def _folded(pixels_BITHW: Tensor, shape: LatentShape) -> Tensor:
    """What is known of pixels as means over latent positions (B, I, L, H, W); the first frame stands alone."""
    lead_BITHW = pixels_BITHW[:, :, :1].expand(-1, -1, shape.time_fold - 1, -1, -1)
    return F.avg_pool3d(
        torch.cat([lead_BITHW, pixels_BITHW], dim=2), (shape.time_fold, shape.cell, shape.cell)
    )
