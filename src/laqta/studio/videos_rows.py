"""The API's videos as rows: takes outside of every conversation, written with their job, and how they are shown.

Their ids grow with time, so that a list can be paged through while videos are made and deleted.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from laqta.director.storyboard import Take
from laqta.language.lexicon import Language
from laqta.language.write import plain
from laqta.shot import VideoShape
from laqta.studio import forms, media, queue, takes
from laqta.studio.store import now
from laqta.studio.tables import jobs
from laqta.studio.tables import takes as take_rows
from laqta.studio.videos_asked import ApiError
from laqta.video import enlargement

PREFIX = "video_"
STATUS = {"queued": "queued", "running": "in_progress", "done": "completed"}
"""What a take's state is called here; every other one is "failed"."""
FIRST_LOOK, LAST_LOOK = 250, 3000
"""Milliseconds after which a program is told to look again: clients close a connection that is idle for 5 seconds."""


@dataclass(frozen=True, kw_only=True)
class Parent:
    """A video that another one is made from; `id` is None for an uploaded one, `size` in pixels."""

    id: str | None
    model: str
    take: Take
    language: Language
    seconds: float
    size: tuple[int, int]
    video: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A video that is to be filmed. `request` says what was asked, `files` are new media with their bytes.

    With `extend` it is the film `source` and so many seconds more.
    """

    model: str
    take: Take
    language: Language
    shape: VideoShape
    seconds: float
    request: dict[str, Any]
    parent: Parent | None = None
    extend: float | None = None
    source: str | None = None
    files: dict[str, int] = field(default_factory=dict)


def keep(db: Connection, draft: Draft) -> dict[str, Any]:
    """Write a video's row and its job; returns what is shown. Raises `ApiError` where its parent is gone."""
    if draft.parent is not None and draft.parent.id is not None:
        parent_of(db, draft.parent.id)
    moment, take = now(db), draft.take
    name = f"{PREFIX}{int(moment * 1e6):014x}{secrets.token_hex(8)}"
    settings = {"seconds": draft.seconds, "size": [draft.shape.width, draft.shape.height], "nearest": True}
    if draft.extend is not None:
        settings["extend"] = draft.extend
    row = takes.blank(name, take.shot, take.seed, draft.model, draft.language) | {
        "loop": take.loop, "first": take.first, "last": take.last, "source": draft.source, "settings": settings,
        "request": draft.request | {"enlarged": enlargement(draft.shape)},
    }  # fmt: skip
    db.execute(insert(take_rows).values(**row, at=moment))
    for file, size in draft.files.items():
        media.note(db, file, size)
    queue.add(db, "film", None, [name], form=forms.form_of(get(db, name)))
    return shown(db, [get(db, name)])[0]


def get(db: Connection, name: str, param: str | None = None) -> RowMapping:
    """A video's row. Raises `ApiError` (404) where there is none."""
    row = takes.rows(db, [name]).get(name) if name.startswith(PREFIX) else None
    if row is None or row["conversation"] is not None or row["state"] == "deleted":
        raise ApiError(f"Video with id {name!r:.80} not found.", param=param, code="not_found", status=404)
    return row


def parent_of(db: Connection, name: str, param: str | None = None) -> Parent:
    """A completed video that another one is made from. Raises `ApiError`."""
    row = get(db, name, param)
    if row["state"] != "done":
        raise ApiError(
            f"the video {name!r} is {STATUS.get(row['state'], 'failed')}; it must be completed first",
            param=param, code="video_not_completed",
        )  # fmt: skip
    settings = row["recipe"]["settings"]
    take = Take(
        shot=takes.shot_of(row), seed=row["seed"], loop=row["loop"], first=row["first"], last=row["last"]
    )
    return Parent(
        id=name, model=row["model"], take=take, language=row["language"], seconds=settings["seconds"],
        size=(settings["width"], settings["height"]), video=row["video"],
    )  # fmt: skip


def page(db: Connection, after: str | None, limit: int, *, newest_first: bool) -> dict[str, Any]:
    """One page of all videos; `after` is the id of the last one seen, which may be gone by now."""
    name = take_rows.c.id
    query = select(take_rows).where(
        take_rows.c.conversation.is_(None), name.startswith(PREFIX, autoescape=True)
    )
    query = query.where(take_rows.c.state != "deleted").order_by(name.desc() if newest_first else name)
    if after is not None:
        query = query.where(name < after if newest_first else name > after)
    rows = list(db.execute(query.limit(limit + 1)).mappings())
    data = shown(db, rows[:limit])
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": len(rows) > limit,
    }


def remove(db: Connection, name: str) -> None:
    """Delete a video's row, so that nothing refers to its files any more; a job for it stops at its next step."""
    row = get(db, name)
    db.execute(delete(take_rows).where(take_rows.c.id == name))  # first: nobody is told of its end any more
    if row["state"] in takes.WAITING and row["job"]:
        queue.cancel(db, row["job"])


def shown(db: Connection, rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    """Videos as OpenAI shows them, and what Laqta has to say beside; docs/guide/videos-api.md explains it."""
    names = [row["job"] for row in rows if row["job"]]
    found = {job["id"]: job for job in db.execute(select(jobs).where(jobs.c.id.in_(names))).mappings()}
    return [_shown(row, found.get(row["job"])) for row in rows]


def look_again(db: Connection, row: RowMapping) -> int:
    """Milliseconds until there may be news of a video."""
    job = queue.get(db, row["job"]) if row["job"] else None
    if job is None or row["state"] not in takes.WAITING:
        return FIRST_LOOK
    view = queue.view(db, job)
    wait = FIRST_LOOK * (view["place"] or 1)
    if view["seconds_left"] is not None:
        wait = round(view["seconds_left"] * 1000 / 2)
    return max(FIRST_LOOK, min(LAST_LOOK, wait))


def _shown(row: RowMapping, job: RowMapping | None) -> dict[str, Any]:
    status = STATUS.get(row["state"], "failed")
    request, recipe = row["request"], row["recipe"] or {}
    if status == "completed":
        filmed = recipe["settings"]
        enlarged, seconds = filmed["enlarged"], filmed["seconds"]
        width, height = filmed["width"], filmed["height"]
    else:
        enlarged, seconds = request["enlarged"], row["settings"]["seconds"]
        width, height = row["settings"]["size"]
    return {
        "id": row["id"],
        "object": "video",
        "model": row["model"],
        "status": status,
        "progress": _progress(status, job),
        "created_at": int(row["at"]),
        "completed_at": int(job["finished_at"]) if job is not None and job["finished_at"] else None,
        "expires_at": None,
        "prompt": request["prompt"],
        "seconds": f"{seconds:.6g}",
        "size": f"{width * enlarged}x{height * enlarged}",
        "requested_size": request["size"],
        "remixed_from_video_id": request["remixed_from"],
        "extended_from_video_id": request["extended_from"],
        "error": _error(row) if status == "failed" else None,
        "seed": row["seed"],
        "understood": plain(takes.shot_of(row), row["language"]),
        "ignored": request["ignored"],
        "unseen": request["unseen"],
        "notes": [*request["notes"], *recipe.get("dropped", [])],
    }


def _progress(status: str, job: RowMapping | None) -> int:
    if status == "completed":
        return 100
    if status != "in_progress" or job is None or not job["total"]:
        return 0
    return int(min(99, 100 * job["done"] // job["total"]))


def _error(row: RowMapping) -> dict[str, Any]:
    if row["state"] == "cancelled":
        return {"code": "cancelled", "message": "the job was stopped before the video was filmed"}
    return {"code": "filming_failed", "message": row["error"] or "the video could not be filmed"}
