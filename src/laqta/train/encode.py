"""A frozen dataset made ready for training: its clips as latents of one model's autoencoder, in shards.

The latents are facts like any other: they lie under the hash of the autoencoder and of the clip, and another version
of the dataset, or a run after a kill, computes only what is new. The shards are those facts in the order of reading.

Shape suffixes: B batch, T frames, C channels, L latent frames, H height, W width.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from laqta.data.datasets import Version
from laqta.data.facts import fact_id, stored_rows
from laqta.data.frames import cover, frames_at
from laqta.data.ingest import bytes_of, source_table
from laqta.data.object_tracks import tracks_of
from laqta.data.objects import Objects
from laqta.data.people.track import Track
from laqta.data.run import Executor, OnCall, compute
from laqta.data.stages import Row, Stage, Work, each_row
from laqta.data.stream import Window, write_shards
from laqta.data.workspace import Workspace, content_id
from laqta.files import write_file
from laqta.generate.grid import LatentShape
from laqta.language.lexicon import LANGUAGES
from laqta.language.read import read
from laqta.models.autoencoder import LaqtaAutoencoder
from laqta.models.card import Card, find_model, load_card, model_hash
from laqta.models.weights import load_model
from laqta.settings import home
from laqta.shot import VideoShape
from laqta.train.device import choose_device
from laqta.train.things import things_of


@dataclass(frozen=True, kw_only=True)
class Encode(Stage):
    """Clips as latents: windows as long as the model's clips, at its rate, in its shape that is nearest the clip's.

    A clip gives up to `windows` of them, evenly spread; one that is too short gives none. `weights` is the model's name
    or folder: not it but the hash of the autoencoder is in the facts' ids.
    """

    name: ClassVar[str] = "encode"
    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("shots",)
    batch: ClassVar[int] = 16
    memory_mb: ClassVar[int] = 2000
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            ("window_start", pa.float64()),
            ("latent_shape", pa.string()),
            ("latents", pa.binary()),
            ("last", pa.binary()),
        ]
    )

    weights: str
    windows: int = 4

    @property
    def key(self) -> str:
        """The hash of what decides its result: not where the weights lie."""
        return content_id([self.name, self.version, self.windows, self.model()])

    @property
    def card(self) -> Card:
        """The model's card."""
        return load_card(find_model(self.weights, home(os.environ)))

    def model(self) -> str:
        """The hash of the autoencoder's files and of the shapes that it is asked for."""
        hashes = {path: known for path, known in (self.card.hashes or {}).items() if path.startswith("vae/")}
        shapes = [(shape.width, shape.height, shape.frames, shape.fps) for shape in self.card.shapes]
        return content_id([hashes, shapes])

    def open(self) -> Work:
        """Load the autoencoder on the fastest device."""
        device = choose_device(None)
        card, parts = load_model(find_model(self.weights, home(os.environ)), device)
        return each_row(self.schema, partial(_encode, parts.autoencoder, card.shapes, self.windows))


def shape_name(shape: VideoShape) -> str:
    """What a bucket of clips is called, as `64x64x9`: width, height, frames."""
    return f"{shape.width}x{shape.height}x{shape.frames}"


def shards_of(workspace: Workspace, version: Version, stage: Encode) -> Path:
    """The folder of a version's shards; withdrawing footage removes it."""
    name = version.manifest["name"]
    return workspace.datasets / name / f"{version.id}.{stage.key[:12]}"


def encode_version(
    workspace: Workspace, version: Version, stage: Encode, executor: Executor, on_call: OnCall
) -> Path:
    """Encode what is not encoded yet of a version, and write its shards; returns their folder.

    Raises:
        ValueError: none of its clips has a caption, or none is long enough.
    """
    folder = shards_of(workspace, version, stage)
    if (folder / "index.json").is_file():
        return folder
    clips = {row["id"]: row for row in version.rows.to_pylist()}
    if not any(_captions(clip) for clip in clips.values()):
        raise ValueError(
            f"no clip of {version.manifest['name']!r} has a caption; run the stage captions (laqta data run) and "
            "freeze it again"
        )
    wanted = {key: fact_id(stage, [dict(clip["facts"])["shots"], key]) for key, clip in clips.items()}
    compute(workspace, stage, _items(workspace, clips), wanted, executor, on_call)
    shapes = _latent_shapes(stage)
    about = {
        "dataset": f"{version.manifest['name']}@{version.id}",
        "encoder": stage.model(),
        "shapes": shapes,
    }
    windows = list(_windows(workspace, stage, clips, set(wanted.values()), shapes))
    if not windows:
        lengths = ", ".join(f"{shape.frames / shape.fps:.2f} s" for shape in stage.card.shapes)
        raise ValueError(
            f"no clip of {version.manifest['name']!r} is as long as the model's clips ({lengths})"
        )
    write_shards(folder, about, windows)
    return folder


def kinds_named(version: Version, least: int = 20) -> tuple[str, ...]:
    """The kinds of things that captions of a version name, each in so many clips at least."""
    counts = Counter(
        kind
        for clip in version.rows.to_pylist()
        for kind in {actor.kind for text in _captions(clip)[:1] for actor in read(text).shot.cast}
    )
    return tuple(sorted(kind for kind, count in counts.items() if count >= least))


def note_model(workspace: Workspace, version: Version, weights: Path) -> None:
    """Write down that a model learned from a version, so that tracing and withdrawing name it."""
    path = workspace.datasets / version.manifest["name"] / f"{version.id}.models"
    known = path.read_text(encoding="utf-8") if path.is_file() else ""
    line = f"{model_hash(load_card(weights))} {weights}\n"
    if line not in known:
        with write_file(path) as draft:
            draft.write_text(known + line, encoding="utf-8")


def _items(workspace: Workspace, clips: dict[str, Row]) -> pa.Table:
    """The version's clips with the paths of their sources, as the stage is given them."""
    sources = {row["id"]: row for row in source_table(workspace).to_pylist()}
    span = ("start_pts", "end_pts", "time_base_num", "time_base_den", "seconds", "width", "height")
    rows = [
        {"id": key, "of": clip["source"]}
        | {name: clip[name] for name in span}
        | {name: sources[clip["source"]][name] for name in ("where", "bytes", "mtime_ns")}
        for key, clip in sorted(clips.items())
    ]
    return pa.Table.from_pylist(rows)


@torch.no_grad()
def _encode(
    autoencoder: LaqtaAutoencoder, shapes: tuple[VideoShape, ...], most: int, item: Row
) -> Iterator[dict[str, Any]]:
    shape = min(
        shapes, key=lambda shape: abs(np.log(item["width"] / item["height"] * shape.height / shape.width))
    )
    length = shape.frames / shape.fps
    starts = window_starts(item["seconds"], length, most)
    if not starts:
        raise ValueError(f"it is {item['seconds']:.2f} s long, and a window {length:.2f} s")
    moments = [moment for start in starts for moment in _moments(start, shape.frames, shape.fps)]
    frames = frames_at(bytes_of(dict(item)), item, sorted(moments))
    small = dict(
        zip(sorted(moments), (cover(frame, shape.width, shape.height) for frame in frames), strict=True)
    )
    video_BTHWC = np.stack([small[moment] for moment in moments]).reshape(
        len(starts), shape.frames, shape.height, shape.width, 3
    )
    pixels_BCTHW = torch.from_numpy(video_BTHWC).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
    pixels_BCTHW = pixels_BCTHW.to(autoencoder.latents_mean.device)
    latents = autoencoder.encode(pixels_BCTHW).latents.half().cpu().numpy()
    last = autoencoder.encode(pixels_BCTHW[:, :, -1:]).latents.half().cpu().numpy()
    for at, start in enumerate(starts):
        yield {
            "id": f"{item['id']}-{at}",
            "window_start": start,
            "latent_shape": shape_name(shape),
            "latents": latents[at].tobytes(),
            "last": last[at].tobytes(),
        }


def window_starts(seconds: float, length: float, most: int) -> list[float]:
    """When the windows of a clip start: as many as fit without overlap, at most so many, evenly spread."""
    count = min(most, int(seconds / length + 1e-3))
    if count <= 1:
        return [max(0.0, (seconds - length) / 2)] * count
    return [at * (seconds - length) / (count - 1) for at in range(count)]


def _latent_shapes(stage: Encode) -> dict[str, dict[str, int]]:
    """What the stream's readers need of each shape: `LatentShape`'s fields, and the channels."""
    _, parts = load_model(find_model(stage.weights, home(os.environ)), "cpu")
    channels = len(parts.autoencoder.latents_mean)
    return {
        shape_name(shape): vars(LatentShape.of(shape, parts.autoencoder))
        | {"channels": channels, "video_frames": shape.frames}
        for shape in stage.card.shapes
    }


def _windows(
    workspace: Workspace,
    stage: Encode,
    clips: dict[str, Row],
    wanted: set[str],
    shapes: dict[str, dict[str, int]],
) -> Iterator[Window]:
    """The version's windows, file of facts by file; clips that gave none are left out."""
    tracks = _tracks(workspace, clips)
    for row in stored_rows(workspace.facts / stage.name, wanted):
        if row["id"] is None:
            continue
        clip, shape = clips[row["of"]], shapes[row["latent_shape"]]
        size = shape["frames"], shape["height"], shape["width"]
        yield Window(
            id=row["id"],
            clip=row["of"],
            split=clip["split"],
            shape=row["latent_shape"],
            captions=_captions(clip),
            latents_CLHW=np.frombuffer(row["latents"], np.float16).reshape(shape["channels"], *size),
            last_C1HW=np.frombuffer(row["last"], np.float16).reshape(shape["channels"], 1, *size[1:]),
            things_LHW=_things(tracks.get(row["of"], []), clip, row, shape),
        )


def _tracks(workspace: Workspace, clips: dict[str, Row]) -> dict[str, list[Track]]:
    """The tracks of the clips that the stage `objects` looked at before the version was frozen."""
    known = (dict(clip["facts"]) for clip in clips.values())
    facts = {facts[Objects.name] for facts in known if Objects.name in facts}
    return {row["of"]: tracks_of(row) for row in stored_rows(workspace.facts / Objects.name, facts)}


def _things(tracks: list[Track], clip: Row, window: Row, shape: dict[str, int]) -> NDArray[np.float16]:
    base = clip["time_base_num"] / clip["time_base_den"]
    moments = _moments(window["window_start"], shape["video_frames"], shape["fps"])
    return things_of(
        tracks,
        [clip["start_pts"] + moment / base for moment in moments],
        (clip["width"] / clip["height"], shape["width"] / shape["height"]),
        (shape["frames"], shape["height"], shape["width"]),
        shape["time_fold"],
    )


def _moments(start: float, frames: int, fps: float) -> list[float]:
    """When the frames of a window are taken, in seconds after the clip's start: in the middle of each."""
    return [start + (at + 0.5) / fps for at in range(frames)]


def _captions(clip: Row) -> tuple[str, ...]:
    return tuple(clip[key] for code in LANGUAGES if clip.get(key := f"caption_{code}"))
