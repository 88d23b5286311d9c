"""Open land: meadow, desert, beach and snow."""

from __future__ import annotations

import torch

from laqta.world.light import Color
from laqta.world.paint import Canvas
from laqta.world.scenery.painting import Painting, sky, speckle


def meadow(painting: Painting) -> None:
    """Rolling green hills with round trees and flowers in the grass."""
    sky(painting, 0.58)
    dice, mid, near = painting.dice, painting.mid, painting.near
    back = 0.50 + mid.waves(0.05, 1.1)
    mid.cover(
        mid.below(back),
        mid.mix(dice.tone((0.52, 0.80, 0.42)), dice.tone((0.34, 0.66, 0.34)), (mid.y_1H1 - 0.45) * 5),
    )
    _round_trees(painting, 0.46, 0.36, (0.20, 0.52, 0.26))
    front = 0.64 + near.waves(0.03, 1.3)
    grass = near.mix(dice.tone((0.56, 0.83, 0.30)), dice.tone((0.26, 0.60, 0.20)), (near.y_1H1 - 0.6) * 2.4)
    near.cover(near.below(front), grass)
    _grass_tufts(painting, front, (0.20, 0.52, 0.18))
    for color in ((1.0, 1.0, 0.96), (1.0, 0.84, 0.25), (0.98, 0.45, 0.62)):
        speckle(painting, front + 0.03, 0.17, 0.014, color, 0.42)
    painting.lit(0.18)


def desert(painting: Painting) -> None:
    """Orange dunes with shaded sides, pyramids far off and cacti."""
    sky(painting, 0.60, clouds=False)
    dice, mid, near = painting.dice, painting.mid, painting.near
    for height in (0.24, 0.16):
        x = dice.draw(-0.8, 0.8) * painting.half
        dx, dy = mid.x_11W - x, mid.y_1H1 - 0.60
        pyramid = mid.spike(dx, dy, 0.8 * height, height)
        mid.cover(pyramid, dice.tone((0.90, 0.66, 0.36)))
        mid.cover(pyramid * mid.edge(dx - 0.12 * height), (0.68, 0.44, 0.26))
    back = 0.57 + mid.waves(0.035, 0.9, 2)
    mid.cover(
        mid.below(back),
        mid.mix(dice.tone((0.98, 0.76, 0.42)), dice.tone((0.90, 0.58, 0.28)), (mid.y_1H1 - 0.52) * 5),
    )
    front = 0.67 + near.waves(0.045, 1.2, 2)
    near.cover(
        near.below(front),
        near.mix(dice.tone((1.0, 0.80, 0.46)), dice.tone((0.88, 0.52, 0.22)), (near.y_1H1 - front) * 2.6),
    )
    dune = front + 0.14 + near.waves(0.05, 0.8, 1)
    near.cover(0.5 * near.below(dune) * (1 - near.below(dune + 0.12, 0.2)), (1.0, 0.88, 0.60))
    ripple = torch.sin(95 * (near.y_1H1 - 0.35 * dune) / (0.4 + near.y_1H1))
    near.cover(0.10 * near.below(front + 0.05) * (ripple > 0.3), (0.62, 0.34, 0.14))
    _cactus(near, dice.draw(-0.95, -0.62) * painting.half, 0.72, dice.draw(0.16, 0.24))
    _cactus(near, dice.draw(0.62, 0.95) * painting.half, 0.74, dice.draw(0.12, 0.2))
    painting.lit(0.15)


def beach(painting: Painting) -> None:
    """A blue sea with white waves, pale sand and a palm tree."""
    horizon = 0.46
    sky(painting, horizon)
    dice, mid, near = painting.dice, painting.mid, painting.near
    sea = mid.mix(dice.tone((0.10, 0.42, 0.78)), dice.tone((0.22, 0.78, 0.84)), (mid.y_1H1 - horizon) * 4)
    mid.cover(mid.below(horizon), sea)
    dx, dy, cells_HW = mid.grid(0.24, 0.055, 0.3)
    foam = mid.oval(dx, dy, dice.for_cells(cells_HW, 0.04, 0.09), 0.007) * (mid.y_1H1 > horizon + 0.03)
    mid.cover(0.75 * foam, (0.92, 0.98, 1.0))
    shore = 0.67 + near.waves(0.018, 0.7, 2)
    near.cover(near.below(shore - 0.035), (0.96, 0.99, 1.0))
    near.cover(near.below(shore), dice.tone((0.80, 0.68, 0.46)))
    near.cover(
        near.below(shore + 0.035, 0.02),
        near.mix(dice.tone((0.99, 0.90, 0.66)), dice.tone((0.93, 0.79, 0.52)), (near.y_1H1 - 0.7) * 3),
    )
    speckle(painting, shore + 0.05, 0.14, 0.010, (0.80, 0.66, 0.44), 0.5)
    speckle(painting, shore + 0.05, 0.3, 0.02, (0.98, 0.62, 0.55), 0.35)
    side = torch.where(dice.draw() < 0.5, -1.0, 1.0)
    _palm(painting, side * dice.draw(0.72, 0.95) * painting.half, 0.76, dice.draw(0.48, 0.6), side)
    painting.lit(0.05)


def snow(painting: Painting) -> None:
    """White drifts with blue shadows and snowy fir trees."""
    sky(painting, 0.56)
    dice, mid, near = painting.dice, painting.mid, painting.near
    back = 0.53 + mid.waves(0.045, 1.2)
    mid.cover(
        mid.below(back),
        mid.mix(dice.tone((0.90, 0.95, 1.0), 0.02), (0.72, 0.82, 0.95), (mid.y_1H1 - 0.48) * 5),
    )
    dx, cells_1W = mid.columns(0.20, 0.3)
    height = dice.for_cells(cells_1W, 0.14, 0.26)
    here = (dice.for_cells(cells_1W) < 0.8).float()
    foot = mid.y_1H1 - 0.585
    mid.cover(mid.box(dx, foot, 0.012, 0.02) * here, (0.42, 0.28, 0.22))
    for level, width in ((0.0, 0.34), (0.3, 0.27), (0.58, 0.19)):
        dy = foot + level * height
        mid.cover(mid.spike(dx, dy, width * height, 0.48 * height) * here, (0.16, 0.42, 0.40))
        mid.cover(
            mid.spike(dx, dy + 0.2 * height, 0.6 * width * height, 0.29 * height) * here, (0.96, 0.98, 1.0)
        )
    front = 0.66 + near.waves(0.035, 1.1)
    near.cover(
        near.below(front),
        near.mix(dice.tone((0.99, 1.0, 1.0), 0.01), (0.76, 0.86, 0.98), (near.y_1H1 - front) * 2.2),
    )
    drift = front + 0.12 + near.waves(0.04, 0.9, 2)
    near.cover(0.7 * near.below(drift) * (1 - near.below(drift + 0.08, 0.14)), (1.0, 1.0, 1.0))
    speckle(painting, front + 0.05, 0.2, 0.012, (0.62, 0.75, 0.93), 0.5)
    painting.lit(0.12)


def _round_trees(painting: Painting, spacing: float, share: float, color: Color) -> None:
    mid, dice = painting.mid, painting.dice
    dx, cells_1W = mid.columns(spacing, 0.3)
    size = dice.for_cells(cells_1W, 0.055, 0.10)
    here = (dice.for_cells(cells_1W) < 2 * share).float()
    dy = mid.y_1H1 - 0.56
    mid.cover(mid.box(dx, dy + 0.5 * size, 0.13 * size, size) * here, (0.45, 0.30, 0.20))
    mid.cover(mid.oval(dx, dy + 1.9 * size, size, 1.15 * size) * here, dice.tone(color))
    mid.cover(
        0.5 * mid.oval(dx + 0.25 * size, dy + 2.3 * size, 0.55 * size, 0.55 * size) * here, (0.50, 0.78, 0.40)
    )


def _grass_tufts(painting: Painting, top: torch.Tensor, color: Color) -> None:
    near, dice = painting.near, painting.dice
    dx, dy, cells_HW = near.grid(0.13, 0.09, 0.4)
    size = dice.for_cells(cells_HW, 0.02, 0.04)
    blades = torch.maximum(
        near.spike(dx - 0.3 * size, dy, 0.3 * size, size),
        near.spike(dx + 0.3 * size, dy, 0.3 * size, 0.8 * size),
    )
    near.cover(0.6 * blades * (near.y_1H1 > top + 0.03), color)


def _cactus(near: Canvas, x: torch.Tensor, foot: float, height: torch.Tensor) -> None:
    green, shade = (0.20, 0.56, 0.32), (0.12, 0.40, 0.26)
    dx, dy = near.x_11W - x, near.y_1H1 - foot
    trunk = 0.13 * height
    near.cover(near.oval(dx, dy + 0.5 * height, 1.25 * trunk, 0.55 * height), green)
    near.cover(near.oval(dx - 0.4 * trunk, dy + 0.5 * height, 0.5 * trunk, 0.45 * height), shade)
    for side, level in ((-1.0, 0.42), (1.0, 0.56)):
        ax, ay = dx - side * 2.2 * trunk, dy + level * height
        near.cover(near.box(dx - side * 1.3 * trunk, ay - 0.1 * height, 1.3 * trunk, 0.45 * trunk), green)
        near.cover(near.oval(ax, ay + 0.06 * height, 0.6 * trunk, 0.2 * height), green)


def _palm(painting: Painting, x: torch.Tensor, foot: float, height: torch.Tensor, side: torch.Tensor) -> None:
    near = painting.near
    dy = near.y_1H1 - foot
    up = (-dy / height).clamp(0, 1)
    bend = near.x_11W - x + side * 0.16 * up**2
    near.cover(
        near.edge(0.022 - 0.009 * up - bend.abs()) * near.edge(-dy) * near.edge(dy + height),
        (0.56, 0.38, 0.22),
    )
    top_x, top_y = near.x_11W - x + side * 0.16, dy + height
    for turn, length in ((-1.0, 0.20), (-0.4, 0.17), (0.4, 0.17), (1.0, 0.20)):
        ax = (top_x - turn * 0.5 * length) / length
        ay = top_y + 0.05 - 0.55 * length * ax**2 - 0.06 * (1 - abs(turn))
        leaf = near.edge(0.028 * (1 - (1.7 * ax) ** 2).clamp(min=0) + 0.004 - ay.abs()) * near.edge(
            (0.6 - ax.abs()) * length
        )
        near.cover(leaf, (0.18, 0.56, 0.26))
    near.cover(near.oval(top_x, top_y + 0.01, 0.022, 0.022), (0.45, 0.26, 0.16))
