"""The command line: `laqta VERB`. Each verb is a file in `commands/`; what is heavy is imported when it runs.

Exit codes: 0 done; 1 the machine's fault (disk, permission, weights); 2 a wish that cannot be; 130 stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from laqta import __version__
from laqta.commands import bench, chat, data, doctor, extend, film, models, studio, train, worker, world
from laqta.commands.signals import STOPPED, heed_signals
from laqta.terminal import say

VERBS = {
    "film": film,
    "chat": chat,
    "studio": studio,
    "worker": worker,
    "extend": extend,
    "models": models,
    "doctor": doctor,
    "world": world,
    "train": train,
    "data": data,
    "bench": bench,
}

QUIET = {
    "DIFFUSERS_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_OFFLINE": "1",
}
"""What the libraries below read when they are imported: no chatter between our lines, and no network ever."""

DONE, MACHINE_FAULT, REFUSED = 0, 1, 2


class _Parser(argparse.ArgumentParser):
    """A parser whose refusals are exceptions, so that they leave through the same door as all others."""

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments:") and not message.partition(": ")[2].startswith("-"):
            message += " (a sentence of several words stands in quotes)"
        raise ValueError(f"{message}; see {self.prog} --help")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; `docs/write_guide.py` writes the guide from it."""
    parser = _Parser(
        prog="laqta",
        description="Make video by talking, in English, Arabic and Chinese.",
        epilog="laqta VERB --help says more of each. Settings: docs/guide/settings.md.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"laqta {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for name, command in VERBS.items():
        sentence = command.SUMMARY
        verb = verbs.add_parser(name, help=sentence, description=sentence, allow_abbrev=False)
        command.add_arguments(verb)
        verb.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code. What goes wrong is one line on standard error."""
    heed_signals()
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        args = build_parser().parse_args(argv)
        args.run(args)
        return DONE
    except KeyboardInterrupt:
        return _end(STOPPED, "stopped")
    except BrokenPipeError:  # `laqta models | head -1`: nobody reads on, and Python would complain at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return MACHINE_FAULT
    except ValueError as error:
        return _end(REFUSED, str(error))
    except OSError as error:
        return _end(MACHINE_FAULT, _spell(error))
    except Exception as error:
        return _end(MACHINE_FAULT, f"{type(error).__name__}: {error} (LAQTA_DEBUG=1 shows where)")


def _end(code: int, message: str) -> int:
    """Say the message as one line and return the exit code; under `LAQTA_DEBUG` raise what happened again."""
    if os.environ.get("LAQTA_DEBUG"):
        raise
    say("laqta: " + " ".join(message.split()))
    return code


def _spell(error: OSError) -> str:
    """Say an error of the system without its number: `film.mp4: No space left on device`."""
    if error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
