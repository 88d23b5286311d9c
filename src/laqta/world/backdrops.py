"""Paints a backdrop at a time of day: three layers of depth, far to near.

Legend: V scenes painted together, L layers (3: far, middle, near), 4 channels (RGB premultiplied, alpha).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from laqta.shot import BACKDROPS, TIMES, Backdrop, TimeOfDay, VideoShape
from laqta.world.camera import MARGIN
from laqta.world.paint import Dice
from laqta.world.scenery import deep, open_land, rooms, town, wild
from laqta.world.scenery.painting import Painting

LAYER_DEPTHS = (0.3, 0.6, 1.0)
"""How much of the camera's move each layer makes; things on stage make all of it."""

PAINTERS: dict[Backdrop, Callable[[Painting], None]] = {
    "meadow": open_land.meadow,
    "desert": open_land.desert,
    "beach": open_land.beach,
    "snow": open_land.snow,
    "city_street": town.city_street,
    "forest": wild.forest,
    "mountains": wild.mountains,
    "space": deep.space,
    "underwater": deep.underwater,
    "football_pitch": town.football_pitch,
    "bedroom": rooms.bedroom,
    "kitchen": rooms.kitchen,
}


def layer_size(shape: VideoShape) -> tuple[int, int]:
    """Height and width of a painted layer: the frame and a margin for the camera."""
    return shape.height + 2 * math.ceil(MARGIN * shape.height), shape.width + 2 * math.ceil(
        MARGIN * shape.width
    )


def paint(
    backdrop: Backdrop, time: TimeOfDay, variants: list[int], shape: VideoShape, device: torch.device
) -> Tensor:
    """The layers of a backdrop in some of its variants (any whole numbers): uint8 (V, L, 4, H, W), on `device`."""
    stream = 1000 * BACKDROPS.index(backdrop) + TIMES.index(time)
    dice = Dice([stream * 100_003 + variant for variant in variants], device)
    painting = Painting(dice, time, layer_size(shape), shape.height, shape.width)
    PAINTERS[backdrop](painting)
    layers = torch.stack([canvas.rgba_V4HW for canvas in (painting.far, painting.mid, painting.near)], dim=1)
    return (layers.clamp(0, 1) * 255).round().to(torch.uint8)
