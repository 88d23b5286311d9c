"""The whole storyboard as one film: takes joined by cuts or cross-fades.

Shape suffixes: T frames, H height, W width, C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from laqta import __version__
from laqta.encode import Frames
from laqta.studio.encoding import film_bytes
from laqta.video import fit_frames, read_video

Transition = Literal["cut", "fade"]
TRANSITIONS: tuple[Transition, ...] = get_args(Transition)
FADE_SECONDS = 0.5


def joined(
    clips: Sequence[Path], recipes: Sequence[dict[str, Any]], ending: str, transition: Transition
) -> bytes:
    """The bytes of one film of `ending` ("mp4", "webm", "gif", "webp") with the clips in order, their recipes inside.

    All take the size and rate of the first. Raises `ValueError` where there is no clip.
    """
    if not clips:
        raise ValueError("there is nothing to export: film a shot first")
    first = read_video(clips[0])
    height, width = first.frames_THWC.shape[1:3]
    film_THWC = first.frames_THWC
    for path in clips[1:]:
        next_THWC = fit_frames(read_video(path), width, height, first.fps)
        overlap = round(FADE_SECONDS * first.fps) if transition == "fade" else 0
        film_THWC = _faded(film_THWC, next_THWC, min(overlap, len(film_THWC) // 2, len(next_THWC) // 2))
    recipe = {"laqta": __version__, "transition": transition, "takes": list(recipes)}
    return film_bytes(film_THWC, first.fps, ending, recipe)


def _faded(one_THWC: Frames, two_THWC: Frames, overlap: int) -> Frames:
    """Two clips in a row whose ends lie over each other for `overlap` frames."""
    if not overlap:
        return np.concatenate([one_THWC, two_THWC])
    share_T = np.arange(1, overlap + 1, dtype=np.float32) / (overlap + 1)
    share_T111 = share_T[:, None, None, None]
    mixed_THWC = one_THWC[-overlap:] * (1 - share_T111) + two_THWC[:overlap] * share_T111
    return np.concatenate([one_THWC[:-overlap], mixed_THWC.round().astype(np.uint8), two_THWC[overlap:]])
