"""A sentence as tokens: Latin and Arabic words, single Chinese characters, numbers, emoji, pauses."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

from laqta.language.lexicon import Language, listed_rows

Script = Literal["en", "ar", "zh", "number", "emoji", "pause", "other"]

TOKEN = re.compile(
    r"(?P<number>\d+:\d+|\d+(?:[.,\u066b]\d+)?)"
    r"|(?P<en>[a-z\u00df-\u024f]+(?:['\u2019\u2018][a-z]+)*)"
    r"|(?P<ar>[\u0621-\u065f\u0670-\u06d3]+)"
    r"|(?P<zh>[\u3400-\u9fff])"
    r"|(?P<pause>[.,;:!?()\n\u060c\u061b\u061f\u3001\u3002\u2014]+|-(?=\s))"
    r"|(?P<emoji>[\u203c\u2049\u2190-\u2bff\U0001f000-\U0001faff])"
    r"|(?P<other>[^\W_]+)",
    re.IGNORECASE,
)

MARKS = re.compile("[\u064b-\u065f\u0670\u0640\ufe0f\u200c-\u200f]")
"""Arabic vowel signs and the stretching line, the emoji variant sign, joiners: all unheard."""

STRETCHED = re.compile(r"(.)\1{2,}")
"""A letter three times in a row or more: a word that is shouted."""

LETTERS = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ة": "ه",
        "ک": "ك",
        "ی": "ي",
        "’": "'",
        "‘": "'",
    }
    | {eastern: str(digit) for digit, eastern in enumerate("٠١٢٣٤٥٦٧٨٩")}
    | {"٫": "."}
)
"""Spellings that people mix up in Arabic (alef, yaa, taa marbuta), Eastern digits, curly quotes."""

PREFIXES = ("", "ال", "و", "وال", "ف", "فال", "ب", "بال", "ل", "لل", "ك", "كال", "وب", "وبال", "ول", "ولل", "عال",
            "وعال", "هال", "وهال")  # fmt: skip
"""What Arabic writes onto a word: the article, "and", "then", "with", "for", "like", "on the", "this", and pairs."""

ARTICLES = {"a": "a", "an": "a", "the": "the"}
FUNCTION_WORDS = frozenset({"الي", "الا", "التي", "الذي", "الان"})
"""Arabic words whose first letters only look like the article."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """One way to read a token: the bare word, and what was written onto it; `owned` where that is an owner (my, his),
    which only things have."""

    word: str
    joined: bool = False
    definite: bool = False
    owned: bool = False


@dataclass(frozen=True, kw_only=True)
class Token:
    """A piece of the sentence as typed, with its possible forms, the least stripped first.

    `article` is the English article before it ("a", "the" or "").
    """

    text: str
    script: Script
    forms: tuple[Form, ...]
    article: str = ""

    @property
    def language(self) -> Language | None:
        """The language of a word; `None` for numbers, emoji and pauses."""
        return self.script if self.script in ("en", "ar", "zh") else None


def tokens(sentence: str) -> list[Token]:
    """The tokens of a sentence, in order, in simplified characters; English articles stay on the word that follows."""
    found: list[Token] = []
    article = ""
    for match in TOKEN.finditer(unicodedata.normalize("NFKC", sentence).translate(simplified())):
        text, script = match.group(), match.lastgroup
        word = _folded(text)
        if script == "en" and word in ARTICLES:
            article = ARTICLES[word]
            continue
        found.append(
            Token(text=text, script=script, forms=_forms(word, script), article=article)  # type: ignore[arg-type]
        )
        article = ""
    return found


@cache
def simplified() -> dict[int, int]:
    """What turns traditional Chinese characters into the simplified ones that our words are written with."""
    rows = listed_rows("traditional.tsv")
    return str.maketrans(
        "".join(row["traditional"] for row in rows), "".join(row["simplified"] for row in rows)
    )


def spoken_key(phrase: str) -> tuple[str, ...]:
    """A phrase of the lexicon as the bare words that tokens are matched with."""
    return tuple(
        _bare(_folded(token.text)) if token.script == "ar" else token.forms[0].word
        for token in tokens(phrase)
    )


def _folded(text: str) -> str:
    text = MARKS.sub("", text).lower().translate(LETTERS)
    if text.isalpha() and text[0] < "\u3400":
        text = STRETCHED.sub(r"\1", text)
    if not text.isascii() and text[0] < "\u0250":
        text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if letter.isascii())
    return text


def _bare(word: str) -> str:
    bare = word[2:] if word.startswith("ال") and len(word) > 3 and word not in FUNCTION_WORDS else word
    return _soft(bare)


def _soft(word: str) -> str:
    """A word without a last hamza after alef, which people leave out."""
    return word[:-1] if word.endswith("اء") and len(word) > 3 else word


def _forms(word: str, script: str | None) -> tuple[Form, ...]:
    if script == "en":
        return (Form(word=word[:-2] if word.endswith("'s") and len(word) > 4 else word),)
    if script != "ar":
        return (Form(word=word),)
    forms = [
        Form(
            word=_soft(word[len(prefix) :]),
            joined=prefix.startswith(("و", "ف")),
            definite=prefix.endswith(("ال", "لل")),
        )
        for prefix in PREFIXES
        if word.startswith(prefix) and len(word) - len(prefix) >= (2 if prefix else 1)
    ]
    accusative = [
        Form(word=form.word[:-1], joined=form.joined)
        for form in forms
        if form.word.endswith("ا") and len(form.word) > 2
    ]
    return (*forms, *accusative, *_owned(forms))


def _owned(forms: list[Form]) -> list[Form]:
    """The noun in "my cat", "his car": without the pronoun that Arabic writes onto it."""
    owned: list[Form] = []
    for form in forms:
        pronoun = next((end for end in ("ها", "ه", "ي") if form.word.endswith(end)), "")
        stem = form.word[: len(form.word) - len(pronoun)]
        if pronoun and len(stem) > 2 and not form.definite:
            owned += (
                [Form(word=stem[:-1] + "ه", joined=form.joined, owned=True)] if stem.endswith("ت") else []
            )
            owned.append(Form(word=stem, joined=form.joined, owned=True))
    return owned
