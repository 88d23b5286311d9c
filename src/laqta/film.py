"""The line through the rooms: a sentence is read, planned, put in words, filmed and judged.

    film = laqta.load("nano").film("a cat walks in the snow", seed=7)
    film.save("cat.mp4")

Shape suffixes: B takes, T frames, H height, W width, C channels.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import torch
from torch import Tensor

from laqta import __version__
from laqta.bench.judge import check
from laqta.config import from_dict, to_dict
from laqta.director.plan import Plan, plan
from laqta.generate.denoise import Guidance
from laqta.generate.engine import Engine, Frames, Request
from laqta.generate.extend import film_long
from laqta.generate.preview import Preview
from laqta.language.read import Reading
from laqta.language.write import write
from laqta.models.card import find_model, model_hash
from laqta.settings import home
from laqta.shot import Shot
from laqta.train.device import choose_device
from laqta.train.run import world_of
from laqta.video import Clip, enlarge, fit_frames, read_image, read_video, write_video
from laqta.wish import (
    EXAMPLES,
    Look,
    Options,
    UnseenPropError,
    Wish,
    fingerprint,
    make_wish,
    unchanged,
    understand,
)

__all__ = ["EXAMPLES", "Crew", "Film", "Options", "Progress", "UnseenPropError", "load"]

DEFAULT_MODEL = "nano"

Progress = Callable[[int, int, str], None]

Glimpse = Callable[[Frames], None]
"""`glimpse(pictures_BHWC)`: called after every step with a small picture of what each take shows so far."""


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
        wish = self.wish(understand(prompt), options)
        return self.shoot([wish] * count, range(seed, seed + count), progress)

    def wish(self, reading: Reading, options: Options) -> Wish:
        """What was understood, with options, as this model can film it. Raises as `make_wish` does."""
        wish = make_wish(reading, options, self.card)
        return wish.lasting(wish.frames, self._time_fold)

    def shoot(
        self, wishes: Sequence[Wish], seeds: Sequence[int], progress: Progress = lambda *_: None,
        glimpse: Glimpse | None = None,
    ) -> list[Film]:  # fmt: skip
        """Film wishes of one `form` in one batch, each by its seed."""
        assert len({wish.form for wish in wishes}) <= 1
        return self._shoot(wishes, seeds, progress, glimpse, None)

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
        wish = make_wish(understand(prompt), Options(seconds=None, **look), self.card)
        held_THWC = fit_frames(clip, wish.shape.width, wish.shape.height, wish.shape.fps)
        held = len(held_THWC)
        wish = wish.lasting(held + max(1, round(seconds * wish.shape.fps)), self._time_fold, held)
        film = self._shoot([wish], [seed], progress, None, held_THWC)[0]
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
            loop=settings["loop"],
            nearest=settings["nearest"],
        )
        threads = torch.get_num_threads()
        torch.set_num_threads(recipe["threads"])
        try:
            if "extends" in recipe:
                return self._extend_again(recipe, look, progress)
            reading = Reading(
                sentence=recipe["prompt"],
                shot=from_dict(Shot, recipe["shot"]),
                language=recipe["language"],
                ignored=tuple(recipe["ignored"]),
            )
            wish = self.wish(reading, Options(seconds=settings["seconds"], **look))
            batch = recipe["batch"]  # the pixels depend on how many were filmed, not on what the others show
            return self.shoot([wish] * batch, [recipe["seed"]] * batch, progress)[recipe["index"]]
        finally:
            torch.set_num_threads(threads)

    @cached_property
    def preview(self) -> Preview:
        """What makes small pictures of latents; fitted to the decoder once, in about a second."""
        return Preview.fit(self.engine)

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

    def _shoot(
        self, wishes: Sequence[Wish], seeds: Sequence[int], progress: Progress, glimpse: Glimpse | None,
        held_THWC: Frames | None,
    ) -> list[Film]:  # fmt: skip
        """Plan, write and film all takes in one batch; `held_THWC` is a film that goes on."""
        if not seeds or min(seeds) < 0:
            raise ValueError("at least one take is filmed, and a seed is a whole number from 0 up")
        form, world = wishes[0], world_of(self.card)
        plans = [plan(wish.shot, seed, world) for wish, seed in zip(wishes, seeds, strict=True)]
        captions = tuple(
            write(made.shot, wish.reading.language, "detailed", seed)
            for wish, made, seed in zip(wishes, plans, seeds, strict=True)
        )
        size = (form.shape.width, form.shape.height)
        request = Request(
            captions=captions,
            seeds=tuple(seeds),
            shape=form.shape,
            steps=form.steps,
            guidance=Guidance(scale=form.guidance),
            lead_BTHWC=None if form.first is None else read_image(form.first, size)[None, None],
            last_BHWC=None if form.last is None else read_image(form.last, size)[None],
        )
        started = time.perf_counter()
        frames_BTHWC = self._roll(form, request, progress, glimpse, held_THWC)
        work = time.perf_counter() - started
        return [
            Film(
                frames_THWC=frames_BTHWC[at],
                fps=form.shape.fps,
                recipe=self._recipe(wish, plans[at], captions[at], (seeds, at), work)
                | {"check": _check(frames_BTHWC[at, : form.shape.frames], wish.shot)},
            )
            for at, wish in enumerate(wishes)
        ]

    def _roll(
        self, form: Wish, request: Request, progress: Progress, glimpse: Glimpse | None, held_THWC: Frames | None
    ) -> Frames:  # fmt: skip
        """Film a request at its length; a loop is filmed twice, for its end is a frame that must be there first."""
        what = "filming" if len(request.seeds) == 1 else f"filming {len(request.seeds)} takes"
        rounds = 2 if form.loop else 1
        frames_BTHWC = None if held_THWC is None else held_THWC[None]
        for past in range(rounds):

            def on_step(done: int, total: int, guess_BCLHW: Tensor, past: int = past) -> None:
                progress(past * total + done, rounds * total, what)
                if glimpse is not None:
                    glimpse(self.preview.pictures(guess_BCLHW))

            frames_BTHWC = film_long(self.engine, request, form.frames, on_step, frames_BTHWC)
            if past + 1 < rounds:
                first_BTHWC = frames_BTHWC[:, :1]
                request = replace(request, lead_BTHWC=first_BTHWC, last_BHWC=first_BTHWC[:, 0])
                frames_BTHWC = None
        assert frames_BTHWC is not None
        return frames_BTHWC

    def _recipe(
        self, wish: Wish, made: Plan, caption: str, place: tuple[Sequence[int], int], work: float
    ) -> dict[str, Any]:
        """Everything that is needed to film the take again, and what was understood."""
        seeds, at = place
        kinds = [actor.kind for actor in wish.reading.shot.cast]
        return {
            "laqta": __version__,
            "prompt": wish.reading.sentence,
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
