"""What every exchange format shares: what is read and written, what is lost, and numbers that come back exactly."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from laqta.data.people.track import ExactBox, FrameSize, Timeline, Track

Source = str | bytes | Path
"""The text of a file, its bytes, or where it lies."""
Keeps = Literal["ids", "labels", "keyframes", "occluded", "attributes", "changes"]
"""What a format can keep beside boxes and frames; `changes` are attributes that change along a track."""

SAME_SHAPE = 0.01
"""How far (a share) the aspect of a copy, such as a proxy of 854 x 480, may be from the clip's own."""
LARGEST = 10**9
MOST_DIGITS = 60
MOST_DECIMALS = 6
LARGEST_DENOMINATOR = 2**20
NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Tracks from a file, and what the file held that a track cannot hold, in sentences."""

    tracks: tuple[Track, ...]
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A file's text, and what the tracks held that the format cannot say, in sentences."""

    text: str
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Format:
    """One exchange format. `keeps` is what survives writing and reading, beside the box on every frame."""

    name: str
    ending: str
    read: Callable[[Source, Timeline, FrameSize], Reading]
    write: Callable[[Iterable[Track], Timeline, FrameSize], Writing]
    keeps: frozenset[Keeps]


def content(source: Source, name: str) -> str:
    """The text of a file of the format `name`; `ValueError` where it is no UTF-8, `OSError` where it cannot be read."""
    data = source.read_bytes() if isinstance(source, Path) else source
    if isinstance(data, str):
        return data
    if data[:2] == b"PK":
        raise ValueError(f"this {name} file is a ZIP archive; unpack it and give the file of labels inside")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"this {name} file is not UTF-8 text ({error}); export it again") from error


def load(source: Source, name: str) -> Any:
    """Parsed JSON with every number that has a point as `Decimal`, digit for digit; `ValueError` for anything else."""

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant!r} is not a number; boxes need finite numbers")

    try:
        return json.loads(content(source, name), parse_float=Decimal, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"this {name} file is not JSON ({error})") from error
    except RecursionError as error:
        raise ValueError(f"this {name} file is nested too deeply to be a file of labels") from error


def objects(value: Any, where: str) -> list[dict[str, Any]]:
    """A list of JSON objects; `ValueError` for anything else."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"{where}: expected a list of objects, got {str(value)[:60]!r}")
    return value


def number(value: Any, where: str) -> Fraction:
    """A finite number, exactly as it is written; `ValueError` for NaN, infinity, true, and words."""
    if isinstance(value, str) and NUMBER.fullmatch(value):
        value = Decimal(value)
    finite = isinstance(value, int) or (isinstance(value, (float, Decimal)) and math.isfinite(value))
    if isinstance(value, bool) or not finite:
        raise ValueError(f"{where}: {value!r} is not a finite number")
    if abs(value) > LARGEST or (isinstance(value, Decimal) and value.as_tuple().exponent < -MOST_DIGITS):  # type: ignore[operator]  # finite: no letter
        raise ValueError(f"{where}: {str(value)[:40]!r} is not a number of pixels, percent or frames")
    return Fraction(value)


def whole(value: Any, where: str) -> int:
    """A whole number; `ValueError` for anything else."""
    found = number(value, where)
    if found.denominator != 1:
        raise ValueError(f"{where}: {value!r} is not a whole number")
    return int(found)


def spell(value: Fraction, scale: Fraction | int = 1) -> float:
    """`value * scale` as the number that a file holds: the nearest double."""
    return float(value * scale)


def restore(written: Any, scale: Fraction | int, where: str) -> Fraction:
    """The value that `spell` wrote with `scale`, exactly.

    A file holds doubles: 431.25 pixels of 853 is 50.556858147713954 percent, and 853 / 100 times that is not 431.25.
    Taken is the shortest decimal (to 6 places), else the fraction (to 1 / 2**20) that `spell` writes as this very
    double: both lie farther apart than doubles do, in frames to 4,096 pixels. Where there is neither, as for boxes
    drawn by hand in Label Studio, what is written itself: it goes back as it came, and elsewhere within 1e-12 pixels.
    """
    exact = number(written, where)
    double, value = float(exact), exact / scale
    for places in range(MOST_DECIMALS + 1):
        short = Fraction(round(value * 10**places), 10**places)
        if spell(short, scale) == double:
            return short
    simple = value.limit_denominator(LARGEST_DENOMINATOR)
    return simple if spell(simple, scale) == double else value


def frame_at(value: Any, first: int, timeline: Timeline, where: str) -> int:
    """A frame number that counts from `first`, as one from 0; `ValueError` for one that the clip does not have."""
    frame = whole(value, where) - first
    if not 0 <= frame < len(timeline):
        raise ValueError(
            f"{where}: there is no frame {value!r}; this clip's go from {first} to {len(timeline) - 1 + first}. "
            f"Was it labelled on another cut of the clip?"
        )
    return frame


def labelled_size(width: Any, height: Any, size: FrameSize, where: str) -> FrameSize:
    """The size that a file says its labels were drawn at: the clip's, or that of a copy of the same shape."""
    if width is None or height is None:
        return size
    stated = FrameSize(width=whole(width, where), height=whole(height, where))
    if abs(stated.width * size.height / (stated.height * size.width) - 1) > SAME_SHAPE:
        raise ValueError(
            f"{where}: labelled at {stated.width} x {stated.height}, but the clip is {size.width} x {size.height}; "
            f"allowed is a copy of the same shape. Was it turned or cropped?"
        )
    return stated


def box_at(sides: Iterable[Fraction], size: FrameSize, where: str) -> ExactBox:
    """A box from its left, top, right and bottom in pixels, with the place in the file where it is wrong."""
    try:
        return ExactBox.from_pixels(sides, size)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def listed(things: Iterable[str], most: int = 5) -> str:
    """A few names for a sentence about losses, and how many more there are."""
    names = list(things)
    return ", ".join(repr(name) for name in names[:most]) + (
        f" and {len(names) - most} more" if len(names) > most else ""
    )


def unsaid(tracks: Iterable[Track], keeps: frozenset[Keeps]) -> list[str]:
    """Sentences for what these tracks hold and a format that keeps only `keeps` does not."""
    tracks = tuple(tracks)
    occluded = [track.id for track in tracks if any(key.occluded for key in track.keyframes)]
    changing = [track.id for track in tracks if any(key.attributes for key in track.keyframes)]
    constant = [track.id for track in tracks if track.attributes]
    losses = []
    if occluded and "occluded" not in keeps:
        losses.append(f"occluded is not kept: tracks {listed(occluded)}")
    if changing and "changes" not in keeps:
        losses.append(f"attributes that change along a track are not kept: tracks {listed(changing)}")
    if constant and "attributes" not in keeps:
        losses.append(f"attributes are not kept: tracks {listed(constant)}")
    if tracks and "keyframes" not in keeps:
        losses.append(
            "which boxes an annotator set and which lie between is not kept: every frame reads as set"
        )
    return losses
