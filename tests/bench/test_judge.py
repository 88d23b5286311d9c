from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from laqta.bench.judge import ROWS, Row, check, compare, nearest_judge, relations_seen
from laqta.bench.judge import _part as part_of
from laqta.models.judge import NOTHING, Judge, SeenThing, Sighting
from laqta.models.track import Track
from laqta.shot import Actor, Motion, Relation, Shot
from laqta.train.fit_judge import judge_speck

KINDS = ("cat", "car", "duck")
SCENE = {"backdrop": "snow", "time": "night", "weather": "rain", "camera": "pan_left"}
FRAMES = 5


def thing(kind: str, x: float = 0.5, y: float = 0.6, step: float = 0.0, **facts: str) -> SeenThing:
    """A located thing whose middle begins at (x, y) and goes `step` to the right each frame."""
    middle_T = x + step * torch.arange(FRAMES)
    height_T = torch.full((FRAMES,), y)
    boxes_T4 = torch.stack([middle_T - 0.1, height_T - 0.2, middle_T + 0.1, height_T + 0.2], dim=1)
    said = {
        "kind": kind, "tint": "natural", "size": "medium", "place": "center", "facing": "left", "verb": "still",
        "toward": "neither", "speed": "normal",
    }  # fmt: skip
    return SeenThing(
        track=Track(boxes_T4=boxes_T4, there_T=torch.ones(FRAMES)), score=0.9, facts=said | facts
    )


def rows_of(shot: Shot, *things: SeenThing) -> dict[str, Row]:
    """The rows by what they are about; no shot here asks the same of two actors."""
    rows = compare(Sighting(things=things, scene=SCENE), shot, KINDS)
    return {row.what: row for row in rows}


def test_a_shot_that_states_nothing_has_no_rows() -> None:
    assert rows_of(Shot(), thing("cat")) == {}


def test_only_what_is_stated_is_checked() -> None:
    rows = rows_of(Shot(backdrop="snow", weather="clear", cast=(Actor(kind="cat"),)), thing("cat"))
    assert list(rows) == ["actor", "backdrop", "weather"]
    assert [row.ok for row in rows.values()] == [True, True, False]
    assert rows["weather"].asked == "clear"
    assert rows["weather"].seen == "rain"


def test_every_fact_of_an_actor_has_its_row() -> None:
    cat = Actor(
        kind="cat", count=1, size="big", tint="red", place="left", facing="right",
        motion=Motion(verb="jump", speed="fast"),
    )  # fmt: skip
    seen = thing("cat", size="big", tint="red", place="left", facing="right", verb="jump", speed="fast")
    rows = rows_of(Shot(cast=(cat,)), seen)
    assert set(rows) == {"actor", "count", "tint", "size", "place", "facing", "motion", "speed"}
    assert all(row.ok for row in rows.values())
    wrong = rows_of(Shot(cast=(cat,)), thing("cat", verb="still"))
    assert {what for what, row in wrong.items() if row.ok} == {"actor", "count"}


def test_direction_is_asked_of_what_goes_to_a_side_only() -> None:
    goes = Shot(cast=(Actor(kind="cat", motion=Motion(verb="walk", toward="left")),))
    assert rows_of(goes, thing("cat", verb="walk", toward="left"))["direction"].ok
    assert not rows_of(goes, thing("cat", verb="walk", toward="neither"))["direction"].ok
    stays = Shot(cast=(Actor(kind="cat", motion=Motion(verb="jump")),))
    assert "direction" not in rows_of(stays, thing("cat"))


def test_the_wrong_actor_may_still_move_the_right_way() -> None:
    shot = Shot(cast=(Actor(kind="cat", motion=Motion(verb="walk", toward="left")),))
    rows = rows_of(shot, thing("duck", verb="walk", toward="left"))
    assert not rows["actor"].ok
    assert rows["actor"].seen == "duck"
    assert rows["direction"].ok
    assert not rows_of(shot)["direction"].ok


def test_two_of_a_kind_are_counted_while_they_are_seen_together() -> None:
    shot = Shot(cast=(Actor(kind="cat", count=2),))
    assert rows_of(shot, thing("cat", 0.2), thing("cat", 0.8))["count"].ok
    assert rows_of(shot, thing("cat", 0.2), thing("duck", 0.8))["count"].seen == "1"
    late = thing("cat", 0.8)
    there_T = torch.tensor([0.0, 0, 0, 0, 1])
    blink = replace(late, track=Track(boxes_T4=late.track.boxes_T4 * there_T[:, None], there_T=there_T))
    assert rows_of(shot, thing("cat", 0.2), blink)["count"].seen == "1"


def test_a_kind_that_the_judge_does_not_know_is_left_out() -> None:
    rows = rows_of(Shot(backdrop="snow", cast=(Actor(kind="robot", count=1),)), thing(NOTHING))
    assert list(rows) == ["backdrop"]


@pytest.mark.parametrize(
    ("link", "subject", "other"),
    [
        ("left_of", thing("cat", 0.2), thing("car", 0.8)),
        ("right_of", thing("cat", 0.8), thing("car", 0.2)),
        ("above", thing("cat", y=0.25), thing("car", y=0.75)),
        ("behind", thing("cat", 0.45, 0.55), thing("car", 0.55, 0.65)),
        ("chases", thing("cat", 0.1, step=0.1, toward="right"), thing("car", 0.4, step=0.1, toward="right")),
        ("meets", thing("cat", 0.1, step=0.05, toward="right"), thing("car", 0.9, step=-0.05, toward="left")),
    ],
)
def test_relations_are_seen_from_boxes_and_motions(link: str, subject: SeenThing, other: SeenThing) -> None:
    seen = relations_seen(part_of([subject]), part_of([other]))
    assert seen[link]
    turned = relations_seen(part_of([other]), part_of([subject]))
    assert turned["meets"] if link == "meets" else not turned[link]
    shot = Shot(
        cast=(Actor(kind="cat"), Actor(kind="car")), relations=(Relation(subject=0, link=link, object=1),)
    )  # type: ignore[arg-type]
    assert rows_of(shot, subject, other)["relation"].ok
    assert not rows_of(shot, subject)["relation"].ok


def test_rows_come_in_the_tables_order() -> None:
    shot = Shot(
        backdrop="snow",
        camera="still",
        cast=(Actor(kind="cat", count=1, tint="red"), Actor(kind="car", count=1)),
    )
    rows = compare(Sighting(things=(thing("cat"), thing("car")), scene=SCENE), shot, KINDS)
    places = [ROWS.index(row.what) for row in rows]
    assert places == sorted(places)
    assert [row.who for row in rows if row.what == "count"] == ["cat", "car"]


def test_check_takes_frames_of_any_size() -> None:
    torch.manual_seed(0)
    judge = Judge(judge_speck().size, KINDS).eval()
    frames = np.random.default_rng(0).integers(0, 256, (7, 48, 40, 3), dtype=np.uint8)
    rows = check(frames, Shot(backdrop="snow", cast=(Actor(kind="cat"),)), judge)
    assert [row.what for row in rows] == ["actor", "backdrop"]


def test_a_machine_without_a_judge_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("laqta.bench.judge.SHIPPED", tmp_path)
    with pytest.raises(OSError, match="laqta train judge_nano"):
        nearest_judge(64, 64)
