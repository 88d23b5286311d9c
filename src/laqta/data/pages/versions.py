"""The pages of dataset versions: what one holds, and what changed from one to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from laqta.data.datasets import Version, difference
from laqta.data.pages.charts import counted, short
from laqta.data.pages.gallery import Clip, Gallery
from laqta.data.pages.markup import Html, document, numbers, section, table, tag
from laqta.data.pages.report import measures_part, rights_part

MOST = 60
"""Pictures of each sheet."""


def version_page(version: Version, parent: Version | None, gallery: Gallery) -> Html:
    """The page of a version; `parent` is the one before it, if it still can be read."""
    rows, manifest = version.rows.to_pylist(), version.manifest
    splits = Counter(row["split"] for row in rows)
    facts: list[tuple[str, str | int]] = [
        ("clips", len(rows)),
        ("seconds", f"{manifest['seconds']:,.1f}"),
        ("to train on", splits["train"]),
        ("held out", splits["held_out"]),
        ("sources", len({row["source"] for row in rows})),
        ("seed", manifest["seed"]),
    ]
    gates = [[gate["name"], tag("code", gate["keeps"])] for gate in manifest["gates"]]
    parts = [
        ("What it holds", section("What it holds", numbers(facts), _some(rows, gallery))),
        *([("Since the version before", _since(parent, version, gallery))] if parent else []),
        ("Gates", section("Gates", table("What a clip had to meet to be in it.", ("gate", "keeps"), gates))),
        ("Measures", measures_part(rows)),
        ("Rights", rights_part(rows, manifest["on"])),
    ]
    return document(named(version), f"A dataset version, frozen by the rights of {manifest['on']}.", parts)


def difference_page(before: Version, after: Version, gallery: Gallery) -> Html:
    """The page of what changed: clips that came, that went, and whose facts are others."""
    found = difference(before, after)
    facts: list[tuple[str, str | int]] = [
        ("clips before", len(before.rows)),
        ("clips after", len(after.rows)),
        ("came", len(found.came)),
        ("went", len(found.went)),
        ("changed", len(found.changed)),
    ]
    parts = [("In numbers", section("In numbers", numbers(facts))), *_changes(before, after, gallery)]
    return document(
        f"From {named(before)} to {named(after)}", "What changed between two dataset versions.", parts
    )


def named(version: Version) -> str:
    """A version's name with the first digits of its hash."""
    return f"{version.manifest['name']}@{version.id[:12]}"


def _some(rows: Sequence[Clip], gallery: Gallery) -> Html:
    """An even choice of a version's clips: their ids are hashes, so the first are as good as any."""
    title = f"{MOST} of its {len(rows)} clips" if len(rows) > MOST else "All of its clips"
    return gallery.sheet(title, rows[:MOST], _length_and_split, level=3)


def _length_and_split(clip: Clip) -> str:
    return f"{short(clip['seconds'])} s, {clip['split'].replace('_', ' ')}"


def _since(before: Version, after: Version, gallery: Gallery) -> Html:
    inside = [part for _, part in _changes(before, after, gallery, level=3)]
    told = tag("p", f"The version before is {named(before)}.")
    return section("Since the version before", told, *inside)


def _changes(before: Version, after: Version, gallery: Gallery, level: int = 2) -> list[tuple[str, Html]]:
    """Sheets of what came, went and changed, each with its title."""
    found = difference(before, after)
    old = {row["id"]: row for row in before.rows.to_pylist()}
    new = {row["id"]: row for row in after.rows.to_pylist()}
    parts = []
    for title, ids, rows in (
        ("Came", found.came, new),
        ("Went", found.went, old),
        ("Changed", found.changed, new),
    ):
        clips = [rows[key] for key in ids]
        note = (
            (lambda clip: _other_stages(old[clip["id"]], clip)) if title == "Changed" else (lambda _clip: "")
        )
        told = counted(len(clips), "clip", "clips") + (
            f", {MOST} of them shown." if len(clips) > MOST else "."
        )
        parts.append(
            (title, section(title, tag("p", told), gallery.sheet("", clips[:MOST], note), level=level))
        )
    return parts


def _other_stages(old: Clip, new: Clip) -> str:
    """The stages whose facts about a clip are others now."""
    before, after = dict(old["facts"]), dict(new["facts"])
    return ", ".join(stage for stage in sorted({*before, *after}) if before.get(stage) != after.get(stage))
