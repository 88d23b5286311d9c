"""What is measured of one small picture, and of two that follow each other.

Legend: H, W pixels of the small picture, C blue, green, red (OpenCV's order), S the side of a thumbnail. Pixels are
uint8 of full range: 0 is black, 255 is white, whatever the film's own range and depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

SMALL_SIDE = 128
"""Pixels of the small picture's longer side; a smaller film keeps its own size."""
LEAST_SIDE = 16
THUMB_SIDE = 16
BLACK = 24
"""A pixel darker than this is black: 16 of 255 with room for a codec's noise."""
HASH_SIDE = 32

_OPPONENT = np.array(
    [[0, -1, 1], [-1, 0.5, 0.5]], np.float32
)  # of blue, green, red: R - G and (R + G) / 2 - B


@dataclass(frozen=True, kw_only=True)
class Measures:
    """One frame's numbers, and against the frame before. Levels are of 255."""

    luma_mean: float
    luma_deviation: float
    black_share: float
    difference: float
    content: float
    thumb_SS: Picture


@dataclass(frozen=True, kw_only=True)
class Look:
    """What changes slowly, of a frame now and then. `bars` are shares of the picture: top, bottom, left, right."""

    detail: float
    color_mean: tuple[float, float, float]
    color_deviation: tuple[float, float, float]
    colorfulness: float
    bars: tuple[float, float, float, float]
    hashed: int


def small_size(width: int, height: int) -> tuple[int, int]:
    """Return the small picture's width and height for a film's own."""
    scale = min(1.0, SMALL_SIDE / max(width, height))
    return max(round(width * scale), min(width, LEAST_SIDE)), max(
        round(height * scale), min(height, LEAST_SIDE)
    )


class Observer:
    """Measures small pictures one after the other; it remembers only the last one."""

    def __init__(self) -> None:
        self._luma: Any = None
        self._hsv: Any = None

    def measure(self, picture_HWC: Picture) -> Measures:
        """Measure the next picture, blue, green, red."""
        luma = np.asarray(cv2.cvtColor(picture_HWC, cv2.COLOR_BGR2GRAY), np.uint8)
        hsv = cv2.cvtColor(picture_HWC, cv2.COLOR_BGR2HSV)
        luma_mean, luma_deviation = cv2.meanStdDev(luma)
        measures = Measures(
            luma_mean=float(luma_mean[0, 0]),
            luma_deviation=float(luma_deviation[0, 0]),
            black_share=int(np.count_nonzero(luma < BLACK)) / luma.size,
            difference=0.0 if self._luma is None else cv2.norm(luma, self._luma, cv2.NORM_L1) / luma.size,
            content=0.0 if self._hsv is None else cv2.norm(hsv, self._hsv, cv2.NORM_L1) / hsv.size,
            thumb_SS=np.asarray(
                cv2.resize(luma, (THUMB_SIDE, THUMB_SIDE), interpolation=cv2.INTER_AREA), np.uint8
            ),
        )
        self._luma, self._hsv = luma, hsv
        return measures


def look(picture_HWC: Picture) -> Look:
    """Measure what changes slowly of a small picture, blue, green, red."""
    luma = np.asarray(cv2.cvtColor(picture_HWC, cv2.COLOR_BGR2GRAY), np.uint8)
    mean, deviation = cv2.meanStdDev(picture_HWC)
    return Look(
        detail=sharpness(luma),
        color_mean=_three(mean),
        color_deviation=_three(deviation),
        colorfulness=_colorfulness(picture_HWC),
        bars=_bars(luma),
        hashed=perceptual_hash(luma),
    )


def _three(column: Any) -> tuple[float, float, float]:
    blue, green, red = column[:, 0].tolist()
    return red, green, blue


def _colorfulness(picture_HWC: Picture) -> float:
    """Hasler and Süsstrunk, "Measuring colourfulness in natural images" (2003): 0 is grey, above 80 gaudy."""
    opponents = cv2.transform(picture_HWC.astype(np.float32), _OPPONENT)
    mean, deviation = cv2.meanStdDev(opponents)
    return float(np.hypot(*deviation[:, 0]) + 0.3 * np.hypot(*mean[:, 0]))


def _bars(luma_HW: Any) -> tuple[float, float, float, float]:
    """Return how much of the picture is black from each of its edges inwards; all 0 for a picture all black."""
    rows, columns = luma_HW.max(1) >= BLACK, luma_HW.max(0) >= BLACK
    if not rows.any():
        return 0.0, 0.0, 0.0, 0.0
    top, bottom = int(rows.argmax()), int(rows[::-1].argmax())
    left, right = int(columns.argmax()), int(columns[::-1].argmax())
    return top / len(rows), bottom / len(rows), left / len(columns), right / len(columns)


def perceptual_hash(luma_HW: Picture) -> int:
    """Return the 64 bits of a picture's DCT hash (Zauner, "pHash", 2010), the first bit highest.

    The picture is shrunk to 32 by 32; of its cosine transform the 8 by 8 lowest frequencies without the mean's row
    and column are compared with their median. Nearly equal pictures differ in few bits.
    """
    shrunk = cv2.resize(luma_HW, (HASH_SIDE, HASH_SIDE), interpolation=cv2.INTER_AREA)
    low = np.asarray(cv2.dct(shrunk.astype(np.float32)))[1:9, 1:9].ravel()
    bits = np.packbits(low > np.median(low))
    return int.from_bytes(bits.tobytes(), "big")


def sharpness(luma_HW: Picture) -> float:
    """Return the mean square of a picture's Laplacian: low is blurred, or was enlarged."""
    return float(cv2.norm(cv2.Laplacian(luma_HW, cv2.CV_16S), cv2.NORM_L2SQR)) / luma_HW.size
