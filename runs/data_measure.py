"""Measures the data engine: a second run, local against Ray (every file of facts, byte for byte), being killed.

    .venv/bin/python runs/data_measure.py --clips 2000 --kills 20 --save

Films so many clips of the made-up world (64 pixels, drawn props), takes them in, and runs the pipeline again and again,
without the stage `text`, which takes ten times as long as all others and is a stage like them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from laqta.data.workspace import open_workspace, stored
from laqta.models.sizes import NANO
from laqta.terminal import say, show
from laqta.video import write_video
from laqta.world.props import drawn_bank
from laqta.world.render import Renderer
from laqta.world.sample import NANO_WORLD, sample_shot

ROOT = Path(__file__).parents[1]
LAQTA = [sys.executable, "-m", "laqta", "data"]
BATCH = 25
AT_LEAST = 1.0
"""Seconds that a run lives before it is killed: starting Python takes about as long."""


def main() -> None:
    """Measure everything and show it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--longest", type=float, default=12.0, help="seconds that a killed run lives at most")
    parser.add_argument("--save", action="store_true", help="write benchmarks/DATE-data.json")
    args = parser.parse_args()
    with TemporaryDirectory() as place:
        found = measure(Path(place), args)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    found |= {"hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"}
    found |= {"commit": commit.stdout.strip(), "command": " ".join(["runs/data_measure.py", *sys.argv[1:]])}
    show(json.dumps(found, indent=2))
    if args.save:
        path = ROOT / "benchmarks" / f"{date.today()}-data.json"
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def measure(place: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Every figure, from one set of films."""
    footage = place / "footage"
    footage.mkdir()
    film(footage, args.clips)
    killed, local, ray = (place / name for name in ("killed", "local", "ray"))
    for workspace in (killed, local, ray):
        laqta(workspace, "ingest", str(footage), "--owner", "world", "--licence", "CC0")

    hits = kill_again_and_again(killed, args.kills, args.longest)
    first, local_seconds = timed(local, "run", "--workers", "2")
    again, again_seconds = timed(local, "run", "--workers", "2")
    _, ray_seconds = timed(ray, "run", "--executor", "ray", "--workers", "2")
    versions = {path.name: freeze(path) for path in (killed, local, ray)}
    return {
        "clips": args.clips,
        "stages": first.splitlines(),
        "second_run": {"calls": calls_of(again), "seconds": round(again_seconds, 2)},
        "kills": {
            "runs_killed": hits,
            "wished": args.kills,
            "manifests_equal": versions["killed"] == versions["local"],
        },
        "executors": {
            "local_s": round(local_seconds, 1),
            "ray_s": round(ray_seconds, 1),
            "files": compared(facts_of(local), facts_of(ray)),
            "manifests_equal": versions["ray"] == versions["local"],
        },
    }


def film(footage: Path, clips: int) -> None:
    """Write so many films of the made-up world."""
    bank = drawn_bank()
    world = Renderer(NANO.shape, bank, NANO_WORLD, torch.device("cpu"))
    for start in range(0, clips, BATCH):
        seeds = list(range(start, min(start + BATCH, clips)))
        renders = world.film([sample_shot(seed, _spec(bank.ids)) for seed in seeds], seeds)
        for seed, frames_TCHW in zip(seeds, renders.frames_BTCHW, strict=True):
            frames_THWC = (frames_TCHW.permute(0, 2, 3, 1) * 255).round().byte().numpy()
            write_video(footage / f"{seed:05}.mp4", frames_THWC, NANO.shape.fps)


def _spec(props: tuple[str, ...]) -> Any:
    from dataclasses import replace

    return replace(NANO_WORLD, props=props)


def kill_again_and_again(workspace: Path, kills: int, longest: float) -> int:
    """Kill a run with all its processes at a moment by chance, again and again; then let one end. Returns the hits."""
    dice, hits = random.Random(1), 0
    for at in range(kills):
        run = subprocess.Popen(command(workspace, "run", "--workers", "2"), start_new_session=True, **QUIETLY)
        try:
            if run.wait(timeout=dice.uniform(AT_LEAST, longest)):
                raise RuntimeError(f"a run that nobody killed ended with {run.returncode}")
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            hits += 1
        done = len(stored(open_workspace(workspace).facts / "scan", "*.parquet"))
        say(f"run {at + 1} of {kills}: {done} sources scanned")
    laqta(workspace, "run", "--workers", "2")
    return hits


QUIETLY: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def command(workspace: Path, *words: str) -> list[str]:
    """The words of a call."""
    without = ["--without", "text"] if words[0] in ("run", "freeze") else []
    return [*LAQTA, *words, *without, "--workspace", str(workspace)]


def laqta(workspace: Path, *words: str) -> str:
    """Call `laqta data` and return what it shows."""
    done = subprocess.run(command(workspace, *words), check=True, text=True, capture_output=True)
    return done.stdout


def timed(workspace: Path, *words: str) -> tuple[str, float]:
    """The same, and how many seconds it took, Python's start included."""
    started = time.monotonic()
    return laqta(workspace, *words), time.monotonic() - started


def freeze(workspace: Path) -> str:
    """Freeze everything and return the version's hash."""
    gates = [word for gate in ("sharp:", "not frozen:", "no copy:") for word in ("--gate", gate)]
    return laqta(workspace, "freeze", "all", *gates).partition("@")[2].partition(":")[0]


def calls_of(shown: str) -> int:
    """How many calls a run made."""
    return sum(int(line.split(", ")[1].split()[0]) for line in shown.splitlines() if " calls" in line)


def facts_of(workspace: Path) -> dict[str, bytes]:
    """Every file of facts, by its name."""
    facts = open_workspace(workspace).facts
    return {str(path.relative_to(facts)): path.read_bytes() for path in stored(facts, "*/*.parquet")}


def compared(one: dict[str, bytes], other: dict[str, bytes]) -> dict[str, Any]:
    """How many files of facts two runs wrote, how many have equal bytes, and which columns of the rest differ."""
    differ = {name: columns_that_differ(one.get(name), other.get(name)) for name in sorted(one | other)}
    unequal = {name: columns for name, columns in differ.items() if columns}
    return {
        "written": len(differ),
        "byte_equal": len(differ) - len(unequal),
        "bytes": sum(map(len, one.values())),
        "unequal": unequal,
    }


def columns_that_differ(one: bytes | None, other: bytes | None) -> list[str]:
    """The columns in which two Parquet files differ; none where their bytes are equal."""
    if one == other:
        return []
    if one is None or other is None:
        return ["only one of them wrote this file"]
    tables = [pq.read_table(pa.BufferReader(data)) for data in (one, other)]
    rows = [
        {name: repr(table[name].to_pylist()) for name in table.column_names} for table in tables
    ]  # NaN is NaN
    names = [name for name in rows[0] if rows[0][name] != rows[1].get(name)]
    return names or ["equal rows, stored otherwise"]


if __name__ == "__main__":
    main()
