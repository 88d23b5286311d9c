"""Whether two clips are copies: the pairs that are worth a look, their alignment in time, what a fit leaves over.

All of it works on small thumbnails that are sampled a few times a second: of a 64-bit hash a crop of 5 % turns too many
bits, and a thing before a backdrop that many clips share too few; in pictures of 16 x 16 a small thing at night is any
other one. Each step looks closer at fewer pairs.

1. `candidates`: a clip's mean picture, and the picture of where it moves, as two short vectors; the products of all
   with all (blocks of a matrix product) give the pairs. A mirrored picture has the same even part and the opposite odd
   part, so both readings of a pair cost one product.
2. `compare` aligns: the shift in time at which two clips' pictures correlate best, after a fit of their mean pictures.
3. And fits one clip's pictures to the other's (`copies_fit.py`): what is left over at the worst spot decides.

Legend: N clips; K thumbnails of all clips one after the other; S their side; P pairs; L moments of a pair that are
compared; D numbers of a vector; B clips of a block; 2 colours; V, 5 and 4 unknowns of a fit, as in `copies_fit.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from laqta.data.copies_fit import NOISE, Floats, color_rest, fitted, known_pictures, luma_rest, warped

Seconds = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

MOMENTS = 12
"""How many moments of two clips are compared, however long they are."""
COARSE = 8
"""The side of the pictures that are searched and aligned: a crop of 5 % shifts them by less than half a cell."""
LUMA_SIDE, COLOR_SIDE = 32, 16
"""The sides of the pictures of luma and of colours that are kept of every frame."""
BLOCK = 2048
PAIRS_AT_ONCE = 128


@dataclass(frozen=True, kw_only=True, eq=False)
class Store:
    """N clips with their thumbnails, softened and coarse: clip n has `count_N[n]` of them from `first_N[n]` on."""

    soft_KSS: Bytes
    coarse_KD: Bytes
    mean_NSS: Floats
    colors_K2SS: Bytes
    first_N: Ints
    count_N: Ints
    seconds_N: Seconds


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Pairs of clips by number, and whether the second is mirrored."""

    first_P: Ints
    second_P: Ints
    mirrored_P: Flags

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.first_P)

    def __getitem__(self, key: Any) -> Pairs:
        """Some of the pairs."""
        return Pairs(first_P=self.first_P[key], second_P=self.second_P[key], mirrored_P=self.mirrored_P[key])


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """How the clips of each pair compare.

    `rest_P3` is what a fit leaves over at the worst spot: of luma as a multiple of what a codec may have changed there,
    of what moves as a share of it, of colour in levels. `shift_P`: by how many seconds the second begins later in the
    first. Pairs that overlap too little have NaN there, and infinity for a rest.
    """

    rest_P3: Floats
    shift_P: Seconds
    unknowns_PV: Floats


class Thumbs:
    """Watches a decode pass (`scan.Watcher`) and keeps a small one of every picture, uint8: `lumas` (32, 32) each, and
    `colors` (16, 16, 2), red and blue against luma (Cr, Cb of BT.601, full range; 128 is grey)."""

    def __init__(self) -> None:
        self.lumas: list[Bytes] = []
        self.colors: list[Bytes] = []

    def see(self, picture_HWC: Bytes) -> None:
        """Keep what is looked for of the next picture, uint8 (H, W, 3), blue, green, red."""
        small = cv2.resize(picture_HWC, (LUMA_SIDE, LUMA_SIDE), interpolation=cv2.INTER_AREA)
        parts = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb), np.uint8)
        self.lumas.append(parts[:, :, 0].copy())
        colors = cv2.resize(parts[:, :, 1:], (COLOR_SIDE, COLOR_SIDE), interpolation=cv2.INTER_AREA)
        self.colors.append(np.asarray(colors, np.uint8))


def store(thumbs: Sequence[Bytes], colors: Sequence[Bytes], seconds: Sequence[float]) -> Store:
    """Lay clips side by side: of each its thumbnails uint8 (K, S, S), S a multiple of 8, its colours uint8
    (K, 16, 16, 2), and its length."""
    count_N = np.array([len(part) for part in thumbs], np.int64)
    first_N = np.cumsum(count_N) - count_N
    side = next((part.shape[1] for part in thumbs if len(part)), COARSE)
    count, cell = int(count_N.sum()), side // COARSE
    assert side % COARSE == 0
    soft_KSS = np.empty((count, side, side), np.uint8)
    coarse_KD = np.empty((count, COARSE**2), np.uint8)
    colors_K2SS = np.empty((count, 2, COLOR_SIDE, COLOR_SIDE), np.uint8)
    mean_NSS = np.zeros((len(count_N), side, side), np.float32)
    for n in np.flatnonzero(
        count_N
    ).tolist():  # clip by clip: all of them in one go would lie in memory three times
        own = slice(first_N[n], first_N[n] + count_N[n])
        soft_KSS[own] = _softened(thumbs[n])
        colors_K2SS[own] = _softened(colors[n].transpose(0, 3, 1, 2))
        mean_NSS[n] = soft_KSS[own].mean(0)
        cells = thumbs[n].reshape(-1, COARSE, cell, COARSE, cell).mean((2, 4), dtype=np.float32)
        coarse_KD[own] = cells.round().reshape(-1, COARSE**2)
    return Store(
        soft_KSS=soft_KSS,
        coarse_KD=coarse_KD,
        mean_NSS=mean_NSS,
        colors_K2SS=colors_K2SS,
        first_N=first_N,
        count_N=count_N,
        seconds_N=np.array(seconds, np.float64),
    )


def _softened(pictures: Bytes) -> Bytes:
    """Each cell with its neighbours, (1 2 1) / 4 along the last two axes: what is left moves by parts of a cell."""
    soft = pictures.astype(np.uint16)
    for axis in (-1, -2):
        edges = [soft.take([0], axis), soft, soft.take([-1], axis)]
        wide = np.concatenate(edges, axis).swapaxes(0, axis)
        soft = (wide[:-2] + 2 * wide[1:-1] + wide[2:]).swapaxes(0, axis)
    return np.asarray((soft + 8) >> 4, np.uint8)


def candidates(clips: Store, alike: float, moving_alike: float, frame_rest: float) -> Pairs:
    """Find the pairs, the smaller number first, that may be copies as they are or mirrored.

    Their mean pictures correlate by more than `alike`, and where they move by more than `moving_alike`; and of the
    second's mean picture a share of at most `frame_rest` is no other brightness, contrast or frame of the first's.
    """
    looks_ND, moves_ND, moving_N = _vectors(clips)
    half = COARSE**2 // 2
    found: list[tuple[Ints, Ints, bool]] = []
    for start in range(0, len(clips.count_N), BLOCK):
        block_BD = looks_ND[start : start + BLOCK]
        even_BN = block_BD[:, :half] @ looks_ND[start:, :half].T
        odd_BN = block_BD[:, half:] @ looks_ND[start:, half:].T
        for mirrored in (False, True):
            alike_BN = even_BN - odd_BN if mirrored else even_BN + odd_BN
            first, second = np.nonzero(alike_BN > alike)
            later = first < second
            found.append((first[later] + start, second[later] + start, mirrored))
    pairs = Pairs(
        first_P=np.concatenate([part[0] for part in found] or [np.zeros(0, np.int64)]),
        second_P=np.concatenate([part[1] for part in found] or [np.zeros(0, np.int64)]),
        mirrored_P=np.concatenate([np.full(len(part[0]), part[2]) for part in found] or [np.zeros(0, bool)]),
    )
    for look in (_move_alike(moves_ND, moving_N, moving_alike), _frame_alike(clips, frame_rest)):
        parts = [look(pairs[at : at + 8 * BLOCK]) for at in range(0, len(pairs), 8 * BLOCK)]
        pairs = pairs[np.concatenate([np.zeros(0, np.bool_), *parts])]
    return pairs


def _vectors(clips: Store) -> tuple[Floats, Floats, Floats]:
    """Of each clip its mean picture and its deviation over time, in even and odd parts, of length 1; and how much
    moves at all (levels). A clip without contrast has a vector of zeros: it is like nothing."""
    count = len(clips.count_N)
    looks_ND, moves_ND = np.zeros((2, count, COARSE**2), np.float32)
    for n in range(count):
        frames_KD = clips.coarse_KD[clips.first_N[n] : clips.first_N[n] + clips.count_N[n]].astype(np.float32)
        if len(frames_KD):
            looks_ND[n], moves_ND[n] = frames_KD.mean(0), frames_KD.std(0)
    looks_ND -= looks_ND.mean(1, keepdims=True)
    moving_N = np.sqrt((moves_ND**2).mean(1))
    looks_ND[np.sqrt((looks_ND**2).mean(1)) < NOISE / 2] = 0  # a mean of many pictures is less noisy than one
    return _parts(looks_ND), _parts(moves_ND), moving_N


def _parts(pictures_ND: Floats) -> Floats:
    """The even and the odd part of each picture, side by side, both of them together of length 1."""
    pictures = pictures_ND.reshape(-1, COARSE, COARSE)
    left, right = pictures[:, :, : COARSE // 2], pictures[:, :, : COARSE // 2 - 1 : -1]
    parts = np.concatenate(
        [part.reshape(len(pictures), COARSE**2 // 2) for part in (left + right, left - right)], 1
    )
    length = np.linalg.norm(parts, axis=1, keepdims=True)
    return np.asarray(parts / np.maximum(length, 1e-6), np.float32)


def _move_alike(moves_ND: Floats, moving_N: Floats, least: float) -> Callable[[Pairs], Flags]:
    """Whether both clips move in the same places; of one that hardly moves the places tell nothing."""
    half = COARSE**2 // 2

    def look(pairs: Pairs) -> Flags:
        product_PD = moves_ND[pairs.first_P] * moves_ND[pairs.second_P]
        even_P, odd_P = product_PD[:, :half].sum(1), product_PD[:, half:].sum(1)
        alike_P = np.where(pairs.mirrored_P, even_P - odd_P, even_P + odd_P)
        still_P = np.minimum(moving_N[pairs.first_P], moving_N[pairs.second_P]) < NOISE
        return np.asarray((alike_P > least) | still_P)

    return look


def _frame_alike(clips: Store, most: float) -> Callable[[Pairs], Flags]:
    """Whether the second's mean picture lies in the space of the first's, its brightnesses and small moves.

    Pictures of 16 x 16: in finer ones a small move is more than a cell, and no sum of gradients.
    """
    side = min(2 * COARSE, clips.mean_NSS.shape[1])
    cell = clips.mean_NSS.shape[1] // side
    pictures_NSS = clips.mean_NSS.reshape(-1, side, cell, side, cell).mean((2, 4))
    pictures_N1SS = pictures_NSS[:, None]
    axes_NXV = np.linalg.qr(known_pictures(pictures_N1SS, pictures_N1SS)[:, :6].transpose(0, 2, 1))[0]
    inner_NII = pictures_NSS[:, 1:-1, 1:-1]
    own_N = ((inner_NII - inner_NII.mean((1, 2), keepdims=True)) ** 2).sum((1, 2)) + (
        side - 2
    ) ** 2 * NOISE**2

    def look(pairs: Pairs) -> Flags:
        second_PX = _turned(inner_NII[pairs.second_P][:, None], pairs.mirrored_P).reshape(
            len(pairs), (side - 2) ** 2
        )
        within_PV = np.einsum("pxv,px->pv", axes_NXV[pairs.first_P], second_PX)
        rest_P = (second_PX**2).sum(1) - (within_PV**2).sum(1)
        return np.asarray(rest_P <= most * own_N[pairs.second_P])

    return look


def compare(clips: Store, pairs: Pairs, most_trim: float, least_overlap: float) -> Fit:
    """Align and fit every pair; the better clip should be the first, for the second is fitted to it.

    `most_trim` seconds may be missing at an end, and `least_overlap` of the longer clip must be in both.
    """
    parts = [
        _compare(clips, pairs[at : at + PAIRS_AT_ONCE], most_trim, least_overlap)
        for at in range(0, max(len(pairs), 1), PAIRS_AT_ONCE)
    ]
    return Fit(
        **{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Fit)}
    )


def _compare(clips: Store, pairs: Pairs, most_trim: float, least_overlap: float) -> Fit:
    one_P1SS = clips.mean_NSS[pairs.first_P][:, None]
    two_P1SS = _turned(clips.mean_NSS[pairs.second_P][:, None], pairs.mirrored_P)
    still_P5 = np.zeros((len(pairs), 5), np.float32)
    moved_P5 = fitted([one_P1SS] * 3, two_P1SS, still_P5, 3)[0][:, 2:]
    shift_P = _align(clips, pairs, moved_P5, most_trim, least_overlap)
    fit = _fit(clips, pairs, shift_P, moved_P5)
    shifted = np.flatnonzero(np.abs(np.nan_to_num(shift_P)) > 0)  # a moved frame can look like a moved moment
    together = _fit(clips, pairs[shifted], np.zeros(len(shifted)), moved_P5[shifted])
    better = together.rest_P3[:, :2].sum(1) < fit.rest_P3[shifted, :2].sum(1)
    for one in fields(Fit):
        getattr(fit, one.name)[shifted[better]] = getattr(together, one.name)[better]
    fit.rest_P3[np.isnan(shift_P)] = np.inf
    return fit


def _fit(clips: Store, pairs: Pairs, shift_P: Seconds, moved_P5: Floats) -> Fit:
    first_PL, second_PL = _moments(clips, pairs, shift_P)
    start_P1 = clips.first_N[pairs.first_P][:, None]
    end_P1 = start_P1 + clips.count_N[pairs.first_P][:, None] - 1
    around_3PL = [(first_PL + by).clip(start_P1, end_P1) for by in (-1, 0, 1)]
    second_PLSS = _turned(clips.soft_KSS[second_PL].astype(np.float32), pairs.mirrored_P)
    around = [clips.soft_KSS[places_PL].astype(np.float32) for places_PL in around_3PL]
    unknowns_PV, off_PLII, guess_PLII = fitted(around, second_PLSS, moved_P5, 2)
    shape = (len(pairs), 2 * MOMENTS, COLOR_SIDE, COLOR_SIDE)
    colors = [
        clips.colors_K2SS[places_PL].astype(np.float32).reshape(shape)
        for places_PL in (*around_3PL, second_PL)
    ]
    off_P1 = color_rest(colors[:3], _turned(colors[3], pairs.mirrored_P), unknowns_PV[:, 2:])[:, None]
    rest_P3 = np.concatenate([luma_rest(off_PLII, guess_PLII, second_PLSS[:, :, 1:-1, 1:-1]), off_P1], 1)
    return Fit(rest_P3=rest_P3, shift_P=shift_P, unknowns_PV=unknowns_PV)


def _turned(pictures_PLSS: Floats, mirrored_P: Flags) -> Floats:
    """The pictures, those of mirrored pairs mirrored back."""
    return np.where(mirrored_P[:, None, None, None], pictures_PLSS[..., ::-1], pictures_PLSS)


def _align(clips: Store, pairs: Pairs, moved_P5: Floats, most_trim: float, least_overlap: float) -> Seconds:
    """By how many seconds the second clip begins later in the first one; NaN where they overlap too little."""
    one_P, two_P = clips.seconds_N[pairs.first_P], clips.seconds_N[pairs.second_P]
    step_P = np.minimum(one_P / clips.count_N[pairs.first_P], two_P / clips.count_N[pairs.second_P])
    longer_P = np.maximum(one_P, two_P)
    most = int(np.ceil(most_trim / step_P.min())) if len(step_P) else 0
    best_P, shift_P = np.full(len(step_P), np.inf), np.full(len(step_P), np.nan)
    for turn in sorted(range(-most, most + 1), key=abs):
        at_P = turn * step_P
        overlap_P = np.minimum(one_P, at_P + two_P) - np.maximum(0.0, at_P)
        may_P = (overlap_P >= least_overlap * longer_P) & (np.abs(at_P) <= most_trim + 1e-9)
        if not may_P.any():
            continue
        cost_P = _coarse_cost(clips, pairs[may_P], at_P[may_P], moved_P5[may_P, :4])
        better_P = may_P.copy()
        better_P[may_P] = cost_P < best_P[may_P] - 1e-4
        best_P[better_P] = cost_P[better_P[may_P]]
        shift_P[better_P] = at_P[better_P]
    return shift_P


def _coarse_cost(clips: Store, pairs: Pairs, shift_P: Seconds, frame_P4: Floats) -> Floats:
    """How little two clips' coarse pictures correlate at a shift: 0 is the same, 2 the opposite."""
    first_PL, second_PL = _moments(clips, pairs, shift_P)
    one = clips.coarse_KD[first_PL].astype(np.float32).reshape(*first_PL.shape, COARSE, COARSE)
    two = clips.coarse_KD[second_PL].astype(np.float32).reshape(*first_PL.shape, COARSE, COARSE)
    one, two = warped(one, frame_P4), _turned(two, pairs.mirrored_P)
    one -= one.mean((1, 2, 3), keepdims=True)
    two -= two.mean((1, 2, 3), keepdims=True)
    product = (one * two).sum((1, 2, 3))
    return np.asarray(1 - product / np.sqrt((one**2).sum((1, 2, 3)) * (two**2).sum((1, 2, 3)) + 1e-6))


def _moments(clips: Store, pairs: Pairs, shift_P: Seconds) -> tuple[Ints, Ints]:
    """Thumbnails of both clips at the same moments, evenly over what both show: places in K, (P, L) each."""
    shift_P = np.nan_to_num(shift_P)
    one_P, two_P = clips.seconds_N[pairs.first_P], clips.seconds_N[pairs.second_P]
    start_P = np.maximum(0.0, shift_P)
    long_P = np.minimum(one_P, shift_P + two_P) - start_P
    time_PL = start_P[:, None] + long_P[:, None] * (np.arange(MOMENTS) + 0.5) / MOMENTS
    places = []
    for chosen_P, time, seconds_P in (
        (pairs.first_P, time_PL, one_P),
        (pairs.second_P, time_PL - shift_P[:, None], two_P),
    ):
        count_P1 = clips.count_N[chosen_P][:, None]
        index_PL = np.floor(time / seconds_P[:, None] * count_P1).astype(np.int64)
        places.append(clips.first_N[chosen_P][:, None] + index_PL.clip(0, count_P1 - 1))
    return places[0], places[1]
