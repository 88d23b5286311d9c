"""The page of a labelling task: what vendors agree on, how good each is, what a label costs, who gets the next ones."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from laqta.data.pages.charts import bar, counted, shares, short
from laqta.data.pages.gallery import Clip, Gallery
from laqta.data.pages.markup import Html, document, join, numbers, section, table, tag
from laqta.data.people.standing import ClipStanding, TaskStanding, VendorStanding
from laqta.data.people.vendors import Estimate

MOST = 18
"""Pictures of clips on which vendors do not agree."""
MEASURES = (
    ("labels", "names that are right"),
    ("recall", "true things found"),
    ("precision", "things drawn that are real"),
    ("iou", "overlap of boxes (IoU)"),
)


def labels_page(task: str, found: TaskStanding, gallery: Gallery) -> Html:
    """The page of a task as it stands."""
    things = sum(len(one.clusters) for one in found.by_clip)
    accepted = sum(one.accepted for one in found.by_clip)
    facts: list[tuple[str, str | int]] = [
        ("clips", f"{len(found.by_clip)} of {found.clips}"),
        ("answers", found.answers),
        ("things drawn", things),
        ("agreed on", accepted),
        ("agreement of boxes (alpha)", known(found.boxes_alpha)),
        ("agreement of names (alpha)", known(found.names_alpha)),
    ]
    told = tag(
        "p", "Alpha is Krippendorff's: 1 is agreement, 0 is chance, below 0 is contradiction.", class_="quiet"
    )
    parts = [
        ("In numbers", section("In numbers", numbers(facts), told)),
        ("Vendors", section("Vendors", _work(found.vendors, found.judged_by), *_quality(found.vendors))),
        ("Where they differ", section("Where they differ", _apart(found.by_clip, gallery))),
    ]
    return document(
        f"Labels of {task}",
        f"{counted(len(found.vendors), 'vendor', 'vendors')}, judged by {found.judged_by}.",
        parts,
    )


def known(value: float) -> str:
    """A number that may not be known."""
    return "not known" if isnan(value) else f"{value:.3f}"


def _work(vendors: Sequence[VendorStanding], judged_by: str) -> Html:
    rows: list[list[str | int | float]] = [
        [
            tag("bdi", one.vendor),
            one.clips,
            one.labels,
            spread(one.rate),
            "not stated" if one.price is None else short(one.price),
            "not known" if one.cost is None else short(one.cost) if one.right else "none accepted",
            join(shares(one.share), bar(one.share)),
        ]
        for one in vendors
    ]
    head = ("vendor", "clips", "labels", "accepted", "price", "price of an accepted one", "next batch")
    told = (
        f"What each vendor did, what of it was accepted by {judged_by} (with its 95 % interval), "
        "and its share of the next batch."
    )
    return table(told, head, rows)


def _quality(vendors: Sequence[VendorStanding]) -> list[Html]:
    measured = [one for one in vendors if one.gold is not None]
    if not measured:
        return [tag("p", "No gold was given, so nobody knows what vendors miss.", class_="quiet")]
    rows = [
        [tag("bdi", one.vendor), *(spread(getattr(one.gold, name)) for name, _ in MEASURES)]
        for one in measured
    ]
    return [table("Quality on gold, with 95 % intervals.", ("vendor", *(word for _, word in MEASURES)), rows)]


def spread(estimate: Estimate) -> Html:
    """A share with its interval, as words and as a line with a dot."""
    if estimate.count == 0:
        return tag("span", "not known", class_="quiet")
    low, value, high = (f"{100 * one:.1f}%" for one in (estimate.low, estimate.value, estimate.high))
    drawing = tag(
        "svg",
        tag("line", class_="base", x1="0", x2="100%", y1=6, y2=6),
        tag("line", class_="interval", x1=low, x2=high, y1=6, y2=6),
        tag("circle", class_="kept", cx=value, cy=6, r=5),
        class_="chart spread",
        height=12,
        aria_hidden="true",
    )
    told = f"{shares(estimate.value)} ({100 * estimate.low:.0f} to {100 * estimate.high:.0f}, of {estimate.count})"
    return join(told, drawing)


def _apart(by_clip: Sequence[ClipStanding], gallery: Gallery) -> Html:
    """The clips with the largest share of things that are not agreed on."""
    apart = [one for one in by_clip if len(one.votes) > 1 and one.accepted < len(one.clusters)]
    apart.sort(key=lambda one: one.accepted / len(one.clusters))
    if not apart:
        return tag("p", "On no clip that several looked at.")
    told = {one.clip.row["clip"]: f"{one.accepted} of {len(one.clusters)} agreed" for one in apart}
    clips: list[Clip] = [{**one.clip.row, "id": one.clip.row["clip"]} for one in apart[:MOST]]
    return gallery.sheet("", clips, lambda clip: told[clip["id"]])
