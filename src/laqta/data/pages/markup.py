"""HTML from values: whatever is not markup already is escaped, so that no name of a file can become markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

STYLE = Path(__file__).with_name("style.css")
GENERATOR = "laqta data"
"""How a page says that Laqta wrote it: such a page may be written over."""
VOID = frozenset({"img", "meta", "link", "br"})
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self' file:"
"""What the browser may load for a page: its own pictures, and no script whatever a name holds."""


class Html(str):
    """Text that is markup already."""


def tag(name: str, /, *inside: str | int | float, **attributes: str | float | bool | None) -> Html:
    """An element. What is inside is escaped unless it is `Html`; an attribute that is None or False is left out.

    `class_` is `class`, and `aria_label` is `aria-label`.
    """
    told = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{_plain(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Html(f"<{name}{told}>")
    return Html(f"<{name}{told}>{join(*inside)}</{name}>")


def join(*parts: str | int | float) -> Html:
    """Parts one after the other, each escaped unless it is `Html`."""
    return Html("".join(part if isinstance(part, Html) else _plain(part) for part in parts))


def _plain(value: object) -> str:
    """Text as it stands in a page; what is no Unicode (a file's name may hold such bytes) becomes question marks."""
    return escape(str(value).encode("utf-8", "replace").decode("utf-8"))


def name_of(text: str) -> Html:
    """Somebody's text that may be written in either direction, kept apart from what stands around it."""
    return tag("bdi", text)


def section(title: str, *inside: str, anchor: str | None = None, level: int = 2) -> Html:
    """A part of the page with a heading."""
    key = anchor or slug(title)
    heading = tag(f"h{level}", title, id=f"{key}-title")
    named = (
        f"{key}-title" if level == 2 else None
    )  # the main parts are places to go to; those inside them are not
    return tag("section", heading, *inside, id=key, aria_labelledby=named)


def slug(title: str) -> str:
    """A title as the name of a place in the page."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in title.lower()).split())


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str | int | float]]) -> Html:
    """A table; the first cell of each row is its heading, numbers stand to the right, and a wide one is scrolled."""
    body = [
        tag(
            "tr",
            tag("th", row[0], scope="row"),
            *(tag("td", cell, class_="number" if _is_number(cell) else None) for cell in row[1:]),
        )
        for row in rows
    ]
    right = [any(_is_number(row[at]) for row in rows) for at in range(len(head))]
    inside = tag(
        "table",
        tag("caption", caption),
        tag(
            "thead",
            tag(
                "tr",
                *(
                    tag("th", name, scope="col", class_="number" if to_right else None)
                    for name, to_right in zip(head, right, strict=True)
                ),
            ),
        ),
        tag("tbody", *body),
    )
    return tag("div", inside, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) or (isinstance(cell, str) and cell.endswith("%"))


def numbers(pairs: Iterable[tuple[str, str | int]]) -> Html:
    """The few numbers that matter most, large: what each is, and its value."""
    return tag(
        "dl", *(tag("div", tag("dt", what), tag("dd", value)) for what, value in pairs), class_="numbers"
    )


def document(title: str, lead: str, parts: Sequence[tuple[str, Html]]) -> Html:
    """A whole page: its heading, a sentence, links to its parts (title and section each), and the parts."""
    links = [tag("a", name, href=f"#{slug(name)}") for name, _ in parts]
    return Html(
        "<!doctype html>\n"
        + tag(
            "html",
            tag(
                "head",
                tag("meta", charset="utf-8"),
                tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
                tag("meta", name="generator", content=GENERATOR),
                tag("meta", name="color-scheme", content="light dark"),
                tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
                tag("link", rel="icon", href="data:,"),
                tag("title", title),
                tag("style", Html(STYLE.read_text(encoding="utf-8"))),
            ),
            tag(
                "body",
                tag(
                    "header",
                    tag("p", "laqta data", class_="brand"),
                    tag("h1", title),
                    tag("p", lead, class_="lead"),
                ),
                tag("nav", *links, aria_label="Parts of this page") if len(links) > 1 else "",
                tag("main", *(part for _, part in parts)),
            ),
            lang="en",
        )
        + "\n"
    )
