"""Pictures of props as textures: a pyramid of sizes, tinted and premultiplied, and their outlines.

Legend: P props, C channels (RGB premultiplied, alpha), S side in pixels, K outline points.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from laqta.shot import Tint
from laqta.world.light import Color
from laqta.world.props import PropBank
from laqta.world.stage import Cutout

TINT_COLORS: dict[Tint, Color] = {
    "red": (0.90, 0.10, 0.12),
    "orange": (1.00, 0.48, 0.05),
    "yellow": (1.00, 0.84, 0.10),
    "green": (0.16, 0.70, 0.22),
    "blue": (0.12, 0.38, 0.95),
    "purple": (0.52, 0.18, 0.82),
    "pink": (1.00, 0.45, 0.72),
}
LEVELS = tuple(round(256 / 2 ** (k / 2)) for k in range(10))
"""Sides of the pyramid's levels: half an octave apart, so that a picture is shrunk by 1.1 to 1.6 when drawn."""
OUTLINE = 48


class Sprites:
    """The pyramid of one bank on one device; textures are made when first asked for and kept."""

    def __init__(self, bank: PropBank, device: torch.device) -> None:
        straight = torch.from_numpy(bank.sprites_PHWC).to(device).permute(0, 3, 1, 2).float() / 255
        self.base_PCSS = torch.cat([straight[:, :3] * straight[:, 3:], straight[:, 3:]], dim=1)
        self.row = {name: index for index, name in enumerate(bank.ids)}
        self.outlines_PK2 = np.stack([_outline(sprite[..., 3]) for sprite in bank.sprites_PHWC])
        self.area_P = (bank.sprites_PHWC[..., 3].astype(np.float64) / 255).mean(axis=(1, 2))
        half_P2 = np.abs(self.outlines_PK2).max(axis=1)
        self.cutouts = {
            name: Cutout(half_width=float(half[0]), half_height=float(half[1]), facing=facing)
            for name, half, facing in zip(bank.ids, half_P2, bank.facings, strict=True)
        }
        self._textures: dict[tuple[str, Tint, int], Tensor] = {}

    def texture(self, kind: str, tint: Tint, level: int) -> Tensor:
        """The picture of a prop in a tint at a pyramid level: premultiplied (C, S, S)."""
        key = (kind, tint, level)
        if key not in self._textures:
            side = LEVELS[level]
            small = self.base_PCSS[self.row[kind]][None]
            if small.shape[-1] != side:
                small = functional.interpolate(
                    small, size=(side, side), mode="bilinear", antialias=True, align_corners=False
                )
            self._textures[key] = tinted(small[0].clamp(0, 1), tint)
        return self._textures[key]


def level_for(side: float) -> int:
    """The pyramid level for a picture shown at `side` pixels: a little larger than needed, for crispness."""
    return min(max(math.floor(2 * math.log2(256 / max(side, 1.0)) - 0.3), 0), len(LEVELS) - 1)


def tinted(premultiplied_CSS: Tensor, tint: Tint) -> Tensor:
    """Give a picture another colour and keep its shading: its brightness becomes dark, full or light tint."""
    if tint == "natural":
        return premultiplied_CSS
    rgb, alpha = premultiplied_CSS[:3], premultiplied_CSS[3:]
    straight = rgb / alpha.clamp(min=1e-4)
    weights = torch.tensor([0.35, 0.5, 0.15], device=rgb.device)[:, None, None]
    value = 0.12 + 0.88 * (
        0.6 * (straight * weights).sum(0, keepdim=True) + 0.4 * straight.amax(0, keepdim=True)
    )
    color = torch.tensor(TINT_COLORS[tint], device=rgb.device)[:, None, None]
    dark = color * (value / 0.75).clamp(0, 1)
    light = ((value - 0.75) / 0.25).clamp(0, 1) * 0.28
    dyed = dark + (1 - dark) * light
    return torch.cat([(straight + 0.87 * (dyed - straight)) * alpha, alpha])


def _outline(alpha_HW: np.ndarray) -> np.ndarray:
    """The points of a picture that lie farthest in each of 48 directions, as fractions from its middle (K, 2)."""
    seen_HW = alpha_HW > 127
    side = alpha_HW.shape[0]
    rows = np.flatnonzero(seen_HW.any(axis=1))
    first, last = seen_HW[rows].argmax(axis=1), side - 1 - seen_HW[rows, ::-1].argmax(axis=1)
    ends = np.stack([first, last], axis=1)  # no other pixel of a row lies farther in any direction
    corners = np.stack([ends.flatten(), rows.repeat(2)], axis=1)
    corners = np.concatenate([corners + shift for shift in ((0, 0), (0, 1), (1, 0), (1, 1))]) / side - 0.5
    turns = 2 * np.pi * np.arange(OUTLINE) / OUTLINE
    reach = corners @ np.stack([np.cos(turns), np.sin(turns)])
    points: np.ndarray = corners[reach.argmax(axis=0)]
    return points
