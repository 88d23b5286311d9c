"""The words of the three languages, read from the tables in `data/`: what is said and what is also understood."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["en", "ar", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, kw_only=True)
class Noun:
    """What one prop is called in one language.

    `plural` is empty where it is regular (English) or where there is none (Chinese). `gender` ("m" or "f"),
    `build` ("" for one word, "adj" for noun + adjective, "idafa" for noun + noun) and `dual` are Arabic;
    `measure` is Chinese. `also` holds synonyms, each with its own plural after a slash where it has one.
    """

    name: str
    also: tuple[str, ...]
    plural: str = ""
    gender: str = ""
    build: str = ""
    dual: str = ""
    measure: str = ""


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """How one meaning is put in one language: phrases that the writer says, and more that the reader knows."""

    said: tuple[str, ...]
    also: tuple[str, ...]


@cache
def nouns(language: Language) -> dict[str, Noun]:
    """Every prop's noun, by prop id."""
    return {
        row.pop("id"): Noun(also=_listed(row.pop("also")), **row)
        for row in listed_rows(f"props_{language}.tsv")
    }


@cache
def meanings(language: Language) -> dict[tuple[str, str], Phrases]:
    """Every meaning that is not a prop, by (slot, id): ("backdrop", "desert"), ("verb", "walk+fast").

    A verb's id may end in a way ("drive/roll": how a ball drives) and in a speed that the word states.
    """
    spoken: dict[tuple[str, str], Phrases] = {}
    for row in listed_rows("meanings.tsv"):
        said, _, also = row[language].partition(";")
        spoken[row["slot"], row["id"]] = Phrases(said=_listed(said), also=_listed(also))
    return spoken


@cache
def ways() -> dict[str, str]:
    """How props that do not walk get about, by prop id: "wheels", "roll", "sail", "swim" or "wings"."""
    return {row["id"]: row["way"] for row in listed_rows("ways.tsv")}


def listed_rows(name: str, room: str = "laqta.language") -> list[dict[str, str]]:
    """The rows of one table in a room's `data/`, each by its columns' names."""
    text = files(room).joinpath("data", name).read_text(encoding="utf-8")
    head, *lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    columns = head.split("\t")
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in cell.split(",") if phrase.strip())
