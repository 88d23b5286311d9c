"""Gradual changes in a scan: fades through black and dissolves.

Legend: T frames, N windows of one length, P the 256 pixels of a thumbnail, float32 of 0 to 255. A dissolve mixes two
pictures in shares that grow evenly, so every picture inside lies on the straight line between those at its ends: the
test for it. A hard cut leaves the line by a step, and things that move leave it sideways. A fade is a line to black.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from laqta.data.scan import Scan

Found = tuple[int, int, float]
"""First mixed frame, frame after the last, how sure (0 to 1)."""

WINDOW_SECONDS = (0.55, 0.75, 1.0, 1.4, 2.0)
SHARES = tuple(step / 8 for step in range(1, 8))
LEAST_FRAMES = 5
CHUNK = 4096
"""How many windows are looked at at once: a long film's thumbnails are not copied whole."""

BEND = 0.40
"""How far off the line between its ends a dissolve's pictures may lie: share of the whole change, root mean square."""
FLANKS = 1.3
"""How fast, of the dissolve's own pace, its two sides may change: things that move change as fast before and after."""
ONWARD = 0.25
"""How far the sides may go on in the dissolve's own direction, of its pace: a steady pan goes on with 1."""
LEAST_CHANGE = 10.0
"""Levels of 255 by which the ends of a dissolve differ at least (root mean square)."""
LARGEST_STEP = 0.5
"""Share of a dissolve's whole change that one frame may make; more is a cut."""

DARK = 0.25
"""The darkest picture of a fade has at most this share of the brightness of its sides."""
FADE_SECONDS = 1.2
"""How far from its darkest picture a fade's side may reach."""
RISE = 0.02
"""A fade ends where a frame adds less than this share of its side's brightness."""
FULL = 0.6
"""A fade's side is reached where the picture is brighter than this share of the brightest within reach."""
LEAST_SLOPE = 3
"""Frames between dark and full that make a slope."""
STEP = 0.35
"""A frame that adds more than this share is a cut."""
LIKE = 0.90
"""The picture keeps its pattern while it fades: correlation of neighbours at least."""


def frame_seconds(scan: Scan) -> float:
    """Return the usual distance of two frames in seconds."""
    gaps = np.diff(scan.pts_T)
    return float(np.median(gaps) * scan.time_base) if len(gaps) else 1.0


def thumb_rows(scan: Scan, first: int, last: int) -> NDArray[np.float32]:
    """Return some frames' thumbnails as rows; beyond the film's ends stand its first and last frame."""
    at = np.clip(np.arange(first, last), 0, len(scan.thumbs_TSS) - 1)
    return scan.thumbs_TSS[at].reshape(len(at), -1).astype(np.float32)


# ---------------------------------------------------------------- dissolves


def find_dissolves(scan: Scan) -> list[Found]:
    """Find dissolves, the surest first; none overlaps a surer one."""
    pace = frame_seconds(scan)
    found: list[Found] = []
    for seconds in WINDOW_SECONDS:
        length = max(LEAST_FRAMES, round(seconds / pace))
        for first in range(0, len(scan.pts_T) - length, CHUNK):
            sure_N = dissolve_scores(scan, first, min(first + CHUNK, len(scan.pts_T) - length), length)
            found += [
                (first + int(at) + 1, first + int(at) + length, float(sure_N[at]))
                for at in np.flatnonzero(sure_N > 0)
            ]
    found.sort(key=lambda one: -one[2])
    kept: list[Found] = []
    taken = np.zeros(len(scan.pts_T) + 1, bool)
    for first, last, sure in found:
        if not taken[first:last].any():
            kept.append((first, last, sure))
            taken[first:last] = True
    return kept


def dissolve_scores(scan: Scan, first: int, last: int, length: int) -> NDArray[np.float32]:
    """Return how sure a dissolve is (0 to 1; 0 is none) in the window of `length` frames after each frame."""
    flank, count = max(2, length // 2), last - first
    pictures = thumb_rows(scan, first - flank, last + length + flank)

    def at(offset: int) -> NDArray[np.float32]:
        return pictures[flank + offset : flank + offset + count]

    change = at(length) - at(0)
    size_N = np.maximum(_norm(change), 1e-3)
    off_N = np.zeros(count, np.float32)
    for share in SHARES:
        inside = round(length * share)
        off_N += _norm(at(inside) - at(0) - inside / length * change) ** 2
    bend_N = np.sqrt(off_N / len(SHARES)) / size_N
    before, after = at(0) - at(-flank), at(length + flank) - at(length)
    flanks_N = (_norm(before) + _norm(after)) / (2 * flank) / (size_N / length)
    onward_N = np.einsum("np,np->n", before + after, change) / (change.shape[1] * size_N**2)
    onward_N *= length / (2 * flank)
    steps = _norm(np.diff(pictures, axis=0))[flank:]
    step_N = np.lib.stride_tricks.sliding_window_view(steps, length)[:count].max(1) / size_N
    sure_N = (1 - bend_N / BEND) * (1 - flanks_N / FLANKS / 2)
    fits_N = (bend_N < BEND) & (flanks_N < FLANKS) & (onward_N < ONWARD)
    fits_N &= (size_N > LEAST_CHANGE) & (step_N < LARGEST_STEP)
    return np.where(fits_N, sure_N, 0).astype(np.float32)


def _norm(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    squares: NDArray[np.float32] = np.einsum("np,np->n", rows, rows)
    return np.asarray(np.sqrt(squares / np.float32(rows.shape[1])), np.float32)


# ---------------------------------------------------------------- fades


def find_fades(scan: Scan) -> list[Found]:
    """Find fades to, from and through black; at a film's own ends too."""
    pictures = scan.thumbs_TSS.reshape(len(scan.thumbs_TSS), -1)
    level_T = np.concatenate(
        [_norm(pictures[at : at + CHUNK].astype(np.float32)) for at in range(0, len(pictures), CHUNK)]
    )
    reach = max(LEAST_FRAMES, round(FADE_SECONDS / frame_seconds(scan)))
    found: list[Found] = []
    for bottom in _bottoms(level_T, reach):
        (first, falls), (last, climbs) = (_side(scan, level_T, bottom, step, reach) for step in (-1, 1))
        if (falls or climbs) and (not found or first >= found[-1][1]):
            top = max(level_T[first], level_T[last], 1.0)
            found.append((first + falls, last + (not climbs), float(1 - level_T[bottom] / top)))
    return found


def _bottoms(level_T: NDArray[np.float32], reach: int) -> list[int]:
    """Return the darkest frame of each dark stretch: the middle one of several alike."""
    bottoms = []
    for at in _local_minima(level_T):
        before, after = level_T[max(0, at - reach) : at + 1].max(), level_T[at : at + reach + 1].max()
        if level_T[at] <= DARK * min(before, after) or (
            level_T[at] <= DARK * max(before, after) and (at < reach or at > len(level_T) - reach)
        ):
            bottoms.append(at)
    return bottoms


def _local_minima(level_T: NDArray[np.float32]) -> list[int]:
    minima, at, count = [], 0, len(level_T)
    while at < count:
        end = at
        while end + 1 < count and level_T[end + 1] == level_T[at]:
            end += 1
        lower_before = at == 0 or level_T[at - 1] > level_T[at]
        if lower_before and (end == count - 1 or level_T[end + 1] > level_T[at]):
            minima.append((at + end) // 2)
        at = end + 1
    return minima


def _side(scan: Scan, level_T: NDArray[np.float32], bottom: int, step: int, reach: int) -> tuple[int, bool]:
    """Walk uphill from the darkest frame while the same picture brightens.

    Returns the first frame of full brightness and true; or, where no slope of frames leads there but a step, the last
    dark frame and false.
    """
    edge = min(max(bottom + step * reach, 0), len(level_T) - 1)
    top = level_T[min(bottom, edge) : max(bottom, edge) + 1].max()
    at, dark, slope = bottom, bottom, 0
    while at != edge:
        rises = level_T[at + step] - level_T[at]
        if rises > STEP * top or rises < -RISE * top or not _alike(scan, level_T, at, at + step):
            break
        if level_T[at] > FULL * top and rises < RISE * top:
            break
        at += step
        if level_T[at] <= DARK * top:
            dark = at
        elif level_T[at] <= FULL * top:
            slope += 1
    arrived = slope >= LEAST_SLOPE and level_T[at] > FULL * top
    return (at, True) if arrived else (dark, False)


def _alike(scan: Scan, level_T: NDArray[np.float32], one: int, other: int) -> bool:
    """Whether two pictures show the same pattern; too dark a picture shows none."""
    if min(level_T[one], level_T[other]) < 8:
        return True
    pair = scan.thumbs_TSS[[one, other]].reshape(2, -1).astype(np.float32)
    return bool(np.dot(pair[0], pair[1]) >= LIKE * np.linalg.norm(pair[0]) * np.linalg.norm(pair[1]))
