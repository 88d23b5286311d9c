"""Encoded clips, streamed from shards in an order that only seed and batch number decide.

A folder of shards belongs to one frozen version and one autoencoder:

    index.json                       the version, the encoder, the shapes, the seed of the order
    index.parquet                    a row a window: id, clip, split, shape, shard, row, captions
    64x64x9-00000.safetensors        latents (N, C, L, H, W), last (N, C, 1, H, W), things (N, L, H, W), float16

Batch number n is the same whoever reads it, in whatever process, after whatever pause and with however many readers:
that is all that resuming takes. Every batch is of one shape (bucketing by aspect ratio, NovelAI 2022).

Shape suffixes: B batch, C channels, L latent frames, H and W latent height and width.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from laqta.data.workspace import write_json
from laqta.files import write_file

Halves = NDArray[np.float16]

SHARD = 2048
"""Windows in one file."""
AHEAD = 4
"""Batches that are read before they are asked for."""
TENSORS = ("latents", "last", "things")
INDEX_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("clip", pa.string()),
        ("split", pa.string()),
        ("shape", pa.string()),
        ("shard", pa.int32()),
        ("row", pa.int32()),
        ("captions", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Window:
    """A piece of a clip as long as the model's clips are, encoded."""

    id: str
    clip: str
    split: str
    shape: str
    captions: tuple[str, ...]
    latents_CLHW: Halves
    last_C1HW: Halves
    things_LHW: Halves


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Windows of one shape, with their captions in every language that they have."""

    shape: str
    ids: tuple[str, ...]
    captions: tuple[tuple[str, ...], ...]
    latents_BCLHW: Halves
    last_BC1HW: Halves
    things_BLHW: Halves


def write_shards(folder: Path, about: dict[str, Any], windows: Iterable[Window]) -> int:
    """Write windows, in order, into shards of their shapes, and the index last: a folder without one is not whole.

    `about` goes into `index.json`; it needs `shapes`, a dictionary a shape. Returns how many windows were written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    waiting: dict[str, list[Window]] = {}
    shards: dict[str, int] = {}
    rows: list[dict[str, Any]] = []

    def flush(shape: str) -> None:
        together, number = waiting.pop(shape), shards.get(shape, 0)
        shards[shape] = number + 1
        parts = (
            [w.latents_CLHW for w in together],
            [w.last_C1HW for w in together],
            [w.things_LHW for w in together],
        )
        with write_file(_shard(folder, shape, number)) as draft:
            save_file({name: np.stack(part) for name, part in zip(TENSORS, parts, strict=True)}, draft)
        rows.extend(
            {"id": w.id, "clip": w.clip, "split": w.split, "shape": shape, "shard": number, "row": row,
             "captions": list(w.captions)}
            for row, w in enumerate(together)
        )  # fmt: skip

    for window in windows:
        waiting.setdefault(window.shape, []).append(window)
        if len(waiting[window.shape]) == SHARD:
            flush(window.shape)
    for shape in list(waiting):
        flush(shape)
    with write_file(folder / "index.parquet") as draft:
        pq.write_table(pa.Table.from_pylist(rows, schema=INDEX_SCHEMA), draft)
    write_json(folder / "index.json", about)
    return len(rows)


class Stream:
    """The batches of a folder of shards, read ahead by `workers` threads."""

    def __init__(self, folder: Path, seed: int = 0, split: str = "train", workers: int = 2) -> None:
        self.about: dict[str, Any] = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        self.seed = seed
        rows = pq.read_table(folder / "index.parquet").to_pylist()
        self.rows: dict[str, dict[str, Any]] = {row["id"]: row for row in rows if row["split"] == split}
        if not self.rows:
            raise ValueError(f"{str(folder)!r} holds no clip of the split {split!r}; freeze a larger version")
        self._folder = folder
        self._readers = ThreadPoolExecutor(workers, "stream")
        self._coming: dict[tuple[int, int], Future[Batch]] = {}
        self._open = lru_cache(maxsize=256)(lambda path: safe_open(path, framework="numpy"))
        self._plan = lru_cache(maxsize=4)(self._planned)

    def __len__(self) -> int:
        """Windows in all."""
        return len(self.rows)

    def batch(self, number: int, count: int) -> Batch:
        """Batch `number` of batches of `count`; the next ones are read while the caller works on this one."""
        for ahead in range(number, number + AHEAD):
            if (ahead, count) not in self._coming:
                self._coming[ahead, count] = self._readers.submit(self._read, ahead, count)
        for stale in [key for key in self._coming if key[1] == count and key[0] < number]:
            self._coming.pop(stale).cancel()
        return self._coming.pop((number, count)).result()

    def order(self, number: int, count: int) -> tuple[str, ...]:
        """The ids of the windows of a batch."""
        epoch_long = len(self._plan(0, count))
        return self._plan(number // epoch_long, count)[number % epoch_long]

    def _planned(self, epoch: int, count: int) -> list[tuple[str, ...]]:
        """An epoch: every window once, in batches of one shape; a shape's last batch is filled up from its first."""
        dice = Random(f"{self.seed} {epoch}")
        shapes: dict[str, list[str]] = {}
        for key in sorted(self.rows):
            shapes.setdefault(self.rows[key]["shape"], []).append(key)
        batches = []
        for shape in sorted(shapes):
            ids = shapes[shape]
            dice.shuffle(ids)
            for start in range(0, len(ids), count):
                batches.append(tuple(ids[at % len(ids)] for at in range(start, start + count)))
        dice.shuffle(batches)
        return batches

    def _read(self, number: int, count: int) -> Batch:
        ids = self.order(number, count)
        rows = [self.rows[key] for key in ids]
        return Batch(
            shape=rows[0]["shape"],
            ids=ids,
            captions=tuple(tuple(row["captions"]) for row in rows),
            latents_BCLHW=self._gather("latents", rows),
            last_BC1HW=self._gather("last", rows),
            things_BLHW=self._gather("things", rows),
        )

    def _gather(self, name: str, rows: Sequence[dict[str, Any]]) -> Halves:
        parts = []
        for row in rows:
            tensors: Any = self._open(_shard(self._folder, row["shape"], row["shard"]))
            parts.append(tensors.get_slice(name)[row["row"] : row["row"] + 1])
        return np.concatenate(parts)


def _shard(folder: Path, shape: str, number: int) -> Path:
    return folder / f"{shape}-{number:05}.safetensors"
