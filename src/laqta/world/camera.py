"""Camera moves: where the view looks, frame by frame.

Legend: T frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from laqta.shot import Camera

PAN = 0.18
"""How much of the frame the stage slides by in a pan or tilt over the clip; farther layers slide less."""
ZOOM = (0.88, 1.16)
"""Magnification at the start and end of zooming in."""
MARGIN = 0.12
"""How much larger than the frame backdrops are painted on each side, as a fraction: enough for PAN and ZOOM."""


@dataclass(frozen=True, kw_only=True)
class View:
    """Shift of the view (right and down, fractions of the frame) and magnification, at the stage's depth."""

    right_T: NDArray[np.float64]
    down_T: NDArray[np.float64]
    zoom_T: NDArray[np.float64]
    still: bool


def film_with(camera: Camera, frames: int) -> View:
    """The view over the clip for a camera move; it starts and ends softly."""
    time_T = np.linspace(0.0, 1.0, frames)
    eased_T = 0.7 * time_T + 0.3 * time_T * time_T * (3 - 2 * time_T)
    zero_T = np.zeros(frames)
    slide_T = PAN * (eased_T - 0.5)
    zoom_T = ZOOM[0] * (ZOOM[1] / ZOOM[0]) ** eased_T
    right_T = {"pan_right": slide_T, "pan_left": -slide_T}.get(camera, zero_T)
    down_T = {"tilt_down": slide_T, "tilt_up": -slide_T}.get(camera, zero_T)
    zooms_T = {"zoom_in": zoom_T, "zoom_out": zoom_T[::-1]}.get(camera, zero_T + 1.0)
    return View(right_T=right_T, down_T=down_T, zoom_T=zooms_T, still=camera == "still")
