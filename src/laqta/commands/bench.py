"""`laqta bench`: measure obedience, quality and speed; results go to JSON and Markdown."""

from __future__ import annotations

import importlib
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from laqta.commands import arguments
from laqta.settings import load_settings
from laqta.terminal import progress_bar, show

SUMMARY = "Measure a model: does it obey, how good is it, how fast is it."
BENCHES = ("obey", "quality", "speed", "steps", "conditions")
"""What is measured; each is a module of `laqta.bench` with a `main`."""
MAX_CLIPS = 100_000


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta bench` takes."""
    add = parser.add_argument
    add("what", choices=BENCHES, help="docs/guide/bench.md says what each measures")
    add("--model", metavar="NAME_OR_FOLDER", help="laqta models lists those installed")
    add("--device", metavar="D", help="cpu, cuda, cuda:1, mps (the fastest there is)")
    add(
        "--clips",
        type=arguments.whole(1, MAX_CLIPS),
        metavar="N",
        help="how many clips to film (the bench's own)",
    )
    add("--out", type=Path, default=Path("benchmarks"), metavar="DIR", help="where results go (benchmarks)")


def run(args: Namespace) -> None:
    """Run one bench and print where its results are."""
    settings = load_settings(os.environ)
    bench = importlib.import_module(f"laqta.bench.{args.what}").main
    model, device = args.model or settings.model, args.device or settings.device
    for path in bench(model, device, args.clips, args.out, progress_bar):
        show(str(path))
