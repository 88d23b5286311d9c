"""Where nothing stands on the ground: space and under water."""

from __future__ import annotations

import torch

from laqta.world.light import Color, toward_white
from laqta.world.scenery.painting import Painting, stars


def space(painting: Painting) -> None:
    """Black sky full of stars, a coloured cloud of gas, a ringed planet and a small moon."""
    dice, far, mid, near = painting.dice, painting.far, painting.mid, painting.near
    far.cover(
        torch.ones_like(far.rgba_V4HW[:, 0]),
        far.mix((0.03, 0.02, 0.09), (0.07, 0.03, 0.16), far.y_1H1 + 0 * far.x_11W),
    )
    for color in ((0.42, 0.14, 0.50), (0.10, 0.26, 0.55), (0.50, 0.16, 0.32)):
        x, y = dice.draw(-1, 1) * painting.half, dice.draw(0.1, 0.9)
        cloud = far.ellipse(x, y, dice.draw(0.2, 0.4), dice.draw(0.12, 0.25), softness=0.3)
        far.cover(0.4 * cloud, color)
    stars(painting, 0.085)
    stars(painting, 0.16)
    side = torch.where(dice.draw() < 0.5, -1.0, 1.0)
    x, y, radius = side * dice.draw(0.5, 0.85) * painting.half, dice.draw(0.14, 0.3), dice.draw(0.10, 0.15)
    dx, dy = mid.x_11W - x, mid.y_1H1 - y
    hue = dice.draw()
    globe = mid.mix((0.95, 0.62, 0.35), (0.45, 0.62, 0.92), hue + 0 * dx)
    mid.cover(mid.oval(dx, dy, radius, radius), globe)
    bands = mid.oval(dx, dy, radius, radius) * (torch.sin(60 * (dy + 0.25 * dx)) > 0.35)
    mid.cover(0.28 * bands, (1.0, 0.9, 0.8))
    shadow = mid.oval(dx, dy, radius, radius) * (
        1 - mid.oval(dx + 0.35 * radius, dy + 0.3 * radius, 1.1 * radius, 1.1 * radius, softness=0.05)
    )
    mid.cover(0.6 * shadow, (0.05, 0.03, 0.15))
    tilt = dy + 0.3 * dx
    outer, inner = (
        mid.oval(dx, tilt, 1.9 * radius, 0.5 * radius),
        mid.oval(dx, tilt, 1.45 * radius, 0.32 * radius),
    )
    behind = mid.oval(dx, dy, radius, radius) * (tilt < 0)
    mid.cover(0.85 * (outer - inner).clamp(0, 1) * (1 - behind), (0.92, 0.80, 0.62))
    x, y, radius = -side * dice.draw(0.5, 0.9) * painting.half, dice.draw(0.72, 0.92), dice.draw(0.07, 0.12)
    dx, dy = near.x_11W - x, near.y_1H1 - y
    near.cover(near.oval(dx, dy, radius, radius), dice.tone((0.72, 0.70, 0.74)))
    for px, py, size in ((-0.3, -0.2, 0.25), (0.35, 0.15, 0.2), (-0.1, 0.45, 0.16)):
        near.cover(
            near.oval(dx - px * radius, dy - py * radius, size * radius, size * radius), (0.52, 0.50, 0.56)
        )
    dx, dy, cells_HW = near.grid(0.45, 0.4, 0.35)
    spark = (
        near.edge(0.012 - dx.abs() - dy.abs())
        + near.edge(0.004 - dx.abs()) * near.edge(0.03 - dy.abs())
        + near.edge(0.004 - dy.abs()) * near.edge(0.03 - dx.abs())
    )
    near.cover(0.9 * spark.clamp(0, 1) * (dice.for_cells(cells_HW) < 0.6), (1.0, 0.97, 0.85))


def underwater(painting: Painting) -> None:
    """Blue-green water with slanting light, rocks, coral, seaweed and a sandy floor."""
    dice, far, mid, near = painting.dice, painting.far, painting.mid, painting.near
    top, low, dim = {
        "day": ((0.36, 0.84, 0.92), (0.04, 0.34, 0.66), (1.0, 1.0, 1.0)),
        "sunset": ((0.98, 0.66, 0.46), (0.24, 0.20, 0.48), (0.92, 0.70, 0.74)),
        "night": ((0.06, 0.16, 0.34), (0.01, 0.04, 0.14), (0.28, 0.38, 0.58)),
    }[painting.time]
    whole = torch.ones_like(far.rgba_V4HW[:, 0])
    far.cover(
        whole,
        far.mix(dice.tone(top, 0.04), dice.tone(low, 0.04), far.y_1H1.clamp(0, 1) ** 0.7 + 0 * far.x_11W),
    )
    ray = torch.sin(9 * (far.x_11W + 0.45 * far.y_1H1) + dice.draw(0, 6.28)) + torch.sin(
        17 * (far.x_11W + 0.4 * far.y_1H1) + dice.draw(0, 6.28)
    )
    shine = ((ray - 0.5) / 1.5).clamp(0, 1) * (1 - far.y_1H1 / 0.8).clamp(0, 1)
    far.cover(0.30 * shine, toward_white(top, 0.8, 0.3))
    ripple = torch.sin(30 * far.x_11W + dice.draw(0, 6.28)) * 0.008 + 0.05
    far.cover(0.5 * (1 - far.below(ripple, 0.05)), toward_white(top, 1.0, 0.25))
    reef = 0.70 + mid.waves(0.09, 1.0)
    mid.cover(mid.below(reef), dice.tone((0.16, 0.40, 0.56)))
    _seaweed(painting)
    mid.lit(dim)
    mid.hazed(low, 0.3)
    floor = 0.84 + near.waves(0.025, 0.9)
    near.cover(
        near.below(floor),
        near.mix(dice.tone((0.92, 0.84, 0.62)), dice.tone((0.66, 0.62, 0.52)), (near.y_1H1 - 0.82) * 5),
    )
    for color in ((0.96, 0.40, 0.45), (0.98, 0.62, 0.28), (0.74, 0.40, 0.82)):
        _coral(painting, dice.draw(-1, 1) * painting.half, dice.draw(0.09, 0.16), color)
    near.lit(dim)


def _seaweed(painting: Painting) -> None:
    mid, dice = painting.mid, painting.dice
    dx, cells_1W = mid.columns(0.13, 0.35)
    tall = dice.for_cells(cells_1W, 0.18, 0.42)
    here = (dice.for_cells(cells_1W) < 0.7).float()
    up = 0.90 - mid.y_1H1
    sway = 0.018 * torch.sin(22 * up + dice.for_cells(cells_1W, 0, 6.28))
    width = 0.020 * (1 - (up / tall).clamp(0, 1)) + 0.004
    mid.cover(mid.edge(width - (dx - sway).abs()) * mid.edge(tall - up) * here, dice.tone((0.16, 0.62, 0.36)))


def _coral(painting: Painting, x: torch.Tensor, size: torch.Tensor, color: Color) -> None:
    near = painting.near
    dx, dy = near.x_11W - x, near.y_1H1 - 0.88
    for lean, length in ((-0.7, 0.8), (0.0, 1.1), (0.7, 0.8)):
        along = (-dy / (size * length)).clamp(0, 1)
        branch = (dx - lean * size * along**0.8).abs()
        near.cover(near.edge(0.16 * size - branch) * near.edge(-dy) * near.edge(dy + size * length), color)
        near.cover(near.oval(dx - lean * size, dy + size * length, 0.2 * size, 0.2 * size), color)
