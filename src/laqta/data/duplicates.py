"""Which clips are copies of each other: stored again, resized, cropped, brighter, mirrored, trimmed.

`copies.py` finds the pairs. Copies of copies form a group; its best clip stands for it, and who is no copy of that one
leaves the group, so that a chain of small steps does not join what is not alike. Groups are called families.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from laqta.data.copies import COLOR_SIDE, Bytes, Fit, Pairs, Store, candidates, compare, store
from laqta.data.stages import Stage, Work

CROPPED = 0.2
"""Cells (of the thumbnail's) that a frame moves from which on it is called cropped: 1.5 % of a side."""
BRIGHTER = 5.0
"""Levels (of 255) from which on a clip is called brighter or darker."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Clips:
    """What is known of N clips, in any order.

    `thumbs` uint8 (K of the clip, S, S) and `colors` uint8 (K, 8, 8, 2), evenly spaced over its `seconds`: luma, and
    what `ColorThumbs` keeps. `pixels` is its width times its height.
    """

    ids: Sequence[str]
    thumbs: Sequence[Bytes]
    colors: Sequence[Bytes]
    pixels: Sequence[int]
    seconds: Sequence[float]
    bytes_a_second: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A clip's place: whom its family is named after, how far it is from that one, and how it differs."""

    family: str
    is_representative: bool
    copy_distance: float
    copy_reason: str


@dataclass(frozen=True, kw_only=True)
class Duplicates(Stage):
    """Groups of clips that are copies of each other.

    `most_trim` seconds may be missing at an end, and `least_overlap` of the longer clip must be in both.
    Clips are looked at closer if their mean pictures correlate by `alike`, where they move by `moving_alike`, and the
    mean picture of one, but for a share of `frame_rest`, is the other's in another light or frame.
    At its worst spot a copy is off by `spot_limit` of the contrast at most, by `motion_limit` of what moves, and by
    `color_limit` levels of colour. A copy of a copy may be `chain_limit` times as far from the one that stands for
    both.
    """

    name: ClassVar[str] = "duplicates"
    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("shots",)
    whole: ClassVar[bool] = True
    memory_mb: ClassVar[int] = 4000
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            ("family", pa.string()),
            ("is_representative", pa.bool_()),
            ("copy_distance", pa.float32()),
            ("copy_reason", pa.string()),
        ]
    )

    most_trim: float = 1.0
    least_overlap: float = 0.75
    alike: float = 0.8
    moving_alike: float = 0.7
    frame_rest: float = 0.08
    spot_limit: float = 0.45
    motion_limit: float = 0.3
    color_limit: float = 12.0
    chain_limit: float = 1.0

    def open(self) -> Work:
        """Nothing to set up."""
        return self._work

    def _work(self, table: pa.Table) -> pa.Table:
        thumbs = [
            np.frombuffer(data, np.uint8).reshape(-1, side, side)
            for data, side in zip(table["thumbs"].to_pylist(), table["thumb_side"].to_pylist(), strict=True)
        ]
        sizes = zip(table["width"].to_pylist(), table["height"].to_pylist(), strict=True)
        clips = Clips(
            ids=table["id"].to_pylist(),
            thumbs=thumbs,
            colors=_colors(table, thumbs),
            pixels=[width * height for width, height in sizes],
            seconds=table["seconds"].to_pylist(),
            bytes_a_second=table["bytes_a_second"].to_pylist(),
        )
        rows = [
            {"id": key, "of": key, **asdict(copy)}
            for key, copy in zip(clips.ids, find_copies(clips, self), strict=True)
        ]
        return pa.Table.from_pylist(rows, schema=self.schema)


def _colors(table: pa.Table, thumbs: list[Bytes]) -> list[Bytes]:
    """The colours of clips; all is grey where the shots keep none."""
    if "colors" not in table.column_names:
        return [np.full((len(part), COLOR_SIDE, COLOR_SIDE, 2), 128, np.uint8) for part in thumbs]
    shape = (-1, COLOR_SIDE, COLOR_SIDE, 2)
    return [np.frombuffer(data, np.uint8).reshape(shape) for data in table["colors"].to_pylist()]


def find_copies(clips: Clips, rules: Duplicates) -> list[Copy]:
    """Find the copies among clips; the answers are in the clips' order and do not depend on it.

    The best of a family is the largest picture, then the longest, then the least compressed, then the smallest id.
    """
    order = sorted(
        range(len(clips.ids)),
        key=lambda n: (-clips.pixels[n], -clips.seconds[n], -clips.bytes_a_second[n], clips.ids[n]),
    )
    ranked = Clips(**{name: [values[n] for n in order] for name, values in vars(clips).items()})
    kept = store(ranked.thumbs, ranked.colors, ranked.seconds)
    links = _Links(ranked, kept, rules)
    links.look_at(candidates(kept, rules.alike, rules.moving_alike, rules.frame_rest))
    copies = dict(zip(order, _families(links), strict=True))
    return [copies[n] for n in range(len(order))]


class _Links:
    """The pairs that were compared, by rank: the distance, and in words how the second differs."""

    def __init__(self, clips: Clips, kept: Store, rules: Duplicates) -> None:
        self.clips, self.kept, self.rules = clips, kept, rules
        self.found: dict[tuple[int, int], tuple[float, str]] = {}

    def look_at(self, pairs: Pairs) -> None:
        """Compare pairs; of a pair both as it is and mirrored the nearer counts. Hopeless pairs are not kept."""
        fit = compare(self.kept, pairs, self.rules.most_trim, self.rules.least_overlap)
        limits = np.array(
            [self.rules.spot_limit, self.rules.motion_limit, self.rules.color_limit], np.float32
        )
        distance_P = (fit.rest_P3 / limits).max(1)
        for p in np.flatnonzero(distance_P <= self.rules.chain_limit).tolist():
            pair = int(pairs.first_P[p]), int(pairs.second_P[p])
            distance = float(distance_P[p])
            if distance < self.found.get(pair, (np.inf, ""))[0]:
                self.found[pair] = distance, self._reason(pair, bool(pairs.mirrored_P[p]), fit, p)

    def _reason(self, pair: tuple[int, int], mirrored: bool, fit: Fit, p: int) -> str:
        clips, (one, two) = self.clips, pair
        contrast, brightness, *frame, _ = fit.unknowns_PV[p].tolist()
        step = min(clips.seconds[n] / len(clips.thumbs[n]) for n in pair)
        words = {
            "mirrored": mirrored,
            "resized": clips.pixels[one] != clips.pixels[two],
            "cropped": max(map(abs, frame)) > CROPPED,
            "brightness": abs(contrast - 1) * 128 + abs(brightness + (contrast - 1) * 128) > BRIGHTER,
            "trimmed": abs(fit.shift_P[p]) + abs(clips.seconds[one] - clips.seconds[two]) > step,
        }
        return ", ".join(word for word, true in words.items() if true) or "stored again"


def _families(links: _Links) -> list[Copy]:
    """Who belongs to whom, by rank. In every round the best clip that is left of each group takes its copies."""
    ids = links.clips.ids
    groups = _groups(len(ids), [pair for pair, (distance, _) in links.found.items() if distance <= 1])
    places: dict[int, Copy] = {}
    asked: set[tuple[int, int]] = set(links.found)
    while groups:
        new = [(group[0], other) for group in groups for other in group[1:] if (group[0], other) not in asked]
        asked.update(new)
        links.look_at(_both_ways(new))
        left = []
        for best, *others in groups:
            places[best] = Copy(family=ids[best], is_representative=True, copy_distance=0.0, copy_reason="")
            for other in others:
                if (best, other) in links.found:
                    distance, reason = links.found[best, other]
                    places[other] = Copy(
                        family=ids[best],
                        is_representative=False,
                        copy_distance=round(distance, 3),
                        copy_reason=reason,
                    )
            left.append([other for other in others if other not in places])
        groups = [group for group in left if group]
    return [places[rank] for rank in range(len(ids))]


def _both_ways(pairs: list[tuple[int, int]]) -> Pairs:
    """Pairs as they are and mirrored."""
    both = np.array([*pairs, *pairs], np.int64).reshape(-1, 2)
    return Pairs(first_P=both[:, 0], second_P=both[:, 1], mirrored_P=np.arange(len(both)) >= len(pairs))


def _groups(count: int, pairs: list[tuple[int, int]]) -> list[list[int]]:
    """What hangs together by pairs, each in order (union-find with halved paths)."""
    parent = list(range(count))

    def root(rank: int) -> int:
        while parent[rank] != rank:
            parent[rank] = parent[parent[rank]]
            rank = parent[rank]
        return rank

    for one, two in pairs:
        first, second = sorted((root(one), root(two)))
        parent[second] = first
    groups: dict[int, list[int]] = {}
    for rank in range(count):
        groups.setdefault(root(rank), []).append(rank)
    return list(groups.values())
