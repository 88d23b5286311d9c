"""The review room over HTTP: what the page is given, what it may send, and what stays hidden."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, update

from laqta.data.clips import clip_table
from laqta.data.ingest import ingest
from laqta.data.local import LocalExecutor
from laqta.data.pipeline import load_pipeline
from laqta.data.review.votes import Ballots, Vote, cast
from laqta.data.rights import Rights
from laqta.data.run import Tables, run_pipeline
from laqta.data.trace import withdraw
from laqta.data.workspace import Workspace, open_workspace
from laqta.shot import Actor, Shot
from laqta.studio import review as review_room
from laqta.studio import takes as take_rows
from laqta.studio.app import build_app
from laqta.studio.desk import Desk
from laqta.studio.tables import takes
from laqta.studio.workplace import Workplace
from laqta.video import read_video, write_video

LATER = ("text", "objects", "captions", "caption_check")
Cast = Callable[..., Any]


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six films of moving stripes that went through the pipeline."""
    root = tmp_path_factory.mktemp("review")
    for seed in range(6):
        dice = np.random.default_rng(seed)
        stripes = dice.integers(0, 256, (48, 112, 3)).astype(np.float32)
        smooth = (stripes + np.roll(stripes, 1, 0) + np.roll(stripes, 1, 1) + np.roll(stripes, 2, 1)) / 4
        frames = np.stack([smooth[:, 2 * at : 2 * at + 64] for at in range(18)])
        write_video(root / f"{seed}.mp4", frames.astype(np.uint8), 12)
    place = open_workspace(root / "data", create=True)
    ingest(place, [str(root / f"{seed}.mp4") for seed in range(6)], Rights(owner="Amal", licence="CC-BY-4.0"))
    pipeline = tuple(stage for stage in load_pipeline(place, frozenset({"text"})) if stage.name not in LATER)
    run_pipeline(place, pipeline, LocalExecutor(workers=1))
    (place.root / "review.toml").write_text("random = 1.0\ngold = 0.5\n")
    return root


@pytest.fixture
def workspace(footage: Path, tmp_path: Path, desk: Desk) -> Workspace:
    """A copy of it that the studio reviews."""
    shutil.copytree(footage / "data", tmp_path / "data")
    desk.review.data = tmp_path / "data"
    return open_workspace(tmp_path / "data")


def clips_of(workspace: Workspace) -> list[str]:
    ids: list[str] = clip_table(Tables(workspace, load_pipeline(workspace, frozenset({"text"}))))[
        "id"
    ].to_pylist()
    return ids


@pytest.fixture
def following(client: TestClient) -> Callable[..., dict[str, Any]]:
    """The answer with the next item of a reviewer."""

    def ask(reviewer: str = "Amal") -> dict[str, Any]:
        answer = client.get("/api/review/next", params={"reviewer": reviewer})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    return ask


@pytest.fixture
def vote(client: TestClient) -> Cast:
    """Send a vote; returns the response."""

    def send(item: str, decision: str = "accept", reviewer: str = "Amal", **more: Any) -> Any:
        body = {
            "id": f"vote-{item}-{reviewer}"[:64],
            "reviewer": reviewer,
            "item": item,
            "decision": decision,
        }
        return client.post("/api/review/votes", json={**body, **more})

    return send


def test_an_item_has_all_that_is_needed_to_judge_it(
    client: TestClient, workspace: Workspace, following: Any
) -> None:
    assert client.get("/api/review").json() == {"missing": ""}
    told = following()
    item = told["item"]
    assert (told["waiting"], told["done"], told["skipped"], told["more"]) == (6, 0, 0, False)
    assert item["id"] in clips_of(workspace) and (item["width"], item["height"]) == (64, 48)
    assert item["captions"] == {"en": "", "ar": "", "zh": ""} and item["tracks"] == []
    assert (
        len(item["starts"]) == 19 and item["starts"][1] == pytest.approx(1 / 12) and item["starts"][-1] == 1.5
    )
    film = client.get(item["video"], headers={"range": "bytes=0-99"})
    assert (film.status_code, film.headers["content-type"], len(film.content)) == (206, "video/mp4", 100)
    path = workspace.root / "review" / f"{item['id']}.mp4"
    assert len(read_video(path).frames_THWC) == 18
    following()
    assert len(list((workspace.root / "review").glob("*.mp4"))) == 2  # the one after it is cut meanwhile


def test_a_vote_is_kept_and_the_next_item_comes_with_the_answer(
    workspace: Workspace, following: Any, vote: Cast
) -> None:
    first = following()["item"]["id"]
    answer = vote(first, "reject", reasons=["blurred", "dark"], seconds=2.5).json()
    assert answer["why"]["lane"] == "random" and answer["item"]["id"] != first
    assert (answer["done"], answer["waiting"]) == (1, 5)
    kept = Ballots(workspace).standing()[0]
    assert (kept.clip, kept.reviewer, kept.reasons, kept.seconds) == (first, "Amal", ("blurred", "dark"), 2.5)
    assert kept.id == answer["vote"] and kept.lane == "random"
    vote(first, "reject", reasons=["blurred", "dark"], seconds=2.5)
    assert len(Ballots(workspace).all()) == 1  # sent twice, it counts once
    assert following("Badr")["item"]["id"] == first


def test_a_fix_keeps_captions_and_tracks_and_undo_shows_the_item_again(
    client: TestClient, desk: Desk, workspace: Workspace, following: Any, vote: Cast
) -> None:
    item = following()["item"]["id"]
    keys = [{"frame": 0, "box": [0.1, 0.2, 0.5, 0.6]}, {"frame": 9, "box": [0.3, 0.2, 0.7, 0.6]}]
    tracks = [{"id": "new-1", "label": "cat", "keyframes": keys, "attributes": {"colour": "red"}}]
    assert vote(item, "fix", captions={"ar": "خطوط ملوّنة"}, tracks=tracks).status_code == 200
    kept = Ballots(workspace).standing()[0]
    assert kept.captions == {"ar": "خطوط ملوّنة"} and kept.tracks is not None
    assert [float(side) for side in kept.tracks[0].keyframes[1].box.sides()] == [0.3, 0.2, 0.7, 0.6]
    row = next(
        row
        for row in clip_table(Tables(workspace, load_pipeline(workspace, frozenset({"text"})))).to_pylist()
        if row["id"] == item
    )
    assert (
        row["reviewed"] == "fix"
        and row["caption_ar"] == "خطوط ملوّنة"
        and '"label": "cat"' in row["review_tracks"]
    )
    desk.review._read = None  # as after a new start
    shown = following("Badr")["item"]
    assert (shown["id"], shown["captions"]["ar"]) == (item, "")  # nobody is shown what another one wrote
    answer = client.post("/api/review/undo", json={"reviewer": "Amal"}).json()
    assert (answer["undone"], answer["item"]["id"], answer["done"], answer["waiting"]) == (True, item, 0, 6)
    assert [one.decision for one in Ballots(workspace).all()] == ["fix", "undo"]
    assert client.post("/api/review/undo", json={"reviewer": "Amal"}).json()["undone"] is False


def test_nothing_that_the_page_is_given_tells_gold_from_the_rest(
    workspace: Workspace, following: Any, vote: Cast
) -> None:
    gold = set(clips_of(workspace)[:3])
    for clip in gold:
        cast(workspace, Vote(clip=clip, reviewer="owner", at=0, decision="accept"), task="gold")
    seen, waiting, keys, whys = [], [], set(), set()
    while (told := following())["item"]:
        seen.append(told["item"]["id"])
        waiting.append(told["waiting"])
        keys.add((*told["item"], *told))
        whys.add(str(vote(seen[-1]).json()["why"]))
    assert gold <= set(seen) or gold & set(seen)
    assert waiting == list(range(len(seen), 0, -1))
    assert len(keys) == 1 and len(whys) == 1
    lanes = {one.clip: one.lane for one in Ballots(workspace).standing()}
    assert all((lanes[clip] == "gold") == (clip in gold) for clip in seen)


@pytest.mark.parametrize(
    ("wrong", "status", "message"),
    [
        ({"reviewer": "../x"}, 400, "no name for a reviewer"),
        ({"item": "f" * 64}, 404, "there is no clip"),
        ({"item": "../../etc/passwd"}, 404, "there is no clip"),
        ({"decision": "undo"}, 400, "decision"),
        ({"decision": "reject", "reasons": ["ugly"]}, 400, "no reasons"),
        ({"decision": "fix"}, 400, "has neither"),
        (
            {
                "decision": "fix",
                "tracks": [{"id": "a", "label": "b", "keyframes": [{"frame": 99, "box": [0, 0, 1, 1]}]}],
            },
            400,
            "18 frames",
        ),
        (
            {
                "decision": "fix",
                "tracks": [{"id": "a", "label": "b", "keyframes": [{"frame": 1, "box": [1, 0, 0, 1]}]}],
            },
            400,
            "wider",
        ),
        ({"decision": "fix", "tracks": [{"id": "a", "label": "b", "keyframes": []}]}, 400, "keyframes"),
        ({"seconds": -1}, 400, "seconds"),
    ],
)
def test_what_cannot_be_is_refused_and_not_kept(
    client: TestClient, workspace: Workspace, wrong: dict[str, Any], status: int, message: str
) -> None:
    body = {"id": "a-vote-of-mine", "reviewer": "Amal", "item": clips_of(workspace)[0], "decision": "accept"}
    answer = client.post("/api/review/votes", json={**body, **wrong})
    assert (answer.status_code, message in answer.json()["error"]["message"]) == (status, True), answer.text
    assert Ballots(workspace).all() == []


def test_a_clip_whose_source_is_gone_is_skipped_and_counted(
    workspace: Workspace, following: Any, client: TestClient
) -> None:
    first = following()["item"]["id"]
    film = workspace.root / "review" / f"{first}.mp4"
    source = clip_table(Tables(workspace, load_pipeline(workspace, frozenset({"text"})))).to_pylist()
    withdraw(workspace, next(row["source"] for row in source if row["id"] == first))
    assert not film.exists()
    told = following()
    assert told["item"]["id"] != first and (told["waiting"], told["skipped"]) == (5, 0)
    assert client.get(f"/api/review/clips/{first}/video").status_code == 404
    for record in (workspace.root / "sources").glob("*.json"):
        record.write_text(record.read_text().replace("/review", "/elsewhere"))
    shutil.rmtree(workspace.root / "review")
    told = following()
    assert (told["item"], told["waiting"], told["skipped"]) == (None, 0, 5)


def test_takes_that_failed_in_the_studio_are_reviewed_too(
    place: Workplace, workspace: Workspace, following: Any, vote: Cast, client: TestClient
) -> None:
    name = client.post("/api/conversations").json()["id"]
    shot = Shot(cast=(Actor(kind="cat"),))
    film = place.media.put(b"a film", "mp4")
    check = [
        {"what": "actor", "ok": True, "asked": "cat", "seen": "cat", "who": "cat"},
        {"what": "backdrop", "ok": False, "asked": "snow", "seen": "beach", "who": "cat"},
    ]
    recipe = {"check": check, "settings": {"frames": 24, "fps": 12, "width": 64, "height": 64, "seconds": 2}}

    def write(db: Any, take: str, recipe: dict[str, Any]) -> None:
        db.execute(
            insert(takes).values(**take_rows.blank(take, shot, 1, "speck", "en"), conversation=name, at=1)
        )
        db.execute(update(takes).where(takes.c.id == take).values(state="done", video=film, recipe=recipe))

    place.store.write(partial(write, take="take_bad", recipe=recipe))
    place.store.write(partial(write, take="take_good", recipe={**recipe, "check": check[:1]}))
    (workspace.root / "review.toml").write_text("random = 0.0\ngold = 0.0\n")
    told = following()
    seen = []
    while told["item"]:
        seen.append(told["item"])
        told = vote(
            seen[-1]["id"],
            "fix" if seen[-1]["kind"] == "take" else "accept",
            **({"captions": {"en": "a cat"}} if seen[-1]["kind"] == "take" else {}),
        ).json()
    shown = {item["id"]: item for item in seen}
    assert "take_bad" in shown and "take_good" not in shown
    take = shown["take_bad"]
    assert take["video"] == f"/media/{film}" and take["captions"]["en"] and take["captions"]["zh"]
    assert take["starts"][-1] == 2.0 and len(take["starts"]) == 25
    kept = {one.clip: one for one in Ballots(workspace).standing()}["take_bad"]
    assert (kept.lane, kept.captions) == ("take", {"en": "a cat"})


def test_what_is_missing_is_said(
    client: TestClient, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/api/review").json() == {"missing": "no_data"}
    answer = client.get("/api/review/next", params={"reviewer": "Amal"})
    assert answer.status_code == 400 and "laqta studio --data DIR" in answer.json()["error"]["message"]
    desk.review.data = tmp_path
    assert client.get("/api/review").json() == {"missing": "no_data"}
    monkeypatch.setattr(review_room, "find_spec", lambda _name: None)
    assert client.get("/api/review").json() == {"missing": "not_installed"}


def test_without_the_key_nothing_is_shown(desk: Desk, workspace: Workspace) -> None:
    desk.key = "open sesame"
    closed = TestClient(build_app(desk), raise_server_exceptions=False)
    clip = clips_of(workspace)[0]
    for path in ("/api/review", "/api/review/next?reviewer=Amal", f"/api/review/clips/{clip}/video"):
        assert closed.get(path).status_code == 401
    assert closed.get("/review").status_code == 200


def test_a_folder_without_data_is_refused_when_it_was_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from laqta.cli import main

    assert main(["studio", "--no-open", "--no-worker", "--data", str(tmp_path)]) == 2
    assert "holds no data; begin with: laqta data ingest" in capsys.readouterr().err
    monkeypatch.setenv("LAQTA_DATA", str(tmp_path / "nowhere"))
    assert main(["studio", "--no-open", "--no-worker"]) == 2
    assert "nowhere" in capsys.readouterr().err
