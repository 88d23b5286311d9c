"""Webhooks: an event for every video that ends, written where it ends and sent until its receiver has it.

Signed as https://www.standardwebhooks.com says. An event is sent at least once, always under the same id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from urllib.parse import urlsplit

from fastapi import FastAPI
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from laqta import __version__
from laqta.studio.store import Store, StoreError, new_id, now
from laqta.studio.tables import deliveries, takes
from laqta.terminal import say

PAUSES = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 28800.0)
"""Seconds before each next try; after the last one, a day, the event is given up."""
TIMEOUT = 10.0
LEASE = 60.0
"""Seconds in which no other server sends what one is sending."""
LOOK_AGAIN = 0.25
KEPT = 3 * 24 * 3600.0
"""Seconds that an event is kept for, sent or not."""
LEAST_SECRET = 16

TYPES = {"done": "video.completed", "failed": "video.failed", "cancelled": "video.failed"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where events go, and the secret that they are signed with."""

    url: str
    secret: bytes


def target(environ: Mapping[str, str]) -> Target | None:
    """`LAQTA_WEBHOOK_URL` and `LAQTA_WEBHOOK_SECRET`; None where no URL is set. Raises `ValueError`."""
    url = environ.get("LAQTA_WEBHOOK_URL", "").strip()
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"LAQTA_WEBHOOK_URL: {url!r} is no http:// or https:// address")
    word = environ.get("LAQTA_WEBHOOK_SECRET", "").strip()
    try:
        secret = base64.b64decode(word.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        secret = b""
    if not word.startswith("whsec_") or len(secret) < LEAST_SECRET:
        raise ValueError(
            f"LAQTA_WEBHOOK_SECRET must be whsec_ and the base64 of {LEAST_SECRET} or more secret bytes; make one: "
            'echo "whsec_$(openssl rand -base64 32)"'
        )
    return Target(url=url, secret=secret)


def note(db: Connection, job: RowMapping, state: str) -> None:
    """Write an event for every video of the API that a job ends with; the queue calls this where a job ends."""
    if job["conversation"] is not None or not job["takes"]:
        return
    ours = takes.c.id.in_(job["takes"]), takes.c.conversation.is_(None)
    for video in db.scalars(select(takes.c.id).where(*ours)).all():
        name, moment = new_id("evt"), now(db)
        event = {
            "id": name, "object": "event", "type": TYPES[state], "created_at": int(moment), "data": {"id": video},
        }  # fmt: skip
        row = {"id": name, "body": json.dumps(event), "at": moment, "attempt": 0, "next_at": moment}
        db.execute(insert(deliveries).values(**row))


def sign(secret: bytes, name: str, moment: int, body: str) -> str:
    """The signature header of an event."""
    digest = hmac.new(secret, f"{name}.{moment}.{body}".encode(), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


class Deliverer:
    """A thread beside the server that sends what is due. Without a target it only clears away what is old."""

    def __init__(self, store: Store, target: Target | None) -> None:
        self._store = store
        self._target = target
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """End soon; what is on its way then is sent again by who comes next."""
        self._end.set()
        self._thread.join(timeout=1.0)

    def step(self) -> bool:
        """Send one event that is due; False where none is."""
        if self._target is None or not self._store.read(is_anything_due):
            return False
        row = self._store.write(claim)
        if row is None:
            return False
        error = post(self._target, row["id"], row["body"])
        if error is not None:
            say(f"laqta studio: webhook {row['id']}: {error}")
        self._store.write(partial(settle, row=row, error=error))
        return True

    def _run(self) -> None:
        swept = 0.0
        while not self._end.is_set():
            try:
                if time.monotonic() > swept + 3600:
                    swept = time.monotonic()
                    self._store.write(sweep)
                sent = self.step()
            except StoreError as error:
                say(f"laqta studio: {error}")
                sent = False
            if not sent:
                self._end.wait(LOOK_AGAIN)


@asynccontextmanager
async def delivering(app: FastAPI) -> AsyncIterator[None]:
    """Send events for as long as an app runs."""
    deliverer = Deliverer(app.state.desk.workplace.store, app.state.webhooks)
    deliverer.start()
    try:
        yield
    finally:
        deliverer.stop()


def is_anything_due(db: Connection) -> bool:
    """Whether a look is worth a claim."""
    due = deliveries.c.next_at <= now(db)
    return db.execute(select(deliveries.c.id).where(due).limit(1)).first() is not None


def claim(db: Connection) -> RowMapping | None:
    """Take the event that is due longest, so that for a while no other server does."""
    moment = now(db)
    query = select(deliveries).where(deliveries.c.next_at <= moment).order_by(deliveries.c.next_at).limit(1)
    row = db.execute(query.with_for_update(skip_locked=True)).mappings().first()
    if row is None:
        return None
    values = {"attempt": row["attempt"] + 1, "next_at": moment + LEASE}
    db.execute(update(deliveries).where(deliveries.c.id == row["id"]).values(**values))
    return row


def settle(db: Connection, row: RowMapping, error: str | None) -> None:
    """Note what came of a try: delivered, to be tried again, or given up."""
    next_at = None
    if error is not None and row["attempt"] < len(PAUSES):
        next_at = now(db) + PAUSES[row["attempt"]]
    held = deliveries.c.id == row["id"], deliveries.c.attempt == row["attempt"] + 1
    db.execute(update(deliveries).where(*held).values(next_at=next_at, error=error))


def sweep(db: Connection) -> None:
    """Forget old events."""
    db.execute(delete(deliveries).where(deliveries.c.at < now(db) - KEPT))


def post(target: Target, name: str, body: str) -> str | None:
    """Send an event once; returns what went wrong. Everything but an answer of 2xx is wrong, a redirect too."""
    moment = int(time.time())
    headers = {
        "content-type": "application/json",
        "user-agent": f"laqta/{__version__}",
        "webhook-id": name,
        "webhook-timestamp": str(moment),
        "webhook-signature": sign(target.secret, name, moment, body),
    }
    request = urllib.request.Request(target.url, body.encode(), headers, method="POST")
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=TIMEOUT):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return f"the receiver answered {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        return f"the receiver cannot be reached ({error})"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A receiver that has moved is one that is not there: what is signed goes to no other address."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing: the answer stays the error that it is."""
