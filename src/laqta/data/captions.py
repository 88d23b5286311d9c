"""Captions of clips in three languages: the true one where the source is the made-up world, else a vision model's.

A second model may check what the first one wrote. Both are asked over HTTP (`vision.py`), several clips at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image

from laqta.data.frames import evenly, frames_at
from laqta.data.ingest import bytes_of
from laqta.data.stages import SOURCES, Row, Stage, Work, each_row
from laqta.data.truth import true_shot
from laqta.data.vision import NoAnswerError, Vision
from laqta.language.lexicon import LANGUAGES, Language
from laqta.language.write import write

TRUTH = "truth"
"""Who wrote a caption that was made from the shot itself."""
AT_ONCE = 8
"""Clips that each worker asks about at the same time: servers compute them together."""
MOST_FRAMES = 64
SIDES = (64, 4096)
MOST_CHARACTERS = 2000
"""A caption that is longer is a model going round in circles."""

NAMES: dict[Language, str] = {"en": "English", "ar": "Modern Standard Arabic", "zh": "simplified Chinese"}
LETTERS: dict[Language, str] = {"en": "[A-Za-z]", "ar": "[\u0600-\u06ff]", "zh": "[\u3400-\u9fff]"}
"""What at least half of the letters of a caption are: small models answer in English whatever they are asked for."""

REQUEST = '{"temperature": 0, "max_tokens": 1500, "response_format": {"type": "json_object"}}'

INSTRUCTIONS = """\
The pictures are frames of one video clip, in the order of time. Describe the clip so that somebody could film it again:
who or what is seen and how many, their colours, what they do and to which side, the place, the time of day and the
weather, and whether the camera moves. Two or three plain sentences. Say only what is seen; guess nothing, praise
nothing, and speak of the clip, never of pictures or frames. The captions in all languages say the same."""

CHECK_INSTRUCTIONS = """\
The pictures are frames of one video clip, in the order of time; below are captions of it. Take apart what they claim:
each thing, number, colour, action, side, place, time of day, weather, camera. For each claim look at the pictures and
decide whether it holds. What captions of two languages say differently does not hold. Answer with one JSON object and
nothing else: {"checks": [{"claim": "...", "holds": true}, ...], "note": "..."}. The note says in one English sentence
what is wrong, and is empty where nothing is."""


@dataclass(frozen=True, kw_only=True)
class Captions(Stage):
    """What is seen in a clip, in words.

    `writer` is the vision model's name on its server; without one only renders of the made-up world get captions.
    `languages` are of en, ar and zh, with commas between. `frames` pictures are sent, evenly spaced over the clip, of
    at most `side` pixels; `instructions` stand before them, and `request` is what else is sent, as JSON.
    """

    name = "captions"
    version = 1
    reads = ("shots", "probe", SOURCES)
    batch = 32
    memory_mb = 1000
    columns = pa.schema(
        [*((f"caption_{language}", pa.string()) for language in LANGUAGES), ("caption_by", pa.string())]
    )

    writer: str = ""
    languages: str = ",".join(LANGUAGES)
    frames: int = 4
    side: int = 512
    instructions: str = INSTRUCTIONS
    request: str = REQUEST

    def __post_init__(self) -> None:
        """Refuse parameters that nobody could work by."""
        _check_asking(self.name, self.frames, self.side, self.request)
        for language in self.languages.split(","):
            if language.strip() not in LANGUAGES:
                raise ValueError(
                    f"captions.languages = {self.languages!r}: {language.strip()!r} is none of "
                    f"{', '.join(LANGUAGES)}; write some of them with commas between"
                )

    def model(self) -> str:
        """The writer's name."""
        return self.writer

    def open(self) -> Work:
        """Nothing is heavy here: the model is somewhere else."""
        vision = Vision(self.writer, "LAQTA_VISION", json.loads(self.request))
        return _at_once(self.schema, vision, lambda item: self._find(item, vision))

    def _find(self, item: Row, vision: Vision) -> Row:
        path = bytes_of(dict(item))
        wanted = [language for language in LANGUAGES if language in self.languages]
        shot = true_shot(path) if item["made_by"] == "world" else None
        if shot is not None:
            seed = int(item["id"][:8], 16)
            return _row({language: write(shot, language, "detailed", seed) for language in wanted}, TRUTH)
        if not self.writer:
            return {}
        keys = ", ".join(f'"{language}" ({NAMES[language]})' for language in wanted)
        asked = (
            f"{self.instructions}\n\n{_told(item, self.frames)} Answer with one JSON object and nothing else, "
            f"a caption under each of its keys: {keys}."
        )
        found = vision.ask(
            asked, jpegs(path, item, self.frames, self.side), lambda answer: read_captions(answer, wanted)
        )
        return _row(found, self.writer)


@dataclass(frozen=True, kw_only=True)
class CaptionCheck(Stage):
    """How much of what a model's captions claim a second model sees too; true captions need no check.

    `checker` is its name on its server; without one nothing is checked. The rest is as in `Captions`.
    """

    name = "caption_check"
    version = 1
    reads = ("shots", "captions", SOURCES)
    batch = 32
    memory_mb = 1000
    columns = pa.schema([("caption_check", pa.float64()), ("caption_check_note", pa.string())])

    checker: str = ""
    frames: int = 8
    side: int = 512
    instructions: str = CHECK_INSTRUCTIONS
    request: str = REQUEST

    def __post_init__(self) -> None:
        """Refuse parameters that nobody could work by."""
        _check_asking(self.name, self.frames, self.side, self.request)

    def model(self) -> str:
        """The checker's name."""
        return self.checker

    def open(self) -> Work:
        """Nothing is heavy here: the model is somewhere else."""
        vision = Vision(self.checker, "LAQTA_CHECK", json.loads(self.request))
        return _at_once(self.schema, vision, lambda item: self._find(item, vision))

    def _find(self, item: Row, vision: Vision) -> Row:
        if not self.checker or item["caption_by"] in (None, TRUTH):
            return {}
        captions = {language: item[f"caption_{language}"] for language in LANGUAGES}
        written = "\n".join(f"{NAMES[language]}: {text}" for language, text in captions.items() if text)
        asked = f"{self.instructions}\n\n{_told(item, self.frames)} The captions:\n{written}"
        pictures = jpegs(bytes_of(dict(item)), item, self.frames, self.side)
        share, note = vision.ask(asked, pictures, read_checks)
        return {"caption_check": share, "caption_check_note": note}


def jpegs(path: Path, clip: Row, count: int, side: int) -> list[bytes]:
    """JPEGs of a clip, evenly spaced over its span, as displayed and of at most `side` pixels.

    Raises:
        ValueError: the source is damaged there, or holds no frame.
    """
    share = min(1.0, side / max(clip["width"], clip["height"]))
    size = max(round(clip["width"] * share), 1), max(round(clip["height"] * share), 1)
    packed = []
    for picture_HWC in frames_at(path, clip, evenly(clip["seconds"], count)):
        sink = BytesIO()
        Image.fromarray(picture_HWC).resize(size, Image.Resampling.LANCZOS).save(sink, "JPEG", quality=90)
        packed.append(sink.getvalue())
    return packed


def read_captions(answer: Mapping[str, Any], wanted: list[Language]) -> dict[Language, str]:
    """The captions in a model's answer; `ValueError` where one is missing, endless or in another language."""
    found: dict[Language, str] = {}
    for language in wanted:
        text = _plain(answer.get(language))
        if not text:
            raise ValueError(f'there is no caption under "{language}"')
        if len(text) > MOST_CHARACTERS:
            raise ValueError(f'the caption under "{language}" is longer than {MOST_CHARACTERS} characters')
        letters = sum(letter.isalpha() for letter in text)
        if 2 * len(re.findall(LETTERS[language], text)) < letters:
            raise ValueError(f'the caption under "{language}" is not in {NAMES[language]}')
        found[language] = text
    return found


def read_checks(answer: Mapping[str, Any]) -> tuple[float, str]:
    """The share of checked claims that hold, and what is wrong; `ValueError` where nothing was checked."""
    checks = answer.get("checks")
    if not isinstance(checks, list) or not checks:
        raise ValueError('there are no checks under "checks"')
    if not all(isinstance(check, dict) and isinstance(check.get("holds"), bool) for check in checks):
        raise ValueError('a check lacks its "holds", true or false')
    wrong = [_plain(check.get("claim")) for check in checks if not check["holds"]]
    note = _plain(answer.get("note")) or "; ".join(wrong)
    return 1 - len(wrong) / len(checks), note[:MOST_CHARACTERS] if wrong else ""


def _at_once(schema: pa.Schema, vision: Vision, find: Callable[[Row], Row]) -> Work:
    """A stage's work that asks about several clips at once; rows stay in the order of the items.

    Once the server is over, the items not answered fail until another run. A call of which nothing was answered ends
    this one, and loses nothing.
    """

    def ask(item: Row) -> Row:
        try:
            return find(item)
        except NoAnswerError as error:
            return {"id": None, "error": str(error), "again": True}

    one = each_row(schema, ask)

    def work(table: pa.Table) -> pa.Table:
        before = vision.answered
        items = [table.slice(at, 1) for at in range(len(table))]
        with ThreadPoolExecutor(AT_ONCE, "captions") as pool:
            rows = pa.concat_tables([schema.empty_table(), *pool.map(one, items)])
        if vision.over and vision.answered == before:
            raise OSError(vision.over)
        return rows.combine_chunks()

    return work


def _row(captions: Mapping[Language, str], by: str) -> Row:
    return {**{f"caption_{language}": text for language, text in captions.items()}, "caption_by": by}


def _told(clip: Row, frames: int) -> str:
    """What a model is told of the pictures."""
    return f"There are {frames}, evenly spaced over {clip['seconds']:.1f} seconds."


def _plain(text: Any) -> str:
    """A text in one line, of characters that can be stored; empty where it is none."""
    return " ".join(text.encode(errors="replace").decode().split()) if isinstance(text, str) else ""


def _check_asking(stage: str, frames: int, side: int, request: str) -> None:
    if not 1 <= frames <= MOST_FRAMES:
        raise ValueError(f"{stage}.frames = {frames}; it is from 1 to {MOST_FRAMES}")
    if not SIDES[0] <= side <= SIDES[1]:
        raise ValueError(f"{stage}.side = {side}; it is from {SIDES[0]} to {SIDES[1]} pixels")
    try:
        stated = json.loads(request)
    except json.JSONDecodeError as error:
        raise ValueError(f"{stage}.request is no JSON ({error}); it is like {REQUEST}") from error
    if not isinstance(stated, dict) or {"model", "messages", "stream"} & set(stated):
        raise ValueError(
            f"{stage}.request = {request!r}; it is a JSON object without model, messages and stream, like {REQUEST}"
        )
