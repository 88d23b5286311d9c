"""Thresholds that follow from votes, and how they are reported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from tests.data.review.made_up import SHARP, STILL, supply, table, vote

from laqta.data.review.lanes import RANDOM, draw_of, numeric_gates
from laqta.data.review.queue import Plan, choose
from laqta.data.review.refit import Refit, TooFewError, answer, refit
from laqta.data.review.verdict import by_clip
from laqta.data.review.votes import Vote


def reviewed(clips: pa.Table, errors: dict[str, float], count: int, seed: int = 1) -> list[Vote]:
    """What reviewers say of their queues who are wrong at a rate; a clip is blurred under a sharpness of 32."""
    plan, dice = Plan(gold=0, votes=3, most=3), np.random.default_rng(seed)
    sharp = dict(zip(clips["id"].to_pylist(), clips["sharpness"].to_pylist(), strict=True))
    found, votes = supply(clips, plan), []
    for name, rate in errors.items():
        for item in choose(found, votes, plan, name, count):
            good = bool(sharp[item.id] >= 32) != bool(dice.random() < rate)
            reasons = () if good else ("blurred",)
            votes.append(vote(item, name, "accept" if good else "reject", len(votes), reasons=reasons))
    return votes


def fitted(votes: list[Vote], clips: pa.Table, **more: object) -> Refit:
    gate = numeric_gates([SHARP], clips.schema.names)[0]
    return refit(gate, clips, votes, 0.95, **more)  # type: ignore[arg-type]


def test_a_threshold_is_found_again_from_reviewers_who_err() -> None:
    """Of what the new threshold keeps, 95 % are truly at least as sharp as the reviewers' eyes asked for."""
    clips = table(4000, seed=5)
    found = fitted(reviewed(clips, {"amal": 0.03, "badr": 0.08, "chen": 0.2}, 900), clips)
    sharp = clips["sharpness"].to_numpy()
    true_precision = np.mean(sharp[sharp >= found.limit] >= 32)
    assert found.met and found.change == f"sharp: sharpness >= {found.limit:g}"
    assert true_precision == pytest.approx(0.95, abs=0.02)
    assert found.after.precision.low < true_precision < found.after.precision.high
    assert found.before.precision.high < true_precision
    assert found.after.recall.value > 0.9 and found.held_out >= 60


def test_a_gate_that_keeps_what_is_below_is_fitted_too() -> None:
    clips = table(1500, seed=6)
    still = dict(zip(clips["id"].to_pylist(), clips["frozen_share"].to_pylist(), strict=True))
    plan = Plan(gold=0, votes=1)
    votes = [
        vote(item, at=at, decision="accept" if still[item.id] < 0.7 else "reject")
        for at, item in enumerate(choose(supply(clips, plan), [], plan, "amal", 600))
    ]
    found = refit(numeric_gates([STILL], clips.schema.names)[0], clips, votes, 0.99)
    assert found.limit == pytest.approx(0.7, abs=0.03)
    assert found.after.precision.value > 0.95


def test_what_is_reported_is_not_what_was_fitted() -> None:
    """Votes on the held-out clips do not move the threshold."""
    clips = table(2000, seed=5)
    votes = reviewed(clips, {"amal": 0.0}, 500)
    found = fitted(votes, clips)
    held = {one.clip for one in votes if one.lane == RANDOM} - _fitted_clips(votes)
    turned = [
        replace(one, decision="accept" if one.decision == "reject" else "reject", reasons=())
        if one.clip in held
        else one
        for one in votes
    ]
    again = refit(numeric_gates([SHARP], clips.schema.names)[0], clips, turned, 0.95)
    assert len(held) == found.held_out
    assert again.limit == found.limit
    assert again.after.precision.value < 0.1 < found.after.precision.value


def _fitted_clips(votes: list[Vote]) -> set[str]:
    return {one.clip for one in votes if draw_of(0, f"held out\n{one.clip}") >= 0.5}


def test_shares_are_those_of_all_clips_although_those_near_the_threshold_were_shown_more() -> None:
    clips = table(3000, seed=7)
    votes = reviewed(clips, {"amal": 0.0}, 500)
    kept = [one for one in votes if dict(_scores(clips))[one.clip] >= 20]
    truth = float(np.mean(clips["sharpness"].to_numpy()[clips["sharpness"].to_numpy() >= 20] >= 32))
    picked = float(np.mean([one.decision == "accept" for one in kept if one.about == "sharp"]))
    found = fitted(votes, clips).before.precision
    assert picked < truth - 0.2
    assert found.low < truth < found.high


def _scores(clips: pa.Table) -> list[tuple[str, float]]:
    return list(zip(clips["id"].to_pylist(), clips["sharpness"].to_pylist(), strict=True))


def test_too_few_reviews_are_refused_with_how_many_are_needed() -> None:
    clips = table(400)
    with pytest.raises(TooFewError, match=r"0 clips to fit on .*30 are needed.* 0 drawn by lot"):
        fitted([], clips)
    with pytest.raises(TooFewError, match="30 are needed, 5 of each kind"):
        fitted(reviewed(clips, {"amal": 0.0}, 25), clips)
    everything_good = [
        replace(one, decision="accept", reasons=()) for one in reviewed(clips, {"amal": 0.0}, 200)
    ]
    with pytest.raises(TooFewError, match="0 bad"):
        fitted(everything_good, clips)
    with pytest.raises(ValueError, match="between 0 and 1"):
        refit(numeric_gates([SHARP], clips.schema.names)[0], clips, [], 1.0)


def test_a_vote_speaks_about_the_gates_that_its_reasons_name() -> None:
    no = vote("c", decision="reject")
    assert answer(vote("c"), "sharpness") is True
    assert answer(no, "sharpness") is False
    assert answer(replace(no, reasons=("blurred",)), "sharpness") is False
    assert answer(replace(no, reasons=("text",)), "sharpness") is None
    assert answer(replace(no, reasons=("text",)), "a_score_of_my_own") is False
    mended = replace(vote("c"), decision="fix", captions={"en": "a cat"})
    assert (answer(mended, "sharpness"), answer(mended, "caption_check")) == (True, False)


def test_gold_was_picked_by_hand_and_fits_no_threshold() -> None:
    clips = table(2000, seed=5)
    votes = reviewed(clips, {"amal": 0.0}, 500)
    all_gold = frozenset(by_clip(votes))
    with pytest.raises(TooFewError, match="0 clips to fit on"):
        fitted(votes, clips, gold=all_gold)
