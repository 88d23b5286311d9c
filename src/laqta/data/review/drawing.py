"""Tracks as JSON: exact for keeping, and by frame for a page that draws them over the video."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from laqta.data.people.track import ExactBox, Keyframe, Timeline, Track, settle

GRID = 10**6
"""What a page draws lies on this grid, in fractions of the frame: a hundredth of a pixel of the largest frames."""
REACH = 4
"""How many frames' sizes a box may reach out of the frame."""
MOST_TRACKS, MOST_KEYFRAMES = 200, 20_000


def to_json(tracks: Iterable[Track]) -> list[dict[str, Any]]:
    """Tracks with their PTS, and sides as text such as `1/3`: nothing is rounded."""
    return [
        _row(track, [{"pts": key.pts} for key in track.keyframes], lambda side: str(side)) for track in tracks
    ]


def from_json(rows: Iterable[Mapping[str, Any]]) -> tuple[Track, ...]:
    """What `to_json` wrote."""
    return tuple(
        Track(
            id=row["id"],
            label=row["label"],
            keyframes=tuple(
                _keyframe(key, key["pts"], None if key["box"] is None else [Fraction(side) for side in key["box"]])
                for key in row["keyframes"]
            ),
            attributes=tuple(sorted(row["attributes"].items())),
        )
        for row in rows
    )  # fmt: skip


def to_page(tracks: Iterable[Track], timeline: Timeline) -> list[dict[str, Any]]:
    """Tracks by frame, sides as floats; `ValueError` for a PTS that the clip does not have."""
    return [
        _row(track, [{"frame": timeline.frame(key.pts)} for key in track.keyframes], float)
        for track in tracks
    ]


def from_page(rows: Iterable[Mapping[str, Any]], timeline: Timeline) -> tuple[Track, ...]:
    """Tracks as a page sends them: keyframes by frame, in any order.

    Raises:
        ValueError: a frame that the clip does not have, a box that is none or far outside, too many of them, or two
            tracks of one id.
    """
    rows = list(rows)
    if len(rows) > MOST_TRACKS or sum(len(row["keyframes"]) for row in rows) > MOST_KEYFRAMES:
        raise ValueError(
            f"{len(rows)} tracks are too many, or their keyframes are; at most {MOST_TRACKS} and {MOST_KEYFRAMES}"
        )
    if len({row["id"] for row in rows}) < len(rows):
        raise ValueError("two tracks have one id; give each its own")
    tracks = []
    for row in rows:
        keys = []
        for key in row["keyframes"]:
            if not 0 <= key["frame"] < len(timeline):
                raise ValueError(
                    f"the clip has {len(timeline)} frames, from 0; there is no frame {key['frame']!r}"
                )
            sides = None if key["box"] is None else [_on_grid(side) for side in key["box"]]
            keys.append(_keyframe(key, timeline.pts[key["frame"]], sides))
        track = settle(row["id"], row["label"].strip(), keys)
        shared = {**row.get("attributes", {}), **dict(track.attributes)}
        tracks.append(
            Track(
                id=track.id,
                label=track.label,
                keyframes=track.keyframes,
                attributes=tuple(sorted(shared.items())),
            )
        )
    return tuple(tracks)


def _on_grid(side: float) -> Fraction:
    if not -REACH <= side <= 1 + REACH:
        raise ValueError(
            f"a side of a box lies at {side!r}; sides are fractions of the frame, 0 to 1 inside it"
        )
    return Fraction(round(side * GRID), GRID)


def _row(track: Track, places: list[dict[str, int]], write: Any) -> dict[str, Any]:
    keys = [
        {
            **place,
            "box": None if key.box is None else [write(side) for side in key.box.sides()],
            "occluded": key.occluded,
            "attributes": dict(key.attributes),
        }
        for place, key in zip(places, track.keyframes, strict=True)
    ]
    return {"id": track.id, "label": track.label, "keyframes": keys, "attributes": dict(track.attributes)}


def _keyframe(key: Mapping[str, Any], pts: int, sides: list[Fraction] | None) -> Keyframe:
    if sides is None:
        return Keyframe(pts=pts, box=None)
    left, top, right, bottom = sides
    return Keyframe(
        pts=pts,
        box=ExactBox(left=left, top=top, right=right, bottom=bottom),
        occluded=key.get("occluded", False),
        attributes=tuple(sorted(key.get("attributes", {}).items())),
    )
