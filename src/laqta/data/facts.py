"""What stages found out, kept for ever: Parquet files that are only ever added to.

Each row lies under its fact id, the hash of the stage (name, version, parameters, model) and of the facts that it was
made from. The same id is never computed twice; another parameter gives other ids, and the old facts stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from laqta.data.stages import Stage
from laqta.data.workspace import content_id, stored, write_json
from laqta.files import write_file

FACT, RAN = "fact", "ran"
"""The columns of the fact id, and of the key of the stage that found it; beside the files lies `<key>.json`."""


def fact_id(stage: Stage, parents: Iterable[str]) -> str:
    """The id of what a stage finds out about an item: `parents` are the fact ids of the rows that it is given."""
    return content_id([stage.key, *parents])


def keep(stage: Stage, folder: Path, rows: pa.Table, fact_of: dict[str, str]) -> None:
    """Write one call's rows with their fact ids, whole or not at all; `fact_of` goes by item id.

    The file is named after the facts in it: written twice, it is the same file.
    """
    if not len(rows):
        return
    facts = pa.array([fact_of[item] for item in rows["of"].to_pylist()], pa.string())
    ran = pa.array([stage.key] * len(rows), pa.string())
    table = rows.append_column(FACT, facts).append_column(RAN, ran)
    note = folder / f"{stage.key}.json"
    if not note.is_file():
        ran_as = {
            "stage": stage.name,
            "version": stage.version,
            "parameters": asdict(stage),
            "model": stage.model(),
        }
        write_json(note, ran_as)
    path = folder / f"{content_id(sorted(set(facts.to_pylist())))[:32]}.parquet"
    with write_file(path) as draft:
        pq.write_table(table, draft, compression="zstd")


def known(folder: Path) -> set[str]:
    """The fact ids that a stage's folder holds."""
    found: set[str] = set()
    for path in stored(folder, "*.parquet"):
        found.update(pq.read_table(path, columns=[FACT])[FACT].to_pylist())
    return found


def load(stage: Stage, folder: Path, wanted: Iterable[str]) -> pa.Table:
    """A stage's rows under the wanted fact ids, sorted by the item and what was found in it.

    Sorted, so that the table does not depend on which process wrote which file, or when.
    """
    schema = pa.schema([field for field in stage.schema if field.name != "again"]).append(
        pa.field(FACT, pa.string())
    )
    parts = [pq.read_table(path, schema=schema) for path in stored(folder, "*.parquet")]
    table = pa.concat_tables(parts) if parts else schema.empty_table()
    table = table.filter(pc.is_in(table[FACT], pa.array(sorted(set(wanted)), pa.string())))
    return _once(table).sort_by([("of", "ascending"), ("id", "ascending")])


def stored_rows(folder: Path, wanted: set[str]) -> Iterator[dict[str, Any]]:
    """The rows under the wanted fact ids, file by file, each item's once: for what is too much for one table."""
    seen = set()
    for path in stored(folder, "*.parquet"):
        for row in pq.read_table(
            path, filters=pc.is_in(pc.field(FACT), pa.array(sorted(wanted)))
        ).to_pylist():
            if (row["of"], row["id"]) not in seen:
                seen.add((row["of"], row["id"]))
                yield row


def _once(table: pa.Table) -> pa.Table:
    """Drop rows that a killed run and the one after it both wrote: the first of each fact, item and id stays."""
    seen = set()
    stays = []
    for key in zip(*(table[name].to_pylist() for name in (FACT, "of", "id")), strict=True):
        stays.append(key not in seen)
        seen.add(key)
    return table.filter(pa.array(stays, pa.bool_()))
