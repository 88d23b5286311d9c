"""Where an export goes: the next format is one file and one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from laqta.data.datasets import Version
from laqta.data.exports import folder, huggingface, webdataset
from laqta.data.exports.samples import Sample, samples
from laqta.data.workspace import Workspace, write_json

EXPORTS: dict[str, Callable[[Iterable[Sample], Path], None]] = {
    "folder": folder.write,
    "webdataset": webdataset.write,
    "huggingface": huggingface.write,
}
"""Name and writer of every format."""


def export(workspace: Workspace, version: Version, kind: str, out: Path) -> None:
    """Write a version into a new folder, with the version's manifest as `dataset.json`.

    The folder gets its name when everything is in it: an export that was stopped leaves `<out>.part`.

    Raises:
        ValueError: an unknown format, a folder that is there already, a source that changed or was withdrawn.
    """
    if kind not in EXPORTS:
        raise ValueError(f"{kind!r} is no format of export; there are {', '.join(EXPORTS)}")
    if out.exists():
        raise ValueError(f"{str(out)!r} is there already; name a new folder")
    part = out.with_name(out.name + ".part")
    part.mkdir(parents=True, exist_ok=True)
    EXPORTS[kind](samples(workspace, version), part)
    write_json(part / "dataset.json", {"version": version.id, **version.manifest})
    part.rename(out)
