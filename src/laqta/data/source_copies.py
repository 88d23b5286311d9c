"""Which sources are copies of other sources, told from the copies among their clips (`duplicates.py`).

Equal bytes are known at the ingest, by their SHA-256. This finds the film that was stored again, resized or trimmed:
most of its clips are copies of another film's clips, in the same order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 0.75
"""A source is a copy if so many of its clips are."""
COLUMNS_READ = ("source", "start_pts", "family", "is_representative", "copy_reason")
"""What a row of a clip must have."""


@dataclass(frozen=True, kw_only=True)
class SourceCopy:
    """A source, whose copy it is, how many of its clips are copies in the same order, and how most of them differ."""

    source: str
    of: str
    copied: int
    clips: int
    reason: str


def source_copies(clips: Iterable[Mapping[str, Any]]) -> list[SourceCopy]:
    """Find the sources that are copies of others, by rows of clips, in the order of the sources' ids.

    A row has `COLUMNS_READ`; clips without a family, for nobody looked for copies, are left out. Of two sources that
    hold the same, the one with more representatives is the original; a source is said to be a copy of the one that it
    shares most clips with.
    """
    rows_of: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(clips, key=lambda row: (row["source"], row["start_pts"])):
        if row["family"] is not None:
            rows_of.setdefault(row["source"], []).append(row)
    best = {
        source: (-sum(row["is_representative"] for row in rows), -len(rows), source)
        for source, rows in rows_of.items()
    }
    families = {source: [row["family"] for row in rows] for source, rows in rows_of.items()}
    found = []
    for source, others in _neighbours(families).items():
        shared = {
            other: in_order(families[source], families[other])
            for other in sorted(others, key=best.__getitem__)
            if best[other] < best[source]
        }
        original = max(shared, key=shared.__getitem__, default=source)
        if shared.get(original, 0) >= MOST * len(families[source]):
            theirs = set(families[original])
            reason = _reason(row["copy_reason"] for row in rows_of[source] if row["family"] in theirs)
            found.append(
                SourceCopy(
                    source=source,
                    of=original,
                    copied=shared[original],
                    clips=len(families[source]),
                    reason=reason,
                )
            )
    return found


def told(copy: SourceCopy, names: Mapping[str, str]) -> str:
    """One line about a copy, the sources by their names."""
    clips = "clip" if copy.clips == 1 else "clips"
    counts = f"{copy.copied} of {copy.clips} {clips}, {copy.reason}"
    return f"{names[copy.source]} is a copy of {names[copy.of]}: {counts}"


def in_order(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items two sequences have in common in the same order (Hunt and Szymanski, 1977)."""
    places: dict[str, list[int]] = {}
    for place in reversed(range(len(other))):
        places.setdefault(other[place], []).append(place)
    ends: list[int] = []  # ends[n]: the earliest place at which n + 1 common items can end
    for item in one:
        for place in places.get(item, ()):
            at = bisect_left(ends, place)
            ends[at : at + 1] = [place]
    return len(ends)


def _neighbours(families: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """Of each source the others that share a family with it."""
    holders: dict[str, set[str]] = {}
    for source, names in families.items():
        for name in names:
            holders.setdefault(name, set()).add(source)
    return {
        source: {other for name in names for other in holders[name]} - {source}
        for source, names in families.items()
    }


def _reason(reasons: Iterable[str]) -> str:
    """What is said of more than half of the copied clips."""
    said = [reason.split(", ") for reason in reasons if reason]
    counted = Counter(word for words in said for word in words)
    return ", ".join(word for word, count in counted.items() if 2 * count > len(said)) or "stored again"
