"""What happened, in order, in a table that only grows: every open page reads on from the last number that it saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from laqta.studio.store import keep_order, now
from laqta.studio.tables import events


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event: `kind` is "state" (with what changed) or "gone"."""

    seq: int
    kind: str
    conversation: str | None
    data: dict[str, Any]


def tell(
    db: Connection, conversation: str | None, data: dict[str, Any], *, kind: str = "state",
    job: str | None = None, ends: bool = False,
) -> None:  # fmt: skip
    """Append an event. `ends` says that the job has come to its end, which the table lets happen once."""
    keep_order(db)
    db.execute(
        insert(events).values(
            at=now(db),
            conversation=conversation,
            kind=kind,
            job=job,
            terminal=job if ends else None,
            data={"conversation": conversation, **data},
        )
    )


def last(db: Connection) -> int:
    """The number of the newest event."""
    return int(db.scalar(select(func.max(events.c.seq))) or 0)


def since(db: Connection, seq: int, conversation: str | None = None, most: int = 200) -> list[Event]:
    """The events after a number, of one conversation or of all, oldest first."""
    query = select(events).where(events.c.seq > seq).order_by(events.c.seq).limit(most)
    if conversation is not None:
        query = query.where(events.c.conversation == conversation)
    return [
        Event(seq=row.seq, kind=row.kind, conversation=row.conversation, data=row.data)
        for row in db.execute(query)
    ]
