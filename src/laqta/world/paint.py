"""Brushes: antialiased shapes on a batch of canvases at once, by signed distances.

Legend: V scenes painted together, 4 channels (RGB premultiplied by alpha, alpha), H height, W width, 1 broadcast.
Coordinates: y is 0 at the frame's top and 1 at its bottom, x is 0 in its middle, both in frame heights.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from laqta.world.light import Color

TABLE = 8192


class Dice:
    """Random numbers of V scenes, each its own stream: the n-th draw of a scene depends on its seed and n only."""

    def __init__(self, seeds: list[int], device: torch.device) -> None:
        tables = np.stack([np.random.default_rng(seed).random(TABLE, dtype=np.float32) for seed in seeds])
        self.table_VK = torch.from_numpy(tables).to(device)
        self.drawn = 0

    def draw(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """One number a scene, (V, 1, 1)."""
        self.drawn += 1
        return low + (high - low) * self.table_VK[:, self.drawn % TABLE, None, None]

    def for_cells(self, cells_HW: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
        """One number for each cell (integers, any shape of two axes), (V, *cells)."""
        self.drawn += 1
        index_HW = (cells_HW * 197 + self.drawn * 1009) % TABLE
        return low + (high - low) * self.table_VK[:, index_HW]

    def tone(self, color: Color, spread: float = 0.05) -> Tensor:
        """A colour a scene, near the given one: (V, 3, 1, 1)."""
        base_13 = torch.tensor([color], device=self.table_VK.device)
        self.drawn += 4
        window = [(self.drawn - k) % TABLE for k in range(4)]
        shared_V1 = self.table_VK[:, window[0], None] - 0.5
        own_V3 = self.table_VK[:, window[1:]] - 0.5
        tone_V3 = base_13 * (1 + 2 * spread * shared_V1) + spread * own_V3
        return tone_V3.clamp(0, 1)[:, :, None, None]


class Canvas:
    """A transparent layer of V scenes that shapes are painted on, `height` x `width` pixels round a frame."""

    def __init__(self, dice: Dice, size: tuple[int, int], frame_height: int) -> None:
        height, width = size
        device = dice.table_VK.device
        self.dice = dice
        self.y_1H1 = ((torch.arange(height, device=device) + 0.5 - height / 2) / frame_height + 0.5)[
            None, :, None
        ]
        self.x_11W = ((torch.arange(width, device=device) + 0.5 - width / 2) / frame_height)[None, None, :]
        self.pixel = 1.0 / frame_height
        self.rgba_V4HW = torch.zeros(len(dice.table_VK), 4, height, width, device=device)

    def edge(self, inside: Tensor, softness: float = 0.0) -> Tensor:
        """Coverage (0 to 1) by signed distance, positive inside; `softness` (frame heights) blurs the edge."""
        return (inside / max(self.pixel, softness) + 0.5).clamp(0, 1)

    def cover(self, mask: Tensor, color: Color | Tensor) -> None:
        """Paint a colour over what is there; `color` is a tuple or (V or 1, 3, H or 1, W or 1)."""
        mask_V1HW = mask[:, None]
        rgb = self.color(color)
        self.rgba_V4HW.mul_(1 - mask_V1HW)
        self.rgba_V4HW[:, :3] += mask_V1HW * rgb
        self.rgba_V4HW[:, 3:] += mask_V1HW

    def glow(self, mask: Tensor, color: Color | Tensor) -> None:
        """Add light."""
        self.rgba_V4HW[:, :3] += mask[:, None] * self.color(color) * self.rgba_V4HW[:, 3:]

    def lit(self, factor: Color) -> None:
        """Multiply what is painted by the colour of the light."""
        self.rgba_V4HW[:, :3] *= self.color(factor)

    def hazed(self, color: Color, share: float) -> None:
        """Mix what is painted with the colour of the air."""
        rgb, alpha = self.rgba_V4HW[:, :3], self.rgba_V4HW[:, 3:]
        self.rgba_V4HW[:, :3] = rgb + share * (self.color(color) * alpha - rgb)

    def color(self, color: Color | Tensor) -> Tensor:
        """A colour as a tensor that spreads over the canvas: (V or 1, 3, H or 1, W or 1)."""
        if isinstance(color, Tensor):
            return color
        return torch.tensor(color, device=self.rgba_V4HW.device)[None, :, None, None]

    def mix(self, first: Color | Tensor, second: Color | Tensor, share: Tensor) -> Tensor:
        """A colour that goes from `first` (share 0) to `second` (share 1) over the canvas."""
        start, end = self.color(first), self.color(second)
        return start + (end - start) * share.clamp(0, 1)[:, None]

    def below(self, curve: Tensor | float, softness: float = 0.0) -> Tensor:
        """Everything below a line or curve y = curve(x)."""
        return self.edge(self.y_1H1 - curve + 0 * self.x_11W, softness)

    def ellipse(self, x: Tensor | float, y: Tensor | float, rx: Tensor | float, ry: Tensor | float,
                softness: float = 0.0) -> Tensor:  # fmt: skip
        """A filled ellipse round (x, y)."""
        return self.oval(self.x_11W - x, self.y_1H1 - y, rx, ry, softness)

    def oval(
        self, dx: Tensor, dy: Tensor, rx: Tensor | float, ry: Tensor | float, softness: float = 0.0
    ) -> Tensor:
        """A filled ellipse in local coordinates."""
        radius = ((dx / rx) ** 2 + (dy / ry) ** 2).sqrt()
        smaller = (
            torch.minimum(torch.as_tensor(rx), torch.as_tensor(ry))
            if isinstance(rx + ry, Tensor)
            else min(rx, ry)
        )
        return self.edge((1 - radius) * smaller, softness)

    def box(self, dx: Tensor, dy: Tensor, half_width: Tensor | float, half_height: Tensor | float) -> Tensor:
        """A filled rectangle in local coordinates."""
        return self.edge(half_width - dx.abs()) * self.edge(half_height - dy.abs())

    def spike(self, dx: Tensor, dy: Tensor, half_width: Tensor | float, height: Tensor | float) -> Tensor:
        """A triangle that stands on dy = 0 and points up, in local coordinates."""
        slope = half_width / height
        return self.edge((half_width + dy * slope - dx.abs()) * 0.8) * self.edge(-dy)

    def waves(self, height: float, length: float, octaves: int = 3) -> Tensor:
        """A wavy line round 0, (V, 1, W): sines of falling length and height with random phase."""
        line = torch.zeros_like(self.x_11W)
        for octave in range(octaves):
            phase, stretch = self.dice.draw(0, 6.283), self.dice.draw(0.8, 1.25)
            line = line + 0.5**octave * torch.sin(6.283 * self.x_11W * stretch * 1.9**octave / length + phase)
        return height * line

    def columns(self, spacing: float, jitter: float = 0.3) -> tuple[Tensor, Tensor]:
        """Cut x into cells: distance to each cell's jittered middle (V, 1, W), and the cells' numbers (1, W)."""
        cells_11W = torch.floor(self.x_11W / spacing + 50.5)
        cells_1W = cells_11W[0].long()
        shift = self.dice.for_cells(cells_1W, -jitter, jitter) * spacing
        return self.x_11W - (cells_11W - 50) * spacing - shift, cells_1W

    def grid(self, x_step: float, y_step: float, jitter: float = 0.3) -> tuple[Tensor, Tensor, Tensor]:
        """Cut the plane into cells: dx, dy to each cell's jittered middle (V, H, W), and cell numbers (H, W)."""
        column_1W = torch.floor(self.x_11W[0] / x_step + 50.5)
        row_H1 = torch.floor(self.y_1H1[0] / y_step + 50.5)
        cells_HW = (column_1W + 131 * row_H1).long()
        dx = self.x_11W - (column_1W - 50) * x_step - self.dice.for_cells(cells_HW, -jitter, jitter) * x_step
        dy = self.y_1H1 - (row_H1 - 50) * y_step - self.dice.for_cells(cells_HW, -jitter, jitter) * y_step
        return dx, dy, cells_HW
