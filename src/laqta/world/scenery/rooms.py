"""Indoors: a bedroom and a kitchen, each with a window that shows the time of day."""

from __future__ import annotations

import torch

from laqta.shot import TimeOfDay
from laqta.world.light import Color
from laqta.world.paint import Canvas
from laqta.world.scenery.painting import Painting

FLOOR = 0.68


def bedroom(painting: Painting) -> None:
    """A pastel wall with a window, a bed with a coloured blanket, a lamp, a wooden floor and a rug."""
    dice, far, mid, near = painting.dice, painting.far, painting.mid, painting.near
    pastel = far.mix(
        dice.tone((0.96, 0.80, 0.84), 0.1),
        dice.tone((0.76, 0.84, 0.98), 0.1),
        dice.draw() + 0 * far.x_11W * far.y_1H1,
    )
    far.cover(torch.ones_like(far.rgba_V4HW[:, 0]), pastel)
    stripe, _ = far.columns(0.12, 0.0)
    far.cover(0.35 * far.edge(0.025 - stripe.abs()) + 0 * far.y_1H1, (1.0, 1.0, 1.0))
    far.lit(_room_light(painting))
    side = torch.where(dice.draw() < 0.5, -1.0, 1.0)
    _window(painting, side * dice.draw(0.25, 0.5) * painting.half, 0.26, 0.17)
    _bed(painting, -side, dice.tone((0.36, 0.52, 0.86), 0.25))
    near.cover(
        near.below(FLOOR),
        near.mix(dice.tone((0.80, 0.58, 0.38)), dice.tone((0.64, 0.43, 0.27)), (near.y_1H1 - FLOOR) * 3),
    )
    plank = near.edge(0.004 - ((near.y_1H1 - FLOOR) % 0.08 - 0.04).abs())
    near.cover(0.35 * plank * near.below(FLOOR) + 0 * near.x_11W, (0.40, 0.25, 0.15))
    rug = dice.tone((0.90, 0.48, 0.50), 0.2)
    near.cover(near.ellipse(0.0, 0.87, 0.46, 0.085), rug)
    near.cover(0.7 * near.ellipse(0.0, 0.87, 0.36, 0.06), (0.98, 0.90, 0.82))
    near.cover(near.ellipse(0.0, 0.87, 0.30, 0.047), rug)
    mid.lit(_room_light(painting))
    near.lit(_room_light(painting))
    _lamp(painting, side * 0.86 * painting.half)


def kitchen(painting: Painting) -> None:
    """A tiled wall, cupboards above and below, a window, a stove with a pot, a fridge and a chequered floor."""
    dice, far, mid, near = painting.dice, painting.far, painting.mid, painting.near
    far.cover(torch.ones_like(far.rgba_V4HW[:, 0]), dice.tone((0.96, 0.95, 0.88), 0.04))
    tx, ty, _ = far.grid(0.075, 0.075, 0.0)
    lines = torch.maximum(far.edge(tx.abs() - 0.034) + 0 * ty, far.edge(ty.abs() - 0.034) + 0 * tx)
    far.cover(0.55 * lines, dice.tone((0.62, 0.80, 0.82), 0.1))
    far.lit(_room_light(painting))
    side = torch.where(dice.draw() < 0.5, -1.0, 1.0)
    _window(painting, side * dice.draw(0.0, 0.2) * painting.half, 0.30, 0.15)
    wood = dice.tone((0.42, 0.66, 0.62), 0.2)
    door, _ = mid.columns(0.22, 0.0)
    for top, bottom in ((0.0, 0.14), (0.53, FLOOR + 0.02)):
        band = mid.below(top - 0.2 * (top == 0.0)) * (1 - mid.below(bottom))
        mid.cover(band, wood)
        mid.cover(0.45 * band * mid.edge(door.abs() - 0.103), (0.16, 0.26, 0.28))
        knob = 0.11 if top == 0.0 else 0.57
        mid.cover(mid.oval(door.abs() - 0.085, mid.y_1H1 - knob, 0.010, 0.010), (0.98, 0.86, 0.45))
    mid.cover(mid.below(0.495) * (1 - mid.below(0.535)), dice.tone((0.93, 0.90, 0.86), 0.03))
    _fridge(mid, -side * 0.80 * painting.half)
    _stove(mid, side * 0.62 * painting.half)
    near.cover(near.below(FLOOR), (0.94, 0.93, 0.90))
    depth = (near.y_1H1 - 0.40).clamp(min=0.05)
    squares = (torch.floor(near.x_11W / depth / 0.38 + 0.5) + torch.floor(2.0 / depth)) % 2
    near.cover(near.below(FLOOR) * squares, dice.tone((0.58, 0.66, 0.74), 0.12))
    mid.lit(_room_light(painting))
    near.lit(_room_light(painting))


def _room_light(painting: Painting) -> Color:
    lights: dict[TimeOfDay, Color] = {
        "day": (1.0, 1.0, 1.0),
        "sunset": (1.0, 0.80, 0.66),
        "night": (0.44, 0.46, 0.66),
    }
    return lights[painting.time]


def _window(painting: Painting, x: torch.Tensor, y: float, size: float) -> None:
    """A window in the far wall that shows sun and sky, a low red sun, or the moon."""
    far, light = painting.far, painting.light
    dx, dy = far.x_11W - x, far.y_1H1 - y
    far.cover(
        far.box(dx, dy, size + 0.022, 1.15 * size + 0.022),
        (0.98, 0.97, 0.95) if painting.time != "night" else (0.5, 0.5, 0.62),
    )
    pane = far.box(dx, dy, size, 1.15 * size)
    far.cover(pane, far.mix(light.sky_top, light.sky_low, (dy + size) / (2 * size) + 0 * dx))
    orb, color = {
        "day": (far.oval(dx - 0.3 * size, dy + 0.5 * size, 0.3 * size, 0.3 * size), (1.0, 0.94, 0.5)),
        "sunset": (far.oval(dx + 0.2 * size, dy - 0.75 * size, 0.55 * size, 0.55 * size), (1.0, 0.88, 0.42)),
        "night": (
            far.oval(dx - 0.3 * size, dy + 0.45 * size, 0.32 * size, 0.32 * size)
            * (1 - far.oval(dx - 0.14 * size, dy + 0.53 * size, 0.28 * size, 0.28 * size)),
            (0.98, 0.96, 0.84),
        ),
    }[painting.time]
    far.cover(pane * orb, color)
    bars = torch.maximum(far.edge(0.009 - dx.abs()) + 0 * dy, far.edge(0.009 - dy.abs()) + 0 * dx)
    far.cover(pane * bars, (0.98, 0.97, 0.95) if painting.time != "night" else (0.5, 0.5, 0.62))


def _bed(painting: Painting, side: torch.Tensor, blanket: torch.Tensor) -> None:
    mid = painting.mid
    dx, dy = side * mid.x_11W - (painting.half - 0.38), mid.y_1H1
    wood, linen = (0.55, 0.36, 0.24), (0.97, 0.96, 0.98)
    mid.cover(mid.box(dx - 0.33, dy - 0.53, 0.026, 0.17), wood)
    mid.cover(mid.box(dx + 0.33, dy - 0.61, 0.022, 0.09), wood)
    mid.cover(mid.box(dx, dy - 0.645, 0.33, 0.025), wood)
    mid.cover(mid.box(dx, dy - 0.575, 0.31, 0.05), linen)
    mid.cover(mid.oval(dx - 0.225, dy - 0.512, 0.088, 0.042), (1.0, 1.0, 1.0))
    mid.cover(0.25 * mid.oval(dx - 0.215, dy - 0.53, 0.07, 0.02), (0.55, 0.58, 0.75))
    mid.cover(mid.box(dx + 0.09, dy - 0.58, 0.225, 0.07), blanket)
    mid.cover(mid.oval(dx + 0.09, dy - 0.515, 0.22, 0.022), blanket)
    mid.cover(0.55 * mid.box(dx - 0.115, dy - 0.578, 0.022, 0.072), (1.0, 1.0, 1.0))


def _lamp(painting: Painting, x: torch.Tensor) -> None:
    near = painting.near
    dx, dy = near.x_11W - x, near.y_1H1
    glow = {"day": 0.0, "sunset": 0.2, "night": 0.5}[painting.time]
    near.cover(near.box(dx, dy - 0.60, 0.008, 0.12), (0.45, 0.35, 0.32))
    near.cover(near.oval(dx, dy - 0.72, 0.06, 0.014), (0.45, 0.35, 0.32))
    shade = near.edge(0.05 + 0.35 * (dy - 0.40) - dx.abs()) * near.edge(0.07 - (dy - 0.44).abs())
    near.cover(shade, (1.0, 0.88, 0.52) if glow else (0.98, 0.84, 0.66))
    if glow:
        for canvas in (painting.far, painting.mid):
            canvas.glow(glow * canvas.ellipse(x, 0.44, 0.3, 0.3, softness=0.28), (0.9, 0.66, 0.3))


def _fridge(mid: Canvas, x: torch.Tensor) -> None:
    dx, dy = mid.x_11W - x, mid.y_1H1
    mid.cover(mid.box(dx, dy - 0.44, 0.135, 0.27), (0.93, 0.95, 0.97))
    mid.cover(0.8 * mid.box(dx, dy - 0.36, 0.135, 0.006), (0.55, 0.60, 0.66))
    for y, half in ((0.28, 0.04), (0.46, 0.06)):
        mid.cover(mid.box(dx - 0.1, dy - y, 0.009, half), (0.55, 0.60, 0.66))


def _stove(mid: Canvas, x: torch.Tensor) -> None:
    dx, dy = mid.x_11W - x, mid.y_1H1
    mid.cover(mid.box(dx, dy - 0.60, 0.12, 0.11), (0.30, 0.32, 0.37))
    mid.cover(mid.box(dx, dy - 0.62, 0.085, 0.055), (0.98, 0.62, 0.28))
    mid.cover(mid.box(dx, dy - 0.455, 0.07, 0.04), (0.86, 0.30, 0.28))
    mid.cover(mid.box(dx, dy - 0.41, 0.08, 0.009), (0.60, 0.20, 0.20))
    mid.cover(mid.oval(dx, dy - 0.392, 0.016, 0.012), (0.2, 0.2, 0.22))
