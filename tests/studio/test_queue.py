"""Jobs: claimed under a lease, ended once, whatever dies in between."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from laqta.director.storyboard import Take
from laqta.shot import Actor, Shot
from laqta.studio import conversations, events, queue, takes
from laqta.studio.queue import Job, QueueFullError
from laqta.studio.store import Store
from laqta.studio.tables import events as event_rows
from laqta.studio.tables import jobs
from laqta.studio.workplace import Workplace

CAR = Shot(cast=(Actor(kind="car"),))


@pytest.fixture
def store(place: Workplace) -> Store:
    return place.store


def add(store: Store, *seeds: int, form: str = "one") -> str:
    """A job for takes of these seeds, in a conversation of its own."""

    def work(db):  # type: ignore[no-untyped-def]
        name = conversations.start(db, "speck")
        ids = takes.keep(db, name, [Take(shot=CAR, seed=seed) for seed in seeds], "speck", "en")
        return queue.add(db, "film", name, ids, form=form)

    return str(store.write(work))


def claim(store: Store, worker: str = "a", **more: object) -> list[Job]:
    return store.write(partial(queue.claim, worker=worker, **more))  # type: ignore[arg-type]


def row(store: Store, name: str):  # type: ignore[no-untyped-def]
    return store.read(partial(queue.get, name=name))


def ends(store: Store) -> Counter[str]:
    query = select(event_rows.c.terminal).where(event_rows.c.terminal.is_not(None))
    return Counter(store.read(lambda db: list(db.scalars(query))))


def test_jobs_are_claimed_in_order_and_each_by_one(store: Store) -> None:
    first, second = add(store, 1, form="one"), add(store, 2, form="two")
    assert [job.id for job in claim(store, "a")] == [first]
    assert [job.id for job in claim(store, "b")] == [second]
    assert claim(store, "c") == []
    assert (row(store, first)["state"], row(store, first)["worker"], row(store, first)["attempt"]) == (
        "running",
        "a",
        1,
    )


def test_jobs_of_one_form_are_claimed_together_up_to_a_batch(store: Store) -> None:
    names = [add(store, 1, 2, 3), add(store, 4, 5, 6), add(store, 7), add(store, 8, form="other")]
    held = claim(store, most_takes=5)
    assert [job.id for job in held] == [names[0], names[2]]
    assert len({job.lease for job in held}) == 2
    assert [job.id for job in claim(store)] == [names[1]]


def test_a_lease_that_ran_out_lets_another_worker_in_and_the_first_one_out(store: Store) -> None:
    name = add(store, 1)
    [lost] = claim(store, "a", lease=-1.0)
    [held] = claim(store, "b")
    assert (held.id, held.attempt) == (name, 2)
    assert not store.write(partial(queue.report, job=lost, done=1, total=2, preview=None))
    assert not store.write(partial(queue.finish, job=lost, state="done"))
    assert row(store, name)["state"] == "running"
    assert store.write(partial(queue.report, job=held, done=1, total=2, preview=b"x"))
    assert store.write(partial(queue.finish, job=held, state="done"))
    assert not store.write(partial(queue.finish, job=held, state="failed"))
    assert row(store, name)["state"] == "done"
    assert ends(store) == {name: 1}


def test_a_report_holds_the_job_for_longer(store: Store) -> None:
    add(store, 1)
    [job] = claim(store, lease=0.0)
    assert store.write(partial(queue.report, job=job, done=1, total=2, preview=None, lease=60.0))
    assert claim(store, "b") == []


def test_a_worker_that_is_known_to_be_dead_need_not_be_waited_for(store: Store) -> None:
    add(store, 1)
    claim(store, "dead")
    assert claim(store, "b") == []
    store.write(partial(queue.release, worker="dead"))
    assert len(claim(store, "b")) == 1


def test_a_job_that_kills_its_workers_fails_in_the_end(store: Store) -> None:
    name = add(store, 1)
    for _ in range(queue.MOST_ATTEMPTS):
        assert len(claim(store, lease=-1.0)) == 1
    assert claim(store) == []
    assert row(store, name)["state"] == "failed" and "5 workers in a row" in row(store, name)["error"]
    assert ends(store) == {name: 1}


def test_what_waits_is_cancelled_at_once_and_what_runs_at_its_next_step(store: Store) -> None:
    waiting, running = add(store, 1, form="one"), add(store, 2, form="two")
    assert store.write(partial(queue.cancel, name=waiting))
    [job] = claim(store)
    assert job.id == running
    assert store.read(partial(queue.is_wanted, held=[job]))
    assert store.write(partial(queue.cancel, name=running))
    assert not store.read(partial(queue.is_wanted, held=[job]))
    assert not store.write(partial(queue.report, job=job, done=1, total=2, preview=None))
    assert row(store, running)["state"] == "running"
    store.write(partial(queue.stop, job=job))
    assert {row(store, name)["state"] for name in (waiting, running)} == {"cancelled"}
    assert ends(store) == {waiting: 1, running: 1}
    assert not store.write(partial(queue.cancel, name=running))
    assert not store.write(partial(queue.cancel, name="job_nowhere"))


def test_a_cancelled_job_whose_worker_died_ends_as_cancelled(store: Store) -> None:
    name = add(store, 1)
    claim(store, lease=-1.0)
    store.write(partial(queue.cancel, name=name))
    assert claim(store, "b") == []
    assert row(store, name)["state"] == "cancelled"


def test_what_is_given_back_counts_no_attempt_unless_it_failed(store: Store) -> None:
    name = add(store, 1)
    [job] = claim(store)
    store.write(partial(queue.give_back, job=job))
    assert (row(store, name)["state"], row(store, name)["attempt"]) == ("queued", 0)
    [job] = claim(store)
    store.write(partial(queue.give_back, job=job, error="No space left on device"))
    assert (row(store, name)["attempt"], row(store, name)["error"]) == (1, "No space left on device")


def test_the_table_itself_lets_no_job_end_twice(store: Store) -> None:
    name = add(store, 1)
    [job] = claim(store)
    store.write(partial(queue.finish, job=job, state="done"))
    with pytest.raises(IntegrityError):
        store.write(
            lambda db: db.execute(
                insert(event_rows).values(at=0.0, kind="state", job=name, terminal=name, data={})
            )
        )


def test_a_full_queue_takes_no_more_and_keeps_what_it_has(store: Store) -> None:
    add(store, 1)
    with pytest.raises(QueueFullError, match="1 jobs wait already"):
        store.write(partial(queue.add, kind="film", conversation=None, take_ids=[], most=1))
    assert len(claim(store)) == 1


def test_events_are_told_in_order_and_from_any_number_on(store: Store) -> None:
    name = add(store, 1)
    [job] = claim(store)
    store.write(partial(queue.finish, job=job, state="done"))
    told = store.read(partial(events.since, seq=0))
    states = [event.data["jobs"][name]["state"] for event in told if name in event.data.get("jobs", {})]
    assert states == ["queued", "running", "done"]
    assert [event.seq for event in told] == sorted({event.seq for event in told})
    assert store.read(partial(events.since, seq=told[0].seq)) == told[1:]
    assert store.read(partial(events.since, seq=0, conversation="conv_other")) == []
    assert store.read(events.last) == told[-1].seq


def test_places_in_the_queue_and_time_left(store: Store) -> None:
    names = [add(store, seed, form=str(seed)) for seed in range(3)]
    shown = [store.read(lambda db, name=name: queue.view(db, queue.get(db, name))) for name in names]  # type: ignore[misc]
    assert [job["place"] for job in shown] == [1, 2, 3]
    [job] = claim(store)
    store.write(
        lambda db: db.execute(
            update(jobs).where(jobs.c.id == job.id).values(started_at=jobs.c.started_at - 4)
        )
    )
    store.write(partial(queue.report, job=job, done=2, total=6, preview=None))
    left = store.read(lambda db: queue.view(db, queue.get(db, job.id)))["seconds_left"]
    assert 7 < left < 12
