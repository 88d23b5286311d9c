"""The frozen values that every room speaks: what should be seen, as data.

A `Shot` is what a person wants to see. Whatever nobody stated is `None`; `director.plan` fills it by seed.
This file imports nothing of Laqta's and no third-party package, so that every other room may import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Backdrop = Literal[
    "meadow",
    "desert",
    "beach",
    "snow",
    "city_street",
    "forest",
    "mountains",
    "space",
    "underwater",
    "football_pitch",
    "bedroom",
    "kitchen",
]
TimeOfDay = Literal["day", "sunset", "night"]
Weather = Literal["clear", "rain", "snow", "fog"]
Verb = Literal[
    "still",
    "walk",
    "drive",
    "fly",
    "rise",
    "fall",
    "jump",
    "bounce",
    "spin",
    "swing",
    "orbit",
    "approach",
    "recede",
    "enter",
    "leave",
]
Side = Literal["left", "right"]
Speed = Literal["slow", "normal", "fast"]
Size = Literal["small", "medium", "big"]
Tint = Literal["natural", "red", "orange", "yellow", "green", "blue", "purple", "pink"]
Place = Literal["left", "center", "right"]
Link = Literal["left_of", "right_of", "above", "behind", "chases", "meets"]
Camera = Literal["still", "pan_left", "pan_right", "tilt_up", "tilt_down", "zoom_in", "zoom_out"]
Format = Literal["square", "wide", "tall"]

BACKDROPS: tuple[Backdrop, ...] = get_args(Backdrop)
TIMES: tuple[TimeOfDay, ...] = get_args(TimeOfDay)
WEATHERS: tuple[Weather, ...] = get_args(Weather)
VERBS: tuple[Verb, ...] = get_args(Verb)
SIDES: tuple[Side, ...] = get_args(Side)
SPEEDS: tuple[Speed, ...] = get_args(Speed)
SIZES: tuple[Size, ...] = get_args(Size)
TINTS: tuple[Tint, ...] = get_args(Tint)
PLACES: tuple[Place, ...] = get_args(Place)
LINKS: tuple[Link, ...] = get_args(Link)
CAMERAS: tuple[Camera, ...] = get_args(Camera)
FORMATS: tuple[Format, ...] = get_args(Format)

SIDED_VERBS: frozenset[Verb] = frozenset({"walk", "drive", "fly", "enter", "leave"})
"""Verbs that go one way or the other: their `Motion.toward` is a side; every other verb's is `None`."""

MAX_COUNT = 3
MAX_CAST = 3


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle in the frame, as fractions of its width and height; (0, 0) is the top left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, kw_only=True)
class BoxTrack:
    """One box a frame, in order; `None` where the thing is out of sight."""

    boxes: tuple[Box | None, ...]


@dataclass(frozen=True, kw_only=True)
class Motion:
    """How an actor moves.

    `toward` is the side that it moves to and is stated for `SIDED_VERBS` only: a thing that enters toward the
    right comes in from the left edge; a thing that leaves toward the right goes out over the right edge.
    """

    verb: Verb
    toward: Side | None = None
    speed: Speed | None = None


@dataclass(frozen=True, kw_only=True)
class Actor:
    """One member of the cast: `count` (1 to 3) things of one kind that share size, tint, place and motion.

    `kind` is the id of a prop: an everyday English word (`cat`, `police_car`). `facing` is where the picture
    looks; a sided motion decides it when it is `None`.
    """

    kind: str
    count: int | None = None
    size: Size | None = None
    tint: Tint | None = None
    place: Place | None = None
    facing: Side | None = None
    motion: Motion | None = None
    track: BoxTrack | None = None


@dataclass(frozen=True, kw_only=True)
class Relation:
    """`cast[subject]` stands in `link` to `cast[object]`: (0, "chases", 1) says that the first chases the second."""

    subject: int
    link: Link
    object: int


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What should be seen. `None` and empty tuples mean "not stated". `seconds` is the wished length."""

    backdrop: Backdrop | None = None
    time: TimeOfDay | None = None
    weather: Weather | None = None
    cast: tuple[Actor, ...] = ()
    relations: tuple[Relation, ...] = ()
    camera: Camera | None = None
    seconds: float | None = None
    format: Format | None = None


@dataclass(frozen=True, kw_only=True)
class VideoShape:
    """The size of a clip: frames, height and width in pixels, frames a second."""

    frames: int
    height: int
    width: int
    fps: int

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps
