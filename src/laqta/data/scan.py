"""One decode pass over a film: every number that later stages ask for, frame by frame; no frame is kept.

Legend: T frames, K frames that were sampled, C channels (red, green, blue), S the side of a thumbnail.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, cast

import av
import numpy as np
from av.sidedata.sidedata import Type
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from laqta.data.picture import (
    THUMB_SIDE,
    Look,
    Observer,
    Picture,
    look,
    sharpness,
    small_size,
)
from laqta.data.probe import Probe, open_film, probe

Series = NDArray[np.float32]

SAMPLES_A_SECOND = 2
"""How often what changes slowly is measured: colours, bars, sharpness, vectors, the hash."""
WAITING = 8
"""How many decoded frames may wait to be measured."""
VECTOR_STEP = 8
"""Of a frame's motion vectors every eighth is read: more tells nothing new."""
STILL_VECTOR = 0.5
"""A motion vector shorter than this many pixels does not move."""


class Watcher(Protocol):
    """Sees each small picture of a pass in turn: uint8 (H, W, 3), blue, green, red, as displayed."""

    def see(self, picture_HWC: Picture) -> None:
        """Look at the next picture; it may be kept."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scan:
    """The series of one film; float32 where nothing else is said.

    `pts_T` int64 in units of `time_base`, rising; `end_pts` is where the last frame ends. Levels are of 255 on a
    picture of at most 128 pixels, full range, in the film's own transfer curve: `luma_mean_T`, `luma_deviation_T`,
    `black_share_T` (pixels under 24). Against the frame before, 0 for the first: `difference_T` (mean absolute of luma;
    0 is a freeze), `content_T` (PySceneDetect's content value: mean absolute of hue, saturation and value).
    `thumbs_TSS` uint8 luma.

    Of sampled frames, indices `sampled_K` int64: `hashes_K` uint64; `sharpness_K` (mean square of the Laplacian in the
    middle quarter, at the film's own size) and `detail_K` (of the small picture); `color_mean_KC`,
    `color_deviation_KC`, `colorfulness_K`; `bars_K4`: share black from the top, bottom, left and right edges inwards;
    `vector_mean_K` and `vector_share_K`: mean length of the codec's motion vectors as a fraction of the picture's
    diagonal, and the share of the picture that moves; NaN in key frames, and where the codec gives none.
    """

    time_base: Fraction
    end_pts: int
    pts_T: NDArray[np.int64]
    luma_mean_T: Series
    luma_deviation_T: Series
    black_share_T: Series
    difference_T: Series
    content_T: Series
    thumbs_TSS: Picture
    sampled_K: NDArray[np.int64]
    hashes_K: NDArray[np.uint64]
    sharpness_K: Series
    detail_K: Series
    color_mean_KC: Series
    color_deviation_KC: Series
    colorfulness_K: Series
    bars_K4: Series
    vector_mean_K: Series
    vector_share_K: Series


@dataclass
class _Gathered:
    """What has been measured so far; it grows by some 350 bytes a frame."""

    pts: list[int] = field(default_factory=list)
    rows: list[tuple[float, ...]] = field(default_factory=list)
    thumbs: bytearray = field(default_factory=bytearray)
    sampled: list[int] = field(default_factory=list)
    hashes: list[int] = field(default_factory=list)
    samples: list[tuple[float, ...]] = field(default_factory=list)
    end_pts: int = 0


def scan(path: str | Path, known: Probe | None = None, watcher: Watcher | None = None) -> Scan:
    """Decode a film once and measure it; memory grows by a few hundred bytes a frame and by no frame.

    `known` is its probe, if there is one already. Raises `ValueError` for what `probe` refuses, and for a film that
    is damaged or ends early: the message says how far it could be read.
    """
    path = Path(path)
    known = known or probe(path)
    gathered = _Gathered()
    measurer = _Measurer(known, gathered, watcher)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="scan") as worker:
            waiting: deque[Future[None]] = deque()
            for frame in _decode(path):
                waiting.append(worker.submit(measurer.measure, frame))
                if len(waiting) > WAITING:
                    waiting.popleft().result()
            for one in waiting:
                one.result()
    except av.FFmpegError as error:
        raise ValueError(_damaged(path, known, gathered, f"is damaged ({error.strerror})")) from error
    if not gathered.pts:
        raise ValueError(_damaged(path, known, gathered, "holds no picture that can be decoded"))
    missing = float((known.end_pts - gathered.end_pts) * known.time_base)
    if missing > max(3 / float(known.average_rate or 25), 0.2):
        raise ValueError(_damaged(path, known, gathered, "is cut short or damaged"))
    return _as_arrays(known, gathered)


def _damaged(path: Path, known: Probe, gathered: _Gathered, what: str) -> str:
    far = float((max(gathered.end_pts, known.start_pts) - known.start_pts) * known.time_base)
    return f"{str(path)!r} {what}: {far:.2f} of {known.seconds:.2f} seconds can be read; fetch it again"


def _decode(path: Path) -> Iterator[av.VideoFrame]:
    """Yield the frames with their motion vectors; a frame that the decoder calls corrupt raises."""
    with open_film(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"flags2": "+export_mvs"}
        for frame in container.decode(stream):
            if frame.is_corrupt:
                raise av.InvalidDataError(0, "a frame is corrupt")
            yield frame


class _Measurer:
    """Measures decoded frames, one after the other, in a thread of its own."""

    def __init__(self, known: Probe, gathered: _Gathered, watcher: Watcher | None) -> None:
        self.gathered, self.watcher, self.turns = gathered, watcher, known.rotation // 90
        self.size = small_size(known.coded_width, known.coded_height)
        self.diagonal = float(np.hypot(known.coded_width, known.coded_height))
        self.area = known.coded_width * known.coded_height
        self.frame_pts = max(1, round(1 / float(known.average_rate or 25) / float(known.time_base)))
        self.sample_pts = 1 / SAMPLES_A_SECOND / float(known.time_base)
        self.next_sample = float(known.start_pts)
        self.observer, self.scaler, self.luma_scaler = Observer(), VideoReformatter(), VideoReformatter()

    def measure(self, frame: av.VideoFrame) -> None:
        """Append one frame's numbers."""
        gathered = self.gathered
        pts = gathered.end_pts if frame.pts is None else frame.pts
        if gathered.pts and pts <= gathered.pts[-1]:
            raise av.InvalidDataError(0, "time runs backwards")
        picture = self._small(frame)
        if self.watcher is not None:
            self.watcher.see(picture)
        seen = self.observer.measure(picture)
        gathered.rows.append(
            (seen.luma_mean, seen.luma_deviation, seen.black_share, seen.difference, seen.content)
        )
        gathered.thumbs += seen.thumb_SS.tobytes()
        if not gathered.samples or pts >= self.next_sample:
            self.next_sample = pts + self.sample_pts
            looked = look(picture)
            gathered.sampled.append(len(gathered.pts))
            gathered.hashes.append(looked.hashed)
            gathered.samples.append((sharpness(self._middle(frame)), *_sample(looked), *self._vectors(frame)))
        gathered.pts.append(pts)
        gathered.end_pts = pts + (frame.duration or self.frame_pts)

    def _small(self, frame: av.VideoFrame) -> Picture:
        width, height = self.size
        small = self.scaler.reformat(
            frame, width, height, "bgr24", interpolation=Interpolation.AREA, dst_color_range="JPEG", threads=1
        )
        picture: Picture = small.to_ndarray()  # type: ignore[assignment]
        return np.ascontiguousarray(np.rot90(picture, self.turns)) if self.turns else picture

    def _middle(self, frame: av.VideoFrame) -> Picture:
        """The middle quarter of the picture's luma, at its own size."""
        grey = self.luma_scaler.reformat(frame, format="gray", dst_color_range="JPEG", threads=1)
        luma: Picture = grey.to_ndarray()  # type: ignore[assignment]
        height, width = luma.shape
        return luma[height // 4 : height - height // 4, width // 4 : width - width // 4]

    def _vectors(self, frame: av.VideoFrame) -> tuple[float, float]:
        """Mean length (fraction of the diagonal, a frame) and share of the picture that moves."""
        data = cast(Any, frame.side_data).get(Type.MOTION_VECTORS)
        if data is None:
            return float("nan"), float("nan")
        vectors = np.ascontiguousarray(data.to_ndarray()[::VECTOR_STEP])
        across, down, scale = vectors["motion_x"], vectors["motion_y"], vectors["motion_scale"]
        length = np.sqrt(across * across + down * down) / np.maximum(scale, 1)
        area = vectors["w"].astype(np.float64) * vectors["h"] * (VECTOR_STEP / self.area)
        moves = length >= STILL_VECTOR
        return float((length * area).sum()) / self.diagonal, min(float(area[moves].sum()), 1.0)


def _sample(looked: Look) -> tuple[float, ...]:
    return (
        looked.detail,
        looked.colorfulness,
        *looked.color_mean,
        *looked.color_deviation,
        *looked.bars,
    )


def _as_arrays(known: Probe, gathered: _Gathered) -> Scan:
    rows, samples = np.array(gathered.rows, np.float32), np.array(gathered.samples, np.float32)
    return Scan(
        time_base=known.time_base,
        end_pts=gathered.end_pts,
        pts_T=np.array(gathered.pts, np.int64),
        luma_mean_T=rows[:, 0],
        luma_deviation_T=rows[:, 1],
        black_share_T=rows[:, 2],
        difference_T=rows[:, 3],
        content_T=rows[:, 4],
        thumbs_TSS=np.frombuffer(bytes(gathered.thumbs), np.uint8).reshape(-1, THUMB_SIDE, THUMB_SIDE),
        sampled_K=np.array(gathered.sampled, np.int64),
        hashes_K=np.array(gathered.hashes, np.uint64),
        sharpness_K=samples[:, 0],
        detail_K=samples[:, 1],
        colorfulness_K=samples[:, 2],
        color_mean_KC=samples[:, 3:6],
        color_deviation_KC=samples[:, 6:9],
        bars_K4=samples[:, 9:13],
        vector_mean_K=samples[:, 13],
        vector_share_K=samples[:, 14],
    )
