"""`laqta worker`: film for a studio, here or on another machine."""

from __future__ import annotations

import os
import socket
from argparse import ArgumentParser, Namespace

from laqta.settings import load_settings
from laqta.terminal import say

SUMMARY = "Film what a studio's queue holds; join as many workers as there are machines."


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta worker` takes."""
    add = parser.add_argument
    add("--database", metavar="URL", help="the studio's: sqlite:///FILE or postgresql://... (LAQTA_DATABASE)")
    add("--device", metavar="D", help="cpu, cuda, cuda:1, mps (the fastest there is)")
    add("--name", metavar="NAME", help="how this worker is called in the queue (the machine's name)")
    add("--parent", type=int, metavar="PID", help="end when this process does")


def run(args: Namespace) -> None:
    """Film until stopped; what is being filmed then goes back to the queue."""
    from laqta.commands.studio import needs_extra

    with needs_extra():
        from laqta.studio.worker import Worker
        from laqta.studio.workplace import Workplace

    workplace = Workplace.open(os.environ, args.database)
    workplace.store.check_version()
    settings = load_settings(os.environ)
    name = args.name or f"{socket.gethostname()}-{os.getpid()}"
    say(f"worker {name}: waiting for something to film")
    worker = Worker(workplace, name, device=args.device or settings.device, parent=args.parent)
    try:
        worker.run()
    except SystemExit:  # asked to end, which is no failure
        say(f"worker {name}: ended, its job is back in the queue")
