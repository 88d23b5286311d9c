"""What a stage is: an Arrow table in, an Arrow table out. Rows carry ids, paths and numbers, never frames.

A stage is a frozen dataclass; its fields are its parameters. Its items are the rows of the first stage it reads,
and it sees beside them the columns of the others. What it returns has a row an item, or, where it fans out (a source
into shots), as many as it likes:

    id      what the row is about: the item's own id, or a new one of a fan-out; null where an item gave nothing
    of      the item that it came from
    error   why the item failed; null otherwise
    again   whether another run should try once more: such a row is told, not kept

A stage fails an item by raising `ValueError` for it (`each_row` catches it): the item fails the same way next time, so
that is a fact too. A source that is gone or may not be read fails too, and is tried again. Any other `OSError` (a full
disk) ends the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import pyarrow as pa

from laqta.data.workspace import content_id

Work = Callable[[pa.Table], pa.Table]
"""What runs in a worker process, after the heavy set-up."""

Row = Mapping[str, Any]
"""One row of a table, by column."""

SOURCES = "sources"
"""The table that every pipeline begins with: what was ingested."""

KEYS = (("id", pa.string()), ("of", pa.string()), ("error", pa.string()), ("again", pa.bool_()))
"""The columns that every stage's rows begin with; the store keeps no `again` and adds `fact`."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of the pipeline. Subclasses add parameters as fields, and `open`.

    `reads` names the stages whose rows it is given, its items' first. `version` rises when its code comes to another
    result. `whole` gives it all items in one call. `batch` is how many items a call gets, `cpus`, `gpus` and
    `memory_mb` what one worker needs. `needs` is a module that it imports and the extra of Laqta that brings it.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    reads: ClassVar[tuple[str, ...]]
    columns: ClassVar[pa.Schema]
    whole: ClassVar[bool] = False
    needs: ClassVar[tuple[str, str] | None] = None
    batch: ClassVar[int] = 1
    cpus: ClassVar[float] = 1
    gpus: ClassVar[float] = 0
    memory_mb: ClassVar[int] = 500

    @property
    def schema(self) -> pa.Schema:
        """The columns of its rows: the keys and its own."""
        return pa.schema([*KEYS, *self.columns])

    @property
    def key(self) -> str:
        """The hash of what decides its result besides the items: name, version, parameters, model."""
        return content_id([self.name, self.version, asdict(self), self.model()])

    def model(self) -> str:
        """The hash or the name of the weights that it uses; empty where it uses none."""
        return ""

    def open(self) -> Work:
        """Set up what is heavy, once in a worker process, and return what works on a table."""
        raise AssertionError(f"{type(self).__name__} does not say how it works")


def each_row(schema: pa.Schema, find: Callable[[Row], Row | Iterable[Row]]) -> Work:
    """A stage's work from a function of one item: it returns its columns, or several rows with an `id` each."""

    def work(table: pa.Table) -> pa.Table:
        rows: list[dict[str, Any]] = []
        for item in table.to_pylist():
            try:
                found = find(item)
                several = [{"id": item["id"], **found}] if isinstance(found, Mapping) else list(found)
                rows += [{**row, "of": item["id"]} for row in several or [{"id": None}]]
            except ValueError as error:
                rows.append({"id": None, "of": item["id"], "error": str(error)})
            except (FileNotFoundError, PermissionError) as error:
                why = f"{str(error.filename)!r} cannot be read ({error.strerror})"
                rows.append({"id": None, "of": item["id"], "error": why, "again": True})
        return pa.Table.from_pylist(rows, schema=schema)

    return work
