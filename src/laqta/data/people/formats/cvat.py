"""CVAT for video XML 1.1: tracks of boxes in pixels, frames from 0, `keyframe`, `outside` and `occluded`.

Source: docs.cvat.ai, "XML annotation format", version 1.1. CVAT moves a box linearly by frame to the next keyframe,
also to one that is outside; single shapes are exported as tracks of one frame. Of "CVAT for images" the boxes are read,
each as a track of one frame. Boxes with `keyframe="0"` are what CVAT put between and rounded to 0.01 pixels: they are
left out and come back exactly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple, get_args
from xml.etree.ElementTree import Element, SubElement, TreeBuilder, indent, tostring
from xml.parsers import expat

from laqta.data.people.exchange import (
    Format,
    Keeps,
    Reading,
    Source,
    Writing,
    box_at,
    content,
    frame_at,
    labelled_size,
    restore,
    spell,
    unsaid,
    whole,
)
from laqta.data.people.track import Attributes, ExactBox, FrameSize, Keyframe, Timeline, Track, settle

KEEPS: frozenset[Keeps] = frozenset(get_args(Keeps))
XML_TEXT = re.compile("[\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
OTHER_SHAPES = ("polygon", "polyline", "points", "cuboid", "ellipse", "mask", "skeleton", "tag")


class _Mark(NamedTuple):
    """One `<box>` of a track, its sides kept also where it is outside."""

    frame: int
    box: ExactBox
    outside: bool
    occluded: bool
    attributes: Attributes


def read(source: Source, timeline: Timeline, size: FrameSize) -> Reading:
    """Tracks of a CVAT file for a clip with this time line and frame size (pixels).

    `ValueError` for what is no such file, a DTD, a frame count or frame that the clip does not have, another shape of
    frame, boxes without a size, and numbers that are none. Shapes other than boxes and turned boxes are losses.
    """
    root = _parse(content(source, "CVAT"))
    if root.tag != "annotations":
        raise ValueError(f"a CVAT file begins with <annotations>, this one with <{root.tag}>")
    original = root.find(".//original_size")
    if original is not None:
        size = labelled_size(
            original.findtext("width"), original.findtext("height"), size, "CVAT, original_size"
        )
    _check_length(root, timeline)
    losses = Counter(element.tag for element in root.iter() if element.tag in OTHER_SHAPES)
    losses.update("turned box" for box in root.iter("box") if float(box.get("rotation") or 0))
    tracks = [
        _read_track(element, timeline, size)
        for element in root.iter("track")
        if element.find("box") is not None
    ]
    tracks += [
        _read_single(box, f"{image.get('id')}.{at}", image, timeline, size)
        for image in root.iter("image")
        for at, box in enumerate(image.iter("box"))
    ]
    _check_ids(tracks)
    return Reading(
        tracks=tuple(tracks), losses=tuple(f"{count} x {name} left out" for name, count in losses.items())
    )


def write(tracks: Iterable[Track], timeline: Timeline, size: FrameSize) -> Writing:
    """The text of a CVAT for video file. CVAT gives tracks ids of its own; those in the file are for other readers.

    `ValueError` for words with characters that XML cannot hold.
    """
    tracks = tuple(tracks)
    for track in tracks:
        _check_words(track)
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    task = SubElement(SubElement(root, "meta"), "task")
    SubElement(task, "size").text = str(len(timeline))
    SubElement(task, "mode").text = "interpolation"
    labels = SubElement(task, "labels")
    for label in sorted({track.label for track in tracks}):
        SubElement(SubElement(labels, "label"), "name").text = label
    original = SubElement(task, "original_size")
    SubElement(original, "width").text, SubElement(original, "height").text = (
        str(size.width),
        str(size.height),
    )
    for track in tracks:
        element = SubElement(root, "track", id=track.id, label=track.label, source="manual")
        last = track.keyframes[0]
        for key in track.keyframes:
            shown = replace(last, pts=key.pts) if key.box is None else key
            _write_box(element, shown, key.box is None, track.attributes, timeline, size)
            last = shown
    indent(root)
    text = tostring(root, encoding="unicode", xml_declaration=False)
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return Writing(text=f"{head}{text}\n", losses=tuple(unsaid(tracks, KEEPS)))


def _parse(text: str) -> Element:
    """Parsed XML; a document type is refused, for that is where entities, and bombs made of them, are declared."""
    builder, parser = TreeBuilder(), expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise ValueError(
            "this CVAT file declares a document type (DTD), which CVAT never writes; "
            "remove it, or ask where the file is from"
        )

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise ValueError(f"this CVAT file is not XML ({error})") from error
    return builder.close()


def _check_length(root: Element, timeline: Timeline) -> None:
    """Whether CVAT saw as many frames as the clip has; a task of every n-th frame only keeps the frames' numbers."""
    task = next((root.find(path) for path in ("meta/task", "meta/job") if root.find(path) is not None), None)
    if task is None or task.findtext("size") is None or task.findtext("frame_filter"):
        return
    start, frames = whole(task.findtext("start_frame") or "0", "CVAT, start_frame"), task.findtext("size")
    if start == 0 and task.tag == "task" and whole(frames, "CVAT, size") != len(timeline):
        raise ValueError(
            f"CVAT saw {frames} frames, but the clip has {len(timeline)}: labels would shift. "
            f"Give the clip that was labelled"
        )


def _read_track(element: Element, timeline: Timeline, size: FrameSize) -> Track:
    name = element.get("id") or ""
    where = f"CVAT, track {name!r}"
    boxes = sorted(element.iter("box"), key=lambda box: whole(box.get("frame"), where))
    gone = [
        box for box in boxes if whole(box.get("frame"), where) == len(timeline) and box.get("outside") == "1"
    ]
    marks = [
        _read_box(box, box.get("frame"), timeline, size, where)
        for at, box in enumerate(boxes)
        if (at == 0 or box.get("keyframe", "1") == "1") and box not in gone
    ]
    keys: list[Keyframe] = []
    for at, mark in enumerate(marks):
        before = marks[at - 1] if at else mark
        if mark.outside and not before.outside and mark.box != before.box and mark.frame > before.frame + 1:
            share = Fraction(mark.frame - 1 - before.frame, mark.frame - before.frame)
            edge = before._replace(frame=mark.frame - 1, box=before.box.toward(mark.box, share))
            keys.append(
                _key(edge, timeline)
            )  # the last box that was seen: it was on its way to one that is outside
        keys.append(_key(mark, timeline))
    try:
        return settle(name, element.get("label") or "", keys)
    except ValueError as error:
        raise ValueError(f"CVAT: {error}") from error


def _read_single(box: Element, name: str, image: Element, timeline: Timeline, size: FrameSize) -> Track:
    """A box of "CVAT for images" as a track of one frame."""
    where = f"CVAT, image {image.get('id')!r}"
    size = labelled_size(image.get("width"), image.get("height"), size, where)
    mark = _read_box(box, image.get("id"), timeline, size, where)
    keys = [_key(mark, timeline)]
    if mark.frame + 1 < len(timeline):
        keys.append(Keyframe(pts=timeline.pts[mark.frame + 1], box=None))
    return settle(name, box.get("label") or "", keys)


def _read_box(box: Element, frame: str | None, timeline: Timeline, size: FrameSize, where: str) -> _Mark:
    where = f"{where}, frame {frame}"
    at = frame_at(frame, 0, timeline, where)
    sides = [restore(box.get(side), 1, f"{where}, {side}") for side in ("xtl", "ytl", "xbr", "ybr")]
    attributes = {str(item.get("name")): item.text or "" for item in box.iter("attribute")}
    return _Mark(
        frame=at,
        box=box_at(sides, size, where),
        outside=box.get("outside") == "1",
        occluded=box.get("occluded") == "1",
        attributes=tuple(sorted(attributes.items())),
    )


def _key(mark: _Mark, timeline: Timeline) -> Keyframe:
    pts = timeline.pts[mark.frame]
    if mark.outside:
        return Keyframe(pts=pts, box=None)
    return Keyframe(pts=pts, box=mark.box, occluded=mark.occluded, attributes=mark.attributes)


def _check_ids(tracks: list[Track]) -> None:
    twice = [name for name, count in Counter(track.id for track in tracks).items() if count > 1]
    if twice:
        raise ValueError(f"CVAT: two tracks have the id {twice[0]!r}; each needs its own")


def _write_box(
    element: Element, key: Keyframe, outside: bool, shared: Attributes, timeline: Timeline, size: FrameSize
) -> None:
    assert key.box is not None
    sides = zip(("xtl", "ytl", "xbr", "ybr"), key.box.pixels(size), strict=True)
    facts = {
        "frame": str(timeline.frame(key.pts)),
        "keyframe": "1",
        "outside": str(int(outside)),
        "occluded": str(int(key.occluded)),
        **{name: repr(spell(side)) for name, side in sides},
        "z_order": "0",
    }
    box = SubElement(element, "box", facts)
    for name, value in sorted((*shared, *key.attributes)):
        SubElement(box, "attribute", name=name).text = value


def _check_words(track: Track) -> None:
    pairs = [*track.attributes, *(pair for key in track.keyframes for pair in key.attributes)]
    for word in (track.id, track.label, *(word for pair in pairs for word in pair)):
        if not XML_TEXT.fullmatch(word):
            raise ValueError(f"track {track.id!r}: {word!r} holds characters that XML cannot; take them out")


FORMAT = Format(name="cvat", ending=".xml", read=read, write=write, keeps=KEEPS)
