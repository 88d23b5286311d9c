"""A free sentence in English, Arabic or Chinese, or a mixture, as a shot and the words that it did not understand."""

from __future__ import annotations

from dataclasses import dataclass

from laqta.language.dictionary import Piece, pieces
from laqta.language.grammar import read_pieces
from laqta.language.lexicon import LANGUAGES, Language
from laqta.language.scene import shot_of
from laqta.language.spelling import corrected
from laqta.language.tokens import Token, tokens
from laqta.shot import Shot


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a sentence states: the shot (everything unsaid is `None`), the language that most of it is in, and the
    words, as typed and in order, that stand for nothing in a shot."""

    sentence: str
    shot: Shot
    language: Language
    ignored: tuple[str, ...]


def read(sentence: str) -> Reading:
    """Read a sentence of any length; it never fails: a sentence that says nothing gives an empty shot."""
    typed = [corrected(token) for token in tokens(sentence)]
    cut = _merged(pieces(typed))
    scene = read_pieces(cut)
    unused = {id(piece) for piece in scene.unused}
    return Reading(
        sentence=sentence,
        shot=shot_of(scene),
        language=_language(typed),
        ignored=tuple(piece.text for piece in cut if id(piece) in unused),
    )


def _merged(cut: list[Piece]) -> list[Piece]:
    """Unknown Chinese characters in a row are one unknown word, and so is a single known one before them: the 牛
    of an unknown 牛奶 is no cow. (After them it is one: the head of a Chinese word comes last.)"""
    merged: list[Piece] = []
    for piece in cut:
        before = merged[-1] if merged else None
        if before is not None and piece.language == "zh" and not piece.meanings and _part_of_a_word(before):
            merged[-1] = Piece(text=before.text + piece.text, meanings=(), language="zh")
        else:
            merged.append(piece)
    return merged


def _part_of_a_word(piece: Piece) -> bool:
    alone = len(piece.text) == 1 and not piece.has("stop", "other", "word", "number")
    return piece.language == "zh" and (alone or not piece.meanings)


def _language(typed: list[Token]) -> Language:
    """The language of most of the words; a Chinese character weighs half a word, and English wins a draw."""
    weight = dict.fromkeys(LANGUAGES, 0.0)
    for token in typed:
        if token.language is not None:
            weight[token.language] += 0.5 if token.language == "zh" else 1.0
    return max(LANGUAGES, key=lambda language: weight[language])
