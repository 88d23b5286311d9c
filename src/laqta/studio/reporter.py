"""Keeps a worker's leases alive and its progress known, beside the filming, so that filming hardly waits for rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import Self

import numpy as np
from sqlalchemy import Connection

from laqta.encode import Frames
from laqta.studio import queue
from laqta.studio.queue import Job
from laqta.studio.store import Store, StoreError
from laqta.video import picture_bytes

PERIOD = 0.2
"""Seconds between two reports, with their pictures, while something moves."""
ASK = 0.1
"""Seconds in which a fast model's steps do not ask again whether the film is still wanted."""


class Reporter:
    """A thread that reports on jobs until the block ends."""

    def __init__(self, store: Store, held: Sequence[Job], lease: float) -> None:
        self._is_lost = False
        self._asked = -ASK
        self._store = store
        self._held = list(held)
        self._lease = lease
        self._at = (0, 0)
        self._glimpse: Frames | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def drop(self, job: Job) -> None:
        """Report on a job no more: it has ended before the others."""
        self._held.remove(job)

    def progress(self, done: int, total: int) -> bool:
        """Note how far the filming is; False where one of the jobs was cancelled or lost since."""
        self._at = (done, total)
        if time.monotonic() - self._asked >= ASK:
            if not self._store.read(partial(queue.is_wanted, held=self._held)):
                self._is_lost = True
            self._asked = time.monotonic()
        return not self._is_lost

    def glimpse(self, pictures_BHWC: Frames) -> None:
        """Note what the takes show so far."""
        self._glimpse = pictures_BHWC

    def _run(self) -> None:
        told, silent = (0, 0), 0.0
        while not self._end.wait(PERIOD):
            silent += PERIOD
            if self._at != told or silent > self._lease / 4:
                told, silent = self._at, 0.0
                self._report(*told)

    def _report(self, done: int, total: int) -> None:
        held = list(self._held)
        told = list(zip(held, self._pictures(held), strict=True))

        def report(db: Connection) -> bool:
            wanted = [
                queue.report(db, job=job, done=done, total=total, preview=picture, lease=self._lease)
                for job, picture in told
            ]
            return all(wanted)

        try:
            if not self._store.write(report, lasting=False):
                self._is_lost = True
            self._asked = time.monotonic()  # a report is answered by the same
        except StoreError:  # the worker meets it too, when it asks
            return

    def _pictures(self, held: Sequence[Job]) -> list[bytes | None]:
        """What each job shows since the last report; of what programs asked for, nobody sees a picture."""
        glimpse, self._glimpse = self._glimpse, None
        if glimpse is None:
            return [None] * len(held)
        ends = np.cumsum([len(job.takes) for job in held])
        return [
            picture_bytes(np.concatenate(list(mine), axis=1)) if job.conversation else None
            for job, mine in zip(held, np.split(glimpse, ends[:-1]), strict=True)
        ]
