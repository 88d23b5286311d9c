"""Cut a clip out of its source: only here, when something leaves the workspace, do spans become files."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np

from laqta.data.frames import decode_span, picture_of
from laqta.encode import Frames


def read_span(path: Path, clip: dict[str, Any]) -> tuple[Frames, list[Fraction]]:
    """The frames of a clip's span, turned as displayed, and when each starts, in seconds after the clip's own start.

    `clip` is a row of a dataset. Frames (T, H, W, 3), uint8.

    Raises:
        ValueError: the source holds no frame there.
    """
    base = Fraction(clip["time_base_num"], clip["time_base_den"])
    frames: list[Frames] = []
    starts: list[Fraction] = []
    for frame in decode_span(path, clip):
        assert frame.pts is not None
        frames.append(picture_of(frame))
        starts.append((frame.pts - clip["start_pts"]) * base)
    return np.stack(frames), starts


def encode_span(frames_THWC: Frames, starts: list[Fraction], end: Fraction) -> bytes:
    """An mp4 of frames that start at the given seconds and end at `end`: a variable frame rate stays what it is."""
    height, width = (side - side % 2 for side in frames_THWC.shape[1:3])
    time_base = Fraction(1, 90_000)
    rate = Fraction(len(starts)) / end
    sink = BytesIO()
    with av.open(sink, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate.limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = time_base
        stream.options = {"crf": "16", "preset": "veryfast", "threads": "1", "x264-params": "mbtree=0"}
        for picture_HWC, start in zip(frames_THWC, starts, strict=True):
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(picture_HWC[:height, :width]), format="rgb24"
            )
            frame.pts, frame.time_base = round(start / time_base), time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return sink.getvalue()
