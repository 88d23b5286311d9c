"""Webhooks: written where a video ends, signed as OpenAI's client checks it, sent until they arrive."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import pytest
from openai import OpenAI
from sqlalchemy import Connection, select, update

from laqta.studio import conversations, queue, videos_rows, webhooks
from laqta.studio.app import build_app
from laqta.studio.desk import Desk
from laqta.studio.store import Store
from laqta.studio.tables import deliveries
from laqta.studio.videos_asked import Asked
from laqta.studio.videos_make import create
from laqta.studio.webhooks import Deliverer, Target
from laqta.studio.workplace import Workplace

pytestmark = pytest.mark.filterwarnings(
    "ignore:The Sora API is scheduled"
)  # the client says so at every call

SECRET = b"a secret of many bytes"
WORD = "whsec_" + base64.b64encode(SECRET).decode()


@dataclass(kw_only=True)
class Receiver:
    """A server that takes what is sent to it: `answers` are its next statuses, then 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    slow: float = 0.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    here = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            here.got.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            time.sleep(here.slow)
            self.send_response(here.answers.pop(0) if here.answers else 204)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield here
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def store(place: Workplace) -> Store:
    return place.store


def rows(store: Store) -> list[Any]:
    return list(store.read(lambda db: db.execute(select(deliveries)).mappings().all()))


def video(desk: Desk) -> str:
    """A new video that waits: its id."""
    asked = Asked(path="/v1/videos", caller="", once=None, fields={"prompt": "a cat walks"}, files={})
    made: dict[str, Any] = desk.workplace.store.write(partial(videos_rows.keep, draft=create(desk, asked)))
    return str(made["id"])


def end(store: Store, state: str) -> None:
    """The next job comes to its end."""
    [job] = store.write(partial(queue.claim, worker="tester", most_takes=1))
    assert store.write(partial(queue.finish, job=job, state=state))


# ---------------------------------------------------------------- end to end


@pytest.fixture
def hooked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """A receiver that the studio is told of before it starts."""
    monkeypatch.setenv("LAQTA_WEBHOOK_URL", receiver.url)
    monkeypatch.setenv("LAQTA_WEBHOOK_SECRET", WORD)
    monkeypatch.setattr(webhooks, "PAUSES", (0.0,) * 3)
    return receiver


def test_a_film_is_told_of_until_the_receiver_has_it(hooked: Receiver, sora: OpenAI) -> None:
    hooked.answers = [500, 302]
    made = sora.videos.create_and_poll(prompt="a cat walks", seconds="1")  # type: ignore[arg-type]
    deadline = time.monotonic() + 60
    while len(hooked.got) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(2 * webhooks.LOOK_AGAIN)
    assert [path for path, _, _ in hooked.got] == ["/hook"] * 3
    assert len({headers["webhook-id"] for _, headers, _ in hooked.got}) == 1
    assert len({body for _, _, body in hooked.got}) == 1
    for _, headers, body in hooked.got:
        event: Any = sora.webhooks.unwrap(body, headers, secret=WORD)
        assert (event.type, event.data.id, event.object) == ("video.completed", made.id, "event")
        assert event.id == headers["webhook-id"] and event.created_at >= made.created_at
    _, headers, body = hooked.got[0]
    with pytest.raises(openai.InvalidWebhookSignatureError):
        sora.webhooks.verify_signature(body + b" ", headers, secret=WORD)
    with pytest.raises(openai.InvalidWebhookSignatureError):
        sora.webhooks.verify_signature(body, {**headers, "webhook-id": "evt_other"}, secret=WORD)


# ---------------------------------------------------------------- what is written


@pytest.mark.parametrize(
    ("state", "kind"),
    [("done", "video.completed"), ("failed", "video.failed"), ("cancelled", "video.failed")],
)
def test_every_end_writes_one_event(desk: Desk, store: Store, state: str, kind: str) -> None:
    name = video(desk)
    assert rows(store) == []
    end(store, state)
    [row] = rows(store)
    event = json.loads(row["body"])
    assert (event["type"], event["data"], event["id"]) == (kind, {"id": name}, row["id"])
    assert set(event) == {"id", "object", "type", "created_at", "data"}
    assert row["attempt"] == 0 and row["next_at"] == row["at"]


def test_an_event_is_there_if_and_only_if_the_end_is(desk: Desk, store: Store) -> None:
    video(desk)
    [job] = store.write(partial(queue.claim, worker="tester", most_takes=1))

    def cut_off(db: Connection) -> None:
        queue.finish(db, job, "done")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write(cut_off)
    assert rows(store) == []
    assert store.write(partial(queue.finish, job=job, state="done"))
    assert not store.write(partial(queue.finish, job=job, state="done"))
    assert len(rows(store)) == 1


def test_conversations_and_deleted_videos_tell_nobody(desk: Desk, store: Store) -> None:
    name = store.write(partial(conversations.start, model="speck"))
    desk.say(name, "a red car drives", None, None, at_head=True)
    end(store, "done")
    store.write(partial(videos_rows.remove, name=video(desk)))
    gone = video(desk)
    [job] = store.write(partial(queue.claim, worker="tester", most_takes=1))
    store.write(partial(videos_rows.remove, name=gone))
    store.write(partial(queue.stop, job=job))
    assert rows(store) == []


# ---------------------------------------------------------------- how it is sent


def test_a_receiver_that_is_away_is_tried_for_a_day(
    desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    video(desk)
    end(store, "done")
    monkeypatch.setattr(webhooks, "post", lambda *_: "it is away")
    deliverer = Deliverer(store, Target(url="http://127.0.0.1:9/", secret=SECRET))
    for pause in (*webhooks.PAUSES, None):
        assert deliverer.step()
        assert not deliverer.step()
        [row] = rows(store)
        assert row["error"] == "it is away"
        if pause is None:
            assert row["next_at"] is None
        else:
            assert pause - 5 < row["next_at"] - time.time() < pause + 5
            store.write(lambda db: db.execute(update(deliveries).values(next_at=0.0)))
    assert 23 * 3600 < sum(webhooks.PAUSES) < 26 * 3600


def test_what_arrived_is_not_sent_again(desk: Desk, store: Store, receiver: Receiver) -> None:
    video(desk)
    end(store, "failed")
    deliverer = Deliverer(store, Target(url=receiver.url, secret=SECRET))
    assert deliverer.step() and not deliverer.step()
    [row] = rows(store)
    assert (row["next_at"], row["error"], len(receiver.got)) == (None, None, 1)


def test_two_servers_do_not_send_the_same_at_once(desk: Desk, store: Store) -> None:
    video(desk)
    end(store, "done")
    first = store.write(webhooks.claim)
    assert first is not None and store.write(webhooks.claim) is None
    store.write(lambda db: db.execute(update(deliveries).values(next_at=0.0)))  # the first one was killed
    second = store.write(webhooks.claim)
    assert second is not None and second["id"] == first["id"]
    store.write(partial(webhooks.settle, row=second, error=None))
    store.write(partial(webhooks.settle, row=first, error="it woke up again"))
    [row] = rows(store)
    assert (row["next_at"], row["error"]) == (None, None)


def test_redirects_are_not_followed_and_silence_ends(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Target(url=receiver.url, secret=SECRET)
    receiver.answers = [307, 302, 410]
    assert [webhooks.post(target, "evt_1", "{}") for _ in range(3)] == [
        "the receiver answered 307", "the receiver answered 302", "the receiver answered 410",
    ]  # fmt: skip
    assert [path for path, _, _ in receiver.got] == ["/hook"] * 3
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.1)
    receiver.slow = 1.0
    assert "cannot be reached" in str(webhooks.post(target, "evt_1", "{}"))
    assert "cannot be reached" in str(
        webhooks.post(Target(url="http://127.0.0.1:9/", secret=SECRET), "evt_1", "{}")
    )


def test_without_a_receiver_old_events_are_cleared_away(desk: Desk, store: Store) -> None:
    video(desk)
    end(store, "done")
    deliverer = Deliverer(store, None)
    assert not deliverer.step()
    store.write(webhooks.sweep)
    assert len(rows(store)) == 1
    store.write(lambda db: db.execute(update(deliveries).values(at=deliveries.c.at - webhooks.KEPT - 1)))
    deliverer.start()
    deadline = time.monotonic() + 30
    while rows(store) and time.monotonic() < deadline:
        time.sleep(0.02)
    deliverer.stop()
    assert rows(store) == []


@pytest.mark.parametrize(
    ("url", "secret", "what"),
    [
        ("ftp://example.org/", WORD, "LAQTA_WEBHOOK_URL"),
        ("file:///etc/passwd", WORD, "LAQTA_WEBHOOK_URL"),
        ("http://", WORD, "LAQTA_WEBHOOK_URL"),
        ("https://example.org/", "", "LAQTA_WEBHOOK_SECRET"),
        ("https://example.org/", "whsec_" + base64.b64encode(b"short").decode(), "LAQTA_WEBHOOK_SECRET"),
        ("https://example.org/", WORD.removeprefix("whsec_"), "LAQTA_WEBHOOK_SECRET"),
        ("https://example.org/", "whsec_no*base64*at*all*in*here", "LAQTA_WEBHOOK_SECRET"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_served(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, url: str, secret: str, what: str
) -> None:
    monkeypatch.setenv("LAQTA_WEBHOOK_URL", url)
    monkeypatch.setenv("LAQTA_WEBHOOK_SECRET", secret)
    with pytest.raises(ValueError, match=what):
        build_app(desk)


def test_settings() -> None:
    assert webhooks.target({}) is None
    environ = {"LAQTA_WEBHOOK_URL": "https://example.org/hook", "LAQTA_WEBHOOK_SECRET": WORD}
    assert webhooks.target(environ) == Target(url="https://example.org/hook", secret=SECRET)
