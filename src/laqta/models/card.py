"""What a weights folder says of itself, and which models are installed. Nothing here loads a network."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from laqta.config import load_json
from laqta.shot import Backdrop, Camera, Format, TimeOfDay, Tint, Verb, VideoShape, Weather

SHIPPED = Path(__file__).parent.parent / "weights"
"""The models that come inside the package."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What one stage of training cost. `dollars` is at `dollars_per_hour`; `mfu` is None where no peak is known."""

    stage: str
    hardware: str
    seconds: float
    steps: int
    clips: int
    flop: float
    mfu: float | None
    dollars: float
    dollars_per_hour: float


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a weights folder says of itself.

    `trained` holds the costs of every stage; `hashes` the SHA-256 of every other file in the folder, by its path;
    `size_fractions` how much of the frame's height a small, medium and big thing takes; `datasets` the frozen versions
    (`name@hash`) that it was trained on beside the made-up world.
    """

    name: str
    shapes: tuple[VideoShape, ...]
    formats: tuple[Format, ...]
    steps: int
    guidance: float
    shift: float
    props: tuple[str, ...]
    backdrops: tuple[Backdrop, ...]
    times: tuple[TimeOfDay, ...]
    weathers: tuple[Weather, ...]
    verbs: tuple[Verb, ...]
    cameras: tuple[Camera, ...]
    tints: tuple[Tint, ...]
    size_fractions: tuple[float, float, float]
    max_things: int
    languages: tuple[str, ...]
    commit: str
    trained: tuple[Costs, ...]
    licence: str = "Apache-2.0"
    notices: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    hashes: dict[str, str] | None = None

    @property
    def shape(self) -> VideoShape:
        """The default shape."""
        return self.shapes[0]


def find_model(name_or_folder: str, home: Path) -> Path:
    """Return the folder of a model by its name (in the package, or under `home/models`) or by its path.

    Raises `ValueError` that names the models there are.
    """
    for folder in (SHIPPED / name_or_folder, home / "models" / name_or_folder, Path(name_or_folder)):
        if (folder / "card.json").is_file():
            return folder
    known = ", ".join(installed_models(home)) or "none"
    raise ValueError(
        f"no model {name_or_folder!r}; installed: {known}. Give one of these or a folder that holds a card.json"
    )


def installed_models(home: Path) -> dict[str, Path]:
    """Return the folders of all models by name: those in the package, then those under `home/models`."""
    folders = [*SHIPPED.glob("*/card.json"), *(home / "models").glob("*/card.json")]
    return {card.parent.name: card.parent for card in sorted(folders)}


def load_card(folder: Path) -> Card:
    """Read a folder's card. Raises `ValueError` that names what is wrong in it."""
    return load_json(Card, folder / "card.json")


def model_hash(card: Card) -> str:
    """One short hash for the whole model: 16 hexadecimal digits over the hashes of its files."""
    listing = json.dumps(card.hashes, sort_keys=True)
    return hashlib.sha256(listing.encode()).hexdigest()[:16]
