"""COCO JSON, an image a frame; track and keyframe stand in `attributes`, as CVAT and Datumaro write them.

Source: cocodataset.org, "Data format"; COCO itself knows no tracks. Written is a box on every frame where the thing is
seen, so that any reader of COCO sees it; `attributes.keyframe` says which ones the annotator set. Boxes that are not
keyframes are left out on reading, unless they lie elsewhere than between their neighbours: then they were set too.
Images also carry `pts`, which other tools ignore.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, get_args

from laqta.data.people.exchange import (
    Format,
    Keeps,
    Reading,
    Source,
    Writing,
    box_at,
    frame_at,
    labelled_size,
    load,
    objects,
    restore,
    spell,
    unsaid,
    whole,
)
from laqta.data.people.track import FrameSize, Keyframe, Timeline, Track, boxes_of, settle

KEEPS: frozenset[Keeps] = frozenset(get_args(Keeps))
OURS = ("track_id", "keyframe", "occluded", "rotation")
ROUNDED = 0.02
"""Pixels by which a tool's rounding to 0.01 may move a side of a box that lies between keyframes."""


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """One annotation: a keyframe of a track, or (`between`) what a tool put between."""

    frame: int
    label: str
    key: Keyframe
    between: bool
    size: FrameSize


def read(source: Source, timeline: Timeline, size: FrameSize) -> Reading:
    """Tracks of a COCO file for a clip with this time line and frame size (pixels).

    A box that names no track is a track of one frame. A frame is known by the image's `pts`, else by the last number
    in its `file_name`, counted from 0. `ValueError` for images and categories that are not there, frames that the clip
    does not have, two boxes of a track on one frame, boxes without a size. Segmentations and turned boxes are losses.
    """
    data = load(source, "COCO")
    if not isinstance(data, dict):
        raise ValueError(
            f"a COCO file is an object with images, annotations and categories, got {str(data)[:60]!r}"
        )
    parts = {
        part: objects(data.get(part), f"COCO, {part}") for part in ("images", "annotations", "categories")
    }
    images = {str(image.get("id")): image for image in parts["images"]}
    labels = {str(category.get("id")): str(category.get("name")) for category in parts["categories"]}
    seen: dict[str, list[_Seen]] = defaultdict(list)
    losses: Counter[str] = Counter()
    for item in parts["annotations"]:
        where = f"COCO, annotation {item.get('id')!r}"
        image, category = str(item.get("image_id")), str(item.get("category_id"))
        attributes = item.get("attributes") or {}
        if image not in images or category not in labels or not isinstance(attributes, dict):
            raise ValueError(
                f"{where}: its image or category is not in the file, or its attributes are no object"
            )
        track = attributes.get("track_id", item.get("track_id"))
        one = _see(item, images[image], labels[category], timeline, size)
        seen[f"box {item.get('id')}" if track is None else str(track)].append(one)
        losses["segmentations"] += bool(item.get("segmentation"))
        losses["turned boxes"] += bool(attributes.get("rotation"))
    tracks = tuple(_track(name, ones, timeline) for name, ones in seen.items())
    return Reading(tracks=tracks, losses=tuple(f"{n} {what} left out" for what, n in losses.items() if n))


def write(tracks: Iterable[Track], timeline: Timeline, size: FrameSize) -> Writing:
    """The text of a COCO file with every frame of the clip as an image and every visible box as an annotation."""
    tracks = tuple(tracks)
    labels = sorted({track.label for track in tracks})
    images = [
        {
            "id": at + 1,
            "file_name": f"frame_{at:06d}.png",
            "width": size.width,
            "height": size.height,
            "pts": pts,
        }
        for at, pts in enumerate(timeline.pts)
    ]
    annotations: list[dict[str, Any]] = []
    for track in tracks:
        keys = {timeline.frame(key.pts): key for key in track.keyframes}
        holds = track.keyframes[0]
        for frame, box in enumerate(boxes_of(track, timeline)):
            holds = keys.get(frame, holds)
            if box is None:
                continue
            left, top, right, bottom = box.pixels(size)
            sides = [spell(side) for side in (left, top, right - left, bottom - top)]
            extra = {"track_id": _id(track.id), "keyframe": frame in keys, "occluded": holds.occluded}
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": frame + 1,
                    "category_id": labels.index(track.label) + 1,
                    "bbox": sides,
                    "area": spell((right - left) * (bottom - top)),
                    "iscrowd": 0,
                    "attributes": {**dict(track.attributes), **dict(holds.attributes), **extra},
                }
            )
    categories = [{"id": at + 1, "name": label, "supercategory": ""} for at, label in enumerate(labels)]
    data = {"images": images, "annotations": annotations, "categories": categories}
    hidden = [name for track in tracks for name, _ in track.attributes if name in OURS]
    losses = unsaid(tracks, KEEPS)
    losses += [
        f"attributes named {name!r} are not kept: COCO's tools use the name" for name in sorted(set(hidden))
    ]
    return Writing(text=json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n", losses=tuple(losses))


def _id(name: str) -> int | str:
    """A track's id as the number that other tools expect, where it is one."""
    return int(name) if name.isascii() and name.isdigit() and str(int(name)) == name else name


def _see(item: Any, image: Any, label: str, timeline: Timeline, size: FrameSize) -> _Seen:
    where = f"COCO, annotation {item.get('id')!r}"
    size = labelled_size(image.get("width"), image.get("height"), size, where)
    sides = item.get("bbox")
    if not isinstance(sides, list) or len(sides) != 4:
        raise ValueError(f"{where}: a bbox is [left, top, width, height] in pixels, got {sides!r}")
    left, top, width, height = (restore(side, 1, f"{where}, bbox") for side in sides)
    attributes = item.get("attributes") or {}
    own = {str(name): _word(value) for name, value in attributes.items() if name not in OURS}
    frame = _frame(image, timeline, where)
    key = Keyframe(
        pts=timeline.pts[frame],
        box=box_at((left, top, left + width, top + height), size, where),
        occluded=attributes.get("occluded") is True,
        attributes=tuple(sorted(own.items())),
    )
    return _Seen(frame=frame, label=label, key=key, between=attributes.get("keyframe") is False, size=size)


def _word(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _frame(image: Any, timeline: Timeline, where: str) -> int:
    if image.get("pts") is not None:
        return timeline.frame(whole(image["pts"], f"{where}, pts"))
    numbers = re.findall(r"\d+", str(image.get("file_name", "")).rpartition(".")[0])
    if not numbers:
        raise ValueError(
            f"{where}: the image {image.get('file_name')!r} names no frame; allowed are a `pts`, or a file name that "
            f"ends in the frame's number, from 0, such as 'frame_000012.png'"
        )
    return frame_at(int(numbers[-1]), 0, timeline, where)


def _track(name: str, ones: list[_Seen], timeline: Timeline) -> Track:
    ones = sorted(ones, key=lambda one: one.frame)
    for before, after in pairwise(ones):
        if before.frame == after.frame or before.label != after.label:
            raise ValueError(
                f"COCO: track {name!r} has two boxes on frame {after.frame} or two categories "
                f"({before.label!r}, {after.label!r}); a track is one thing"
            )
    runs: list[list[_Seen]] = []
    for one in ones:
        if runs and runs[-1][-1].frame + 1 == one.frame:
            runs[-1].append(one)
        else:
            runs.append([one])
    keys: list[Keyframe] = []
    for run in runs:
        keys += [one.key for one in _set(run)]
        if run[-1].frame + 1 < len(timeline):
            keys.append(Keyframe(pts=timeline.pts[run[-1].frame + 1], box=None))
    return settle(name, ones[0].label, keys)


def _set(run: list[_Seen]) -> list[_Seen]:
    """Those of an unbroken run that were set: keyframes, and what does not lie on the line between them."""
    marked = [run[0], *(one for one in run[1:] if not one.between)]
    kept: list[_Seen] = []
    for here, there in zip(marked, [*marked[1:], None], strict=True):
        kept.append(here)
        last = run[-1].frame + 1 if there is None else there.frame
        for one in run[here.frame - run[0].frame + 1 : last - run[0].frame]:
            share = Fraction(one.frame - here.frame, last - here.frame)
            if not _lies(one, here, here if there is None else there, share):
                kept.append(one)
    return kept


def _lies(one: _Seen, here: _Seen, there: _Seen, share: Fraction) -> bool:
    """Whether a box is where its neighbours put it, and holds what the one before it holds."""
    assert one.key.box is not None and here.key.box is not None and there.key.box is not None
    expected = replace(here.key, pts=one.key.pts, box=one.key.box)
    sides = zip(
        one.key.box.pixels(one.size), here.key.box.toward(there.key.box, share).pixels(one.size), strict=True
    )
    return expected == one.key and all(abs(own - due) <= ROUNDED for own, due in sides)


FORMAT = Format(name="coco", ending=".json", read=read, write=write, keeps=KEEPS)
