"""How good each vendor is, by gold items whose truth is known; what an accepted label costs; who gets the next batch.

Gold is hidden among the work (5 to 15 % of it is usual); whole clips, for single frames would break a track.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from laqta.data.people.matching import LEAST_IOU, match
from laqta.data.people.track import Timeline, Track, draw

CONFIDENCE = 0.95
RESAMPLES = 2000
FEW = 2
"""Clips from which a spread can be told."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A share or mean with its confidence interval, and how many observations it stands on; NaN and 0 to 1 for none."""

    value: float
    low: float
    high: float
    count: int


def wilson(hits: int, tries: int, confidence: float = CONFIDENCE) -> Estimate:
    """A share with its score interval (Wilson 1927), which holds also for few tries and shares near 0 and 1."""
    if not 0 <= hits <= tries or not 0 < confidence < 1:
        raise ValueError(
            f"hits must be 0 to {tries!r} tries, and confidence 0 to 1, got {hits!r} and {confidence!r}"
        )
    if tries == 0:
        return Estimate(value=float("nan"), low=0.0, high=1.0, count=0)
    z, share = NormalDist().inv_cdf(0.5 + confidence / 2), hits / tries
    middle = (share + z * z / (2 * tries)) / (1 + z * z / tries)
    half = z * math.sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries)) / (1 + z * z / tries)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Estimate(value=share, low=low if hits else 0.0, high=high if hits < tries else 1.0, count=tries)


def bootstrap(groups: Sequence[Sequence[float]], seed: int, confidence: float = CONFIDENCE) -> Estimate:
    """The mean of scores from 0 to 1, with a bootstrap-t interval (Efron and Tibshirani 1993, chapter 12).

    Scores of one clip are alike, so whole clips (`groups`) are drawn again, `RESAMPLES` times; and the spread of each
    draw is told by its own clips, for plain percentiles are too narrow with few. Two clips at least, else 0 to 1.
    """
    groups = [group for group in groups if len(group)]
    sums, sizes = np.array([sum(group) for group in groups]), np.array([len(group) for group in groups])
    count = int(sizes.sum()) if len(groups) else 0
    if len(groups) < FEW:
        return Estimate(value=sums.sum() / count if count else float("nan"), low=0.0, high=1.0, count=count)
    mean, spread = _ratio(sums[None], sizes[None])
    picks = np.random.default_rng(seed).integers(len(groups), size=(RESAMPLES, len(groups)))
    means, spreads = _ratio(sums[picks], sizes[picks])
    spreads = np.maximum(spreads, 1e-3 * spread[0] + 1e-12)  # a draw of one clip many times has none
    tail = (1 - confidence) / 2
    low, high = np.quantile((means - mean[0]) / spreads, [tail, 1 - tail])
    return Estimate(
        value=float(mean[0]),
        low=float(max(0.0, mean[0] - high * spread[0])),
        high=float(min(1.0, mean[0] - low * spread[0])),
        count=count,
    )


def _ratio(sums: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean score and its standard error, for each row of clips' sums and sizes."""
    mean = sums.sum(axis=1) / sizes.sum(axis=1)
    rest = sums - mean[:, None] * sizes
    clips = sums.shape[1]
    return mean, np.sqrt(np.square(rest).sum(axis=1) * clips / (clips - 1)) / sizes.sum(axis=1)


@dataclass(frozen=True, kw_only=True)
class Check:
    """A vendor's answer to one gold clip: IoUs of the true tracks that were found, how many of their labels are right,
    true tracks that were missed, and tracks that are none."""

    ious: tuple[float, ...]
    right_labels: int
    missed: int
    invented: int


@dataclass(frozen=True, kw_only=True)
class Quality:
    """A vendor by gold: shares of labels that are right, of true tracks found (`recall`), of its tracks that are real
    (`precision`), and the mean spatio-temporal IoU of those found."""

    labels: Estimate
    recall: Estimate
    precision: Estimate
    iou: Estimate


def check(
    truth: Sequence[Track], answer: Sequence[Track], timeline: Timeline, least: float = LEAST_IOU
) -> Check:
    """Compare an answer with the truth of a gold clip; tracks are the same thing from an IoU of `least`."""
    found = match(
        [draw(track, timeline) for track in truth], [draw(track, timeline) for track in answer], least
    )
    return Check(
        ious=tuple(pair.iou for pair in found.pairs),
        right_labels=sum(truth[pair.one].label == answer[pair.other].label for pair in found.pairs),
        missed=len(found.lone_ones),
        invented=len(found.lone_others),
    )


def quality(checks: Iterable[Check], seed: int, confidence: float = CONFIDENCE) -> Quality:
    """A vendor's quality over its gold clips: Wilson intervals for what is counted, a bootstrap for boxes."""
    checks = tuple(checks)
    found = sum(len(one.ious) for one in checks)
    return Quality(
        labels=wilson(sum(one.right_labels for one in checks), found, confidence),
        recall=wilson(found, found + sum(one.missed for one in checks), confidence),
        precision=wilson(found, found + sum(one.invented for one in checks), confidence),
        iou=bootstrap([one.ious for one in checks], seed, confidence),
    )


def cost_per_accepted(paid: float, accepted: int) -> float:
    """What one accepted label costs, all that was paid shared by what was accepted; infinity where nothing was."""
    if paid < 0 or accepted < 0:
        raise ValueError(f"money and labels cannot be below 0, got {paid!r} and {accepted!r}")
    return paid / accepted if accepted else float("inf")


@dataclass(frozen=True, kw_only=True)
class Record:
    """A vendor's past: labels accepted and rejected, and the price of one label, accepted or not."""

    accepted: int
    rejected: int
    price: float


@dataclass(frozen=True, kw_only=True)
class Route:
    """The vendor of each item of a batch, in order, `None` where the money was out, and what they cost in all."""

    vendors: tuple[str | None, ...]
    cost: float


def route(
    records: Mapping[str, Record],
    items: int,
    budget: float,
    seed: int,
    explore: float = 0.1,
    floor: float = 0.0,
) -> Route:
    """Share the next batch out by measured quality (Thompson 1933), the same for the same seed.

    The share `explore` goes round all vendors, those with the fewest labels first, at least one item a batch: nobody is
    out for ever, and who got better is seen. Every other item goes to the vendor with the most accepted labels for
    the money, each one's rate of acceptance drawn from what is known of it (Beta(accepted + 1, rejected + 1)); vendors
    whose drawn rate is below `floor` come last. Explored items are spread over the batch. Nobody gets an item that
    `budget` (in the money of the prices) no longer pays. `ValueError` for no vendors and numbers out of range.
    """
    _check(records, items, budget, explore, floor)
    names, dice = sorted(records), np.random.default_rng(seed)
    seen = {name: records[name].accepted + records[name].rejected for name in names}
    explored = min(items, max(1, round(explore * items))) if explore > 0 else 0
    order = [int(item) for item in dice.permutation(items)]
    turns, rest = order[:explored], sorted(order[explored:])
    chosen: list[str | None] = [None] * items
    left = budget
    for at, item in enumerate(
        [*turns, *rest]
    ):  # explored items first: money that runs out must not end exploring
        able = [name for name in names if records[name].price <= left]
        if not able:
            break
        if at < explored:
            name = min(able, key=lambda name: (seen[name], name))
            seen[name] += 1
        else:
            rates = {name: dice.beta(records[name].accepted + 1, records[name].rejected + 1) for name in able}
            name = max(able, key=lambda name: (rates[name] >= floor, rates[name] / records[name].price))
        left -= records[name].price
        chosen[item] = name
    return Route(vendors=tuple(chosen), cost=budget - left)


def _check(records: Mapping[str, Record], items: int, budget: float, explore: float, floor: float) -> None:
    if not records:
        raise ValueError("there is no vendor to give a batch to; name at least one")
    for name, record in records.items():
        if record.accepted < 0 or record.rejected < 0 or not record.price > 0:
            raise ValueError(
                f"vendor {name!r}: labels must be 0 or more and the price above 0, got {record!r}"
            )
    if items < 0 or not budget >= 0 or not 0 <= explore <= 1 or not 0 <= floor <= 1:
        raise ValueError(
            f"items and budget must be 0 or more, explore and floor 0 to 1, "
            f"got {items!r}, {budget!r}, {explore!r} and {floor!r}"
        )
