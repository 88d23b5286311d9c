"""Dataset versions: a query over facts and a seed, frozen. A version's name is the hash of what it holds.

datasets/<name>/<version>.json      the manifest: gates, seed, day, stages, rights, parent, and the rows' hash
datasets/<name>/<version>.parquet   the rows: a clip each, with its span, its split and the facts behind it
datasets/<name>/head                the newest version
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from laqta.data.clips import clip_table
from laqta.data.gates import Gate, passing
from laqta.data.run import Tables
from laqta.data.workspace import Workspace, content_id, stored, write_json
from laqta.files import write_file

WITHDRAWN = "withdrawn"
"""The ending of the note beside a version of which something was withdrawn."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a version shall hold: `held_out` is the share kept from training, `on` the day rights are asked for."""

    name: str
    gates: tuple[Gate, ...]
    on: str
    seed: int = 0
    held_out: float = 0.05
    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class Version:
    """A frozen version: its manifest, and a row a clip."""

    id: str
    manifest: dict[str, Any]
    rows: pa.Table


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What changed between two versions: ids of clips that came, that went, and whose facts are others."""

    came: tuple[str, ...]
    went: tuple[str, ...]
    changed: tuple[str, ...]


def freeze(tables: Tables, wish: Wish) -> Version:
    """Choose the clips that pass the gates, and write the version; the same choice twice is the same version.

    Raises:
        ValueError: a gate that cannot be asked, a name that is no name, or nothing that passes.
    """
    folder = _folder(tables.workspace, wish.name)
    rows = passing(clip_table(tables), wish.gates, wish.on)
    if not len(rows):
        raise ValueError(
            f"no clip passes every gate; see what each keeps with: laqta data report (dataset {wish.name!r})"
        )
    rows = _with_split(_limited(rows, wish), wish)
    head = folder / "head"
    parent = head.read_text(encoding="utf-8").strip() if head.is_file() else None
    manifest = {
        "name": wish.name,
        "gates": [asdict(gate) for gate in wish.gates],
        "on": wish.on,
        "seed": wish.seed,
        "held_out": wish.held_out,
        "limit": wish.limit,
        "stages": {stage.name: stage.key for stage in tables.pipeline},
        "clips": len(rows),
        "seconds": round(sum(rows["seconds"].to_pylist()), 3),
        "rights": dict(
            sorted(Counter(f"{row['owner']}: {row['licence']}" for row in rows.to_pylist()).items())
        ),
        "rows": rows_hash(rows),
    }
    version = content_id(manifest)
    if parent != version and not (folder / f"{version}.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with write_file(folder / f"{version}.parquet") as draft:
            pq.write_table(rows, draft, compression="zstd")
        write_json(folder / f"{version}.json", manifest | {"parent": parent})
    with write_file(head) as draft:
        draft.write_text(version + "\n", encoding="utf-8")
    return load_version(tables.workspace, f"{wish.name}@{version}")


def load_version(workspace: Workspace, which: str) -> Version:
    """The version `name` (its newest) or `name@hash` (the hash's first digits do).

    Raises:
        ValueError: there is none, it has been changed by hand, or footage in it was withdrawn.
    """
    name, _, start = which.partition("@")
    folder = _folder(workspace, name)
    if not start and (folder / "head").is_file():
        start = (folder / "head").read_text(encoding="utf-8").strip()
    found = stored(folder, f"{start}*.json") if start else []
    found = [path for path in found if path.suffixes == [".json"]]
    if len(found) != 1:
        raise ValueError(
            f"{which!r} is no dataset version; there are: {', '.join(version_names(workspace)) or 'none'}"
        )
    if (note := found[0].with_suffix(f".{WITHDRAWN}")).is_file():
        raise ValueError(
            f"{which!r} holds footage that was withdrawn ({note.name} says which); freeze it again"
        )
    manifest = json.loads(found[0].read_text(encoding="utf-8"))
    rows = pq.read_table(found[0].with_suffix(".parquet"))
    hashed = content_id({key: value for key, value in manifest.items() if key != "parent"})
    if hashed != found[0].stem or rows_hash(rows) != manifest["rows"]:
        raise ValueError(f"{which!r} is not what was frozen: its files were changed; freeze it again")
    return Version(id=found[0].stem, manifest=manifest, rows=rows)


def version_names(workspace: Workspace) -> list[str]:
    """Every version, as `name@hash` with twelve digits."""
    return [f"{path.parent.name}@{path.stem[:12]}" for path in stored(workspace.datasets, "*/*.json")]


def difference(before: Version, after: Version) -> Difference:
    """What changed from one version to another."""
    old = dict(zip(before.rows["id"].to_pylist(), before.rows["facts"].to_pylist(), strict=True))
    new = dict(zip(after.rows["id"].to_pylist(), after.rows["facts"].to_pylist(), strict=True))
    return Difference(
        came=tuple(key for key in new if key not in old),
        went=tuple(key for key in old if key not in new),
        changed=tuple(key for key in new if key in old and new[key] != old[key]),
    )


def rows_hash(rows: pa.Table) -> str:
    """The hash of a table's rows, whatever file or chunks they lie in."""
    digest = hashlib.sha256()
    for row in rows.to_pylist():
        digest.update(content_id(row).encode())
    return digest.hexdigest()


def _folder(workspace: Workspace, name: str) -> Path:
    if not name or not all(letter.isalnum() or letter in "-_" for letter in name):
        raise ValueError(f"{name!r} is no name for a dataset; use letters, digits, - and _")
    return workspace.datasets / name


def _limited(rows: pa.Table, wish: Wish) -> pa.Table:
    """At most `limit` clips, drawn by the seed: the order of their hashes, not of their names."""
    if wish.limit is None or len(rows) <= wish.limit:
        return rows
    drawn = sorted(rows["id"].to_pylist(), key=lambda clip: content_id([wish.seed, clip]))[: wish.limit]
    chosen = set(drawn)
    return rows.filter(pa.array([clip in chosen for clip in rows["id"].to_pylist()], pa.bool_()))


def _with_split(rows: pa.Table, wish: Wish) -> pa.Table:
    """Mark clips `train` or `held_out`. All clips of a source, and of its near-duplicates, fall on one side."""
    families: Sequence[str] = (
        rows["family"] if "family" in rows.schema.names else rows["source"]
    ).to_pylist()
    sides = [
        "held_out" if int(content_id([wish.seed, family])[:8], 16) < wish.held_out * 2**32 else "train"
        for family in (
            family or source for family, source in zip(families, rows["source"].to_pylist(), strict=True)
        )
    ]
    return rows.append_column("split", pa.array(sides, pa.string()))
