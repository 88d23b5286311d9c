"""Spelling slips: a word that is one letter away from exactly one word that we know is taken for it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from functools import cache

from laqta.language.dictionary import dictionary, known_words
from laqta.language.lexicon import listed_rows
from laqta.language.tokens import Form, Token

SHORTEST = {"en": 5, "ar": 5}
"""Letters that a word must have before one of them may be wrong; one fewer where it sounds the same."""

LONG = 6
"""Letters from which on one may be wrong, not only missing, doubled or swapped."""

CORRECTED_SLOTS = {
    "en": ("prop", "backdrop", "verb", "tint", "weather", "speed", "size", "link", "time"),
    "ar": ("prop", "backdrop", "tint"),
}
"""Slots whose words are worth guessing; a guessed side or number could film the wrong thing, and an Arabic verb is
too often one letter from another."""


def corrected(token: Token) -> Token:
    """The token with the one word that it is a slip of, or as it was."""
    if token.script not in SHORTEST or any(form.word in known_words(token.script) for form in token.forms):
        return token
    if token.script == "en" and token.forms[0].word in _slips():
        return replace(token, forms=(Form(word=_slips()[token.forms[0].word]),))
    if token.script == "en" and (swapped := swapped_letters(token.forms[0].word, known_words("en"))):
        return replace(token, forms=(Form(word=swapped),))
    for form in token.forms:
        attached = form.joined or (form.word != token.forms[0].word and not form.definite)
        if not attached and len(form.word) >= SHORTEST[token.script] - 1:
            meant = meant_words(form.word, token.script)
            if len(meant) == 1:
                (word,) = meant
                return replace(token, forms=(Form(word=word, joined=form.joined, definite=form.definite),))
    return token


@cache
def _slips() -> dict[str, str]:
    """Slips that people make in short words, with what they mean."""
    return {row["typed"]: row["meant"] for row in listed_rows("slips.tsv")}


def swapped_letters(word: str, words: Collection[str]) -> str | None:
    """The one of these words that a word of four letters or more is with two neighbours swapped: blakc, rihgt."""
    meant = {
        known
        for at in range(1, len(word) - 1)
        if (known := word[:at] + word[at + 1] + word[at] + word[at + 2 :]) != word and known in words
    }
    return meant.pop() if len(meant) == 1 and len(word) >= SHORTEST["en"] - 1 else None


def slip_of(word: str, words: frozenset[str]) -> str | None:
    """The one of these words that a longer word has one letter too many, too few or swapped of; None where none is."""
    if len(word) < SHORTEST["en"]:
        return None
    sound = _sound(word)
    meant = [
        known
        for known in words
        if len(known) > 3 and (sound == _sound(known) or _one_apart(sound, _sound(known), may_change=False))
    ]
    return meant[0] if len(meant) == 1 else None


@cache
def meant_words(word: str, script: str) -> frozenset[str]:
    """All words worth guessing that sound the same or are one letter away."""
    sound = _sound(word)
    alike = _guessable(script).get(sound[0], {})
    same = frozenset(known for known, its_sound in alike.items() if its_sound == sound)
    if same or len(word) < SHORTEST[script]:
        return same
    return frozenset(
        known for known, its_sound in alike.items() if _one_apart(sound, its_sound, _is_name(known))
    )


def _is_name(word: str) -> bool:
    """Whether a word names a thing or a place: verbs have too many neighbours (roaming, roaring)."""
    entries = dictionary().by_first[word]
    return any(
        len(key) == 1 and meaning.slot in ("prop", "backdrop") for key, found in entries for meaning in found
    )


@cache
def _guessable(script: str) -> dict[str, dict[str, str]]:
    """The words worth guessing with their sounds, by the sound's first letter."""
    by_letter: dict[str, dict[str, str]] = {}
    for first, entries in dictionary().by_first.items():
        if len(first) < SHORTEST[script] - 1 or first not in known_words(script):
            continue
        for key, found in entries:
            if len(key) == 1 and any(meaning.slot in CORRECTED_SLOTS[script] for meaning in found):
                sound = _sound(first)
                by_letter.setdefault(sound[0], {})[first] = sound
    return by_letter


@cache
def _sound(word: str) -> str:
    """A word as one hears it: elefant for elephant, balon for balloon."""
    return re.sub(r"(.)\1", r"\1", word.replace("ph", "f").replace("ck", "k"))


def _one_apart(one: str, two: str, may_change: bool) -> bool:
    """Whether one letter added, lost or swapped with its neighbour, or in a longer name changed, makes one the other.

    The first letter is always meant: other words that rhyme (house, mouse) are no slips of each other.
    """
    if one[0] != two[0] or abs(len(one) - len(two)) > 1 or one == two:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
    )
    a, b = one[start:], two[start:]
    swapped = a[:2] == b[:2][::-1] and a[2:] == b[2:]
    changed = may_change and len(one) >= LONG and a[1:] == b[1:]
    return a[1:] == b or a == b[1:] or swapped or changed
