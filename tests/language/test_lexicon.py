"""Every meaning has its words in all three languages, and they are read back as that meaning."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from laqta.language.dictionary import dictionary, noun_forms
from laqta.language.lexicon import LANGUAGES, Language, listed_rows, meanings, nouns, ways
from laqta.language.read import read
from laqta.language.tokens import spoken_key
from laqta.shot import (
    BACKDROPS,
    CAMERAS,
    FORMATS,
    LINKS,
    PLACES,
    SIDES,
    SIZES,
    SPEEDS,
    TIMES,
    TINTS,
    VERBS,
    WEATHERS,
)
from laqta.world.props import PROPS
from laqta.world.rules import CROSSING

NAMED_VALUES = {
    "backdrop": BACKDROPS,
    "time": TIMES,
    "weather": WEATHERS,
    "verb": VERBS,
    "speed": SPEEDS,
    "size": SIZES,
    "tint": TINTS,
    "place": PLACES,
    "facing": SIDES,
    "toward": SIDES,
    "from": SIDES,
    "link": LINKS,
    "camera": CAMERAS,
    "format": FORMATS,
    "number": ("1", "2", "3"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prop_has_a_noun(language: Language) -> None:
    assert set(nouns(language)) == set(PROPS)
    names = Counter(noun.name for noun in nouns(language).values())
    assert [name for name, count in names.items() if count > 1] == []
    for prop, noun in nouns(language).items():
        assert noun.name, prop
        if language == "zh":
            assert noun.measure, prop
        if language == "ar":
            assert noun.plural and noun.gender in ("m", "f") and noun.build in ("", "adj", "idafa"), prop


@pytest.mark.parametrize("slot", NAMED_VALUES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_has_words_that_are_said(language: Language, slot: str) -> None:
    for value in NAMED_VALUES[slot]:
        assert meanings(language)[slot, value].said, (slot, value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_is_read_as_its_prop(language: Language) -> None:
    for prop, noun in nouns(language).items():
        for form, count in noun_forms(language, noun, own=True):
            cast = read(form).shot.cast
            assert [(actor.kind, actor.count) for actor in cast] == [(prop, count)], form


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_synonym_is_a_prop(language: Language) -> None:
    for prop, noun in nouns(language).items():
        for entry in noun.also:
            synonym = entry.partition("/")[0]
            sentence = {"en": f"video of a {synonym}", "ar": f"فيديو {synonym}", "zh": f"视频，{synonym}"}[
                language
            ]
            assert [actor.kind for actor in read(sentence).shot.cast] == [prop], synonym


@pytest.mark.parametrize("slot", ["backdrop", "time", "weather", "camera", "format"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_for_a_circumstance_is_read(language: Language, slot: str) -> None:
    for (own_slot, value), phrases in meanings(language).items():
        if own_slot == slot:
            for phrase in (*phrases.said, *phrases.also):
                assert getattr(read(phrase).shot, slot) == value, phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verb_that_is_said_is_read(language: Language) -> None:
    doers = {
        "": "cat",
        "wheels": "car",
        "afoot": "car",
        "roll": "football",
        "sail": "ship",
        "swim": "fish",
        "wings": "bee",
    }
    for (slot, value), phrases in meanings(language).items():
        if slot == "verb":
            verb, _, way = value.partition("+")[0].partition("/")
            for phrase in phrases.said:
                spoken = re.sub("/[a-z/]+", "", phrase)
                motion = read(f"{nouns(language)[doers[way]].name} {spoken}").shot.cast[0].motion
                heard = (
                    "drive" if language == "ar" and way == "afoot" else verb
                )  # cars walk in Arabic when they drive
                assert motion is not None and motion.verb == heard, phrase


def test_every_emoji_of_a_prop_is_that_prop() -> None:
    for prop in PROPS.values():
        assert [actor.kind for actor in read(prop.emoji).shot.cast] == [prop.id]
    emoji = Counter(row["emoji"] for row in listed_rows("emoji.tsv"))
    assert [symbol for symbol, count in emoji.items() if count > 1] == []


def test_ways_fit_the_world() -> None:
    """A thing that can only drive, roll, swim or fly in the world is spoken of so."""
    spoken = {"drive": "wheels", "roll": "roll", "swim": "swim", "fly": "wings"}
    for prop in PROPS.values():
        if len(prop.moves) == 1 and prop.moves[0] in spoken and prop.moves[0] in CROSSING:
            assert ways().get(prop.id) == spoken[prop.moves[0]], prop.id
    assert set(ways()) <= set(PROPS)


def test_words_that_are_not_ours_have_no_meaning_of_ours() -> None:
    ours_too = {
        key
        for entries in dictionary().by_first.values()
        for key, found in entries
        if {"other"} < {meaning.slot for meaning in found} - {"stop"}
    }
    assert ours_too == {spoken_key("أسود")}  # black, or lions: told by what stands before it
