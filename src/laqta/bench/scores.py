"""Shares with their uncertainty."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from laqta.bench.judge import ROWS, Row

CONFIDENT = 1.959964
"""Standard deviations either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """How many of those asked were right, with the 95 % interval of Wilson 1927 (JASA 22, 209-212)."""

    right: int
    asked: int
    share: float
    low: float
    high: float


def score(right: int, asked: int) -> Score:
    """The share and its Wilson interval; nothing asked is a share of 0 between 0 and 1."""
    if asked == 0:
        return Score(right=0, asked=0, share=0.0, low=0.0, high=1.0)
    share = right / asked
    spread = CONFIDENT**2 / asked
    middle = (share + spread / 2) / (1 + spread)
    half = CONFIDENT * math.sqrt(share * (1 - share) / asked + spread / (4 * asked)) / (1 + spread)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Score(right=right, asked=asked, share=round(share, 4), low=round(low, 4), high=round(high, 4))


def tally(rows: Iterable[Row]) -> dict[str, Score]:
    """The score of each kind of row that was asked at all, in the order of `ROWS`."""
    right: dict[str, int] = defaultdict(int)
    asked: dict[str, int] = defaultdict(int)
    for row in rows:
        right[row.what] += row.ok
        asked[row.what] += 1
    return {what: score(right[what], asked[what]) for what in ROWS if asked[what]}
