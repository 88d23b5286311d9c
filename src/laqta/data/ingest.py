"""Take footage in: files, folders, globs and fsspec URLs become sources, known by the hash of their bytes.

A local file stays where it is and is read there; `copy` puts its bytes into the workspace, as is always done with what
comes from a URL. The same bytes under two names are one source with two names.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import pyarrow as pa

from laqta.data.rights import Rights, find_rights
from laqta.data.workspace import Workspace, content_id, stored, write_json
from laqta.files import write_file

ENDINGS = frozenset(
    {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".gif", ".webp", ".mpg", ".mpeg", ".ts", ".3gp"}
)
"""What a folder is searched for. A file that is named itself is taken whatever its ending."""

PIECE = 4 * 2**20
"""Bytes hashed at a time."""

SOURCES_SCHEMA = pa.schema(
    [("id", pa.string()), ("where", pa.string()), ("bytes", pa.int64()), ("mtime_ns", pa.int64())]
)
"""The table that stages begin with. Rights are not in it: they decide over datasets, not over facts."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What one call took in: sources that are new, names of sources that were known, and refusals with reasons."""

    new: tuple[str, ...]
    known: tuple[str, ...]
    refused: dict[str, str]


def ingest(
    workspace: Workspace,
    wanted: Iterable[str],
    stated: Rights,
    copy: bool = False,
    on_file: Callable[[str], None] = lambda _name: None,
) -> Taken:
    """Take in every file that `wanted` names. `stated` rights come before those of sidecars.

    A file that cannot be read is refused with its reason, and the others are taken.

    Raises:
        ValueError: a name that matches nothing, or rights that are no rights.
        OSError: the workspace's disk is full or not writable.
    """
    new: list[str] = []
    known: list[str] = []
    refused: dict[str, str] = {}
    for name in find_files(wanted):
        on_file(name)
        record = workspace.refused / f"{content_id(name)[:32]}.json"
        try:
            source, is_new = _take(workspace, name, stated, copy)
        except (ValueError, UnreadableError) as error:
            refused[name] = str(error)
            write_json(record, {"name": name, "why": str(error)})
            continue
        record.unlink(missing_ok=True)
        (new if is_new else known).append(source)
    return Taken(new=tuple(new), known=tuple(known), refused=refused)


def find_files(wanted: Iterable[str]) -> Iterator[str]:
    """Every file behind files, folders, globs and URLs, in the order of their names; `ValueError` for nothing."""
    for name in wanted:
        found = sorted(_remote_files(name) if "://" in name else _local_files(name))
        if not found:
            raise ValueError(
                f"{name!r} holds no video; allowed are a file, a folder, a glob in quotes, or an fsspec URL "
                f"(in folders these endings are looked for: {' '.join(sorted(ENDINGS))})"
            )
        yield from found


def source_records(workspace: Workspace) -> list[dict[str, Any]]:
    """The records of all sources, in the order of their ids."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in stored(workspace.sources, "*.json")]


def source_table(workspace: Workspace) -> pa.Table:
    """The sources as the table that stages begin with."""
    rows = [{key: record[key] for key in SOURCES_SCHEMA.names} for record in source_records(workspace)]
    return pa.Table.from_pylist(rows, schema=SOURCES_SCHEMA)


def bytes_of(item: dict[str, Any]) -> Path:
    """The file of a source's row, or of a clip's beside it, after a look whether it is still what was ingested.

    Raises:
        ValueError: it changed since.
        OSError: it is gone.
    """
    path = Path(item["where"])
    facts = path.stat()
    source = item.get("of", item["id"])
    if (facts.st_size, facts.st_mtime_ns) != (item["bytes"], item["mtime_ns"]) and hash_file(path) != source:
        raise ValueError(f"{item['where']!r} has changed since it was ingested; ingest it again")
    return path


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class UnreadableError(Exception):
    """A file of the person's that the machine will not read: no fault of the workspace."""


def _take(workspace: Workspace, name: str, stated: Rights, copy: bool) -> tuple[str, bool]:
    if "://" in name:
        source, where = _fetch(workspace, name)
        rights = stated
    else:
        path = Path(name).resolve()
        rights = stated.filled_from(find_rights(path))
        source = _hash_wanted(workspace, path)
        where = _copy(workspace, path, source) if copy else path
    record = workspace.sources / f"{source}.json"
    before = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else None
    facts = where.stat()
    kept = before is not None and Path(before["where"]).is_file()
    write_json(
        record,
        {
            "id": source,
            "where": before["where"] if before and kept else str(where),
            "bytes": facts.st_size,
            "mtime_ns": before["mtime_ns"] if before and kept else facts.st_mtime_ns,
            "names": sorted({name, *(before["names"] if before else ())}),
            "rights": asdict(rights.filled_from(Rights(**before["rights"])) if before else rights),
        },
    )
    return source, before is None


def _hash_wanted(workspace: Workspace, path: Path) -> str:
    """The hash of a file's bytes, if nobody took them back."""
    source = _hash_steady(path)
    if workspace.withdrawn(source).is_file():
        raise ValueError("its bytes were withdrawn from this workspace by their owner")
    return source


def _hash_steady(path: Path) -> str:
    """The hash of a file that does not change while it is read, and is not empty."""
    try:
        before = path.stat()
        source = hash_file(path)
        after = path.stat()
    except OSError as error:
        raise UnreadableError(f"it cannot be read ({error.strerror})") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ValueError("it changed while it was read; ingest it again once it is whole")
    if not after.st_size:
        raise ValueError("it is empty")
    return source


def _copy(workspace: Workspace, path: Path, source: str) -> Path:
    blob = blob_path(workspace, source, path.suffix)
    if not blob.is_file():
        blob.parent.mkdir(parents=True, exist_ok=True)
        with write_file(blob) as draft:
            shutil.copyfile(path, draft)
            if hash_file(draft) != source:
                raise ValueError("it changed while it was copied; ingest it again once it is whole")
    return blob


def blob_path(workspace: Workspace, source: str, ending: str) -> Path:
    """Where copied bytes lie. The ending is kept, because PyAV's choice of reader looks at it."""
    safe = ending.lower() if ending.lower() in ENDINGS else ".video"
    return workspace.blobs / source[:2] / f"{source}{safe}"


def _fetch(workspace: Workspace, url: str) -> tuple[str, Path]:
    """Bring the bytes behind an fsspec URL into the workspace."""
    import fsspec

    draft = workspace.blobs / f".fetching-{os.getpid()}"
    draft.parent.mkdir(parents=True, exist_ok=True)
    try:
        try:
            remote: BinaryIO
            with fsspec.open(url, "rb") as remote, draft.open("wb") as local:
                shutil.copyfileobj(remote, local, PIECE)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.filename == str(draft):
                raise
            raise UnreadableError(f"it cannot be fetched ({error})") from error
        source = _hash_wanted(workspace, draft)
        return source, _copy(workspace, draft.rename(draft.with_suffix(_ending(url))), source)
    finally:
        for left in draft.parent.glob(f"{draft.name}*"):
            left.unlink()


def _ending(url: str) -> str:
    ending = PurePosixPath(url.partition("?")[0]).suffix.lower()
    return ending if ending in ENDINGS else ".video"


def _local_files(name: str) -> list[str]:
    path = Path(name)
    if path.is_file():
        return [str(path)]
    if path.is_dir():
        return [str(file) for file in path.rglob("*") if file.suffix.lower() in ENDINGS and file.is_file()]
    return [
        found
        for found in glob.glob(name, recursive=True)  # noqa: PTH207 (it takes absolute patterns)
        if Path(found).is_file()
    ]


def _remote_files(url: str) -> list[str]:
    """The files behind a URL: itself, the folder's films, or the glob's."""
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(url)
        if "*" in path:
            found = system.glob(path)
        elif system.isdir(path):
            found = [file for file in system.find(path) if PurePosixPath(file).suffix.lower() in ENDINGS]
        else:
            found = [path] if system.exists(path) else []
    except (OSError, ValueError, ImportError) as error:
        raise ValueError(f"{url!r} cannot be listed: {error}") from error
    return [system.unstrip_protocol(file) for file in found]
