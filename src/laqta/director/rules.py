"""The offline brain: a message and the storyboard so far in, edits and what was understood out. Rules over tables.

A change touches only what was asked: everything else of the shot, the seed included, stays. Words that mean nothing
here are told, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from laqta.director.change import CannotError, changed
from laqta.director.commands import Message, take_apart
from laqta.director.refer import about, facts, introduced, panel_of
from laqta.director.storyboard import (
    AddPanel,
    AddTakes,
    Choose,
    CopyPanel,
    Edit,
    History,
    MovePanel,
    RemovePanel,
    Select,
    Storyboard,
    Take,
)
from laqta.language.lexicon import Language
from laqta.language.read import Reading, read
from laqta.shot import Shot

MOST_TAKES = 8
CHANGES = (
    "make", "add", "remove", "replace", "instead", "faster", "slower", "bigger", "smaller", "turn", "longer", "shorter",
    "loop",
)  # fmt: skip
"""Commands that change the shot that is talked about."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What one message came to.

    `edits` are already in `history`. `problem` is the id of what could not be done ("" where nothing went wrong),
    `ignored` the words that mean nothing here.
    """

    history: History
    edits: tuple[Edit, ...]
    language: Language
    ignored: tuple[str, ...] = ()
    problem: str = ""

    @property
    def board(self) -> Storyboard:
        """The storyboard after the message."""
        return self.history.board


def answer(text: str, history: History, picture: str | None = None) -> Turn:
    """What a message does to the storyboard; `picture` names a picture that came with it."""
    message = take_apart(text)
    language = read(text).language
    if message.asks("help"):
        return Turn(history=history, edits=(), language=language, problem="help")
    if message.asks("undo", "redo"):
        moved = history.undone() if message.asks("undo") else history.redone()
        problem = "" if moved else f"nothing_to_{'undo' if message.asks('undo') else 'redo'}"
        return Turn(history=moved or history, edits=(), language=language, problem=problem)
    try:
        edits, reading = _edits(message, history.board, picture)
    except CannotError as error:
        return Turn(history=history, edits=(), language=language, problem=str(error), ignored=error.words)
    return Turn(
        history=history.after(edits),
        edits=edits,
        language=language,
        ignored=reading.ignored,
        problem="" if edits else "unchanged" if message.commands or _says(reading.shot) else "not_understood",
    )


def _edits(message: Message, board: Storyboard, picture: str | None) -> tuple[tuple[Edit, ...], Reading]:
    ordering = _order(message, board)
    if ordering is not None:
        return (ordering,), read("")
    take = board.take
    reading, is_named = about(message.rest, take)
    if take is None or (is_named and _is_new(message, reading.shot, take, picture)):
        if take is None and message.asks(*CHANGES) and not message.asks("make", "add", "loop"):
            raise CannotError("no_shot", reading.ignored)
        if not _says(reading.shot) and picture is None:
            raise CannotError("no_shot" if message.commands else "not_understood", reading.ignored)
        first = None if message.asks("last_picture") else picture
        last = picture if message.asks("last_picture") else None
        at = board.current + 1 if board.panels else 0
        if message.number("panel") is not None:
            at = _place(message.number("panel"), len(board.panels) + 1)
        new = Take(shot=reading.shot, seed=board.next_seed, first=first, last=last, loop=message.asks("loop"))
        return (AddPanel(at=at, take=new), *_more(message, at, new)), reading

    panel = panel_of(reading.shot, board)
    new = changed(message, reading.shot, board.panels[panel].take, picture)
    parent = board.panels[panel].chosen
    count = _takes_asked(message)
    if count is None and new == board.panels[panel].take:
        return (), reading
    seeds = [new.seed] if count is None else range(board.next_seed, board.next_seed + count)
    takes = tuple(replace(new, seed=seed, parent=parent) for seed in seeds)
    return (AddTakes(panel=panel, takes=takes),), reading


def _order(message: Message, board: Storyboard) -> Edit | None:
    """Edits of the film's order, of what is shown and of what is talked about."""
    count = len(board.panels)
    alone = message.asks("panel") and not message.asks("new") and not message.rest
    goes = message.asks("goto") and message.asks("panel")
    if not message.asks("delete", "move", "copy", "take") and not alone and not goes:
        return None
    if not count:
        raise CannotError("no_shot")
    panel = _place(message.number("panel"), count) if message.number("panel") else board.current
    if message.asks("delete"):
        return RemovePanel(panel=panel)
    if message.asks("copy"):
        return CopyPanel(panel=panel)
    if message.asks("move"):
        if not message.asks("start", "end"):
            raise CannotError("move_where")
        return MovePanel(panel=panel, to=0 if message.asks("start") else count - 1)
    number = message.number("take")
    if number is not None:
        return Choose(panel=panel, take=_place(number, len(board.panels[panel].takes), "no_such_take"))
    return Select(panel=panel) if message.number("panel") else None


def _place(number: int | None, count: int, problem: str = "no_such_shot") -> int:
    """The place from 0 on of the first, second, last."""
    assert number is not None
    place = number - 1 if number > 0 else count + number
    if not 0 <= place < count:
        raise CannotError(problem)
    return place


def _takes_asked(message: Message) -> int | None:
    versions = message.number("versions")
    if versions is not None:
        return max(1, min(versions, MOST_TAKES))
    return 1 if message.asks("again") else None


def _more(message: Message, at: int, take: Take) -> tuple[Edit, ...]:
    """The other takes of a new shot that was asked for in several versions."""
    count = _takes_asked(message) or 1
    more = tuple(replace(take, seed=take.seed + extra, parent=0) for extra in range(1, count))
    return (AddTakes(panel=at, takes=more),) if more else ()


def _says(shot: Shot) -> bool:
    return facts(shot) > 0


def _is_new(message: Message, stated: Shot, take: Take, picture: str | None) -> bool:
    """Whether a message describes another shot rather than a change of the one that is talked about."""
    if message.asks("new"):
        return True
    if message.asks(*CHANGES) or not stated.cast or picture is not None:
        return False
    known = {actor.kind for actor in take.shot.cast}
    strangers = [actor for actor in stated.cast if actor.kind not in known]
    return bool(strangers) or all(introduced(message.rest) and actor.motion for actor in stated.cast)
