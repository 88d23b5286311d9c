"""The worker: films what the queue holds, judges it, hands it in; and is stopped, robbed and failed."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

import laqta
from laqta.film import Crew
from laqta.language.read import read
from laqta.language.write import plain
from laqta.studio import queue, takes
from laqta.studio.tables import jobs, media
from laqta.studio.worker import Worker
from laqta.studio.workplace import Workplace
from laqta.video import read_recipe, read_video

Talk = Callable[..., dict[str, Any]]
State = Callable[[str], dict[str, Any]]


def only(items: dict[str, Any]) -> Any:
    [item] = items.values()
    return item


def told(sentence: str) -> str:
    """How Laqta puts what a sentence says."""
    return plain(read(sentence).shot, "en")


def test_a_message_becomes_a_film_that_can_be_filmed_again(
    talk: Talk, state: State, worker: Worker, place: Workplace
) -> None:
    said = talk("a red car drives in the snow")
    assert only(said["takes"])["state"] == "queued"
    [job] = worker.step()
    take = only(state(said["id"])["takes"])
    assert (take["state"], take["job"], take["seed"], take["error"]) == ("done", job.id, 1, None)
    assert take["words"] == told("a red car drives in the snow") and take["video"].startswith("/media/")
    path = place.media.path(take["video"].removeprefix("/media/"))
    recipe = read_recipe(path)
    assert recipe == place.store.read(lambda db: takes.rows(db, [take["id"]])[take["id"]]["recipe"])
    again = laqta.load("speck").again(recipe)
    film = laqta.load("speck").film(take["words"], seed=1)
    assert again.frames_THWC.tobytes() == film.frames_THWC.tobytes()
    assert take["frames"] == len(read_video(path).frames_THWC)
    assert worker.step() == []
    row, ended = place.store.read(
        lambda db: (takes.rows(db, [take["id"]])[take["id"]], queue.get(db, job.id))
    )
    assert ended is not None and row["finished_at"] == ended["finished_at"] >= row["at"]


def test_what_the_judge_saw_is_told_in_the_persons_words(
    talk: Talk, state: State, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"what": "actor", "who": "car", "asked": "car", "seen": "nothing", "ok": False},
        {"what": "direction", "who": "car", "asked": "left", "seen": "left", "ok": True},
        {"what": "backdrop", "who": "", "asked": "snow", "seen": "snow", "ok": True},
    ]
    monkeypatch.setattr("laqta.film._check", lambda *_: rows)
    said = talk("سيارة تسير في الثلج")
    worker.step()
    take = only(state(said["id"])["takes"])
    assert (take["right"], take["of"]) == (2, 3)
    assert [(fact["asked"], fact["seen"]) for fact in take["check"]] == [
        ("سيارة", "لم يظهر"), ("نحو اليسار", "نحو اليسار"), ("في الثلج", "في الثلج"),
    ]  # fmt: skip


def test_of_several_takes_the_best_is_shown_and_all_are_kept(
    talk: Talk, state: State, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = iter([1, 3, 2])

    def check(*_: Any) -> list[dict[str, Any]]:
        count = next(right)
        return [
            {"what": "time", "who": "", "asked": "day", "seen": "day", "ok": at < count} for at in range(3)
        ]

    monkeypatch.setattr("laqta.film._check", check)
    said = talk("three versions of a red car in the snow")
    [panel] = said["board"]["panels"]
    assert len(panel["takes"]) == 3 and len(said["jobs"]) == 1
    worker.step()
    shown = state(said["id"])
    [panel] = shown["board"]["panels"]
    assert [shown["takes"][name]["right"] for name in panel["takes"]] == [1, 3, 2]
    assert panel["chosen"] == 1


def test_jobs_of_one_form_are_filmed_in_one_batch(
    talk: Talk, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    shoot = Crew.shoot

    def counted(self: Crew, wishes: Any, *rest: Any) -> Any:
        sizes.append(len(wishes))
        return shoot(self, wishes, *rest)

    monkeypatch.setattr(Crew, "shoot", counted)
    for text in ("a car in the snow", "make it red", "make it night"):
        talk(text)
    assert len(worker.step()) == 3 and sizes == [3]


def test_a_cancel_reaches_the_running_loop_within_a_step(
    talk: Talk, state: State, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = talk("a car in the snow")
    other = talk("make it red")
    wanted = queue.is_wanted
    asked: list[int] = []

    def cancel_then_ask(db: Any, held: Any) -> bool:
        asked.append(1)
        queue.cancel(db, said["takes"][next(iter(said["takes"]))]["job"])
        return wanted(db, held)

    monkeypatch.setattr(queue, "is_wanted", cancel_then_ask)
    assert len(worker.step()) == 2
    assert asked == [1]
    monkeypatch.undo()
    states = {take["words"]: take["state"] for take in state(other["id"])["takes"].values()}
    assert states == {told("a car in the snow"): "cancelled", told("a red car in the snow"): "queued"}
    worker.step()
    assert {take["state"] for take in state(other["id"])["takes"].values()} == {"cancelled", "done"}


def test_a_worker_that_lost_its_lease_hands_nothing_in(
    talk: Talk, state: State, worker: Worker, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = talk("a car in the snow")
    rival = Worker(place, "rival")
    robbed: list[queue.Job] = []
    hand_in = Worker._hand_in

    def rob(self: Worker, job: queue.Job, filmed: Any) -> None:
        if self is worker:
            place.store.write(partial(queue.release, worker="tester"))
            robbed.extend(rival.step())
        hand_in(self, job, filmed)

    monkeypatch.setattr(Worker, "_hand_in", rob)
    worker.step()
    assert len(robbed) == 1
    take = only(state(said["id"])["takes"])
    assert take["state"] == "done"
    rows = place.store.read(lambda db: list(db.execute(select(jobs)).mappings()))
    assert [(row["state"], row["worker"], row["attempt"]) for row in rows] == [("done", "rival", 2)]


def test_a_full_disk_is_told_retried_and_loses_nothing(
    talk: Talk, state: State, worker: Worker, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = talk("a car in the snow")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    put = type(place.media).put

    def full(*_: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(type(place.media), "put", full)
    worker.step()
    job = only(state(said["id"])["jobs"])
    assert (job["state"], job["attempt"]) == ("queued", 1) and "No space left" in job["error"]
    monkeypatch.setattr(type(place.media), "put", put)
    worker.step()
    assert only(state(said["id"])["takes"])["state"] == "done"


def test_a_fault_fails_its_own_job_and_says_so(
    talk: Talk, state: State, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = talk("a car in the snow")
    monkeypatch.setattr(Crew, "shoot", lambda *_: 1 // 0)
    worker.step()
    take = only(state(said["id"])["takes"])
    assert take["state"] == "failed" and "ZeroDivisionError" in take["error"]


def test_who_is_asked_to_end_gives_its_job_back(
    talk: Talk, state: State, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = talk("a car in the snow")

    def end(*_: Any) -> None:
        raise SystemExit(143)

    monkeypatch.setattr(Crew, "shoot", end)
    with pytest.raises(SystemExit):
        worker.step()
    assert (only(state(said["id"])["jobs"])["state"], only(state(said["id"])["jobs"])["attempt"]) == (
        "queued",
        0,
    )


def test_a_fast_models_steps_ask_seldom_and_a_slow_ones_every_time(
    talk: Talk, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    wanted = queue.is_wanted

    def counted(db: Any, held: Any) -> bool:
        asked.append(1)
        return wanted(db, held)

    monkeypatch.setattr(queue, "is_wanted", counted)
    for period, times in ((60.0, 1), (0.0, 2)):
        talk("another version" if asked else "a car in the snow")
        monkeypatch.setattr("laqta.studio.reporter.ASK", period)
        asked.clear()
        worker.step()
        assert len(asked) == times  # of the model's two steps


def test_a_loop_and_a_picture_are_filmed_as_asked(
    talk: Talk, state: State, worker: Worker, client: Any, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = client.post("/api/pictures", files={"file": ("red.png", red_png())}).json()
    said = talk("a car drives in the snow", picture=picture["sha"])
    talk("loop it")
    while worker.step():
        pass
    shown = list(state(said["id"])["takes"].values())
    assert [take["state"] for take in shown] == ["done", "done"], shown
    assert [take["loop"] for take in shown] == [False, True]
    assert shown[0]["first"] == picture["url"]
    recipe = read_recipe(place.media.path(shown[0]["video"].removeprefix("/media/")))
    name = f"{picture['sha']}.png"
    assert recipe["settings"]["first"] == {
        "file": name,
        "sha256": picture["sha"],
    }  # and no folder of this machine
    with pytest.raises(ValueError, match=f"the recipe needs '{name}'"):
        laqta.load("speck").again(recipe)
    monkeypatch.chdir(place.media.path(name).parent)
    assert laqta.load("speck").again(recipe).recipe["check"] == recipe["check"]


def red_png() -> bytes:
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (90, 60), (220, 20, 20)).save(out, "PNG")
    return out.getvalue()


def test_the_storyboard_is_exported_with_cuts_and_fades(
    talk: Talk, worker: Worker, client: Any, place: Workplace
) -> None:
    said = talk("a car in the snow")
    talk("new shot: a football in the meadow")
    address = f"/api/conversations/{said['id']}/export"
    early = client.post(address, json={})
    assert early.status_code == 400 and "done before" in early.json()["error"]["message"]
    while worker.step():
        pass
    lengths = {}
    for transition in ("cut", "fade"):
        job = client.post(address, json={"transition": transition}).json()["job"]
        worker.step()
        row = place.store.read(partial(queue.get, name=job["id"]))
        assert row is not None and row["state"] == "done", row["error"] if row else None
        film = place.media.path(row["file"])
        lengths[transition] = len(read_video(film).frames_THWC)
        recipe = read_recipe(film)
        rows = place.store.read(partial(takes.rows, ids=row["request"]["takes"]))
        assert recipe["takes"] == [rows[name]["recipe"] for name in row["request"]["takes"]]
        assert recipe["transition"] == transition
    assert lengths == {"cut": 18, "fade": 16}


def test_every_kept_file_has_its_row_and_its_size(talk: Talk, worker: Worker, place: Workplace) -> None:
    talk("a car in the snow")
    worker.step()
    files = {path.name: path.stat().st_size for path in place.media.folder.glob("??/*")}
    rows = place.store.read(lambda db: {row.name: row.bytes for row in db.execute(select(media))})
    assert rows == files and len(files) == 2
    total = place.store.read(lambda db: db.scalar(select(func.sum(media.c.bytes))))
    assert total == sum(files.values())


def test_progress_and_preview_are_reported_while_it_films(
    talk: Talk, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk("a car in the snow")
    monkeypatch.setattr("laqta.studio.reporter.PERIOD", 0.01)
    reports: list[tuple[int, int, bytes | None]] = []
    report = queue.report

    def noted(db: Any, job: Any, done: int, total: int, preview: bytes | None, lease: float) -> bool:
        reports.append((done, total, preview))
        return report(db, job, done, total, preview, lease)

    monkeypatch.setattr(queue, "report", noted)
    slow = np.ones((600, 600))
    wanted = queue.is_wanted
    monkeypatch.setattr(queue, "is_wanted", lambda db, held: bool((slow @ slow).any()) and wanted(db, held))
    worker.step()
    assert reports, json.dumps("nothing was reported")
    assert reports[-1][1] == 2 and any(preview for _, _, preview in reports)
