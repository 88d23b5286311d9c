"""`laqta bench`: measure obedience, quality and speed; results go to JSON and Markdown."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from laqta.commands import arguments
from laqta.terminal import progress_bar, show

SUMMARY = "Measure a model: does it obey, how good is it, how fast is it."
MAX_CLIPS = 100_000


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta bench` takes."""
    add = parser.add_argument
    add("what", choices=("obey", "quality", "speed"), help="obey, quality or speed")
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
    from importlib import import_module

    options = {"model": args.model, "device": args.device, "clips": args.clips, "out": args.out}
    for path in import_module(f"laqta.bench.{args.what}").main(**options, progress=progress_bar):
        show(str(path))
