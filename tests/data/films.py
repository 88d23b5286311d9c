"""Writes small odd films for the tests of probing, scanning and cutting."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Frames = NDArray[np.uint8]


def scene(seed: int, frames: int, height: int = 48, width: int = 64) -> Frames:
    """A random picture of soft patches that drifts slowly to the left, a quarter of a pixel a frame."""
    dice = np.random.default_rng(seed)
    coarse = dice.integers(20, 235, (5, 7, 3)).astype(np.uint8)
    fine = Image.fromarray(coarse).resize((width * 6, height * 4), Image.Resampling.BICUBIC)
    return np.stack(
        [
            np.asarray(
                fine.crop((at, 0, at + width * 4, height * 4)).resize((width, height), Image.Resampling.BOX)
            )
            for at in (step * min(2 * width, frames) // frames for step in range(frames))
        ]
    )


def write_film(
    path: Path,
    frames: Frames,
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate: int = 24,
    **more: Any,
) -> Path:
    """Encode frames; `more`: `times` (milliseconds of each frame), `options`, `rotation`, `aspect`, `transfer`."""
    times: Sequence[int] | None = more.get("times")
    with av.open(str(path), "w", options=more.get("container", {})) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pixels
        stream.options = more.get("options", {})
        if "rotation" in more:
            stream.set_display_rotation(more["rotation"])
        if "aspect" in more:
            stream.codec_context.sample_aspect_ratio = more["aspect"]
        if "transfer" in more:
            stream.codec_context.color_trc = more["transfer"]
        base = Fraction(1, 1000) if times else Fraction(1, rate)
        if times:
            stream.codec_context.time_base = base
        for at, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = times[at] if times else at, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path) -> Path:
    """A second of silence and no picture."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def join(*parts: Frames) -> Frames:
    """One film of several."""
    return np.concatenate(parts)


def dissolve(before: Frames, after: Frames) -> Frames:
    """Mix two stretches of equal length."""
    share = ((np.arange(len(before)) + 0.5) / len(before))[:, None, None, None]
    return np.asarray((before * (1 - share) + after * share).round(), np.uint8)


def fade(frames: Frames, *, out: bool) -> Frames:
    """Darken a stretch to black, or the other way."""
    share = ((np.arange(len(frames)) + 0.5) / len(frames))[:, None, None, None]
    return np.asarray((frames * (1 - share if out else share)).round(), np.uint8)
