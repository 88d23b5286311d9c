"""Run a stage's calls on a Ray cluster, or on Ray on this machine: the same calls, the same rows.

Ray Data moves one row a call: its place and the call's table as Arrow bytes, which hold ids and numbers, never frames.
The cluster must see the paths in the sources' records.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from laqta.data.stages import Stage

AT, ROWS = "at", "rows"


class RayExecutor:
    """Ray Data: an actor for each worker, which sets its stage up once. `address` is a cluster's, or None."""

    def __init__(self, workers: int, address: str | None = None) -> None:
        import ray

        self.workers = workers
        if not ray.is_initialized():
            os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
            ray.init(
                address=address, log_to_driver=False, include_dashboard=False, logging_level=logging.WARNING
            )
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False

    def map(self, stage: Stage, calls: Sequence[pa.Table]) -> Iterator[tuple[int, pa.Table]]:
        """Yield the place of each call and its rows, in the order in which they end."""
        import ray

        rows = [{AT: at, ROWS: to_bytes(call)} for at, call in enumerate(calls)]
        done = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
            _Actor,  # type: ignore[arg-type]  # Ray takes a class and calls what it makes
            fn_constructor_args=(stage,),
            concurrency=min(self.workers, len(rows)),
            num_cpus=stage.cpus,
            num_gpus=stage.gpus,
            memory=stage.memory_mb * 2**20,
        )
        for row in done.iter_rows():
            yield row[AT], from_bytes(row[ROWS])


class _Actor:
    """One worker: the stage's set-up, and its calls."""

    def __init__(self, stage: Stage) -> None:
        self._work = stage.open()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {AT: row[AT], ROWS: to_bytes(self._work(from_bytes(row[ROWS])))}


def to_bytes(table: pa.Table) -> bytes:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def from_bytes(data: bytes) -> pa.Table:
    """The table of an Arrow stream."""
    return pa.ipc.open_stream(data).read_all()
