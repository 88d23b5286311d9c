"""Where films go: names made of prompt and seed, and no file overwritten unless told so."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

MAX_SLUG_BYTES = 80
"""File systems end at 255 bytes a name; an Arabic letter takes 2 of them, a Chinese character 3."""


def slug(prompt: str) -> str:
    """Make a file name of a prompt: letters and digits of any script, joined by hyphens, cut between words."""
    text = unicodedata.normalize("NFC", prompt).lower()
    words = "".join(letter if _belongs_in_a_name(letter) else " " for letter in text).split()
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else _cut(word)
        if len(longer.encode()) > MAX_SLUG_BYTES:
            break
        name = longer
    return name or "film"


def _belongs_in_a_name(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMN"  # letters, the marks upon them, numbers


def _cut(word: str) -> str:
    """Cut one long word (a Chinese sentence has no spaces) at a whole character."""
    return word.encode()[:MAX_SLUG_BYTES].decode(errors="ignore")


def name_takes(path: Path, takes: int) -> list[Path]:
    """Return the path itself for one take; `name-1`, `name-2`, ... for several."""
    if takes == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{take}{path.suffix}") for take in range(1, takes + 1)]


def check_outputs(paths: Iterable[Path], *, force: bool) -> None:
    """Refuse before any work what could not be written in the end.

    Raises `ValueError` for a missing folder or an existing file, `PermissionError` for a locked folder.
    """
    for path in paths:
        if not path.parent.is_dir():
            raise ValueError(f"{str(path)!r}: there is no folder {str(path.parent)!r}; make it first")
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(f"no permission to write in {str(path.parent.resolve())!r}")
        if path.is_dir():
            raise ValueError(f"{str(path)!r} is a folder; name a file in it")
        if path.exists() and not force:
            raise ValueError(f"{str(path)!r} exists; give another name with -o, or overwrite it with --force")
