"""Why a clip is worth a person's look: one reason each, with a value from 0 to 1 that can be checked by hand.

near     a score lies near a gate's threshold: 1 at it, 0 from one spread of that score away. The spread is that of the
         middle half of all clips, as a standard deviation (interquartile range / 1.349). A score that half of all
         clips share, such as no text at all, is near nothing.
doubt    what the stages found does not fit together: `DOUBTS` has the rules.
rare     few clips are like it: brightness, colour and motion are each cut into thirds of the clips; 1 minus how full
         its one of the 27 cells is, of an even share. Only cells under a third of that, and no clip with copies.
random   drawn by lot, and shown for no other reason. Those picked by value are more often bad than the rest, so shares
         of the whole can only be told from these: `refit.py` reports precision and recall on them alone.
take     a take that failed in the studio, which hands it in; 1 minus the share of the wish that was seen in it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from laqta.data.gates import Gate
from laqta.data.workspace import content_id

NEAR, DOUBT, RARE, RANDOM, TAKE = "near", "doubt", "rare", "random", "take"
RARE_COLUMNS = ("luma", "colorfulness", "motion")
RARE_SHARE = 1 / 3
COPY_REACH = 0.3
"""How far from 1, the limit of what is a copy, a distance is in doubt."""
GRADUAL = ("fade", "dissolve")
WEAKEST_TRACK = "weakest_track"
"""The column with how sure the detector is (0 to 1) of the thing in a clip that it is least sure of."""
NUMERIC = re.compile(r"\s*(\w+)\s*(>=|<=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")
NORMAL_QUARTILES = 1.349
"""The interquartile range of a normal distribution, in its standard deviations."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a clip (or a take) is shown: its lane, how much it is worth (0 to 1), and what it is about.

    `about` names the gate, the doubt or nothing; `score` and `limit` are the gate's.
    """

    lane: str
    value: float
    about: str = ""
    score: float | None = None
    limit: float | None = None

    def words(self) -> str:
        """The reason as a person reads it on the command line."""
        if self.lane == NEAR:
            return f"near {self.about}: {self.score:.4g}, threshold {self.limit:g}"
        return {
            DOUBT: f"in doubt: {self.about}",
            RARE: "few clips are like it",
            RANDOM: "drawn by lot",
            TAKE: "a take that failed in the studio",
        }[self.lane]


@dataclass(frozen=True, kw_only=True)
class NumericGate:
    """A gate that compares one score with one number; `higher` keeps what is above it."""

    name: str
    column: str
    sign: str
    limit: float

    @property
    def higher(self) -> bool:
        """Whether more of the score is better."""
        return self.sign in (">", ">=")

    def keeps(self, scores: Numbers, limit: float | None = None) -> NDArray[np.bool_]:
        """Which scores pass, by its own threshold or another one."""
        compare = {">=": np.greater_equal, ">": np.greater, "<=": np.less_equal, "<": np.less}[self.sign]
        return np.asarray(compare(scores, self.limit if limit is None else limit), bool)


def numeric_gates(gates: Iterable[Gate], columns: Iterable[str]) -> list[NumericGate]:
    """The gates that are one comparison of a column with a number."""
    found = []
    for gate in gates:
        match = NUMERIC.fullmatch(gate.keeps)
        if match and match[1] in columns:
            found.append(NumericGate(name=gate.name, column=match[1], sign=match[2], limit=float(match[3])))
    return found


def scores_of(clips: pa.Table, column: str) -> Numbers:
    """A column as floats, NaN where it is null."""
    return np.array(
        [math.nan if score is None else float(score) for score in clips[column].to_pylist()], np.float64
    )


def spread_of(scores: Numbers) -> tuple[float, float]:
    """How far scores lie apart, and the score that at least half of them share, NaN where there is none such.

    The spread is that of the middle half; where that is one score, of those beside it; 0 where all are the same.
    """
    known = scores[np.isfinite(scores)]
    if not len(known):
        return 0.0, math.nan
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
    if high > low:
        return float(high - low) / NORMAL_QUARTILES, math.nan
    others = known[known != middle]
    return (float(np.abs(others - middle).mean()) if len(others) else 0.0), float(middle)


def draw_of(seed: int, what: str) -> float:
    """A number from 0 to 1 that follows from the seed and a name, the same in every process."""
    return int(content_id([seed, what])[:13], 16) / 16**13


def reasons_of(
    clips: pa.Table, gates: Sequence[Gate], random_share: float, seed: int
) -> dict[str, list[Reason]]:
    """Every clip's reasons, the best first; those that the lot set aside have `random` first and are shown for that."""
    found: dict[str, list[Reason]] = {clip: [] for clip in clips["id"].to_pylist()}
    for clip, reason in (*_near(clips, gates), *_doubts(clips), *_rare(clips)):
        found[clip].append(reason)
    for clip, reasons in found.items():
        reasons.sort(key=lambda reason: -reason.value)
        by_lot = Reason(lane=RANDOM, value=draw_of(seed, clip))
        if by_lot.value < random_share:
            reasons.insert(0, by_lot)
    return found


def _near(clips: pa.Table, gates: Sequence[Gate]) -> Iterator[tuple[str, Reason]]:
    for gate in numeric_gates(gates, clips.schema.names):
        scores = scores_of(clips, gate.column)
        spread, usual = spread_of(scores)
        for clip, score in zip(clips["id"].to_pylist(), scores.tolist(), strict=True):
            value = 1 - abs(score - gate.limit) / spread if spread > 0 else 0.0
            if value > 0 and score != usual:
                yield (
                    clip,
                    Reason(lane=NEAR, value=value, about=gate.name, score=score, limit=gate.limit),
                )


def _doubts(clips: pa.Table) -> Iterator[tuple[str, Reason]]:
    for row in clips.to_pylist():
        for about, doubt in DOUBTS.items():
            if (value := doubt(row)) > 0:
                yield row["id"], Reason(lane=DOUBT, value=min(value, 1.0), about=about)


def _low(column: str, limit: float) -> Callable[[Mapping[str, Any]], float]:
    """How far a score from 0 to 1 is under a limit, as a share of it."""
    return lambda row: 0.0 if row.get(column) is None else (limit - float(row[column])) / limit


def _copy(row: Mapping[str, Any]) -> float:
    distance = row.get("copy_distance")
    return 0.0 if distance is None else 1 - abs(distance - 1) / COPY_REACH


def _border(row: Mapping[str, Any]) -> float:
    return 0.25 * sum(row.get(name) in GRADUAL for name in ("begins", "ends"))


DOUBTS: dict[str, Callable[[Mapping[str, Any]], float]] = {
    "caption": _low("caption_check", 0.75),
    "copy": _copy,
    "cuts": _low("cut_agreement", 1.0),
    "border": _border,
    "boxes": _low(WEAKEST_TRACK, 0.7),
}
"""What does not fit together: the caption and what is seen; a copy that is nearly none; a border that only
one detector of cuts sees; a shot that begins or ends in
a fade or a dissolve, whose place is less sure than a cut's; a thing that the detector is not sure of. A value of 0 or
less, and a score of null, is no doubt."""


def _rare(clips: pa.Table) -> Iterator[tuple[str, Reason]]:
    """The clips in cells that are nearly empty."""
    if not len(clips) or not set(RARE_COLUMNS) <= set(clips.schema.names):
        return
    scores_N3 = np.stack([scores_of(clips, name) for name in RARE_COLUMNS], axis=1)
    known: list[bool] = [bool(np.isfinite(row).all()) for row in scores_N3]
    if not any(known):
        return
    thirds_23 = np.quantile(scores_N3[known], [1 / 3, 2 / 3], axis=0)
    cells = [tuple(row) for row in (scores_N3[:, None] > thirds_23[None]).sum(axis=1).tolist()]
    sizes = Counter(cell for cell, is_known in zip(cells, known, strict=True) if is_known)
    even = sum(known) / 3 ** len(RARE_COLUMNS)
    families = clips["family"].to_pylist() if "family" in clips.schema.names else [None] * len(clips)
    members = Counter(family for family in families if family is not None)
    for clip, cell, is_known, family in zip(clips["id"].to_pylist(), cells, known, families, strict=True):
        if is_known and sizes[cell] < RARE_SHARE * even and members[family] <= 1:
            yield clip, Reason(lane=RARE, value=1 - sizes[cell] / even)
