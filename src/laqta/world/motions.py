"""How each verb moves a thing: a `Cue` in, a `Path` over the frames of the clip out.

Legend: T frames. Distances are fractions of the frame's width (x) and height (y); `rise_T` is upward.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from laqta.shot import Speed, Verb

Track = NDArray[np.float64]

CROSSING_TRAVEL: dict[Speed, float] = {"slow": 0.25, "normal": 0.45, "fast": 0.75}
"""How much of the frame's width a crossing motion covers in a clip."""


@dataclass(frozen=True, kw_only=True)
class Cue:
    """What a motion needs to know: time (0 to 1, a little behind for the second of twins), the clip's seconds,
    the speed, the side (+1 right, -1 left), the travel of a crossing, the thing's height and its room above
    (fractions of the frame's height), how far it stands from the edge it enters from and leaves over, and
    whether it rolls or hops as it goes."""

    time_T: Track
    seconds: float
    speed: Speed
    side: int
    travel: float
    height: float
    headroom: float
    way_in: float
    way_out: float
    roll_radius: float | None
    hops: bool
    turn: int

    @property
    def beats(self) -> float:
        """How often a gait repeats in the clip, slow enough for the frame rate to show it."""
        pace = {"slow": 2.0, "normal": 2.7, "fast": 3.6}[self.speed]
        return min(pace * self.seconds, (len(self.time_T) - 1) / 2)


def _still(value: float) -> Callable[[], Track]:
    return lambda: np.array([value])


@dataclass(kw_only=True)
class Path:
    """Where a thing is, relative to its stand: shift, rise, scale, angle (radians, clockwise) and stretch (height
    over natural height, width shrinking to match); each a track of T numbers or of one that holds for all."""

    shift_T: Track = field(default_factory=_still(0.0))
    rise_T: Track = field(default_factory=_still(0.0))
    scale_T: Track = field(default_factory=_still(1.0))
    angle_T: Track = field(default_factory=_still(0.0))
    stretch_T: Track = field(default_factory=_still(1.0))


Level = Literal["ground", "air", "middle"]


def still(cue: Cue) -> Path:
    """Stand and breathe."""
    breath_T = np.sin(2 * np.pi * cue.time_T)
    return Path(stretch_T=1 + 0.025 * breath_T, angle_T=0.02 * breath_T)


def walk(cue: Cue) -> Path:
    """Cross in little hops, leaning from foot to foot."""
    path = _gait(cue, cue.time_T)
    path.shift_T = cue.side * cue.travel * (cue.time_T - 0.5)
    return path


def drive(cue: Cue) -> Path:
    """Cross on wheels with a slight shake; a round thing rolls."""
    shift_T = cue.side * cue.travel * (cue.time_T - 0.5)
    if cue.roll_radius is not None:
        return Path(shift_T=shift_T, angle_T=shift_T / cue.roll_radius)
    shake_T = np.sin(2 * np.pi * (cue.beats + 0.5) * cue.time_T)
    return Path(shift_T=shift_T, rise_T=0.006 * np.abs(shake_T), angle_T=0.02 * shake_T - 0.03 * cue.side)


def fly(cue: Cue) -> Path:
    """Cross through the air in a gentle wave."""
    wave_T = np.sin(2 * np.pi * 1.1 * cue.time_T)
    return Path(
        shift_T=cue.side * cue.travel * (cue.time_T - 0.5),
        rise_T=0.035 * wave_T,
        angle_T=0.07 * cue.side - 0.09 * cue.side * np.cos(2 * np.pi * 1.1 * cue.time_T),
    )


def rise(cue: Cue) -> Path:
    """Go straight up."""
    travel = {"slow": 0.28, "normal": 0.46, "fast": 0.7}[cue.speed]
    return Path(rise_T=travel * (cue.time_T - 0.5), angle_T=0.04 * np.sin(2 * np.pi * cue.time_T))


def fall(cue: Cue) -> Path:
    """Go straight down, faster and faster."""
    travel = {"slow": 0.28, "normal": 0.46, "fast": 0.7}[cue.speed]
    time_T = np.clip(cue.time_T, 0, 1.2)
    return Path(rise_T=travel * (0.5 - time_T**1.4), angle_T=0.12 * np.sin(2 * np.pi * cue.time_T))


def jump(cue: Cue) -> Path:
    """One arc from the ground and back, with a crouch before and after; two when fast."""
    start, end = {"slow": (0.02, 0.98), "normal": (0.14, 0.86), "fast": (0.04, 0.96)}[cue.speed]
    arcs = 2 if cue.speed == "fast" else 1
    through_T = np.clip((cue.time_T - start) / (end - start), 0, 1) * arcs
    phase_T = np.where(through_T >= arcs, 1.0, through_T % 1.0)
    arc_T = 4 * phase_T * (1 - phase_T)
    height = np.clip(cue.headroom + 0.06, 0.2, 0.36)
    return Path(
        rise_T=height * arc_T,
        stretch_T=0.86 + 0.24 * np.sqrt(arc_T),
        angle_T=0.05 * cue.turn * (phase_T - 0.5),
    )


def bounce(cue: Cue) -> Path:
    """Drop and spring back again and again, flattened by every landing."""
    landings = {"slow": 2, "normal": 3, "fast": 4}[cue.speed]
    air_T = np.abs(np.cos(np.pi * landings * cue.time_T))
    height = np.clip(cue.headroom + 0.03, 0.16, 0.26)
    return Path(rise_T=height * air_T, stretch_T=1.04 - 0.34 * np.clip(1 - air_T / 0.45, 0, 1))


def spin(cue: Cue) -> Path:
    """Turn in the plane of the picture: once, half when slow, twice when fast."""
    turns = {"slow": 0.5, "normal": 1.0, "fast": 2.0}[cue.speed]
    return Path(rise_T=np.array([0.06]), angle_T=cue.turn * 2 * np.pi * turns * cue.time_T)


def swing(cue: Cue) -> Path:
    """Swing like a pendulum that hangs from a point over the thing's top."""
    swings = {"slow": 1.0, "normal": 1.5, "fast": 2.5}[cue.speed]
    angle_T = cue.turn * 0.62 * np.cos(2 * np.pi * swings * cue.time_T)
    arm = 0.5 * cue.height + 0.16  # from the pivot to the thing's middle, in frame heights
    return Path(shift_T=-arm * np.sin(angle_T), rise_T=arm * (1 - np.cos(angle_T)), angle_T=angle_T)


def orbit(cue: Cue) -> Path:
    """Go round its place in a circle, upright: once, twice when fast."""
    rounds = {"slow": 0.75, "normal": 1.0, "fast": 2.0}[cue.speed]
    angle_T = cue.turn * 2 * np.pi * rounds * cue.time_T
    return Path(
        shift_T=0.2 * np.sin(angle_T),
        rise_T=0.17 * np.cos(angle_T),
        angle_T=0.12 * cue.turn * np.cos(angle_T),
    )


def approach(cue: Cue) -> Path:
    """Come closer: grow, stepping down toward the viewer."""
    small, large = {"slow": (0.75, 1.15), "normal": (0.6, 1.25), "fast": (0.45, 1.35)}[cue.speed]
    time_T = np.clip(cue.time_T, 0, 1)
    scale_T = small * (large / small) ** time_T
    path = _gait(cue, cue.time_T) if cue.hops else Path()
    path.scale_T = scale_T
    path.rise_T = path.rise_T * scale_T - 0.16 * (scale_T - 1)
    return path


def recede(cue: Cue) -> Path:
    """Go away: the way of `approach` backward."""
    path = approach(cue)
    for name in ("scale_T", "rise_T", "angle_T", "stretch_T"):
        setattr(path, name, getattr(path, name)[::-1])
    return path


def enter(cue: Cue) -> Path:
    """Come in over the edge to its place, and stay there."""
    arrive = {"slow": 0.95, "normal": 0.75, "fast": 0.5}[cue.speed]
    through_T = np.clip(cue.time_T / arrive, 0, 1)
    left_T = (1 - through_T) ** 1.5
    path = _carried(cue, through_T)
    path.shift_T = -cue.side * cue.way_in * left_T
    return path


def leave(cue: Cue) -> Path:
    """Set out from its place and go over the edge."""
    start, gone = {"slow": (0.05, 1.0), "normal": (0.15, 0.9), "fast": (0.25, 0.75)}[cue.speed]
    through_T = np.clip((cue.time_T - start) / (gone - start), 0, 1)
    path = _carried(cue, through_T)
    path.shift_T = cue.side * cue.way_out * through_T**1.5
    return path


def _gait(cue: Cue, through_T: Track) -> Path:
    step_T = np.pi * cue.beats * through_T
    hop_T = np.abs(np.sin(step_T))
    return Path(
        rise_T=0.09 * cue.height * hop_T, angle_T=0.11 * np.cos(step_T), stretch_T=0.95 + 0.09 * hop_T
    )


def _carried(cue: Cue, through_T: Track) -> Path:
    if cue.hops:
        return _gait(cue, through_T)
    return Path(
        rise_T=0.02 * np.sin(2 * np.pi * through_T), angle_T=0.05 * cue.side * np.sin(np.pi * through_T)
    )


MOTIONS: dict[Verb, tuple[Callable[[Cue], Path], Level]] = {
    "still": (still, "ground"),
    "walk": (walk, "ground"),
    "drive": (drive, "ground"),
    "fly": (fly, "air"),
    "rise": (rise, "middle"),
    "fall": (fall, "middle"),
    "jump": (jump, "ground"),
    "bounce": (bounce, "ground"),
    "spin": (spin, "ground"),
    "swing": (swing, "middle"),
    "orbit": (orbit, "middle"),
    "approach": (approach, "ground"),
    "recede": (recede, "ground"),
    "enter": (enter, "ground"),
    "leave": (leave, "ground"),
}
"""Each verb's motion, and the level at which its thing stands."""
