"""The studio's database, SQLite or PostgreSQL: transactions that wait, try again, and say why they cannot."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds that a transaction is tried for while the database is locked or gone."""
MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 730_115
_ORDER_LOCK = 730_116


class StoreError(OSError):
    """The database is locked, full or gone; nothing of the transaction has happened."""


class Store:
    """One database. Every change is one `write`, whole or not at all."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _open(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that sees one moment."""
        return self._run(work, writes=False)

    def write(self, work: Callable[[Connection], T], *, lasting: bool = True) -> T:
        """Run `work` in a transaction and commit it; it may be run again, so it must change nothing but rows.

        What is not `lasting` outlives a killed process, but a power cut may undo it: the disk is not waited for.
        Raises `StoreError` where the database stays locked, full or gone.
        """
        return self._run(work, writes=True, lasting=lasting)

    def upgrade(self) -> None:
        """Bring the schema to this version; a new database is laid out."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.connect() as db:
            db = db.execution_options(writes=True)
            with db.begin():
                if not self.is_sqlite:
                    db.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
                config.attributes["connection"] = db
                command.upgrade(config, "head")

    def check_version(self) -> None:
        """Raise `StoreError` where the schema is not this version's."""
        newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
        found = self.read(lambda db: MigrationContext.configure(db).get_current_revision())
        if found != newest:
            raise StoreError(
                f"the database has schema {found or 'none'}, this Laqta needs {newest}: start laqta studio on it once"
            )

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _run(self, work: Callable[[Connection], T], *, writes: bool, lasting: bool = True) -> T:
        deadline, pause = time.monotonic() + PATIENCE, 0.02
        while True:
            try:
                with self.engine.connect() as connection:
                    db = connection.execution_options(writes=writes, lasting=lasting)
                    with db.begin():
                        if not lasting and not self.is_sqlite:
                            db.execute(text("SET LOCAL synchronous_commit = off"))
                        return work(db)
            except (OperationalError, InterfaceError) as error:
                if time.monotonic() > deadline or "no such table" in str(error):
                    raise StoreError(_why(error, self.engine)) from error
                time.sleep(pause)
                pause = min(1.0, pause * 2)


def new_id(kind: str) -> str:
    """A new id: what it names, then 20 random digits and letters."""
    return f"{kind}_{secrets.token_hex(10)}"


def now(db: Connection) -> float:
    """Seconds since the epoch by the database's clock: several machines share it, and it alone judges leases."""
    if db.dialect.name == "sqlite":
        return time.time()
    return float(db.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())


def keep_order(db: Connection) -> None:
    """Let one writer of events after the other commit, so that whoever has read number n has read all before n."""
    if db.dialect.name == "postgresql":
        db.execute(text(f"SELECT pg_advisory_xact_lock({_ORDER_LOCK})"))


def _open(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        return create_engine(address.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if address.get_backend_name() != "sqlite":
        raise ValueError(f"{url!r} is no database for the studio; give sqlite:///FILE or postgresql://...")
    engine = create_engine(address, connect_args={"timeout": 5.0})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = (
        None  # we begin ourselves: the driver would begin late, and then not dare to wait
    )
    for pragma in ("journal_mode=WAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(db: Connection) -> None:
    options = db.get_execution_options()
    if not options.get("writes"):
        db.exec_driver_sql("BEGIN")
        return
    db.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('lasting', True) else 'NORMAL'}")
    db.exec_driver_sql("BEGIN IMMEDIATE")


def _why(error: DBAPIError, engine: Engine) -> str:
    place = engine.url.render_as_string(hide_password=True)
    return f"the database {place} does not answer ({error.orig}); nothing was lost, try again"
