"""MOT CSV, a box a line: frame, id, left, top, width, height, flag, class, visibility; frames and pixels from 1.

Source: MOTChallenge ("all frame numbers, target IDs and bounding boxes are 1-based"). The format knows no keyframes,
no attributes, no occlusion that is yes or no, and classes only by number: `read` takes their names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from laqta.data.people.exchange import (
    Format,
    Keeps,
    Reading,
    Source,
    Writing,
    box_at,
    content,
    frame_at,
    number,
    restore,
    spell,
    unsaid,
    whole,
)
from laqta.data.people.track import ExactBox, FrameSize, Keyframe, Timeline, Track, boxes_of, settle

KEEPS: frozenset[Keeps] = frozenset()


def read(source: Source, timeline: Timeline, size: FrameSize, labels: Sequence[str] = ()) -> Reading:
    """Tracks of a MOT file for a clip with this time line and frame size (pixels); `labels` names classes 1, 2, ...

    A class without a name keeps its number as label. `ValueError` for lines with too few numbers, words, NaN, frames
    that the clip does not have, two boxes of a track on one frame, boxes without a size. Lines whose flag is 0, which
    MOTChallenge does not count, are losses.
    """
    boxes: dict[str, dict[int, ExactBox]] = defaultdict(dict)
    names: dict[str, str] = {}
    unflagged = 0
    for at, line in enumerate(content(source, "MOT").splitlines(), 1):
        where, row = f"MOT, line {at}", line.split(",")
        if not line.strip():
            continue
        if len(row) < 6:
            raise ValueError(
                f"{where}: {line[:60]!r} is too short; frame,id,left,top,width,height are needed"
            )
        if len(row) > 6 and number(row[6], where) == 0:
            unflagged += 1
            continue
        frame, track = frame_at(row[0], 1, timeline, where), str(whole(row[1], f"{where}, id"))
        left, top, width, height = (restore(cell, 1, where) for cell in row[2:6])
        if frame in boxes[track]:
            raise ValueError(f"{where}: track {track} already has a box on frame {frame + 1}; leave one")
        boxes[track][frame] = box_at((left - 1, top - 1, left - 1 + width, top - 1 + height), size, where)
        kind = whole(row[7], f"{where}, class") if len(row) > 7 else -1
        names[track] = labels[kind - 1] if 0 < kind <= len(labels) else str(kind) if kind > 0 else ""
    tracks = tuple(
        settle(track, names[track], _keys(found, timeline))
        for track, found in sorted(boxes.items(), key=lambda item: int(item[0]))
    )
    losses = (f"{unflagged} lines with flag 0 left out",) if unflagged else ()
    return Reading(tracks=tracks, losses=losses)


def write(tracks: Iterable[Track], timeline: Timeline, size: FrameSize) -> Writing:
    """A line for every frame on which a track is seen; tracks are numbered in order, classes by the alphabet."""
    tracks = tuple(tracks)
    labels = sorted({track.label for track in tracks})
    rows: list[tuple[float | int, ...]] = []
    for at, track in enumerate(tracks, 1):
        for frame, box in enumerate(boxes_of(track, timeline)):
            if box is not None:
                left, top, right, bottom = box.pixels(size)
                sides = (spell(side) for side in (left + 1, top + 1, right - left, bottom - top))
                rows.append((frame + 1, at, *sides, 1, labels.index(track.label) + 1, 1))
    lines = [",".join(map(repr, row)) for row in sorted(rows)]
    losses = unsaid(tracks, KEEPS)
    if any(track.id != str(at) for at, track in enumerate(tracks, 1)):
        losses.append(
            "ids are numbered anew: "
            + ", ".join(f"{track.id!r} -> {at}" for at, track in enumerate(tracks, 1))
        )
    if tracks:
        losses.append(
            "labels are numbers: " + ", ".join(f"{label!r} -> {at}" for at, label in enumerate(labels, 1))
        )
    return Writing(text="".join(line + "\n" for line in lines), losses=tuple(losses))


def _keys(boxes: dict[int, ExactBox], timeline: Timeline) -> Iterable[Keyframe]:
    """A keyframe for every box, and one that is outside after the last of every unbroken run."""
    for frame in sorted(boxes):
        yield Keyframe(pts=timeline.pts[frame], box=boxes[frame])
        if frame + 1 not in boxes and frame + 1 < len(timeline):
            yield Keyframe(pts=timeline.pts[frame + 1], box=None)


FORMAT = Format(name="mot", ending=".txt", read=read, write=write, keeps=KEEPS)
