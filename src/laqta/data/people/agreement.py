"""How much annotators agree, and what is true where they do not: Krippendorff's alpha and Dawid and Skene's EM.

Legend: U units (items), R raters, V values, C classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from laqta.data.people.matching import track_iou
from laqta.data.people.track import Drawn

T = TypeVar("T")
Metric = Literal["nominal", "ordinal", "interval"]
MISSING = -1


def alpha(ratings: Sequence[Sequence[float | str | None]], metric: Metric = "nominal") -> float:
    """Krippendorff's alpha of units x raters: 1 for agreement, 0 for chance, below 0 for contradiction.

    `None` and NaN are missing; units with fewer than two ratings say nothing. NaN where nothing can be said: no two
    ratings of one unit, or one value only. `ordinal` and `interval` need numbers. Source: Krippendorff 2011, "Computing
    Krippendorff's alpha-reliability"; Hayes and Krippendorff 2007.
    """
    units = [[rating for rating in unit if not _is_missing(rating)] for unit in ratings]
    units = [unit for unit in units if len(unit) > 1]
    known = {rating for unit in units for rating in unit if rating is not None}
    if metric != "nominal" and any(isinstance(rating, str) for rating in known):
        raise ValueError(
            f"{metric!r} needs numbers, got {sorted(map(repr, known))[:5]!r}; words are 'nominal'"
        )
    values = sorted(known, key=lambda rating: (isinstance(rating, str), rating))
    place = {rating: at for at, rating in enumerate(values)}
    index = [[place[rating] for rating in unit if rating is not None] for unit in units]
    if metric == "nominal":
        return _alpha(index, 1.0 - np.eye(len(values)))
    if metric == "interval":
        value_V = np.array([float(value) for value in values])
    else:  # the rank of a value: all ratings below it, and half of those that are the same
        counts_V = np.bincount([at for unit in index for at in unit], minlength=len(values))
        value_V = np.cumsum(counts_V) - counts_V / 2
    return _alpha(index, np.square(value_V[:, None] - value_V[None, :]))


def _is_missing(rating: float | str | None) -> bool:
    return rating is None or (isinstance(rating, float) and math.isnan(rating))


def alpha_by(ratings: Sequence[Sequence[T | None]], distance: Callable[[T, T], float]) -> float:
    """Alpha with a distance of one's own: 0 for values that agree; not squared. Units x raters, `None` is missing."""
    values = [rating for unit in ratings for rating in unit if rating is not None]
    index, at = [], 0
    for unit in ratings:
        known = sum(rating is not None for rating in unit)
        index.append(list(range(at, at + known)))
        at += known
    distance_VV = np.array([[distance(one, other) for other in values] for one in values])
    return _alpha(index, distance_VV.reshape(len(values), len(values)))


def alpha_of_tracks(clips: Sequence[Sequence[Sequence[Drawn | None]]]) -> float:
    """Alpha of what annotators drew, over clips x things x annotators; the distance is 1 - spatio-temporal IoU.

    `None` is an annotator who looked and drew nothing there: that contradicts every track (distance 1). Things of
    different clips have distance 1. As Nassar et al. 2019 do it for boxes, here for whole tracks.
    """
    empty = object()
    ratings = [
        [(at, empty if drawn is None else drawn) for drawn in thing]
        for at, clip in enumerate(clips)
        for thing in clip
    ]

    def distance(one: tuple[int, object], other: tuple[int, object]) -> float:
        if isinstance(one[1], Drawn) and isinstance(other[1], Drawn):
            return 1 - track_iou(one[1], other[1]) if one[0] == other[0] else 1.0
        return 0.0 if one[1] is other[1] else 1.0

    return alpha_by(ratings, distance)


def _alpha(units: Sequence[Sequence[int]], distance_VV: NDArray[np.float64]) -> float:
    """1 - observed / expected disagreement, of units given as the indices of their known values."""
    units = [unit for unit in units if len(unit) > 1]
    count_V = np.bincount([at for unit in units for at in unit], minlength=len(distance_VV)).astype(
        np.float64
    )
    total = count_V.sum()
    observed = sum(float(distance_VV[np.ix_(unit, unit)].sum()) / (len(unit) - 1) for unit in units)
    expected = float(count_V @ distance_VV @ count_V) / (total - 1) if total > 1 else 0.0
    return 1 - observed / expected if expected > 0 else float("nan")


@dataclass(frozen=True, kw_only=True)
class DawidSkene:
    """What EM found: the chance of each class for each unit, how each rater confuses classes, how common classes are.

    `confusion_RCC[r, c, d]` is the chance that rater `r` says `d` where `c` is true. `gains` are the log likelihoods
    after each round: they never fall.
    """

    chance_UC: NDArray[np.float64]
    confusion_RCC: NDArray[np.float64]
    prior_C: NDArray[np.float64]
    gains: tuple[float, ...]


def dawid_skene(
    labels_UR: NDArray[np.int64], classes: int, rounds: int = 100, tolerance: float = 1e-7
) -> DawidSkene:
    """True classes and raters' error rates from labels alone, by expectation maximisation (Dawid and Skene 1979).

    `labels_UR` holds class indices, -1 where a rater did not look. Begins with the majority, ends after `rounds` or
    when the log likelihood gains less than `tolerance`. A rater that never met a class is taken to guess there.
    `ValueError` for a class that is none, or a unit without labels.
    """
    if labels_UR.size == 0 or labels_UR.min() < MISSING or labels_UR.max() >= classes:
        raise ValueError(
            f"labels must be 0 to {classes - 1}, or -1 for none, got an array {labels_UR.shape} of others"
        )
    said_URC = (labels_UR[:, :, None] == np.arange(classes)).astype(np.float64)
    if not said_URC.any(axis=(1, 2)).all():
        raise ValueError("every unit needs a label; leave out those that nobody looked at")
    chance_UC = said_URC.sum(axis=1)
    chance_UC /= chance_UC.sum(axis=1, keepdims=True)
    gains: list[float] = []
    for _ in range(rounds):
        prior_C = chance_UC.mean(axis=0)
        counts_RCC = np.einsum("uc,urd->rcd", chance_UC, said_URC)
        met_RC1 = counts_RCC.sum(axis=2, keepdims=True)
        confusion_RCC = np.divide(
            counts_RCC, met_RC1, out=np.full_like(counts_RCC, 1 / classes), where=met_RC1 > 0
        )
        with np.errstate(divide="ignore"):
            log_RCC, log_C = np.log(confusion_RCC).clip(min=-700), np.log(prior_C).clip(min=-700)
        score_UC = log_C + np.einsum("urd,rcd->uc", said_URC, log_RCC)
        top_U1 = score_UC.max(axis=1, keepdims=True)
        chance_UC = np.exp(score_UC - top_U1)
        gains.append(float((np.log(chance_UC.sum(axis=1)) + top_U1[:, 0]).sum()))
        chance_UC /= chance_UC.sum(axis=1, keepdims=True)
        if len(gains) > 1 and gains[-1] - gains[-2] < tolerance:
            break
    return DawidSkene(chance_UC=chance_UC, confusion_RCC=confusion_RCC, prior_C=prior_C, gains=tuple(gains))
