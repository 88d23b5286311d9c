"""How good do clips look? The autoencoder alone, and filmed clips as a set beside true ones.

The floor of each distance is what two sets of true renders of the same size are apart; the truth's own flicker and
jitter stand beside the model's.

Shape suffixes: B clips, T frames, H height, W width, C channels, N rows, D features.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray

from laqta.bench.distances import edge_f1, frechet, kernel_distance, nearest, psnr, ssim
from laqta.bench.judge import Frames, see
from laqta.bench.report import About, about, table, write_results
from laqta.bench.subjects import (
    FILMED_AT_ONCE,
    Progress,
    Subject,
    bench_seeds,
    bench_shots,
    film_clips,
    open_subject,
    said_in_turn,
    true_clips,
)
from laqta.language.lexicon import LANGUAGES
from laqta.models.judge import Judge, Sighting
from laqta.train.recipes import RECIPES
from laqta.train.run import first_pool_seed
from laqta.world.render import render

CLIPS = 300
TRAINING_CLIPS = 1000
"""How many of the training clips the nearest neighbour is sought among."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The autoencoder on held-out clips: PSNR in dB over all pixels and over those of things, SSIM, edge F1."""

    psnr: float
    psnr_on_things: float
    ssim: float
    edge_f1: float


@dataclass(frozen=True, kw_only=True)
class Distance:
    """Between the model's clips and true ones, and between two sets of true ones."""

    frechet: float
    frechet_floor: float
    kernel: float
    kernel_floor: float


@dataclass(frozen=True, kw_only=True)
class Steadiness:
    """Changes that nobody asked for, the model's and the truth's.

    `flicker`: mean change of a pixel (0 to 255) from frame to frame, outside located things, where the camera
    stands still and nothing falls. `jitter`: mean second difference of located things' middles, in thousandths
    of the frame. None where no clip could be measured.
    """

    flicker: float | None
    true_flicker: float | None
    jitter: float | None
    true_jitter: float | None


@dataclass(frozen=True, kw_only=True)
class Novelty:
    """Distance (root mean square, 0 to 255, of 16-pixel thumbnails) to the nearest of some training clips.

    Beside it the same for true clips that training never saw: copies would lie much nearer than these.
    """

    training_clips: int
    model: float
    true: float


@dataclass(frozen=True, kw_only=True)
class Quality:
    """The result."""

    about: About
    judge: str
    clips: int
    autoencoder: Drawn
    distance: Distance
    steadiness: Steadiness
    novelty: Novelty


def main(
    model: str | None, device: str | None, clips: int | None, out: Path, progress: Progress
) -> list[Path]:
    """Measure a model and write the results; returns their paths."""
    result = measure(open_subject(model, device), clips or CLIPS, progress)
    return write_results(out, result.about, result, _markdown(result))


def measure(
    subject: Subject, clips: int, progress: Progress, training_clips: int = TRAINING_CLIPS
) -> Quality:
    """Film `clips` detailed captions, the languages in turn, and compare with the true renders of the same shots."""
    described = about("quality", subject.card, subject.stage.device, clips)
    seeds = bench_seeds(clips)
    shots = bench_shots(subject.stage, seeds)
    captions = [said.text for said in said_in_turn(shots, seeds)]
    filmed = film_clips(subject.engine, captions, seeds, progress)
    progress(0, 4, "comparing")
    true = true_clips(subject.stage, shots, seeds)
    other_seeds = bench_seeds(clips, offset=clips)
    others = true_clips(subject.stage, bench_shots(subject.stage, other_seeds), other_seeds)
    autoencoder = draw_again(subject, seeds)
    progress(1, 4, "comparing")
    distance = distances(subject.judge, filmed, true, others)
    progress(2, 4, "comparing")
    is_calm = np.array([shot.camera == "still" and shot.weather in ("clear", "fog") for shot in shots])
    mine, truly = steadiness(subject.judge, filmed, is_calm), steadiness(subject.judge, true, is_calm)
    progress(3, 4, "comparing")
    new = novelty(subject, filmed, others, training_clips)
    progress(4, 4, "comparing")
    return Quality(
        about=described,
        judge=subject.judge.size.name,
        clips=clips,
        autoencoder=autoencoder,
        distance=distance,
        steadiness=Steadiness(flicker=mine[0], true_flicker=truly[0], jitter=mine[1], true_jitter=truly[1]),
        novelty=new,
    )


def draw_again(subject: Subject, seeds: list[int]) -> Drawn:
    """Encode and decode true clips, and compare."""
    stage, engine = subject.stage, subject.engine
    true, drawn, masks = [], [], []
    shots = bench_shots(stage, seeds)
    for at in range(0, len(seeds), FILMED_AT_ONCE):
        some = slice(at, at + FILMED_AT_ONCE)
        renders = render(shots[some], stage.shape, stage.bank, stage.world, seeds[some], device=stage.device)
        frames = (renders.frames_BTCHW * 255).round().to(torch.uint8).permute(0, 1, 3, 4, 2).cpu().numpy()
        true.append(frames)
        drawn.append(engine.decode(engine.encode(frames)))
        masks.append((renders.instance_BTHW > 0).cpu().numpy())
    before, after = np.concatenate(true), np.concatenate(drawn)
    pairs = list(zip(after, before, strict=True))
    return Drawn(
        psnr=round(psnr(after, before), 2),
        psnr_on_things=round(psnr(after, before, np.concatenate(masks)), 2),
        ssim=round(float(np.mean([ssim(mine, wanted) for mine, wanted in pairs])), 4),
        edge_f1=round(float(np.mean([edge_f1(mine, wanted) for mine, wanted in pairs])), 4),
    )


def distances(judge: Judge, filmed: Frames, true: Frames, others: Frames) -> Distance:
    """Frechet and kernel distance in the judge's features, each feature counted from the truth in its spread."""
    features = [_features(judge, clips) for clips in (filmed, true, others)]
    truth_ND = np.concatenate(features[1:])
    mine, truly, other = ((rows - truth_ND.mean(0)) / (truth_ND.std(0) + 1e-6) for rows in features)
    return Distance(
        frechet=round(frechet(mine, truly), 3),
        frechet_floor=round(frechet(other, truly), 3),
        kernel=round(kernel_distance(mine, truly), 5),
        kernel_floor=round(kernel_distance(other, truly), 5),
    )


def steadiness(
    judge: Judge, clips_BTHWC: Frames, is_calm: NDArray[np.bool_]
) -> tuple[float | None, float | None]:
    """Flicker of the calm clips' backdrops, and jitter of all located things."""
    sightings = see(judge, clips_BTHWC)
    flickers = [
        value
        for clip, sighting, calm in zip(clips_BTHWC, sightings, is_calm, strict=True)
        if calm and (value := _flicker(clip, sighting)) is not None
    ]
    jitters = [value for sighting in sightings for value in _jitters(sighting)]
    return (
        round(float(np.mean(flickers)), 3) if flickers else None,
        round(1000 * float(np.mean(jitters)), 3) if jitters else None,
    )


def novelty(subject: Subject, filmed: Frames, unseen: Frames, count: int) -> Novelty:
    """How near the clips come to training clips, beside how near unseen true clips come."""
    recipe = RECIPES[subject.card.name.partition("-")[0]]()  # a tuned model is of its family's recipe
    first = first_pool_seed(recipe.dit)
    pool = range(first, first + recipe.dit.pool // len(recipe.size.shapes))
    seeds = sorted(Random(0).sample(pool, min(count, len(pool))))
    stage = replace(subject.stage, world=recipe.world)
    training = _thumbnails(true_clips(stage, bench_shots(stage, seeds), seeds))
    mine, truly = (nearest(_thumbnails(clips), training)[1] for clips in (filmed, unseen))
    scale = np.sqrt(training.shape[1])
    return Novelty(
        training_clips=len(seeds),
        model=round(float(mine.mean() / scale), 2),
        true=round(float(truly.mean() / scale), 2),
    )


def _features(judge: Judge, clips_BTHWC: Frames) -> NDArray[np.float64]:
    parts = [judge.describe(part) for part in torch.from_numpy(clips_BTHWC).split(FILMED_AT_ONCE)]
    return torch.cat(parts).double().cpu().numpy()


def _flicker(clip_THWC: Frames, sighting: Sighting) -> float | None:
    """Mean change outside every located box, a tenth wider on all sides; None where boxes leave too little."""
    height, width = clip_THWC.shape[1:3]
    free_HW = np.ones((height, width), dtype=bool)
    for thing in sighting.things:
        for box_4, there in zip(thing.track.boxes_T4.tolist(), thing.track.there_T.tolist(), strict=True):
            if there:
                left, top, right, bottom = box_4
                wide, high = 0.1 * (right - left), 0.1 * (bottom - top)
                rows = slice(max(0, int((top - high) * height)), int(np.ceil((bottom + 2 * high) * height)))
                columns = slice(max(0, int((left - wide) * width)), int(np.ceil((right + wide) * width)))
                free_HW[rows, columns] = False
    if free_HW.mean() < 0.1:
        return None
    change_THWC = np.abs(np.diff(clip_THWC.astype(np.int16), axis=0))
    return float(change_THWC[:, free_HW].mean())


def _jitters(sighting: Sighting) -> list[float]:
    """The mean second difference of each thing's middle, over frames in a row that show it."""
    found = []
    for thing in sighting.things:
        boxes_T4, there_T = thing.track.boxes_T4.numpy(), thing.track.there_T.numpy() > 0
        middle_T2 = (boxes_T4[:, :2] + boxes_T4[:, 2:]) / 2
        in_a_row = there_T[:-2] & there_T[1:-1] & there_T[2:]
        if in_a_row.any():
            bend_T2 = middle_T2[:-2] - 2 * middle_T2[1:-1] + middle_T2[2:]
            found.append(float(np.hypot(*bend_T2[in_a_row].T).mean()))
    return found


def _thumbnails(clips_BTHWC: Frames) -> NDArray[np.float64]:
    """First, middle and last frame at 16 pixels a side, as one row a clip."""
    picks = [0, clips_BTHWC.shape[1] // 2, clips_BTHWC.shape[1] - 1]
    frames = torch.from_numpy(clips_BTHWC[:, picks]).flatten(0, 1).permute(0, 3, 1, 2).float()
    small = torch.nn.functional.interpolate(frames, (16, 16), mode="area")
    return small.unflatten(0, (-1, len(picks))).flatten(1).double().numpy()


def _markdown(result: Quality) -> str:
    drawn, apart, steady, new = result.autoencoder, result.distance, result.steadiness, result.novelty

    def number(value: float | None) -> str:
        return "none measured" if value is None else f"{value:g}"

    rows = [
        ["autoencoder, PSNR (dB)", number(drawn.psnr), "more is better"],
        ["autoencoder, PSNR on things (dB)", number(drawn.psnr_on_things), "more is better"],
        ["autoencoder, SSIM", number(drawn.ssim), "1 is perfect"],
        ["autoencoder, edge F1", number(drawn.edge_f1), "1 is perfect"],
        ["Frechet distance to true clips", number(apart.frechet), f"true to true {apart.frechet_floor:g}"],
        ["kernel distance to true clips", number(apart.kernel), f"true to true {apart.kernel_floor:g}"],
        [
            "flicker of still backdrops (0-255)",
            number(steady.flicker),
            f"truth {number(steady.true_flicker)}",
        ],
        ["jitter of tracks (1/1000 frame)", number(steady.jitter), f"truth {number(steady.true_jitter)}"],
        ["nearest training clip (0-255)", number(new.model), f"unseen true clips {new.true:g}"],
    ]
    return (
        f"{result.clips} held-out shots, detailed captions, {', '.join(LANGUAGES)} in turn. Distances are in the "
        f"features of judge-{result.judge}, each in units of the truth's spread. The nearest training clip is sought "
        f"among {new.training_clips}.\n\n"
    ) + table(["what", "measured", "beside it"], rows)
