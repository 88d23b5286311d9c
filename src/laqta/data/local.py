"""Run a stage's calls in processes of this machine: bounded, and a crash of one costs only the item that caused it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial

import pyarrow as pa

from laqta.data.stages import Stage, Work

AHEAD = 2
"""Calls that wait for each worker: enough to keep it busy, too few to fill memory."""

_work: Work


class LocalExecutor:
    """Processes on this machine; with one worker everything runs in this process."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def map(self, stage: Stage, calls: Sequence[pa.Table]) -> Iterator[tuple[int, pa.Table]]:
        """Yield the place of each call and its rows, in the order in which they end.

        Raises:
            OSError: what a worker met.
        """
        if self.workers == 1 or len(calls) == 1:
            work = stage.open()
            yield from ((at, work(call)) for at, call in enumerate(calls))
            return
        left = dict(enumerate(calls))
        try:
            for at, rows in _in_processes(stage, left, self.workers):
                del left[at]
                yield at, rows
        except BrokenProcessPool:
            yield from _one_by_one(stage, left)


def _in_processes(stage: Stage, calls: dict[int, pa.Table], workers: int) -> Iterator[tuple[int, pa.Table]]:
    context = multiprocessing.get_context("spawn")  # a fork would copy threads of FFmpeg and torch half-way
    waiting = iter(list(calls.items()))
    running: dict[Future[pa.Table], int] = {}
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_open, initargs=(stage,)) as pool:
        while True:
            while len(running) < AHEAD * workers and (call := next(waiting, None)) is not None:
                running[pool.submit(_call, call[1])] = call[0]
            if not running:
                return
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(ended), ended.result()


def _one_by_one(stage: Stage, calls: dict[int, pa.Table]) -> Iterator[tuple[int, pa.Table]]:
    """After a crash: every item alone, in a process of its own, so that the one at fault is known."""
    for at, call in calls.items():
        parts = []
        for row in range(len(call)):
            item = call.slice(row, 1)
            try:
                parts += [rows for _, rows in _in_processes(stage, {0: item}, workers=1)]
            except BrokenProcessPool:
                parts.append(crashed(stage, item))
        yield at, pa.concat_tables(parts)


def crashed(stage: Stage, items: pa.Table) -> pa.Table:
    """The rows of items that ended their process."""
    why = f"the {stage.name} stage crashed on it"
    rows = [{"id": None, "of": item, "error": why} for item in items["id"].to_pylist()]
    return pa.Table.from_pylist(rows, schema=stage.schema)


def _open(stage: Stage) -> None:
    """Set the stage up in a worker. What goes wrong is raised by its first call: here it would break the whole pool."""
    global _work
    try:
        _work = stage.open()
    except Exception as error:
        _work = partial(_refuse, error)


def _refuse(error: Exception, _items: pa.Table) -> pa.Table:
    raise error


def _call(items: pa.Table) -> pa.Table:
    return _work(items)
