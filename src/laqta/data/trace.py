"""Where a sample comes from, and how footage is taken back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from laqta.data.datasets import WITHDRAWN
from laqta.data.facts import FACT, RAN
from laqta.data.ingest import source_records
from laqta.data.review.preview import forget
from laqta.data.thumbs import remove_thumbs
from laqta.data.workspace import Workspace, stored, write_json
from laqta.files import write_file


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """What a withdrawal removed and whom it concerns.

    `left` are files outside the workspace that held the bytes: they are the owner's, and nobody touched them.
    """

    sources: tuple[str, ...]
    clips: int
    versions: tuple[str, ...]
    models: tuple[str, ...]
    left: tuple[str, ...]


def trace(workspace: Workspace, sample: str) -> dict[str, Any]:
    """All that stands behind one clip: source and second, rights, every stage's parameters, votes, versions.

    `sample` is a clip's id or how it begins.

    Raises:
        ValueError: no clip, or several, begin so.
    """
    found: dict[str, dict[str, Any]] = {}
    versions: list[str] = []
    for path, rows in _versions(workspace):
        hits = rows.filter(pc.starts_with(rows["id"], sample)).to_pylist()
        found |= {row["id"]: row for row in hits}
        versions += [f"{path.parent.name}@{path.stem[:12]}"] if hits else []
    if len(found) != 1:
        which = "no clip begins" if not found else f"{len(found)} clips begin"
        raise ValueError(
            f"{which} with {sample!r} in any dataset version; a clip's id stands in `laqta data query`"
        )
    clip = next(iter(found.values()))
    facts = dict(clip["facts"])
    base = clip["time_base_num"] / clip["time_base_den"]
    source = json.loads((workspace.sources / f"{clip['source']}.json").read_text(encoding="utf-8"))
    return {
        "clip": clip["id"],
        "source": {"id": source["id"], "names": source["names"], "where": source["where"]},
        "from_second": round(clip["start_pts"] * base, 6),
        "to_second": round(clip["end_pts"] * base, 6),
        "rights": source["rights"],
        "stages": {name: stage_of(workspace, name, fact) for name, fact in sorted(facts.items())},
        "votes": votes_on(workspace, clip["id"]),
        "versions": versions,
        "models": models_of(workspace, versions),
    }


def stage_of(workspace: Workspace, name: str, fact: str) -> dict[str, Any]:
    """The fact's id, and how the stage ran that found it: version, parameters, model."""
    for path in stored(workspace.facts / name, "*.parquet"):
        rows = pq.read_table(path, columns=[FACT, RAN])
        hits = rows.filter(pc.equal(rows[FACT], fact))
        if len(hits):
            note = path.with_name(f"{hits[RAN][0].as_py()}.json")
            return {"fact": fact, **json.loads(note.read_text(encoding="utf-8"))}
    raise ValueError(f"the fact {fact[:12]} of stage {name!r} is not in {str(workspace.facts / name)!r}")


def votes_on(workspace: Workspace, clip: str) -> list[dict[str, Any]]:
    """Every vote on a clip, of every task and vendor, as it came."""
    votes = []
    for path in stored(workspace.labels, "*/*/*.parquet"):
        rows = pq.read_table(path)
        hits = rows.filter(pc.equal(rows["clip"], clip)).to_pylist()
        votes += [{"task": path.parts[-3], "vendor": path.parts[-2], **row} for row in hits]
    return votes


def models_of(workspace: Workspace, versions: list[str]) -> list[str]:
    """Names of models that were trained on one of these versions (`laqta train --data` notes it)."""
    models = []
    for path in stored(workspace.datasets, "*/*.models"):
        if f"{path.parent.name}@{path.stem[:12]}" in versions:
            models += path.read_text(encoding="utf-8").split("\n")[:-1]
    return sorted(set(models))


def withdraw(workspace: Workspace, whose: str) -> Withdrawal:
    """Take back an owner's footage, or one source: its copied bytes, every fact, vote, cut film and picture made
    from it, its record.

    It is not taken in again (`withdrawn/` remembers the hash). Versions that held it are marked and refused from
    then on.

    Raises:
        ValueError: no source is `whose`, by owner, id or how the id begins.
    """
    records = [
        record
        for record in source_records(workspace)
        if record["rights"].get("owner") == whose or (len(whose) >= 8 and record["id"].startswith(whose))
    ]
    if not records:
        owners = sorted({str(record["rights"].get("owner")) for record in source_records(workspace)})
        raise ValueError(
            f"no source is {whose!r}'s, and none begins so; owners are: {', '.join(owners) or 'none'}"
        )
    sources = [record["id"] for record in records]
    versions = list(_mark_versions(workspace, set(sources)))
    clips = _remove_facts(workspace, set(sources))
    forget(workspace, clips)
    remove_thumbs(workspace, clips)
    left = []
    for record in records:
        bytes_at = Path(record["where"])
        if bytes_at.is_relative_to(workspace.blobs.resolve()) or bytes_at.is_relative_to(workspace.blobs):
            bytes_at.unlink(missing_ok=True)
        else:
            left.append(str(bytes_at))
        write_json(workspace.withdrawn(record["id"]), {"id": record["id"], "whose": whose})
        (workspace.sources / f"{record['id']}.json").unlink()
    return Withdrawal(
        sources=tuple(sources), clips=len(clips), versions=tuple(versions),
        models=tuple(models_of(workspace, versions)), left=tuple(left),
    )  # fmt: skip


def _versions(workspace: Workspace) -> Iterator[tuple[Path, pa.Table]]:
    for path in stored(workspace.datasets, "*/*.parquet"):
        yield path, pq.read_table(path)


def _mark_versions(workspace: Workspace, sources: set[str]) -> Iterator[str]:
    """Take the rows out of versions that hold the sources, leave a note, and name the versions."""
    for path, rows in _versions(workspace):
        goes = [source in sources for source in rows["source"].to_pylist()]
        if any(goes):
            write_json(path.with_suffix(f".{WITHDRAWN}"), {"sources": sorted(sources)})
            for shards in path.parent.glob(f"{path.stem}.*/"):
                shutil.rmtree(shards)
            _rewrite(path, rows.filter(pa.array([not gone for gone in goes], pa.bool_())))
            yield f"{path.parent.name}@{path.stem[:12]}"


def _remove_facts(workspace: Workspace, gone: set[str]) -> set[str]:
    """Remove every row about the sources and what was found in them; returns the ids of their clips."""
    tables = [(path, pq.read_table(path)) for path in stored(workspace.facts, "*/*.parquet")]
    for labels in ("*/*/*.parquet", "*/*.parquet"):  # votes, and the clips of labelling tasks
        tables += [(path, pq.read_table(path)) for path in stored(workspace.labels, labels)]
    clips: set[str] = set()
    for _, rows in tables:
        if "of" in rows.schema.names:
            clips |= {
                row["id"] for row in rows.select(["id", "of"]).to_pylist() if row["of"] in gone and row["id"]
            }
    about = gone | clips
    for path, rows in tables:
        key = "of" if "of" in rows.schema.names else "clip"
        stays = [item not in about for item in rows[key].to_pylist()]
        if not all(stays):
            _rewrite(path, rows.filter(pa.array(stays, pa.bool_())))
    return clips - gone


def _rewrite(path: Path, rows: pa.Table) -> None:
    if not len(rows) and path.parent.parent.name != "datasets":
        path.unlink()
        return
    with write_file(path) as draft:
        pq.write_table(rows, draft, compression="zstd")
