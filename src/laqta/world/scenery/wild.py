"""Wild land: forest and mountains."""

from __future__ import annotations

import torch

from laqta.world.light import Color, under
from laqta.world.paint import Canvas
from laqta.world.scenery.painting import Painting, sky, speckle


def forest(painting: Painting) -> None:
    """Deep green: rows of trunks one behind the other under a roof of leaves, ferns and mushrooms."""
    sky(painting, 0.7, clouds=False)
    dice, far, mid, near = painting.dice, painting.far, painting.mid, painting.near
    light = painting.light
    far.cover(0.65 * far.below(0.0), under(light.land, (0.62, 0.82, 0.56), 0.8))
    _trunks(far, 0.11, 0.014, under(light.land, (0.42, 0.58, 0.40), 0.9))
    mid.cover(mid.below(0.60 + mid.waves(0.02, 0.7)), dice.tone((0.26, 0.48, 0.26)))
    _trunks(mid, 0.24, 0.030, (0.40, 0.28, 0.20))
    _leaves(mid, 0.16, 0.14, ((0.16, 0.46, 0.22), (0.24, 0.56, 0.26)))
    floor = 0.68 + near.waves(0.02, 0.9)
    near.cover(
        near.below(floor),
        near.mix(dice.tone((0.34, 0.52, 0.22)), dice.tone((0.22, 0.34, 0.16)), (near.y_1H1 - 0.66) * 3),
    )
    for side in (-1.0, 1.0):
        x = side * dice.draw(0.82, 1.0) * painting.half
        width = 0.055 + 0.05 * ((near.y_1H1 - 0.62) / 0.14).clamp(0, 1) ** 2
        trunk = near.edge(width - (near.x_11W - x).abs()) * (1 - near.below(0.78))
        near.cover(trunk, (0.36, 0.23, 0.15))
        near.cover(0.5 * trunk * near.edge(near.x_11W - x - 0.02), (0.24, 0.15, 0.11))
    _leaves(near, 0.04, 0.16, ((0.10, 0.36, 0.18), (0.18, 0.48, 0.22)))
    _ferns(painting, floor)
    speckle(painting, floor + 0.04, 0.3, 0.018, (0.90, 0.25, 0.22), 0.4)
    speckle(painting, floor + 0.03, 0.12, 0.012, (0.60, 0.46, 0.20), 0.5)
    painting.lit(0.12)


def mountains(painting: Painting) -> None:
    """Tall grey-blue peaks with snow on top, a lake at their feet and a stony meadow."""
    sky(painting, 0.6)
    dice, far, mid, near = painting.dice, painting.far, painting.mid, painting.near
    light = painting.light
    for color, foot, low, high, spacing in (
        ((0.62, 0.68, 0.82), 0.58, 0.22, 0.34, 0.34),
        ((0.44, 0.48, 0.62), 0.60, 0.26, 0.46, 0.58),
    ):
        peaks = under(light.land, color), under(light.land, (0.98, 0.99, 1.0))
        _peaks(far if spacing < 0.5 else mid, foot, (low, high), spacing, peaks)
    lake = mid.mix(dice.tone((0.36, 0.66, 0.84)), (0.60, 0.82, 0.92), (mid.y_1H1 - 0.58) * 8)
    mid.cover(mid.below(0.585), lake * mid.color(light.land))
    front = 0.66 + near.waves(0.035, 1.0)
    near.cover(
        near.below(front),
        near.mix(dice.tone((0.52, 0.64, 0.36)), dice.tone((0.34, 0.46, 0.28)), (near.y_1H1 - 0.62) * 2.6),
    )
    dx, dy, cells_HW = near.grid(0.26, 0.13, 0.4)
    size = dice.for_cells(cells_HW, 0.015, 0.035)
    here = (dice.for_cells(cells_HW) < 0.5) * (near.y_1H1 > front + 0.04)
    near.cover(near.oval(dx, dy, 1.3 * size, 0.8 * size) * here, (0.60, 0.60, 0.64))
    near.cover(
        0.6 * near.oval(dx - 0.3 * size, dy - 0.3 * size, 0.9 * size, 0.5 * size) * here, (0.42, 0.42, 0.48)
    )
    near.lit(light.land)


def _peaks(
    canvas: Canvas, foot: float, heights: tuple[float, float], spacing: float, colors: tuple[Color, Color]
) -> None:
    rock, cap = colors
    dx, cells_1W = canvas.columns(spacing, 0.15)
    high = canvas.dice.for_cells(cells_1W, *heights)
    dy = canvas.y_1H1 - foot
    rugged = 0.012 * torch.sin(70 * canvas.x_11W) + 0.02 * torch.sin(31 * canvas.x_11W)
    ridge = high - dx.abs() * high / (0.62 * spacing) + rugged
    body = canvas.edge(0.8 * (ridge + dy)) * canvas.edge(-dy + 0.02)
    canvas.cover(body, rock)
    snow = body * canvas.edge(0.8 * (-dy - 0.62 * high - 0.03 * torch.sin(60 * dx)))
    canvas.cover(snow, cap)
    shade = body * canvas.edge(dx + 0.05 * torch.sin(25 * dy), 0.01)
    canvas.cover(0.24 * shade, (0.10, 0.12, 0.30))


def _trunks(canvas: Canvas, spacing: float, half_width: float, color: Color) -> None:
    dx, cells_1W = canvas.columns(spacing, 0.3)
    width = half_width * canvas.dice.for_cells(cells_1W, 0.7, 1.3)
    canvas.cover(canvas.edge(width - dx.abs()) * (1 - canvas.below(0.64)), color)


def _leaves(canvas: Canvas, low: float, size: float, colors: tuple[Color, ...]) -> None:
    for index, color in enumerate(colors):
        dx, cells_1W = canvas.columns(size, 0.3)
        edge = low - 0.05 * index + canvas.dice.for_cells(cells_1W, -0.03, 0.05)
        leaves = torch.maximum(
            canvas.oval(dx, canvas.y_1H1 - edge, 0.72 * size, 0.6 * size), 1 - canvas.below(edge - 0.01)
        )
        canvas.cover(leaves, color)


def _ferns(painting: Painting, floor: torch.Tensor) -> None:
    near, dice = painting.near, painting.dice
    dx, dy, cells_HW = near.grid(0.2, 0.12, 0.4)
    size = dice.for_cells(cells_HW, 0.03, 0.06)
    here = (dice.for_cells(cells_HW) < 0.7) * (near.y_1H1 > floor + 0.02)
    for lean in (-0.6, 0.0, 0.6):
        near.cover(near.spike(dx + lean * dy, dy, 0.16 * size, size) * here, (0.16, 0.46, 0.20))
