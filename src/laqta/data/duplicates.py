"""Which clips are copies of each other: stored again, resized, cropped, brighter, mirrored, trimmed.

`copies.py` finds the pairs. What hangs together by pairs is cut into families: each has a clip in its middle that all
others are copies of, so that a chain of small steps does not join what is not alike. The best clip stands for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from laqta.data.copies import COLOR_SIDE, Bytes, Fit, Pairs, Store, candidates, compare, store
from laqta.data.copies_fit import Floats
from laqta.data.stages import Stage, Work

CROPPED = 0.0125
"""The share of its side that a frame moves from which on it is called cropped."""
BRIGHTER = 5.0
"""Levels (of 255) from which on a clip is called brighter or darker."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Clips:
    """What is known of N clips, in any order.

    `thumbs` uint8 (K of the clip, S, S) and `colors` uint8 (K, 16, 16, 2), evenly spaced over its `seconds`: what
    `copies.Thumbs` keeps. `pixels` is its width times its height.
    """

    ids: Sequence[str]
    thumbs: Sequence[Bytes]
    colors: Sequence[Bytes]
    pixels: Sequence[int]
    seconds: Sequence[float]
    bytes_a_second: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A clip's place: whom its family is named after, how far it is from that one, and how it differs.

    Up to 1 it is a copy; above, only both are copies of one in between; `None`: they overlap too little to tell.
    """

    family: str
    is_representative: bool
    copy_distance: float | None
    copy_reason: str


@dataclass(frozen=True, kw_only=True)
class Duplicates(Stage):
    """Groups of clips that are copies of each other.

    `most_trim` seconds may be missing at an end, and `least_overlap` of the longer clip must be in both.
    Clips are looked at closer if their mean pictures correlate by `alike`, where they move by `moving_alike`, and the
    mean picture of one, but for a share of `frame_rest`, is the other's in another light or frame.
    At its worst spot a copy is off by `still_spot_limit` times what a codec changes there, at most, if frame,
    brightness, time and bits a pixel are the same, and by up to `spot_limit` times that if they were changed much; by
    `motion_limit` of what moves; and by `color_limit` levels of colour.
    """

    name: ClassVar[str] = "duplicates"
    version: ClassVar[int] = 2
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
    frame_rest: float = 0.12
    still_spot_limit: float = 1.8
    spot_limit: float = 3.6
    motion_limit: float = 0.36
    color_limit: float = 12.0

    def open(self) -> Work:
        """Nothing to set up."""
        return self._work

    def _work(self, table: pa.Table) -> pa.Table:
        thumbs = [
            np.frombuffer(data.as_buffer(), np.uint8).reshape(-1, side, side)
            for data, side in zip(table["thumbs"], table["thumb_side"].to_pylist(), strict=True)
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
    return [np.frombuffer(data.as_buffer(), np.uint8).reshape(shape) for data in table["colors"]]


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
    links.look_at(candidates(kept, rules.alike, rules.moving_alike, rules.frame_rest), most=1)
    copies = dict(zip(order, _families(links), strict=True))
    return [copies[n] for n in range(len(order))]


@dataclass(frozen=True)
class _Link:
    """Two clips that may be copies: `distance` by the limits of what was changed, `strict` as if nothing was."""

    distance: float
    strict: float
    reason: str


class _Links:
    """The pairs that were compared, by rank, the better clip first."""

    def __init__(self, clips: Clips, kept: Store, rules: Duplicates) -> None:
        self.clips, self.kept, self.rules = clips, kept, rules
        self.found: dict[tuple[int, int], _Link] = {}
        self.bits_N = np.log2(np.array(clips.bytes_a_second).clip(1) / np.array(clips.pixels).clip(1))

    def look_at(self, pairs: Pairs, most: float) -> None:
        """Compare pairs and keep what is nearer than `most`; both as it is and mirrored, the nearer counts."""
        rules, fit = self.rules, compare(self.kept, pairs, self.rules.most_trim, self.rules.least_overlap)
        limits = np.array([rules.still_spot_limit, rules.motion_limit, rules.color_limit], np.float32)
        strict_P3 = fit.rest_P3 / limits
        eased_P3 = strict_P3.copy()
        eased_P3[:, 0] /= 1 + (rules.spot_limit / rules.still_spot_limit - 1) * self._strain(pairs, fit)
        strict_P, distance_P = strict_P3.max(1), eased_P3.max(1)
        for p in np.flatnonzero(distance_P <= most).tolist():
            pair = int(pairs.first_P[p]), int(pairs.second_P[p])
            if pair not in self.found or distance_P[p] < self.found[pair].distance:
                reason = self._reason(pair, bool(pairs.mirrored_P[p]), fit, p)
                self.found[pair] = _Link(float(distance_P[p]), float(strict_P[p]), reason)

    def between(self, one: int, two: int) -> _Link:
        """The link of two clips in any order; infinitely long where there is none."""
        return self.found.get((min(one, two), max(one, two)), _Link(np.inf, np.inf, ""))

    def _strain(self, pairs: Pairs, fit: Fit) -> Floats:
        """From 0 to 1: how much frame, brightness, time or bits were changed. A fit of more leaves more over."""
        changes = (
            (_cropped(fit.unknowns_PV) - 0.006) / 0.019,
            (_brighter(fit.unknowns_PV) - 3) / 10,
            np.abs(np.nan_to_num(fit.shift_P)) / 0.2,
            np.abs(self.bits_N[pairs.first_P] - self.bits_N[pairs.second_P]) - 0.5,
        )
        return np.asarray(np.maximum.reduce(changes).clip(0, 1), np.float32)

    def _reason(self, pair: tuple[int, int], mirrored: bool, fit: Fit, p: int) -> str:
        clips, (one, two) = self.clips, pair
        step = min(clips.seconds[n] / len(clips.thumbs[n]) for n in pair)
        words = {
            "mirrored": mirrored,
            "resized": clips.pixels[one] != clips.pixels[two],
            "cropped": _cropped(fit.unknowns_PV)[p] > CROPPED,
            "brightness": _brighter(fit.unknowns_PV)[p] > BRIGHTER,
            "trimmed": abs(fit.shift_P[p]) + abs(clips.seconds[one] - clips.seconds[two]) > step,
        }
        return ", ".join(word for word, true in words.items() if true) or "stored again"


def _cropped(unknowns_PV: Floats) -> Floats:
    """How far the frame moved, as a share of its side."""
    return np.asarray(np.abs(unknowns_PV[:, 2:6]).max(1))


def _brighter(unknowns_PV: Floats) -> Floats:
    """How many levels brightness changed, at middle grey and from there to black and white."""
    contrast_P = unknowns_PV[:, 0] - 1
    return np.asarray(np.abs(contrast_P) * 64 + np.abs(unknowns_PV[:, 1] + contrast_P * 128))


def _families(links: _Links) -> list[Copy]:
    """Who belongs to whom, by rank."""
    ids = links.clips.ids
    linked = [pair for pair, link in links.found.items() if link.distance <= 1]
    nearness = [0.0] * len(ids)
    for pair in linked:
        for rank in pair:
            nearness[rank] += max(0.0, 1 - links.found[pair].strict)
    families = [part for group in _groups(len(ids), linked) for part in _split(group, links, nearness)]
    unknown = [(best, other) for best, *others in families for other in others]
    links.look_at(_both_ways([pair for pair in unknown if pair not in links.found]), np.inf)
    places: dict[int, Copy] = {}
    for best, *others in families:
        places[best] = Copy(family=ids[best], is_representative=True, copy_distance=0.0, copy_reason="")
        for other in others:
            link = links.between(best, other)
            distance = round(link.distance, 3) if np.isfinite(link.distance) else None
            places[other] = Copy(
                family=ids[best], is_representative=False, copy_distance=distance, copy_reason=link.reason
            )
    return [places[rank] for rank in range(len(ids))]


def _split(group: list[int], links: _Links, nearness: list[float]) -> list[list[int]]:
    """Cut a group into families, each in order.

    In the middle of a family is a clip that others are nearest to, by the strict limits; no two such clips are copies
    of each other; and every other clip, a copy of some of them, is with the nearest.
    """
    middles: list[int] = []
    for rank in sorted(group, key=lambda rank: (-nearness[rank], rank)):
        if all(links.between(rank, middle).distance > 1 for middle in middles):
            middles.append(rank)
    families: dict[int, list[int]] = {middle: [middle] for middle in middles}
    for rank in group:
        if rank not in families:
            nearest = min(middles, key=lambda middle: (links.between(rank, middle).distance, middle))
            families[nearest].append(rank)
    return [sorted(members) for members in families.values()]


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
