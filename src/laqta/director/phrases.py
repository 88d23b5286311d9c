"""The phrases that commands are made of, found in a message by the words of one table, and the places that ordinals
say: the second one, الثانية, 第二个."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from laqta.language.dictionary import known_words, pieces
from laqta.language.lexicon import LANGUAGES, listed_rows, meanings, nouns
from laqta.language.spelling import corrected, slip_of, swapped_letters
from laqta.language.tokens import Form, Token, spoken_key, tokens

ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "last": -1, "final": -1, "اول": 1, "اولي": 1, "ثاني": 2,
    "ثانيه": 2, "تاني": 2, "تانيه": 2, "ثالث": 3, "ثالثه": 3, "تالت": 3, "تالته": 3, "رابع": 4, "رابعه": 4, "خامس": 5,
    "خامسه": 5, "سادس": 6, "سادسه": 6, "سابع": 7, "سابعه": 7, "ثامن": 8, "ثامنه": 8, "تاسع": 9, "تاسعه": 9,
    "عاشر": 10, "عاشره": 10, "اولاني": 1, "اولانيه": 1, "اخير": -1, "اخيره": -1, "اخر": -1,
}  # fmt: skip
"""Bare spellings of "the first" and so on; Chinese puts 第 before a number. -1 is the last."""
ORIGINALS = ("original", "اصلي", "اصليه")
CHINESE_ENDS = {"最后一": -1, "最后": -1, "原来的": 1, "最初的": 1}
"""Chinese for the last and the first; without 一 only before what is counted."""
COUNTED = ("panel", "versions", "position", "number")
"""Commands that are none without a number: shot 3, three versions, the third version, position 2, number 2."""
JOINTS = ("and", "then", "but", "ثم", "لكن", "بعدين")
CHINESE_JOINTS = ("然后", "但是", "不过", "并且", "接着", "再", "并")
NOES = frozenset({"no", "nope", "nah", "لا", "不"})
"""Words that refuse what was shown where a pause or a wish follows."""
WISHES = (
    "make",
    "put",
    "add",
    "remove",
    "delete",
    "replace",
    "undo",
    "goto",
    "stop",
    "back",
    "move",
    "cancel",
)
"""Commands that may follow a "no" without a pause."""
PARTICLES = ("away", "out", "in", "up", "down", "back", "around", "off", "over")
FARTHEST = 7
"""How many words from its verb an English particle may stand."""
OBJECT = re.compile("(?<=..)(هما|هم|هن|ها|ه|و)$")
"""What Arabic writes onto a verb for "it" and "them"."""
BARE = "-"
"""Before an Arabic word that has no article."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A stretch of a message: a command's phrase (`name`), an ordinal (`which`), both (the second shot), or a word."""

    typed: tuple[Token, ...]
    name: str = ""
    which: int | None = None


def items_of(typed: list[Token]) -> list[Item]:
    """The message as stretches; a longer phrase of the dictionary hides the commands inside it."""
    found: list[Item] = []
    spans = _spans(typed)
    at = 0
    while at < len(typed):
        name, length = phrase_at(typed, at)
        ordinal = _ordinal_item(typed, at, length)
        if ordinal is not None:
            found.append(ordinal)
        elif spans[at] > max(1, length) and not _reaches_out(typed, at, at + spans[at]):
            hidden = tuple(typed[at : at + spans[at]])
            found += (
                [Item(typed=hidden)] if typed[at].script != "zh" else [Item(typed=(one,)) for one in hidden]
            )
        else:
            refuses = length == 1 and (_refuses(typed, at) or _softens(typed, at))
            found.append(Item(typed=tuple(typed[at : at + length]), name="courtesy" if refuses else name))
        at = sum(len(item.typed) for item in found)
    return found


def _refuses(typed: list[Token], at: int) -> bool:
    """Whether a "no" stands alone, before a pause or before what is wished instead: no, a dog; لا شيل الضباب."""
    if not {form.word for form in typed[at].forms} & NOES or at + 1 == len(typed):
        return False
    begins = at == 0 or typed[at - 1].script == "pause"
    wishes = phrase_at(typed, at + 1)[0] in WISHES or pieces(typed[at + 1 :])[0].has(
        "toward", "facing", "from"
    )
    return typed[at + 1].script == "pause" or (begins and wishes)


def _softens(typed: list[Token], at: int) -> bool:
    """Whether "a little" stands behind what is wished, or before more of it, not before a thing: zoom in a little."""
    if typed[at].article != "a" or typed[at].text.lower() not in ("little", "bit", "touch", "tad"):
        return False
    return at + 1 == len(typed) or typed[at + 1].script == "pause" or bool(phrase_at(typed, at + 1)[0])


def together(typed: list[Token]) -> list[Token]:
    """English verbs with their particle behind what they are about put together: take one rabbit away."""
    found = list(typed)
    for at in range(len(typed) - 2):
        verb = found[at].forms[0].word if found[at].script == "en" else ""
        for there in range(at + 2, min(at + FARTHEST, len(found))):
            if found[there].script == "pause" or phrase_at(found, there)[0] == "joint":
                break
            ends = there + 1 == len(found) or found[there + 1].script == "pause"
            ends = (
                ends
                or found[there + 1].text.lower() in ("of", *JOINTS)
                or phrase_at(found, there + 1)[0] in ("joint", "courtesy", "again")
            )
            particle = found[there].forms[0].word if found[there].script == "en" else ""
            if particle in PARTICLES and ends and (verb, particle) in _separable():
                found.insert(at + 1, found.pop(there))
                break
    return found


@cache
def _separable() -> frozenset[tuple[str, ...]]:
    """The commands of two words that are an English verb with its particle."""
    return frozenset(
        key
        for entries in _phrases().values()
        for key, _ in entries
        if len(key) == 2 and key[1] in PARTICLES and key[0] not in PARTICLES
    )


def _ordinal_item(typed: list[Token], at: int, length: int) -> Item | None:
    """An ordinal with what it counts, unless a command of `length` tokens takes more of the message."""
    which, end = _ordinal(typed, at)
    if which is None:
        return None
    noun, more = phrase_at(typed, end)
    if noun in COUNTED:
        return Item(typed=tuple(typed[at : end + more]), name=noun, which=which)
    if end - at < length:
        return None
    name = "versions" if any(form.word in ORIGINALS for form in typed[at].forms) else ""
    return Item(typed=tuple(typed[at:end]), name=name, which=which)


def meant(token: Token) -> Token:
    """The token with its slips of spelling undone, those of our commands too."""
    if any(form.word in _command_words() for form in token.forms):
        return token
    token = corrected(token)
    if token.script != "en" or token.forms[0].word in known_words("en"):
        return token
    ours = frozenset(word for word in _command_words() if word.isascii())
    slip = swapped_letters(token.forms[0].word, ours) or slip_of(token.forms[0].word, ours)
    return Token(text=slip, script="en", forms=(Form(word=slip),), article=token.article) if slip else token


def _spans(typed: list[Token]) -> list[int]:
    """How many tokens each phrase of the dictionary takes, at its first; 1 elsewhere, and for words without a fact."""
    spans = [1] * len(typed)
    at = 0
    for piece in pieces(typed):
        length = len(piece.text) if piece.language == "zh" else piece.text.count(" ") + 1
        if piece.language == "zh" or not piece.has("stop", "word", "number"):
            spans[at] = length
        at += length
    return spans


def _reaches_out(typed: list[Token], start: int, end: int) -> bool:
    """Whether a command begins inside this stretch and ends behind it: 飞(快)一点."""
    return any(
        name and at + length > end for at in range(start, end) for name, length in [phrase_at(typed, at)]
    )


def _ordinal(typed: list[Token], at: int) -> tuple[int | None, int]:
    """Which one an ordinal says, and where it ends: "the second (one)", الثانية, 第二(个)."""
    token = typed[at]
    if token.script == "zh":
        return _chinese_ordinal(typed, at)
    places = ORDINALS | dict.fromkeys(ORIGINALS, 1)
    form = next((form for form in token.forms if form.word in places), None)
    if form is None:
        return None, at
    end = at + 1
    if token.script == "en" and end < len(typed) and typed[end].text.lower() in ("one", "ones"):
        return places[form.word], end + 1
    behind = at > 0 and phrase_at(typed, at - 1)[0] in COUNTED
    stated = token.article == "the" if token.script == "en" else form.definite
    counts = phrase_at(typed, end)[0] in COUNTED
    meant = counts or ((stated or behind) and form.word != "اخر")  # the other
    return (places[form.word], end) if meant else (None, at)


def _chinese_ordinal(typed: list[Token], at: int) -> tuple[int | None, int]:
    text = "".join(token.text for token in typed[at : at + 3])
    if text[0] == "第" and len(typed) > at + 1:
        value, end = value_of(typed[at + 1]), at + 2
    else:
        word = next((word for word in CHINESE_ENDS if text.startswith(word)), "")
        value, end = CHINESE_ENDS.get(word), at + len(word)
        if value is not None and not word.endswith("一") and phrase_at(typed, end)[0] not in COUNTED:
            return None, at
    if value is None:
        return None, at
    measured = end < len(typed) and typed[end].text in measures() and phrase_at(typed, end)[0] not in COUNTED
    return value, end + measured


@cache
def measures() -> frozenset[str]:
    """The Chinese words that stand between a number and what is counted."""
    return frozenset(noun.measure for noun in nouns("zh").values()) | {"个", "张"}


def value_of(token: Token) -> int | None:
    """The number that a token says, if any."""
    for form in token.forms:
        if token.script == "number" and form.word.isdigit():
            return int(form.word)
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


def number_in(rest: str) -> int | None:
    """The first number in what is left of a message, if any."""
    values = (value_of(token) for token in tokens(rest) if token.forms)
    return next((value for value in values if value is not None), None)


@cache
def _phrases() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Every phrase as the words that tokens are matched with, by its first word, the longest first."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    rows = listed_rows("commands.tsv", "laqta.director")
    entries = [
        (_written(phrase), row["id"])
        for row in rows
        for language in LANGUAGES
        for phrase in row[language].split(",")
    ]
    entries += [(spoken_key(joint), "joint") for joint in CHINESE_JOINTS]
    for key, name in sorted(entries, key=lambda entry: -len(entry[0])):
        found.setdefault(key[0], []).append((key, name))
    return found


def _written(phrase: str) -> tuple[str, ...]:
    """A phrase as the words that are compared; the last of several Arabic ones without its article is marked, for
    نسخة ثانية is another version and النسخة الثانية the second."""
    key = spoken_key(phrase)
    bare = tokens(phrase)[-1].script == "ar" and len(key) > 1 and not phrase.split()[-1].startswith("ال")
    return (*key[:-1], f"{BARE}{key[-1]}") if bare else key


@cache
def _command_words() -> frozenset[str]:
    """Every word that a command is made of."""
    return frozenset(
        word.strip(BARE) for entries in _phrases().values() for key, _ in entries for word in key
    )


def phrase_at(typed: list[Token], at: int) -> tuple[str, int]:
    """The longest command that begins here, and how many tokens it takes; "" and 1 where none does."""
    if at >= len(typed):
        return "", 1
    best, length = "", 0
    for word in _spellings(typed[at]):
        for key, name in _phrases().get(word, ()):
            if len(key) <= length:
                break
            window = typed[at + 1 : at + len(key)]
            if len(window) == len(key) - 1 and all(
                wanted in _spellings(token) for token, wanted in zip(window, key[1:], strict=True)
            ):
                best, length = name, len(key)
                break
    return best, length or 1


@lru_cache(maxsize=4096)
def _spellings(token: Token) -> tuple[str, ...]:
    """The words that a token may be, an Arabic verb also without the "it" or "them" written onto it."""
    words = [form.word for form in token.forms]
    if token.script == "ar":
        if OBJECT.search(token.text):
            words += [OBJECT.sub("", word) for word in words if OBJECT.search(word)]
        definite = {form.word for form in token.forms if form.definite}
        words += [f"{BARE}{word}" for word in words if word not in definite]
    return tuple(dict.fromkeys(words)) or (token.text,)
