"""Votes that stay, what they come to, and what they change."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
from tests.data.review.made_up import vote

from laqta.data.clips import clip_table
from laqta.data.datasets import Wish, freeze
from laqta.data.gates import GATES, Gate, passing
from laqta.data.local import LocalExecutor
from laqta.data.people.track import ExactBox, Keyframe, Timeline, Track
from laqta.data.pipeline import load_pipeline
from laqta.data.review.drawing import from_page, to_page
from laqta.data.review.preview import preview
from laqta.data.review.verdict import decide, is_settled, reviewers
from laqta.data.review.votes import Ballots, Vote, cast, standing
from laqta.data.run import Tables, run_pipeline
from laqta.data.trace import trace, withdraw
from laqta.data.workspace import Workspace
from laqta.video import read_video

DAY = "2026-11-26"


def track(left: float = 0.25) -> Track:
    box = ExactBox(left=Fraction(left), top=Fraction(1, 3), right=Fraction(3, 4), bottom=Fraction(1))
    return Track(id="t1", label="cat", keyframes=(Keyframe(pts=0, box=box),), attributes=(("colour", "red"),))


def test_votes_come_back_as_they_were_cast_and_undo_is_a_row_too(workspace: Workspace) -> None:
    fix = vote("c1", decision="fix", captions={"ar": "قطة"}, tracks=(track(),), seconds=3.5)
    kept = cast(workspace, fix)
    assert cast(workspace, fix) == kept
    ballots = Ballots(workspace)
    assert ballots.standing() == [kept] and kept.tracks == (track(),) and kept.captions == {"ar": "قطة"}
    cast(workspace, Vote(clip="c1", reviewer="amal", at=9, decision="undo", undoes=kept.id))
    assert ballots.standing() == []
    assert [row.decision for row in ballots.all()] == ["fix", "undo"]
    other = cast(workspace, vote("c1", "badr", "reject", at=10, reasons=("blurred",)))
    cast(workspace, Vote(clip="c1", reviewer="amal", at=11, decision="undo", undoes=other.id))
    assert ballots.standing() == [other]  # nobody takes back what another one said


def test_of_one_reviewer_the_last_vote_on_a_clip_counts() -> None:
    votes = [vote("c1", at=1), vote("c1", "badr", at=2), vote("c1", decision="reject", at=3)]
    assert [(one.reviewer, one.decision) for one in standing(votes)] == [
        ("badr", "accept"),
        ("amal", "reject"),
    ]


def test_a_studio_that_is_killed_while_it_writes_loses_no_vote(workspace: Workspace) -> None:
    """Killed in the middle of a write: what was answered stays, what was not is gone as a whole."""
    code = f"""
import os, signal
from pathlib import Path
from laqta.data.review import votes
from laqta.data.workspace import Workspace
place = Workspace(Path({str(workspace.root)!r}))
kept = votes.Vote(clip="c1", reviewer="amal", at=1, decision="accept")
votes.cast(place, kept)
def torn(table, draft):
    Path(draft).write_bytes(b"PAR1 half of a")
    os.kill(os.getpid(), signal.SIGKILL)
votes.pq.write_table = torn
votes.cast(place, votes.Vote(clip="c2", reviewer="amal", at=2, decision="accept"))
"""
    ended = subprocess.run([sys.executable, "-c", code], check=False)
    assert ended.returncode == -9
    assert [one.clip for one in Ballots(workspace).standing()] == ["c1"]
    cast(workspace, vote("c2", at=2))
    assert [one.clip for one in Ballots(workspace).standing()] == ["c1", "c2"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"reviewer": "../../etc"}, "no name for a reviewer"),
        ({"reviewer": ".."}, "no name for a reviewer"),
        ({"decision": "maybe"}, "no decision"),
        ({"reasons": ("ugly",)}, "no reasons"),
        ({"decision": "fix"}, "has neither"),
        ({"captions": {"en": "a cat"}}, "come with a fix"),
        ({"decision": "fix", "captions": {"fr": "un chat"}}, "no languages"),
        ({"decision": "fix", "captions": {"en": "  "}}, "letters"),
        ({"undoes": "x"}, "names the vote"),
    ],
)
def test_a_vote_that_cannot_be_is_refused(
    workspace: Workspace, wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        cast(workspace, replace(vote("c1"), **wrong))
    assert Ballots(workspace).all() == []


def test_tracks_go_to_the_page_by_frame_and_come_back() -> None:
    timeline = Timeline(pts=(0, 10, 35), time_base=Fraction(1, 30))
    rows = to_page([track()], timeline)
    assert rows[0]["keyframes"][0]["frame"] == 0 and rows[0]["attributes"] == {"colour": "red"}
    rows[0]["keyframes"].append({"frame": 2, "box": [0.1, 0.2, 0.3, 0.4]})
    back = from_page(rows, timeline)[0]
    assert [key.pts for key in back.keyframes] == [0, 35]
    assert back.keyframes[1].box is not None and back.keyframes[1].box.left == Fraction(1, 10)
    for key in (
        {"frame": 3, "box": [0, 0, 1, 1]},
        {"frame": 1, "box": [0, 0, 9, 1]},
        {"frame": 1, "box": [1, 0, 0, 1]},
    ):
        with pytest.raises(ValueError, match=r"frame|wider"):
            from_page([{**rows[0], "keyframes": [rows[0]["keyframes"][0], key]}], timeline)
    with pytest.raises(ValueError, match="one id"):
        from_page([rows[0], rows[0]], timeline)


def test_the_majority_keeps_and_half_of_those_mend() -> None:
    mends = {"decision": "fix", "captions": {"en": "a cat"}}
    yes, no, fix = vote("c"), vote("c", "badr", "reject"), replace(vote("c", "chen"), **mends)  # type: ignore[arg-type]
    assert decide([yes, no]).decision is None
    assert decide([yes, no, no]).decision == "reject"
    assert decide([yes, yes, fix]).decision == "accept"
    assert (decide([yes, fix]).decision, decide([yes, fix]).captions) == ("fix", {"en": "a cat"})
    assert (
        is_settled([yes, fix], 2, 3) and not is_settled([yes, no], 2, 3) and is_settled([yes, no, no], 2, 3)
    )


def test_reviewers_are_measured_on_gold_alone() -> None:
    gold = {"g1": vote("g1"), "g2": vote("g2", decision="reject")}
    votes = [vote("g1"), vote("g2"), vote("c"), vote("g1", "badr")]
    found = reviewers(votes, gold)
    assert (found["amal"].value, found["amal"].count, found["badr"].value) == (0.5, 2, 1.0)
    assert found["badr"].low < 0.3


@pytest.fixture
def tables(workspace: Workspace) -> Tables:
    """The three films, through the whole pipeline."""
    pipeline = tuple(
        stage
        for stage in load_pipeline(workspace, frozenset({"text"}))
        if stage.name in ("probe", "scan", "shots", "duplicates")
    )
    run_pipeline(workspace, pipeline, LocalExecutor(workers=1))
    return Tables(workspace, pipeline)


def test_reviews_change_a_dataset_and_no_fact(tables: Tables) -> None:
    wish = Wish(name="all", gates=(GATES[0], Gate("not rejected", "reviewed <> 'reject'")), on=DAY)
    before = freeze(tables, wish)
    bad, fixed, gold = before.rows["id"].to_pylist()
    cast(tables.workspace, vote(bad, decision="reject", reasons=("blurred",)))
    cast(tables.workspace, replace(vote(fixed), decision="fix", captions={"zh": "一只猫"}))
    cast(tables.workspace, vote(gold, decision="reject"), task="gold")
    after = freeze(tables, replace(wish, gates=wish.gates[:1]))
    rows = {row["id"]: row for row in after.rows.to_pylist()}
    assert [rows[clip]["reviewed"] for clip in (bad, fixed, gold)] == ["reject", "fix", "reject"]
    assert [rows[clip]["review_votes"] for clip in (bad, fixed, gold)] == [1, 1, 1]
    assert rows[fixed]["caption_zh"] == "一只猫" and rows[fixed]["caption_en"] is None
    assert [rows[clip]["facts"] for clip in (bad, fixed, gold)] == before.rows["facts"].to_pylist()
    assert after.id != before.id
    assert passing(clip_table(tables), wish.gates, DAY)["id"].to_pylist() == [fixed]


def test_what_is_withdrawn_takes_votes_and_films_along(tables: Tables) -> None:
    workspace = tables.workspace
    clip = freeze(tables, Wish(name="all", gates=(), on=DAY)).rows.to_pylist()[0]
    cast(workspace, vote(clip["id"]))
    film = preview(workspace, clip)
    assert len(read_video(film.path).frames_THWC) == len(film.timeline) == clip["frames"]
    assert film.starts()[-1] == pytest.approx(clip["seconds"]) and film.starts()[0] == 0
    assert preview(workspace, clip) == film
    told = trace(workspace, clip["id"])["votes"]
    assert [(one["task"], one["vendor"], one["decision"]) for one in told] == [("review", "amal", "accept")]
    json.dumps(told)
    withdraw(workspace, clip["source"])
    assert Ballots(workspace).all() == [] and not film.path.exists()
    with pytest.raises(ValueError, match="withdrawn"):
        preview(workspace, clip)


def test_the_command_line_shows_the_queue_and_refuses_a_refit_without_reviews(
    tables: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    from laqta.cli import main

    place = f"--workspace={tables.workspace.root}"
    (tables.workspace.root / "pipeline.toml").write_text("")
    clip = clip_table(tables)["id"].to_pylist()[0]
    assert main(["data", "review", place, "--reviewer=amal", f"--gold={clip[:16]}=accept"]) == 0
    told = capsys.readouterr().out
    assert "1 gold clips" in told and "0 votes" in told
    assert main(["data", "review", place, f"--gold={clip}=maybe"]) == 2
    assert "CLIP=accept or CLIP=reject" in capsys.readouterr().err
    assert main(["data", "refit", place]) == 2
    assert "too few reviews to refit the gate 'sharp'" in capsys.readouterr().err
