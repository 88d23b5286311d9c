"""What vendors deliver: files of labels, each answer beside the clip that it is about, exactly as it came.

    labels/<task>/<vendor>/<hash>.parquet    a row an answer; nothing in it is ever changed

The hash is of the delivered file's bytes and of the clips that it is about (two empty answers are the same bytes):
delivered twice, it is there once. An answer is kept as its own text and read again whenever it is needed, so that a
better reader reads old labels better.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from laqta.data.people.exchange import Reading, content, load, objects
from laqta.data.people.formats import label_studio, mot
from laqta.data.people.formats.table import FORMATS
from laqta.data.people.tasks import KEY, TaskClip, load_task
from laqta.data.workspace import Workspace, content_id, stored
from laqta.files import write_file

ENDINGS = frozenset({".xml", ".json", ".txt", ".csv"})
"""What a folder is searched for."""
VENDOR = re.compile(r"\w[\w.-]{0,39}")

SCHEMA = pa.schema(
    [
        ("clip", pa.string()),
        ("annotator", pa.string()),
        ("format", pa.string()),
        ("file", pa.string()),
        ("imported", pa.string()),
        ("price", pa.float64()),
        ("classes", pa.list_(pa.string())),
        ("tracks", pa.int32()),
        ("answer", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One annotator's answer to one clip (by the name of its film), as text in a format, and what it says.

    `annotator` is empty where the format names nobody.
    """

    key: str
    annotator: str
    kind: str
    text: str
    reading: Reading


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What one import took in: answers and tracks that are new, files that were known, and what could not be kept."""

    answers: int
    tracks: int
    known: tuple[str, ...]
    losses: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a delivery is to be read and paid: the format (None: by its looks), names of MOT's classes, the price."""

    kind: str | None = None
    classes: tuple[str, ...] = ()
    price: float | None = None


def import_labels(
    workspace: Workspace, task: str, vendor: str, path: Path, terms: Terms | None = None
) -> Delivery:
    """Take in a file of labels, or a folder of them; all of it or nothing.

    Raises:
        ValueError: no such task or vendor's name, a file of another format, a clip that is not in the task, labels
            that do not fit the clip.
    """
    terms = terms or Terms()
    clips = load_task(workspace, task)
    if not VENDOR.fullmatch(vendor):
        raise ValueError(
            f"{vendor!r} is no name for a vendor; use up to 40 letters and digits, also . - and _"
        )
    folder = workspace.labels / task / vendor
    known: list[str] = []
    fresh: dict[Path, tuple[str, list[Answer]]] = {}
    for file in label_files(path):
        data = file.read_bytes()
        answers = list(read_answers(clips, file, data, terms))
        about = [hashlib.sha256(data).hexdigest(), sorted({answer.key for answer in answers})]
        place = folder / f"{content_id(about)[:KEY]}.parquet"
        if place.is_file() or place in fresh:
            known.append(file.name)
        else:
            fresh[place] = file.name, answers
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    for place, (name, answers) in fresh.items():
        rows = [_row(answer, clips, name, now, terms) for answer in answers]
        with write_file(place) as draft:
            pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), draft, compression="zstd")
    found = [answer for _, answers in fresh.values() for answer in answers]
    return Delivery(
        answers=len(found),
        tracks=sum(len(answer.reading.tracks) for answer in found),
        known=tuple(known),
        losses=tuple(f"{answer.key}: {loss}" for answer in found for loss in answer.reading.losses),
    )


def label_files(path: Path) -> list[Path]:
    """A file, or the files of labels in a folder and below; `ValueError` for nothing."""
    files = [path] if path.is_file() else sorted(path.rglob("*")) if path.is_dir() else []
    found = [file for file in files if file == path or (file.is_file() and file.suffix.lower() in ENDINGS)]
    if not found:
        raise ValueError(
            f"{str(path)!r} holds no labels; give a file, or a folder of {' '.join(sorted(ENDINGS))} files"
        )
    return found


def read_answers(clips: Mapping[str, TaskClip], path: Path, data: bytes, terms: Terms) -> Iterator[Answer]:
    """The answers in the bytes of a file, each to a clip of a task; raises as `import_labels` does."""
    kind = _kind(data, path.name, terms.kind)
    for hint, annotator, text in _parts(kind, data):
        key = _key(clips, (hint, str(path)))
        if key is None:
            raise ValueError(
                f"{path.name!r}: {hint[:60] or path.name!r} names no clip of this task; a name must hold the "
                f"{KEY} digits of a film's, as {min(clips)}.mp4"
            )
        try:
            reading = read_text(kind, text, clips[key], terms.classes)
        except ValueError as error:
            raise ValueError(f"{path.name!r}, clip {key}: {error}") from error
        yield Answer(key=key, annotator=annotator, kind=kind, text=text, reading=reading)


def read_text(kind: str, text: str, clip: TaskClip, classes: Sequence[str] = ()) -> Reading:
    """The tracks of an answer's text, by the clip's own clock; raises as the format's `read` does."""
    read = partial(mot.read, labels=classes) if kind == "mot" else FORMATS[kind].read
    return read(text, clip.timeline, clip.size)


def votes_of(workspace: Workspace, task: str) -> list[dict[str, Any]]:
    """Every answer to a task with its `vendor`, as it came, in the order of its coming."""
    rows = [
        {**row, "vendor": path.parent.name}
        for path in stored(workspace.labels / task, "*/*.parquet")
        for row in pq.read_table(path, schema=SCHEMA).to_pylist()
    ]
    return sorted(rows, key=lambda row: (row["imported"], row["vendor"], row["file"]))


def _row(answer: Answer, clips: Mapping[str, TaskClip], name: str, now: str, terms: Terms) -> dict[str, Any]:
    return {
        "clip": clips[answer.key].row["clip"],
        "annotator": answer.annotator,
        "format": answer.kind,
        "file": name,
        "imported": now,
        "price": terms.price,
        "classes": list(terms.classes),
        "tracks": len(answer.reading.tracks),
        "answer": answer.text,
    }


def _kind(data: bytes, name: str, stated: str | None) -> str:
    """The format of a file, by its looks; the one that was stated must be the same."""
    if stated is not None and stated not in FORMATS:
        raise ValueError(f"{stated!r} is no format of labels; there are {', '.join(FORMATS)}")
    looks = _looks(content(data, stated or "label"))
    if stated is not None and looks != stated:
        raise ValueError(
            f"{name!r} looks like {looks}, not like {stated}; leave the format out, or give its file"
        )
    return looks


def _looks(text: str) -> str:
    start = text.lstrip()[:1]
    if start == "<":
        return "cvat"
    if start == "[":
        return "label_studio"
    if start != "{":
        return "mot"
    return "label_studio" if "data" in load(text, "JSON") else "coco"


def _key(clips: Mapping[str, TaskClip], hints: Sequence[str]) -> str | None:
    """The first clip of the task that is named in the hints."""
    for hint in hints:
        for found in re.findall(rf"[0-9a-f]{{{KEY}}}", hint):
            if found in clips:
                return str(found)
    return None


def _parts(kind: str, data: bytes) -> Iterator[tuple[str, str, str]]:
    """The answers of a file: words that name the clip, the annotator, and the answer's own text."""
    text = content(data, kind)
    if kind == "label_studio":
        for vote in label_studio.votes(text):
            task = json.loads(vote.text)[0]
            yield (
                json.dumps([task.get("data"), task.get("file_upload")]),
                vote.annotator.replace("None", ""),
                vote.text,
            )
    elif kind == "coco":
        for hint, part in _coco_parts(text):
            yield hint, "", part
    else:
        head = re.split("<track|<image", text, maxsplit=1)[0] if kind == "cvat" else ""
        yield head, "", text


def _coco_parts(text: str) -> Iterator[tuple[str, str]]:
    """A COCO file parted by the folder of its images' names: a clip each."""
    data = load(text, "COCO")
    images = objects(data.get("images"), "COCO, images")
    folders: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for image in images:
        folders[str(image.get("file_name", "")).rpartition("/")[0]].append(image)
    answers = objects(data.get("annotations"), "COCO, annotations")
    for folder, own in folders.items():
        ids = {str(image.get("id")) for image in own}
        kept = [item for item in answers if str(item.get("image_id")) in ids or len(folders) == 1]
        yield folder, json.dumps({**data, "images": own, "annotations": kept}, default=float)
