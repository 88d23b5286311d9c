"""Requests that are sent twice and done once: an Idempotency-Key, what was asked with it, and what was answered.

As draft-ietf-httpapi-idempotency-key-header-07: the same again is answered as before, while the first is still at
work it is a conflict, and with another body the key is refused. A request that failed leaves its key free.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from laqta.studio.store import now
from laqta.studio.tables import idempotency
from laqta.studio.videos_asked import ApiError, Asked

KEPT = 24 * 3600.0
"""Seconds that an answer is kept for."""
PATIENCE = 120.0
"""A request that has not answered after this long (seconds) was lost with its server: another may take its place."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A key that this request holds. `reply` is there where the same was asked and answered before."""

    name: str
    word: str
    reply: dict[str, Any] | None = None


def begin(db: Connection, asked: Asked) -> Hold | None:
    """Hold a request's key; None where it has none. Raises `ApiError` (409, 422) where it may not be done."""
    if asked.once is None:
        return None
    moment = now(db)
    db.execute(delete(idempotency).where(idempotency.c.at < moment - KEPT))
    name = hashlib.sha256(json.dumps([asked.caller, asked.once]).encode()).hexdigest()
    hold = Hold(name=name, word=secrets.token_hex(12))
    query = select(idempotency).where(idempotency.c.name == name).with_for_update()
    row = db.execute(query).mappings().first()
    if row is None:
        values = {"name": name, "word": hold.word, "body": asked.fingerprint, "at": moment}
        try:
            with db.begin_nested():
                db.execute(insert(idempotency).values(**values))
        except IntegrityError as error:  # another request came in between
            raise _at_work() from error
        return hold
    if row["body"] != asked.fingerprint:
        raise ApiError(
            "this Idempotency-Key was sent with another request; use a new one", code="idempotency_key_reused",
            status=422,
        )  # fmt: skip
    if row["reply"] is not None:
        return Hold(name=name, word=row["word"], reply=row["reply"])
    if row["at"] > moment - PATIENCE:
        raise _at_work()
    db.execute(update(idempotency).where(idempotency.c.name == name).values(word=hold.word, at=moment))
    return hold


def finish(db: Connection, hold: Hold | None, reply: dict[str, Any]) -> None:
    """Keep the answer, in the transaction that does what was asked. Raises `ApiError` where the key was lost."""
    if hold is None:
        return
    held = idempotency.c.name == hold.name, idempotency.c.word == hold.word
    kept = db.execute(
        update(idempotency).where(*held).values(reply=reply).returning(idempotency.c.name)
    ).first()
    if kept is None:
        raise _at_work()


def release(db: Connection, hold: Hold) -> None:
    """Leave the key free: nothing was done."""
    held = idempotency.c.name == hold.name, idempotency.c.word == hold.word, idempotency.c.reply.is_(None)
    db.execute(delete(idempotency).where(*held))


def _at_work() -> ApiError:
    return ApiError(
        "a request with this Idempotency-Key is still at work", code="idempotency_in_progress", status=409
    )
