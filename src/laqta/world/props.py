"""The props: what can be on stage, and their pictures.

Legend: P props, H height, W width, C channels (RGBA, straight alpha).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from laqta.world import drawn

Facing = Literal["left", "right", "front"]

SPRITE_SIZE = 256
"""Pixels on a side of a sprite: the size of the fetched pictures."""


@dataclass(frozen=True, kw_only=True)
class Prop:
    """One row of `props.tsv`: `facing` is where its fetched picture looks, `moves` how it gets about in life,
    `group` what it is most like (animal, vehicle, food ...)."""

    id: str
    emoji: str
    file: str
    facing: Facing
    moves: tuple[str, ...]
    group: str


@dataclass(frozen=True, kw_only=True)
class PropBank:
    """Pictures of props: uint8 RGBA sprites (P, 256, 256, 4), tightly cropped, centred, the longer side filling."""

    ids: tuple[str, ...]
    sprites_PHWC: NDArray[np.uint8]
    facings: tuple[Facing, ...]


def _read_props() -> dict[str, Prop]:
    text = files("laqta.world").joinpath("props.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return {
        row["id"]: Prop(
            id=row["id"],
            emoji=row["emoji"],
            file=row["file"],
            facing=cast(Facing, row.get("facing") or "front"),
            moves=tuple((row.get("moves") or "none").split(",")),
            group=row["group"],
        )
        for row in rows
    }


PROPS: dict[str, Prop] = _read_props()
"""Every prop by id, in the order of `props.tsv`."""


def tight_sprite(picture: Image.Image, size: int = SPRITE_SIZE) -> NDArray[np.uint8]:
    """Crop a picture to what can be seen and centre it in a square of `size` pixels: uint8 (size, size, 4)."""
    picture = picture.convert("RGBA")
    box = picture.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    if box is None:
        raise ValueError("the picture is fully transparent; a prop needs something to see")
    cropped = picture.crop(box)
    scale = size / max(cropped.size)
    width, height = (max(1, round(side * scale)) for side in cropped.size)
    square = Image.new("RGBA", (size, size))
    square.paste(
        cropped.resize((width, height), Image.Resampling.LANCZOS), ((size - width) // 2, (size - height) // 2)
    )
    return np.asarray(square, dtype=np.uint8)


def drawn_bank(ids: Iterable[str] | None = None) -> PropBank:
    """The small bank that is drawn in code; `ids` picks some of `drawn.PICTURES`."""
    chosen = tuple(drawn.PICTURES) if ids is None else tuple(ids)
    missing = [name for name in chosen if name not in drawn.PICTURES]
    if missing:
        raise ValueError(f"no drawing of {missing!r}; drawn in code are {sorted(drawn.PICTURES)}")
    sprites = np.stack([tight_sprite(drawn.PICTURES[name].draw()) for name in chosen])
    return PropBank(
        ids=chosen, sprites_PHWC=sprites, facings=tuple(drawn.PICTURES[name].facing for name in chosen)
    )


def fetched_bank(ids: Iterable[str], folder: Path) -> PropBank:
    """The bank of fetched pictures: `folder` holds a `<file>.webp` for each prop."""
    chosen = tuple(ids)
    unknown = [name for name in chosen if name not in PROPS]
    if unknown:
        raise ValueError(f"unknown props {unknown!r}; props.tsv lists all {len(PROPS)}")
    sprites = []
    for name in chosen:
        path = Path(folder) / f"{PROPS[name].file}.webp"
        try:
            with Image.open(path) as picture:
                sprites.append(tight_sprite(picture))
        except (FileNotFoundError, UnidentifiedImageError) as error:
            raise ValueError(
                f"no picture of {name!r} at {str(path)!r}; get them with: laqta world fetch"
            ) from error
    return PropBank(
        ids=chosen, sprites_PHWC=np.stack(sprites), facings=tuple(PROPS[name].facing for name in chosen)
    )
