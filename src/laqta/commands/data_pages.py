"""`--page` of `laqta data`: the same answers as a page with pictures."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from laqta.terminal import say_meanwhile, show

if TYPE_CHECKING:
    from laqta.data.datasets import Version
    from laqta.data.gates import Gate
    from laqta.data.pages.gallery import Gallery
    from laqta.data.pages.markup import Html
    from laqta.data.people.standing import TaskStanding
    from laqta.data.run import Tables
    from laqta.data.workspace import Workspace

EVERY = 10
"""Pictures after which a person is told how many there are."""


def page_argument(parser: ArgumentParser) -> None:
    """Add `--page`."""
    parser.add_argument(
        "--page",
        type=Path,
        metavar="PAGE",
        help="also write it as a page with pictures: FILE.html holds all of it, any other name is a folder",
    )


def write_report(
    where: Path | None, tables: Tables, gates: Sequence[Gate], tried: Sequence[Gate], on: str
) -> None:
    """Write the page of a report, where one is wanted."""
    from laqta.data.pages.report import report_page

    _write(where, tables.workspace, lambda gallery: report_page(tables, gates, tried, on, gallery))


def write_status(where: Path | None, tables: Tables) -> None:
    """Write the page of how far a workspace is, where one is wanted."""
    from laqta.data.pages.status import status_page

    _write(where, tables.workspace, lambda _gallery: status_page(tables))


def write_version(where: Path | None, workspace: Workspace, version: Version) -> None:
    """Write the page of a version beside the one before it, where one is wanted."""
    from laqta.data.datasets import load_version
    from laqta.data.pages.versions import version_page

    def make(gallery: Gallery) -> Html:
        before = version.manifest.get("parent")
        try:
            parent = load_version(workspace, f"{version.manifest['name']}@{before}") if before else None
        except ValueError:  # footage in it was withdrawn since
            parent = None
        return version_page(version, parent, gallery)

    _write(where, workspace, make)


def write_difference(where: Path | None, workspace: Workspace, before: Version, after: Version) -> None:
    """Write the page of what changed between two versions, where one is wanted."""
    from laqta.data.pages.versions import difference_page

    _write(where, workspace, lambda gallery: difference_page(before, after, gallery))


def write_labels(where: Path | None, workspace: Workspace, task: str, found: TaskStanding) -> None:
    """Write the page of a labelling task, where one is wanted."""
    from laqta.data.pages.labels import labels_page

    _write(where, workspace, lambda gallery: labels_page(task, found, gallery))


def _write(where: Path | None, workspace: Workspace, make: Callable[[Gallery], Html]) -> None:
    if where is None:
        return
    from laqta.data.pages.gallery import write_page

    def tell(count: int) -> None:
        if count % EVERY == 0:
            say_meanwhile(f"{count} pictures")

    show(str(write_page(workspace, where, make, tell)))
