"""The database: migrations, transactions that wait and are whole, backups, old files."""

from __future__ import annotations

import os
import sqlite3
import tarfile
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, inspect, select

from laqta.studio import backup, conversations, events
from laqta.studio import store as store_file
from laqta.studio.store import Store, StoreError, new_id
from laqta.studio.tables import conversations as rows
from laqta.studio.tables import metadata
from laqta.studio.worker import Worker
from laqta.studio.workplace import Workplace

OLD = Path(__file__).parent / "databases"


def count(place: Workplace) -> dict[str, int]:
    """How many rows each table has."""

    def work(db: Any) -> dict[str, int]:
        return {
            name: db.scalar(select(func.count()).select_from(table))
            for name, table in metadata.tables.items()
        }

    return place.store.read(work)


def test_a_new_database_has_every_table_and_column(place: Workplace) -> None:
    found = inspect(place.store.engine)
    for name, table in metadata.tables.items():
        assert {column["name"] for column in found.get_columns(name)} == set(table.columns.keys())
    place.store.upgrade()  # twice is once
    place.store.check_version()


def test_the_schema_is_what_the_tables_say(place: Workplace) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with place.store.engine.connect() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []


def test_a_database_that_was_never_opened_by_a_studio_is_told(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(StoreError, match="has schema none, this Laqta needs 00"):
        store.check_version()


@pytest.mark.parametrize("old", sorted(OLD.glob("*.sql")), ids=lambda path: path.stem)
def test_a_database_of_an_older_version_opens(old: Path, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "studio.db") as db:
        db.executescript(old.read_text(encoding="utf-8"))
    store = Store(f"sqlite:///{tmp_path / 'studio.db'}")
    store.upgrade()
    store.check_version()
    names = store.read(lambda db: list(db.scalars(select(rows.c.id))))
    assert names
    state = store.read(partial(conversations.state, conversation=names[0]))
    assert state["board"]["panels"] and state["takes"]


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match=r"give sqlite:///FILE or postgresql://"):
        Store("mysql://somewhere/studio")


def test_a_transaction_is_whole_or_not_at_all(place: Workplace) -> None:
    def half(db: Any) -> None:
        conversations.start(db, "speck")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        place.store.write(half)
    assert count(place)["conversations"] == 0


def test_a_locked_database_is_waited_for_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_file, "PATIENCE", 0.3)
    path = tmp_path / "studio.db"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    with store.engine.connect() as db:
        db.exec_driver_sql("PRAGMA busy_timeout=50")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"does not answer \(database is locked\); nothing was lost"):
        store.write(partial(conversations.start, model="speck"))
    threading.Timer(0.1, lambda: other.execute("ROLLBACK")).start()
    assert store.write(partial(conversations.start, model="speck")).startswith("conv_")


def test_a_database_that_is_gone_is_told_without_its_password() -> None:
    store = Store("postgresql://someone:secret@127.0.0.1:9/studio")
    store_file.PATIENCE, patience = 0.0, store_file.PATIENCE
    try:
        with pytest.raises(StoreError, match="does not answer") as told:
            store.read(events.last)
    finally:
        store_file.PATIENCE = patience
    assert "secret" not in str(told.value)


def test_only_what_shall_last_waits_for_the_disk(place: Workplace) -> None:
    def waits(db: Any) -> bool:
        if place.store.is_sqlite:
            return bool(db.exec_driver_sql("PRAGMA synchronous").scalar() == 2)  # 2 is FULL, 1 NORMAL
        return bool(db.exec_driver_sql("SHOW synchronous_commit").scalar() == "on")

    assert [place.store.write(waits, lasting=lasting) for lasting in (True, False, True)] == [
        True,
        False,
        True,
    ]
    place.store.write(lambda db: events.tell(db, "c", {"title": "soon"}), lasting=False)
    assert place.store.read(events.last) == 1


def test_many_writers_lose_nothing_and_events_are_read_in_order(place: Workplace) -> None:
    seen: list[int] = []
    done = threading.Event()

    def write() -> None:
        for _ in range(15):
            place.store.write(lambda db: events.tell(db, "c", {"title": new_id("x")}))

    def follow() -> None:
        while not done.is_set() or place.store.read(events.last) != (seen or [0])[-1]:
            last = seen[-1] if seen else 0
            seen.extend(event.seq for event in place.store.read(partial(events.since, seq=last)))

    threads = [threading.Thread(target=write) for _ in range(4)]
    reader = threading.Thread(target=follow)
    for thread in (*threads, reader):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    assert len(seen) == 60 and seen == sorted(set(seen))


def test_a_backup_brings_everything_back_while_the_studio_runs(
    place: Workplace, talk: Any, worker: Worker, state: Any, tmp_path: Path
) -> None:
    said = talk("a red car in the snow")
    worker.step()
    talk("make it night")
    kept = tmp_path / "studio.tar"
    before, rows_before = state(said["id"]), count(place)
    assert "2 films and pictures" in backup.save(place, kept)
    talk("make it green")
    worker.step()
    for path in place.media.folder.glob("??/*"):
        path.unlink()
    backup.restore(place, kept)
    after = state(said["id"])
    assert count(place) == rows_before
    assert {key: after[key] for key in ("board", "messages", "takes", "head")} == {
        key: before[key] for key in ("board", "messages", "takes", "head")
    }
    [done] = [take for take in after["takes"].values() if take["state"] == "done"]
    assert place.media.path(done["video"].removeprefix("/media/")).is_file()
    while worker.step():  # what waited then waits again
        pass
    assert {take["state"] for take in state(said["id"])["takes"].values()} == {"done"}
    talk("make it blue")
    assert state(said["id"])["last_event"] > before["last_event"]


def test_a_backup_goes_from_one_kind_of_database_to_another(
    place: Workplace, talk: Any, worker: Worker, tmp_path: Path
) -> None:
    said = talk("سيارة حمراء في الثلج")
    worker.step()
    backup.save(place, tmp_path / "studio.tar")
    other = Workplace.open({"LAQTA_HOME": str(tmp_path / "other")})
    other.store.upgrade()
    backup.restore(other, tmp_path / "studio.tar")
    moved = other.store.read(partial(conversations.state, conversation=said["id"]))
    assert moved["messages"][0]["text"] == "سيارة حمراء في الثلج"
    assert count(other) == count(place)


def test_what_is_no_backup_changes_nothing(place: Workplace, talk: Any, tmp_path: Path) -> None:
    talk("a red car in the snow")
    before = count(place)
    (tmp_path / "text.tar").write_text("no tar")
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(tmp_path / "text.tar", arcname="text")
    for name in ("text.tar", "other.tar"):
        with pytest.raises(ValueError, match="is no backup of a studio"):
            backup.restore(place, tmp_path / name)
    assert count(place) == before


def test_the_quota_must_be_a_number(home: Path) -> None:
    with pytest.raises(ValueError, match="LAQTA_QUOTA: 'much' is not a whole number of bytes"):
        Workplace.open({"LAQTA_HOME": str(home), "LAQTA_QUOTA": "much"})


def test_ids_are_never_the_same() -> None:
    assert len({new_id("job") for _ in range(1000)}) == 1000
    assert os.sep not in new_id("job")


def test_a_row_may_not_end_a_job_twice_even_by_hand(place: Workplace) -> None:
    row = {"at": 0.0, "kind": "state", "terminal": "job_1", "data": {}}
    place.store.write(lambda db: db.execute(insert(metadata.tables["events"]).values(**row)))
    with pytest.raises(Exception, match=r"(?i)unique"):
        place.store.write(lambda db: db.execute(insert(metadata.tables["events"]).values(**row)))
