"""The bell: who waits for work is woken by another's row, and waits no longer than it would without."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from laqta.studio import queue
from laqta.studio.bell import Bell
from laqta.studio.store import Store, StoreError
from laqta.studio.workplace import Workplace

LONG = 60.0
add = partial(queue.add, kind="film", conversation=None, take_ids=[])


def rung(bell: Bell, seconds: float = LONG) -> bool:
    """Whether a wait ended before its time."""
    started = time.monotonic()
    bell.wait(seconds)
    return time.monotonic() - started < seconds


@pytest.fixture
def bell(place: Workplace) -> Iterator[Bell]:
    """A bell that waits for news only: what was there before has been heard."""
    with closing(Bell(place.store)) as bell:
        bell.wait(0.01)
        yield bell


def test_a_job_wakes_who_waits_for_one(bell: Bell, place: Workplace) -> None:
    late = threading.Timer(0.1, place.store.write, [add])
    late.start()
    assert rung(bell)
    late.join()  # its connection is back where it is closed


def test_a_job_that_came_while_nobody_waited_is_not_missed(bell: Bell, place: Workplace) -> None:
    place.store.write(add)
    assert rung(bell)
    assert not rung(bell, 0.05)


def test_where_nothing_comes_the_time_runs_out(bell: Bell) -> None:
    assert not rung(bell, 0.05)


def test_a_database_that_is_gone_is_told_and_waited_for_anew(
    bell: Bell, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = place.store.engine.dialect.loaded_dbapi.Error

    def gone(*_: object) -> None:
        raise error("gone")

    monkeypatch.setattr(bell, "_watch", gone)
    monkeypatch.setattr(bell, "_listen", gone)
    with pytest.raises(StoreError, match="does not answer"):
        bell.wait(LONG)
    monkeypatch.undo()
    bell.wait(0.01)
    place.store.write(add)
    assert rung(bell)


def test_a_bell_without_a_database_says_so() -> None:
    with pytest.raises(StoreError, match="does not answer"):
        Bell(Store("postgresql://someone@127.0.0.1:9/studio")).wait(LONG)
