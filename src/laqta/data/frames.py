"""The frames of a clip: decoded out of the middle of its source, one at a time, turned as displayed.

A clip is given as a row with its span: `start_pts`, `end_pts`, `time_base_num`, `time_base_den`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageOps

from laqta.data.picture import Picture
from laqta.data.probe import open_film

Clip = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sampled:
    """A frame of a clip: when it begins, as PTS and in seconds after the clip's start, and its picture (H, W, 3)."""

    pts: int
    seconds: float
    picture_HWC: Picture


def decode_span(path: Path, clip: Clip, begin: int | None = None) -> Iterator[av.VideoFrame]:
    """Yield the decoded frames of a clip's span in order; with `begin` from the one on screen at that PTS.

    Raises:
        ValueError: the source is damaged there, or holds no frame.
    """
    first = clip["start_pts"] if begin is None else max(begin, clip["start_pts"])
    before = None
    found = False
    try:
        with open_film(path) as container:
            stream = container.streams.video[0]
            container.seek(first, stream=stream)
            for frame in container.decode(stream):
                if frame.pts is None or frame.pts < clip["start_pts"]:
                    continue
                if frame.pts >= clip["end_pts"]:
                    break
                if frame.pts < first:
                    before = frame
                    continue
                if before is not None and frame.pts > first:
                    yield before
                before, found = None, True
                yield frame
    except av.FFmpegError as error:
        raise ValueError(f"{str(path)!r} is damaged ({error.strerror}); fetch it again") from error
    if before is not None:
        yield before
    elif not found:
        raise ValueError(f"{str(path)!r} holds no frame from PTS {clip['start_pts']} to {clip['end_pts']}")


def picture_of(frame: av.VideoFrame, longest: int | None = None, even: bool = False) -> Picture:
    """A frame's picture, red, green, blue, turned as displayed, and shrunk where a side has more than `longest` pixels.

    With `even` its sides are even, as encoders want them.
    """
    share = min(1.0, longest / max(frame.width, frame.height)) if longest else 1.0
    width, height = (max(round(side * share), 1) for side in (frame.width, frame.height))
    if even:
        width, height = (max(side // 2 * 2, 2) for side in (width, height))
    stored_HWC = frame.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(stored_HWC, k=frame.rotation // 90))


def frames_at(path: Path, clip: Clip, seconds: Sequence[float]) -> Iterator[Picture]:
    """Yield the picture on screen at each moment, in seconds after the clip's start, in rising order.

    A moment after the last frame shows the last frame. Raises as `decode_span` does.
    """
    base = Fraction(clip["time_base_num"], clip["time_base_den"])
    moments = [clip["start_pts"] + moment / base for moment in seconds]
    waiting = iter(moments)
    wanted = next(waiting, None)
    shown: av.VideoFrame | None = None
    for frame in decode_span(path, clip, begin=int(moments[0]) if moments else None):
        while shown is not None and wanted is not None and frame.pts is not None and frame.pts > wanted:
            yield picture_of(shown)
            wanted = next(waiting, None)
        if wanted is None:
            return
        shown = frame
    while shown is not None and wanted is not None:
        yield picture_of(shown)
        wanted = next(waiting, None)


def sampled(path: Path, clip: Clip, a_second: float, longest: int) -> Iterator[Sampled]:
    """Yield about `a_second` frames a second of a clip's span, evenly, with its first and its last frame.

    Pictures have sides of `longest` pixels at most. Raises as `decode_span` does.
    """
    base = Fraction(clip["time_base_num"], clip["time_base_den"])
    step = 1 / (Fraction(a_second) * base)
    taken, left = 0, None
    for frame in decode_span(path, clip):
        left = frame
        assert frame.pts is not None
        if frame.pts - clip["start_pts"] >= taken * step:
            yield _sampled(frame, clip["start_pts"], base, longest)
            taken, left = int((frame.pts - clip["start_pts"]) / step) + 1, None
    if left is not None:
        yield _sampled(left, clip["start_pts"], base, longest)


def evenly(seconds: float, count: int) -> list[float]:
    """`count` moments of a clip of so many seconds, in the middles of as many equal parts."""
    return [(at + 0.5) * seconds / count for at in range(count)]


def cover(picture_HWC: Picture, width: int, height: int) -> Picture:
    """A picture of exactly this size: made smaller or larger until it covers it, and cut from the middle."""
    if picture_HWC.shape[:2] == (height, width):
        return picture_HWC
    shrinks = picture_HWC.shape[0] >= height and picture_HWC.shape[1] >= width
    smooth = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC  # a box undoes `video.enlarge`
    return np.asarray(ImageOps.fit(Image.fromarray(picture_HWC), (width, height), smooth))


def _sampled(frame: av.VideoFrame, start: int, base: Fraction, longest: int) -> Sampled:
    assert frame.pts is not None
    return Sampled(
        pts=frame.pts,
        seconds=float((frame.pts - start) * base),
        picture_HWC=picture_of(frame, longest),
    )
