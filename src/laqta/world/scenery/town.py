"""Where people have built: a city street and a football pitch."""

from __future__ import annotations

import torch

from laqta.shot import TimeOfDay
from laqta.world.light import Color
from laqta.world.paint import Canvas
from laqta.world.scenery.painting import Painting, sky


def city_street(painting: Painting) -> None:
    """Rows of coloured houses with windows, a pavement and a grey road with a dashed line."""
    sky(painting, 0.6)
    dice, far, mid, near = painting.dice, painting.far, painting.mid, painting.near
    night = painting.time == "night"
    dx, cells_1W = far.columns(0.17, 0.0)
    towers = far.below(dice.for_cells(cells_1W, 0.16, 0.42)) * far.edge(0.075 - dx.abs())
    light = painting.light
    red, green, blue = light.land
    distance = (
        light.sky_low[0] * 0.55 + red / 4,
        light.sky_low[1] * 0.55 + green / 4,
        light.sky_low[2] * 0.55 + blue / 4,
    )
    far.cover(towers, distance)
    dx, cells_1W = mid.columns(0.27, 0.0)
    roof = dice.for_cells(cells_1W, 0.16, 0.36)
    body = mid.edge(0.128 - dx.abs()) * mid.below(roof)
    hue = dice.for_cells(cells_1W, 0, 4)
    palette = ((0.86, 0.42, 0.36), (0.95, 0.76, 0.44), (0.44, 0.62, 0.78), (0.80, 0.66, 0.86))
    for index, color in enumerate(palette):
        mid.cover(body * ((hue >= index) & (hue < index + 1)), color)
    mid.cover(
        mid.edge(0.134 - dx.abs()) * mid.below(roof) * (1 - mid.below(roof + 0.022)), (0.36, 0.28, 0.32)
    )
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
    near.cover(
        near.below(0.735),
        near.mix(dice.tone((0.36, 0.37, 0.41)), (0.27, 0.28, 0.32), (near.y_1H1 - 0.73) * 4),
    )
    tile, _ = near.columns(0.14, 0.0)
    near.cover(
        0.5 * near.edge(0.004 - tile.abs() + near.pixel * 0.3) * near.below(0.66) * (1 - near.below(0.715)),
        (0.5, 0.5, 0.5),
    )
    dash, _ = near.columns(0.36, 0.0)
    near.cover(
        near.edge(0.10 - dash.abs()) * near.edge(0.013 - (near.y_1H1 - 0.90).abs()), (0.97, 0.93, 0.78)
    )
    near.lit(painting.light.land)
    lamp = near.x_11W - dice.draw(0.55, 0.9) * painting.half * torch.where(dice.draw() < 0.5, -1.0, 1.0)
    near.cover(near.box(lamp, near.y_1H1 - 0.50, 0.009, 0.2), (0.16, 0.17, 0.2))
    near.cover(
        near.oval(lamp, near.y_1H1 - 0.29, 0.03, 0.026), (1.0, 0.94, 0.62) if night else (0.85, 0.87, 0.85)
    )


def football_pitch(painting: Painting) -> None:
    """Striped grass with white lines and a goal, before a stand full of people under floodlights."""
    sky(painting, 0.45)
    dice, mid, near = painting.dice, painting.mid, painting.near
    mid.cover(mid.below(0.24), dice.tone((0.42, 0.45, 0.55)))
    dx, dy, cells_HW = mid.grid(0.035, 0.035, 0.2)
    heads = mid.oval(dx, dy, 0.013, 0.013) * ((mid.y_1H1 > 0.27) & (mid.y_1H1 < 0.46))
    hue = dice.for_cells(cells_HW, 0, 4)
    for index, color in enumerate(
        ((0.95, 0.35, 0.32), (0.98, 0.86, 0.40), (0.94, 0.94, 0.96), (0.35, 0.55, 0.90))
    ):
        mid.cover(heads * ((hue >= index) & (hue < index + 1)), color)
    mid.cover(mid.below(0.215) * (1 - mid.below(0.25)), (0.86, 0.88, 0.92))
    mid.cover(mid.below(0.47), dice.tone((0.20, 0.34, 0.66)))
    panel, cells_1W = mid.columns(0.3, 0.0)
    mid.cover(
        mid.edge(0.13 - panel.abs()) * mid.below(0.48) * (dice.for_cells(cells_1W) < 0.55), (0.95, 0.92, 0.88)
    )
    near.cover(near.below(0.53), dice.tone((0.24, 0.62, 0.26), 0.03))
    lane = near.x_11W / (0.25 + 1.2 * (near.y_1H1 - 0.45).clamp(min=0.02)) + dice.draw()
    near.cover(near.below(0.53) * (torch.floor(lane / 0.42) % 2 == 0), dice.tone((0.36, 0.74, 0.32), 0.03))
    white = (0.97, 0.99, 0.97)
    near.cover(near.edge(0.006 - (near.y_1H1 - 0.56).abs()), white)
    spread = 0.62 + 0.9 * (near.y_1H1 - 0.56)
    near.cover(
        near.edge(0.008 - (near.x_11W.abs() - spread).abs()) * near.below(0.56) * (1 - near.below(0.70)),
        white,
    )
    near.cover(near.edge(0.008 - (near.y_1H1 - 0.70).abs()) * near.edge(spread - near.x_11W.abs()), white)
    ring = ((near.x_11W / 0.30) ** 2 + ((near.y_1H1 - 0.93) / 0.10) ** 2).sqrt()
    near.cover(near.edge(0.008 - 0.12 * (ring - 1).abs()), white)
    _goal(near, white)
    floodlit: dict[TimeOfDay, Color] = {
        "day": (1.0, 1.0, 1.0),
        "sunset": (1.0, 0.86, 0.76),
        "night": (0.60, 0.68, 0.80),
    }
    mid.lit(painting.light.land)
    near.lit(floodlit[painting.time])
    if painting.time != "day":
        for side in (-1.0, 1.0):
            x = side * 0.8 * painting.half
            painting.far.glow(0.25 * painting.far.ellipse(x, 0.09, 0.26, 0.2, softness=0.2), (0.9, 0.9, 0.75))
            mid.cover(mid.box(mid.x_11W - x, mid.y_1H1 - 0.2, 0.008, 0.12), (0.35, 0.37, 0.42))
            mid.cover(mid.box(mid.x_11W - x, mid.y_1H1 - 0.08, 0.075, 0.03), (1.0, 0.99, 0.88))


def _goal(near: Canvas, white: Color) -> None:
    x, y = near.x_11W, near.y_1H1 - 0.46
    inside = near.edge(0.26 - x.abs()) * near.edge(0.10 - y.abs())
    mesh = torch.maximum(
        near.edge(0.003 - ((x + 0.02) % 0.04 - 0.02).abs()),
        near.edge(0.003 - ((y + 0.02) % 0.04 - 0.02).abs()),
    )
    near.cover(0.35 * inside, (0.86, 0.90, 0.94))
    near.cover(0.75 * inside * mesh, white)
    near.cover(near.edge(0.27 - x.abs()) * near.edge(0.011 - (y + 0.10).abs()), white)
    near.cover(near.edge(0.011 - (x.abs() - 0.26).abs()) * near.edge(0.11 - y.abs()), white)
