"""Greetings, thanks, praise and farewells: messages that ask for nothing and want a kind word back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from laqta.director.phrases import phrase_at
from laqta.director.refer import facts
from laqta.language.dictionary import pieces
from laqta.language.lexicon import LANGUAGES, listed_rows
from laqta.language.read import read
from laqta.language.tokens import Token, spoken_key, tokens

DOUBLED = re.compile(r"(.)\1+")
"""Letters in a row are one: sooo, تماام, hellooo."""
FIRST = ("bye", "hello", "welcome", "glad", "yes")
"""What is answered where a message is kind in several ways."""
JOINING = ("pause", "and", "of", "at", "prep", "in", "have", "who")
"""Words that only build a sentence."""
NEGATIONS = frozenset(
    {
        "not", "isn't", "don't", "doesn't", "wasn't", "didn't", "ain't", "never", "isnt", "dont", "hardly", "less",
        "مو", "مش", "موب", "مب", "ليس", "ليست", "لم", "ما", "غير", "مهو", "不", "没", "別", "别", "未",
    }
)  # fmt: skip
"""Words that turn praise round: not good, مو حلو, 不好看."""


def kindness(text: str) -> str:
    """The id of the answer to what is kind in a message, "" where nothing is."""
    typed = tokens(text)
    found = list(_kind_words(typed))
    kind = {id(token) for _, stretch in found for token in stretch}
    denied = any(form.word in NEGATIONS for token in typed if id(token) not in kind for form in token.forms)
    said = {name for name, _ in found if not (denied and name in ("glad", "yes"))}
    return next((name for name in FIRST if name in said), "")


def is_only_kind(text: str) -> bool:
    """Whether nothing is said beside what is kind but words without a fact."""
    typed = tokens(text)
    kind = {id(token) for _, stretch in _kind_words(typed) for token in stretch}
    left = [token for token in typed if id(token) not in kind]
    said = " ".join(token.text for token in typed if token.script != "emoji" or id(token) not in kind)
    if facts(read(said).shot) or any(
        phrase_at(left, at)[0] not in ("", "courtesy", "joint") for at in range(len(left))
    ):
        return False
    return all(piece.has("stop") or piece.value("word") in JOINING for piece in pieces(left))


def without_kindness(words: tuple[str, ...], text: str) -> tuple[str, ...]:
    """These words of a message without those that are only kind."""
    kind = {token.text for _, stretch in _kind_words(tokens(text)) for token in stretch}
    return tuple(word for word in words if any(token.text not in kind for token in tokens(word)))


def _kind_words(typed: list[Token]) -> Iterator[tuple[str, list[Token]]]:
    """The kind phrases of a message, the longest first, each with its id."""
    at = 0
    while at < len(typed):
        name, length = _phrase_at(typed, at)
        if name:
            yield name, typed[at : at + length]
        at += length


def _phrase_at(typed: list[Token], at: int) -> tuple[str, int]:
    for word in _spellings(typed[at]):
        for key, name in _phrases().get(word, ()):
            window = typed[at : at + len(key)]
            if len(window) == len(key) and all(
                wanted in _spellings(token) for token, wanted in zip(window, key, strict=True)
            ):
                return name, len(key)
    return "", 1


def _spellings(token: Token) -> tuple[str, ...]:
    return tuple(DOUBLED.sub(r"\1", form.word) for form in token.forms) or (token.text,)


@cache
def _phrases() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Every kind phrase by its first word, the longest first."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for row in listed_rows("kindness.tsv", "laqta.director"):
        for column in (*LANGUAGES, "emoji"):
            for phrase in row[column].split(", "):
                key = tuple(DOUBLED.sub(r"\1", word) for word in spoken_key(phrase))
                found.setdefault(key[0], []).append((key, row["id"]))
    for entries in found.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return found
