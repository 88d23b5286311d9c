"""Copies as a part of a page: every family as a row, and a map of all clips by what they look like.

Legend: N clips, D numbers of a clip's fingerprint, S the side of a thumbnail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from laqta.data.copies import COLOR_SIDE
from laqta.data.pages.charts import counted, short
from laqta.data.pages.gallery import Clip, Gallery, data_url
from laqta.data.pages.markup import Html, name_of, section, tag
from laqta.video import picture_bytes

FAMILIES, MEMBERS = 40, 11
"""Families that are shown, the largest first, and copies of each beside its best clip."""
PICTURES, DOTS = 400, 3000
"""Up to so many clips the map shows pictures, and up to so many it shows all; of more, those with the first ids."""
MAP_HEIGHT, PICTURE = 480, 40
COLOR_WEIGHT = 2.0
"""How much a level of colour counts beside one of luma: colours differ by less, and there are half as many."""
GOLDEN = 137.508
"""Degrees between the colours of families: neighbours in the list are never alike."""


def copies_part(rows: Sequence[Clip], prints: pa.Table, films: Sequence[str], gallery: Gallery) -> Html:
    """Families and the map. `prints` are the rows of the shots with their thumbnails, for clips of `rows`; `films` says
    of whole films whose copies they are."""
    families = families_of(rows)
    drawn = _map(rows, families, prints, gallery)
    if not families:
        looked = any(row["family"] for row in rows)
        told = "No clip is a copy of another one." if looked else "Nobody has looked for copies."
        return section("Copies", tag("p", told), drawn)
    copies = sum(len(members) - 1 for members in families)
    told = (
        f"{counted(copies, 'copy', 'copies')} in {counted(len(families), 'family', 'families')}. "
        "The first of each row is the clip that stays; up to a distance of 1 another one is its copy."
    )
    shown = [_family(members, at, gallery) for at, members in enumerate(families[:FAMILIES])]
    parts = [
        tag("p", told),
        tag("ol", *shown, class_="families"),
        *_more(len(families), "family", "families"),
    ]
    return section("Copies", *parts, drawn, _films(films))


def _films(films: Sequence[str]) -> Html:
    """Whole films that are copies, to be unfolded."""
    if not films:
        return Html("")
    lines = [tag("li", name_of(line)) for line in films[:FAMILIES]]
    title = tag("summary", f"Films that are copies of others: {len(films):,}")
    return tag("details", title, tag("ul", *lines), *_more(len(films), "film", "films"))


def _more(count: int, one: str, several: str) -> list[Html]:
    """How many are not shown, if there are such."""
    left = count - FAMILIES
    return [tag("p", f"And {counted(left, one, several)} more.", class_="quiet")] if left > 0 else []


def families_of(rows: Sequence[Clip]) -> list[list[Clip]]:
    """Families of more than one clip, the largest first; in each the representative, then copies by distance."""
    groups: dict[str, list[Clip]] = defaultdict(list)
    for row in rows:
        if row["family"] is not None:
            groups[row["family"]].append(row)
    found = [sorted(group, key=_nearness) for group in groups.values() if len(group) > 1]
    return sorted(found, key=lambda group: (-len(group), group[0]["id"]))


def _nearness(clip: Clip) -> tuple[bool, float, str]:
    distance = clip["copy_distance"]
    return not clip["is_representative"], float("inf") if distance is None else distance, clip["id"]


def _family(members: Sequence[Clip], at: int, gallery: Gallery) -> Html:
    best, *others = members
    tiles = [
        gallery.tile(best, "stays"),
        *(gallery.tile(clip, _difference(clip)) for clip in others[:MEMBERS]),
    ]
    more = len(others) - MEMBERS
    last = [tag("li", f"and {more} more", class_="quiet")] if more > 0 else []
    inside = tag("ul", *(tag("li", tile) for tile in tiles), *last, class_="sheet")
    return tag("li", inside, style=f"--family:{color(at)}")


def _difference(clip: Clip) -> str:
    distance = "no distance" if clip["copy_distance"] is None else short(clip["copy_distance"])
    return f"{distance}: {clip['copy_reason'] or 'the same'}"


def color(family: int) -> str:
    """A family's colour by its place in the list."""
    return f"oklch(66% 0.17 {family * GOLDEN % 360:.0f})"


def _map(
    rows: Sequence[Clip], families: Sequence[Sequence[Clip]], prints: pa.Table, gallery: Gallery
) -> Html:
    """All clips as points of a plane, those that look alike close together."""
    table = prints.slice(0, DOTS)
    if len(table) < 3:
        return Html("")
    places = dict(zip(table["id"].to_pylist(), plane(fingerprints(table)).tolist(), strict=True))
    family_of = {clip["id"]: at for at, members in enumerate(families) for clip in members}
    known = {row["id"]: row for row in rows}
    pictures = _pictures(table) if len(table) <= PICTURES else {}
    threads = [
        _thread(places[members[0]["id"]], places[clip["id"]], at)
        for at, members in enumerate(families)
        for clip in members[1:]
        if clip["id"] in places and members[0]["id"] in places
    ]
    points = [
        _point(known[key], place, family_of.get(key), pictures.get(key), gallery.name(known[key]))
        for key, place in sorted(places.items(), key=lambda item: item[0] in family_of)
        if key in known
    ]
    told = f"Map of {len(points)} clips by their colours and shapes; {len(families)} families of copies are linked"
    drawing = tag("svg", *threads, *points, class_="map", height=MAP_HEIGHT, role="img", aria_label=told)
    left = len(prints) - len(table)
    caption = (
        "Every clip once, by its small luma and colour pictures (the two main axes of all): what looks alike lies "
        "together. A coloured ring is a family of copies, and a thread leads to the clip that stays."
        + (f" {left} clips are not drawn." if left else "")
    )
    return tag(
        "figure",
        tag("h3", "Map of all clips", class_="small"),
        drawing,
        tag("figcaption", caption),
        class_="mapped",
    )


def fingerprints(table: pa.Table) -> NDArray[np.float32]:
    """What each clip looks like on average, (N, D): its luma thumbnails and its colours, in levels."""
    return np.stack(
        [
            np.concatenate([luma.mean(0).ravel(), COLOR_WEIGHT * colors.astype(np.float32).mean(0).ravel()])
            for luma, colors in map(_small, table.select(["thumbs", "thumb_side", "colors"]).to_pylist())
        ]
    ).astype(np.float32)


def _small(row: Mapping[str, object]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    side = row["thumb_side"]
    luma = np.frombuffer(row["thumbs"], np.uint8).reshape(-1, side, side)  # type: ignore[call-overload]  # bytes, int
    return luma, np.frombuffer(row["colors"], np.uint8).reshape(-1, COLOR_SIDE, COLOR_SIDE, 2)  # type: ignore[call-overload]


def plane(prints_ND: NDArray[np.float32]) -> NDArray[np.float64]:
    """Places (N, 2) from 0 to 1 along the two axes on which the prints differ most (principal components).

    The sign of an axis is chosen by its largest part, so that the same clips give the same map.
    """
    centred = prints_ND.astype(np.float64) - prints_ND.mean(0)
    _, _, axes_XD = np.linalg.svd(centred, full_matrices=False)
    axes_2D = axes_XD[:2]
    axes_2D = axes_2D * np.sign(axes_2D[np.arange(2), np.abs(axes_2D).argmax(1)])[:, None]
    places = centred @ axes_2D.T
    span = np.maximum(places.max(0) - places.min(0), 1e-9)
    return np.asarray((places - places.min(0)) / span)


def _pictures(table: pa.Table) -> dict[str, str]:
    """A tiny picture of each clip from what the engine keeps: nothing is decoded for it."""
    found = {}
    for row in table.select(["id", "thumbs", "thumb_side", "colors"]).to_pylist():
        luma, colors = _small(row)
        middle = len(luma) // 2
        wide = cv2.resize(colors[middle], luma.shape[1:], interpolation=cv2.INTER_LINEAR)
        picture = cv2.cvtColor(np.dstack([luma[middle], np.asarray(wide, np.uint8)]), cv2.COLOR_YCrCb2RGB)
        found[row["id"]] = data_url(picture_bytes(np.asarray(picture, np.uint8)))
    return found


def _at(place: Sequence[float]) -> tuple[str, float]:
    """Percent across, and pixels down, with room for a picture at every edge."""
    return f"{4 + 92 * place[0]:.2f}%", round(PICTURE + (MAP_HEIGHT - 2 * PICTURE) * (1 - place[1]), 1)


def _thread(best: Sequence[float], copy: Sequence[float], family: int) -> Html:
    (x1, y1), (x2, y2) = _at(best), _at(copy)
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=color(family), stroke_width=1.5, opacity=0.7)


def _point(clip: Clip, place: Sequence[float], family: int | None, picture: str | None, name: str) -> Html:
    (x, y), key = _at(place), clip["id"]
    ring = "var(--line-strong)" if family is None else color(family)
    title = tag("title", f"{name}, {key[:8]}")
    if picture is None:
        return tag("circle", title, cx=x, cy=y, r=3 if family is None else 5, fill=ring, data_clip=key)
    longest = max(clip["width"], clip["height"])
    width, height = (round(PICTURE * clip[side] / longest, 1) for side in ("width", "height"))
    frame = {"x": x, "y": y, "width": width, "height": height}
    inside = [
        tag("image", href=picture, preserveAspectRatio="none", **frame),
        tag("rect", fill="none", stroke=ring, stroke_width=1 if family is None else 3, rx=3, **frame),
    ]
    return tag("g", title, *inside, transform=f"translate({-width / 2:g} {-height / 2:g})", data_clip=key)
