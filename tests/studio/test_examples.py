"""The first wishes that a visitor is shown, and the words of what the judge saw."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from laqta.language.lexicon import LANGUAGES, Language
from laqta.language.read import read
from laqta.models.card import SHIPPED, load_card
from laqta.studio import checks, examples


@pytest.mark.parametrize("wish", examples.WISHES, ids=lambda wish: wish["en"])
def test_a_wish_says_the_same_in_every_language_and_every_word_is_understood(
    wish: dict[Language, str],
) -> None:
    readings = {language: read(wish[language]) for language in LANGUAGES}
    shots = [  # a Chinese noun comes with its number, which is one
        replace(shot, cast=tuple(replace(actor, count=None) for actor in shot.cast))
        for shot in (reading.shot for reading in readings.values())
    ]
    assert shots[0].cast and shots == [shots[0]] * 3
    assert [reading.ignored for reading in readings.values()] == [(), (), ()]


def test_every_installed_model_has_three_wishes_a_language() -> None:
    for card in SHIPPED.glob("*/card.json"):
        offered = examples.for_model(load_card(card.parent))
        assert {language: len(wishes) for language, wishes in offered.items()} == {"en": 3, "ar": 3, "zh": 3}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_of_a_check_has_words(language: Language) -> None:
    from laqta import shot

    values = {
        "tint": shot.Tint, "size": shot.Size, "place": shot.Place, "facing": shot.Side, "motion": shot.Verb,
        "direction": shot.Side, "speed": shot.Speed, "relation": shot.Link, "backdrop": shot.Backdrop,
        "time": shot.TimeOfDay, "weather": shot.Weather, "camera": shot.Camera,
    }  # fmt: skip
    for what, kind in values.items():
        for value in get_args(kind):
            [row] = checks.told(
                [{"what": what, "who": "", "asked": value, "seen": "nothing", "ok": False}], language
            )
            assert row["asked"] and not set(row["asked"]) & set("/_…"), row
            assert row["seen"] == checks.NOTHING[language]
            assert language == "en" or row["asked"] != value
