"""Everything of a studio in one file, taken and put back while it runs; from SQLite to PostgreSQL as well.

The file is a tar: `rows.jsonl` with a line for every row, then the films and pictures by their names.
"""

from __future__ import annotations

import base64
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, delete, insert, select, text

from laqta.files import write_file
from laqta.studio import media as media_files
from laqta.studio.tables import metadata
from laqta.studio.workplace import Workplace

ROWS = "rows.jsonl"
FORMAT = 1


def save(workplace: Workplace, path: Path) -> str:
    """Write a backup, whole or not at all; returns what to tell the person."""
    lines = workplace.store.read(lambda db: list(_lines(db)))
    content = "".join(f"{line}\n" for line in lines).encode()
    kept = [json.loads(line) for line in lines]
    names = [entry["row"]["name"] for entry in kept if entry.get("table") == "media"]
    with write_file(path) as draft, tarfile.open(draft, "w") as tar:
        info = tarfile.TarInfo(ROWS)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
        for name in names:
            file = workplace.media.path(name)
            if file.is_file():
                tar.add(file, arcname=name)
    return f"{path}: {len(lines) - 1} rows, {len(names)} films and pictures"


def restore(workplace: Workplace, path: Path) -> str:
    """Put a backup in the place of everything that is there now; returns what to tell the person.

    Raises `ValueError` for a file that is no backup, and changes nothing then.
    """
    try:
        with tarfile.open(path) as tar:
            rows, names = _read(tar, path)
            for name in names:  # the files first: rows without files would show nothing
                member = tar.extractfile(name)
                assert member is not None
                workplace.media.put(member.read(), name.partition(".")[2])
    except (tarfile.TarError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{str(path)!r} is no backup of a studio ({error})") from error
    workplace.store.write(lambda db: _replace(db, rows))
    return f"{path}: {len(rows)} rows, {len(names)} films and pictures are back"


def _lines(db: Connection) -> Iterator[str]:
    yield json.dumps({"laqta_studio_backup": FORMAT})
    for table in metadata.sorted_tables:
        for row in db.execute(select(table)).mappings():
            yield json.dumps({"table": table.name, "row": {key: _told(value) for key, value in row.items()}})


def _read(tar: tarfile.TarFile, path: Path) -> tuple[list[tuple[Table, dict[str, Any]]], list[str]]:
    listing = tar.extractfile(ROWS)
    assert listing is not None
    head, *lines = (json.loads(line) for line in listing.read().decode().splitlines())
    if head.get("laqta_studio_backup") != FORMAT:
        raise ValueError(f"{str(path)!r} is a backup of another version of Laqta")
    rows = [(metadata.tables[line["table"]], line["row"]) for line in lines]
    names = [member.name for member in tar.getmembers() if media_files.NAME.fullmatch(member.name)]
    return [(table, _meant(table, row)) for table, row in rows], names


def _replace(db: Connection, rows: list[tuple[Table, dict[str, Any]]]) -> None:
    for table in reversed(metadata.sorted_tables):
        db.execute(delete(table))
    for table, row in rows:
        if table.name == "jobs" and row["state"] == "running":  # no worker holds it here
            row = {**row, "lease_until": 0.0}
        db.execute(insert(table).values(**row))
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT setval('events_seq_seq', (SELECT coalesce(max(seq), 0) + 1 FROM events))"))


def _told(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _meant(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    binary = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
    return {key: base64.b64decode(value) if key in binary and value else value for key, value in row.items()}
