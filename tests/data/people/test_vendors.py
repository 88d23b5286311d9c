"""Vendors are found out: intervals that hold the truth, consensus better than its best vendor, batches that follow."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import simulate

from laqta.data.people.track import Timeline
from laqta.data.people.vendors import Record, bootstrap, cost_per_accepted, quality, route, wilson


@pytest.fixture(scope="module")
def pool() -> list[simulate.Work]:
    return simulate.work(range(160))


def test_wilson_is_newcombes() -> None:
    """Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3."""
    for hits, tries, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
    ):
        found = wilson(hits, tries)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert wilson(0, 20).low == 0 and wilson(20, 20).high == 1
    assert math.isnan(wilson(0, 0).value) and (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)
    with pytest.raises(ValueError, match="hits must be"):
        wilson(3, 2)


def test_bootstrap_holds_the_mean_as_often_as_it_says() -> None:
    """Clips of one to three things alike among themselves: 95 % of intervals, less what 300 draws may miss."""
    dice = np.random.default_rng(3)
    kept = 0
    for trial in range(300):
        clips = [
            np.clip(
                0.8 + dice.normal(0, 0.06) + dice.normal(0, 0.04, size=dice.integers(1, 4)), 0, 1
            ).tolist()
            for _ in range(25)
        ]
        found = bootstrap(clips, trial)
        kept += found.low <= 0.8 <= found.high
    assert kept >= 0.92 * 300
    assert bootstrap([[0.5]], 0).low == 0 and bootstrap([], 0).count == 0
    assert bootstrap([[0.5], [0.7, 0.6]], 4) == bootstrap([[0.5], [0.7, 0.6]], 4)


def test_vendors_by_gold_are_what_they_were_made(pool: list[simulate.Work]) -> None:
    """Four measures of three vendors by all clips: 95 % intervals, so that of twelve two may miss."""
    missed = []
    for at, vendor in enumerate(simulate.VENDORS):
        found, known = quality([one.checks[at] for one in pool], seed=1), simulate.known_rates(pool, at)
        missed += [
            (vendor.name, name)
            for name, value in known.items()
            if not getattr(found, name).low <= value <= getattr(found, name).high
        ]
    assert len(missed) <= 2, missed
    rates = simulate.covered(pool, gold=20)
    assert all(rate >= 0.8 for rate in rates.values()), (
        rates
    )  # 24 intervals each; the benchmark has many more


def test_consensus_finds_what_two_of_three_drew(pool: list[simulate.Work]) -> None:
    before = repr(pool[0].votes)
    clusters, checks = simulate.consensus(pool, {"careful": 0.95, "usual": 0.85, "hasty": 0.7})
    assert repr(pool[0].votes) == before
    merged, sure = quality(checks, seed=1), quality(checks, seed=1, confidence=0.999)
    due = simulate.found_by_two()  # by a wide interval here; the benchmark counts 95 % ones
    assert sure.recall.low <= due <= sure.recall.high
    single = [quality([one.checks[at] for one in pool], seed=1) for at in range(3)]
    assert merged.recall.value > single[1].recall.value
    assert merged.precision.value > max(one.precision.value for one in single)
    assert merged.iou.value > single[1].iou.value
    labels_UR = simulate.label_table(pool, clusters)
    for vendor, estimate in zip(simulate.VENDORS, simulate.right_by_dawid_skene(labels_UR), strict=True):
        assert estimate.low - 0.03 <= 1 - vendor.mislabel <= estimate.high + 0.03
    assert 0.5 < simulate.drawn_alpha(pool[:40], clusters[:40]) < 0.95


def test_the_simulated_clips_have_a_variable_frame_rate(pool: list[simulate.Work]) -> None:
    assert len(simulate.steps(pool[0].clip.timeline)) > 1
    assert simulate.steps(Timeline.constant(4, Fraction(30000, 1001))) == {1}


RECORDS = {
    "good": Record(accepted=95, rejected=5, price=1.0),
    "poor": Record(accepted=40, rejected=60, price=1.0),
    "new": Record(accepted=0, rejected=0, price=1.0),
}


def test_a_batch_follows_quality_and_is_the_same_by_seed() -> None:
    found = route(RECORDS, items=200, budget=1000, seed=5)
    assert (
        found
        == route(RECORDS, items=200, budget=1000, seed=5)
        != route(RECORDS, items=200, budget=1000, seed=6)
    )
    assert found.vendors.count("good") > 120 and found.vendors.count("poor") < 20 and found.cost == 200
    assert found.vendors.count("new") >= 20  # the least known vendor is explored first


def test_nobody_is_out_for_ever() -> None:
    """Batches one after another, each by what the last ones showed: the poor vendor got better and is noticed."""
    dice = np.random.default_rng(0)
    rates = {"good": 0.8, "poor": 0.98, "new": 0.3}
    records = dict(RECORDS)
    given: list[dict[str, int]] = []
    for batch in range(40):
        chosen = route(records, items=50, budget=1000, seed=batch).vendors
        given.append({name: chosen.count(name) for name in records})
        for name in filter(None, chosen):
            good = bool(dice.random() < rates[name])
            old = records[name]
            records[name] = Record(
                accepted=old.accepted + good, rejected=old.rejected + (not good), price=old.price
            )
    assert all(sum(batch[name] for batch in given) >= 40 for name in records)
    assert given[-1]["poor"] > given[0]["poor"]


def test_money_and_floor_are_kept() -> None:
    records = {**RECORDS, "cheap": Record(accepted=60, rejected=40, price=0.1)}
    assert route(records, items=50, budget=100, seed=1, explore=0).vendors.count("cheap") == 50
    assert route(records, items=50, budget=100, seed=1, explore=0, floor=0.8).vendors.count("cheap") == 0
    short = route(RECORDS, items=50, budget=7.5, seed=1)
    assert short.cost == 7 and short.vendors.count(None) == 43
    assert route(RECORDS, items=0, budget=1, seed=1).vendors == ()
    assert cost_per_accepted(30.0, 20) == 1.5 and cost_per_accepted(3.0, 0) == math.inf
    for bad in ({"budget": -1.0}, {"explore": 1.5}, {"items": -1}):
        with pytest.raises(ValueError, match="must be"):
            route(RECORDS, **{"items": 1, "budget": 1.0, "seed": 1, **bad})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no vendor"):
        route({}, items=1, budget=1, seed=1)
