"""Things that a tracker followed as tracks: few keyframes, as an annotator would set them, and as rows of a table.

Legend: K frames on which a thing was seen, 4 sides of a box (left, top, right, bottom; fractions of the frame).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from laqta.data.following import Trail
from laqta.data.people.track import ExactBox, Keyframe, Track
from laqta.data.stages import Row

TRACKS_TYPE = pa.list_(
    pa.struct(
        [
            ("id", pa.string()),
            ("label", pa.string()),
            ("score", pa.float64()),
            (
                "keyframes",
                pa.list_(
                    pa.struct(
                        [("pts", pa.int64()), ("box", pa.list_(pa.float64())), ("occluded", pa.bool_())]
                    )
                ),
            ),
        ]
    )
)
"""Tracks in a table. A box is left, top, right, bottom as fractions of the frame, null from where on there is none."""
GRID = 2**20
"""Sides are whole multiples of one in so many, which a float holds exactly."""


def track_of(track_id: str, trail: Trail, pts: Sequence[int], slack: float) -> Track:
    """A followed thing as a track; `pts` are those of the frames that were looked at.

    Where it was not seen between two sightings its box goes on in a straight line, as occluded. A sighting that lies on
    the straight line between others, to `slack` of the box, gets no keyframe.
    """
    stretches = _stretches(sorted(trail.seen))
    keys: list[Keyframe] = []
    for stretch, after in zip(stretches, [*stretches[1:], None], strict=True):
        sides_K4 = np.array([trail.seen[frame][2] for frame in stretch])
        corners = _corners(sides_K4, np.array([float(pts[frame]) for frame in stretch]), slack)
        keys += [Keyframe(pts=pts[stretch[at]], box=_exact(sides_K4[at].tolist())) for at in corners]
        last = stretch[-1]
        if after is not None:
            here, there = (_exact(trail.seen[frame][2]) for frame in (last, after[0]))
            share = Fraction(pts[last + 1] - pts[last], pts[after[0]] - pts[last])
            between = _exact(here.toward(there, share).sides())
            keys.append(Keyframe(pts=pts[last + 1], box=between, occluded=True))
        elif last + 1 < len(pts):
            keys.append(Keyframe(pts=pts[last + 1], box=None))
    return _track(track_id, trail.kind, round(trail.score, 3), keys)


def rows_of(tracks: Iterable[Track]) -> list[dict[str, Any]]:
    """Tracks as values of a column of `TRACKS_TYPE`."""
    return [
        {
            "id": track.id,
            "label": track.label,
            "score": float(dict(track.attributes)["score"]),
            "keyframes": [
                {
                    "pts": key.pts,
                    "box": None if key.box is None else [float(side) for side in key.box.sides()],
                    "occluded": key.occluded,
                }
                for key in track.keyframes
            ],
        }
        for track in tracks
    ]


def tracks_of(row: Row) -> list[Track]:
    """The tracks in a row of the stage `objects`, for any export of labels; none where no detector looked.

    How sure the detector was of a thing is its attribute `score`.
    """
    return [
        _track(
            track["id"],
            track["label"],
            track["score"],
            [
                Keyframe(
                    pts=key["pts"],
                    box=None if key["box"] is None else _exact(key["box"]),
                    occluded=key["occluded"],
                )
                for key in track["keyframes"]
            ],
        )
        for track in row["tracks"] or ()
    ]


def _track(track_id: str, label: str, score: float, keys: Sequence[Keyframe]) -> Track:
    return Track(id=track_id, label=label, keyframes=tuple(keys), attributes=(("score", str(score)),))


def _exact(sides: Iterable[float | Fraction]) -> ExactBox:
    """A box on the grid; rounded down, so that what is a step wide stays a step wide."""
    left, top, right, bottom = (Fraction(floor(side * GRID), GRID) for side in sides)
    return ExactBox(left=left, top=top, right=right, bottom=bottom)


def _stretches(frames: Sequence[int]) -> list[list[int]]:
    """Numbers that follow each other, together."""
    stretches: list[list[int]] = []
    for frame in frames:
        if stretches and stretches[-1][-1] == frame - 1:
            stretches[-1].append(frame)
        else:
            stretches.append([frame])
    return stretches


def _corners(sides_K4: NDArray[np.float64], times_K: NDArray[np.float64], slack: float) -> list[int]:
    """Places where a keyframe is needed for straight lines to stay with the box (Douglas and Peucker 1973)."""
    kept = {0, len(times_K) - 1}
    parts = [(0, len(times_K) - 1)]
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        here_K4 = sides_K4[first : last + 1]
        share_K1 = ((times_K[first : last + 1] - times_K[first]) / (times_K[last] - times_K[first]))[:, None]
        lines_K4 = here_K4[0] + share_K1 * (here_K4[-1] - here_K4[0])
        sizes_K4 = np.tile(here_K4[:, 2:] - here_K4[:, :2], 2)
        off_K = (np.abs(lines_K4 - here_K4) / sizes_K4).max(axis=1)
        worst = int(off_K.argmax())
        if off_K[worst] > slack:
            kept.add(first + worst)
            parts += [(first, first + worst), (first + worst, last)]
    return sorted(kept)
