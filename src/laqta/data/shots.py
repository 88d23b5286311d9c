"""Where a film changes from shot to shot, read off its scan: hard cuts, fades through black, dissolves.

Nothing is decoded here, so another threshold costs nothing. Legend: T frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from laqta.data.gradual import find_dissolves, find_fades, frame_seconds
from laqta.data.scan import Scan, Series

Kind = Literal["cut", "fade", "dissolve"]
Reason = Literal["film", "cut", "fade", "dissolve"]

AROUND = 3
"""How many frames on each side of a cut are compared."""


@dataclass(frozen=True, kw_only=True)
class ShotRules:
    """How shots are told apart, and how they are trimmed.

    A hard cut is found in two ways. Colours jump: a frame's content value is `cut_ratio` times the mean of the
    `cut_window` frames on each side and at least `cut_content` (PySceneDetect's adaptive detector with its authors'
    best sweep). Or the layout jumps: the three thumbnails before and the three after are nowhere nearer than
    `cut_gap` levels, and this gap over what changes within each side, together with the ratio of colours, is at
    least `cut_gap_ratio` (geometric mean); that also sees cuts between like pictures. There the jump is at
    least `cut_rivals` times the third largest within half a second. The jump makes up `cut_share`
    of what the frames around change, and is not undone to within `flash_return` of it in `flash_seconds`: a flash is.
    A shot between two borders is no shorter than `least_seconds`, or the less sure border goes. Trims are off for
    hard cuts: a shot loses `trim_cut_seconds` at each, and at a transition the transition itself and
    `trim_gradual_seconds` more.
    """

    cut_ratio: float = 3.5
    cut_window: int = 3
    cut_content: float = 15.0
    cut_gap: float = 3.0
    cut_gap_ratio: float = 1.7
    cut_rivals: float = 1.15
    cut_share: float = 0.35
    flash_seconds: float = 0.25
    flash_return: float = 0.35
    least_seconds: float = 0.6
    neural_threshold: float = 0.4
    trim_cut_seconds: float = 0.0
    trim_gradual_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Transition:
    """A border between two shots: frames from `first` to before `last` belong to neither.

    Of a cut both are the first frame of the new shot. `score` is how sure the detector is, 0 to 1.
    """

    kind: Kind
    first: int
    last: int
    score: float


@dataclass(frozen=True, kw_only=True)
class ShotSpan:
    """A shot: from `start_pts` to before `end_pts`, in units of `time_base`; frames `first` to before `last`.

    `begins` and `ends` are why its borders stand there: the film's own end, or a transition.
    """

    start_pts: int
    end_pts: int
    time_base: Fraction
    first: int
    last: int
    begins: Reason
    ends: Reason


def find_transitions(scan: Scan, rules: ShotRules | None = None) -> tuple[Transition, ...]:
    """Find cuts, fades and dissolves, in the order of time."""
    rules = rules or ShotRules()
    found = [Transition(kind="fade", first=a, last=b, score=1 + sure) for a, b, sure in find_fades(scan)]
    found += find_cuts(scan, rules)
    found += [Transition(kind="dissolve", first=a, last=b, score=sure) for a, b, sure in find_dissolves(scan)]
    return settle(scan, found, rules.least_seconds)


def adaptive_ratio(content_T: Series, window: int) -> Series:
    """Return each frame's content value over its neighbours' mean, at most 255: PySceneDetect's adaptive ratio.

    The first and last `window` frames, which lack neighbours, are 0. A change beside none at all is 255.
    """
    ratio_T = np.zeros(len(content_T), np.float32)
    if len(content_T) > 2 * window:
        exact_T = content_T.astype(np.float64)
        middle = exact_T[window:-window]
        sums = np.lib.stride_tricks.sliding_window_view(exact_T, 2 * window + 1).sum(1) - middle
        mean = np.maximum(sums, 0) / (2 * window)
        ratio = np.minimum(middle / np.maximum(mean, 1e-9), 255)
        ratio_T[window:-window] = np.where(mean > 1e-5, ratio, np.where(middle > 0, 255, 0))
    return ratio_T


def find_cuts(scan: Scan, rules: ShotRules) -> list[Transition]:
    """Find hard cuts; those nearer to each other than a shot may be short are all still there."""
    count = len(scan.pts_T)
    if count < 2:
        return []
    at_T = np.arange(1, count)
    jump_T = _distance(scan, at_T - 1, at_T)
    ratio_T = adaptive_ratio(scan.content_T, rules.cut_window)[1:]
    colors_T = (ratio_T >= rules.cut_ratio) & (scan.content_T[1:] >= rules.cut_content)
    maybe_K = np.flatnonzero(colors_T | (jump_T >= rules.cut_gap))
    at_K, jump_K, colors_K = at_T[maybe_K], np.maximum(jump_T[maybe_K], 0.1), colors_T[maybe_K]
    across = [_distance(scan, at_K - a, at_K + b) for a in range(1, AROUND + 1) for b in range(AROUND)]
    gap_K = np.min(across, axis=0)
    within_K = np.maximum(_distance(scan, at_K - AROUND, at_K - 1), _distance(scan, at_K, at_K + AROUND - 1))
    ratio_K = gap_K / np.maximum(within_K, 0.3)
    both_K = np.sqrt(ratio_K * ratio_T[maybe_K])
    layout_K = (gap_K >= rules.cut_gap) & (both_K >= rules.cut_gap_ratio)
    layout_K &= jump_K >= rules.cut_rivals * _rival_steps(jump_T, maybe_K, round(0.5 / frame_seconds(scan)))
    flash = max(1, round(rules.flash_seconds / frame_seconds(scan)))
    returns_K = np.min(
        [_distance(scan, at_K - 1, at_K + k) for k in range(1, flash + 1)]
        + [_distance(scan, at_K, at_K - 1 - k) for k in range(1, flash + 1)],
        axis=0,
    )
    spread_K = np.maximum(_distance(scan, at_K - flash, at_K + flash - 1), 0.1)
    stays_K = (returns_K >= rules.flash_return * jump_K) & (jump_K >= rules.cut_share * spread_K)
    sure_K = 1 - 1 / (1 + np.maximum(ratio_K, 0) + ratio_T[maybe_K] / rules.cut_ratio)
    return [
        Transition(kind="cut", first=int(at), last=int(at), score=float(sure))
        for at, sure, yes in zip(at_K, sure_K, (colors_K | layout_K) & stays_K, strict=True)
        if yes
    ]


def _rival_steps(jump_T: Series, maybe_K: NDArray[np.int64], reach: int) -> Series:
    """The third largest jump within `reach` frames of each: what is drawn on every third frame jumps all the time."""
    padded_T = np.pad(jump_T, reach)
    around = np.lib.stride_tricks.sliding_window_view(padded_T, 2 * reach + 1)
    if 2 * reach + 1 < 3:
        return np.zeros(len(maybe_K), np.float32)
    return np.concatenate(
        [np.zeros(0, np.float32)]
        + [np.partition(around[maybe_K[at : at + 4096]], -3)[:, -3] for at in range(0, len(maybe_K), 4096)]
    )


def _distance(scan: Scan, one_K: NDArray[np.int64], other_K: NDArray[np.int64]) -> Series:
    """Mean absolute difference of frames' thumbnails, in levels; beyond the film's ends stand its end frames."""
    pictures, last = scan.thumbs_TSS, len(scan.thumbs_TSS) - 1
    parts = [np.zeros(0, np.float32)]
    for start in range(0, len(one_K), 4096):
        one = pictures[np.clip(one_K[start : start + 4096], 0, last)].astype(np.int16)
        other = pictures[np.clip(other_K[start : start + 4096], 0, last)].astype(np.int16)
        parts.append(np.abs(one - other).mean((1, 2), dtype=np.float32))
    return np.concatenate(parts)


def settle(scan: Scan, found: Iterable[Transition], least_seconds: float) -> tuple[Transition, ...]:
    """Keep the surest of what stands too near: fades, then the rest by score; in the order of time.

    A shot between two borders lasts `least_seconds` or one of them goes. Of a film's first and last moments a fade
    may be the border; a cut there would leave too short a shot.
    """
    least = least_seconds / frame_seconds(scan)
    kept: list[Transition] = []
    for one in sorted(found, key=lambda one: -one.score):
        if all(one.first - other.last >= least or other.first - one.last >= least for other in kept):
            at_edge = one.first < least or len(scan.pts_T) - one.last < least
            if one.kind == "fade" or not at_edge:
                kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.first))


def cut_shots(
    scan: Scan, transitions: tuple[Transition, ...], rules: ShotRules | None = None
) -> tuple[ShotSpan, ...]:
    """Cut a film at its transitions; spans that the trims leave nothing of, or too little, are left out."""
    rules = rules or ShotRules()
    edges_T = np.append(scan.pts_T, scan.end_pts)
    borders = [(0, 0, "film"), *((one.first, one.last, one.kind) for one in transitions)]
    borders.append((len(scan.pts_T), len(scan.pts_T), "film"))
    shots = []
    for (_, first, begins), (last, _, ends) in pairwise(borders):
        first = _trimmed(scan, first, begins, 1, rules)
        last = _trimmed(scan, last, ends, -1, rules)
        if first >= last:
            continue
        start, end = int(edges_T[first]), int(edges_T[last])
        whole = begins == ends == "film"
        if whole or float((end - start) * scan.time_base) >= rules.least_seconds - 1e-6:
            shots.append(
                ShotSpan(
                    start_pts=start,
                    end_pts=end,
                    time_base=scan.time_base,
                    first=first,
                    last=last,
                    begins=begins,  # type: ignore[arg-type]
                    ends=ends,  # type: ignore[arg-type]
                )
            )
    return tuple(shots)


def _trimmed(scan: Scan, frame: int, reason: str, step: int, rules: ShotRules) -> int:
    """Move a border into its shot by what its kind loses, to a whole frame."""
    seconds = {"film": 0.0, "cut": rules.trim_cut_seconds}.get(reason, rules.trim_gradual_seconds)
    edges_T = np.append(scan.pts_T, scan.end_pts)
    wished = edges_T[frame] + step * seconds / float(scan.time_base)
    return int(np.searchsorted(edges_T, wished, "left" if step > 0 else "right") - (step < 0))
