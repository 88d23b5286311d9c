"""What every painter gets: three canvases, the light, and the pieces that several backdrops share.

Legend: V scenes, H height, W width, 1 broadcast.
"""

from __future__ import annotations

import torch
from torch import Tensor

from laqta.shot import TimeOfDay
from laqta.world.light import LIGHTS, Color
from laqta.world.paint import Canvas, Dice


class Painting:
    """Three canvases, far to near, of V scenes at one time of day; `half` is half the frame's width in heights."""

    def __init__(
        self, dice: Dice, time: TimeOfDay, size: tuple[int, int], frame_height: int, frame_width: int
    ) -> None:
        self.dice = dice
        self.time = time
        self.light = LIGHTS[time]
        self.half = frame_width / frame_height / 2
        self.far, self.mid, self.near = (Canvas(dice, size, frame_height) for _ in range(3))

    def lit(self, mid_haze: float = 0.25, near_haze: float = 0.0) -> None:
        """Put the painted land (middle and near) into the light of the time and into the air."""
        for canvas, share in ((self.mid, mid_haze), (self.near, near_haze)):
            canvas.lit(self.light.land)
            canvas.hazed(self.light.haze, share)


def sky(painting: Painting, horizon: float, clouds: bool = True) -> None:
    """The far layer: sky down to the horizon with sun and clouds, a great low sun, or moon and stars."""
    far, dice, light = painting.far, painting.dice, painting.light
    down = (far.y_1H1 / horizon).clamp(0, 1) + 0 * far.x_11W
    whole = torch.ones_like(far.rgba_V4HW[:, 0])
    far.cover(whole, far.mix(dice.tone(light.sky_top), dice.tone(light.sky_low), down**1.3))
    x = dice.draw(-0.7, 0.7) * painting.half
    if painting.time == "day":
        y = dice.draw(0.10, 0.2)
        far.cover(0.5 * far.ellipse(x, y, 0.13, 0.13, softness=0.12), (1.0, 0.97, 0.75))
        far.cover(far.ellipse(x, y, 0.065, 0.065), (1.0, 0.93, 0.45))
        if clouds:
            _clouds(painting, (1.0, 1.0, 1.0), 0.92)
    elif painting.time == "sunset":
        y = horizon - dice.draw(0.03, 0.12)
        far.cover(0.55 * far.ellipse(x, y, 0.34, 0.30, softness=0.3), (1.0, 0.75, 0.30))
        far.cover(far.ellipse(x, y, 0.135, 0.135), (1.0, 0.90, 0.42))
        if clouds:
            _clouds(painting, (0.93, 0.45, 0.47), 0.75)
    else:
        stars(painting, 0.11, horizon)
        y = dice.draw(0.10, 0.22)
        far.cover(0.35 * far.ellipse(x, y, 0.15, 0.15, softness=0.15), (0.55, 0.62, 0.85))
        far.cover(far.ellipse(x, y, 0.075, 0.075), (0.97, 0.96, 0.86))
        shade = far.ellipse(x + 0.035, y - 0.015, 0.062, 0.062) * far.ellipse(x, y, 0.075, 0.075)
        far.cover(0.8 * shade, (0.16, 0.2, 0.4))


def stars(painting: Painting, step: float, horizon: float = 2.0) -> None:
    """Points of light of several sizes over the far layer above the horizon."""
    far, dice = painting.far, painting.dice
    dx, dy, cells_HW = far.grid(step, step, 0.4)
    radius = dice.for_cells(cells_HW, 0.004, 0.011)
    shine = dice.for_cells(cells_HW, 0.25, 1.0)
    smallest = torch.clamp(radius / (0.6 * far.pixel), max=1.0) ** 2  # a star below a pixel is a dimmer pixel
    radius = radius.clamp(min=0.6 * far.pixel)
    points = far.edge(radius - (dx**2 + dy**2).sqrt()) * shine * smallest.clamp(min=0.35)
    far.cover(points * (far.y_1H1 < horizon), (1.0, 0.98, 0.9))


def _clouds(painting: Painting, color: Color, strength: float) -> None:
    far, dice = painting.far, painting.dice
    dx, cells_1W = far.columns(0.62, 0.25)
    width = dice.for_cells(cells_1W, 0.09, 0.16)
    dy = far.y_1H1 - dice.for_cells(cells_1W, 0.07, 0.27)
    here = (dice.for_cells(cells_1W) < 0.75).float()
    puffs = [
        far.oval(dx, dy, width, 0.035),
        far.oval(dx - 0.25 * width, dy + 0.028, 0.5 * width, 0.04),
        far.oval(dx + 0.38 * width, dy + 0.014, 0.42 * width, 0.03),
    ]
    mask = torch.stack(puffs).amax(0) * here
    far.cover(strength * mask, color)


def speckle(painting: Painting, top: Tensor | float, step: float, radius: float, color: Color | Tensor,
            share: float = 0.5) -> None:  # fmt: skip
    """Scatter flattened dots over the near layer below a line, larger toward the viewer."""
    near, dice = painting.near, painting.dice
    dx, dy, cells_HW = near.grid(step, 0.6 * step, 0.4)
    here = (dice.for_cells(cells_HW) < share).float()
    size = radius * dice.for_cells(cells_HW, 0.6, 1.2) * (0.5 + near.y_1H1).clamp(0.5, 1.5)
    dots = near.edge(size - (dx**2 + (1.7 * dy) ** 2).sqrt()) * here * (near.y_1H1 > top + 2 * radius)
    near.cover(dots, color)
