"""Films that a program uploads: their recipe, where Laqta filmed them, and their pictures, encoded anew.

Nothing of an uploaded file is kept but its pixels, so that a worker only ever opens films of our own making.
Frames are `frames_THWC`: T frames of H by W pixels, C = red, green, blue, uint8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import av
import numpy as np

from laqta.encode import Frames
from laqta.studio.encoding import film_bytes
from laqta.studio.videos_asked import ApiError
from laqta.video import read_recipe

MOST_SECONDS = 60.0
MOST_BYTES = 60 * 10**6
MOST_FRAME_PIXELS = 4096 * 2304
MOST_DECODED_PIXELS = 4 * 10**9
"""Over all frames: a minute of 1080p."""
KEPT_SIDE = 512
KEPT_RATE = 24.0
KEPT_PIXELS = 10**8
"""A film is kept smaller than this over all its frames (300 MB while it is read): no model here films finer."""

_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"  # no playlists: those open other files


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnFilm:
    """An uploaded film as an .mp4 of our own making."""

    content: bytes
    width: int
    height: int
    seconds: float


def recipe_of(content: bytes) -> dict[str, Any]:
    """The recipe inside an uploaded film. Raises `ApiError` for a film that Laqta did not make."""
    with TemporaryDirectory() as folder:
        path = _written(content, folder)
        try:
            recipe = read_recipe(path)
        except ValueError as error:
            raise ApiError(
                "this file carries no recipe, so Laqta does not know what is in it and cannot edit it: an .mp4 that "
                "Laqta filmed can be edited; any other film can go on with POST /v1/videos/extensions",
                param="video", code="foreign_video",
            ) from error  # fmt: skip
    if not isinstance(recipe, dict):
        raise _damaged("its recipe is none")
    if "takes" in recipe:
        raise ApiError(
            "this file is a storyboard's takes, joined; to edit one of them, send its own film or its id",
            param="video", code="invalid_video",
        )  # fmt: skip
    return recipe


def as_own_film(content: bytes) -> OwnFilm:
    """An uploaded film, decoded within limits. Raises `ApiError` for what is no film, or is too large."""
    with TemporaryDirectory() as folder:
        path = _written(content, folder)
        try:
            with av.open(
                str(path), options={"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"}
            ) as container:
                if not container.streams.video:
                    raise _damaged("it has no pictures")
                frames_THWC, rate = _small_frames(container)
        except av.FFmpegError as error:
            raise _damaged(error.strerror or "it cannot be decoded") from error
    count, height, width = frames_THWC.shape[:3]
    content = film_bytes(frames_THWC, rate, "mp4")
    return OwnFilm(content=content, width=width, height=height, seconds=count / rate)


def _written(content: bytes, folder: str) -> Path:
    if len(content) > MOST_BYTES:
        raise ApiError(f"the film is larger than {MOST_BYTES // 10**6} MB", param="video", code="too_large")
    path = Path(folder) / "film.mp4"
    path.write_bytes(content)
    return path


def _small_frames(container: av.container.InputContainer) -> tuple[Frames, float]:
    """The frames at no more than `KEPT_RATE` a second, made smaller, and their rate."""
    stream = container.streams.video[0]
    rate = min(KEPT_RATE, float(stream.average_rate or KEPT_RATE))
    kept: list[Frames] = []
    size: tuple[int, int] | None = None
    for seconds, picture in _decoded(container):
        size = size or _kept_size(picture.width, picture.height)
        if round(seconds * rate) < len(kept):
            continue
        small = cast(Frames, picture.reformat(*size, "rgb24", interpolation="AREA").to_ndarray())
        while len(kept) <= round(seconds * rate):  # where a film stands still, it may leave frames out
            kept.append(small)
    if not kept:
        raise _damaged("it has no pictures")
    return np.stack(kept), rate


def _decoded(container: av.container.InputContainer) -> Iterator[tuple[float, av.VideoFrame]]:
    """Every frame with its time in seconds from the first; `ApiError` as soon as a limit is passed."""
    pixels, start = 0, None
    _check_size(container.streams.video[0].width, container.streams.video[0].height, 0, 0.0)
    for picture in container.decode(video=0):
        start = float(picture.time or 0.0) if start is None else start
        seconds = max(0.0, float(picture.time or 0.0) - start)
        pixels += picture.width * picture.height
        if seconds > MOST_SECONDS:
            raise ApiError(
                f"the film is longer than {MOST_SECONDS:g} seconds", param="video", code="too_large"
            )
        _check_size(picture.width, picture.height, pixels, seconds)
        yield seconds, picture


def _check_size(width: int, height: int, pixels: int, seconds: float) -> None:
    if width * height > MOST_FRAME_PIXELS or pixels > MOST_DECODED_PIXELS:
        raise ApiError(
            f"the film is too large: {width}x{height}, {seconds:.1f} seconds or more; a minute of 1080p is possible",
            param="video", code="too_large",
        )  # fmt: skip


def _kept_size(width: int, height: int) -> tuple[int, int]:
    """Even sides, at most `KEPT_SIDE`, and small enough that the longest film fits."""
    most = KEPT_PIXELS / (MOST_SECONDS * KEPT_RATE)
    scale = min(1.0, KEPT_SIDE / max(width, height), sqrt(most / (width * height)))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _damaged(why: str) -> ApiError:
    return ApiError(
        f"the film cannot be read ({why}); send an .mp4 or .webm", param="video", code="invalid_video"
    )
