"""The values that the verbs' options take: each reads text, or refuses it saying what is allowed."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable

MAX_SEED = 2**32 - 1
MAX_TAKES = 16
MAX_STEPS = 200
MAX_GUIDANCE = 30.0
MAX_SECONDS = 60.0
MAX_PROMPT = 2000


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `most`."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return value

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    """Return a reader of numbers from `least` to `most`; not-a-number is outside every range."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise ArgumentTypeError(f"{text!r} is not a number from {least:g} to {most:g}")
        return value

    return read


def size(text: str) -> tuple[int, int]:
    """Read `256x192` as (width, height)."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise ArgumentTypeError(f"{text!r} is not a size such as 256x256 (width x height, in pixels)")
    return int(width), int(height)


def check_prompt(prompt: str) -> str:
    """Return the prompt without the space around it; `ValueError` if it is empty or too long."""
    prompt = prompt.strip()
    if not prompt:
        raise ValueError('the prompt is empty; say what to film, for example "a cat walks in the snow"')
    if len(prompt) > MAX_PROMPT:
        raise ValueError(f"the prompt has {len(prompt)} characters; at most {MAX_PROMPT} are allowed")
    return prompt
