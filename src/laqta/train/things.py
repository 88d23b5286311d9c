"""Where things are in an encoded window, from the tracks of a clip: the loss weighs those tokens more.

Shape suffixes: T frames, L latent frames, H and W latent height and width, 4 sides of a box.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from laqta.data.people.track import Track

FINE = 4
"""Spots that a side of a token's square is looked at in."""


def things_of(
    tracks: Iterable[Track], pts: Sequence[float], sizes: tuple[float, float], latent: tuple[int, int, int],
    time_fold: int,
) -> NDArray[np.float16]:  # fmt: skip
    """The share of each latent position (L, H, W) that boxes cover, 0 to 1.

    `pts` are the moments of the window's T frames in the source's time base, `sizes` width over height of the source
    and of the window, which is cut from the source's middle; the first latent frame is the first frame alone, each
    other one `time_fold` frames.
    """
    frames, height, width = latent
    down_H = (np.arange(height * FINE) + 0.5) / (height * FINE)
    across_W = (np.arange(width * FINE) + 0.5) / (width * FINE)
    seen_across, seen_down = min(1.0, sizes[1] / sizes[0]), min(1.0, sizes[0] / sizes[1])
    down_H = 0.5 + (down_H - 0.5) * seen_down
    across_W = 0.5 + (across_W - 0.5) * seen_across
    fine_THW = np.zeros((len(pts), height * FINE, width * FINE), np.float32)
    for track in tracks:
        for at, moment in enumerate(pts):
            sides = box_at(track, moment)
            if sides is not None:
                left, top, right, bottom = sides
                inside = ((top <= down_H) & (down_H < bottom))[:, None] & (
                    (left <= across_W) & (across_W < right)
                )
                fine_THW[at] = np.maximum(fine_THW[at], inside)
    share_THW = fine_THW.reshape(len(pts), height, FINE, width, FINE).mean((2, 4))
    first, rest = share_THW[:1], share_THW[1:]
    return np.concatenate([first, rest.reshape(frames - 1, time_fold, height, width).mean(1)]).astype(
        np.float16
    )


def box_at(track: Track, moment: float) -> tuple[float, float, float, float] | None:
    """The box of a track at a moment of the source's time base: between keyframes it moves in a straight line."""
    before = [key for key in track.keyframes if key.pts <= moment]
    if not before or before[-1].box is None:
        return None
    here = [float(side) for side in before[-1].box.sides()]
    after = track.keyframes[len(before) : len(before) + 1]
    there = [float(side) for side in after[0].box.sides()] if after and after[0].box else here
    share = (moment - before[-1].pts) / (after[0].pts - before[-1].pts) if after else 0.0
    left, top, right, bottom = (one + share * (other - one) for one, other in zip(here, there, strict=True))
    return left, top, right, bottom
