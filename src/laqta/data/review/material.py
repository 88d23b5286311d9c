"""What is there to review in a workspace, read once: the table of clips, why each is worth a look, and its tracks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pyarrow as pa

from laqta.data.clips import clip_table
from laqta.data.gates import GATES, Gate
from laqta.data.object_tracks import tracks_of
from laqta.data.people.track import Track
from laqta.data.pipeline import STAGES, load_pipeline
from laqta.data.review.lanes import WEAKEST_TRACK, Reason, reasons_of
from laqta.data.review.queue import Plan, Supply, load_plan
from laqta.data.review.votes import LANGUAGES
from laqta.data.run import Tables
from laqta.data.workspace import Workspace

OBJECTS, CAPTIONS = "objects", "captions"
"""The stages whose rows are a clip's tracks and its captions."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """Clips by id, why each is worth a look, and its tracks and captions as the stages found them.

    The table of clips has captions as they were mended; a reviewer is not shown what another one wrote.
    """

    plan: Plan
    clips: Mapping[str, Mapping[str, Any]]
    reasons: Mapping[str, list[Reason]]
    tracks: Mapping[str, tuple[Track, ...]]
    captions: Mapping[str, Mapping[str, str]]

    def supply(self, gold: Iterable[str], takes: Mapping[str, float] | None = None) -> Supply:
        """All that can be shown, with the known answers and what the studio hands in."""
        return Supply(
            reasons=self.reasons,
            gold=frozenset(clip for clip in gold if clip in self.clips),
            takes=takes or {},
        )


def gather(tables: Tables, gates: Iterable[Gate] = GATES) -> Material:
    """Read what a pipeline found."""
    table, plan = clip_table(tables), load_plan(tables.workspace)
    tracks = {row["of"]: tuple(tracks_of(row)) for row in _rows(tables, OBJECTS)}
    weakest = [_weakest(tracks.get(clip, ())) for clip in table["id"].to_pylist()]
    looked_at = table.append_column(WEAKEST_TRACK, pa.array(weakest, pa.float64()))
    return Material(
        plan=plan,
        clips={row["id"]: row for row in table.to_pylist()},
        reasons=reasons_of(looked_at, tuple(gates), plan.random, plan.seed),
        tracks=tracks,
        captions={
            row["of"]: {language: row[f"caption_{language}"] or "" for language in LANGUAGES}
            for row in _rows(tables, CAPTIONS)
        },
    )


def gather_all(workspace: Workspace) -> Material:
    """Read what is known in a workspace; of stages whose packages this machine lacks, nothing."""
    lacking = frozenset(stage.name for stage in STAGES if stage.needs and find_spec(stage.needs[0]) is None)
    return gather(Tables(workspace, load_pipeline(workspace, lacking)))


def stamp(workspace: Workspace) -> tuple[int, ...]:
    """A value that changes when facts, sources or settings change: what was gathered is old then."""
    places = [workspace.root, workspace.sources, *sorted(workspace.facts.glob("*"))]
    files = [path for path in (workspace.pipeline, workspace.root / "review.toml") if path.is_file()]
    return tuple(path.stat().st_mtime_ns for path in (*places, *files))


def _rows(tables: Tables, name: str) -> list[dict[str, Any]]:
    """A stage's rows, none where it was left out."""
    there = name in {stage.name for stage in tables.pipeline}
    return tables.good(name).to_pylist() if there else []


def _weakest(tracks: Iterable[Track]) -> float | None:
    """How sure the detector is of what it is least sure of."""
    return min((float(dict(track.attributes)["score"]) for track in tracks), default=None)
