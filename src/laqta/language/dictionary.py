"""Every spoken form of every meaning in all three languages, and the longest match of a sentence with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from laqta.language import arabic, english
from laqta.language.lexicon import LANGUAGES, Language, Noun, listed_rows, meanings, nouns
from laqta.language.tokens import Form, Token, spoken_key

TRANSITIVE = ("chases", "meets")


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a phrase stands for. `count` is 2 for an Arabic dual, which says its number by itself."""

    slot: str
    value: str
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A matched stretch of the sentence with all that it may mean; no meaning at all for a word not known.

    `joined`, `definite` and `article` are those of its first word; `bare_end` is true where its last word has
    no article (Arabic: "on a side of" against "on the side").
    """

    text: str
    meanings: tuple[Meaning, ...]
    language: Language | None
    joined: bool = False
    definite: bool = False
    bare_end: bool = False
    article: str = ""

    def value(self, slot: str) -> str | None:
        """The value that this piece may have in a slot, if any."""
        return next((meaning.value for meaning in self.meanings if meaning.slot == slot), None)

    def values(self, slot: str) -> tuple[str, ...]:
        """All values that this piece may have in a slot."""
        return tuple(meaning.value for meaning in self.meanings if meaning.slot == slot)

    def has_value(self, slot: str, *values: str) -> bool:
        """Whether this piece may have one of these values in a slot."""
        return any(value in values for value in self.values(slot))

    def has(self, *slots: str) -> bool:
        """Whether this piece may stand in one of these slots."""
        return any(meaning.slot in slots for meaning in self.meanings)


@dataclass(kw_only=True)
class Dictionary:
    """Phrases by their first word, and all words that occur."""

    by_first: dict[str, list[tuple[tuple[str, ...], list[Meaning]]]] = field(default_factory=dict)
    words: dict[str, set[str]] = field(default_factory=dict)

    def add(self, language: str, phrase: str, meaning: Meaning) -> None:
        """Enter one spoken form of a meaning."""
        key = spoken_key(phrase)
        if not key:
            return
        self.words.setdefault(language, set()).update(key)
        entries = self.by_first.setdefault(key[0], [])
        for known, known_meanings in entries:
            if known == key:
                if meaning not in known_meanings:
                    known_meanings.append(meaning)
                return
        entries.append((key, [meaning]))

    def holds(self, phrase: str, slot: str) -> bool:
        """Whether this spoken form already has a meaning in a slot."""
        key = spoken_key(phrase)
        entries = self.by_first.get(key[0], ()) if key else ()
        return any(
            known == key and any(meaning.slot == slot for meaning in found) for known, found in entries
        )


@cache
def dictionary() -> Dictionary:
    """The dictionary of all three languages; built once, in a few tenths of a second."""
    book = Dictionary()
    for language in LANGUAGES:
        _enter_nouns(book, language)
        for (slot, value), phrases in meanings(language).items():
            for phrase in (*phrases.said, *phrases.also):
                for form, inverse in phrase_forms(language, slot, value, phrase):
                    book.add(language, form, Meaning(slot=slot, value=f"~{value}" if inverse else value))
    for row in listed_rows("emoji.tsv"):
        book.add("emoji", row["emoji"], Meaning(slot=row["slot"], value=row["id"]))
    for name, slot in (("others.tsv", "other"), ("stops.tsv", "stop")):
        for row in listed_rows(name):
            for phrase in row["words"].split(","):
                book.add(row["language"], phrase, Meaning(slot=slot, value=""))
    for entries in book.by_first.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return book


def _enter_nouns(book: Dictionary, language: Language) -> None:
    """Names first, then synonyms, which never take a form that is another prop's name."""
    places = {
        spoken_key(phrase)
        for (slot, _), phrases in meanings(language).items()
        if slot == "backdrop"
        for phrase in phrases.also
    }
    for own in (True, False):
        for prop, noun in nouns(language).items():
            for phrase, count in noun_forms(language, noun, own):
                is_place = count == 2 and spoken_key(phrase) in places  # a garden is spelled as two cats
                if own or not (book.holds(phrase, "prop") or is_place):
                    book.add(language, phrase, Meaning(slot="prop", value=prop, count=count))


def pieces(sentence_tokens: list[Token]) -> list[Piece]:
    """The sentence cut into the longest phrases that the dictionary knows; pauses mean ("word", "pause")."""
    found: list[Piece] = []
    start = 0
    while start < len(sentence_tokens):
        piece, length = _longest(sentence_tokens, start)
        found.append(piece)
        start += length
    return found


def noun_forms(language: Language, noun: Noun, own: bool) -> Iterator[tuple[str, int | None]]:
    """Every form of a prop's own name, or of its synonyms; the count is 2 for an Arabic dual."""
    for entry in (f"{noun.name}/{noun.plural}" if noun.plural else noun.name,) if own else noun.also:
        name, _, plural = entry.partition("/")
        yield name, None
        if language == "en":
            yield plural or english.plural_of(name), None
        elif language == "ar":
            if plural:
                yield plural, None
            for dual in _arabic_duals(name, noun if name == noun.name else None):
                yield dual, 2


def phrase_forms(language: Language, slot: str, value: str, phrase: str) -> Iterator[tuple[str, bool]]:
    """Every form of a phrase; the second is true where the form turns a relation round ("chases it": by whom)."""
    transitive = slot == "link" and value in TRANSITIVE
    if slot in ("verb", "facing") or transitive or (slot == "camera" and language == "en"):
        if language == "en" and slot != "facing":
            yield from ((form, False) for form in english.verb_forms(phrase))
        elif language == "ar":
            yield from ((form, False) for form in arabic.verb_forms(phrase))
            if transitive:
                yield from ((form, True) for form in arabic.object_forms(phrase))
        else:
            yield phrase, False
    elif language == "ar" and slot in ("tint", "size", "format", "time", "weather", "speed"):
        yield from ((form, False) for form in arabic.described_forms(phrase))
    elif language == "ar" and slot == "number":
        yield from ((form, False) for form in phrase.split("/"))
    else:
        yield phrase, False


def _arabic_duals(name: str, noun: Noun | None) -> tuple[str, ...]:
    nominative = arabic.noun_dual(noun) if noun else arabic.dual(name)
    duals = {nominative, arabic.oblique(nominative)}
    if " " in name:
        words = name.split(" ")
        both = " ".join(arabic.dual(word) for word in words)
        duals |= {both, arabic.oblique(both)}
    return tuple(duals)


def _longest(sentence_tokens: list[Token], start: int) -> tuple[Piece, int]:
    token = sentence_tokens[start]
    if token.script == "pause":
        listing = "and" if token.text == "、" else "pause"
        return Piece(text=token.text, meanings=(Meaning(slot="word", value=listing),), language=None), 1
    best: tuple[int, tuple[Form, ...], list[Meaning]] | None = None
    for form in token.forms:
        for key, found in dictionary().by_first.get(form.word, ()):
            if best and (len(key) < best[0] or (len(key) == best[0] and best[2][0].slot != "stop")):
                break
            if best and len(key) == best[0] and found[0].slot == "stop":
                continue
            if form.owned and found[0].slot != "prop":
                continue
            rest = _matched(sentence_tokens, start + 1, key[1:])
            if rest is not None:
                best = (len(key), (form, *rest), found)
                break
    if best is None:
        number = (Meaning(slot="number", value=token.forms[0].word.replace(",", ".")),)
        known = number if token.script == "number" else ()
        return Piece(text=token.text, meanings=known, language=token.language, article=token.article), 1
    length, forms, found = best
    gap = "" if token.script == "zh" else " "
    return (
        Piece(
            text=gap.join(each.text for each in sentence_tokens[start : start + length]),
            meanings=tuple(found),
            language=token.language,
            joined=forms[0].joined,
            definite=any(form.definite for form in forms),
            bare_end=not forms[-1].definite,
            article=token.article,
        ),
        length,
    )


def _matched(sentence_tokens: list[Token], start: int, words: tuple[str, ...]) -> tuple[Form, ...] | None:
    """The forms in which the tokens from `start` on are these words; `None` where they are not."""
    forms: list[Form] = []
    for offset, word in enumerate(words):
        if start + offset >= len(sentence_tokens):
            return None
        fitting = next(
            (form for form in sentence_tokens[start + offset].forms if form.word == word and not form.joined),
            None,
        )
        if fitting is None:
            return None
        forms.append(fitting)
    return tuple(forms)


def known_words(language: str) -> set[str]:
    """Every single word that a language's phrases are made of."""
    return dictionary().words.get(language, set())
