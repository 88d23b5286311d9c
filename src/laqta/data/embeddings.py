"""Clips that look alike to a network, though no copy of each other: another take, another angle, the same scene again.

What pixels can tell, `duplicates` tells; this needs weights, so it is silent until `pipeline.toml` names an embedder.
Shape suffixes: N clips, D features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from laqta.data.by_name import named, place_of
from laqta.data.frames import cover, evenly, frames_at
from laqta.data.ingest import bytes_of
from laqta.data.picture import Picture
from laqta.data.stages import SOURCES, Row, Stage, Work, each_row

Embed = Callable[[Picture], NDArray[np.float32]]
"""From frames (T, H, W, 3), uint8, to features (T, D)."""

EMBEDDERS = {"open": "laqta.models.open_embedder:OpenEmbedder"}
"""Embedders by name, as `module:name`; called with what stands behind the name."""
DIGITS = 4
"""Decimals of a distance: what another machine's arithmetic changes lies behind them."""


class Embedder(Protocol):
    """What turns pictures into features. To make one costs nothing: what is heavy is loaded by `open`."""

    def model(self) -> str:
        """The hash or the name of its weights."""

    def open(self) -> Embed:
        """Load what is heavy, once in a worker process."""


@dataclass(frozen=True, kw_only=True)
class Embeddings(Stage):
    """A direction for each clip: the mean of what an embedder makes of `frames` pictures, cut to `side` pixels."""

    name = "embeddings"
    version = 1
    reads = ("shots", SOURCES)
    batch = 8
    memory_mb = 2000
    columns = pa.schema([("embedding", pa.list_(pa.float32())), ("embedded_by", pa.string())])

    embedder: str = ""
    frames: int = 4
    side: int = 224

    def __post_init__(self) -> None:
        if self.embedder:
            place_of(self.embedder, EMBEDDERS, "embedder")
        if self.frames < 1 or self.side < 16:
            raise ValueError(
                f"embeddings.frames = {self.frames!r}, side = {self.side!r}; give at least 1 frame and 16 pixels"
            )

    def model(self) -> str:
        """What its embedder says of its weights."""
        return _model(self.embedder) if self.embedder else ""

    def open(self) -> Work:
        """Load the embedder, if one is named."""
        embed = _embedder(self.embedder).open() if self.embedder else None
        return each_row(self.schema, lambda item: {} if embed is None else self._find(item, embed))

    def _find(self, item: Row, embed: Embed) -> Row:
        moments = evenly(item["seconds"], self.frames)
        pictures = frames_at(bytes_of(dict(item)), item, moments)
        features_TD = embed(np.stack([cover(picture, self.side, self.side) for picture in pictures]))
        mean_D = (features_TD / np.linalg.norm(features_TD, axis=1, keepdims=True).clip(1e-9)).mean(0)
        direction_D = mean_D / max(float(np.linalg.norm(mean_D)), 1e-9)
        return {"embedding": direction_D.astype(np.float32).tolist(), "embedded_by": self.embedder}


def _embedder(stated: str) -> Embedder:
    make, given = named(stated, EMBEDDERS, "embedder")
    embedder: Embedder = make(given)
    return embedder


@cache
def _model(stated: str) -> str:
    return _embedder(stated).model()


@dataclass(frozen=True, kw_only=True)
class Lookalikes(Stage):
    """Groups of clips whose directions lie within `limit` (1 minus the cosine) of their representative's.

    The representative is the largest picture, then the longest, then the smallest id, that no earlier one took.
    """

    name = "lookalikes"
    version = 1
    reads = ("shots", "embeddings")
    whole = True
    memory_mb = 4000
    columns = pa.schema(
        [("look", pa.string()), ("is_look_representative", pa.bool_()), ("look_distance", pa.float64())]
    )

    limit: float = 0.06

    def open(self) -> Work:
        """Nothing is heavy here."""
        return self._group

    def _group(self, table: pa.Table) -> pa.Table:
        rows = table.select(["id", "width", "height", "seconds", "embedding"]).to_pylist()
        seen = sorted(
            (row for row in rows if row["embedding"] is not None),
            key=lambda row: (-row["width"] * row["height"], -row["seconds"], row["id"]),
        )
        found: dict[str, dict[str, Any]] = {row["id"]: {} for row in rows}
        if seen:
            directions_ND = np.array([row["embedding"] for row in seen], np.float64)
            for at, (leader, distance) in enumerate(group(directions_ND, self.limit)):
                found[seen[at]["id"]] = {
                    "look": seen[leader]["id"],
                    "is_look_representative": leader == at,
                    "look_distance": distance,
                }
        return pa.Table.from_pylist(
            [{"id": key, "of": key, **look} for key, look in found.items()], schema=self.schema
        )


def group(directions_ND: NDArray[np.float64], limit: float) -> list[tuple[int, float]]:
    """For each clip, in order of rank, its representative's place and the distance to it.

    A clip that nobody took is a representative, and takes all that lie within the limit and are not taken.
    """
    leader_N = np.full(len(directions_ND), -1)
    distance_N = np.zeros(len(directions_ND))
    for at in range(len(directions_ND)):
        if leader_N[at] >= 0:
            continue
        far_N = np.round(1 - directions_ND @ directions_ND[at], DIGITS).clip(0)
        takes_N = (leader_N < 0) & (far_N <= limit)
        takes_N[at] = True
        leader_N[takes_N], distance_N[takes_N] = at, far_N[takes_N]
        distance_N[at] = 0.0
    return list(zip(leader_N.tolist(), distance_N.tolist(), strict=True))
