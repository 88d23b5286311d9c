"""The stage that looks for things in clips and follows them, with any detector and any tracker.

A detector is named in `pipeline.toml`: one of `DETECTORS`, or anybody's own as `module:name`, with what it is given
(a folder of weights) behind another colon. What is named is called as `name(weights, kinds)` and gives a `Detector`.

Legend: T looked-at frames, H, W pixels, C red, green, blue, 4 sides of a box (fractions of the frame).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import floor
from typing import ClassVar, Protocol

import numpy as np
import pyarrow as pa

from laqta.data.by_name import lacks, named, place_of
from laqta.data.following import Detection, Sides, Trail
from laqta.data.frames import Sampled, sampled
from laqta.data.ingest import bytes_of
from laqta.data.object_tracks import GRID, TRACKS_TYPE, rows_of, track_of
from laqta.data.picture import Picture
from laqta.data.stages import SOURCES, Row, Stage, Work, each_row

Detect = Callable[[Picture], Sequence[Sequence[Detection]]]
"""From frames (T, H, W, 3), uint8, to what is on each of them; sides of boxes are fractions of the frame."""

DETECTORS = {
    "judge": "laqta.bench.boxes:JudgeDetector",
    "open": "laqta.models.open_detector:OpenDetector",
}
"""Detectors by name, as `module:name`: the made-up world's own, and open-vocabulary ones."""
OF_THE_WORLD = frozenset({"judge"})
"""Detectors that know only the made-up world, and are shown nothing else."""
TRACKERS = {"iou": "laqta.data.following:IouTracker"}
"""Trackers by name, as `module:name`."""

TOGETHER = 32
"""Frames that a detector is given at once, at most."""
LONGEST = 1280
"""Pixels of a frame's longer side, at most."""
FAR_OUT = 1.0
"""How far out of the frame a side may lie, in frames: farther, and the box is in pixels by mistake."""


class Detector(Protocol):
    """What finds things on frames. To make one costs nothing: what is heavy is loaded by `open`."""

    def model(self) -> str:
        """The hash or the name of its weights: with another one every clip is looked at again."""

    def open(self) -> Detect:
        """Load what is heavy, once in a worker process, and return what looks at frames."""


class Tracker(Protocol):
    """What follows things from frame to frame. It is made as `name(sure=..., patience=...)`: the score that begins a
    thing, and the seconds that one may be out of sight."""

    def track(self, found: Sequence[Sequence[Detection]], seconds: Sequence[float]) -> list[Trail]:
        """Things from what was found on each frame, and when each frame is shown."""


@dataclass(frozen=True, kw_only=True)
class Objects(Stage):
    """What is in a clip, how many of it, how large, and each one's box over time.

    `kinds` are English nouns with commas between, empty for all that the detector knows. It is shown `frames_a_second`;
    between them boxes move in straight lines, and a box less than `slack` of its size off such a line is left out.
    A thing begins with `least_score`, goes on with half of it, may be out of sight for `gap_seconds`, and counts if it
    is followed for `least_seconds`, or through all of a clip that is shorter.
    """

    name: ClassVar[str] = "objects"
    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("shots", "probe", SOURCES)
    batch: ClassVar[int] = 8
    memory_mb: ClassVar[int] = 2000
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            ("objects", pa.string()),
            ("object_count", pa.int32()),
            ("largest_object", pa.float64()),
            ("detected_by", pa.string()),
            ("tracks", TRACKS_TYPE),
        ]
    )

    detector: str = "judge"
    kinds: str = ""
    tracker: str = "iou"
    frames_a_second: float = 6.0
    least_score: float = 0.5
    least_seconds: float = 0.3
    gap_seconds: float = 1.0
    slack: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.frames_a_second <= 120:
            raise ValueError(
                f"objects.frames_a_second = {self.frames_a_second!r}; give a rate from 0.1 to 120"
            )
        if not 0 < self.least_score <= 1:
            raise ValueError(f"objects.least_score = {self.least_score!r}; scores go from 0 to 1")
        place_of(self.detector, DETECTORS, "detector")
        place_of(self.tracker, TRACKERS, "tracker")

    def model(self) -> str:
        """What its detector says of its weights."""
        return _model(self.detector, self.kinds)

    def open(self) -> Work:
        """Load the detector."""
        detector = find_detector(self.detector, self.kinds)
        try:
            detect = detector.open()
        except ImportError as error:
            raise lacks("detector", self.detector, error) from error
        make_tracker, _ = named(self.tracker, TRACKERS, "tracker")
        tracker: Tracker = make_tracker(sure=self.least_score, patience=self.gap_seconds)
        return each_row(self.schema, lambda item: self._find(item, detect, tracker))

    def _find(self, item: Row, detect: Detect, tracker: Tracker) -> Row:
        if self.detector.partition(":")[0] in OF_THE_WORLD and item["made_by"] != "world":
            return {}
        frames = sampled(bytes_of(dict(item)), item, self.frames_a_second, LONGEST)
        pts: list[int] = []
        seconds: list[float] = []
        found: list[list[Detection]] = []
        for part in _together(frames):
            pts += [frame.pts for frame in part]
            seconds += [frame.seconds for frame in part]
            found += self._looked(detect, np.stack([frame.picture_HWC for frame in part]))
        trails = [
            trail for trail in tracker.track(found, seconds) if self._lasts(trail, seconds, item["seconds"])
        ]
        kinds = Counter(trail.kind for trail in trails)
        return {
            "objects": ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())),
            "object_count": len(trails),
            "largest_object": max((trail.share for trail in trails), default=0.0),
            "detected_by": self.detector,
            "tracks": rows_of(
                track_of(str(number), trail, pts, self.slack) for number, trail in enumerate(trails, start=1)
            ),
        }

    def _looked(self, detect: Detect, frames_THWC: Picture) -> list[list[Detection]]:
        """What is on some frames: boxes inside the frame, of the kinds that are asked for, and not too doubtful."""
        found = detect(frames_THWC)
        if len(found) != len(frames_THWC):
            raise ValueError(
                f"the detector {self.detector!r} gave {len(found)} lists for {len(frames_THWC)} frames; "
                f"it must give one a frame"
            )
        kinds = kinds_of(self.kinds)
        return [
            [
                (kind, float(score), inside)
                for kind, score, sides in boxes
                if (inside := _inside(sides, self.detector))
                and score >= self.least_score / 2
                and (not kinds or kind in kinds)
            ]
            for boxes in found
        ]

    def _lasts(self, trail: Trail, seconds: Sequence[float], clip_seconds: float) -> bool:
        """Whether a thing is there for long enough, and was seen more than once if there was a second look."""
        first, last = min(trail.seen), max(trail.seen)
        follows = seconds[last + 1] if last + 1 < len(seconds) else clip_seconds
        return len(trail.seen) >= min(2, len(seconds)) and follows - seconds[first] >= min(
            self.least_seconds, clip_seconds
        )


def kinds_of(stated: str) -> tuple[str, ...]:
    """The kinds of a list with commas."""
    return tuple(kind.strip() for kind in stated.split(",") if kind.strip())


def find_detector(stated: str, kinds: str = "") -> Detector:
    """The detector of a name in `pipeline.toml`, not yet opened.

    Raises:
        ValueError: there is none of that name, or it cannot look for such kinds.
        OSError: it needs what is not installed.
    """
    make, given = named(stated, DETECTORS, "detector")
    try:
        detector: Detector = make(given, kinds_of(kinds))
    except ImportError as error:
        raise lacks("detector", stated, error) from error
    return detector


@cache
def _model(stated: str, kinds: str) -> str:
    return find_detector(stated, kinds).model()


def _inside(sides: Iterable[float], detector: str) -> Sides | None:
    """The part of a box that is in the frame, on the grid of tracks; `None` where there is none."""
    left, top, right, bottom = (float(side) for side in sides)
    if not all(-FAR_OUT <= side <= 1 + FAR_OUT for side in (left, top, right, bottom)):
        raise ValueError(
            f"the detector {detector!r} gave the box {(left, top, right, bottom)!r}; "
            f"sides are left, top, right, bottom as fractions of the frame, from 0 to 1"
        )
    left, top, right, bottom = (
        floor(min(max(side, 0.0), 1.0) * GRID) / GRID for side in (left, top, right, bottom)
    )
    return (left, top, right, bottom) if left < right and top < bottom else None


def _together(frames: Iterator[Sampled]) -> Iterator[list[Sampled]]:
    """Frames in stretches of `TOGETHER`; the last two are of one length, for a stretch of one frame shows no motion."""
    waiting: list[Sampled] = []
    for frame in frames:
        waiting.append(frame)
        if len(waiting) == 2 * TOGETHER:
            yield waiting[:TOGETHER]
            waiting = waiting[TOGETHER:]
    half = len(waiting) if len(waiting) <= TOGETHER else (len(waiting) + 1) // 2
    yield from (part for part in (waiting[:half], waiting[half:]) if part)
