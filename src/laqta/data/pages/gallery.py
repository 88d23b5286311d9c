"""Clips as pictures: contact sheets, with the pictures inside the page or in a folder beside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from laqta.data.ingest import source_records
from laqta.data.pages.markup import GENERATOR, Html, join, name_of, tag
from laqta.data.thumbs import middle_second, thumb
from laqta.data.workspace import Workspace
from laqta.files import write_file

BESIDE = "pictures"
"""The folder of pictures beside a page that is a folder."""

Clip = dict[str, Any]
"""A row of the table of clips, or of a dataset."""


@dataclass
class Gallery:
    """The pictures of one page. In `folder` they become files; without one they stand in the page.

    `on_picture` is told after each how many there are.
    """

    workspace: Workspace
    folder: Path | None = None
    on_picture: Callable[[int], None] = lambda _count: None
    sources: dict[str, dict[str, Any]] = field(init=False)
    _known: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sources = {record["id"]: record for record in source_records(self.workspace)}

    def name(self, clip: Clip) -> str:
        """The name of the file that a clip is from, without its folders."""
        record = self.sources.get(clip["source"])
        return Path(record["names"][0]).name if record else f"source {clip['source'][:12]}"

    def sheet(self, title: str, clips: Sequence[Clip], note: Callable[[Clip], str], level: int = 4) -> Html:
        """A contact sheet, with a heading if it has one; nothing for no clips. `note` stands under each picture."""
        if not clips:
            return Html("")
        tiles = [tag("li", self.tile(clip, note(clip))) for clip in clips]
        return join(
            tag(f"h{level}", title, class_="small") if title else "", tag("ul", *tiles, class_="sheet")
        )

    def tile(self, clip: Clip, note: str) -> Html:
        """A picture with its note (or none), its source's name and the second that it is from, and the clip's id."""
        name, second = self.name(clip), f"{middle_second(clip):.1f} s"
        words = [tag("b", note) if note else "", tag("span", name_of(name), title=name)]
        words.append(tag("span", f"at {second}", tag("small", f", {clip['id'][:8]}")))
        return tag("figure", self.picture(clip, f"{name} at {second}"), tag("figcaption", *words))

    def picture(self, clip: Clip, alt: str) -> Html:
        """The picture alone, or a grey tile."""
        where = self.where(clip)
        if where is None:
            return tag("span", "no picture: the source is gone or has changed", class_="gone")
        return tag("img", src=where, alt=alt, loading="lazy", decoding="async")

    def where(self, clip: Clip) -> str | None:
        """What an `img` reads a clip's picture from, or None."""
        key = clip["id"]
        if key not in self._known:
            source = self.sources.get(clip["source"])
            picture = None if source is None else thumb(self.workspace, clip, source)
            self._known[key] = None if picture is None else self._place(key, picture)
            self.on_picture(len(self._known))
        return self._known[key]

    def remove_old(self) -> None:
        """Remove the pictures in the folder that the page before had and this one has not."""
        assert self.folder is not None
        for path in (self.folder / BESIDE).glob("*.webp"):
            if self._known.get(path.stem) is None:
                path.unlink()

    def _place(self, key: str, picture: bytes) -> str:
        if self.folder is None:
            return data_url(picture)
        beside = self.folder / BESIDE
        beside.mkdir(parents=True, exist_ok=True)
        with write_file(beside / f"{key}.webp") as draft:
            draft.write_bytes(picture)
        return f"{BESIDE}/{key}.webp"


def data_url(picture: bytes) -> str:
    """A WebP picture as an address that holds it."""
    return f"data:image/webp;base64,{b64encode(picture).decode()}"


def write_page(
    workspace: Workspace,
    where: Path,
    make: Callable[[Gallery], Html],
    on_picture: Callable[[int], None] = lambda _count: None,
) -> Path:
    """Write a page: `NAME.html` alone with its pictures in it, any other name as a folder; returns the page's file.

    A page that Laqta wrote is written over, with its folder of pictures, and nothing else is.

    Raises:
        ValueError: something else is there already.
    """
    alone = where.suffix.lower() in (".html", ".htm")
    page = where if alone else where / "index.html"
    _check_free(where, page)
    page.parent.mkdir(parents=True, exist_ok=True)
    gallery = Gallery(workspace, None if alone else where, on_picture)
    content = make(gallery)
    with write_file(page) as draft:
        draft.write_text(content, encoding="utf-8")
    if not alone:
        gallery.remove_old()
    return page


def _check_free(where: Path, page: Path) -> None:
    ours = (
        page.is_file()
        and f'content="{GENERATOR}"' in page.read_text(encoding="utf-8", errors="replace")[:500]
    )
    taken = where.exists() and (not where.is_dir() or page == where or any(where.iterdir()))
    if taken and not ours:
        raise ValueError(
            f"{str(where)!r} is there already and is no page of laqta data's; "
            f"name another one: report.html, or a new folder"
        )
