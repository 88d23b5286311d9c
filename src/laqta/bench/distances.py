"""How far apart clips are: pixel by pixel, edge by edge, and set against set.

Shape suffixes: B clips, T frames, H height, W width, C channels, N rows, D features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SSIM_WINDOW = 7
EDGE = 0.06
"""Change of luminance from one pixel to the next (0 to 1) that makes an edge."""


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8], where: NDArray[np.bool_] | None = None) -> float:
    """Peak signal-to-noise ratio in dB of 8-bit frames, over all pixels or those `where` (without the channels)."""
    square = (one.astype(np.float32) - other.astype(np.float32)) ** 2
    mean = float(square.mean() if where is None else square[where].mean())
    return float(10 * np.log10(255**2 / max(mean, 1e-9)))


def luminance(frames: NDArray[np.uint8]) -> Array:
    """Brightness from 0 to 1 (BT.709) of frames whose last axis is the colour."""
    return frames.astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722]) / 255


def ssim(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Structural similarity of luminance, 7x7 windows (Wang et al. 2004, doi 10.1109/TIP.2003.819861)."""
    x, y = luminance(one), luminance(other)
    mean_x, mean_y = _windows(x), _windows(y)
    var_x, var_y = _windows(x * x) - mean_x**2, _windows(y * y) - mean_y**2
    both = _windows(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    similar = (2 * mean_x * mean_y + c1) * (2 * both + c2)
    return float((similar / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))).mean())


def edge_f1(drawn: NDArray[np.uint8], true: NDArray[np.uint8]) -> float:
    """Harmonic mean of how many drawn edges are true and how many true ones are drawn, a pixel of slack allowed."""
    found, wanted = _edges(drawn), _edges(true)
    if not found.any() or not wanted.any():
        return float(found.any() == wanted.any())
    precision = float((found & _grown(wanted)).sum() / found.sum())
    recall = float((wanted & _grown(found)).sum() / wanted.sum())
    return 2 * precision * recall / max(precision + recall, 1e-9)


def frechet(one_ND: Array, other_ND: Array) -> float:
    """Frechet distance of two sets of features taken for normal (Heusel et al. 2017, arXiv 1706.08500)."""
    mean = one_ND.mean(0) - other_ND.mean(0)
    cov_one, cov_other = np.cov(one_ND, rowvar=False), np.cov(other_ND, rowvar=False)
    root = _root(cov_one)
    crossed = np.linalg.eigvalsh(root @ cov_other @ root)  # its eigenvalues are those of cov_one @ cov_other
    return float(
        mean @ mean + np.trace(cov_one) + np.trace(cov_other) - 2 * np.sqrt(crossed.clip(min=0)).sum()
    )


def kernel_distance(one_ND: Array, other_ND: Array) -> float:
    """KID: unbiased squared MMD under a cubic polynomial kernel (Binkowski et al. 2018, arXiv 1801.01401)."""

    def kernel(a_ND: Array, b_ND: Array) -> Array:
        made: Array = (a_ND @ b_ND.T / a_ND.shape[1] + 1) ** 3
        return made

    n, m = len(one_ND), len(other_ND)
    within_one, within_other = kernel(one_ND, one_ND), kernel(other_ND, other_ND)
    return float(
        (within_one.sum() - np.trace(within_one)) / (n * (n - 1))
        + (within_other.sum() - np.trace(within_other)) / (m * (m - 1))
        - 2 * kernel(one_ND, other_ND).mean()
    )


def nearest(one_ND: Array, other_ND: Array) -> tuple[NDArray[np.intp], Array]:
    """For each row of one set the index of the nearest row of the other, and how far it is."""
    square = (one_ND**2).sum(1)[:, None] + (other_ND**2).sum(1) - 2 * one_ND @ other_ND.T
    return square.argmin(1), np.sqrt(square.min(1).clip(min=0))


def _root(matrix: Array) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    root: Array = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    return root


def _windows(pictures: Array) -> Array:
    """Means of all windows of the last two axes, by running sums."""
    side = SSIM_WINDOW
    for axis in (-2, -1):
        sums = np.cumsum(pictures, axis=axis)
        sums = np.concatenate([np.zeros_like(np.take(sums, [0], axis)), sums], axis=axis)
        count = sums.shape[axis]
        later = np.take(sums, range(side, count), axis)
        pictures = (later - np.take(sums, range(count - side), axis)) / side
    return pictures


def _edges(frames: NDArray[np.uint8]) -> NDArray[np.bool_]:
    light = luminance(frames)
    down = np.abs(np.diff(light, axis=-2))[..., :, :-1]
    across = np.abs(np.diff(light, axis=-1))[..., :-1, :]
    strong: NDArray[np.bool_] = np.hypot(down, across) > EDGE
    return strong


def _grown(edges: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Every edge a pixel wider on all sides."""
    padded = np.pad(edges, [(0, 0)] * (edges.ndim - 2) + [(1, 1), (1, 1)])
    height, width = edges.shape[-2:]
    grown: NDArray[np.bool_] = np.zeros_like(edges)
    for down in range(3):
        for across in range(3):
            grown |= padded[..., down : down + height, across : across + width]
    return grown
