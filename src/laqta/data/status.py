"""How far a workspace is, and what failed in it, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from laqta.data.ingest import source_records
from laqta.data.run import Tables
from laqta.data.source_copies import source_copies, told
from laqta.data.workspace import Workspace, stored


@dataclass(frozen=True, kw_only=True)
class StageProgress:
    """How far a stage is under its present parameters: of its items those that have facts, and how many failed."""

    stage: str
    done: int
    items: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Something that failed: a file's name, or a clip's id; the stage, `ingest` before all; why; and whether the next
    run tries again."""

    name: str
    stage: str
    why: str
    again: bool


def stage_progress(tables: Tables) -> Iterator[StageProgress]:
    """How far every stage is."""
    for stage in tables.pipeline:
        rows = tables.rows(stage.name)
        wanted = tables.wanted(stage)
        done = set(rows["of"].to_pylist())
        yield StageProgress(
            stage=stage.name,
            done=sum(item in done for item in wanted),
            items=len(wanted),
            failed=sum(error is not None for error in rows["error"].to_pylist()),
        )


def progress(tables: Tables) -> Iterator[str]:
    """A line a stage: how many of its items have facts under the present parameters."""
    records = source_records(tables.workspace)
    yield f"sources: {len(records)}, {sum(record['bytes'] for record in records) / 2**20:.1f} MiB"
    for one in stage_progress(tables):
        yield f"{one.stage}: {one.done} of {one.items} items, {one.failed} failed"


def failures(tables: Tables) -> Iterator[Failure]:
    """Everything that failed, in the order of the stages."""
    workspace = tables.workspace
    for path in stored(workspace.refused, "*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        yield Failure(name=record["name"], stage="ingest", why=record["why"], again=False)
    names = {record["id"]: record["names"][0] for record in source_records(workspace)}
    for stage in tables.pipeline:
        rows = tables.rows(stage.name).select(["of", "error"]).to_pylist()
        failed = {row["of"]: row["error"] for row in rows if row["error"] is not None}
        again = _troubles(workspace.troubles / f"{stage.name}.json")
        for item, why in (failed | again).items():
            yield Failure(name=names.get(item, item), stage=stage.name, why=why, again=item in again)


def problems(tables: Tables) -> Iterator[tuple[str, str]]:
    """Everything that failed: the source's or clip's name, and why."""
    for one in failures(tables):
        yield one.name, one.why if one.stage == "ingest" else f"{one.stage}: {one.why}"


def copied(workspace: Workspace, clips: pa.Table) -> list[str]:
    """A line for every source that is a copy of another, by the table of clips."""
    names = {record["id"]: record["names"][0] for record in source_records(workspace)}
    return [told(copy, names) for copy in source_copies(clips.to_pylist())]


def _troubles(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found
