"""Thresholds from reviews: where a gate should stand, and how good it is there, on clips that it was not fitted on.

A review speaks about a gate where it keeps the clip, or rejects it for a reason that names the gate's column, or for
no reason, or where no reason names that column. Several reviewers' answers become one chance by Dawid and Skene.

Clips are picked near thresholds and for what looks wrong, so their shares are not those of all clips. Hence:

- the chance of being good, as it rises with the score (isotonic regression), is fitted on clips that were picked by
  this score alone: those near this gate, and half of those drawn by lot. Picking by the score does not bend a curve
  over the score. Precision and recall follow from the curve and the scores of all clips, reviewed or not;
- what is reported is counted, on the other half of those drawn by lot, with Wilson's intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from laqta.data.people.agreement import dawid_skene
from laqta.data.people.vendors import Estimate, wilson
from laqta.data.review.lanes import NEAR, RANDOM, Numbers, NumericGate, draw_of, scores_of
from laqta.data.review.verdict import by_clip
from laqta.data.review.votes import REASONS, Vote

LEAST_FITTED = 30
"""Reviewed clips that a curve is fitted on, at least."""
LEAST_BAD = 5
"""Of them bad ones, and good ones, at least."""
LEAST_HELD_OUT = 20
"""Reviewed clips, drawn by lot, that a report stands on, at least."""
HALF = 0.5
DIGITS = 4
"""Digits of a threshold: more would not be told apart by reviews."""


class TooFewError(ValueError):
    """A gate of which too few reviews speak."""


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How good a threshold is on held-out clips: share of kept ones that are good, share of good ones that are kept."""

    precision: Estimate
    recall: Estimate


@dataclass(frozen=True, kw_only=True)
class Refit:
    """A gate's new threshold. `met`: the wanted precision is expected there; else it is where F1 is best."""

    gate: NumericGate
    limit: float
    met: bool
    fitted_on: int
    held_out: int
    before: Scores
    after: Scores

    @property
    def change(self) -> str:
        """The gate as `--gate` takes it."""
        return f"{self.gate.name}: {self.gate.column} {self.gate.sign} {self.limit:g}"


def answer(vote: Vote, column: str) -> bool | None:
    """Whether a vote says that a clip is good as far as a column tells; `None` where it says nothing about it."""
    wrong = [reason for reason in vote.against() if column in REASONS[reason]]
    named = any(column in columns for columns in REASONS.values())
    if wrong or (vote.decision == "reject" and not (named and vote.reasons)):
        return False
    return True if vote.keeps else None


def refit(
    gate: NumericGate,
    clips: pa.Table,
    votes: Sequence[Vote],
    wanted: float,
    gold: frozenset[str] = frozenset(),
    seed: int = 0,
) -> Refit:
    """The threshold with the most recall at the wanted precision (0 to 1), from standing votes.

    Gold was picked by hand, so it tells about reviewers and not about clips: it is left out.

    Raises:
        TooFewError: too few reviews speak about the gate.
        ValueError: a precision out of range.
    """
    if not 0 < wanted < 1:
        raise ValueError(f"a precision of {wanted!r} cannot be wanted; it lies between 0 and 1, such as 0.95")
    scores = dict(zip(clips["id"].to_pylist(), scores_of(clips, gate.column).tolist(), strict=True))
    known = np.array([score for score in scores.values() if np.isfinite(score)])
    able = [vote for vote in votes if vote.clip not in gold and np.isfinite(scores.get(vote.clip, np.nan))]
    chances = _chances(able, gate.column)
    why = {vote.clip: (vote.lane, vote.about) for vote in able}
    lot = [clip for clip in sorted(chances) if why[clip][0] == RANDOM]
    held = [clip for clip in lot if draw_of(seed, f"held out\n{clip}") < HALF]
    near = [clip for clip in sorted(chances) if why[clip] == (NEAR, gate.name)]
    fitted = [*(clip for clip in lot if clip not in set(held)), *near]
    score_F, good_F = (
        np.array([scores[clip] for clip in fitted]),
        np.array([chances[clip] for clip in fitted]),
    )
    _check_enough(gate, good_F, len(held))
    limit, met = _best_limit(gate, known, _chance_by_score(gate, score_F, good_F, known), wanted)
    score_H = np.array([scores[clip] for clip in held])
    good_H = np.array([chances[clip] > HALF for clip in held])
    return Refit(
        gate=gate, limit=limit, met=met, fitted_on=len(fitted), held_out=len(held),
        before=_count(gate.keeps(score_H), good_H), after=_count(gate.keeps(score_H, limit), good_H),
    )  # fmt: skip


def _chances(votes: Sequence[Vote], column: str) -> dict[str, float]:
    """How likely each clip is good, of those that somebody's answer speaks about."""
    names = sorted({vote.reviewer for vote in votes})
    rows = {}
    for clip, cast in by_clip(votes).items():
        row = np.full(len(names), -1)
        for vote in cast:
            said = answer(vote, column)
            row[names.index(vote.reviewer)] = -1 if said is None else int(said)
        if (row >= 0).any():
            rows[clip] = row
    if not rows:
        return {}
    found = dawid_skene(np.stack(list(rows.values())).astype(np.int64), classes=2)
    return dict(zip(rows, found.chance_UC[:, 1].tolist(), strict=True))


def _check_enough(gate: NumericGate, good_F: Numbers, held_out: int) -> None:
    bad = int((good_F < HALF).sum())
    good = len(good_F) - bad
    if len(good_F) < LEAST_FITTED or min(bad, good) < LEAST_BAD or held_out < LEAST_HELD_OUT:
        raise TooFewError(
            f"too few reviews to refit the gate {gate.name!r}: {len(good_F)} clips to fit on ({good} good, {bad} bad; "
            f"{LEAST_FITTED} are needed, {LEAST_BAD} of each kind) and {held_out} drawn by lot to report on "
            f"({LEAST_HELD_OUT} are needed); go on with the review"
        )


def _chance_by_score(gate: NumericGate, score_F: Numbers, good_F: Numbers, known: Numbers) -> Numbers:
    """The chance of being good at each known score: it never falls towards the side that the gate keeps."""
    order = np.argsort(score_F, kind="stable")
    values, first_F = np.unique(score_F[order], return_index=True)
    counts = np.diff([*first_F, len(order)])
    means = np.add.reduceat(good_F[order], first_F) / counts
    curve = isotonic_regression(means, weights=counts, increasing=gate.higher).x
    return np.asarray(np.interp(known, values, curve), np.float64)


def _best_limit(gate: NumericGate, known: Numbers, chance_N: Numbers, wanted: float) -> tuple[float, bool]:
    """Of thresholds between scores, the one that keeps the most at the wanted precision, else the best F1."""
    order = np.argsort(known, kind="stable")[:: -1 if gate.higher else 1]  # what is kept first comes first
    score_N, good_N = known[order], np.cumsum(chance_N[order])
    kept_N = np.arange(1, len(score_N) + 1)
    precision_N, recall_N = good_N / kept_N, good_N / max(good_N[-1], 1e-12)
    ends_N = np.append(score_N[1:] != score_N[:-1], True)  # equal scores are kept together
    meets = np.flatnonzero(ends_N & (precision_N >= wanted))
    both_N = precision_N + recall_N
    f1_N = np.where(ends_N, 2 * precision_N * recall_N / np.where(both_N > 0, both_N, 1), 0)
    last = int(meets[-1]) if len(meets) else int(np.argmax(f1_N))
    step = np.ptp(known) * (-1 if gate.higher else 1)
    beyond = score_N[last + 1] if last + 1 < len(score_N) else score_N[last] + step
    return _rounded((score_N[last] + beyond) / 2, score_N[last], beyond), bool(len(meets))


def _rounded(limit: float, last: float, beyond: float) -> float:
    """A threshold with few digits, as long as it parts the same two scores."""
    short = float(f"{limit:.{DIGITS}g}")
    return short if min(last, beyond) < short < max(last, beyond) else float(f"{limit:.6g}")


def _count(kept: NDArray[np.bool_], good: NDArray[np.bool_]) -> Scores:
    right = int((kept & good).sum())
    return Scores(precision=wilson(right, int(kept.sum())), recall=wilson(right, int(good.sum())))
