"""Fetch the props' pictures: a pinned npm package, checked by its hash; we keep what `props.tsv` names.

The pictures are never part of this repository: training fetches them once, filming needs none of them.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from laqta.world.props import PropBank, drawn_bank, fetched_bank

TABLE = Path(__file__).with_name("props.tsv")

LICENCE_NOTE = """\
The pictures in this folder come from the npm package {name} {version} (MIT licence), which
packs Microsoft's Fluent Emoji (MIT licence), https://github.com/microsoft/fluentui-emoji.

MIT License

Copyright (c) Microsoft Corporation (the art)
Copyright (c) 2023 LobeHub (the package)

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


class FetchError(OSError):
    """The pictures could not be had from this machine; the message is one line that says what to do."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """An npm package pinned by version and by `integrity`, the sha512 of its tarball as npm writes it."""

    name: str
    version: str
    integrity: str


FLUENT_EMOJI = Package(
    name="@lobehub/fluent-emoji-3d",
    version="1.1.0",
    integrity="sha512-Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g==",
)


def props_folder(home: Path, package: Package = FLUENT_EMOJI) -> Path:
    """The folder under Laqta's `home` where the pictures of `package` lie once fetched."""
    return home / "assets" / f"props-{package.version}"


def fetch_props(
    home: Path, progress: Callable[[str], None] | None = None, package: Package = FLUENT_EMOJI
) -> Path:
    """Fetch every picture of `props.tsv` (`<file>.webp`) and return their folder under `home`.

    They are RGBA, 256 px wide and 256 to 264 high. Does nothing where they already lie there. `progress` is
    told each step in a sentence. Raises `FetchError` when npm is missing, cannot download, or hands over
    something else than the pinned package: then nothing is kept.
    """
    tell = progress or (lambda _: None)
    folder = props_folder(home, package)
    pictures = _pictures()
    if all((folder / picture).is_file() for picture in pictures):
        tell(f"{len(pictures)} props are already in {folder}")
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside its final place, so that the last step is a rename within one file system.
    with tempfile.TemporaryDirectory(prefix=".props-", dir=folder.parent) as temporary:
        tell(f"downloading {package.name} {package.version} with npm (about 16 MB)")
        tarball = _download(package, Path(temporary))
        _check_integrity(tarball, package)
        staged = Path(temporary) / "staged"
        _extract(tarball, pictures, staged, package)
        note = LICENCE_NOTE.format(name=package.name, version=package.version)
        (staged / "LICENSE.txt").write_text(note, encoding="utf-8")
        if folder.exists():  # fetched for an older table, so some pictures are missing
            folder.rename(Path(temporary) / "old")
        staged.rename(folder)
    tell(f"{len(pictures)} props are in {folder}")
    return folder


def open_bank(ids: Iterable[str], home: Path, drawn: bool = False) -> PropBank:
    """The pictures of props: those fetched earlier, or the few that are drawn in code.

    Raises `FetchError` where they were not fetched.
    """
    if drawn:
        return drawn_bank(ids)
    folder = props_folder(home)
    if not folder.is_dir():
        raise FetchError(f"the props' pictures are not in {folder}; run `laqta world fetch` first")
    return fetched_bank(ids, folder)


def _pictures() -> tuple[str, ...]:
    """The file names of the pictures that the table of props asks for."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return tuple(f"{row['file']}.webp" for row in csv.DictReader(lines, delimiter="\t"))


def _download(package: Package, folder: Path) -> Path:
    """Let npm, with the person's own settings, put the package's tarball into `folder`; returns its path."""
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError(
            "npm is needed to fetch the props and was not found; install Node.js, which brings npm "
            "(for example `sudo apt-get install npm`), then run `laqta world fetch` again"
        )
    spec = f"{package.name}@{package.version}"
    # Not `--silent`: it would also hide why a download failed. npm is quiet without errors either way.
    command = [npm, "pack", spec, "--loglevel=error", "--ignore-scripts", "--pack-destination=."]
    result = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    tarballs = list(folder.glob("*.tgz"))
    if result.returncode != 0 or len(tarballs) != 1:
        said = (result.stderr.strip().splitlines() or [f"nothing, exit code {result.returncode}"])[0]
        raise FetchError(
            f"npm could not download {spec} and said {said!r}; check the network and npm's own registry and "
            "proxy settings (`npm config list`), then run `laqta world fetch` again"
        )
    return tarballs[0]


def _check_integrity(tarball: Path, package: Package) -> None:
    """Raise unless the tarball is, byte for byte, the one that was pinned."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode("ascii")
    if found != package.integrity:
        raise FetchError(
            f"npm delivered a {package.name}@{package.version} that is not the pinned one: "
            f"integrity {found!r}, allowed is only {package.integrity!r}; nothing was kept; "
            "check npm's registry (`npm config get registry`), then run `laqta world fetch` again"
        )


def _extract(tarball: Path, pictures: tuple[str, ...], folder: Path, package: Package) -> None:
    """Copy the wanted pictures into the new `folder`, under our own names: its paths lead nowhere."""
    folder.mkdir()
    wanted = {f"package/assets/{picture}": picture for picture in pictures}
    with tarfile.open(tarball, "r:gz") as archive:
        for member in archive:
            source = archive.extractfile(member) if member.isfile() and member.name in wanted else None
            if source is not None:
                (folder / wanted.pop(member.name)).write_bytes(source.read())
    if wanted:
        raise FetchError(
            f"{package.name}@{package.version} has no {min(wanted)!r} ({len(wanted)} pictures missing); "
            "props.tsv may name only pictures of this package"
        )
