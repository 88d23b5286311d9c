"""Run a pipeline: for every stage find what is not known yet, compute that, and keep it.

What a run leaves behind is only facts. Killed at any moment and started again, it goes on with the calls that no file
holds, and ends with the same facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from laqta.data.facts import FACT, fact_id, keep, known, load
from laqta.data.ingest import source_table
from laqta.data.stages import SOURCES, Stage
from laqta.data.workspace import Workspace, sweep, write_json

OnCall = Callable[[str, int, int], None]
"""Is told of each call that ended: the stage, how many are done, and of how many."""


class Executor(Protocol):
    """What spreads a stage's calls over workers."""

    def map(self, stage: Stage, calls: Sequence[pa.Table]) -> Iterator[tuple[int, pa.Table]]:
        """Yield each call's place and rows, in any order."""


@dataclass
class Tables:
    """The rows of every stage under its present parameters, as far as they are known.

    `sources` are those of now. A stage's rows lack the items that were never computed: `missing` has them.
    """

    workspace: Workspace
    pipeline: tuple[Stage, ...]
    only: frozenset[str] | None = None
    _rows: dict[str, pa.Table] = field(default_factory=dict)

    def rows(self, name: str) -> pa.Table:
        """A stage's rows with their fact ids; a source's fact id is its own id."""
        if name not in self._rows:
            if name == SOURCES:
                table = source_table(self.workspace)
                if self.only is not None:
                    table = table.filter(
                        pa.array([key in self.only for key in table["id"].to_pylist()], pa.bool_())
                    )
                self._rows[name] = table.append_column(FACT, table["id"])
            else:
                stage = self.stage(name)
                self._rows[name] = load(stage, self.workspace.facts / name, self.wanted(stage).values())
        return self._rows[name]

    def good(self, name: str) -> pa.Table:
        """A stage's rows that are about something: no failures."""
        table = self.rows(name)
        return table.filter(pa.array([key is not None for key in table["id"].to_pylist()], pa.bool_()))

    def stage(self, name: str) -> Stage:
        """The stage of a name."""
        return next(stage for stage in self.pipeline if stage.name == name)

    def items(self, stage: Stage) -> pa.Table:
        """What a stage is given: its items that every stage it reads has rows for, with all their columns.

        A row of another stage is an item's if it is about the item, or about `of`, what the item came from: a stage
        on clips that reads `SOURCES` has the path of each clip's source. Columns of the stages beside the first keep
        their names; each stage's columns have names of their own.
        """
        table = _without(self.good(stage.reads[0]), "error")
        ids = table["id"].to_pylist()
        came_from = dict(zip(ids, table["of"].to_pylist(), strict=True)) if "of" in table.schema.names else {}
        for name in stage.reads[1:]:
            beside = _without(self.good(name), "of", "error")
            place = {item: row for row, item in enumerate(beside["id"].to_pylist())}
            rows = [place.get(item, place.get(came_from.get(item))) for item in table["id"].to_pylist()]
            table = table.filter(pa.array([row is not None for row in rows], pa.bool_()))
            beside = beside.take(pa.array([row for row in rows if row is not None], pa.int64()))
            for column in beside.schema.names:
                if column != "id":
                    own = f"{FACT}_{name}" if column == FACT else column
                    table = table.append_column(own, beside[column])
        return table.sort_by("id").combine_chunks()

    def wanted(self, stage: Stage) -> dict[str, str]:
        """The fact id of every item of a stage.

        Clips of one source were found together and share a fact: what is found out about one has its id in it too.
        """
        items = self.items(stage)
        facts = [name for name in items.schema.names if name == FACT or name.startswith(f"{FACT}_")]
        parents = list(zip(*(items[name].to_pylist() for name in facts), strict=True))
        ids = items["id"].to_pylist()
        if stage.whole:
            everything = fact_id(stage, [part for parts in parents for part in parts])
            return dict.fromkeys(ids, everything)
        came_from = items["of"].to_pylist() if "of" in items.schema.names else ids
        return {
            item: fact_id(stage, parts if item == of else [*parts, item])
            for item, of, parts in zip(ids, came_from, parents, strict=True)
        }

    def forget(self, name: str) -> None:
        """Read a stage's rows anew next time: they have grown."""
        self._rows.pop(name, None)


@dataclass(frozen=True, kw_only=True)
class StageRun:
    """What one run did of a stage: items it has, calls it made, rows that it found, items that failed in all."""

    stage: str
    items: int
    calls: int
    found: int
    failed: int


def run_pipeline(
    workspace: Workspace,
    pipeline: tuple[Stage, ...],
    executor: Executor,
    on_call: OnCall = lambda _stage, _done, _all: None,
) -> list[StageRun]:
    """Bring every stage up to date; `on_call(stage, done, calls)` is told of each call that ended.

    Raises:
        OSError: the disk is full, or a source is gone: what was found is kept, and the next run goes on.
    """
    sweep(workspace)
    tables = Tables(workspace, pipeline)
    done = []
    for stage in pipeline:
        wanted = tables.wanted(stage)
        calls, troubles = compute(workspace, stage, tables.items(stage), wanted, executor, on_call)
        tables.forget(stage.name)
        rows = tables.rows(stage.name)
        failed = sum(error is not None for error in rows["error"].to_pylist())
        done.append(
            StageRun(
                stage=stage.name,
                items=len(wanted),
                calls=calls,
                found=len(rows) - failed,
                failed=failed + len(troubles),
            )
        )
    return done


def compute(
    workspace: Workspace, stage: Stage, items: pa.Table, wanted: dict[str, str], executor: Executor,
    on_call: OnCall,
) -> tuple[int, dict[str, str]]:  # fmt: skip
    """Find out and keep what is not known yet of items, whose fact ids are `wanted`.

    Returns how many calls that took, and what must be tried again, with the reason.
    """
    folder = workspace.facts / stage.name
    troubles: dict[str, str] = {}
    calls = list(_missing_calls(stage, items, wanted, known(folder)))
    for at, (_, rows) in enumerate(executor.map(stage, calls) if calls else (), start=1):
        keep(stage, folder, _lasting(rows, troubles), wanted)
        on_call(stage.name, at, len(calls))
    write_json(workspace.troubles / f"{stage.name}.json", troubles)
    return len(calls), troubles


def _lasting(rows: pa.Table, troubles: dict[str, str]) -> pa.Table:
    """The rows without those of items that another run must try again, which go into `troubles` with the reason."""
    again = rows["again"].to_pylist()
    troubles |= {
        row["of"]: row["error"] for row in rows.select(["of", "error"]).filter(rows["again"]).to_pylist()
    }
    return rows.filter(pa.array([not value for value in again], pa.bool_())).drop_columns(["again"])


def _missing_calls(
    stage: Stage, items: pa.Table, wanted: dict[str, str], have: set[str]
) -> Iterator[pa.Table]:
    """The items whose facts nobody has computed, cut into calls."""
    missing = items.filter(
        pa.array([wanted[item] not in have for item in items["id"].to_pylist()], pa.bool_())
    )
    size = max(1, len(missing)) if stage.whole else stage.batch
    for start in range(0, len(missing), size):
        yield missing.slice(start, size).combine_chunks()


def _without(table: pa.Table, *columns: str) -> pa.Table:
    return table.drop_columns([name for name in columns if name in table.schema.names])
