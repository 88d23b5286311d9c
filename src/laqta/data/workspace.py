"""Where a data engine's things lie: one folder, which is the only state there is.

sources/<sha256>.json      what was ingested: where its bytes are, and whose they are
refused/<hash>.json        what could not be ingested, and why
blobs/<2>/<sha256>.<end>   bytes that were copied in
facts/<stage>/*.parquet    what stages found out, append-only (facts.py)
troubles/<stage>.json      what failed in the last run for a reason that may pass
labels/<task>/<vendor>/    every vote as it came (review/votes.py, people/deliveries.py)
labels/<task>/clips.parquet    what vendors were given to label (people/tasks.py)
review/<clip>.mp4          clips as a browser plays them (review/preview.py)
thumbs/<2>/<clip>.webp     small pictures of clips that a page showed (thumbs.py)
review.toml                how it is reviewed, where that is not as usual
datasets/<name>/           frozen versions
pipeline.toml              parameters of stages that are not the defaults
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laqta.files import write_file

FORGOTTEN = 3600.0
"""Seconds after which a half-written file is nobody's."""


@dataclass(frozen=True)
class Workspace:
    """A data engine's folder."""

    root: Path

    @property
    def sources(self) -> Path:
        """One record a source."""
        return self.root / "sources"

    @property
    def refused(self) -> Path:
        """One record a file that could not be taken in."""
        return self.root / "refused"

    @property
    def blobs(self) -> Path:
        """Bytes by their hash."""
        return self.root / "blobs"

    @property
    def facts(self) -> Path:
        """A folder a stage."""
        return self.root / "facts"

    @property
    def troubles(self) -> Path:
        """A record a stage."""
        return self.root / "troubles"

    @property
    def labels(self) -> Path:
        """A folder a task, in it one a vendor."""
        return self.root / "labels"

    @property
    def datasets(self) -> Path:
        """A folder a dataset, in it its versions."""
        return self.root / "datasets"

    @property
    def thumbs(self) -> Path:
        """Small pictures by their clip's id."""
        return self.root / "thumbs"

    def withdrawn(self, source: str) -> Path:
        """The note that a source was taken back."""
        return self.root / "withdrawn" / f"{source}.json"

    @property
    def pipeline(self) -> Path:
        """Parameters of stages."""
        return self.root / "pipeline.toml"


def open_workspace(root: str | Path, create: bool = False) -> Workspace:
    """The workspace in a folder; `create` makes it. Raises `ValueError` where there is none."""
    workspace = Workspace(Path(root))
    if create:
        for folder in (workspace.sources, workspace.refused, workspace.facts, workspace.datasets):
            folder.mkdir(parents=True, exist_ok=True)
    elif not workspace.sources.is_dir():
        raise ValueError(
            f"{str(root)!r} holds no data; begin with: laqta data ingest FOLDER --workspace {root}"
        )
    return workspace


def stored(folder: Path, pattern: str) -> list[Path]:
    """The whole files of a folder, in the order of their names. What a killed run left half-written is hidden."""
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))


def sweep(workspace: Workspace) -> None:
    """Remove what killed runs left half-written more than an hour ago: nobody writes on it any more."""
    for draft in workspace.root.rglob(".laqta-*"):
        if time.time() - draft.stat().st_mtime > FORGOTTEN:
            draft.unlink(missing_ok=True)


def content_id(value: Any) -> str:
    """The hash that names a value: SHA-256 of its JSON with sorted keys and no spaces, in hexadecimal."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write a record, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_file(path) as draft:
        draft.write_text(
            json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
        )
