"""Label Studio JSON, `videorectangle`: percent of the frame, frames from 1, keyframes, spans that `enabled` ends.

Sources: Label Studio's docs ("VideoRectangle", "Video object detection and tracking") and its SDK, whose
`extract_key_frames` is the reference for what lies between: a box moves linearly by frame to the next one of the
sequence; one with `enabled` false is still seen at its own frame, and not after it. Boxes with `auto` were put between
by Label Studio (`interpolate_key_frames`) and are left out. Where a thing leaves later than its last keyframe we
write the end as a box with both `auto` and `enabled` false.
Label Studio takes frame = time x the rate that its user typed in. Label a copy of constant rate that shows each frame
of the clip once: then its frame numbers are the clip's, and nothing drifts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
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
from laqta.data.people.track import FrameSize, Keyframe, Timeline, Track, settle

KEEPS: frozenset[Keeps] = frozenset(set(get_args(Keeps)) - {"occluded", "changes"})
BOX = "videorectangle"
NAMES = {"from_name": "box", "to_name": "video"}


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One annotator's answer to one task, as JSON text that `read` takes."""

    task: str
    annotator: str
    text: str


def votes(source: Source) -> tuple[Vote, ...]:
    """Part an export of many tasks and annotators into single answers; cancelled ones and predictions are left out."""
    data = load(source, "Label Studio")
    found = []
    for task in objects(data if isinstance(data, list) else [data], "Label Studio, tasks"):
        if "annotations" not in task:
            raise ValueError(
                f"a Label Studio export is a list of tasks with annotations, this holds {str(task)[:60]!r}; "
                f"export as JSON (not JSON-MIN)"
            )
        for answer in objects(task["annotations"], "Label Studio, annotations"):
            if not answer.get("was_cancelled"):
                by = answer.get("completed_by")
                by = by.get("email") or by.get("id") if isinstance(by, dict) else by
                text = json.dumps([{**task, "annotations": [answer]}], default=float)
                found.append(Vote(task=str(task.get("id")), annotator=str(by), text=text))
    return tuple(found)


def read(source: Source, timeline: Timeline, size: FrameSize) -> Reading:
    """Tracks of one annotator's answer to one task, for a clip with this time line and frame size (pixels).

    `ValueError` for several answers in one file (part them with `votes`), a frame count or frame that the clip does
    not have, another shape of frame, boxes without a size. Turned boxes and other kinds of region are losses.
    """
    found = votes(source)
    if len(found) != 1:
        raise ValueError(
            f"one annotator's answer to one task is read at a time, this file holds {len(found)}; "
            f"part it with label_studio.votes"
        )
    answer = load(found[0].text, "Label Studio")[0]["annotations"][0]
    result = objects(answer.get("result", []), "Label Studio, result")
    regions = [_labelled(item, result) for item in result if item.get("type") == BOX]
    names = [str(region.get("id")) for region in regions]
    if len(set(names)) < len(names):
        raise ValueError(
            f"Label Studio: two regions share one id among {sorted(names)!r}; each needs its own"
        )
    losses = [
        f"{item.get('type')!r} of region {item.get('id')!r} left out"
        for item in result
        if item.get("type") not in (BOX, "labels")
        and (str(item.get("id")) not in names or _note(item) is None)
    ]
    tracks = []
    for region in regions:
        where = f"Label Studio, region {region.get('id')!r}"
        track, turned = _read_region(region, _notes(region, result), timeline, size, where)
        tracks.append(track)
        losses += [f"{where}: the turn of {turned} boxes left out"] if turned else []
    return Reading(tracks=tuple(tracks), losses=tuple(losses))


def write(tracks: Iterable[Track], timeline: Timeline, size: FrameSize) -> Writing:
    """A task with one annotation, to be imported where labels and names of the project are `box`, `video` and the
    attributes' own: `<TextArea name="colour" toName="video" perRegion="true"/>`."""
    tracks = tuple(tracks)
    result: list[dict[str, Any]] = []
    for track in tracks:
        value = {
            "framesCount": len(timeline),
            "duration": float(timeline.seconds(len(timeline) - 1) - timeline.seconds(0))
            + float(timeline.durations()[-1]),
            "sequence": _sequence(track, timeline),
            "labels": [track.label],
        }
        frame = {"original_width": size.width, "original_height": size.height}
        result.append({"id": track.id, "type": BOX, **NAMES, **frame, "origin": "manual", "value": value})
        for name, text in track.attributes:
            note = {"id": track.id, "type": "textarea", "from_name": name, "to_name": "video"}
            result.append({**note, "value": {"text": [text]}})
    task = {"id": 1, "data": {"video": ""}, "annotations": [{"result": result}]}
    text = json.dumps([task], ensure_ascii=False, indent=1, allow_nan=False)
    return Writing(text=text + "\n", losses=tuple(unsaid(tracks, KEEPS)))


def _sequence(track: Track, timeline: Timeline) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for key in track.keyframes:
        frame = timeline.frame(key.pts)
        if key.box is not None:
            left, top, right, bottom = key.box.sides()
            sides = {"x": left, "y": top, "width": right - left, "height": bottom - top}
            place = {name: spell(side, 100) for name, side in sides.items()}
            items.append(
                {"frame": frame + 1, "enabled": True, "rotation": 0, **place, "time": _time(frame, timeline)}
            )
        elif items[-1]["frame"] == frame:
            items[-1]["enabled"] = False
        else:
            end = {**items[-1], "frame": frame, "time": _time(frame - 1, timeline)}
            items.append({**end, "enabled": False, "auto": True})
    return items


def _time(frame: int, timeline: Timeline) -> float:
    """Seconds from the clip's first frame."""
    return float(timeline.seconds(frame) - timeline.seconds(0))


def _read_region(
    region: Any, notes: dict[str, str], timeline: Timeline, size: FrameSize, where: str
) -> tuple[Track, int]:
    """The track, and how many of its boxes are turned."""
    value = region.get("value")
    if not isinstance(value, dict) or not isinstance(value.get("sequence"), list):
        raise ValueError(f"{where}: a videorectangle needs a value with a sequence, got {str(value)[:60]!r}")
    size = labelled_size(region.get("original_width"), region.get("original_height"), size, where)
    seen = value.get("framesCount")
    if seen is not None and whole(seen, f"{where}, framesCount") != len(timeline):
        raise ValueError(
            f"{where}: Label Studio saw {seen} frames, but the clip has {len(timeline)}: labels would shift. It "
            f"counts time x the rate that was typed in; label a copy of constant rate that shows each frame once"
        )
    labels = value.get("labels") or [""]
    if not isinstance(labels, list) or len(labels) > 1:
        raise ValueError(
            f"{where}: it has the labels {labels!r}; a track has one, so allow one in the project"
        )
    items = sorted(
        objects(value["sequence"], f"{where}, sequence"), key=lambda item: whole(item.get("frame"), where)
    )
    keys = []
    for at, item in enumerate(items):
        frame = frame_at(item.get("frame"), 1, timeline, where)
        enabled, auto = item.get("enabled", True) is True, item.get("auto") is True and at > 0
        if not auto:
            keys.append(
                _key(item, frame, tuple(sorted(notes.items())), timeline, size, f"{where}, frame {frame + 1}")
            )
        following = frame_at(items[at + 1].get("frame"), 1, timeline, where) if at + 1 < len(items) else None
        if not enabled and frame + 1 < len(timeline) and following != frame + 1:
            keys.append(Keyframe(pts=timeline.pts[frame + 1], box=None))
    try:
        track = settle(str(region.get("id")), str(labels[0]), keys)
    except ValueError as error:
        raise ValueError(f"Label Studio: {error}") from error
    return track, sum(bool(item.get("rotation")) for item in items)


def _key(
    item: Any, frame: int, notes: tuple[tuple[str, str], ...], timeline: Timeline, size: FrameSize, where: str
) -> Keyframe:
    across, down = Fraction(100, size.width), Fraction(100, size.height)
    left, top = restore(item.get("x"), across, f"{where}, x"), restore(item.get("y"), down, f"{where}, y")
    right = left + restore(item.get("width"), across, f"{where}, width")
    bottom = top + restore(item.get("height"), down, f"{where}, height")
    return Keyframe(
        pts=timeline.pts[frame], box=box_at((left, top, right, bottom), size, where), attributes=notes
    )


def _labelled(region: dict[str, Any], result: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A region with its labels, which some versions state as a result of its own under the same id."""
    value = region.get("value")
    for item in result:
        own = (
            item.get("value") if item.get("type") == "labels" and item.get("id") == region.get("id") else None
        )
        if isinstance(own, dict) and isinstance(value, dict) and not value.get("labels"):
            return {**region, "value": {**value, "labels": own.get("labels")}}
    return region


def _notes(region: Any, result: Any) -> dict[str, str]:
    """What was answered about a region: results that share its id, by the name of their control."""
    answers = {
        str(item.get("from_name")): _note(item) for item in result if item.get("id") == region.get("id")
    }
    return {name: text for name, text in answers.items() if text is not None}


def _note(item: Any) -> str | None:
    """The one text, choice or number of an answer; None for several, and for other kinds of answer."""
    value = item.get("value")
    if not isinstance(value, dict):
        return None
    for kind in ("text", "choices"):
        if (
            item.get("type") in ("textarea", "choices")
            and isinstance(value.get(kind), list)
            and len(value[kind]) == 1
        ):
            return str(value[kind][0])
    number = value.get("number") if item.get("type") == "number" else None
    return None if number is None else str(number)


FORMAT = Format(name="label_studio", ending=".json", read=read, write=write, keeps=KEEPS)
