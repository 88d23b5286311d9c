"""Films and pictures on disk, each under its SHA-256: equal bytes are kept once, no name comes from a request."""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select

from laqta.files import write_file
from laqta.studio.store import Store, now
from laqta.studio.tables import jobs, media, messages, takes

NAME = re.compile(r"[0-9a-f]{64}\.(mp4|webm|gif|webp|png|jpg)")
GRACE = 120.0
"""A file without a row is swept away when nobody has kept it for this long (seconds): its row may be on the way."""
WAITING = 3600.0
"""How long an uploaded picture waits for its message."""


class Media:
    """The folder of all films and pictures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, content: bytes, ending: str) -> str:
        """Keep bytes, whole or not at all; returns their name. Keeping the same twice changes nothing."""
        name = f"{hashlib.sha256(content).hexdigest()}.{ending}"
        path = self.path(name)
        if path.is_file():
            os.utime(path)  # a sweep that is under way sees that it is wanted
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            with write_file(path) as draft:
                draft.write_bytes(content)
        return name

    def path(self, name: str) -> Path:
        """Where a name lies; `ValueError` for what is no name of ours."""
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} names no film or picture")
        return self.folder / name[:2] / name

    def sweep(self, store: Store) -> int:
        """Remove what no row refers to any more; returns how many files went."""
        known = store.write(_forget_unreferred)
        strays = [
            path
            for path in self.folder.glob("??/*")
            if path.name not in known and time.time() - path.stat().st_mtime > GRACE
        ]
        for path in strays:
            path.unlink(missing_ok=True)
        return len(strays)


def note(db: Connection, name: str, size: int) -> None:
    """Write the row of a kept file, if it has none yet."""
    if db.scalar(select(media.c.name).where(media.c.name == name)) is None:
        db.execute(insert(media).values(name=name, bytes=size, at=now(db)))


def used(db: Connection) -> int:
    """Bytes of all films and pictures."""
    return int(db.scalar(select(func.coalesce(func.sum(media.c.bytes), 0))) or 0)


def _forget_unreferred(db: Connection) -> set[str]:
    """Delete the rows of media that nothing refers to; returns the names that stay."""
    columns = (
        takes.c.video, takes.c.poster, takes.c.first, takes.c.last, takes.c.source, messages.c.picture, jobs.c.file,
    )  # fmt: skip
    wanted = {name for column in columns for name in db.scalars(select(column).where(column.is_not(None)))}
    uploaded = media.c.name.like("%.png")
    wanted.update(db.scalars(select(media.c.name).where(uploaded, media.c.at > now(db) - WAITING)))
    known = set(db.scalars(select(media.c.name)))
    for name in known - wanted:
        db.execute(delete(media).where(media.c.name == name))
    return known & wanted
