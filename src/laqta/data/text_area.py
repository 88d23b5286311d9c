"""How much of a film's picture is text, and whether that text stays where it is: subtitles, logos, titles.

RapidOCR finds the text; its models (PP-OCR, Apache-2.0) ship in its wheel, and it is imported late. Boxes are fractions
of the displayed picture: left, top, right, bottom.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from laqta.data.picture import Picture
from laqta.data.probe import Probe, open_film, probe

SAMPLE_SECONDS = 1.0
LONGER_SIDE = 736
"""Pictures are shrunk to this longer side: text smaller than a fiftieth of it is not worth a filter."""
LEAST_SAMPLES = 3
SAME_PLACE = 0.9
"""Boxes of two samples lie in the same place from this intersection over union on."""
GRID = 256

TextBox = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class TextSample:
    """One sampled frame: its PTS, the boxes of its text, and the share of the picture that they cover together."""

    pts: int
    boxes: tuple[TextBox, ...]
    area: float


@dataclass(frozen=True, kw_only=True)
class TextArea:
    """The samples of a film in order, and `overlays`: boxes that stay in the same place over several of them."""

    samples: tuple[TextSample, ...]
    overlays: tuple[TextBox, ...]

    @property
    def mean_area(self) -> float:
        """Share of the picture that is text, over all samples."""
        return float(np.mean([sample.area for sample in self.samples])) if self.samples else 0.0

    @property
    def overlay_area(self) -> float:
        """Share of the picture that text covers for good."""
        return covered(self.overlays)


class TextFinder:
    """RapidOCR's detector, loaded once; `ModuleNotFoundError` where the package is not installed."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine: Any = RapidOCR(params={"Global.log_level": "error", "Global.use_cls": False})

    def find(self, picture_HWC: Picture) -> tuple[TextBox, ...]:
        """Return the boxes of text in a picture, uint8 blue, green, red."""
        height, width = picture_HWC.shape[:2]
        found = self._engine(picture_HWC, use_det=True, use_cls=False, use_rec=False)
        boxes = np.zeros((0, 4, 2)) if found.boxes is None else np.asarray(found.boxes, np.float64)
        return tuple(
            (
                float(max(box[:, 0].min() / width, 0)),
                float(max(box[:, 1].min() / height, 0)),
                float(min(box[:, 0].max() / width, 1)),
                float(min(box[:, 1].max() / height, 1)),
            )
            for box in boxes
        )


def measure_text(path: str | Path, finder: TextFinder, known: Probe | None = None) -> TextArea:
    """Look for text about once a second.

    Raises `ValueError` for what `probe` refuses and for a film that is damaged.
    """
    path = Path(path)
    known = known or probe(path)
    samples = []
    try:
        for frame in _sampled(path, known):
            boxes = finder.find(_picture(frame, known))
            samples.append(TextSample(pts=frame.pts or 0, boxes=boxes, area=covered(boxes)))
    except av.FFmpegError as error:
        raise ValueError(f"{str(path)!r} is damaged ({error.strerror}); fetch it again") from error
    return TextArea(samples=tuple(samples), overlays=find_overlays([sample.boxes for sample in samples]))


def _sampled(path: Path, known: Probe) -> Iterator[av.VideoFrame]:
    """Yield one frame each `SAMPLE_SECONDS`."""
    wished, step = float(known.start_pts), SAMPLE_SECONDS / float(known.time_base)
    with open_film(path) as container:
        for frame in container.decode(video=0):
            if frame.pts is not None and frame.pts >= wished:
                wished = frame.pts + step
                yield frame


def _picture(frame: av.VideoFrame, known: Probe) -> Picture:
    scale = min(1.0, LONGER_SIDE / max(frame.width, frame.height))
    width, height = max(round(frame.width * scale), 1), max(round(frame.height * scale), 1)
    picture: Picture = frame.to_ndarray(format="bgr24", width=width, height=height)  # type: ignore[assignment]
    return np.ascontiguousarray(np.rot90(picture, known.rotation // 90))


def covered(boxes: Sequence[TextBox]) -> float:
    """Return the share of the picture that boxes cover together, to a 256th of each side."""
    grid = np.zeros((GRID, GRID), bool)
    for left, top, right, bottom in boxes:
        grid[round(top * GRID) : round(bottom * GRID), round(left * GRID) : round(right * GRID)] = True
    return float(grid.mean())


def find_overlays(samples: Sequence[Sequence[TextBox]], least: int = LEAST_SAMPLES) -> tuple[TextBox, ...]:
    """Return the boxes that stand in the same place in at least `least` samples one after the other.

    What lies in the scene moves with the camera; what was laid over the film stays (as Cosmos-Curate tells them).
    """
    staying: list[tuple[TextBox, int]] = []
    overlays: list[TextBox] = []
    for boxes in samples:
        following = []
        for box in boxes:
            seen = 1 + max(
                (count for other, count in staying if intersection_over_union(box, other) >= SAME_PLACE),
                default=0,
            )
            following.append((box, seen))
            if seen >= least and all(intersection_over_union(box, other) < SAME_PLACE for other in overlays):
                overlays.append(box)
        staying = following
    return tuple(overlays)


def intersection_over_union(one: TextBox, other: TextBox) -> float:
    """Return how much two boxes share of what they cover together."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / (areas - width * height)
