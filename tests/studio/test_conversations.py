"""Conversations: a tree of messages, undo and redo over it, clicks, forks, deletion; the page's API over real rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from laqta.language.read import read
from laqta.language.write import plain
from laqta.studio import conversations
from laqta.studio.desk import Desk
from laqta.studio.worker import Worker
from laqta.studio.workplace import Workplace

Talk = Callable[..., dict[str, Any]]
State = Callable[[str], dict[str, Any]]


def words(state: dict[str, Any]) -> list[str]:
    return [panel["words"] for panel in state["board"]["panels"]]


def told(*sentences: str) -> list[str]:
    """How Laqta puts what these sentences say."""
    return [plain(read(sentence).shot, "en") for sentence in sentences]


def click(client: TestClient, conversation: str, **edit: Any) -> dict[str, Any]:
    answer = client.post(f"/api/conversations/{conversation}/edits", json={"edit": edit})
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


def test_a_conversation_begins_empty_and_is_named_after_its_first_wish(
    client: TestClient, talk: Talk
) -> None:
    empty = client.post("/api/conversations").json()
    assert (empty["messages"], empty["board"]["panels"], empty["head"], empty["can_undo"]) == (
        [],
        [],
        None,
        False,
    )
    assert talk("help")["title"] == ""
    said = talk("a red car in the snow")
    assert (said["title"], said["model"]) == ("a red car in the snow", "speck")
    message = said["messages"][-1]
    assert message["by"] == "person" and message["reply"].startswith("Filming") and len(message["takes"]) == 1
    assert said["head"] == message["id"] and message["parent"] == said["messages"][0]["id"]


def test_a_change_keeps_the_seed_and_the_old_take(talk: Talk) -> None:
    talk("a red car in the snow")
    said = talk("make it night")
    [panel] = said["board"]["panels"]
    assert len(panel["takes"]) == 2 and panel["chosen"] == 1
    assert [said["takes"][name]["seed"] for name in panel["takes"]] == [1, 1]


def test_undo_takes_a_message_back_and_stops_its_job_and_redo_films_it(
    talk: Talk, state: State, worker: Worker
) -> None:
    talk("a red car in the snow")
    night = talk("make it night")
    undone = talk("undo")
    assert words(undone) == told("a red car in the snow") and undone["can_redo"]
    new = night["board"]["panels"][0]["takes"][1]
    assert undone["takes"][new]["state"] == "cancelled"
    redone = talk("redo")
    assert words(redone) == told("a red car in the snow at night") and not redone["can_redo"]
    assert redone["takes"][new]["state"] == "queued"
    while worker.step():
        pass
    assert {take["state"] for take in state(redone["id"])["takes"].values()} == {"done"}
    assert words(talk("undo")) == told("a red car in the snow")
    empty = talk("undo")
    assert words(empty) == [] and not empty["can_undo"]
    assert words(talk("redo")) == told("a red car in the snow")
    assert words(talk("redo")) == told("a red car in the snow at night")
    green = talk("make it green")
    assert not green["can_redo"] and words(talk("undo")) == told("a red car in the snow at night")


def test_an_earlier_message_that_is_said_otherwise_forks(talk: Talk, client: TestClient) -> None:
    first = talk("a red car in the snow")
    night = talk("make it night")
    start = first["messages"][0]["id"]
    forked = talk("make it green", parent=start)
    assert words(forked) == told("a green car in the snow")
    assert [message["parent"] for message in forked["messages"]] == [None, start, start]
    back = client.put(f"/api/conversations/{night['id']}/head", json={"message": night["head"]}).json()
    assert words(back) == told("a red car in the snow at night")
    fresh = talk("a football in the meadow", parent=None)
    assert words(fresh) == told("a football in a meadow") and not fresh["board"]["current"]
    assert (
        client.put(f"/api/conversations/{night['id']}/head", json={"message": "msg_none"}).status_code == 404
    )


def test_clicks_edit_the_board_without_words(talk: Talk, client: TestClient) -> None:
    talk("a red car in the snow")
    talk("another version")
    said = talk("new shot: a football in the meadow")
    name = said["id"]
    moved = click(client, name, do="move", panel=1, to=0)
    assert words(moved) == told("a football in the meadow", "a red car in the snow")
    chosen = click(client, name, do="choose", panel=1, take=0)
    assert chosen["board"]["panels"][1]["chosen"] == 0 and chosen["messages"][-1]["by"] == "click"
    assert len(click(client, name, do="copy", panel=1)["board"]["panels"]) == 3
    assert len(click(client, name, do="remove", panel=2)["board"]["panels"]) == 2
    more = click(client, name, do="again", panel=0, count=3)
    seeds = [more["takes"][take]["seed"] for take in more["board"]["panels"][0]["takes"]]
    assert len(seeds) == 4 and len(set(seeds)) == 4
    assert (
        click(client, name, do="undo")["board"]["panels"][0]["takes"] != more["board"]["panels"][0]["takes"]
    )
    assert click(client, name, do="redo")["board"] == more["board"]
    bad = client.post(f"/api/conversations/{name}/edits", json={"edit": {"do": "remove", "panel": 9}})
    assert bad.status_code == 404 and "2 shots" in bad.json()["error"]["message"]
    bad = client.post(
        f"/api/conversations/{name}/edits", json={"edit": {"do": "choose", "panel": 0, "take": 9}}
    )
    assert bad.status_code == 404 and "4 takes" in bad.json()["error"]["message"]


def test_what_the_model_never_saw_is_told_with_the_nearest_and_films_nothing(talk: Talk) -> None:
    for text, reply in (
        ("an elephant in the snow", "This model was never shown: elephant. The nearest that it knows:"),
        ("فيل في الثلج", "لم يتعلم هذا النموذج: فيل"),
        ("雪地里的大象", "这个模型没见过：大象"),
    ):
        said = talk(text)
        assert said["messages"][-1]["reply"].startswith(reply)
        assert (said["messages"][-1]["problem"], said["takes"], said["jobs"]) == ("unseen", {}, {})


def test_a_look_tells_what_would_be_filmed_and_writes_nothing(
    talk: Talk, client: TestClient, state: State
) -> None:
    said = talk("a red car in the snow")
    draft = client.post(f"/api/conversations/{said['id']}/look", json={"text": "make it night zzzz"}).json()
    assert (draft["films"], draft["ignored"], draft["problem"]) == (1, ["zzzz"], "")
    assert draft["reply"].startswith(f"Filming: {told('a red car in the snow at night')[0]}")
    assert state(said["id"])["last_event"] == said["last_event"]


def test_a_message_that_came_between_is_not_lost(
    talk: Talk, desk: Desk, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = talk("a red car in the snow")
    place, calls = conversations.place, []

    def overtaken(db: Any, conversation: str, parent: str | None, *, at_head: bool) -> Any:
        where = place(db, conversation, parent, at_head=at_head)
        calls.append(1)
        if len(calls) == 1:
            monkeypatch.setattr(conversations, "place", place)
            desk.say(conversation, "make it night", None, None, at_head=True)
            monkeypatch.setattr(conversations, "place", overtaken)
        return where

    monkeypatch.setattr(conversations, "place", overtaken)
    desk.say(said["id"], "make it green", None, None, at_head=True)
    assert len(calls) == 2
    assert words(state(said["id"])) == told("a green car in the snow at night")


def test_the_same_shot_by_the_same_seed_is_filmed_once(talk: Talk, worker: Worker, place: Workplace) -> None:
    talk("a red car in the snow")
    talk("make it night")
    while worker.step():
        pass
    talk("undo")
    said = talk("make it night")
    assert said["jobs"] == {}
    assert {take["state"] for take in said["takes"].values()} == {"done"}
    assert len(list(place.media.folder.glob("??/*.mp4"))) == 2


def test_a_take_is_deleted_and_filmed_again_the_same(
    talk: Talk,
    worker: Worker,
    client: TestClient,
    state: State,
    place: Workplace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("laqta.studio.media.GRACE", -1.0)
    said = talk("a red car in the snow")
    worker.step()
    [take] = state(said["id"])["takes"].values()
    gone = client.delete(f"/api/takes/{take['id']}").json()
    assert (gone["state"], gone["video"]) == ("deleted", None)
    assert list(place.media.folder.glob("??/*")) == []
    assert client.get(take["video"]).status_code == 404
    assert client.get(f"/api/takes/{take['id']}/file").status_code == 404
    assert client.post(f"/api/takes/{take['id']}/again").json()["state"] == "queued"
    assert client.post(f"/api/takes/{take['id']}/again").status_code == 400
    worker.step()
    [back] = state(said["id"])["takes"].values()
    frames = [client.get(back[kind]).content for kind in ("poster",)]
    assert back["poster"] == take["poster"] and frames[0]


def test_a_conversation_goes_with_its_films_and_stops_what_runs(
    talk: Talk, client: TestClient, worker: Worker, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("laqta.studio.media.GRACE", -1.0)
    said = talk("a red car in the snow")
    worker.step()
    talk("make it night")
    assert client.delete(f"/api/conversations/{said['id']}").status_code == 204
    assert worker.step() == []
    assert list(place.media.folder.glob("??/*")) == []
    assert client.get(f"/api/conversations/{said['id']}").status_code == 404
    assert client.get("/api/conversations").json()["data"] == []


def test_conversations_are_listed_latest_first_and_page_by_page(client: TestClient) -> None:
    names = [client.post("/api/conversations").json()["id"] for _ in range(6)]
    assert client.get("/api/conversations").json()["data"] == []  # nothing was said in them
    for name in names[:5]:
        client.post(f"/api/conversations/{name}/messages", json={"text": "help"})
    del names[5]
    client.patch(f"/api/conversations/{names[0]}", json={"title": "  Snow  "})
    first = client.get("/api/conversations?limit=2").json()
    assert first["has_more"] and len(first["data"]) == 2
    rest = client.get(f"/api/conversations?limit=10&after={first['last_id']}").json()
    assert not rest["has_more"]
    assert {row["id"] for row in first["data"] + rest["data"]} == set(names)
    assert "Snow" in {row["title"] for row in first["data"] + rest["data"]}


def test_nothing_is_said_into_nowhere(client: TestClient) -> None:
    assert client.post("/api/conversations/conv_x/messages", json={"text": "a car"}).status_code == 404
    name = client.post("/api/conversations").json()["id"]
    empty = client.post(f"/api/conversations/{name}/messages", json={"text": "  "})
    assert empty.status_code == 400 and "message is empty" in empty.json()["error"]["message"]
    long = client.post(f"/api/conversations/{name}/messages", json={"text": "x" * 5000})
    assert long.status_code == 400 and long.json()["error"]["param"] == "text"
    lost = client.post(f"/api/conversations/{name}/messages", json={"text": "a car", "picture": "0" * 64})
    assert lost.status_code == 404
    odd = client.post(
        f"/api/conversations/{name}/messages", json={"text": "a car", "picture": "../studio.db"}
    )
    assert odd.status_code == 400


def test_a_used_up_quota_is_told_before_anything_is_filmed(
    desk: Desk, talk: Talk, client: TestClient
) -> None:
    said = talk("a car in the snow")
    object.__setattr__(desk.workplace, "quota", 0)
    answer = client.post(f"/api/conversations/{said['id']}/messages", json={"text": "make it red"})
    assert answer.status_code == 507 and "delete some" in answer.json()["error"]["message"]
    assert client.post(f"/api/conversations/{said['id']}/messages", json={"text": "help"}).status_code == 200
