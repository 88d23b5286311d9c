"""Spelling slips: a word that is one letter away from exactly one word that we know is taken for it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from laqta.language.dictionary import dictionary, known_words
from laqta.language.tokens import Form, Token

SHORTEST = {"en": 5, "ar": 4}
"""Letters that a word must have before one of them may be wrong; one fewer where it sounds the same."""

CORRECTED_SLOTS = ("prop", "backdrop", "verb", "tint", "weather", "speed", "size", "link")
"""Slots whose words are worth guessing; a guessed side or number could film the wrong thing."""


def corrected(token: Token) -> Token:
    """The token with the one word that it is a slip of, or as it was."""
    if token.script not in SHORTEST or any(form.word in known_words(token.script) for form in token.forms):
        return token
    for form in token.forms:
        if len(form.word) >= SHORTEST[token.script] - 1:
            meant = meant_words(form.word, token.script)
            if len(meant) == 1:
                (word,) = meant
                return replace(token, forms=(Form(word=word, joined=form.joined, definite=form.definite),))
    return token


@cache
def meant_words(word: str, script: str) -> frozenset[str]:
    """All words worth guessing that sound the same or are one letter away."""
    sound = _sound(word)
    same = frozenset(known for known in _guessable(script) if _sound(known) == sound)
    if same or len(word) < SHORTEST[script]:
        return same
    return frozenset(known for known in _guessable(script) if _one_apart(sound, _sound(known)))


@cache
def _guessable(script: str) -> frozenset[str]:
    words: set[str] = set()
    for entries in dictionary().by_first.values():
        for key, found in entries:
            if any(meaning.slot in CORRECTED_SLOTS for meaning in found):
                words.update(part for part in key if len(part) >= SHORTEST[script] - 1)
    return frozenset(words & known_words(script))


@cache
def _sound(word: str) -> str:
    """A word as one hears it: elefant for elephant, balon for balloon."""
    return re.sub(r"(.)\1", r"\1", word.replace("ph", "f").replace("ck", "k"))


def _one_apart(one: str, two: str) -> bool:
    """Whether one letter added, lost, changed or swapped with its neighbour makes one word the other."""
    if abs(len(one) - len(two)) > 1 or one == two:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
    )
    a, b = one[start:], two[start:]
    swapped = a[:2] == b[:2][::-1] and a[2:] == b[2:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or swapped
