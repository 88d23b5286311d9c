"""Jobs as rows: waiting, claimed under a lease, reported on, and ended once.

A worker holds a job by a random word, its lease, which the database's clock lets run out. Only who holds the word
may report or finish; who has lost it finds that nothing happens, so a job that two workers film has one end.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, or_, select, update

from laqta.studio import bell, events, takes, webhooks
from laqta.studio.store import new_id, now
from laqta.studio.tables import jobs

LEASE = 15.0
"""Seconds that a worker may be silent for before its job is given to another."""
MOST_ATTEMPTS = 5
"""A job whose workers died this often is given up: it is what kills them."""
MOST_TAKES = 8
"""Takes that are filmed in one batch."""


class QueueFullError(ValueError):
    """Too much waits already; nothing was added."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """One claimed job. `lease` is the word that lets its holder report and finish."""

    id: str
    kind: str
    conversation: str | None
    takes: tuple[str, ...]
    request: dict[str, Any]
    form: str
    lease: str
    attempt: int


def add(
    db: Connection, kind: str, conversation: str | None, take_ids: Sequence[str], *,
    form: str = "", request: dict[str, Any] | None = None, most: int = 500,
) -> str:  # fmt: skip
    """Put a job in the queue and mark its takes; returns its id. Raises `QueueFullError` beyond `most` waiting."""
    waiting = db.execute(select(jobs.c.id).where(jobs.c.state.in_(takes.WAITING)).limit(most)).all()
    if len(waiting) >= most:
        raise QueueFullError(f"{most} jobs wait already; try again when some of them are done")
    name = new_id("job")
    db.execute(
        insert(jobs).values(
            id=name, kind=kind, conversation=conversation, takes=list(take_ids), request=request or {}, form=form,
            state="queued", created_at=now(db), attempt=0, cancel=False, done=0, total=0,
        )
    )  # fmt: skip
    takes.change(db, take_ids, state="queued", job=name, error=None, finished_at=None)
    _tell(db, name)
    bell.ring(db)
    return name


def claim(db: Connection, worker: str, most_takes: int = MOST_TAKES, lease: float = LEASE) -> list[Job]:
    """Take the oldest job that waits or whose lease has run out, and others of its form that fit into one batch.

    Empty where nothing waits. A job whose workers died too often is ended here as failed.
    """
    moment = now(db)
    query = select(jobs).where(_free(moment)).order_by(jobs.c.created_at, jobs.c.id)
    first = _one(db, query.limit(1).with_for_update(skip_locked=True))
    if first is None:
        return []
    if first["cancel"]:
        _end(db, first, "cancelled", None)
        return []
    if first["attempt"] >= MOST_ATTEMPTS:
        _end(db, first, "failed", f"{MOST_ATTEMPTS} workers in a row ended while they did this")
        return []
    chosen = [first]
    room = most_takes - len(first["takes"])
    if first["kind"] == "film" and first["form"]:
        same = query.where(jobs.c.form == first["form"], jobs.c.id != first["id"], ~jobs.c.cancel)
        for row in db.execute(same.limit(most_takes).with_for_update(skip_locked=True)).mappings():
            if len(row["takes"]) <= room and row["attempt"] == first["attempt"]:
                chosen.append(row)
                room -= len(row["takes"])
    return [_claimed(db, row, worker, moment, lease) for row in chosen]


def is_anything_free(db: Connection) -> bool:
    """Whether a look is worth a claim."""
    return db.execute(select(jobs.c.id).where(_free(now(db))).limit(1)).first() is not None


def report(
    db: Connection, job: Job, done: int, total: int, preview: bytes | None, lease: float = LEASE
) -> bool:
    """Say how far a job is and hold it for longer; False where it was cancelled or is no longer held."""
    values: dict[str, Any] = {"done": done, "total": total, "lease_until": now(db) + lease}
    if preview is not None:
        values["preview"] = preview
    held = jobs.c.id == job.id, jobs.c.lease == job.lease, jobs.c.state == "running"
    row = db.execute(update(jobs).where(*held).values(**values).returning(jobs.c.cancel)).first()
    return row is not None and not row.cancel


def is_wanted(db: Connection, held: Sequence[Job]) -> bool:
    """Whether none of the jobs was cancelled or lost since."""
    query = select(jobs.c.id).where(jobs.c.lease.in_([job.lease for job in held]), ~jobs.c.cancel)
    return len(db.execute(query).all()) == len(held)


def finish(
    db: Connection, job: Job, state: str, *, error: str | None = None, file: str | None = None
) -> bool:
    """End a job that is held: "done", "failed" or "cancelled". False, and nothing changes, where it is not held."""
    row = _one(db, select(jobs).where(jobs.c.id == job.id, jobs.c.lease == job.lease).with_for_update())
    if row is None or row["state"] != "running":
        return False
    _end(db, row, state, error, file)
    return True


def give_back(db: Connection, job: Job, error: str | None = None) -> None:
    """Put a held job back in the queue. Without an error it is as if it had never been claimed."""
    held = jobs.c.id == job.id, jobs.c.lease == job.lease, jobs.c.state == "running"
    values = {
        "state": "queued",
        "lease": None,
        "lease_until": None,
        "done": 0,
        "preview": None,
        "error": error,
    }
    attempt = job.attempt - (error is None)
    returned = db.execute(update(jobs).where(*held).values(**values, attempt=attempt).returning(jobs.c.id))
    if returned.first() is not None:
        takes.change(db, job.takes, state="queued")
        _tell(db, job.id)


def stop(db: Connection, job: Job) -> None:
    """Let go of a held job: it ends where it was cancelled, else it goes back to the queue."""
    row = _one(db, select(jobs).where(jobs.c.id == job.id, jobs.c.lease == job.lease).with_for_update())
    if row is not None and row["cancel"]:
        _end(db, row, "cancelled", None)
    elif row is not None:
        give_back(db, job)


def release(db: Connection, worker: str) -> None:
    """Let the leases of a worker run out at once: its process is known to have ended."""
    db.execute(update(jobs).where(jobs.c.worker == worker, jobs.c.state == "running").values(lease_until=0.0))


def cancel(db: Connection, name: str) -> bool:
    """Stop a job: at once where it waits, at its worker's next step where it runs. False where it has ended."""
    row = _one(db, select(jobs).where(jobs.c.id == name).with_for_update())
    if row is None or row["state"] not in takes.WAITING:
        return False
    if row["state"] == "queued":
        _end(db, row, "cancelled", None)
    else:
        db.execute(update(jobs).where(jobs.c.id == name).values(cancel=True))
        _tell(db, name)
    return True


def view(db: Connection, row: RowMapping) -> dict[str, Any]:
    """A job as pages and programs see it; its preview comes with the progress."""
    place = None
    if row["state"] == "queued":
        ahead = jobs.c.state == "queued", jobs.c.created_at < row["created_at"]
        place = 1 + db.execute(select(func.count()).select_from(jobs).where(*ahead)).scalar_one()
    left = None
    if row["state"] == "running" and row["done"] > 0 and row["started_at"]:
        spent = now(db) - row["started_at"]
        left = round(spent / row["done"] * (row["total"] - row["done"]), 2)
    return {
        "id": row["id"],
        "kind": row["kind"],
        "state": "cancelled" if row["cancel"] and row["state"] in takes.WAITING else row["state"],
        "place": place,
        "done": row["done"],
        "total": row["total"],
        "seconds_left": left,
        "takes": row["takes"],
        "error": row["error"],
        "file": None if row["file"] is None else f"/media/{row['file']}",
        "attempt": row["attempt"],
    }


def get(db: Connection, name: str) -> RowMapping | None:
    """The row of a job."""
    return _one(db, select(jobs).where(jobs.c.id == name))


def running(db: Connection, conversation: str) -> list[RowMapping]:
    """The rows of a conversation's running jobs."""
    query = select(jobs).where(jobs.c.conversation == conversation, jobs.c.state == "running")
    return list(db.execute(query).mappings())


def _free(moment: float) -> ColumnElement[bool]:
    return or_(jobs.c.state == "queued", (jobs.c.state == "running") & (jobs.c.lease_until < moment))


def _claimed(db: Connection, row: RowMapping, worker: str, moment: float, lease: float) -> Job:
    word = secrets.token_hex(12)
    db.execute(
        update(jobs)
        .where(jobs.c.id == row["id"])
        .values(
            state="running", worker=worker, lease=word, lease_until=moment + lease, attempt=row["attempt"] + 1,
            started_at=moment, done=0, preview=None,
        )
    )  # fmt: skip
    takes.change(db, row["takes"], state="running")
    _tell(db, row["id"])
    return Job(
        id=row["id"], kind=row["kind"], conversation=row["conversation"], takes=tuple(row["takes"]),
        request=row["request"], form=row["form"], lease=word, attempt=row["attempt"] + 1,
    )  # fmt: skip


def _end(db: Connection, row: RowMapping, state: str, error: str | None, file: str | None = None) -> None:
    """The one place where a job comes to its end."""
    moment = now(db)
    values = {
        "state": state,
        "error": error,
        "file": file,
        "finished_at": moment,
        "lease": None,
        "preview": None,
    }
    db.execute(update(jobs).where(jobs.c.id == row["id"]).values(**values, cancel=False))
    # what is done, its worker has written
    ended = {} if state == "done" else {"state": state, "error": error}
    takes.change(db, row["takes"], finished_at=moment, **ended)
    webhooks.note(db, row, state)
    _tell(db, row["id"], ends=True)


def _tell(db: Connection, name: str, ends: bool = False) -> None:
    row = _one(db, select(jobs).where(jobs.c.id == name))
    assert row is not None
    shown = {take: takes.view(found) for take, found in takes.rows(db, row["takes"]).items()}
    data = {"jobs": {name: view(db, row)}, "takes": shown}
    events.tell(db, row["conversation"], data, job=name, ends=ends)


def _one(db: Connection, query: Any) -> RowMapping | None:
    return db.execute(query).mappings().first()
