"""Measures the stage `objects` with the judge on the made-up world, where every box is known.

    .venv/bin/python runs/objects_measure.py --save

Films are rendered with the fetched props (`laqta world fetch`), encoded, taken in and looked at like anybody's footage.
A true box counts where at least 15 % of the thing is in sight; it is found where a track's box of that frame overlaps
with it by half (intersection over union), whatever its name, and named where the name is right too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from laqta.bench.boxes import JUDGE
from laqta.config import to_dict
from laqta.data.following import overlaps
from laqta.data.frames import sampled
from laqta.data.ingest import ingest
from laqta.data.local import LocalExecutor
from laqta.data.object_tracks import tracks_of
from laqta.data.objects import Objects
from laqta.data.people.matching import identity_switches, match_scores
from laqta.data.people.track import Drawn, Timeline, draw
from laqta.data.pipeline import load_pipeline
from laqta.data.rights import Rights
from laqta.data.run import Tables, run_pipeline
from laqta.data.workspace import open_workspace
from laqta.models.sizes import MINI, NANO
from laqta.settings import home
from laqta.shot import VideoShape
from laqta.terminal import say, show
from laqta.train.truth import IN_SIGHT
from laqta.video import write_video
from laqta.world.fetch import props_folder
from laqta.world.props import PropBank, fetched_bank
from laqta.world.render import Renderer
from laqta.world.sample import MINI_WORLD, NANO_WORLD, WorldSpec, sample_shot

ROOT = Path(__file__).parents[1]
FIRST_SEED = 920_000_000
"""No training reaches these, and no constant was chosen by them (those were by 910,000,000 and on)."""
LEAST_IOU = 0.5
KINDS = tuple(json.loads((JUDGE / "judge.json").read_text(encoding="utf-8"))["kinds"])
WORLDS: dict[str, tuple[VideoShape, WorldSpec]] = {
    "64 px, things of the nano world": (NANO.shape, NANO_WORLD),
    "256 px, things of the nano world": (MINI.shapes[0], NANO_WORLD),
    "256 px, smaller and up to three": (MINI.shapes[0], replace(MINI_WORLD, props=KINDS)),
}


@dataclass(frozen=True, kw_only=True)
class Film:
    """The true things of a render, by frame."""

    kinds: tuple[str, ...]
    things: tuple[Drawn, ...]

    def part(self, first: int, frames: int) -> Film:
        """The things that are in sight in a stretch of it: what a film was cut into is judged by what it shows."""
        here = slice(first, first + frames)
        cut = [Drawn(boxes_T4=one.boxes_T4[here], there_T=one.there_T[here]) for one in self.things]
        shown = [at for at, one in enumerate(cut) if one.there_T.any()]
        return Film(kinds=tuple(self.kinds[at] for at in shown), things=tuple(cut[at] for at in shown))


def main() -> None:
    """Measure everything and show it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--save", action="store_true", help="write benchmarks/DATE-objects.json")
    parser.add_argument("--clips", type=int, default=40, help="of each world")
    parser.add_argument("--rates", default="3,6,12", help="frames a second that are looked at")
    args = parser.parse_args()
    bank = fetched_bank(KINDS, props_folder(home(os.environ)))
    found: dict[str, Any] = {"clips_of_each_world": args.clips, "judge": Objects().model()[:12]}
    for name, (shape, spec) in WORLDS.items():
        with TemporaryDirectory() as place:
            films = render_films(Path(place), args.clips, shape, spec, bank)
            for rate in sorted({min(float(rate), shape.fps) for rate in args.rates.split(",")}):
                say(f"{name}, {rate:g} frames a second")
                measured = measure(Path(place), films, rate)
                found.setdefault(name, {})[f"{rate:g} frames a second"] = measured
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    found |= {"hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, one used"}
    found |= {"load": round(os.getloadavg()[0], 1)}
    found |= {
        "commit": commit.stdout.strip(),
        "command": " ".join(["runs/objects_measure.py", *sys.argv[1:]]),
    }
    show(json.dumps(found, indent=2))
    if args.save:
        path = ROOT / "benchmarks" / f"{date.today()}-objects.json"
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def render_films(
    place: Path, clips: int, shape: VideoShape, spec: WorldSpec, bank: PropBank
) -> dict[str, Film]:
    """Write films of the made-up world; the truth by the names of their files."""
    world = Renderer(shape, bank, spec, torch.device("cpu"))
    films = {}
    (place / "footage").mkdir()
    for seed in range(FIRST_SEED, FIRST_SEED + clips):
        shot = sample_shot(seed, spec)
        renders = world.film([shot], [seed])
        frames_THWC = (renders.frames_BTCHW[0].permute(0, 2, 3, 1) * 255).round().byte().numpy()
        recipe = {"world": True, "shot": to_dict(shot), "boxes": False}
        write_video(place / "footage" / f"{seed}.mp4", frames_THWC, shape.fps, recipe)
        actors = [actor for actor in renders.actor_BN[0].tolist() if actor >= 0]
        films[str(seed)] = Film(
            kinds=tuple(shot.cast[actor].kind for actor in actors),
            things=tuple(
                Drawn(
                    boxes_T4=renders.boxes_BNT4[0, thing].double().numpy(),
                    there_T=renders.visible_BNT[0, thing].numpy() >= IN_SIGHT,
                )
                for thing in range(len(actors))
            ),
        )
    return films


def measure(place: Path, films: dict[str, Film], rate: float) -> dict[str, Any]:
    """Run the pipeline over the films and hold the tracks against the truth."""
    workspace = open_workspace(place / "data", create=True)
    workspace.pipeline.write_text(f"[objects]\nframes_a_second = {rate}\n", encoding="utf-8")
    ingest(workspace, [str(place / "footage")], Rights(owner="world", licence="CC0"))
    pipeline = load_pipeline(workspace, frozenset({"text", "duplicates", "captions", "caption_check"}))
    run_pipeline(workspace, pipeline, LocalExecutor(1))
    tables = Tables(workspace, pipeline)
    seconds = time_of(tables)
    clips = {row["id"]: row for row in tables.items(tables.stage("objects")).to_pylist()}
    counts: Counter[str] = Counter()
    ious: list[float] = []
    for row in tables.good("objects").to_pylist():
        clip = clips[row["id"]]
        pts = tuple(frame.pts for frame in sampled(Path(clip["where"]), clip, 1000, 64))
        base = Fraction(clip["time_base_num"], clip["time_base_den"])
        film = films[Path(clip["where"]).stem].part(round(pts[0] * base * Fraction(clip["fps"])), len(pts))
        tracks = tracks_of(row)
        drawn = [draw(track, Timeline(pts=pts, time_base=base)) for track in tracks]
        counts["clips"] += 1
        counts["tracks"] += len(tracks)
        counts["keyframes"] += sum(len(track.keyframes) for track in tracks)
        counts["switches"] += identity_switches(film.things, drawn, LEAST_IOU)
        counts["same cast"] += row["objects"] == _cast(film.kinds)
        counts["same count"] += row["object_count"] == len(film.kinds)
        ious += compare(film, [track.label for track in tracks], drawn, counts)
    return {
        "clips_cut": counts["clips"],
        "true_boxes": counts["true"],
        "found": _share(len(ious), counts["true"]),
        "found_and_named": _share(counts["named"], counts["true"]),
        "of_boxes_given_right": _share(len(ious), counts["given"]),
        "mean_iou_of_found": round(float(np.mean(ious)), 4) if ious else None,
        "identity_switches": counts["switches"],
        "track_purity": _share(counts["pure"], len(ious)),
        "clips_with_every_thing_named_and_counted": _share(counts["same cast"], counts["clips"]),
        "clips_with_the_right_count": _share(counts["same count"], counts["clips"]),
        "keyframes_a_track": round(counts["keyframes"] / max(counts["tracks"], 1), 1),
        "seconds_a_clip": round(seconds, 3),
    }


def time_of(tables: Tables) -> float:
    """Seconds that the stage takes for a clip, decoding included, once the judge is loaded."""
    stage = tables.stage("objects")
    items, work = tables.items(stage), stage.open()
    work(items.slice(0, 1))
    started = time.perf_counter()
    work(items)
    return (time.perf_counter() - started) / max(len(items), 1)


def compare(film: Film, labels: Sequence[str], drawn: Sequence[Drawn], counts: Counter[str]) -> list[float]:
    """Match true and given boxes frame by frame; the overlaps of those that match, and into `counts` the rest.

    A track is as pure as the share of its right boxes that lie on the one thing that it mostly lies on.
    """
    ious: list[float] = []
    on: list[Counter[int]] = [Counter() for _ in drawn]
    for frame in range(max((len(one.there_T) for one in (*film.things, *drawn)), default=0)):
        true = [at for at, thing in enumerate(film.things) if thing.there_T[frame]]
        given = [at for at, track in enumerate(drawn) if track.there_T[frame]]
        counts["true"] += len(true)
        counts["given"] += len(given)
        matching = match_scores(
            overlaps(
                np.array([film.things[at].boxes_T4[frame] for at in true]).reshape(-1, 4),
                np.array([drawn[at].boxes_T4[frame] for at in given]).reshape(-1, 4),
            ),
            LEAST_IOU,
        )
        for pair in matching.pairs:
            ious.append(pair.iou)
            on[given[pair.other]][true[pair.one]] += 1
            counts["named"] += labels[given[pair.other]] == film.kinds[true[pair.one]]
    counts["pure"] += sum(max(way.values()) for way in on if way)
    return ious


def _cast(kinds: Sequence[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(Counter(kinds).items()))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


if __name__ == "__main__":
    main()
