"""Weather: a veil over the painted layers and props, and what falls, drifts or bubbles up in front of them.

Legend: B clips, T frames, C channels, H height, W width, 1 broadcast.
"""

from __future__ import annotations

import torch
from torch import Tensor

from laqta.shot import TimeOfDay, VideoShape, Weather
from laqta.world.light import LIGHTS, Color

VEILS: dict[Weather, tuple[float, float, float, float]] = {
    "clear": (0.0, 0.0, 0.0, 0.0),
    "rain": (0.72, 0.42, 0.26, 0.10),
    "snow": (0.62, 0.30, 0.14, 0.05),
    "fog": (0.88, 0.66, 0.36, 0.16),
}
"""How much of the air's colour lies over the far, middle and near layer and over props."""


def veil_color(weather: Weather, time: TimeOfDay) -> Color:
    """The colour of the air in a weather."""
    red, green, blue = LIGHTS[time].fog
    if weather == "rain":
        return 0.58 * red, 0.62 * green, 0.70 * blue
    return red, green, blue


class Sky:
    """What falls and drifts, for one clip shape on one device.

    Tiles that repeat are painted once, laid twice both ways, and cut anew for each frame.
    """

    def __init__(self, shape: VideoShape, device: torch.device) -> None:
        self.shape = shape
        generator = torch.Generator().manual_seed(7)
        height, width = shape.height, shape.width
        self.y_H1 = torch.arange(height, device=device)[:, None]
        self.x_1W = torch.arange(width, device=device)[None, :]
        streaks = [_streaks(height, width, share, generator) for share in (0.5, 0.8)]
        self.rain_LHW = _twice(torch.stack(streaks)).to(device)
        flakes = [_flakes(height, width, radius, generator) for radius in (0.010, 0.016, 0.024)]
        self.snow_LHW = _twice(torch.stack(flakes)).to(device)
        self.bubbles_HW = _twice(_bubbles(height, width, generator)).to(device)
        self.fog_HW = _twice(_wisps(height, width, generator)).to(device)

    def bubble(self, frames_TCHW: Tensor, time: TimeOfDay, seed: int) -> None:
        """Let bubbles rise through the frames of a clip under water, in place."""
        shine = {"day": 0.8, "sunset": 0.7, "night": 0.45}[time]
        rise = [(-0.16 * t / self.shape.fps, 0.0) for t in range(self.shape.frames)]
        tone = torch.tensor([0.86, 0.97, 1.0], device=frames_TCHW.device)[:, None, None]
        self._blend(frames_TCHW, self._shifted(self.bubbles_HW, rise, seed) * shine, tone)

    def fall(self, frames_TCHW: Tensor, weather: Weather, time: TimeOfDay, seed: int) -> None:
        """Draw the weather of one clip over its frames, in place."""
        if weather == "rain":
            shine = {"day": 0.62, "sunset": 0.58, "night": 0.42}[time]
            tone = torch.tensor([0.86, 0.92, 1.0], device=frames_TCHW.device)[:, None, None]
            self._blend(frames_TCHW, self._rain(seed) * shine, tone)
        elif weather == "snow":
            tone = torch.tensor({"day": (1.0, 1.0, 1.0), "sunset": (1.0, 0.94, 0.9), "night": (0.82, 0.86, 0.98)}[time],
                                device=frames_TCHW.device)[:, None, None]  # fmt: skip
            self._blend(frames_TCHW, self._snow(seed), tone)
        elif weather == "fog":
            tone = torch.tensor(LIGHTS[time].fog, device=frames_TCHW.device)[:, None, None]
            self._blend(frames_TCHW, self._fog(seed), tone * 1.06)

    def _blend(self, frames_TCHW: Tensor, mask_THW: Tensor, tone_C11: Tensor) -> None:
        mask_T1HW = mask_THW[:, None]
        frames_TCHW.mul_(1 - mask_T1HW).add_(mask_T1HW * tone_C11)

    def _rain(self, seed: int) -> Tensor:
        layers = []
        for layer, speed in enumerate((2.3, 3.1)):  # frame heights a second
            shifts = [
                (speed * t / self.shape.fps, -0.2 * speed * t / self.shape.fps)
                for t in range(self.shape.frames)
            ]
            layers.append(self._shifted(self.rain_LHW[layer], shifts, seed + layer))
        return torch.maximum(layers[0], layers[1])

    def _snow(self, seed: int) -> Tensor:
        layers = []
        for layer, speed in enumerate((0.22, 0.32, 0.45)):
            shifts = [
                (speed * t / self.shape.fps, 0.05 * (1 - layer) * t / self.shape.fps)
                for t in range(self.shape.frames)
            ]
            layers.append(self._shifted(self.snow_LHW[layer], shifts, seed + layer))
        return torch.stack(layers).amax(0)

    def _fog(self, seed: int) -> Tensor:
        shifts = [(0.0, 0.12 * t / self.shape.fps) for t in range(self.shape.frames)]
        return self._shifted(self.fog_HW, shifts, seed)

    def _shifted(self, twice_HW: Tensor, shifts: list[tuple[float, float]], seed: int) -> Tensor:
        """The tile moved down and right by fractions of the frame's height, one shift a frame: (T, H, W).

        Frames are cut from the tile laid twice both ways: a slice costs a GPU nothing, a roll is a kernel.
        """
        height, width = self.shape.height, self.shape.width
        moved = []
        for down, right in shifts:
            y = -(round(down * height) + 7919 * seed) % height
            x = -(round(right * height) + 104729 * seed) % width
            moved.append(twice_HW[y : y + height, x : x + width])
        return torch.stack(moved)


def _twice(tile_HW: Tensor) -> Tensor:
    return torch.cat([torch.cat([tile_HW, tile_HW], dim=-1)] * 2, dim=-2)


def _streaks(height: int, width: int, share: float, generator: torch.Generator) -> Tensor:
    """Slanting rain streaks on a tile that repeats both ways."""
    y_H1 = torch.arange(height)[:, None] / height
    x_1W = torch.arange(width)[None, :] / height
    aspect = width / height
    mask = torch.zeros(height, width)
    half_wide, half_long = max(0.005, 0.55 / height), 0.055
    for _ in range(int(75 * share * aspect)):
        across, along = torch.rand(2, generator=generator).tolist()
        dy = (y_H1 - along + 0.5) % 1.0 - 0.5
        dx = (x_1W - across * aspect + 0.2 * dy + aspect / 2) % aspect - aspect / 2
        streak = ((half_wide - dx.abs()) * height + 0.5).clamp(0, 1) * (
            (half_long - dy.abs()) * height + 0.5
        ).clamp(0, 1)
        mask = torch.maximum(mask, streak)
    return mask * 0.95


def _flakes(height: int, width: int, radius: float, generator: torch.Generator) -> Tensor:
    """Round flakes on a tile that repeats both ways."""
    y_H1 = torch.arange(height)[:, None] / height
    x_1W = torch.arange(width)[None, :] / height
    aspect = width / height
    mask = torch.zeros(height, width)
    radius = max(radius, 0.8 / height)
    for _ in range(int(22 * aspect * (0.016 / radius) ** 0.5)):
        across, along = torch.rand(2, generator=generator).tolist()
        dy = (y_H1 - along + 0.5) % 1.0 - 0.5
        dx = (x_1W - across * aspect + aspect / 2) % aspect - aspect / 2
        mask = torch.maximum(mask, ((radius - (dx**2 + dy**2).sqrt()) * height + 0.5).clamp(0, 1))
    return mask * 0.95


def _bubbles(height: int, width: int, generator: torch.Generator) -> Tensor:
    """Rings of several sizes, faintly filled, on a tile that repeats both ways."""
    y_H1 = torch.arange(height)[:, None] / height
    x_1W = torch.arange(width)[None, :] / height
    aspect = width / height
    mask = torch.zeros(height, width)
    for _ in range(max(int(9 * aspect), 3)):
        across, along, size = torch.rand(3, generator=generator).tolist()
        radius, rim = 0.012 + 0.014 * size, max(0.005, 0.4 / height)
        dy = (y_H1 - along + 0.5) % 1.0 - 0.5
        dx = (x_1W - across * aspect + aspect / 2) % aspect - aspect / 2
        distance = (dx**2 + dy**2).sqrt()
        inside = 0.3 * ((radius - distance) * height + 0.5).clamp(0, 1)
        ring = 0.85 * ((rim - (distance - radius).abs()) * height + 0.5).clamp(0, 1)
        mask = torch.maximum(mask, torch.maximum(inside, ring))
    return mask


def _wisps(height: int, width: int, generator: torch.Generator) -> Tensor:
    """Soft bands of mist, denser low in the frame, repeating sideways."""
    y_H1 = torch.arange(height)[:, None] / height
    turn_1W = torch.arange(width)[None, :] / width * 6.2832
    mist = torch.zeros(height, width)
    for waves in (1, 2, 3):
        phase, level = torch.rand(2, generator=generator).tolist()
        center = 0.3 + 0.5 * level + 0.05 * torch.sin(waves * turn_1W + 6.28 * phase)
        mist = mist + torch.exp(-(((y_H1 - center) / 0.10) ** 2)) * (
            0.6 + 0.4 * torch.sin(waves * turn_1W + 9 * phase)
        )
    return 0.30 * mist.clamp(0, 1)
