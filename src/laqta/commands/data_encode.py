"""`laqta data encode`: a dataset made ready for training, ahead of `laqta train --data`, which would do it too."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from laqta.commands import arguments
from laqta.terminal import progress_bar, show

if TYPE_CHECKING:
    from laqta.data.run import Executor
    from laqta.data.workspace import Workspace

MOST_WINDOWS = 1000


def encode_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta data encode` takes beside the choice of an executor."""
    add = parser.add_argument
    add("version", metavar="VERSION", help="name (its newest version) or name@hash")
    add("--model", default="nano", metavar="M", help="whose autoencoder: a model's name or folder (nano)")
    add(
        "--windows",
        type=arguments.whole(1, MOST_WINDOWS),
        default=4,
        metavar="N",
        help="the most pieces of one clip, each as long as the model's clips (4)",
    )


def encode(workspace: Workspace, executor: Executor, args: Namespace) -> None:
    """Encode the version's clips and write its shards."""
    from laqta.data.datasets import load_version
    from laqta.data.stream import Stream
    from laqta.train.encode import Encode, encode_version

    version = load_version(workspace, args.version)
    stage = Encode(weights=args.model, windows=args.windows)
    folder = encode_version(workspace, version, stage, executor, progress_bar_of)
    show(f"{folder}: {len(Stream(folder))} pieces to train on")


def progress_bar_of(stage: str, done: int, calls: int) -> None:
    """Show how far a stage is."""
    progress_bar(done, calls, stage)
