"""What a message asks of the storyboard: commands found by the phrases of one table, and the words left over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from laqta.language.lexicon import LANGUAGES, listed_rows, meanings
from laqta.language.spelling import corrected
from laqta.language.tokens import Token, spoken_key, tokens

ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "last": -1, "اول": 1, "اولي": 1, "ثاني": 2, "ثانيه": 2, "ثالث": 3, "ثالثه": 3, "رابع": 4, "رابعه": 4,
    "خامس": 5, "خامسه": 5, "سادس": 6, "سادسه": 6, "سابع": 7, "سابعه": 7, "ثامن": 8, "ثامنه": 8, "تاسع": 9,
    "تاسعه": 9, "عاشر": 10, "عاشره": 10, "اخير": -1, "اخيره": -1,
}  # fmt: skip
"""Bare spellings of "the first" and so on; Chinese puts 第 before a number. -1 is the last."""
COUNTED = ("panel", "versions")
"""Commands that are none without a number: three versions, the third version, shot 3."""
ALSO = ("and", "also", "plus", "还")
"""A message that begins so adds to the shot."""
PAUSE = Token(text=",", script="pause", forms=())


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command; `number` is 1 for the first, -1 for the last, None where none was said."""

    name: str
    number: int | None = None


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message taken apart: its commands in order, and `rest`, the sentence without them."""

    commands: tuple[Command, ...]
    rest: str

    def number(self, name: str) -> int | None:
        """The number that was said with a command, if any."""
        return next((command.number for command in self.commands if command.name == name), None)

    def asks(self, *names: str) -> bool:
        """Whether one of these commands is in it."""
        return any(command.name in names for command in self.commands)


def take_apart(text: str) -> Message:
    """Find the commands in a message, the longest phrase first."""
    typed = [corrected(token) for token in tokens(text)]
    found = [Command(name="add")] if typed and typed[0].forms and typed[0].forms[0].word in ALSO else []
    left: list[Token] = []
    at = 0
    while at < len(typed):
        name, length = _phrase(typed, at)
        if name is None:
            left.append(typed[at])
            at += 1
            continue
        number, which, length = _number(typed, at, length, left) if name in COUNTED else (None, False, length)
        if name in COUNTED and number is None:
            left += typed[at : at + length]
        elif name == "courtesy":
            pass
        elif name == "pair":
            found.append(Command(name="versions", number=2))
        else:
            found.append(Command(name="take" if name == "versions" and which else name, number=number))
        if name in ("replace", "instead"):  # what stands before it and what stands behind are two things
            left.append(PAUSE)
        at += length
    return Message(commands=tuple(found), rest=_joined(left))


def _number(typed: list[Token], at: int, length: int, left: list[Token]) -> tuple[int | None, bool, int]:
    """The number of a command, whether it says which one rather than how many, and how many tokens both take.

    A number behind the command says which ("take 3"), one before it how many ("three takes"), unless it is an
    ordinal; it is then no part of the rest.
    """
    after = typed[at + length] if at + length < len(typed) else None
    value = _value(after)
    if value is not None:
        return value, True, length + 1
    before = left[-1] if left else None
    value = _value(before)
    if before is None or value is None:
        return None, False, length
    left.pop()
    which = any(form.word in ORDINALS for form in before.forms)
    if left and left[-1].text == "第":
        left.pop()
        which = True
    return value, which, length


def _value(token: Token | None) -> int | None:
    if token is None:
        return None
    for form in token.forms:
        if token.script == "number" and form.word.isdigit():
            return int(form.word)
        if form.word in ORDINALS:
            return ORDINALS[form.word]
        if (form.word,) in _numbers():
            return _numbers()[form.word,]
    return None


@cache
def _numbers() -> dict[tuple[str, ...], int]:
    return {
        spoken_key(form): int(value)
        for language in LANGUAGES
        for (slot, value), phrases in meanings(language).items()
        if slot == "number"
        for phrase in (*phrases.said, *phrases.also)
        for form in phrase.split("/")
    }


@cache
def _phrases() -> list[tuple[tuple[str, ...], str]]:
    """Every phrase as the words that tokens are matched with, the longest first."""
    entries = [
        (spoken_key(phrase), row["id"])
        for row in listed_rows("commands.tsv", "laqta.director")
        for language in LANGUAGES
        for phrase in row[language].split(",")
    ]
    return sorted(entries, key=lambda entry: -len(entry[0]))


def _phrase(typed: list[Token], at: int) -> tuple[str | None, int]:
    for key, name in _phrases():
        window = typed[at : at + len(key)]
        if len(window) == len(key) and all(
            any(form.word == word for form in token.forms) for token, word in zip(window, key, strict=True)
        ):
            return name, len(key)
    return None, 1


def _joined(left: list[Token]) -> str:
    """Tokens as a sentence again: Chinese without spaces, English with its articles."""
    words: list[str] = []
    for before, token in zip([None, *left], left, strict=False):
        if words and not (token.script == "zh" and before is not None and before.script == "zh"):
            words.append(" ")
        words += [token.article + " "] if token.article else []
        words.append(token.text)
    return "".join(words)
