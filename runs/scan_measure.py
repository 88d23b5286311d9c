"""Measures the decode pass: frames a second against plain PyAV, over the same films on the same cores, in turns.

    .venv/bin/python runs/scan_measure.py FILM... --save

Give at least as many films as there are cores, of about the same length.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av

from laqta.data.copies import Thumbs
from laqta.data.probe import probe
from laqta.data.scan import scan
from laqta.files import write_file
from laqta.terminal import show

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Measure and show; with `--save`, keep it under benchmarks/."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("films", type=Path, nargs="+", metavar="FILM")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--save", action="store_true", help="write benchmarks/DATE-scan.json")
    args = parser.parse_args()
    found = measure_throughput(args.films, args.repeats)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    found |= {"hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"}
    found |= {
        "commit": commit.stdout.strip(),
        "command": f"runs/scan_measure.py FILM... --repeats {args.repeats} --save",
    }
    show(json.dumps(found, indent=1))
    if args.save:
        with write_file(ROOT / "benchmarks" / f"{date.today()}-scan.json") as draft:
            draft.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measure_throughput(paths: list[Path], repeats: int) -> dict[str, Any]:
    """Frames a second of plain PyAV and of the pass, over the same films on the same cores, in turns; medians.

    `plain in threads` decodes one film after the other on all cores; `plain side by side` and the pass as many films at
    once as there are cores, in a thread each, as the pipeline does.
    """
    cores = os.cpu_count() or 1
    ways: dict[str, tuple[int, Callable[[Path], tuple[int, float]]]] = {
        "plain in threads": (1, plain_threaded),
        "plain side by side": (cores, plain_decode),
        "scan": (cores, whole_scan),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, (workers, way) in ways.items():
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                list(pool.map(warm, range(workers)))
                start = time.perf_counter()
                done = list(pool.map(way, paths))
                rates[name].append(sum(frames for frames, _ in done) / (time.perf_counter() - start))
                spent[name].append(1000 * sum(cpu for _, cpu in done) / sum(frames for frames, _ in done))
    fps = {name: statistics.median(found) for name, found in rates.items()}
    cpu = {name: statistics.median(found) for name, found in spent.items()}
    films = [probe(path) for path in paths]
    return {
        "films": [f"{film.width}x{film.height} {film.codec}, {film.seconds:.0f} s" for film in films],
        "repeats": repeats,
        "frames_a_second": {name: round(value, 1) for name, value in fps.items()},
        "of_plain_in_threads": round(fps["scan"] / fps["plain in threads"], 3),
        "of_plain_side_by_side": round(fps["scan"] / fps["plain side by side"], 3),
        "processor_ms_a_frame": {name: round(value, 3) for name, value in cpu.items()},
        "of_plain_by_processor_time": round(cpu["plain side by side"] / cpu["scan"], 3),
        "load": os.getloadavg()[0],
    }


def warm(_: int) -> None:
    """Have a worker's imports behind it."""


def plain_threaded(path: Path) -> tuple[int, float]:
    """Decode a film with PyAV on all cores and do nothing with it; frames, and seconds of processor."""
    return plain_decode(path, threads=0)


def plain_decode(path: Path, threads: int = 1) -> tuple[int, float]:
    """The same in one thread."""
    started = time.process_time()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "AUTO", threads
        frames = sum(1 for _ in container.decode(video=0))
    return frames, time.process_time() - started


def whole_scan(path: Path) -> tuple[int, float]:
    """The pass over a film as the pipeline makes it."""
    started = time.process_time()
    frames = len(scan(path, watcher=Thumbs()).pts_T)
    return frames, time.process_time() - started


if __name__ == "__main__":
    main()
