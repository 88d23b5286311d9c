"""Keeps a worker's leases alive and its progress known, beside the filming, so that filming never waits for rows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import Self

import numpy as np

from laqta.encode import Frames
from laqta.studio import queue
from laqta.studio.queue import Job
from laqta.studio.store import Store, StoreError
from laqta.video import picture_bytes

PERIOD = 0.15
"""Seconds between two reports while something moves."""


class Reporter:
    """A thread that reports on jobs until the block ends. `is_lost` tells that one of them is no longer wanted."""

    def __init__(self, store: Store, held: Sequence[Job], lease: float) -> None:
        self.is_lost = False
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

    def progress(self, done: int, total: int) -> None:
        """Note how far the filming is."""
        self._at = (done, total)

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
        glimpse = self._glimpse
        place = 0
        for job in list(self._held):
            mine = None if glimpse is None else glimpse[place : place + len(job.takes)]
            place += len(job.takes)
            picture = None
            if mine is not None and len(mine):
                picture = picture_bytes(np.concatenate(list(mine), axis=1))
            report = partial(
                queue.report, job=job, done=done, total=total, preview=picture, lease=self._lease
            )
            try:
                self.is_lost |= not self._store.write(report)
            except StoreError:  # the worker meets it too, at its next step
                return
