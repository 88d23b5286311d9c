"""How fast does a model film, how much memory does it take, and what would diffusers' own pipeline take?

Every share and ratio is of numbers measured in the same run on the same machine. Warm times are medians.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from diffusers import DiffusionPipeline
from torch.utils.flop_counter import FlopCounterMode

from laqta.bench.judge import Frames
from laqta.bench.report import About, about, table, write_results
from laqta.bench.subjects import Progress, Subject, bench_seeds, bench_shots, open_subject
from laqta.generate.denoise import Guidance
from laqta.generate.engine import Engine, Request
from laqta.language.write import write
from laqta.train.device import measure_matmul
from laqta.world.render import render

CLIPS = 8
INTERVAL = (0.15, 0.9)
"""Noise levels between which the guidance-interval variant guides."""
ENGLISH = "a rocket flies over the desert at night"
RENDERED = 32
ROUNDING = 1.0
"""Largest difference of a pixel (0 to 255) that rounding may make between engine and pipeline."""


@dataclass(frozen=True, kw_only=True)
class Filming:
    """Seconds a clip and what they hold. `cold_seconds` is a whole `laqta film` in a fresh process.

    `real_time` is the clip's own length over the warm seconds; `peak_gb` the most memory of that fresh process;
    `matmul_share` the engine's FLOP a second over those of a plain matrix product measured beside it.
    """

    cold_seconds: float
    warm_seconds: float
    in_batch_seconds: float
    real_time: float
    peak_gb: float
    flop: float
    matmul_share: float


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The same weights, captions, noise and steps through diffusers' own pipeline.

    `ratio` is the pipeline's seconds over the engine's with guidance everywhere; `interval_ratio` the same with
    guidance inside `interval` only. `largest_difference` of a pixel, 0 to 255.
    """

    pipeline_seconds: float
    ratio: float
    largest_difference: float
    equal: bool
    interval: tuple[float, float]
    interval_seconds: float
    interval_ratio: float


@dataclass(frozen=True, kw_only=True)
class Speed:
    """The result."""

    about: About
    clips: int
    steps: int
    guidance: float
    filming: Filming
    diffusers: Beside
    world_clips_a_second: float


def main(
    model: str | None, device: str | None, clips: int | None, out: Path, progress: Progress
) -> list[Path]:
    """Measure a model and write the results; returns their paths."""
    result = measure(open_subject(model, device), clips or CLIPS, progress)
    return write_results(out, result.about, result, _markdown(result))


def measure(subject: Subject, clips: int, progress: Progress) -> Speed:
    """Time everything, `clips` clips one after another."""
    described = about("speed", subject.card, subject.stage.device, clips)
    requests = _requests(subject, clips)
    progress(0, 4, "timing")
    cold_seconds, peak_gb = cold_film(subject.folder, subject.stage.device)
    progress(1, 4, "timing")
    filming = time_engine(subject.engine, requests, cold_seconds, peak_gb)
    progress(2, 4, "timing")
    beside = time_beside(subject, requests)
    progress(3, 4, "timing")
    rendered = time_world(subject)
    progress(4, 4, "timing")
    return Speed(
        about=described,
        clips=clips,
        steps=subject.card.steps,
        guidance=subject.card.guidance,
        filming=filming,
        diffusers=beside,
        world_clips_a_second=round(rendered, 1),
    )


def cold_film(folder: Path, device: str) -> tuple[float, float]:
    """Seconds of a whole `laqta film` in a fresh process, and the most memory (GB) that it took.

    Raises `OSError` with what the process said if it failed.
    """
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-c", _WATCHED, "film", ENGLISH, "--seed", "7", "--nearest"]
        command += ["--model", str(folder), "--device", device, "-o", str(Path(place) / "film.mp4")]
        start = time.perf_counter()
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - start
    last = answer.stderr.strip().splitlines()[-1:] or ["nothing"]
    if answer.returncode != 0:
        raise OSError(f"`laqta film` ended with code {answer.returncode} and said: {last[0]}")
    return round(seconds, 2), round(_gigabytes(int(last[0])), 2)


_WATCHED = (
    "import resource, sys; from laqta.cli import main; code = main(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
)
"""The command line, which says at the end how much memory it took at most."""


def time_engine(engine: Engine, requests: list[Request], cold_seconds: float, peak_gb: float) -> Filming:
    """Time the loaded engine, clip by clip and in one batch."""
    engine.film(requests[0])
    warm = statistics.median([_seconds(engine.film, request) for request in requests])
    together = replace(
        requests[0],
        captions=tuple(caption for request in requests for caption in request.captions),
        seeds=tuple(seed for request in requests for seed in request.seeds),
    )
    in_batch = _seconds(engine.film, together) / len(requests)
    with FlopCounterMode(display=False) as counter:
        engine.film(requests[0])
    flop = counter.get_total_flops()
    return Filming(
        cold_seconds=cold_seconds,
        warm_seconds=round(warm, 3),
        in_batch_seconds=round(in_batch, 3),
        real_time=round(requests[0].shape.seconds / warm, 2),
        peak_gb=peak_gb,
        flop=float(f"{flop:.4g}"),
        matmul_share=round(flop / warm / measure_matmul(engine.device), 3),
    )


def time_beside(subject: Subject, requests: list[Request]) -> Beside:
    """Time the engine and diffusers' pipeline in turn, so that a busy machine disturbs both alike."""
    engine = subject.engine
    pipeline = DiffusionPipeline.from_pretrained(
        subject.folder, trust_remote_code=True, dtype=torch.float32
    ).to(engine.device)
    pipeline.set_progress_bar_config(disable=True)
    in_interval = Guidance(scale=subject.card.guidance, interval=INTERVAL)
    largest = 0.0
    times: dict[str, list[float]] = {"engine": [], "pipeline": [], "interval": []}
    for request in requests:
        narrow = replace(request, guidance=in_interval)
        start = time.perf_counter()
        mine = engine.film(request)
        times["engine"].append(time.perf_counter() - start)
        start = time.perf_counter()
        theirs = _film_by_pipeline(pipeline, request)
        times["pipeline"].append(time.perf_counter() - start)
        times["interval"].append(_seconds(engine.film, narrow))
        largest = max(largest, float(np.abs(mine.astype(np.int16) - theirs.astype(np.int16)).max()))
    engine_s, pipeline_s, interval_s = (
        statistics.median(times[name]) for name in ("engine", "pipeline", "interval")
    )
    return Beside(
        pipeline_seconds=round(pipeline_s, 3),
        ratio=round(pipeline_s / engine_s, 3),
        largest_difference=largest,
        equal=largest <= ROUNDING,
        interval=INTERVAL,
        interval_seconds=round(interval_s, 3),
        interval_ratio=round(pipeline_s / interval_s, 3),
    )


def time_world(subject: Subject) -> float:
    """True clips rendered a second, with paintings kept from an earlier call as in training."""
    stage = subject.stage
    seeds = bench_seeds(RENDERED)
    shots = bench_shots(stage, seeds)

    def film() -> None:
        render(shots, stage.shape, stage.bank, stage.world, seeds, device=stage.device)

    film()
    return RENDERED / _seconds(film)


def _film_by_pipeline(pipeline: DiffusionPipeline, request: Request) -> Frames:
    """Takes by diffusers' pipeline: 8-bit frames (B, T, H, W, 3). From the same seeds it draws the engine's noise."""
    frames = pipeline(
        prompt=list(request.captions),
        negative_prompt=[""] * len(request.captions),
        height=request.shape.height,
        width=request.shape.width,
        num_frames=request.shape.frames,
        frame_rate=request.shape.fps,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance.scale,
        generator=[torch.Generator().manual_seed(seed) for seed in request.seeds],
        output_type="np",
    ).frames
    return np.asarray((frames * 255).round(), dtype=np.uint8)


def _requests(subject: Subject, clips: int) -> list[Request]:
    card = subject.card
    seeds = bench_seeds(clips)
    return [
        Request(
            captions=(write(shot, "en", "detailed", seed),),
            seeds=(seed,),
            shape=card.shape,
            steps=card.steps,
            guidance=Guidance(scale=card.guidance),
        )
        for shot, seed in zip(bench_shots(subject.stage, seeds), seeds, strict=True)
    ]


def _seconds(work: Callable[..., object], *given: object) -> float:
    start = time.perf_counter()
    work(*given)
    return time.perf_counter() - start


def _gigabytes(peak: int) -> float:
    """Linux counts in kilobytes, macOS in bytes."""
    return peak / (1e9 if sys.platform == "darwin" else 1e6)


def _markdown(result: Speed) -> str:
    film, beside = result.filming, result.diffusers
    low, high = beside.interval
    rows = [
        ["cold: a whole `laqta film` (s)", f"{film.cold_seconds:g}"],
        ["warm, one clip at a time (s a clip)", f"{film.warm_seconds:g}"],
        [f"warm, {result.clips} clips in a batch (s a clip)", f"{film.in_batch_seconds:g}"],
        ["real-time factor, warm", f"{film.real_time:g}"],
        ["peak memory of the cold run (GB)", f"{film.peak_gb:g}"],
        ["GFLOP a clip", f"{film.flop / 1e9:.4g}"],
        ["share of this machine's matrix-product rate", f"{100 * film.matmul_share:.1f} %"],
        ["diffusers' pipeline, warm (s a clip)", f"{beside.pipeline_seconds:g}"],
        ["pipeline over engine, guidance everywhere", f"{beside.ratio:g}"],
        ["largest difference of a pixel (0-255)", f"{beside.largest_difference:g}"],
        [f"pipeline over engine, guidance in {low:g}-{high:g}", f"{beside.interval_ratio:g}"],
        ["world renderer (clips a second)", f"{result.world_clips_a_second:g}"],
    ]
    return (
        f"{result.clips} clips, {result.steps} steps, guidance {result.guidance:g}; medians. The machine's rate and "
        "the pipeline were measured in the same run.\n\n"
    ) + table(["what", "measured"], rows)
