"""The line through the rooms: a sentence is read, planned, put in words, filmed and judged.

    film = laqta.load("nano").film("a cat walks in the snow", seed=7)
    film.save("cat.mp4")

Shape suffixes: B takes, T frames, H height, W width, C channels.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

import torch

from laqta import __version__
from laqta.bench.judge import check
from laqta.config import to_dict
from laqta.director.plan import Plan, plan
from laqta.generate.denoise import Guidance
from laqta.generate.engine import Engine, Frames, Request
from laqta.generate.extend import film_long
from laqta.language.write import write
from laqta.models.weights import find_model, model_hash
from laqta.settings import home
from laqta.shot import Shot
from laqta.train.device import choose_device
from laqta.train.run import world_of
from laqta.video import Clip, enlarge, fit_frames, read_image, read_video, write_video
from laqta.wish import EXAMPLES, Look, Options, UnseenPropError, Wish, fingerprint, make_wish, unchanged

__all__ = ["EXAMPLES", "Crew", "Film", "Options", "Progress", "UnseenPropError", "load"]

DEFAULT_MODEL = "nano"

Progress = Callable[[int, int, str], None]


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


def load(name_or_folder: str | Path | None = None, device: str | None = None) -> Crew:
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
        wish = make_wish(prompt, options, self.card)
        wish = wish.lasting(wish.frames, self._time_fold)
        return self._shoot(wish, list(range(seed, seed + count)), progress, None)

    def extend(
        self, clip: Clip, seconds: float, *, prompt: str, seed: int = 0, source: Path | None = None,
        progress: Progress = lambda *_: None, **look: Unpack[Look],
    ) -> Film:  # fmt: skip
        """Film how a clip goes on for `seconds` more; the film is the clip and what follows.

        The clip is brought to the model's size and frame rate. `source` is the file that it was read from; without
        it the film cannot be filmed again.
        """
        if not seconds > 0:
            raise ValueError(f"a film cannot go on for {seconds!r} seconds; give a number above 0")
        wish = make_wish(prompt, Options(seconds=None, **look), self.card)
        held_THWC = fit_frames(clip, wish.shape.width, wish.shape.height, wish.shape.fps)
        held = len(held_THWC)
        wish = wish.lasting(held + max(1, round(seconds * wish.shape.fps)), self._time_fold, held)
        film = self._shoot(wish, [seed], progress, held_THWC)[0]
        film.recipe["extends"] = {"source": fingerprint(source), "seconds": seconds}
        return film

    def again(self, recipe: dict[str, Any], progress: Progress = lambda *_: None) -> Film:
        """Film a recipe again: the same pixels on the same build and kind of device.

        Raises `ValueError` where the recipe was filmed by other weights, or from files that have changed.
        """
        if recipe["model_hash"] != model_hash(self.card):
            raise ValueError(
                f"the recipe was filmed by {recipe['model']} {recipe['model_hash']}; this is {self.card.name} "
                f"{model_hash(self.card)}: install the other one, or film the prompt anew"
            )
        settings = recipe["settings"]
        look = Look(
            steps=settings["steps"],
            guidance=settings["guidance"],
            size=(settings["width"], settings["height"]),
            first=settings["first"] and unchanged(settings["first"]),
            last=settings["last"] and unchanged(settings["last"]),
            nearest=settings["nearest"],
        )
        threads = torch.get_num_threads()
        torch.set_num_threads(recipe["threads"])
        try:
            if "extends" in recipe:
                return self._extend_again(recipe, look, progress)
            first_seed = recipe["seed"] - recipe["index"]
            films = self.takes(
                recipe["prompt"],
                recipe["batch"],
                seed=first_seed,
                progress=progress,
                seconds=settings["seconds"],
                **look,
            )
            return films[recipe["index"]]
        finally:
            torch.set_num_threads(threads)

    @property
    def _time_fold(self) -> int:
        return int(self.engine.parts.autoencoder.temporal_compression_ratio)

    def _extend_again(self, recipe: dict[str, Any], look: Look, progress: Progress) -> Film:
        extends = recipe["extends"]
        if extends["source"] is None:
            raise ValueError(
                "the recipe goes on from a clip that came from no file, so it cannot be filmed again"
            )
        source = unchanged(extends["source"])
        return self.extend(
            read_video(source), extends["seconds"], prompt=recipe["prompt"], seed=recipe["seed"],
            source=source, progress=progress, **look,
        )  # fmt: skip

    def _shoot(self, wish: Wish, seeds: list[int], progress: Progress, held: Frames | None) -> list[Film]:
        """Plan, write and film all takes in one batch."""
        if not seeds or seeds[0] < 0:
            raise ValueError("at least one take is filmed, and a seed is a whole number from 0 up")
        world = world_of(self.card)
        plans = [plan(wish.shot, seed, world) for seed in seeds]
        captions = [
            write(made.shot, wish.reading.language, "detailed", seed)
            for made, seed in zip(plans, seeds, strict=True)
        ]
        size = (wish.shape.width, wish.shape.height)
        request = Request(
            captions=tuple(captions),
            seeds=tuple(seeds),
            shape=wish.shape,
            steps=wish.steps,
            guidance=Guidance(scale=wish.guidance),
            lead_BTHWC=None if wish.first is None else read_image(wish.first, size)[None, None],
            last_HWC=None if wish.last is None else read_image(wish.last, size),
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
        self, wish: Wish, made: Plan, caption: str, place: tuple[list[int], int], work: float
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


def _check(frames_THWC: Frames, shot: Shot) -> list[dict[str, Any]] | None:
    """What the judge sees beside what was asked; None where no judge is installed."""
    try:
        return [to_dict(row) for row in check(frames_THWC, shot)]
    except OSError:
        return None
