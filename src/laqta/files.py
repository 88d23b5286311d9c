"""Files that are whole or not there: a temporary name in the same folder, fsync, then rename."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_drafts: set[Path] = set()


@contextmanager
def write_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary name to write to; at the end of the block it becomes `path`, after an error it is gone.

    The temporary name lies in the same folder (a rename is atomic only inside one file system) and keeps the
    ending, because PyAV and Pillow choose the format by it.
    """
    path = Path(path)
    draft = path.with_name(f".laqta-{secrets.token_hex(6)}{path.suffix}")
    _drafts.add(draft)
    try:
        yield draft
        _flush_to_disk(draft)
        draft.replace(path)
        _flush_to_disk(path.parent)
    finally:
        draft.unlink(missing_ok=True)
        _drafts.discard(draft)


def remove_drafts() -> None:
    """Remove every draft that is being written: for a program that must end where it stands."""
    for draft in _drafts:
        draft.unlink(missing_ok=True)


def _flush_to_disk(path: Path) -> None:
    """Ask the disk to hold what was written: a rename may otherwise reach it before the bytes do."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
