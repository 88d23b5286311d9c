"""What a person drew: boxes on frames, as exact values that no format, frame rate or rounding can shift.

Time is counted in presentation time stamps (PTS), whole multiples of a rational time base, never in "frame number x
rate": a clip of variable frame rate then has no frame that two tools could disagree on. Boxes are fractions of the
frame's width and height, as `Fraction`: pixels of any size, and percentages, come back as they were given.
Between two keyframes a box moves linearly by frame, not by second: so do CVAT and Label Studio, and a label is what
its annotator saw on the screen, also where frames last for different times.

Legend: T frames, 4 sides of a box (left, top, right, bottom; fractions of the frame).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Attributes = tuple[tuple[str, str], ...]
"""Names and values, sorted by name."""


@dataclass(frozen=True, kw_only=True)
class FrameSize:
    """Width and height of a frame in pixels. `ValueError` for a size that no frame has."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(
                f"a frame cannot be {self.width!r} x {self.height!r} pixels; give a width and a height above 0"
            )


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """When each frame of a clip is shown: frame `n` at `pts[n] * time_base` seconds.

    `ValueError` for no frames, stamps that do not rise, or a time base that is not above 0.
    """

    pts: tuple[int, ...]
    time_base: Fraction

    def __post_init__(self) -> None:
        if not self.pts:
            raise ValueError("a time line without frames; give the PTS of every frame of the clip")
        if self.time_base <= 0:
            raise ValueError(f"a time base must be above 0 seconds, got {self.time_base!r}")
        for before, after in pairwise(self.pts):
            if after <= before:
                raise ValueError(
                    f"PTS {after!r} follows {before!r}; give the stamps in the order of showing, each frame once"
                )

    @classmethod
    def constant(cls, frames: int, rate: Fraction | int) -> Timeline:
        """The time line of a clip whose frames all last `1 / rate` seconds."""
        return cls(pts=tuple(range(frames)), time_base=1 / Fraction(rate))

    def __len__(self) -> int:
        """How many frames the clip has."""
        return len(self.pts)

    def frame(self, pts: int) -> int:
        """The number, from 0, of the frame shown at exactly `pts`; `ValueError` where no frame begins there."""
        at = bisect_left(self.pts, pts)
        if at == len(self.pts) or self.pts[at] != pts:
            near = self.pts[max(0, at - 1) : at + 1]
            raise ValueError(f"no frame of the clip begins at PTS {pts!r}; the nearest are {near!r}")
        return at

    def seconds(self, frame: int) -> Fraction:
        """When frame `frame` (from 0) is first shown, in seconds."""
        return self.pts[frame] * self.time_base

    def durations(self) -> NDArray[np.float64]:
        """Seconds that each frame stays (T); the last one, which nothing follows, as long as the one before it."""
        steps = [after - before for before, after in pairwise(self.pts)]
        return np.array([*steps, *(steps[-1:] or [1])], dtype=np.float64) * float(self.time_base)


@dataclass(frozen=True, kw_only=True)
class ExactBox:
    """A rectangle as exact fractions of the frame's width and height; (0, 0) is the top left corner.

    It may reach out of the frame. `ValueError` where it has no width or no height.
    """

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction

    def __post_init__(self) -> None:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError(
                f"a box must be wider and higher than 0, got left {float(self.left)!r}, top {float(self.top)!r}, "
                f"right {float(self.right)!r}, bottom {float(self.bottom)!r} (fractions of the frame); "
                f"draw it again or delete it"
            )

    @classmethod
    def from_pixels(cls, sides: Iterable[Fraction | int], size: FrameSize) -> ExactBox:
        """A box from its left, top, right and bottom in pixels."""
        left, top, right, bottom = (Fraction(side) for side in sides)
        return cls(
            left=left / size.width,
            top=top / size.height,
            right=right / size.width,
            bottom=bottom / size.height,
        )

    def sides(self) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom

    def pixels(self, size: FrameSize) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        """Left, top, right, bottom in pixels, exactly."""
        return (
            self.left * size.width,
            self.top * size.height,
            self.right * size.width,
            self.bottom * size.height,
        )

    def toward(self, other: ExactBox, share: Fraction) -> ExactBox:
        """The box `share` of the way (0 to 1) to another, each side on a straight line."""
        sides = (own + share * (its - own) for own, its in zip(self.sides(), other.sides(), strict=True))
        return ExactBox(**dict(zip(("left", "top", "right", "bottom"), sides, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Keyframe:
    """What an annotator set at one frame: a box, or `None` from where on the thing is out of sight (`outside`).

    Before the first keyframe the thing is not there. After a box it moves on to the next box; where none follows, or
    the next keyframe is outside, it stays as it is. `occluded` and `attributes` (those that change along the track)
    hold until the next keyframe.
    """

    pts: int
    box: ExactBox | None
    occluded: bool = False
    attributes: Attributes = ()


@dataclass(frozen=True, kw_only=True)
class Track:
    """One thing, followed through a clip. `attributes` are those that hold for all of it.

    Keyframes rise in PTS; the first has a box, and no two in a row are outside: `ValueError` otherwise.
    """

    id: str
    label: str
    keyframes: tuple[Keyframe, ...]
    attributes: Attributes = ()

    def __post_init__(self) -> None:
        if not self.keyframes or self.keyframes[0].box is None:
            raise ValueError(f"track {self.id!r} begins without a box; give it a keyframe with one")
        for before, after in pairwise(self.keyframes):
            if after.pts <= before.pts:
                raise ValueError(
                    f"track {self.id!r}: a keyframe at PTS {after.pts!r} follows one at {before.pts!r}; "
                    f"give each PTS once, in order"
                )
            if before.box is None and after.box is None:
                raise ValueError(
                    f"track {self.id!r}: at PTS {after.pts!r} it is outside twice in a row; leave one"
                )


def boxes_of(track: Track, timeline: Timeline) -> tuple[ExactBox | None, ...]:
    """The exact box on every frame of the clip, `None` where out of sight; `ValueError` for a foreign PTS."""
    boxes: list[ExactBox | None] = [None] * len(timeline)
    for first, here, last, there in _stretches(track, timeline):
        for frame in range(first, last):
            share = Fraction(frame - first, last - first)
            boxes[frame] = here if there is None or frame == first else here.toward(there, share)
    return tuple(boxes)


def _stretches(track: Track, timeline: Timeline) -> Iterable[tuple[int, ExactBox, int, ExactBox | None]]:
    """From each box to the next keyframe: its frame, itself, the next one's frame, and the next box, if any."""
    frames = [timeline.frame(key.pts) for key in track.keyframes]
    for at, key in enumerate(track.keyframes):
        if key.box is not None:
            following = track.keyframes[at + 1 : at + 2]
            last = frames[at + 1] if following else len(timeline)
            yield frames[at], key.box, last, following[0].box if following else None


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A track as arrays: `boxes_T4` float64 fractions of the frame, zero where `there_T` (bool) is false."""

    boxes_T4: NDArray[np.float64]
    there_T: NDArray[np.bool_]


def draw(track: Track, timeline: Timeline) -> Drawn:
    """The box on every frame as floats, for what is measured rather than exchanged."""
    boxes_T4, there_T = np.zeros((len(timeline), 4)), np.zeros(len(timeline), dtype=bool)
    for first, here, last, there in _stretches(track, timeline):
        ends_24 = np.array([[float(side) for side in box.sides()] for box in (here, there or here)])
        share_T = (np.arange(first, last) - first) / (last - first)
        boxes_T4[first:last] = ends_24[0] + share_T[:, None] * (ends_24[1] - ends_24[0])
        there_T[first:last] = True
    return Drawn(boxes_T4=boxes_T4, there_T=there_T)


def settle(track_id: str, label: str, keyframes: Iterable[Keyframe]) -> Track:
    """A track from keyframes as a file lists them: sorted, what is outside stated once, attributes where they belong.

    Outside keyframes at the start and outside keyframes after one another say nothing; an attribute that is the same
    at every box is the track's. `ValueError` for no box at all, or two keyframes on one frame.
    """
    kept: list[Keyframe] = []
    for key in sorted(keyframes, key=lambda key: key.pts):
        if key.box is not None or (kept and kept[-1].box is not None):
            kept.append(key)
    boxes = [key for key in kept if key.box is not None]
    shared = frozenset.intersection(*(frozenset(key.attributes) for key in boxes)) if boxes else frozenset()
    own = [
        replace(key, attributes=tuple(sorted(set(key.attributes) - shared)))
        if key.box is not None
        else Keyframe(pts=key.pts, box=None)
        for key in kept
    ]
    return Track(id=track_id, label=label, keyframes=tuple(own), attributes=tuple(sorted(shared)))
