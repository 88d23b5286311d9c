"""City street and space."""

from __future__ import annotations

import torch

from laqta.world.scenery.painting import Painting, sky, stars


def city_street(painting: Painting) -> None:
    """Rows of coloured houses with windows, a pavement and a grey road with a dashed line."""
    sky(painting, 0.6)
    dice, far, mid, near = painting.dice, painting.far, painting.mid, painting.near
    night = painting.time == "night"
    dx, cells_1W = far.columns(0.17, 0.0)
    towers = far.below(dice.for_cells(cells_1W, 0.16, 0.42)) * far.edge(0.075 - dx.abs())
    far.cover(towers, tuple(0.55 * low + 0.25 * land for low, land in zip(painting.light.sky_low, painting.light.land, strict=True)))  # type: ignore[arg-type]
    dx, cells_1W = mid.columns(0.27, 0.0)
    roof = dice.for_cells(cells_1W, 0.16, 0.36)
    body = mid.edge(0.128 - dx.abs()) * mid.below(roof)
    hue = dice.for_cells(cells_1W, 0, 4)
    palette = ((0.86, 0.42, 0.36), (0.95, 0.76, 0.44), (0.44, 0.62, 0.78), (0.80, 0.66, 0.86))
    for index, color in enumerate(palette):
        mid.cover(body * ((hue >= index) & (hue < index + 1)), color)
    mid.cover(mid.edge(0.134 - dx.abs()) * mid.below(roof) * (1 - mid.below(roof + 0.022)), (0.36, 0.28, 0.32))
    mid.cover(mid.edge(0.028 - dx.abs()) * mid.below(0.59), (0.36, 0.22, 0.20))
    wx, wy, cells_HW = mid.grid(0.09, 0.105, 0.0)
    inside = (mid.y_1H1 > roof + 0.05) & (mid.y_1H1 < 0.57) & (dx.abs() < 0.115)
    windows = mid.box(wx, wy, 0.024, 0.032) * inside
    mid.cover(windows, (0.62, 0.82, 0.94))
    painting.mid.lit(painting.light.land)
    if night:
        mid.cover(windows * (dice.for_cells(cells_HW) < 0.65), (1.0, 0.86, 0.42))
    near.cover(near.below(0.66), dice.tone((0.74, 0.73, 0.72)))
    near.cover(near.below(0.715), (0.52, 0.52, 0.54))
    near.cover(near.below(0.735), near.mix(dice.tone((0.36, 0.37, 0.41)), (0.27, 0.28, 0.32), (near.y_1H1 - 0.73) * 4))
    tile, _ = near.columns(0.14, 0.0)
    near.cover(0.5 * near.edge(0.004 - tile.abs() + near.pixel * 0.3) * near.below(0.66) * (1 - near.below(0.715)), (0.5, 0.5, 0.5))
    dash, _ = near.columns(0.36, 0.0)
    near.cover(near.edge(0.10 - dash.abs()) * near.edge(0.013 - (near.y_1H1 - 0.90).abs()), (0.97, 0.93, 0.78))
    near.lit(painting.light.land)
    lamp = near.x_11W - dice.draw(0.55, 0.9) * painting.half * torch.where(dice.draw() < 0.5, -1.0, 1.0)
    near.cover(near.box(lamp, near.y_1H1 - 0.50, 0.009, 0.2), (0.16, 0.17, 0.2))
    near.cover(near.oval(lamp, near.y_1H1 - 0.29, 0.03, 0.026), (1.0, 0.94, 0.62) if night else (0.85, 0.87, 0.85))


def space(painting: Painting) -> None:
    """Black sky full of stars, a coloured cloud of gas, a ringed planet and a small moon."""
    dice, far, mid, near = painting.dice, painting.far, painting.mid, painting.near
    far.cover(torch.ones_like(far.rgba_V4HW[:, 0]), far.mix((0.03, 0.02, 0.09), (0.07, 0.03, 0.16), far.y_1H1 + 0 * far.x_11W))
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
    shadow = mid.oval(dx, dy, radius, radius) * (1 - mid.oval(dx + 0.35 * radius, dy + 0.3 * radius, 1.1 * radius, 1.1 * radius, softness=0.05))
    mid.cover(0.6 * shadow, (0.05, 0.03, 0.15))
    tilt = dy + 0.3 * dx
    outer, inner = mid.oval(dx, tilt, 1.9 * radius, 0.5 * radius), mid.oval(dx, tilt, 1.45 * radius, 0.32 * radius)
    behind = mid.oval(dx, dy, radius, radius) * (tilt < 0)
    mid.cover(0.85 * (outer - inner).clamp(0, 1) * (1 - behind), (0.92, 0.80, 0.62))
    x, y, radius = -side * dice.draw(0.5, 0.9) * painting.half, dice.draw(0.72, 0.92), dice.draw(0.07, 0.12)
    dx, dy = near.x_11W - x, near.y_1H1 - y
    near.cover(near.oval(dx, dy, radius, radius), dice.tone((0.72, 0.70, 0.74)))
    for px, py, size in ((-0.3, -0.2, 0.25), (0.35, 0.15, 0.2), (-0.1, 0.45, 0.16)):
        near.cover(near.oval(dx - px * radius, dy - py * radius, size * radius, size * radius), (0.52, 0.50, 0.56))
    dx, dy, cells_HW = near.grid(0.45, 0.4, 0.35)
    spark = near.edge(0.012 - dx.abs() - dy.abs()) + near.edge(0.004 - dx.abs()) * near.edge(0.03 - dy.abs()) + near.edge(0.004 - dy.abs()) * near.edge(0.03 - dx.abs())
    near.cover(0.9 * spark.clamp(0, 1) * (dice.for_cells(cells_HW) < 0.6), (1.0, 0.97, 0.85))
