"""Endpoints that a language model can be asked at: one table, read without any other package."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from typing import Literal, get_args

from laqta.language.lexicon import LANGUAGES, Language, listed_rows

Mode = Literal["tool", "json_schema", "json_object", "prompted"]
Back = Literal["always", "auto", "never"]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One endpoint, as a row of `data/llm_presets.tsv`.

    `key` is the environment variable that usually holds its key ("" where none is needed), `sees` the patterns of
    model names that take pictures, `reasoning` the field that thinking comes in, `back` whether it goes back on the
    next turn, `limit` the field and number of an answer's longest length, `family` whose profile of pydantic-ai fits.
    """

    name: str
    base_url: str
    model: str
    key: str
    mode: Mode
    sees: tuple[str, ...]
    reasoning: str
    back: Back
    limit: tuple[str, int]
    family: str
    notes: str

    def sees_with(self, model: str) -> bool:
        """Whether a model of this endpoint takes pictures."""
        return any(fnmatch(model.lower(), pattern) for pattern in self.sees)


@cache
def presets() -> dict[str, Preset]:
    """Every preset by name."""
    return {row["name"]: _preset(row) for row in listed_rows("llm_presets.tsv", "laqta.director")}


def _preset(row: dict[str, str]) -> Preset:
    mode: Mode = next(mode for mode in get_args(Mode) if mode == row["mode"])
    back: Back = next(back for back in get_args(Back) if back == row["back"])
    field, _, most = row["limit"].partition("=")
    return Preset(
        name=row["name"],
        base_url=row["base_url"],
        model=row["model"],
        key=row["key"],
        mode=mode,
        sees=tuple(pattern for pattern in row["sees"].split(",") if pattern),
        reasoning=row["reasoning"],
        back=back,
        limit=(field, int(most)),
        family=row["family"],
        notes=row["notes"],
    )


@cache
def reasons() -> dict[str, dict[Language, str]]:
    """Why the rules answered although a model was asked, by id and language."""
    rows = listed_rows("llm_reasons.tsv", "laqta.director")
    return {row["id"]: {language: row[language] for language in LANGUAGES} for row in rows}
