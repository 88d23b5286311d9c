"""How far a workspace is, and what failed in it, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from laqta.data.ingest import source_records
from laqta.data.run import Tables
from laqta.data.workspace import stored


def progress(tables: Tables) -> Iterator[str]:
    """A line a stage: how many of its items have facts under the present parameters."""
    records = source_records(tables.workspace)
    yield f"sources: {len(records)}, {sum(record['bytes'] for record in records) / 2**20:.1f} MiB"
    for stage in tables.pipeline:
        rows = tables.rows(stage.name)
        wanted = tables.wanted(stage)
        done = set(rows["of"].to_pylist())
        failed = sum(error is not None for error in rows["error"].to_pylist())
        yield f"{stage.name}: {sum(item in done for item in wanted)} of {len(wanted)} items, {failed} failed"


def problems(tables: Tables) -> Iterator[tuple[str, str]]:
    """Everything that failed: the source's or clip's name, and why."""
    workspace = tables.workspace
    for path in stored(workspace.refused, "*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        yield record["name"], record["why"]
    names = {record["id"]: record["names"][0] for record in source_records(workspace)}
    for stage in tables.pipeline:
        rows = tables.rows(stage.name).select(["of", "error"]).to_pylist()
        failed = {row["of"]: row["error"] for row in rows if row["error"] is not None}
        for item, why in (failed | _troubles(workspace.troubles / f"{stage.name}.json")).items():
            yield names.get(item, item), f"{stage.name}: {why}"


def _troubles(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found
