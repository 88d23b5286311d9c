"""A worker: claims jobs, films them, judges the takes, and hands them in. The one file here that needs torch.

It may be killed at any moment: a job is rows and files that are whole or not there, and whoever claims it next begins
it anew.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping

from laqta.film import Crew, Film, load
from laqta.models.card import find_model
from laqta.settings import home
from laqta.studio import conversations, media, queue, takes
from laqta.studio.bell import Bell
from laqta.studio.encoding import film_bytes
from laqta.studio.export import joined
from laqta.studio.queue import Job
from laqta.studio.reporter import Reporter
from laqta.studio.store import StoreError
from laqta.studio.workplace import Workplace
from laqta.terminal import say
from laqta.video import enlarge, picture_bytes, read_video
from laqta.wish import Options, Wish, spoken

LOOK_AGAIN = 0.1
"""Seconds between two looks at a queue where the bell does not ring: a lease may have run out."""


class StoppedError(Exception):
    """One of the jobs at hand was cancelled, or is held by another worker now: nothing of the batch is kept."""


@dataclass(frozen=True, kw_only=True)
class Shoot:
    """One take of a job, ready to be filmed."""

    job: Job
    take: RowMapping
    wish: Wish


class Worker:
    """One process that films for a studio. `parent` is the process that it ends with."""

    def __init__(
        self, workplace: Workplace, name: str, *, device: str | None = None, parent: int | None = None,
        lease: float = queue.LEASE,
    ) -> None:  # fmt: skip
        self.workplace = workplace
        self.store = workplace.store
        self.name = name
        self.device = device
        self.parent = parent
        self.lease = lease
        self._crews: dict[str, Crew] = {}

    def run(self) -> None:
        """Film until the parent ends, or until something raises: then the jobs at hand go back to the queue."""
        with closing(Bell(self.store)) as bell:
            while self.parent is None or os.getppid() == self.parent:
                try:
                    if not self.step():
                        bell.wait(LOOK_AGAIN)
                except StoreError as error:
                    say(f"laqta worker: {error}")
                    time.sleep(1.0)

    def step(self) -> list[Job]:
        """Claim and do what is next; returns the jobs, none where nothing waits."""
        if not self.store.read(queue.is_anything_free):
            return []
        claim = partial(queue.claim, worker=self.name, lease=self.lease)
        held = self.store.write(claim, lasting=False)  # undone by a power cut, it waits again
        if not held:
            return []
        try:
            self._do(held)
        except StoppedError:
            for job in held:
                self.store.write(partial(queue.stop, job=job))
        except StoreError:
            raise  # the leases run out, and the jobs are claimed again
        except OSError as error:  # a full disk, weights that are not whole: perhaps better in a moment
            self._retry(held, str(error))
        except Exception as error:  # a wish that cannot be, or a fault of ours: others need not suffer
            self._end(held, "failed", _spell(error))
        except BaseException:  # asked to end
            for job in held:
                self.store.write(partial(queue.give_back, job=job))
            raise
        return held

    def load(self, model: str) -> Crew:
        """The crew of a model, loaded once."""
        if model not in self._crews:
            self._crews[model] = load(find_model(model, home(os.environ)), self.device)
        return self._crews[model]

    def _do(self, held: Sequence[Job]) -> None:
        with Reporter(self.store, held, self.lease) as reporter:
            if held[0].kind == "export":
                self._export(held[0])
            else:
                self._film(held, reporter)

    def _film(self, held: Sequence[Job], reporter: Reporter) -> None:
        """Film all jobs in one batch; one that cannot be wished fails alone."""
        shoots: list[Shoot] = []
        for job in held:
            try:
                shoots += self._shoots(job)
            except ValueError as error:
                self._end([job], "failed", str(error))
                reporter.drop(job)
        if not shoots:
            return

        def progress(done: int, total: int, _what: str) -> None:
            if not reporter.progress(done, total):
                raise StoppedError

        jobs = [shoot.job for shoot in shoots]
        crew = self.load(shoots[0].take["model"])
        source = shoots[0].take["source"]
        if source is None:
            films = crew.shoot(
                [shoot.wish for shoot in shoots],
                [shoot.take["seed"] for shoot in shoots],
                progress,
                reporter.glimpse,
            )
        else:
            films = [self._extended(crew, shoots[0], progress)]
        for job in dict.fromkeys(jobs):
            own = [(shoot.take, film) for shoot, film in zip(shoots, films, strict=True) if shoot.job is job]
            self._hand_in(job, own)

    def _shoots(self, job: Job) -> list[Shoot]:
        rows = self.store.read(partial(takes.rows, ids=job.takes))
        if len(rows) < len(job.takes):  # deleted since the job was claimed
            raise StoppedError
        crew = self.load(rows[job.takes[0]]["model"])
        return [
            Shoot(job=job, take=rows[name], wish=crew.wish(spoken(takes.shot_of(rows[name]), rows[name]["language"]),
                                                            self._options(rows[name])))
            for name in job.takes
        ]  # fmt: skip

    def _options(self, row: RowMapping) -> Options:
        settings = row["settings"]
        size = settings.get("size")
        return Options(
            seconds=settings.get("seconds"),
            size=None if size is None else (size[0], size[1]),
            steps=settings.get("steps"),
            guidance=settings.get("guidance"),
            nearest=bool(settings.get("nearest")),
            first=self._picture(row["first"]),
            last=self._picture(row["last"]),
            loop=row["loop"],
        )

    def _picture(self, name: str | None) -> Path | None:
        return None if name is None else self.workplace.media.path(name)

    def _extended(self, crew: Crew, shoot: Shoot, progress: object) -> Film:
        path = self.workplace.media.path(shoot.take["source"])
        settings = shoot.take["settings"]
        return crew.extend(
            read_video(path), settings["extend"], prompt=shoot.take["request"]["prompt"], seed=shoot.take["seed"],
            source=path, progress=progress, nearest=bool(settings.get("nearest")),  # type: ignore[arg-type]
            size=self._options(shoot.take)["size"],
        )  # fmt: skip

    def _hand_in(self, job: Job, filmed: Sequence[tuple[RowMapping, Film]]) -> None:
        """Keep the files, then write everything that they came to in one transaction, if the job is still held."""
        done = [(take["id"], film.recipe, *self._keep(take, film)) for take, film in filmed]

        def write(db: Connection) -> None:
            for name, recipe, video, poster in done:
                for kept in (video, poster):
                    media.note(db, kept, self.workplace.media.path(kept).stat().st_size)
                values = {"state": "done", "recipe": recipe, "video": video, "poster": poster}
                takes.change(db, [name], **values, error=None)
            if not queue.finish(db, job, "done"):
                raise StoppedError
            if job.conversation is not None and len(done) > 1:
                conversations.choose_best(db, job.conversation, job.takes)

        self.store.write(write)

    def _keep(self, take: RowMapping, film: Film) -> tuple[str, str]:
        """Keep a film and its poster, which is made while the film is encoded; returns their names."""
        _forget_places(film.recipe)
        put = self.workplace.media.put
        frames_THWC = enlarge(film.frames_THWC, film.recipe["settings"]["enlarged"])
        frame_HWC = frames_THWC[-1 if take["last"] else 0]
        with ThreadPoolExecutor(1) as aside:
            poster = aside.submit(lambda: put(picture_bytes(frame_HWC), "webp"))
            video = put(film_bytes(frames_THWC, film.fps, "mp4", film.recipe), "mp4")
            return video, poster.result()

    def _export(self, job: Job) -> None:
        rows = self.store.read(partial(takes.rows, ids=job.request["takes"]))
        chosen = [rows[name] for name in job.request["takes"]]
        clips = [self.workplace.media.path(row["video"]) for row in chosen]
        recipes = [row["recipe"] for row in chosen]
        for recipe in recipes:  # of a studio that wrote down more
            _forget_places(recipe)
        content = joined(clips, recipes, job.request["format"], job.request["transition"])
        name = self.workplace.media.put(content, job.request["format"])

        def write(db: Connection) -> None:
            media.note(db, name, len(content))
            if not queue.finish(db, job, "done", file=name):
                raise StoppedError

        self.store.write(write)

    def _end(self, held: Sequence[Job], state: str, error: str | None) -> None:
        for job in held:
            self.store.write(partial(queue.finish, job=job, state=state, error=error))

    def _retry(self, held: Sequence[Job], error: str) -> None:
        """Give jobs back that the machine failed, and wait a little; after some attempts they fail."""
        say(f"laqta worker: {error}")
        for job in held:
            if job.attempt >= queue.MOST_ATTEMPTS:
                self._end([job], "failed", error)
            else:
                self.store.write(partial(queue.give_back, job=job, error=error))
        time.sleep(min(5.0, held[0].attempt))


def _forget_places(recipe: dict[str, Any]) -> None:
    """Leave of the files that a film was made from only their names, by content: the film goes out to others."""
    settings, extends = recipe["settings"], recipe.get("extends", {})
    for file in (settings["first"], settings["last"], extends.get("source")):
        if file is not None:
            file["file"] = Path(file["file"]).name


def _spell(error: Exception) -> str:
    """What went wrong, for the person; a fault of ours with its kind, so that it can be told on."""
    return str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
