"""The offline brain: a message and the storyboard so far in, edits and what was understood out. Rules over tables.

A change touches only what was asked: everything else of the shot, the seed included, stays. Words that mean nothing
here are told, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from laqta.director.change import CannotError, changed, filmable
from laqta.director.commands import CHANGES, Message, take_apart
from laqta.director.kindness import is_only_kind, kindness, without_kindness
from laqta.director.order import ordered, place_of, take_of
from laqta.director.past import is_tried
from laqta.director.phrases import measures, number_in
from laqta.director.refer import (
    Heard,
    about,
    facts,
    hints,
    introduced,
    looks_of,
    paints_scenery,
    panel_of,
)
from laqta.director.storyboard import (
    AddPanel,
    AddTakes,
    Edit,
    History,
    Select,
    Storyboard,
    Take,
)
from laqta.language.ahead import skippable
from laqta.language.dictionary import Piece, pieces
from laqta.language.lexicon import Language
from laqta.language.read import read
from laqta.language.tokens import tokens
from laqta.shot import MAX_COUNT, Shot

MOST_TAKES = 8
BEGINNINGS = ("make", "put", "add", "another", "loop", "stop")
"""Changes that a first shot may be told with: make a video of a cat."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What one message came to.

    `edits` are already in `history`. `problem` is the id of what could not be done ("" where nothing went wrong),
    `ignored` the words that mean nothing here, `kind` the id of the answer to a message that is only kind.
    """

    history: History
    edits: tuple[Edit, ...]
    language: Language
    ignored: tuple[str, ...] = ()
    problem: str = ""
    kind: str = ""

    @property
    def board(self) -> Storyboard:
        """The storyboard after the message."""
        return self.history.board


def answer(text: str, history: History, picture: str | None = None) -> Turn:
    """What a message does to the storyboard; `picture` names a picture that came with it.

    Where it does nothing and is kind ("haha, that is adorable"), it is answered kindly.
    """
    messages = take_apart(text)
    kind = kindness(text) if picture is None else ""
    if kind and is_only_kind(text) and not any(message.asks("help") for message in messages):
        return Turn(history=history, edits=(), language=read(text).language, kind=kind)
    turn = _turn(text, messages, history, picture)
    asks = any(message.commands for message in messages) or hints(" ".join(turn.ignored))
    weak = kind == "yes" and (turn.ignored or turn.problem == "unchanged")
    if not kind or weak or turn.problem not in ("not_understood", "unchanged") or asks:
        return replace(turn, ignored=without_kindness(turn.ignored, text))
    return Turn(history=history, edits=(), language=turn.language, kind=kind)


def _turn(text: str, messages: tuple[Message, ...], history: History, picture: str | None) -> Turn:
    language = read(text).language
    start = history
    edits: tuple[Edit, ...] = ()
    ignored: tuple[str, ...] = ()
    says = False
    if any(message.asks("help") for message in messages):
        return Turn(history=history, edits=(), language=language, problem="help")
    try:
        for message in messages:
            board = start.after(edits).board
            heard = about(message, board.panels[board.current] if board.panels else None)
            back = _steps_back(message, heard)
            if back:
                start, edits = _moved_back(start.after(edits), back), ()
                says = True
                continue
            if _is_gone_already(message, heard, board, start.board):
                continue
            edits += _edits(message, heard, board, picture)
            ignored += heard.reading.ignored
            says = says or bool(message.commands) or _says(heard.shot)
    except CannotError as error:
        return Turn(history=history, edits=(), language=language, problem=str(error), ignored=error.words)
    edits = joined_edits(edits)
    moved = bool(edits) or start is not history
    return Turn(
        history=start.after(edits),
        edits=edits,
        language=language,
        ignored=ignored,
        problem="" if moved else "unchanged" if says and not ignored else "not_understood",
    )


def _is_gone_already(message: Message, heard: Heard, board: Storyboard, start: Storyboard) -> bool:
    """Whether what should go has gone by the same message's words before: only the pizza, remove the apple."""
    if not message.asks("remove", "delete") or board.take is None or start.take is None or not heard.named:
        return False
    gone = {actor.kind for actor in start.take.shot.cast} - {actor.kind for actor in board.take.shot.cast}
    return bool(heard.shot.cast) and {actor.kind for actor in heard.shot.cast} <= gone


def _steps_back(message: Message, heard: Heard) -> int:
    """How many steps an undo goes back, a redo forward (less than 0); 0 where neither is asked for."""
    count = message.number("versions") or message.number("one") or 1
    if message.asks("undo_all"):
        return 10**6
    alone = {command.name for command in message.commands} <= {"cancel", "back", "redo", "versions"}
    if message.asks("undo") or (message.asks("cancel", "back") and heard.is_bare and alone):
        return count
    return -count if message.asks("redo") and heard.is_bare and alone else 0


def _moved_back(history: History, steps: int) -> History:
    """The history so many steps back or forward, or as far as it goes; at its end already, that is a problem."""
    now = history
    for _ in range(abs(steps)):
        moved = now.undone() if steps > 0 else now.redone()
        if moved is None:
            break
        now = moved
    if now is history:
        raise CannotError("nothing_to_undo" if steps > 0 else "nothing_to_redo")
    return now


def joined_edits(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Edits of one message in which a take that the next one changes again is left out: nothing is filmed twice.

    Where a message is about several shots, or also chooses takes, all stay, for takes are told by their places.
    """
    places = {
        edit.panel if isinstance(edit, AddTakes) else edit.at if isinstance(edit, AddPanel) else -1
        for edit in edits
    }
    if len(places) != 1 or sum(isinstance(edit, AddPanel) for edit in edits) > 1 or places == {-1}:
        return edits
    joined: list[Edit] = []
    for edit in edits:
        before = joined[-1] if joined else None
        if isinstance(edit, AddTakes) and isinstance(before, AddPanel) and _changes(edit, before):
            joined[-1] = AddPanel(at=before.at, take=replace(edit.takes[0], parent=None))
        elif isinstance(edit, AddTakes) and isinstance(before, AddTakes) and _replaces(edit, before):
            parent = before.takes[0].parent
            joined[-1] = replace(edit, takes=tuple(replace(take, parent=parent) for take in edit.takes))
        else:
            joined.append(edit)
    return tuple(joined)


def _changes(edit: AddTakes, before: AddPanel) -> bool:
    """Whether these are the new shot's own take, changed at once; by other seeds they are versions of it."""
    return [take.seed for take in edit.takes] == [before.take.seed]


def _replaces(edit: AddTakes, before: AddTakes) -> bool:
    return before.panel == edit.panel and len(before.takes) == 1


def _edits(message: Message, heard: Heard, board: Storyboard, picture: str | None) -> tuple[Edit, ...]:
    ordering = ordered(message, heard, board)
    if ordering is not None:
        return ordering
    if not board.panels or _is_new(message, heard, board, picture):
        return _new_shot(message, heard, board, picture)
    panel, base = _base(message, heard, board)
    if paints_scenery(message, heard):
        raise CannotError("scenery")
    panels = board.panels
    if panel != board.current and not heard.named:  # it, in another shot
        heard = about(message, panels[panel])
    if _sets_apart(message, heard, panels[panel].take.shot):
        raise CannotError("alike")
    old = panels[panel].takes[base]
    new = old if _asks_more(message, heard) else changed(message, heard, old, picture)
    count = _takes_asked(message, heard)
    if count is None and new == old:
        return () if panel == board.current or heard.reading.ignored else (Select(panel=panel),)
    seeds = [new.seed] if count is None else range(board.next_seed, board.next_seed + count)
    takes = tuple(replace(new, seed=seed, parent=base) for seed in seeds)
    return (AddTakes(panel=panel, takes=takes),)


def _sets_apart(message: Message, heard: Heard, shot: Shot) -> bool:
    """Whether one of several of a kind should differ from the others: "the second car", "one of them is red"."""
    counts = {actor.kind: actor.count or 1 for actor in shot.cast}
    several = [actor for actor in heard.shot.cast if counts.get(actor.kind, 1) > 1]
    tints = {piece.value("tint") for piece in pieces(tokens(message.rest)) if piece.has("tint")}
    if several and len(heard.shot.cast) == 1 and len(tints) > 1 and not message.asks("replace"):
        return True  # one red and one blue
    if heard.named:
        return bool(several) and message.number("one") is not None
    return any(
        (actor.count or MAX_COUNT) < counts[actor.kind] and facts(Shot(cast=(actor,))) > 2
        for actor in several
    )


def _new_shot(message: Message, heard: Heard, board: Storyboard, picture: str | None) -> tuple[Edit, ...]:
    """A shot that was not there: at the place that was said, or behind the current one."""
    stated = heard.shot
    if message.asks("new", "next") and not _says(stated) and picture is None:
        raise CannotError("say_what")
    if not board.panels and message.asks(*CHANGES, "again", "new") and not message.asks(*BEGINNINGS, "new"):
        raise CannotError("no_shot")
    if not _says(stated) and picture is None:
        if message.commands:
            raise CannotError("no_shot")
        raise CannotError("not_understood", heard.reading.ignored)
    if not stated.cast and _is_of_a_stranger(message.rest):
        raise CannotError("not_understood", heard.reading.ignored)
    at = board.current + 1 if board.panels else 0
    wanted = message.numbers("panel", "one", "number")
    if wanted:
        at = place_of(wanted[0], len(board.panels) + 1 if wanted[0] > 0 else len(board.panels))
        at += message.asks("after")
    last = message.asks("last_picture")
    cast = tuple(looks_of(actor, message, heard, board) for actor in stated.cast)
    take = Take(
        shot=replace(stated, cast=cast),
        seed=board.next_seed,
        first=None if last else picture,
        last=picture if last else None,
        loop=message.asks("loop"),
    )
    return (AddPanel(at=at, take=filmable(take)), *_more(message, at, take))


def _is_of_a_stranger(rest: str) -> bool:
    """Whether a shot is told to be of what nobody here knows: a blorptangle in the forest, 森林里一只噗噗兽."""
    cut = [piece for piece in pieces(tokens(rest)) if not (skippable(piece) and not _measures(piece))]
    if any(piece.has("prop") for piece in cut):
        return False
    known = [bool(piece.meanings) and not piece.has("other") for piece in cut]
    starts = [at for at in range(len(cut)) if not known[at] and (at == 0 or known[at - 1])]
    return any(_is_a_name(cut, at, at + [*known[at:], True].index(True)) for at in starts)


def _is_a_name(cut: list[Piece], start: int, end: int) -> bool:
    """Whether unknown words are what is filmed: at the beginning with a place or a verb behind them, or, behind a
    place, told as one of a kind: a blorptangle, 一只噗噗兽, Arabic without the article that the place has."""
    following = cut[end] if end < len(cut) else None
    if all(piece.has("number", "tint", "size", "word", "stop") for piece in cut[:start]):
        return following is not None and (
            following.has("verb")
            or following.value("word") in ("prep", "at", "in")
            or following.text.startswith("في ")
            or (
                following.has("backdrop") and following.text.split()[0].lower() in ("in", "on", "at", "under")
            )
        )
    if following is not None and not (following.has("verb") or following.value("word") == "pause"):
        return False
    before = cut[start - 1]
    if cut[start].language == "zh":
        told = [piece for piece in cut[:start] if not piece.has("size", "tint")][-2:]
        return len(told) == 2 and told[0].has("number") and _measures(told[1])
    if cut[start].language == "ar":
        bare = not cut[start].text.startswith(("ال", "و", "ب", "ل")) and not cut[start].text.endswith("ا")
        return bare and before.has("backdrop") and before.definite
    return cut[start].article == "a" and before.value("word") != "prep"


def _measures(piece: Piece) -> bool:
    """Whether this is a Chinese word that stands between a number and what is counted."""
    return piece.language == "zh" and piece.text in measures()


def _base(message: Message, heard: Heard, board: Storyboard) -> tuple[int, int]:
    """The panel and the take of it that a change starts from."""
    count, one = len(board.panels), message.number("one")
    panel = panel_of(heard.shot, board) if heard.named else board.current
    if message.number("panel") is not None:
        panel = place_of(message.number("panel"), count)
    take = message.number("take")
    if take is None and one is not None and is_tried(board.panels[panel]):
        return panel, take_of(message, board.panels[panel])
    if take is None and one is not None and not heard.shot.cast and count > 1:
        panel = place_of(one, count)
    if take is not None:
        return panel, place_of(take, len(board.panels[panel].takes), "no_such_take")
    return panel, board.panels[panel].chosen


def _takes_asked(message: Message, heard: Heard) -> int | None:
    versions = message.number("versions")
    if versions is not None:
        return max(1, min(versions, MOST_TAKES))
    if _asks_more(message, heard):
        return number_in(message.rest) or 1
    return 1 if message.asks("again") and not message.asks(*CHANGES) else None


def _asks_more(message: Message, heard: Heard) -> bool:
    """Whether "another" and "two more", without saying of what, ask for takes."""
    return message.asks("another") and heard.is_bare and not message.asks("add")


def _more(message: Message, at: int, take: Take) -> tuple[Edit, ...]:
    """The other takes of a new shot that was asked for in several versions."""
    count = max(1, min(message.number("versions") or 1, MOST_TAKES))
    more = tuple(replace(take, seed=take.seed + extra) for extra in range(1, count))
    return (AddTakes(panel=at, takes=more),) if more else ()


def _says(shot: Shot) -> bool:
    return facts(shot) > 0


def _is_new(message: Message, heard: Heard, board: Storyboard, picture: str | None) -> bool:
    """Whether a message describes another shot rather than a change of the one that is talked about."""
    stated = heard.shot
    if message.asks("new", "next") or (message.number("panel") == len(board.panels) + 1 and _says(stated)):
        return True
    if (
        message.then
        and stated.cast
        and stated.backdrop
        and heard.named
        and not message.asks(*CHANGES, "back")
    ):
        return True
    if not heard.named or message.asks(*CHANGES, "back") or not stated.cast or picture is not None:
        return False
    if message.number("panel") is not None:
        return False
    assert board.take is not None
    known = {actor.kind for actor in board.take.shot.cast}
    strangers = [actor for actor in stated.cast if actor.kind not in known]
    if strangers and stated.relations and len(strangers) < len(stated.cast) and not stated.backdrop:
        return False  # a tree behind the turtle that is there
    elsewhere = panel_of(stated, board) != board.current
    if strangers and elsewhere and not introduced(message.rest):
        return False
    return bool(strangers) or all(introduced(message.rest) and actor.motion for actor in stated.cast)
