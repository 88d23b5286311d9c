"""From what a program asked to a draft of a video: a new one, a changed one, and one that goes on."""

from __future__ import annotations

import secrets
from dataclasses import replace
from math import log
from typing import Any

from laqta.config import from_dict
from laqta.director.chat import reply
from laqta.director.plan import nearest_prop
from laqta.director.refer import facts
from laqta.director.rules import answer
from laqta.director.storyboard import AddPanel, History, Panel, Storyboard, Take, to_film
from laqta.language.lexicon import LANGUAGES
from laqta.language.read import Reading, read
from laqta.models.card import Card
from laqta.shot import MAX_CAST, MAX_COUNT, Format, Shot, VideoShape
from laqta.studio import examples
from laqta.studio.desk import Desk
from laqta.studio.pictures import as_png
from laqta.studio.videos_asked import MOST_SEED, ApiError, Asked
from laqta.studio.videos_clips import MOST_SECONDS, as_own_film, recipe_of
from laqta.studio.videos_rows import Draft, Parent, parent_of
from laqta.world.props import PROPS

USUAL_SECONDS = 4.0
LEAST_SECONDS = 0.1
LEAST_EXTENSION = 1.0
ALIASES = ("sora-2", "sora-2-pro", "sora-2-2025-10-06", "sora-2-pro-2025-10-06", "sora-2-2025-12-08")
"""Names that old clients ask for; they get the studio's own model."""

Notes = tuple[str, ...]


def create(desk: Desk, asked: Asked) -> Draft:
    """A new video from a prompt, perhaps beginning with a picture."""
    model = model_of(desk, asked, desk.model)
    card = desk.card(model)
    reading = _understood(asked.prompt(), card)
    seconds = asked.seconds(LEAST_SECONDS, MOST_SECONDS) or reading.shot.seconds or USUAL_SECONDS
    if seconds > MOST_SECONDS:
        raise ApiError(
            f"the prompt asks for {seconds:g} seconds; at most {MOST_SECONDS:g} are possible", param="prompt"
        )
    shape, notes = _shape(card, asked.size(), reading.shot.format)
    first, files = _picture(desk, asked)
    return Draft(
        model=model, take=Take(shot=reading.shot, seed=_seed(asked), first=first), language=reading.language,
        shape=shape, seconds=seconds, request=_request("create", asked, card, reading.shot, reading.ignored, notes),
        files=files,
    )  # fmt: skip


def remix(desk: Desk, asked: Asked, video: str) -> Draft:
    """A video with what the prompt changes."""
    return _changed(desk, asked, desk.workplace.store.read(lambda db: parent_of(db, video)), "remix")


def edit(desk: Desk, asked: Asked) -> Draft:
    """As a remix; the video may be an uploaded one that Laqta filmed."""
    asked.prompt()
    video = asked.video()
    if isinstance(video, bytes):
        return _changed(desk, asked, _parent_in(desk, recipe_of(video)), "edit")
    return _changed(desk, asked, desk.workplace.store.read(lambda db: parent_of(db, video, "video")), "edit")


def extend(desk: Desk, asked: Asked) -> Draft:
    """A video that goes on; it may be any film."""
    prompt, video = asked.prompt(), asked.video()
    more = asked.seconds(LEAST_EXTENSION, MOST_SECONDS)
    if more is None:
        raise ApiError("say in 'seconds' for how long", param="seconds", code="missing_required_parameter")
    parent, files = None, {}
    if isinstance(video, bytes):
        model = model_of(desk, asked, desk.model)
        reading = _understood(prompt, desk.card(model))
        own = as_own_film(video)
        source: str | None = desk.workplace.media.put(own.content, "mp4")
        assert source is not None
        size, before, files = (own.width, own.height), own.seconds, {source: len(own.content)}
    else:
        parent = desk.workplace.store.read(lambda db: parent_of(db, video, "video"))
        model = model_of(desk, asked, parent.model)
        reading = _understood(prompt, desk.card(model))
        source, size, before = parent.video, parent.size, parent.seconds
    card = desk.card(model)
    shape = nearest_shape(card, size)
    frames = sum(max(1, round(part * shape.fps)) for part in (before, more))  # as Crew.extend counts
    total = frames / shape.fps
    if total > MOST_SECONDS:
        raise ApiError(
            f"{before:g} seconds and {more:g} more are too long: at most {MOST_SECONDS:g}", param="seconds"
        )
    request = _request("extend", asked, card, reading.shot, reading.ignored, ())
    return Draft(
        model=model, take=Take(shot=reading.shot, seed=_seed(asked)), language=reading.language, shape=shape,
        seconds=total, request=request | {"extended_from": parent.id if parent else None}, parent=parent,
        extend=more, source=source, files=files,
    )  # fmt: skip


def model_of(desk: Desk, asked: Asked, usual: str) -> str:
    """The installed model that is asked for. Raises `ApiError` that names those there are."""
    name = asked.text("model")
    if name is None:
        return usual
    found = installed(desk, name)
    if found is None:
        raise ApiError(
            f"the model {name!r} is not installed; there are {', '.join(desk.models())}", param="model",
            code="model_not_found",
        )  # fmt: skip
    return found


def installed(desk: Desk, name: str) -> str | None:
    """The name of an installed model, also by an alias; a path is none."""
    if name in ALIASES:
        return desk.model
    return name if name in desk.models() else None


def nearest_shape(card: Card, size: tuple[int, int]) -> VideoShape:
    """The model's shape that is most like a size: first by its proportions, then by its area."""

    def unlikeness(shape: VideoShape) -> tuple[float, float]:
        proportions = (shape.width * size[1]) / (shape.height * size[0])
        area = (shape.width * shape.height) / (size[0] * size[1])
        return round(abs(log(proportions)), 6), abs(log(area))

    return min(card.shapes, key=unlikeness)


# ---------------------------------------------------------------- a changed video


def _changed(desk: Desk, asked: Asked, parent: Parent, kind: str) -> Draft:
    """A parent's shot with what the prompt changes, by the director's rules.

    Its seed stays. A prompt that describes another shot is filmed as that; one that changes nothing is another version,
    by the next seed.
    """
    model = model_of(desk, asked, parent.model)
    card = desk.card(model)
    before = replace(parent.take, shot=replace(parent.take.shot, seconds=parent.seconds))
    turn = answer(asked.prompt(), History(board=Storyboard(panels=(Panel(takes=(before,)),))))
    take = turn.board.take
    if turn.problem == "unchanged":
        take = replace(before, seed=(before.seed + 1) % MOST_SEED)
    elif turn.problem or take is None or not any(to_film(made) for made in turn.edits):
        raise ApiError(reply(turn), param="prompt", code=turn.problem or "nothing_to_film")
    elif any(isinstance(made, AddPanel) for made in turn.edits):
        take = replace(take, seed=before.seed)
    seed = asked.seed()
    take = take if seed is None else replace(take, seed=seed)
    shape, notes = nearest_shape(card, parent.size), parent.notes
    if take.shot.format not in (None, before.shot.format):
        shape, more = _shape(card, None, take.shot.format)
        notes += more
    return Draft(
        model=model, take=take, language=turn.language, shape=shape, seconds=take.shot.seconds or parent.seconds,
        request=_request(kind, asked, card, take.shot, turn.ignored, notes) | {"remixed_from": parent.id},
        parent=parent,
    )  # fmt: skip


def _parent_in(desk: Desk, recipe: dict[str, Any]) -> Parent:
    """What an uploaded film's recipe says. Nobody vouches for it: whatever cannot be is refused."""
    try:
        shot, settings = from_dict(Shot, recipe["shot"]), recipe["settings"]
        language, seed, seconds = recipe["language"], recipe["seed"], float(settings["seconds"])
        size = int(settings["width"]), int(settings["height"])
        is_sound = (
            language in LANGUAGES and type(seed) is int and 0 <= seed <= MOST_SEED and 0 < seconds <= MOST_SECONDS
            and min(size) > 0 and _can_be(shot)
        )  # fmt: skip
        pictures = settings.get("first") or settings.get("last")
        loop, model = settings.get("loop") is True, installed(desk, str(recipe["model"]))
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        is_sound = False
    if not is_sound:
        raise ApiError("the film's recipe is damaged", param="video", code="invalid_video")
    shot = replace(shot, seconds=None, cast=tuple(replace(actor, track=None) for actor in shot.cast))
    notes = ("the picture that the film began or ended with is not in the file",) if pictures else ()
    return Parent(
        id=None, model=model or desk.model, take=Take(shot=shot, seed=seed, loop=loop), language=language,
        seconds=seconds, size=size, notes=notes,
    )  # fmt: skip


def _can_be(shot: Shot) -> bool:
    things = len(shot.cast)
    return (
        things <= MAX_CAST
        and all(actor.kind in PROPS and 1 <= (actor.count or 1) <= MAX_COUNT for actor in shot.cast)
        and all(0 <= link.subject < things and 0 <= link.object < things for link in shot.relations)
    )


# ---------------------------------------------------------------- fields


def _understood(prompt: str, card: Card) -> Reading:
    reading = read(prompt)
    if not facts(replace(reading.shot, seconds=None, format=None)):
        said = examples.for_model(card)[reading.language]
        hint = f"; say for example: {said[0]}" if said else ""
        raise ApiError(
            f"nothing in {prompt!r:.200} could be understood{hint}", param="prompt", code="not_understood"
        )
    return reading


def _shape(card: Card, size: tuple[int, int] | None, format: Format | None) -> tuple[VideoShape, Notes]:
    """The shape most like a wished size, else the stated format's, else the model's usual one."""
    if size is not None:
        return nearest_shape(card, size), ()
    if format is None or format in card.formats:
        return card.shape if format is None else card.shapes[card.formats.index(format)], ()
    return card.shape, (f"{card.name} films no {format} format; it is {card.formats[0]}",)


def _picture(desk: Desk, asked: Asked) -> tuple[str | None, dict[str, int]]:
    """The name of the uploaded picture, as it is kept, with its bytes."""
    content = asked.picture()
    if content is None:
        return None, {}
    try:
        png, _, _ = as_png(content)
    except ValueError as error:
        raise ApiError(str(error), param="input_reference", code="invalid_image") from error
    name = desk.workplace.media.put(png, "png")
    return name, {name: len(png)}


def _seed(asked: Asked) -> int:
    seed = asked.seed()
    return secrets.randbelow(MOST_SEED) if seed is None else seed


def _request(kind: str, asked: Asked, card: Card, shot: Shot, ignored: Notes, notes: Notes) -> dict[str, Any]:
    """What was asked, as it was asked, and what is to be said about it."""
    kinds = [actor.kind for actor in shot.cast if actor.kind not in card.props]
    seconds = asked.fields.get("seconds")
    return {
        "kind": kind,
        "prompt": asked.prompt(),
        "model": asked.text("model"),
        "seconds": None if seconds is None else str(seconds),
        "size": asked.text("size"),
        "remixed_from": None,
        "extended_from": None,
        "ignored": list(ignored),
        "unseen": [
            {"asked": kind, "filmed": nearest_prop(kind, card.props)} for kind in dict.fromkeys(kinds)
        ],
        "notes": list(notes),
    }
