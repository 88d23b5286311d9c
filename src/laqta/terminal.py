"""What the person sees: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable

BAR_WIDTH = 24

Progress = Callable[[int, int, str], None]
"""`progress(done, total, what)`: called at the start of something (`done` = 0) and after each of its steps."""


def show(text: str) -> None:
    """Print a result to standard output."""
    print(text, flush=True)


def say(text: str) -> None:
    """Print news, a warning or an error to standard error, in place of a bar that is still growing there."""
    print(("\r\x1b[2K" if sys.stderr.isatty() else "") + text, file=sys.stderr, flush=True)


def say_meanwhile(text: str) -> None:
    """Say on a terminal what goes on, until the next line or bar takes its place."""
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{text} ...", end="", file=sys.stderr, flush=True)


def ask(question: str) -> bool:
    """Ask yes or no on the terminal; anything but a yes, the end of input included, is a no."""
    print(f"\r\x1b[2K{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def is_terminal() -> bool:
    """Tell whether a person sits there: both ends of the conversation are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def progress_bar(done: int, total: int, what: str) -> None:
    """Draw a bar that grows in place on a terminal; in a log, say only what begins and what has ended."""
    if sys.stderr.isatty():
        filled = BAR_WIDTH * done // max(total, 1)
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        end = "\n" if done == total else ""
        print(f"\r\x1b[2K{what} [{bar}] {done}/{total}", end=end, file=sys.stderr, flush=True)
    elif done in (0, total):
        say(f"{what}: {done}/{total}")
