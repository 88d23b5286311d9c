"""The line through the rooms: a sentence is read, planned, put in words, filmed and judged.

    film = laqta.load("nano").film("a cat walks in the snow", seed=7)
    film.save("cat.mp4")

Shape suffixes: B takes, T frames, H height, W width, C channels.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

import torch

from laqta import __version__
from laqta.bench.judge import check
from laqta.config import to_dict
from laqta.director.plan import Plan, nearest_prop, plan
from laqta.generate.denoise import Guidance
from laqta.generate.engine import Engine, Frames, Request
from laqta.generate.extend import film_long
from laqta.language.read import Reading, read
from laqta.language.write import write
from laqta.models.weights import Card, find_model, model_hash
from laqta.settings import home
from laqta.shot import Shot, VideoShape
from laqta.train.device import choose_device
from laqta.video import Clip, enlarge, fit_frames, read_image, read_video, write_video
from laqta.world.sample import WorldSpec

DEFAULT_MODEL = "nano"
LEAST_SAVED_SIDE = 256
"""A smaller film is enlarged to this many pixels when it is saved; its recipe says by how much."""
MAX_SECONDS = 60.0

EXAMPLES = {"en": "a cat walks in the snow", "ar": "قطة تمشي في الثلج", "zh": "一只猫在雪地里走"}

Progress = Callable[[int, int, str], None]


class UnseenPropError(ValueError):
    """The sentence names things that the model was never shown; `nearest` says what it could film instead."""

    def __init__(self, nearest: dict[str, str], known: tuple[str, ...]) -> None:
        self.nearest = nearest
        pairs = ", ".join(f"{wished} (nearest: {known_one})" for wished, known_one in nearest.items())
        super().__init__(
            f"this model was never shown {pairs}; agree to the nearest with --nearest, or ask for one of: "
            f"{', '.join(known)}"
        )


class Options(TypedDict, total=False):
    """What may be wished beside the sentence; whatever is left out or None is the model's own.

    `steps` and `guidance` trade time for quality; `size` is (width, height) of one of the model's shapes;
    `seconds` the length; `first` and `last` pictures to begin and end with; `nearest` agrees to the nearest
    known prop in place of one that the model never saw.
    """

    steps: int | None
    guidance: float | None
    size: tuple[int, int] | None
    seconds: float | None
    first: Path | None
    last: Path | None
    nearest: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Film:
    """One film and its recipe: frames (T, H, W, 3) of 8 bits, as the model made them."""

    frames_THWC: Frames
    fps: int
    recipe: dict[str, Any]

    def save(self, path: str | Path) -> Path:
        """Write the film with its recipe inside; the ending chooses the format, small films are enlarged."""
        write_video(
            path, enlarge(self.frames_THWC, self.recipe["settings"]["enlarged"]), self.fps, self.recipe
        )
        return Path(path)


def load(name_or_folder: str | None = None, device: str | None = None) -> Crew:
    """Load an installed model, or one from a folder, on the fastest device or on `device`.

    Raises `ValueError` for an unknown model or device, `OSError` for weights that are not whole.
    """
    folder = find_model(str(name_or_folder or DEFAULT_MODEL), home(os.environ))
    return Crew(Engine.load(folder, choose_device(device)))


class Crew:
    """One loaded model that films sentences."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.card = engine.card

    def film(
        self, prompt: str, *, seed: int = 0, progress: Progress = lambda *_: None, **options: Unpack[Options]
    ) -> Film:
        """Film one take of a sentence. The same seed gives the same pixels on one build and kind of device.

        `progress(done, total, what)` is called after every step; raise in it to cancel. Raises `UnseenPropError` or
        another `ValueError` for a wish that cannot be filmed.
        """
        return self.takes(prompt, 1, seed=seed, progress=progress, **options)[0]

    def takes(
        self, prompt: str, count: int, *, seed: int = 0, progress: Progress = lambda *_: None,
        **options: Unpack[Options],
    ) -> list[Film]:  # fmt: skip
        """Film several takes in one batch, with the seeds `seed`, `seed + 1`, and so on."""
        reading = self._understand(prompt)
        wish = _Wish(
            prompt, reading, self._world_shot(reading.shot, bool(options.get("nearest"))), options, self.card
        )
        return self._shoot(wish, list(range(seed, seed + count)), progress, None)

    def extend(
        self, clip: Clip, seconds: float, *, prompt: str, seed: int = 0, source: Path | None = None,
        progress: Progress = lambda *_: None, **options: Unpack[Options],
    ) -> Film:  # fmt: skip
        """Film how a clip goes on for `seconds` more; the film is the clip and what follows.

        The clip is brought to the model's size and frame rate. `source` is recorded, so that it can be filmed again.
        """
        reading = self._understand(prompt)
        wish = _Wish(
            prompt, reading, self._world_shot(reading.shot, bool(options.get("nearest"))), options, self.card
        )
        held = fit_frames(clip, wish.shape.width, wish.shape.height, wish.shape.fps)
        wish = replace_seconds(wish, len(held) / wish.shape.fps + seconds)
        film = self._shoot(wish, [seed], progress, held)[0]
        film.recipe["extends"] = source and {
            "file": str(source),
            "sha256": _sha256(source),
            "seconds": seconds,
        }
        return film

    def again(self, recipe: dict[str, Any], progress: Progress = lambda *_: None) -> Film:
        """Film a recipe again: the same pixels on the same build and kind of device.

        Raises `ValueError` where the recipe was filmed by other weights, or from pictures that have changed.
        """
        if recipe["model_hash"] != model_hash(self.card):
            raise ValueError(
                f"the recipe was filmed by {recipe['model']} {recipe['model_hash']}; this is {self.card.name} "
                f"{model_hash(self.card)}: install the other one, or film the prompt anew"
            )
        settings = recipe["settings"]
        options: Options = {key: settings[key] for key in ("steps", "guidance", "seconds", "nearest")}  # type: ignore[assignment]
        options["size"] = (settings["width"], settings["height"])
        for end in ("first", "last"):
            if settings[end] is not None:
                options[end] = _unchanged(settings[end])  # type: ignore[literal-required]
        threads = torch.get_num_threads()
        torch.set_num_threads(recipe["threads"])
        try:
            if recipe.get("extends"):
                source = _unchanged(recipe["extends"])
                del options["seconds"]
                return self.extend(
                    read_video(source), recipe["extends"]["seconds"], prompt=recipe["prompt"], seed=recipe["seed"],
                    source=source, progress=progress, **options,
                )  # fmt: skip
            first_seed = recipe["seed"] - recipe["index"]
            films = self.takes(
                recipe["prompt"], recipe["batch"], seed=first_seed, progress=progress, **options
            )
            return films[recipe["index"]]
        finally:
            torch.set_num_threads(threads)

    def _understand(self, prompt: str) -> Reading:
        reading = read(prompt)
        if reading.shot == Shot():
            examples = "; ".join(
                [EXAMPLES[reading.language], *(v for k, v in EXAMPLES.items() if k != reading.language)]
            )
            raise ValueError(f"nothing in {prompt!r} could be understood; say for example: {examples}")
        return reading

    def _world_shot(self, shot: Shot, nearest: bool) -> Shot:
        """The shot with props that the model knows: others become the nearest one, if that was agreed to."""
        unseen = {actor.kind: nearest_prop(actor.kind, self.card.props) for actor in shot.cast}
        unseen = {kind: near for kind, near in unseen.items() if kind not in self.card.props}
        if unseen and not nearest:
            raise UnseenPropError(unseen, self.card.props)
        return replace(
            shot, cast=tuple(replace(actor, kind=unseen.get(actor.kind, actor.kind)) for actor in shot.cast)
        )

    def _shoot(self, wish: _Wish, seeds: list[int], progress: Progress, held: Frames | None) -> list[Film]:
        """Plan, write and film all takes in one batch."""
        world = world_of(self.card)
        plans = [plan(wish.shot, seed, world) for seed in seeds]
        captions = [
            write(made.shot, wish.reading.language, "detailed", seed)
            for made, seed in zip(plans, seeds, strict=True)
        ]
        size = (wish.shape.width, wish.shape.height)
        first, last = wish.options.get("first"), wish.options.get("last")
        request = Request(
            captions=tuple(captions),
            seeds=tuple(seeds),
            shape=wish.shape,
            steps=wish.steps,
            guidance=Guidance(scale=wish.guidance),
            lead_BTHWC=None if first is None else read_image(first, size)[None, None],
            last_HWC=None if last is None else read_image(last, size),
        )
        started = time.perf_counter()
        what = "filming" if len(seeds) == 1 else f"filming {len(seeds)} takes"
        frames_BTHWC = film_long(
            self.engine,
            request,
            wish.frames,
            lambda done, total: progress(done, total, what),
            None if held is None else held[None],
        )
        work = time.perf_counter() - started
        return [
            Film(
                frames_THWC=frames_BTHWC[at],
                fps=wish.shape.fps,
                recipe=self._recipe(wish, plans[at], captions[at], (seeds, at), work)
                | {"check": _check(frames_BTHWC[at, : wish.shape.frames], wish.shot)},
            )
            for at in range(len(seeds))
        ]

    def _recipe(
        self, wish: _Wish, made: Plan, caption: str, place: tuple[list[int], int], work: float
    ) -> dict[str, Any]:
        """Everything that is needed to film the take again, and what was understood."""
        seeds, at = place
        kinds = [actor.kind for actor in wish.reading.shot.cast]
        return {
            "laqta": __version__,
            "prompt": wish.prompt,
            "language": wish.reading.language,
            "shot": to_dict(wish.reading.shot),
            "planned": to_dict(made.shot),
            "unseen": [kind for kind in kinds if kind not in self.card.props],
            "ignored": list(wish.reading.ignored),
            "dropped": [*wish.dropped, *made.dropped],
            "caption": caption,
            "seed": seeds[at],
            "batch": len(seeds),
            "index": at,
            "threads": torch.get_num_threads(),
            "device": self.engine.device,
            "torch": torch.__version__,
            "model": self.card.name,
            "model_hash": model_hash(self.card),
            "settings": wish.settings(),
            "seconds": round(work / len(seeds), 3),
            "real_time_factor": round(work / len(seeds) / (wish.frames / wish.shape.fps), 3),
        }


class _Wish:
    """A sentence with its options, checked against what the model can do."""

    def __init__(self, prompt: str, reading: Reading, shot: Shot, options: Options, card: Card) -> None:
        self.prompt, self.reading, self.shot, self.options = prompt, reading, shot, options
        self.steps = options.get("steps") or card.steps
        guidance = options.get("guidance")
        self.guidance = card.guidance if guidance is None else guidance
        self.dropped: list[str] = []
        self.shape = self._shape(card)
        seconds = options.get("seconds") or shot.seconds or self.shape.seconds
        if not 0 < seconds <= MAX_SECONDS:
            raise ValueError(
                f"{seconds:g} seconds cannot be filmed; a film is at most {MAX_SECONDS:g} seconds long"
            )
        self.frames = max(1, round(seconds * self.shape.fps))

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
            "nearest": bool(self.options.get("nearest")),
            **{end: _fingerprint(self.options.get(end)) for end in ("first", "last")},
        }

    def _shape(self, card: Card) -> VideoShape:
        """The stated size, else the stated format, else the model's default shape."""
        size = self.options.get("size")
        if size is not None:
            for shape in card.shapes:
                factor = enlargement(shape)
                if size in ((shape.width, shape.height), (shape.width * factor, shape.height * factor)):
                    return shape
            known = ", ".join(f"{shape.width}x{shape.height}" for shape in card.shapes)
            raise ValueError(f"{card.name} cannot film {size[0]}x{size[1]}; its sizes are: {known}")
        if self.shot.format is not None:
            if self.shot.format in card.formats:
                return card.shapes[card.formats.index(self.shot.format)]
            self.dropped.append(f"{card.name} films no {self.shot.format} format; it is {card.formats[0]}")
        return card.shape


def replace_seconds(wish: _Wish, seconds: float) -> _Wish:
    """The wish with another length in all."""
    if seconds > MAX_SECONDS:
        raise ValueError(
            f"the film would be {seconds:.1f} seconds long; at most {MAX_SECONDS:g} can be filmed"
        )
    wish.frames = round(seconds * wish.shape.fps)
    return wish


def world_of(card: Card) -> WorldSpec:
    """The part of the made-up world that a model has seen."""
    return WorldSpec(
        props=card.props,
        backdrops=card.backdrops,
        times=card.times,
        weathers=card.weathers,
        verbs=card.verbs,
        cameras=card.cameras,
        tints=card.tints,
        size_fractions=card.size_fractions,
        max_things=card.max_things,
        single_share=0.5,
        twin_share=0.25,
    )


def enlargement(shape: VideoShape) -> int:
    """How many times a shape's films are enlarged when they are saved."""
    return (
        -(-LEAST_SAVED_SIDE // min(shape.width, shape.height)) if min(shape.width, shape.height) < 192 else 1
    )


def _check(frames_THWC: Frames, shot: Shot) -> list[dict[str, Any]] | None:
    """What the judge sees beside what was asked; None where no judge is installed."""
    try:
        return [to_dict(row) for row in check(frames_THWC, shot)]
    except OSError:
        return None


def _fingerprint(path: Path | None) -> dict[str, str] | None:
    return None if path is None else {"file": str(Path(path).resolve()), "sha256": _sha256(Path(path))}


def _unchanged(source: dict[str, Any]) -> Path:
    """The path of a recorded file, if its bytes are still the same."""
    path = Path(source["file"])
    if not path.is_file() or _sha256(path) != source["sha256"]:
        raise ValueError(
            f"the recipe needs {str(path)!r} as it was when it was filmed; it is gone or has changed"
        )
    return path


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
