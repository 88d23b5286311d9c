"""Forms of words in English and Arabic."""

from __future__ import annotations

import pytest

from laqta.language import arabic, english
from laqta.language.lexicon import nouns


@pytest.mark.parametrize(
    ("noun", "plural"),
    [
        ("box", "boxes"),
        ("cherry", "cherries"),
        ("monkey", "monkeys"),
        ("tomato", "tomatoes"),
        ("piano", "pianos"),
    ],
)
def test_english_plurals(noun: str, plural: str) -> None:
    assert english.plural_of(noun) == plural


def test_english_irregular_plurals_are_listed() -> None:
    listed = {prop: noun.plural for prop, noun in nouns("en").items() if noun.plural}
    assert listed["mouse"] == "mice"
    assert listed["leaf"] == "leaves"
    assert listed["fish"] == "fish"
    assert listed["snowman"] == "snowmen"
    assert listed["scissors"] == "pairs of scissors"


@pytest.mark.parametrize(
    ("verb", "third", "ing"),
    [
        ("walk", "walks", "walking"),
        ("fly", "flies", "flying"),
        ("go away", "goes away", "going away"),
        ("come closer", "comes closer", "coming closer"),
        ("hop", "hops", "hopping"),
        ("spin around", "spins around", "spinning around"),
        ("enter", "enters", "entering"),
        ("sway", "sways", "swaying"),
        ("lie down", "lies down", "lying down"),
    ],
)
def test_english_verbs(verb: str, third: str, ing: str) -> None:
    assert english.third_person(verb) == third
    assert english.participle(verb) == ing


def test_english_articles() -> None:
    assert english.article("owl") == "an owl"
    assert english.article("unicorn") == "a unicorn"
    assert english.article("big owl") == "a big owl"


def test_english_irregular_verbs_in_either_place() -> None:
    assert english.verb_forms("go/went/gone away") == english.verb_forms("go away/went/gone")
    assert "went away" in english.verb_forms("go away/went/gone")


@pytest.mark.parametrize(
    ("count", "gender", "red", "big"),
    [
        (1, "m", "أحمر", "كبير"),
        (1, "f", "حمراء", "كبيرة"),
        (2, "m", "أحمران", "كبيران"),
        (2, "f", "حمراوان", "كبيرتان"),
        (3, "m", "حمراء", "كبيرة"),
        (3, "f", "حمراء", "كبيرة"),
    ],
)
def test_arabic_adjectives_agree(count: int, gender: str, red: str, big: str) -> None:
    assert arabic.agreed("أحمر/حمراء/حمراوان/حمر", gender, count) == red
    assert arabic.agreed("كبير", gender, count) == big


def test_arabic_phrases_bend_in_their_first_word() -> None:
    assert arabic.agreed("متوسط الحجم", "f", 1) == "متوسطة الحجم"
    assert arabic.agreed("متوسط الحجم", "m", 2) == "متوسطا الحجم"
    assert arabic.agreed("متوسط الحجم", "f", 2) == "متوسطتا الحجم"


@pytest.mark.parametrize(
    ("count", "gender", "form"),
    [(1, "m", "يمشي"), (1, "f", "تمشي"), (2, "m", "يمشيان"), (2, "f", "تمشيان"), (3, "m", "تمشي")],
)
def test_arabic_verbs_agree(count: int, gender: str, form: str) -> None:
    assert arabic.conjugated("يمشي", gender, count) == form


def test_arabic_itself_agrees() -> None:
    assert arabic.conjugated("يدور حول نفسه", "f", 1) == "تدور حول نفسها"
    assert arabic.conjugated("يدور حول نفسه", "m", 2) == "يدوران حول نفسيهما"


@pytest.mark.parametrize(
    ("prop", "dual", "oblique", "definite"),
    [
        ("cat", "قطتان", "قطتين", "القطة"),
        ("dog", "كلبان", "كلبين", "الكلب"),
        ("police_car", "سيارتا شرطة", "سيارتي شرطة", "سيارة الشرطة"),
        ("kite", "طائرتان ورقيتان", "طائرتين ورقيتين", "الطائرة الورقية"),
        ("magic_wand", "عصوان سحريتان", "عصوين سحريتين", "العصا السحرية"),
    ],
)
def test_arabic_nouns(prop: str, dual: str, oblique: str, definite: str) -> None:
    noun = nouns("ar")[prop]
    assert arabic.noun_dual(noun) == dual
    assert arabic.oblique(dual) == oblique
    assert arabic.definite(noun.name, noun.build) == definite


def test_arabic_three_goes_against_the_gender() -> None:
    assert arabic.numeral(3, "m") == "ثلاثة"
    assert arabic.numeral(3, "f") == "ثلاث"
