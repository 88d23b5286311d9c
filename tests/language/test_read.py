"""Free sentences: the ones kept as data, and the hard corners one by one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from laqta.director.phrases import ORDINALS
from laqta.language.dictionary import known_words
from laqta.language.lexicon import LANGUAGES, Language, listed_rows
from laqta.language.read import read
from laqta.language.tokens import tokens

SENTENCES = Path(__file__).parent / "sentences"


def rows(language: str) -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in (SENTENCES / f"build_{language}.jsonl").read_text("utf-8").splitlines()
    ]


def stated(value: Any) -> Any:
    """A shot as plain data without what is not stated."""
    if isinstance(value, dict):
        return {key: stated(item) for key, item in value.items() if item not in (None, (), [])}
    return [stated(item) for item in value] if isinstance(value, list | tuple) else value


def understood(sentence: str) -> Any:
    return stated(asdict(read(sentence).shot))


def cast(sentence: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = understood(sentence).get("cast", [])
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_to_build_with(language: Language) -> None:
    for row in rows(language):
        assert understood(row["sentence"]) == row["shot"], row["sentence"]
        reading = read(row["sentence"])
        assert set(row.get("ignored", ())) <= set(reading.ignored), row["sentence"]
        assert reading.language == language


def test_the_sentence_of_the_readme() -> None:
    assert understood("a rocket flies over the desert at night") == {
        "backdrop": "desert",
        "time": "night",
        "cast": [{"kind": "rocket", "motion": {"verb": "fly"}}],
    }


@pytest.mark.parametrize("sentence", ["", "   ", "...", "hello, please make a video", "من فضلك", "请帮我"])
def test_nothing_said_is_nothing_understood(sentence: str) -> None:
    assert understood(sentence) == {}
    assert read(sentence).ignored == ()


def test_unknown_words_are_ignored_in_reading_order_as_typed() -> None:
    assert read("A Zorblax and a cat with a Flimflam").ignored == ("Zorblax", "Flimflam")
    assert read("قطة ترتدي وشاحًا").ignored == ("ترتدي", "وشاحًا")
    assert read("猫戴着围巾").ignored == ("围巾",)


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("buterfly", ["butterfly"]),
        ("an elefant", ["elephant"]),
        ("two pengiuns", ["penguin"]),
        ("a hose", []),
        ("poodle", []),
        ("شحنة", []),
    ],
)
def test_slips_are_forgiven_where_one_word_is_meant(sentence: str, kinds: list[str]) -> None:
    assert [actor["kind"] for actor in cast(sentence)] == kinds


def test_snow_is_a_place_or_a_weather() -> None:
    assert understood("snow") == {"backdrop": "snow"}
    assert understood("a dog under falling snow")["weather"] == "snow"
    assert understood("قطة تمشي في الثلج")["backdrop"] == "snow"
    assert understood("قطة والثلج يتساقط")["weather"] == "snow"
    assert understood("雪地里的猫")["backdrop"] == "snow"
    assert understood("下雪了")["weather"] == "snow"


def test_the_camera_films_or_is_filmed() -> None:
    assert understood("the camera moves slowly to the left") == {"camera": "pan_left"}
    assert understood("a camera spins") == {"cast": [{"kind": "camera", "motion": {"verb": "spin"}}]}
    assert understood("الكاميرا ترتفع") == {"camera": "tilt_up"}
    assert understood("كاميرا تدور") == {"cast": [{"kind": "camera", "motion": {"verb": "spin"}}]}


def test_orange_is_a_fruit_or_a_colour() -> None:
    assert cast("an orange falls") == [{"kind": "orange", "motion": {"verb": "fall"}}]
    assert cast("an orange cat falls") == [{"kind": "cat", "tint": "orange", "motion": {"verb": "fall"}}]


def test_words_belong_to_their_own_thing() -> None:
    assert cast("a small red cat and a big blue dog") == [
        {"kind": "cat", "size": "small", "tint": "red"},
        {"kind": "dog", "size": "big", "tint": "blue"},
    ]
    assert cast("قطة حمراء صغيرة وكلب أزرق كبير") == cast("小小的红色的猫和大大的蓝色的狗")
    assert cast("a red scarf and a cat") == [{"kind": "cat"}]
    assert cast("the cat is big and red") == [{"kind": "cat", "size": "big", "tint": "red"}]


def test_one_verb_for_several_things() -> None:
    walk = {"verb": "walk"}
    assert [actor.get("motion") for actor in cast("a cat, a dog and a bear walk")] == [walk, walk, walk]
    assert [actor.get("motion") for actor in cast("a cat on a chair walks")] == [walk, None]
    assert [actor.get("motion") for actor in cast("تمشي قطة وكلب")] == [walk, walk]
    assert [actor.get("motion") for actor in cast("猫和狗走")] == [walk, walk]


@pytest.mark.parametrize(
    "sentence",
    [
        "the dog chases the cat",
        "the dog is chasing a cat",
        "كلب يطارد قطة",
        "تطارد الكلاب القطط",
        "狗追猫",
        "狗在追一只猫",
    ],
)
def test_who_chases_whom(sentence: str) -> None:
    shot = read(sentence).shot
    (relation,) = shot.relations
    assert (shot.cast[relation.subject].kind, relation.link, shot.cast[relation.object].kind) == (
        "dog",
        "chases",
        "cat",
    )


@pytest.mark.parametrize("sentence", ["the cat is chased by a dog", "القطة يطاردها كلب", "猫被狗追"])
def test_who_is_chased_by_whom(sentence: str) -> None:
    shot = read(sentence).shot
    (relation,) = shot.relations
    assert (shot.cast[relation.subject].kind, relation.link, shot.cast[relation.object].kind) == (
        "dog",
        "chases",
        "cat",
    )


@pytest.mark.parametrize("sentence", ["no rain, a cat", "a cat without rain", "قطة بدون مطر", "猫，没有下雨"])
def test_what_is_said_not_to_be_is_not_there(sentence: str) -> None:
    assert understood(sentence) == {"cast": [{"kind": "cat"}]}


@pytest.mark.parametrize(
    ("sentence", "seconds"),
    [
        ("for 4 seconds", 4),
        ("a 2.5 second clip", 2.5),
        ("half a minute", 30),
        ("لمدة ٧ ثوان", 7),
        ("十五秒", 15),
        ("一分钟", 60),
    ],
)
def test_lengths(sentence: str, seconds: float) -> None:
    assert read(sentence).shot.seconds == seconds


@pytest.mark.parametrize(
    ("sentence", "count"),
    [
        ("five cats", 5),
        ("a cat", None),
        ("cats", None),
        ("قطتين", 2),
        ("٣ قطط", 3),
        ("两只猫", 2),
        ("猫", None),
    ],
)
def test_counts(sentence: str, count: int | None) -> None:
    (actor,) = read(sentence).shot.cast
    assert actor.count == count


def test_arabic_spellings_that_people_mix() -> None:
    for sentence in ("قِطَّةٌ حَمْرَاءُ", "قطه حمراء", "قـــطة حمراء"):
        assert cast(sentence) == [{"kind": "cat", "tint": "red"}]
    assert cast("قطتي") == [{"kind": "cat"}]
    assert understood("على الشاطىء") == understood("علي الشاطئ") == {"backdrop": "beach"}


def test_characters_in_unknown_chinese_words_are_no_things() -> None:
    assert understood("牛奶") == {}
    assert understood("马上") == {}
    assert cast("白马") == [{"kind": "horse"}]


def test_languages_mix() -> None:
    assert cast("a قطة jumps") == [{"kind": "cat", "motion": {"verb": "jump"}}]
    assert read("我想看 robot 在厨房里走路").language == "zh"


def test_a_long_and_strange_text_is_read_quickly_and_never_fails() -> None:
    read("a cat \u0000 \ud83d\ude00 " * 200 + "ééé ñandú Привет ไทย 日本語 ー １２３")


def test_traditional_characters_are_read_as_simplified_ones() -> None:
    assert understood("機器人在城市裡走路") == understood("机器人在城市里走路") != {}
    for row in listed_rows("traditional.tsv"):
        assert len(row["traditional"]) == len(row["simplified"])
        assert not set(row["traditional"]) & set(row["simplified"])


@pytest.mark.parametrize("sentence", ["a cat at nite", "a cat at nihgt", "قطة بالليييل"])
def test_slips_in_short_words(sentence: str) -> None:
    assert understood(sentence)["time"] == "night"


def test_every_usual_slip_stands_for_a_word_that_is_known() -> None:
    commands = {
        token.forms[0].word
        for row in listed_rows("commands.tsv", "laqta.director")
        for phrase in row["en"].split(",")
        for token in tokens(phrase)
    }
    for row in listed_rows("slips.tsv"):
        assert row["meant"] in known_words("en") | commands | set(ORDINALS), row
        assert row["typed"] not in known_words("en"), row


def test_vehicles_walk_and_balls_jump_in_their_own_way() -> None:
    assert [actor["motion"]["verb"] for actor in cast("قطار يمشي وكرة تنط وقطة تمشي")] == [
        "drive",
        "bounce",
        "walk",
    ]
    assert cast("足球在弹")[0]["motion"] == {"verb": "bounce"}


def test_to_run_across_is_to_meet_only_a_thing() -> None:
    assert cast("a dog runs into the forest")[0]["motion"] == {"verb": "walk", "speed": "fast"}
    assert understood("a car runs into a tree")["relations"][0]["link"] == "meets"


def test_greetings_state_nothing() -> None:
    for greeting in ("Good evening!", "صباح الخير", "早上好"):
        assert understood(greeting) == {}


def test_another_one_is_no_second() -> None:
    assert understood("قطة ثانية") == {"cast": [{"kind": "cat"}]}
    assert understood("قطة لمدة ثانية")["seconds"] == 1
