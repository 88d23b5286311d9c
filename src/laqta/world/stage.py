"""Puts the cast of a shot on stage: which things stand where, how large, and how they move.

Legend: I things, T frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from laqta.shot import Actor, Backdrop, Motion, Relation, Shot, TimeOfDay, Tint, VideoShape, Weather
from laqta.world.camera import View, film_with
from laqta.world.motions import CROSSING_TRAVEL, MOTIONS, Cue, Level, Track
from laqta.world.props import PROPS, Facing
from laqta.world.rules import WEIGHTLESS, hovers
from laqta.world.sample import CROSSERS

PLACES_X = {"left": 0.27, "center": 0.5, "right": 0.73}
GROUND = 0.87
"""Height of the ground on which things stand, as a fraction of the frame from the top."""


class Setting(NamedTuple):
    """Where and when a shot plays: what decides its paintings, its light and its weather."""

    backdrop: Backdrop
    time: TimeOfDay
    weather: Weather


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """What the stage must know of a picture: half its width and height (fractions of its square) and its facing."""

    half_width: float
    half_height: float
    facing: Facing


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One thing on stage, seen through the camera, frame by frame.

    Middle and shadow as fractions of the frame; `size_T` is the side of the picture's square in pixels; the
    picture is mirrored, then stretched, then turned by `angle_T` (radians, clockwise).
    """

    actor: int
    kind: str
    tint: Tint
    setting: Setting
    mirrored: bool
    x_T: Track
    y_T: Track
    size_T: Track
    angle_T: Track
    stretch_T: Track
    shadow_y_T: Track
    shadow_T: Track
    nearness: float


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The things of a shot from back to front, where it plays, and the camera's view."""

    setting: Setting
    things: tuple[Thing, ...]
    view: View


@dataclass(frozen=True, kw_only=True)
class Stand:
    """Where an actor's group has its middle (x), its ground, its level's middle (y) and its size; `travel` scales
    crossings, `nearness` sorts from back to front; what is `aloft` casts no shadow, `leap` scales jumps, what is
    `grounded` stands there even if it can fly. `half_width` is a fraction of the frame's width."""

    x: float
    ground: float
    middle: float
    size: float
    travel: float = 1.0
    nearness: float = 0.0
    in_pair: bool = False
    aloft: bool = False
    leap: float = 1.0
    grounded: bool = False
    half_width: float = 0.0


def set_stage(
    shot: Shot,
    shape: VideoShape,
    cutouts: Mapping[str, Cutout],
    size_fractions: tuple[float, float, float],
    seed: int,
) -> Scene:
    """Place and move everything in a shot whose fields are all stated; `seed` varies what a shot leaves open."""
    assert shot.backdrop is not None and shot.time is not None and shot.weather is not None, shot
    assert shot.camera is not None, shot
    setting = Setting(shot.backdrop, shot.time, shot.weather)
    dice = Random(seed)
    view = film_with(shot.camera, shape.frames)
    stands = _stands(shot, shape, cutouts, size_fractions, dice)
    things = [
        thing
        for index, (actor, stand) in enumerate(zip(shot.cast, stands, strict=True))
        for thing in _group(index, actor, stand, cutouts[actor.kind], shape, setting, dice)
    ]
    seen = [_seen_through(view, thing) for thing in things]
    return Scene(things=tuple(sorted(seen, key=lambda thing: thing.nearness)), setting=setting, view=view)


def _stands(
    shot: Shot,
    shape: VideoShape,
    cutouts: Mapping[str, Cutout],
    fractions: tuple[float, float, float],
    dice: Random,
) -> list[Stand]:
    total = sum(actor.count or 1 for actor in shot.cast)
    wide = min(shape.height, shape.width) / shape.width  # a size fraction, seen as a fraction of the width
    sizes = []
    for actor in shot.cast:
        size = fractions[("small", "medium", "big").index(actor.size or "medium")]
        fits = (1.1 if total == 2 else 0.95) / (total * 2 * cutouts[actor.kind].half_width * wide)
        sizes.append(min(size, fits) if total > 1 else size)
    stands = [
        Stand(
            x=PLACES_X[actor.place or "center"] + dice.uniform(-0.02, 0.02),
            ground=GROUND + dice.uniform(-0.02, 0.02) + 0.025 * index,
            middle=0.48 + dice.uniform(-0.02, 0.02),
            size=size,
            nearness=float(index),
            half_width=cutouts[actor.kind].half_width * size * wide,
        )
        for index, (actor, size) in enumerate(zip(shot.cast, sizes, strict=True))
    ]
    if len(stands) > 1 and not shot.relations and len({actor.place for actor in shot.cast}) < len(stands):
        share = 1 / len(stands)
        stands = [replace(stand, x=share * (index + 0.5)) for index, stand in enumerate(stands)]
    for relation in shot.relations:
        stands[relation.subject], stands[relation.object] = _related(
            relation, shot, stands[relation.subject], stands[relation.object], dice
        )
    return stands


def _related(
    relation: Relation, shot: Shot, subject: Stand, other: Stand, dice: Random
) -> tuple[Stand, Stand]:
    """Move two stands so that the relation between them can be seen."""
    subject, other = replace(subject, in_pair=True, travel=0.6), replace(other, in_pair=True, travel=0.6)
    motion = shot.cast[relation.subject].motion or Motion(verb="still")
    side = -1 if motion.toward == "left" else 1
    if relation.link in ("left_of", "right_of"):
        half = -0.235 if relation.link == "left_of" else 0.235
        return replace(subject, x=0.5 + half, travel=0.35), replace(other, x=0.5 - half, travel=0.35)
    if relation.link == "above":
        high = replace(
            subject, ground=0.46, middle=0.25, size=min(subject.size, 0.42), x=other.x, aloft=True, leap=0.4
        )
        return high, replace(other, ground=0.94, middle=0.74, size=min(other.size, 0.42), leap=0.4)
    if relation.link == "behind":
        apart = 0.62 * (0.85 * subject.half_width + other.half_width)  # a good part of the one behind is seen
        aside = dice.choice((-0.5, 0.5)) * apart
        back = replace(
            subject,
            x=0.5 + aside,
            ground=other.ground - 0.09,
            middle=other.middle - 0.09,
            nearness=other.nearness - 1,
        )
        other = replace(other, x=0.5 - aside, travel=0.35, grounded=True)
        return replace(back, size=0.85 * subject.size, travel=0.35, grounded=True), other
    if relation.link == "chases":
        return replace(subject, x=0.5 - 0.24 * side), replace(other, x=0.5 + 0.24 * side)
    apart = 0.2 + 0.5 * 0.45 * CROSSING_TRAVEL[motion.speed or "normal"]  # they end almost touching
    subject, other = replace(subject, travel=0.45), replace(other, travel=0.45)
    return replace(subject, x=0.5 - apart * side), replace(other, x=0.5 + apart * side)


def _group(
    index: int, actor: Actor, stand: Stand, cutout: Cutout, shape: VideoShape, setting: Setting, dice: Random
) -> list[Thing]:
    """The `count` things of one actor, side by side, each a little behind the one before in time."""
    count = actor.count or 1
    unit = min(shape.height, shape.width) * stand.size
    width = 2 * cutout.half_width * unit / shape.width
    motion = actor.motion or Motion(verb="still")
    gap = min(1.04 * width, max(0.98 - width, 0.5 * width) / max(count - 1, 1))
    reach = (width + gap * (count - 1)) / 2
    x = stand.x if stand.in_pair else _kept_inside(stand.x, reach, motion)
    turn = dice.choice((-1, 1))
    first_lag = dice.uniform(0, 0.02)
    things = []
    for place in range(count):
        offset = gap * (place - (count - 1) / 2)
        own = replace(
            stand,
            x=x + offset,
            ground=stand.ground + (0.03 if place % 2 else 0.0),
            travel=stand.travel if count == 1 else min(stand.travel, 0.6),
            nearness=stand.nearness + 0.1 * (place % 2),
        )
        lag = first_lag + (0.05 * place if count > 1 else 0.0)
        things.append(_move(index, actor, motion, own, cutout, shape, (setting, lag, turn)))
    return things


def _kept_inside(x: float, reach: float, motion: Motion) -> float:
    """The wished middle, shifted as little as lets the whole group, or the whole crossing, be seen."""
    if motion.verb in CROSSERS:
        slack = max(0.4 - CROSSING_TRAVEL[motion.speed or "normal"] / 2, 0.0)
    else:
        aside = {"orbit": 0.17, "swing": 0.14}.get(motion.verb, 0.0)
        slack = max(0.52 - reach - aside, 0.0)
    return min(max(x, 0.5 - slack), 0.5 + slack)


def _move(
    index: int,
    actor: Actor,
    motion: Motion,
    stand: Stand,
    cutout: Cutout,
    shape: VideoShape,
    manner: tuple[Setting, float, int],
) -> Thing:
    setting, lag, turn = manner
    weightless = setting.backdrop in WEIGHTLESS
    moves = PROPS[actor.kind].moves
    unit = min(shape.height, shape.width) * stand.size
    height = 2 * cutout.half_height * unit / shape.height
    half_width = cutout.half_width * unit / shape.width
    perform, level = MOTIONS[motion.verb]
    speed = motion.speed or "normal"
    floats = weightless or (hovers(actor.kind) and not stand.grounded)
    cue = Cue(
        time_T=np.linspace(0.0, 1.0, shape.frames) - lag,
        seconds=(shape.frames - 1) / shape.fps,
        speed=speed,
        side=-1 if motion.toward == "left" else 1,
        travel=CROSSING_TRAVEL[speed] * stand.travel,
        height=height,
        headroom=stand.ground - height,
        way_in=(stand.x if motion.toward != "left" else 1 - stand.x) + 1.08 * half_width,
        way_out=(1 - stand.x if motion.toward != "left" else stand.x) + 1.08 * half_width,
        roll_radius=half_width if "roll" in moves else None,
        hops=not {"walk", "hop"}.isdisjoint(moves) and not weightless,
        turn=turn,
    )
    path = perform(cue)
    still_T = np.zeros(shape.frames)
    stretch_T = path.stretch_T + still_T
    scale_T = path.scale_T + still_T
    rise_T = path.rise_T * stand.leap
    if level == "ground" and floats:
        rise_T = rise_T - (rise_T.max() + rise_T.min()) / 2  # leaps about its place, not up from it
    middle_T = _level_y(level, floats, stand, cue, scale_T * stretch_T) - rise_T
    bottom_T = middle_T + height / 2 * scale_T * stretch_T
    ground_T = stand.ground + 0.16 * (scale_T - 1)
    near_ground_T = np.exp(-np.clip(ground_T - bottom_T, 0, None) / 0.25)
    return Thing(
        actor=index,
        kind=actor.kind,
        tint=actor.tint or "natural",
        setting=setting,
        mirrored=_is_mirrored(actor, motion, cutout),
        x_T=stand.x + path.shift_T + still_T,
        y_T=middle_T + still_T,
        size_T=unit * scale_T,
        angle_T=path.angle_T + still_T,
        stretch_T=stretch_T,
        shadow_y_T=ground_T + still_T,
        shadow_T=still_T if weightless or stand.aloft else near_ground_T + still_T,
        nearness=stand.nearness,
    )


def _level_y(level: Level, floats: bool, stand: Stand, cue: Cue, grown_T: Track) -> Track:
    """The thing's middle before its own rise: on the ground its bottom stays there while it grows or stretches."""
    if level == "air" and not stand.in_pair:
        return np.array([0.40])
    if level == "middle" or floats or (level == "air" and stand.in_pair):
        lowered = 0.1 if cue.headroom > 0.3 and level == "ground" else 0.0
        return np.array([stand.middle + lowered])
    return stand.ground - cue.height / 2 * grown_T


def _is_mirrored(actor: Actor, motion: Motion, cutout: Cutout) -> bool:
    wished = motion.toward or actor.facing
    return wished is not None and cutout.facing != "front" and wished != cutout.facing


def _seen_through(view: View, thing: Thing) -> Thing:
    return replace(
        thing,
        x_T=0.5 + (thing.x_T - 0.5 - view.right_T) * view.zoom_T,
        y_T=0.5 + (thing.y_T - 0.5 - view.down_T) * view.zoom_T,
        shadow_y_T=0.5 + (thing.shadow_y_T - 0.5 - view.down_T) * view.zoom_T,
        size_T=thing.size_T * view.zoom_T,
    )


def things_arrays(things: tuple[Thing, ...], name: str) -> NDArray[np.float64]:
    """One property of all things as an array (I, T)."""
    return np.stack([getattr(thing, name) for thing in things])
