"""Frames to the bytes of a film: one function for each ending, and the table of them.

Frames are `frames_THWC`: T frames of H by W pixels, C = red, green, blue, uint8. Each function writes to a path,
puts the comment (ASCII) where its format keeps one, and gives the same bytes for the same frames.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream
from PIL import Image

Frames = npt.NDArray[np.uint8]

EXIF_DESCRIPTION = 0x010E
_BT709 = 1  # the number of this colour space in ITU-T H.273; without it players guess from the frame's height


def _write_mp4(path: Path, frames_THWC: Frames, fps: Fraction, comment: str | None) -> None:
    """H.264; the index stands in front (faststart), so that a browser plays while it loads.

    Without macroblock trees: on processors with AVX-512 x264's gives other bytes for the same frames in one film of
    twenty, even with one thread (docs/log.md).
    """
    options = {"crf": "16", "preset": "medium", "x264-params": "mbtree=0"}
    _encode(path, frames_THWC, fps, comment, codec="libx264", options=options)


def _write_webm(path: Path, frames_THWC: Frames, fps: Fraction, comment: str | None) -> None:
    """VP9 at constant quality (a bit rate of 0 is how libvpx is told so)."""
    options = {"crf": "22", "b": "0", "deadline": "good", "cpu-used": "2"}
    _encode(path, frames_THWC, fps, comment, codec="libvpx-vp9", options=options)


def _encode(
    path: Path,
    frames_THWC: Frames,
    fps: Fraction,
    comment: str | None,
    *,
    codec: str,
    options: dict[str, str],
) -> None:
    """Encode as 4:2:0 in BT.709 with one thread: encoders with several may give other bytes on other machines."""
    muxing = {"movflags": "+faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options={"fflags": "+bitexact", **muxing}) as container:
        if comment is not None:
            container.metadata["comment"] = comment
        stream = cast(VideoStream, container.add_stream(codec, rate=fps, options=options))
        stream.height, stream.width = frames_THWC.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = context.color_range = _BT709
        for frame_HWC in frames_THWC:
            picture = av.VideoFrame.from_ndarray(frame_HWC, format="rgb24")
            picture = picture.reformat(
                format="yuv420p", dst_colorspace="ITU709", src_color_range="JPEG", dst_color_range="MPEG"
            )
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def _write_gif(path: Path, frames_THWC: Frames, fps: Fraction, comment: str | None) -> None:
    """One palette for the whole film, so that still parts do not shimmer; a repeated frame stays a frame."""
    height, width = frames_THWC.shape[1:3]
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("rgb24"), time_base=1 / fps)
    split = graph.add("split")
    palette = graph.add("palettegen", "reserve_transparent=0")
    dither = graph.add("paletteuse", "dither=sierra2_4a")
    source.link_to(split)
    split.link_to(palette, 0, 0)
    split.link_to(dither, 1, 0)
    palette.link_to(dither, 0, 1)
    dither.link_to(graph.add("buffersink"))
    graph.configure()
    for at, frame_HWC in enumerate(frames_THWC):
        picture = av.VideoFrame.from_ndarray(frame_HWC, format="rgb24")
        picture.pts, picture.time_base = at, 1 / fps
        graph.push(picture)
    graph.push(None)
    with av.open(str(path), "w", options={"loop": "0", "fflags": "+bitexact"}) as container:
        stream = container.add_stream("gif", rate=fps)
        stream.height, stream.width, stream.pix_fmt = height, width, "pal8"
        for _ in frames_THWC:
            container.mux(stream.encode(cast(av.VideoFrame, graph.pull())))
        container.mux(stream.encode())
    if comment is not None:
        path.write_bytes(_with_gif_comment(path.read_bytes(), comment.encode("ascii")))


def _with_gif_comment(gif: bytes, comment: bytes) -> bytes:
    """Put a comment extension (GIF89a, section 24) behind the global palette: FFmpeg writes none itself."""
    flags = gif[10]
    start = 13 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)
    blocks = b"".join(
        bytes([len(comment[at : at + 255])]) + comment[at : at + 255] for at in range(0, len(comment), 255)
    )
    return gif[:start] + b"\x21\xfe" + blocks + b"\x00" + gif[start:]


def _write_webp(path: Path, frames_THWC: Frames, fps: Fraction, comment: str | None) -> None:
    """Lossy animated WebP; frames start on whole milliseconds, so the durations are cut to keep the sum."""
    pictures = [Image.fromarray(frame_HWC) for frame_HWC in frames_THWC]
    starts = [round(1000 * at / fps) for at in range(len(pictures) + 1)]
    exif = Image.Exif()
    if comment is not None:
        exif[EXIF_DESCRIPTION] = comment
    pictures[0].save(
        path,
        format="WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=[after - before for before, after in pairwise(starts)],
        loop=0,
        quality=88,
        method=4,
        exif=exif.tobytes(),
    )


WRITERS: dict[str, Callable[[Path, Frames, Fraction, str | None], None]] = {
    ".mp4": _write_mp4,
    ".webm": _write_webm,
    ".gif": _write_gif,
    ".webp": _write_webp,
}
"""The endings a film may have, and what writes each."""
