"""What is shown to whom, why, and in which order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from tests.data.review.made_up import SHARP, supply, table, vote

from laqta.data.gates import GATES, Gate
from laqta.data.review.lanes import DOUBT, NEAR, RANDOM, RARE, TAKE, numeric_gates, reasons_of
from laqta.data.review.queue import Plan, choose, load_plan, waiting
from laqta.data.review.votes import Vote
from laqta.data.workspace import Workspace


def test_a_clip_at_a_threshold_is_worth_most_and_one_spread_away_nothing() -> None:
    clips = pa.table({"id": list("abcde"), "sharpness": [20.0, 25.0, 30.0, 60.0, None]})
    found = reasons_of(clips, [SHARP], 0.0, 0)
    spread = (37.5 - 23.75) / 1.349
    assert [reason.value for reason in found["a"]] == [1.0]
    assert found["b"][0].value == pytest.approx(1 - 5 / spread)
    assert found["b"][0].words() == "near sharp: 25, threshold 20"
    assert not found["c"] or found["c"][0].value < found["b"][0].value
    assert found["d"] == found["e"] == []


def test_a_score_that_half_of_all_clips_share_is_near_nothing() -> None:
    clips = pa.table({"id": list("abcdef"), "overlay_share": [0.0, 0.0, 0.0, 0.0, 0.03, 0.5]})
    found = reasons_of(clips, [Gate("text", "overlay_share <= 0.02")], 0.0, 0)
    assert {clip for clip, reasons in found.items() if reasons} == {"e"}


def test_only_a_comparison_with_a_number_has_a_threshold() -> None:
    columns = {name for gate in GATES for name in gate.keeps.split()}
    assert [(gate.name, gate.column, gate.sign, gate.limit) for gate in numeric_gates(GATES, columns)] == [
        ("long enough", "seconds", ">=", 1),
        ("not black", "black_share", "<=", 0.5),
        ("not frozen", "frozen_share", "<=", 0.8),
        ("sharp", "sharpness", ">=", 20),
        ("no overlaid text", "overlay_share", "<=", 0.02),
    ]
    assert numeric_gates([Gate("x", "nothing < 3")], columns) == []


def test_what_does_not_fit_together_is_in_doubt() -> None:
    clips = pa.table(
        {
            "id": list("abcd"),
            "caption_check": [0.0, 1.0, None, 0.9],
            "copy_distance": [None, 1.0, 0.1, None],
            "begins": ["film", "cut", "fade", "film"],
            "ends": ["film", "cut", "dissolve", "film"],
        }
    )
    found = reasons_of(clips, [], 0.0, 0)
    assert {
        clip: [(reason.about, reason.value) for reason in reasons] for clip, reasons in found.items()
    } == {
        "a": [("caption", 1.0)],
        "b": [("copy", 1.0)],
        "c": [("border", 0.5)],
        "d": [],
    }


def test_a_clip_like_no_other_is_rare_unless_it_has_copies() -> None:
    dark = [0.1, 0.5, 0.9] * 100
    clips = pa.table(
        {
            "id": [f"{at:03}" for at in range(301)],
            "luma": [*dark, 0.01],
            "colorfulness": [*dark, 0.99],
            "motion": [*dark, 0.1],
            "family": [f"f{at}" for at in range(301)],
        }
    )
    found = reasons_of(clips, [], 0.0, 0)
    assert [clip for clip, reasons in found.items() if reasons] == ["300"]
    assert found["300"][0].lane == RARE and found["300"][0].value == pytest.approx(1 - 27 / 301)
    copied = clips.set_column(4, "family", pa.array(["f300" if at == 5 else f"f{at}" for at in range(301)]))
    assert not any(reasons_of(copied, [], 0.0, 0).values())


def test_no_reason_fills_the_queue_and_an_empty_lane_gives_its_places_away() -> None:
    plan = Plan(gold=0)
    clips = table()
    items = choose(supply(clips, plan), [], plan, "amal", 50)
    assert Counter(item.reason.lane for item in items) == {NEAR: 23, DOUBT: 11, RARE: 5, RANDOM: 11}
    assert Counter(item.reason.about for item in items)["sharp"] in (11, 12)
    values = [item.reason.value for item in items if item.reason.about == "sharp"]
    assert values == sorted(values, reverse=True)
    takes = replace(supply(clips, plan), takes={"take_1": 0.5, "take_2": 0.9})
    with_takes = choose(takes, [], plan, "amal", 50)
    assert [item.id for item in with_takes if item.reason.lane == TAKE] == ["take_2", "take_1"]
    assert len({item.id for item in with_takes}) == 50


def test_what_is_drawn_by_lot_is_shown_for_nothing_else() -> None:
    """Were a clip of the lot shown early for lying near a threshold, the lot would no longer stand for all clips."""
    plan = Plan(gold=0, random=0.3)
    found = supply(table(), plan)
    lot = {clip for clip, reasons in found.reasons.items() if reasons and reasons[0].lane == RANDOM}
    assert 90 < len(lot) < 150
    items = choose(found, [], plan, "amal", 400)
    assert {item.id for item in items if item.reason.lane == RANDOM} == lot
    order = [item.id for item in items if item.reason.lane == RANDOM]
    sharp = dict(zip(table()["id"].to_pylist(), table()["sharpness"].to_pylist(), strict=True))
    first, second = (np.mean([abs(sharp[clip] - 20) for clip in part]) for part in (order[:60], order[60:]))
    assert abs(first - second) < 10


def test_gold_is_hidden_in_every_stretch_at_a_place_that_nobody_can_tell() -> None:
    plan = Plan(gold=0.1)
    gold = frozenset(table()["id"].to_pylist()[:40])
    found = supply(table(), plan, gold)
    places = {}
    for reviewer in ("amal", "badr", "chen"):
        items = choose(found, [], plan, reviewer, 200)
        places[reviewer] = [at for at, item in enumerate(items) if item.gold]
        assert [at // 10 for at in places[reviewer]] == list(range(20))
        assert {item.id for item in items if item.gold} <= gold
        assert not {item.id for item in items if not item.gold} & gold
        assert choose(found, [], plan, reviewer, 200) == items
        by_lot = [item for item in items if item.gold and item.reason.lane == RANDOM]
        assert len(by_lot) < 20  # gold has reasons like all other items
    assert len(set(map(tuple, places.values()))) == 3
    assert len({at % 10 for at in places["amal"]}) > 4


def test_what_waits_falls_by_one_with_every_vote_also_on_gold() -> None:
    """A count that stood still at gold would give it away."""
    plan = Plan(gold=0.2, votes=1)
    found = supply(table(60), plan, frozenset(table(60)["id"].to_pylist()[:20]))
    votes: list[Vote] = []
    counts, was_gold = [], []
    while items := choose(found, votes, plan, "amal", 500):
        counts.append(len(items))
        was_gold.append(items[0].gold)
        votes.append(vote(items[0], at=len(votes)))
    assert counts == list(range(counts[0], 0, -1))
    assert sum(was_gold) >= 5


def test_a_clip_goes_to_others_until_enough_agree() -> None:
    plan = Plan(gold=0, random=0)
    found = supply(table(30), plan)
    first = choose(found, [], plan, "amal", 1)[0]
    votes = [vote(first)]
    assert first.id not in {item.id for item in choose(found, votes, plan, "amal", 100)}
    assert choose(found, votes, plan, "badr", 1)[0].id == first.id
    agreed = [*votes, vote(first, "badr")]
    assert first.id not in {item.id for item in choose(found, agreed, plan, "chen", 100)}
    split = [*votes, vote(first, "badr", "reject")]
    assert choose(found, split, plan, "chen", 1)[0].id == first.id
    ended = [*split, vote(first, "chen")]
    assert first.id not in {item.id for item in choose(found, ended, plan, "dana", 100)}
    assert (
        dict(waiting(found, ended, plan))[first.reason.lane]
        == dict(waiting(found, [], plan))[first.reason.lane] - 1
    )


def test_a_plan_is_read_from_the_workspace(workspace: Workspace) -> None:
    assert load_plan(workspace) == Plan()
    file = workspace.root / "review.toml"
    file.write_text("votes = 1\ngold = 0.2\n")
    assert load_plan(workspace) == Plan(votes=1, gold=0.2)
    for text in ("votes = 4", "gold = 0.9", "unknown = 1", "votes ="):
        file.write_text(text)
        with pytest.raises(ValueError, match=r"votes|gold|unknown|TOML"):
            load_plan(workspace)
