"""Captions: what they say, how they agree, how long they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from laqta.language.lexicon import LANGUAGES, Language
from laqta.language.read import read
from laqta.language.say import END, MARKS
from laqta.language.write import caption, plain, write
from laqta.shot import Actor, Motion, Relation, Shot
from laqta.world.sample import MINI_WORLD, sample_shot

CAT = Shot(
    backdrop="snow",
    time="night",
    weather="fog",
    cast=(
        Actor(
            kind="cat",
            count=2,
            size="big",
            tint="red",
            motion=Motion(verb="walk", toward="left", speed="slow"),
        ),
    ),
    camera="zoom_in",
)


def test_a_caption_is_the_same_for_the_same_seed_and_varies_over_seeds() -> None:
    for language in LANGUAGES:
        assert write(CAT, language, "detailed", 7) == write(CAT, language, "detailed", 7)
        assert len({write(CAT, language, "detailed", seed) for seed in range(40)}) > 15


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "two big red cats walk slowly to the left"),
        ("ar", "قطتان حمراوان كبيرتان تمشيان ببطء نحو اليسار"),
        ("zh", "两只大大的红色的猫慢慢地向左走"),
    ],
)
def test_a_detailed_caption_says_everything(language: Language, line: str) -> None:
    captions = {write(Shot(cast=CAT.cast), language, "detailed", seed) for seed in range(400)}
    assert line in captions


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "two red cats walk to the left in the snow at night"),
        ("ar", "قطتان حمراوان تمشيان نحو اليسار في الثلج ليلا"),
        ("zh", "夜里，在雪地里，两只红色的猫向左走"),
    ],
)
def test_a_short_caption_says_who_does_what_where(language: Language, line: str) -> None:
    assert line in {write(CAT, language, "short", seed) for seed in range(400)}
    assert caption(CAT, language, "short", 0).stated.weather is None


def test_what_is_usual_is_said_only_sometimes() -> None:
    shot = Shot(
        weather="clear", camera="still", cast=(Actor(kind="dog", count=1, tint="natural", size="medium"),)
    )
    said = [caption(shot, "en", "detailed", seed).stated for seed in range(60)]
    assert {one.camera for one in said} == {None, "still"}
    assert {one.weather for one in said} == {None, "clear"}
    assert {one.cast[0].tint for one in said} == {None, "natural"}


def test_no_caption_speaks_of_clear_weather_under_a_roof() -> None:
    shot = Shot(backdrop="kitchen", weather="clear")
    assert {caption(shot, "en", "detailed", seed).stated.weather for seed in range(40)} == {None}


def test_ways_of_moving_fit_the_thing() -> None:
    def said(kind: str, motion: Motion, language: Language) -> str:
        return plain(Shot(cast=(Actor(kind=kind, motion=motion),)), language)

    assert "swims" in said("fish", Motion(verb="fly", toward="left"), "en")
    assert "rolls" in said("football", Motion(verb="drive", toward="left"), "en")
    assert "sails" in said("ship", Motion(verb="drive", toward="left"), "en")
    assert "تسبح" in said("fish", Motion(verb="fly"), "ar")
    assert "滚动" in said("football", Motion(verb="drive"), "zh")


def test_arabic_captions_agree() -> None:
    three = plain(Shot(cast=(Actor(kind="dog", count=3, tint="blue", motion=Motion(verb="jump")),)), "ar")
    assert three.startswith("ثلاثة كلاب زرقاء")
    pair = (Actor(kind="cat", count=2), Actor(kind="dog", count=2))
    behind = plain(Shot(cast=pair, relations=(Relation(subject=0, link="behind", object=1),)), "ar")
    assert "القطتان" in behind and "الكلبين" in behind


def test_chinese_says_liang_and_the_right_measure_word() -> None:
    assert plain(Shot(cast=(Actor(kind="car", count=2),)), "zh") == "两辆汽车"
    assert plain(Shot(cast=(Actor(kind="fish", count=3),)), "zh") == "三条鱼"


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_of_a_kind_are_told_apart(language: Language) -> None:
    pair = (Actor(kind="cat", tint="red"), Actor(kind="cat", tint="blue"))
    text = plain(Shot(cast=pair, relations=(Relation(subject=0, link="chases", object=1),)), language)
    for word in {"en": ("red", "blue"), "ar": ("الحمراء", "الزرقاء"), "zh": ("红", "蓝")}[language]:
        assert word in text.split({"en": ", ", "ar": "، ", "zh": "，"}[language])[-1]


def test_captions_of_the_world_are_terse() -> None:
    for language, budget in (("en", 45), ("ar", 45), ("zh", 85)):
        lengths = []
        for seed in range(150):
            text = write(sample_shot(seed, MINI_WORLD), language, "detailed", seed)
            lengths.append(len(text) if language == "zh" else len(text.split()))
        assert sorted(lengths)[-3] <= budget, language
        assert sorted(lengths)[len(lengths) // 2] <= budget * 0.6, language


def test_an_empty_shot_is_an_empty_caption() -> None:
    assert [write(Shot(), language, "detailed", 0) for language in LANGUAGES] == ["", "", ""]


@pytest.mark.parametrize("language", LANGUAGES)
def test_spans_say_whose_words_are_whose(language: Language) -> None:
    """Read by itself, what is said of a thing names it and tells what is stated of it, and of nothing else."""
    world = replace(MINI_WORLD, single_share=0.3, twin_share=0.2)
    for seed in range(40):
        written = caption(sample_shot(seed, world), language, "detailed", seed)
        assert not any(mark in written.text for mark in (*MARKS, END))
        introduced = {span.actor: span for span in reversed(written.spans)}
        assert sorted(introduced) == list(range(len(written.stated.cast)))
        for at, actor in enumerate(written.stated.cast):
            span = introduced[at]
            (alone,) = read(written.text[span.start : span.end]).shot.cast
            assert (alone.kind, alone.tint, alone.size) == (actor.kind, actor.tint, actor.size)
        for relation in written.stated.relations:  # those in it are named once more
            named = [span.actor for span in written.spans]
            assert named.count(relation.subject) == named.count(relation.object) == 2
