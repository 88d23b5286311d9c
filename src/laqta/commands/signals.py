"""Ctrl-C and the request to end: they raise where the program stands, so that what is half done is cleared away."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn

from laqta.files import remove_drafts
from laqta.terminal import say

STOPPED = 130


def heed_signals() -> None:
    """Let Ctrl-C raise `KeyboardInterrupt` and SIGTERM raise `SystemExit`, even in the middle of an import."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """Raise, unless an import is under way: those of torch swallow the exception and go on, or half load numpy.

    Nothing is in the making then but, at most, a draft whose writer imports late.
    """
    if _is_importing(frame):
        remove_drafts()
        say("laqta: stopped")
        os._exit(128 + number)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
