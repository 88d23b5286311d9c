"""The page of how far a workspace is, and of everything that failed in it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from laqta.data.ingest import source_records
from laqta.data.pages.charts import bar, shares
from laqta.data.pages.markup import Html, document, join, name_of, numbers, section, table, tag
from laqta.data.run import Tables
from laqta.data.status import Failure, StageProgress, failures, stage_progress


def status_page(tables: Tables) -> Html:
    """The page of `laqta data status`."""
    records = source_records(tables.workspace)
    stages, failed = list(stage_progress(tables)), list(failures(tables))
    items, done = sum(one.items for one in stages), sum(one.done for one in stages)
    facts: list[tuple[str, str | int]] = [
        ("sources", len(records)),
        ("MiB of footage", f"{sum(record['bytes'] for record in records) / 2**20:,.1f}"),
        ("done", shares(done / max(items, 1))),
        ("failed", len(failed)),
        ("tried again next time", sum(one.again for one in failed)),
    ]
    parts = [
        ("Stages", section("Stages", numbers(facts), _stages(stages))),
        ("What failed, and why", section("What failed, and why", *_failed(failed))),
    ]
    title = (
        "Everything is up to date"
        if done == items
        else f"{items - done:,} of {items:,} steps are still to do"
    )
    return document(title, "How far every stage is, and what failed in it.", parts)


def _stages(stages: list[StageProgress]) -> Html:
    rows: list[list[str | int]] = [
        [
            join(one.stage, bar((one.done - one.failed) / max(one.items, 1), one.failed / max(one.items, 1))),
            one.items,
            one.done,
            one.failed,
            one.items - one.done,
        ]
        for one in stages
    ]
    told = "Of each stage's items those that are done, failed ones (grey) among them, and those still to do."
    return table(told, ("stage", "items", "done", "failed", "to do"), rows)


def _failed(failed: list[Failure]) -> list[Html]:
    """The failures, and what most of them have in common."""
    if not failed:
        return [tag("p", "Nothing failed.")]
    counts = Counter(one.stage for one in failed)
    told = ", ".join(f"{many} in {stage}" for stage, many in counts.most_common())
    rows = [
        [
            tag("span", name_of(Path(one.name).name), title=one.name),
            one.stage,
            name_of(one.why),
            "at the next run" if one.again else "when its bytes change",
        ]
        for one in failed
    ]
    return [
        tag("p", f"Failures by stage: {told}."),
        table("Everything that failed.", ("name", "stage", "why", "tried again"), rows),
    ]
