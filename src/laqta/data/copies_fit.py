"""One clip's pictures as another's: a fit of brightness, contrast, frame and time, and what it leaves over.

The fit follows Lucas and Kanade ("An iterative image registration technique", 1981): a small shift of the frame, or of
time, adds a multiple of a gradient.

Legend: P pairs; L moments of a pair; S a picture's side in cells, I its inner cells; X all cells of a pair; V seven
unknowns: contrast, brightness, shift to the right, stretch across, shift down, stretch down (in sides of the picture),
and time (in steps from picture to picture); 5 the last of these, 4 those of the frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NOISE = 2.0
"""Levels (of 255) by which a codec changes a thumbnail's cell."""
STEEP = 0.15
"""And the share of the step to a neighbour by which it moves or blurs an edge between two cells."""
WORST = 0.01
"""The worst spot is the mean of so many of a picture's cells, not less than one."""
MOST_5 = np.array([1 / 16, 1 / 20, 1 / 16, 1 / 20, 0.6], np.float32)
"""How far a frame may move, in sides of the picture (cropped to 90 %), and a moment, in steps between pictures."""
JITTER = 0.5
"""Two films' pictures are sampled up to so many steps apart: what a cell passes through in that time is not off."""


def fitted(
    around: list[Floats], second_PLSS: Floats, moved_P5: Floats, turns: int
) -> tuple[Floats, Floats, Floats]:
    """Fit the first pictures (with those before and after) to the second, from a first guess of how they moved on.

    Returns the unknowns, what is off in the inner cells (0 where the first shows nothing), and the fitted cells.

    A small shift of frame or time adds a multiple of a gradient; small ones are likelier. Cells that brightness may
    have burnt out hardly count.
    """
    count, moments, side = second_PLSS.shape[:3]
    inner = moments * (side - 2) ** 2
    cell_5 = np.array([*[1 / side] * 4, 1], np.float32)
    second_PX = second_PLSS[:, :, 1:-1, 1:-1].reshape(count, inner)
    burnt_PX = (second_PX < 4) | (second_PX > 250)
    prior = np.diag(np.array([0.01, 0.01, *[16] * 5], np.float32) * np.float32(NOISE**2))
    for turn in range(turns + 1):
        now, later = (warped(part, moved_P5) for part in _between(around, moved_P5[:, 4]))
        known_PVX = known_pictures(now, later)[:, : None if turn < turns else 2]
        seen_PX = np.broadcast_to(_seen(moved_P5, side)[:, None], (count, moments, side - 2, side - 2))
        seen_PX = seen_PX.reshape(count, inner)
        heavy_PVX = known_PVX * (seen_PX * np.where(burnt_PX, np.float32(0.1), np.float32(1)))[:, None]
        normal_PVV = (
            heavy_PVX @ known_PVX.transpose(0, 2, 1) + prior[: known_PVX.shape[1], : known_PVX.shape[1]]
        )
        solved_PV = np.linalg.solve(normal_PVV, heavy_PVX @ second_PX[:, :, None])[:, :, 0]
        if turn < turns:
            moved_P5 = (moved_P5 + cell_5 * solved_PV[:, 2:] / solved_PV[:, :1].clip(0.3)).clip(
                -MOST_5, MOST_5
            )
    shape = (count, moments, side - 2, side - 2)
    near = [_between(around, moved_P5[:, 4] + by)[0] for by in (-JITTER, JITTER)]
    known_3PX: list[Floats] = [
        known_PVX[:, 0],
        *(warped(part, moved_P5)[:, :, 1:-1, 1:-1].reshape(count, inner) for part in near),
    ]
    guess_3PX = [(solved_PV[:, :1] * one + solved_PV[:, 1:]).clip(0, 255) for one in known_3PX]
    nearest_PX = second_PX.clip(np.minimum.reduce(guess_3PX), np.maximum.reduce(guess_3PX))
    off_PX = np.asarray((second_PX - nearest_PX) * seen_PX, np.float32)
    return np.concatenate([solved_PV, moved_P5], 1), off_PX.reshape(shape), guess_3PX[0].reshape(shape)


def known_pictures(now_PLSS: Floats, later_PLSS: Floats) -> Floats:
    """The inner cells of what a picture may become is a sum of: itself, grey, its moves, its change (P, 7, X)."""
    count, moments, side = now_PLSS.shape[:3]
    across = np.linspace(-1, 1, side, dtype=np.float32)[1:-1]
    now = now_PLSS[:, :, 1:-1, 1:-1]
    right = (now_PLSS[:, :, 1:-1, 2:] - now_PLSS[:, :, 1:-1, :-2]) * np.float32(0.5)
    down = (now_PLSS[:, :, 2:, 1:-1] - now_PLSS[:, :, :-2, 1:-1]) * np.float32(0.5)
    moves = [right, right * across, down, down * across[:, None], later_PLSS[:, :, 1:-1, 1:-1]]
    known = np.stack([now, np.ones_like(now), *moves], 1)
    return known.reshape(count, 7, moments * (side - 2) ** 2)


def _seen(frame_P4: Floats, side: int) -> Floats:
    """1 for the inner cells that lie within a moved frame, else 0: (P, I, I)."""
    cells = np.arange(1, side - 1, dtype=np.float32)
    across = np.linspace(-1, 1, side, dtype=np.float32)[1:-1]
    right, down = (
        np.abs(cells + side * (frame_P4[:, at, None] + frame_P4[:, at + 1, None] * across) - (side - 1) / 2)
        <= side / 2 - 1
        for at in (0, 2)
    )
    return np.asarray(down[:, :, None] & right[:, None, :], np.float32)


def _between(around: list[Floats], later_P: Floats) -> tuple[Floats, Floats]:
    """The pictures a part of a step later (-1 to 1), and how they change with a step."""
    before, now, after = around
    later = later_P[:, None, None, None]
    return now + later.clip(0) * (after - now) - later.clip(None, 0) * (before - now), (
        after - before
    ) * np.float32(0.5)


def warped(pictures_PLSS: Floats, frame_P4: Floats) -> Floats:
    """Pictures shifted and stretched by parts of their sides (Keys' cubic), their edges continued."""
    side = pictures_PLSS.shape[-1]
    cells = np.arange(side, dtype=np.float32)
    across = np.linspace(-1, 1, side, dtype=np.float32)
    weights: list[Floats] = []
    for shift, stretch in ((0, 1), (2, 3)):
        place_PS = cells + side * (frame_P4[:, shift, None] + frame_P4[:, stretch, None] * across)
        far = np.abs(place_PS.clip(0, side - 1)[:, :, None] - cells)
        near = (1.5 * far - 2.5) * far**2 + 1
        weight = np.where(far < 1, near, np.where(far < 2, ((2.5 - 0.5 * far) * far - 4) * far + 2, 0))
        weights.append(np.asarray(weight / weight.sum(2, keepdims=True), np.float32))
    return np.asarray(weights[1][:, None] @ pictures_PLSS @ weights[0].transpose(0, 2, 1)[:, None])


def luma_rest(off_PLII: Floats, guess_PLII: Floats, second_PLII: Floats) -> Floats:
    """What a fit of luma leaves over: at the worst spot, and where most moves (P, 2).

    Of a cell as much may be off as a codec changes: some levels, and more beside an edge. So a thing tells itself from
    another one at night too, where both are darker than the day's noise.
    """
    count, moments, side = off_PLII.shape[:3]
    changed_PLII = NOISE + STEEP * np.maximum(_steps(guess_PLII), _steps(second_PLII))
    times_PLII = np.asarray(np.abs(off_PLII) / changed_PLII, np.float32)
    spot_PL = _worst(times_PLII.reshape(count, moments, side**2), WORST)
    moved_3P = [
        _worst(part.var(1).reshape(count, side**2), 3 * WORST) for part in (off_PLII, guess_PLII, second_PLII)
    ]
    moving_P = np.sqrt(moved_3P[0] / (np.maximum(moved_3P[1], moved_3P[2]) + (1.5 * NOISE) ** 2))
    return np.stack([spot_PL.mean(1), moving_P], 1)


def _steps(pictures_PLII: Floats) -> Floats:
    """How far each cell is from that one of its four neighbours that is farthest from it, in levels."""
    steps = np.zeros_like(pictures_PLII)
    for axis in (2, 3):
        step = np.abs(np.diff(pictures_PLII, axis=axis))
        nothing = np.zeros_like(step.take([0], axis))
        for sides in ([nothing, step], [step, nothing]):
            np.maximum(steps, np.concatenate(sides, axis), out=steps)
    return steps


def _worst(cells: Floats, share: float) -> Floats:
    """The mean of a share of the cells along the last axis: the largest."""
    count = max(1, round(share * cells.shape[-1]))
    return np.asarray(np.partition(cells, -count, axis=-1)[..., -count:].mean(-1))


def color_rest(around: list[Floats], second_PXSS: Floats, moved_P5: Floats) -> Floats:
    """How far colours are off at the worst spot, in levels; X runs over moments and the two colours of each.

    All colours may be stronger or weaker by a factor, and shifted: nothing but a spot's own colour is off.
    """
    count, pictures, side = second_PXSS.shape[:3]
    first_3 = [warped(_between(around, moved_P5[:, 4] + by)[0], moved_P5) for by in (0, -JITTER, JITTER)]
    first_mean, second_mean = (
        part.reshape(count, pictures // 2, 2, side, side).mean((1, 3, 4))
        for part in (first_3[0], second_PXSS)
    )
    first_mean, second_mean = (
        np.tile(part, pictures // 2)[:, :, None, None] for part in (first_mean, second_mean)
    )
    sure = np.float32(pictures * side**2 * NOISE**2)
    product = ((first_3[0] - first_mean) * (second_PXSS - second_mean)).sum((1, 2, 3), keepdims=True) + sure
    power = ((first_3[0] - first_mean) ** 2).sum((1, 2, 3), keepdims=True) + sure
    factor = (product / power).clip(0, 2)
    guess_3 = [(part - first_mean) * factor + second_mean for part in first_3]
    off = second_PXSS - second_PXSS.clip(np.minimum.reduce(guess_3), np.maximum.reduce(guess_3))
    far = np.sqrt((off.reshape(count, pictures // 2, 2, side, side) ** 2).sum(2))[:, :, 1:-1, 1:-1]
    far *= _seen(moved_P5, side)[:, None]
    return np.asarray(_worst(far.reshape(count, pictures // 2, (side - 2) ** 2), WORST).mean(1))
