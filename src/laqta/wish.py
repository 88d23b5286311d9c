"""A wish: a sentence as it was understood, with the options beside it, checked against what a model can do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from laqta.director.plan import nearest_prop
from laqta.generate.extend import lengths
from laqta.language.lexicon import Language
from laqta.language.read import Reading, read
from laqta.language.write import plain
from laqta.models.card import Card
from laqta.shot import Shot, VideoShape
from laqta.video import enlargement

T = TypeVar("T")

MAX_SECONDS = 60.0

EXAMPLES = {"en": "a cat walks in the snow", "ar": "قطة تمشي في الثلج", "zh": "一只猫在雪地里走"}


class UnseenPropError(ValueError):
    """The sentence names things that the model was never shown; `nearest` says what it could film instead."""

    def __init__(self, nearest: dict[str, str], known: tuple[str, ...]) -> None:
        self.nearest = nearest
        pairs = ", ".join(f"{wished} (nearest: {known_one})" for wished, known_one in nearest.items())
        super().__init__(
            f"this model was never shown {pairs}; agree to the nearest with --nearest, or ask for one of: "
            f"{', '.join(known)}"
        )


class Look(TypedDict, total=False):
    """What may be wished beside sentence and length; whatever is left out or None is the model's own.

    `steps` and `guidance` trade time for quality; `size` is (width, height) of one of the model's shapes; `first`
    and `last` are pictures to begin and end with; `loop` ends as it began; `nearest` agrees to the nearest known
    prop in place of one that the model never saw.
    """

    steps: int | None
    guidance: float | None
    size: tuple[int, int] | None
    first: Path | None
    last: Path | None
    loop: bool
    nearest: bool


class Options(Look, total=False):
    """What may be wished beside the sentence: a look, and `seconds`, the length."""

    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is filmed, and how. `shot` is what was understood, with known props only; `frames` the whole length."""

    reading: Reading
    shot: Shot
    shape: VideoShape
    frames: int
    steps: int
    guidance: float
    nearest: bool
    first: Path | None
    last: Path | None
    loop: bool
    dropped: tuple[str, ...]

    @property
    def form(self) -> tuple[Any, ...]:
        """What takes must share to be filmed in one batch."""
        return self.shape, self.frames, self.steps, self.guidance, self.first, self.last, self.loop

    def settings(self) -> dict[str, Any]:
        """The settings part of the recipe."""
        return {
            "steps": self.steps,
            "guidance": self.guidance,
            "width": self.shape.width,
            "height": self.shape.height,
            "frames": self.frames,
            "fps": self.shape.fps,
            "seconds": self.frames / self.shape.fps,
            "enlarged": enlargement(self.shape),
            "nearest": self.nearest,
            "first": fingerprint(self.first),
            "last": fingerprint(self.last),
            "loop": self.loop,
        }

    def lasting(self, frames: int, time_fold: int, held: int = 0) -> Wish:
        """The wish with another length, of which `held` frames are there already.

        With a last picture it is a little longer where needed, for that is where a part of the film ends.

        Raises:
            ValueError: that is too long.
        """
        dropped = self.dropped
        if self.last is not None or self.loop:
            whole = lengths(self.shape, time_fold, frames, held)[-1]
            if whole != frames:
                seconds = whole / self.shape.fps
                end = "as it began" if self.loop else "with the last picture"
                dropped += (f"to end {end} the film is {seconds:.2f} seconds long",)
            frames = whole
        seconds = frames / self.shape.fps
        if seconds > MAX_SECONDS:
            raise ValueError(
                f"the film would be {seconds:.1f} seconds long; at most {MAX_SECONDS:g} can be filmed"
            )
        return replace(self, frames=frames, dropped=dropped)


def understand(prompt: str) -> Reading:
    """Read a sentence; `ValueError` where nothing in it says what to film."""
    reading = read(prompt)
    if reading.shot == Shot():
        others = [example for language, example in EXAMPLES.items() if language != reading.language]
        examples = "; ".join([EXAMPLES[reading.language], *others])
        raise ValueError(f"nothing in {prompt!r} could be understood; say for example: {examples}")
    return reading


def spoken(shot: Shot, language: Language) -> Reading:
    """A shot that came by another way than a sentence, as if it had been read from one."""
    return Reading(sentence=plain(shot, language), shot=shot, language=language, ignored=())


def make_wish(reading: Reading, options: Options, card: Card) -> Wish:
    """Check what was understood, and the options, against a model.

    Raises:
        UnseenPropError: the shot has props that the model was never shown.
        ValueError: an option is out of range.
    """
    nearest = bool(options.get("nearest"))
    shot = _known_props(reading.shot, card, nearest)
    shape, dropped = _shape(shot, options.get("size"), card)
    steps = _or(options.get("steps"), card.steps)
    guidance = _or(options.get("guidance"), card.guidance)
    seconds = _or(options.get("seconds"), _or(shot.seconds, shape.seconds))
    if steps < 1:
        raise ValueError(f"{steps!r} steps make no film; at least 1 is needed")
    if not 1 <= guidance < float("inf"):
        raise ValueError(f"a guidance of {guidance!r} is not possible; 1 is none, 2 to 5 are usual")
    if not 0 < seconds <= MAX_SECONDS:
        raise ValueError(
            f"{seconds:g} seconds cannot be filmed; a film is at most {MAX_SECONDS:g} seconds long"
        )
    return Wish(
        reading=reading,
        shot=shot,
        shape=shape,
        frames=max(1, round(seconds * shape.fps)),
        steps=steps,
        guidance=guidance,
        nearest=nearest,
        first=options.get("first"),
        last=options.get("last"),
        loop=_loop(options),
        dropped=dropped,
    )


def fingerprint(path: Path | None) -> dict[str, str] | None:
    """A file's place and its SHA-256, for the recipe."""
    return None if path is None else {"file": str(Path(path).resolve()), "sha256": _sha256(Path(path))}


def unchanged(source: dict[str, Any]) -> Path:
    """The path of a recorded file; `ValueError` where its bytes are no longer the same."""
    path = Path(source["file"])
    if not path.is_file() or _sha256(path) != source["sha256"]:
        raise ValueError(
            f"the recipe needs {str(path)!r} as it was when it was filmed; it is gone or has changed"
        )
    return path


def _loop(options: Options) -> bool:
    """Whether the film ends as it began; it then cannot end with a picture of its own."""
    if options.get("loop") and options.get("last") is not None:
        raise ValueError("a loop ends as it began, so it takes no last picture; leave out one of the two")
    return bool(options.get("loop"))


def _known_props(shot: Shot, card: Card, nearest: bool) -> Shot:
    """The shot with props that the model knows: others become the nearest one, if that was agreed to."""
    unseen = {
        actor.kind: nearest_prop(actor.kind, card.props)
        for actor in shot.cast
        if actor.kind not in card.props
    }
    if unseen and not nearest:
        raise UnseenPropError(unseen, card.props)
    return replace(
        shot, cast=tuple(replace(actor, kind=unseen.get(actor.kind, actor.kind)) for actor in shot.cast)
    )


def _shape(shot: Shot, size: tuple[int, int] | None, card: Card) -> tuple[VideoShape, tuple[str, ...]]:
    """The stated size, else the stated format, else the model's default shape; and what had to be left out."""
    if size is not None:
        for shape in card.shapes:
            factor = enlargement(shape)
            if size in ((shape.width, shape.height), (shape.width * factor, shape.height * factor)):
                return shape, ()
        known = ", ".join(f"{shape.width}x{shape.height}" for shape in card.shapes)
        raise ValueError(f"{card.name} cannot film {size[0]}x{size[1]}; its sizes are: {known}")
    if shot.format in card.formats:
        return card.shapes[card.formats.index(shot.format)], ()
    if shot.format is None:
        return card.shape, ()
    return card.shape, (f"{card.name} films no {shot.format} format; it is {card.formats[0]}",)


def _or(stated: T | None, usual: T) -> T:
    return usual if stated is None else stated


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
