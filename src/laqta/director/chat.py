"""What the director answers: what was understood, what was not, and what is being filmed, in the person's language."""

from __future__ import annotations

from functools import cache

from laqta.director.refer import hints
from laqta.director.rules import Turn
from laqta.director.storyboard import CopyPanel, MovePanel, RemovePanel, to_film
from laqta.language.lexicon import LANGUAGES, Language, listed_rows
from laqta.language.write import plain

COMMAS: dict[Language, str] = {"en": ", ", "ar": "، ", "zh": "、"}


def reply(turn: Turn) -> str:
    """One or two sentences about a message, and what can be done instead of what cannot."""
    if turn.kind:
        return _kindly(turn)
    parts = [_what(turn)]
    if turn.ignored:
        parts.append(_said("ignored", turn.language, words=COMMAS[turn.language].join(turn.ignored)))
        parts += [_said(f"near_{near}", turn.language) for near in hints(" ".join(turn.ignored))]
    return ("" if turn.language == "zh" else " ").join(parts)


def _kindly(turn: Turn) -> str:
    """A kind word back, and how to go on; praise of a film that is not there yet is a greeting."""
    empty = turn.board.take is None
    parts = [_said("hello" if empty and turn.kind in ("glad", "yes") else turn.kind, turn.language)]
    if turn.kind != "bye":
        parts.append(_said("kind_first" if empty else "kind_next", turn.language))
    return ("" if turn.language == "zh" else " ").join(parts)


def _what(turn: Turn) -> str:
    language = turn.language
    take = turn.board.take
    shot = "" if take is None else plain(take.shot, language)
    if turn.problem:
        takes = len(turn.board.panels[turn.board.current].takes) if take else 0
        count = takes if turn.problem == "no_such_take" else len(turn.board.panels)
        return _said(turn.problem, language, shot=shot, count=str(count))
    filmed = [take for edit in turn.edits for take in to_film(edit)]
    if len(filmed) > 1:
        return _said("filming_several", language, shot=shot, count=str(len(filmed)))
    if filmed:
        return _said("filming", language, shot=shot)
    if not turn.edits:
        return _said("restored" if take else "restored_empty", language, shot=shot)
    last = turn.edits[-1]
    if isinstance(last, RemovePanel):
        return _said("removed", language)
    if isinstance(last, (MovePanel, CopyPanel)):
        return _said("moved", language)
    return _said("shown", language, shot=shot)


def _said(name: str, language: Language, **words: str) -> str:
    return replies()[name][language].format(**words)


@cache
def replies() -> dict[str, dict[Language, str]]:
    """Every answer by its id and language."""
    rows = listed_rows("replies.tsv", "laqta.director")
    return {row["id"]: {language: row[language] for language in LANGUAGES} for row in rows}
