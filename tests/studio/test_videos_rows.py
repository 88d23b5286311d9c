"""The API's rows, on every database: written, paged through, held by a key, deleted."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from laqta.studio import idempotency, queue, takes, videos_rows
from laqta.studio.desk import Desk
from laqta.studio.tables import idempotency as keys
from laqta.studio.tables import takes as take_rows
from laqta.studio.videos_asked import ApiError, Asked
from laqta.studio.videos_make import create, remix
from laqta.studio.worker import Worker


def asked(once: str | None = None, **fields: Any) -> Asked:
    return Asked(
        path="/v1/videos", caller="me", once=once, fields={"prompt": "a cat walks", **fields}, files={}
    )


def kept(desk: Desk, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = desk.workplace.store.write(
        partial(videos_rows.keep, draft=create(desk, asked(**fields)))
    )
    return made


def test_a_video_is_a_take_of_no_conversation(desk: Desk, worker: Worker) -> None:
    store = desk.workplace.store
    name = kept(desk, seconds="1", size="720x1280", seed="3")["id"]
    row = store.read(lambda db: takes.rows(db, [name]))[name]
    assert row["conversation"] is None and row["state"] == "queued" and row["seed"] == 3
    assert row["settings"] == {"seconds": 1.0, "size": [32, 32], "nearest": True}
    assert {key: row["request"][key] for key in ("kind", "prompt", "model", "seconds", "size")} == {
        "kind": "create", "prompt": "a cat walks", "model": None, "seconds": "1", "size": "720x1280",
    }  # fmt: skip
    [job] = worker.step()
    [done] = store.read(lambda db: videos_rows.shown(db, [videos_rows.get(db, name)]))
    assert (done["status"], done["progress"], done["size"]) == ("completed", 100, "256x256"), done["error"]
    found = store.read(partial(queue.get, name=job.id))
    assert found is not None and done["completed_at"] == int(found["finished_at"])


def test_videos_of_one_form_are_filmed_in_one_batch(desk: Desk, worker: Worker) -> None:
    names = [kept(desk, prompt=prompt, seconds="1")["id"] for prompt in ("a cat walks", "a red car drives")]
    other = kept(desk, seconds="2")["id"]
    assert [job.takes[0] for job in worker.step()] == names
    assert [job.takes[0] for job in worker.step()] == [other]


def test_pages_go_on_where_the_last_one_ended(desk: Desk) -> None:
    store = desk.workplace.store
    names = [kept(desk)["id"] for _ in range(5)]
    assert names == sorted(names) and len(set(names)) == 5

    def page(after: str | None, limit: int, newest_first: bool) -> tuple[list[str], bool]:
        listed = store.read(lambda db: videos_rows.page(db, after, limit, newest_first=newest_first))
        return [video["id"] for video in listed["data"]], listed["has_more"]

    assert page(None, 2, True) == (names[:2:-1], True)
    assert page(names[3], 3, True) == (names[2::-1], False)
    assert page(names[1], 2, False) == (names[2:4], True)
    store.write(partial(videos_rows.remove, name=names[1]))
    assert page(names[1], 9, False) == (names[2:], False)
    assert page(names[2], 9, True) == (names[:1], False)


def test_a_parent_that_goes_meanwhile_is_missed(desk: Desk, worker: Worker) -> None:
    name = kept(desk, seconds="1")["id"]
    worker.step()
    draft = remix(desk, asked(prompt="make it red"), name)
    desk.workplace.store.write(partial(videos_rows.remove, name=name))
    with pytest.raises(ApiError, match="not found"):
        desk.workplace.store.write(partial(videos_rows.keep, draft=draft))
    assert desk.workplace.store.read(lambda db: db.execute(select(take_rows)).all()) == []


def test_of_many_at_once_one_holds_the_key(desk: Desk) -> None:
    store = desk.workplace.store
    held: list[object] = []

    def begin() -> None:
        try:
            held.append(store.write(partial(idempotency.begin, asked=asked("k"))))
        except ApiError as error:
            held.append(error.status)

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(one) for one in held if one == 409) == ["409"] * 5
    [hold] = [one for one in held if isinstance(one, idempotency.Hold)]
    store.write(partial(idempotency.finish, hold=hold, reply={"id": "video_1"}))
    again = store.write(partial(idempotency.begin, asked=asked("k")))
    assert again is not None and again.reply == {"id": "video_1"}
    store.write(partial(idempotency.release, hold=hold))  # what was answered stays
    assert len(store.read(lambda db: db.execute(select(keys)).all())) == 1


def test_who_has_lost_the_key_does_nothing(desk: Desk) -> None:
    store = desk.workplace.store
    slow = store.write(partial(idempotency.begin, asked=asked("k")))
    assert slow is not None
    store.write(lambda db: db.execute(update(keys).values(at=keys.c.at - idempotency.PATIENCE - 1)))
    quick = store.write(partial(idempotency.begin, asked=asked("k")))
    assert quick is not None and quick.word != slow.word

    def make(db: Any) -> None:
        video = videos_rows.keep(db, create(desk, asked()))
        idempotency.finish(db, slow, video)

    with pytest.raises(ApiError) as caught:
        store.write(make)
    assert caught.value.status == 409
    assert store.read(lambda db: db.execute(select(take_rows)).all()) == []
    store.write(partial(idempotency.release, hold=slow))
    assert len(store.read(lambda db: db.execute(select(keys)).all())) == 1
