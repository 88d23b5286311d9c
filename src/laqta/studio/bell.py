"""Wakes who waits for rows: what is put in the queue is begun at once, and an empty queue costs next to nothing.

SQLite counts what others have written to its file; PostgreSQL tells who listens. The bell only shortens a wait: who
waits looks again by itself now and then, for a lease that runs out rings nothing.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, PoolProxiedConnection, text
from sqlalchemy.exc import DBAPIError

from laqta.studio.store import Store, StoreError

TICK = 0.002
"""Seconds between two looks at SQLite's count, which take some microseconds each."""


def ring(db: Connection) -> None:
    """Wake who waits when this transaction is committed; SQLite's own count does so."""
    if db.dialect.name == "postgresql":
        db.execute(text("NOTIFY laqta"))


class Bell:
    """One that waits, by a connection of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._line: PoolProxiedConnection | None = None
        self._count = 0

    def wait(self, seconds: float) -> None:
        """Return as soon as something was written since the last wait, or after `seconds`.

        Raises `StoreError` where the database is gone; the next wait tries anew.
        """
        try:
            if self._line is None:
                self._line = self._open()
            if self._store.is_sqlite:
                self._watch(self._line.driver_connection, seconds)
            else:
                self._listen(self._line.driver_connection, seconds)
        except (DBAPIError, self._store.engine.dialect.loaded_dbapi.Error) as error:
            self.close()
            raise StoreError(f"the database does not answer ({error}); trying again") from error

    def close(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.invalidate()
        self._line = None

    def _open(self) -> PoolProxiedConnection:
        line = self._store.engine.raw_connection()
        if not self._store.is_sqlite:
            connection: Any = line.driver_connection
            connection.autocommit = True
            connection.execute("LISTEN laqta")
        return line

    def _watch(self, connection: Any, seconds: float) -> None:
        until = time.monotonic() + seconds
        count = self._count
        while count == self._count and time.monotonic() < until:
            time.sleep(TICK)
            [count] = connection.execute("PRAGMA data_version").fetchone()
        self._count = count

    @staticmethod
    def _listen(connection: Any, seconds: float) -> None:
        for _ in connection.notifies(timeout=seconds, stop_after=1):
            pass
