"""All that is known of every clip, as one table: its span, its source's rights, and what each stage measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from laqta.data.facts import FACT, RAN
from laqta.data.ingest import source_records
from laqta.data.pipeline import STAGES
from laqta.data.review.verdict import review_columns
from laqta.data.run import Tables
from laqta.data.source_copies import COLUMNS_READ, source_copies

SHOTS = "shots"
"""The stage whose rows are the clips."""

RIGHTS = ("owner", "licence", "consent", "expires")

SOURCE_COPY_OF = "source_copy_of"
"""The column with the id of the source that a clip's source is a copy of; null where it is none."""


def clip_table(tables: Tables) -> pa.Table:
    """A row a clip, in the order of their ids: the columns of the shots, then of every stage that looks at clips or at
    sources (null where it has not looked), the rights, `source_copy_of`, what reviews decided and mended, and `facts`,
    the fact ids by stage as a list of pairs."""
    clips = tables.good(SHOTS)
    shown = [
        field.name
        for field in clips.schema
        if field.name not in ("error", FACT, RAN) and not is_series(field)
    ]
    columns: dict[str, pa.ChunkedArray] = {
        ("source" if name == "of" else name): clips[name] for name in shown
    }
    facts: list[list[tuple[str, str]]] = [[(SHOTS, fact)] for fact in clips[FACT].to_pylist()]
    for stage in tables.pipeline:
        if stage.name == SHOTS:
            continue
        rows = tables.good(stage.name)
        key = "id" if SHOTS in stage.reads else "source"
        place = {item: at for at, item in enumerate(rows["of"].to_pylist())}
        spots = [place.get(item) for item in columns[key].to_pylist()]
        found = rows.take(pa.array(spots, pa.int64()))
        columns |= {
            name: found[name] for name in stage.columns.names if not is_series(stage.columns.field(name))
        }
        for pairs, fact in zip(facts, found[FACT].to_pylist(), strict=True):
            pairs += [(stage.name, fact)] if fact is not None else []
    columns |= _unlooked(tables, len(clips)) | _rights(tables, columns["source"])
    columns[SOURCE_COPY_OF] = _source_copy_of(columns)
    columns |= review_columns(tables.workspace, columns["id"].to_pylist(), columns)
    columns["facts"] = pa.chunked_array([pa.array(facts, FACTS_TYPE)])
    return pa.table(columns).sort_by("id").combine_chunks()


def _unlooked(tables: Tables, count: int) -> dict[str, pa.Array]:
    """Nulls for the columns of stages that were left out, so that a gate over them lets every clip pass."""
    names = {stage.name for stage in tables.pipeline}
    return {
        field.name: pa.nulls(count, field.type)
        for stage in STAGES
        if stage.name not in names
        for field in stage.columns
        if not is_series(field)
    }


FACTS_TYPE = pa.map_(pa.string(), pa.string())


def is_series(field: pa.Field) -> bool:
    """Whether a column holds a number a frame: too much for a table of clips."""
    return bool(pa.types.is_list(field.type) or pa.types.is_binary(field.type))


def _source_copy_of(columns: Mapping[str, pa.Array]) -> pa.Array:
    rows = pa.table({name: columns[name] for name in COLUMNS_READ}).to_pylist()
    originals = {copy.source: copy.of for copy in source_copies(rows)}
    return pa.array([originals.get(row["source"]) for row in rows], pa.string())


def _rights(tables: Tables, sources: pa.ChunkedArray) -> dict[str, pa.Array]:
    rights: dict[str, dict[str, Any]] = {
        record["id"]: record["rights"] for record in source_records(tables.workspace)
    }
    return {
        name: pa.array([rights.get(source, {}).get(name) for source in sources.to_pylist()], pa.string())
        for name in RIGHTS
    }
