"""Edits of the film's order: which shot is shown, moved, copied or deleted, and which take of it is chosen."""

from __future__ import annotations

from laqta.director.change import CannotError
from laqta.director.commands import CHANGES, Message
from laqta.director.past import is_tried, newest
from laqta.director.refer import Heard, facts, hints
from laqta.director.storyboard import (
    Choose,
    CopyPanel,
    Edit,
    MovePanel,
    Panel,
    RemovePanel,
    Select,
    Storyboard,
)
from laqta.language.read import read

MOST_COPIES = 8


def ordered(message: Message, heard: Heard, board: Storyboard) -> tuple[Edit, ...] | None:
    """Edits of the film's order, of what is shown and of what is talked about; None where a message asks for none."""
    count = len(board.panels)
    if message.asks("clear"):
        return _some(tuple(RemovePanel(panel=0) for _ in board.panels))
    if not (heard.is_bare or _only_points(message)) or message.asks(
        "new", "first_picture", "last_picture", "this_picture", "picture"
    ):
        return None
    shots, one = message.numbers("panel"), message.numbers("one", "number")
    if message.asks("delete", "remove") and message.numbers("take"):
        raise CannotError("takes_stay" if count else "no_shot")
    if message.asks("replace") and message.asks("panel"):
        return _swap(message, count)
    if message.asks("move", "make", "put") or (shots and message.asks("start", "end")):
        moved = _move(message, board)
        if moved is not None:
            return moved
    if message.asks("delete") or (message.asks("remove") and shots + one):
        return _deleted(message, board)
    if message.asks("copy") and not message.asks("loop"):
        copy = CopyPanel(panel=place_of((shots + one)[0], count) if shots + one else board.current)
        return _some((copy,) * min(count, 1) * min(message.number("versions") or 1, MOST_COPIES))
    return _chosen(message, board)


def _only_points(message: Message) -> bool:
    """Whether the words beside the place of a take or a shot mean nothing here, and none hints at a wish."""
    if not message.numbers("panel", "take", "one") or message.asks(*CHANGES):
        return False
    return not facts(read(message.rest).shot) and not hints(message.rest)


def _deleted(message: Message, board: Storyboard) -> tuple[Edit, ...] | None:
    """Shots leave the film; "delete it" is about a thing where several are on stage."""
    count, numbers = len(board.panels), message.numbers("panel", "one", "number")
    several = board.take is not None and len(board.take.shot.cast) > 1
    if message.pronoun and several and not numbers:
        return None
    wanted = {place_of(number, count) for number in numbers} or {board.current}
    return _some(tuple(RemovePanel(panel=panel) for panel in sorted(wanted, reverse=True))[:count])


def _chosen(message: Message, board: Storyboard) -> tuple[Edit, ...] | None:
    """Another take is shown, or another shot talked about."""
    if message.asks("again", "another", "versions", *CHANGES) and not message.asks("goto", "back"):
        return None
    count, panel = len(board.panels), board.current
    shots, takes, one = message.numbers("panel"), message.numbers("take"), message.numbers("one", "number")
    asks_step = message.asks("previous_shot", "previous_take") or (message.asks("next") and panel + 1 < count)
    if not (shots or takes or one or asks_step):
        return None
    if not count:
        raise CannotError("no_shot")
    if message.asks("previous_shot", "next"):
        return (Select(panel=place_of(panel if message.asks("previous_shot") else panel + 2, count)),)
    if shots:
        panel = place_of(shots[0], count)
    held = board.panels[panel]
    if message.asks("previous_take") and not held.chosen and panel:  # the one before has no version: the shot
        return (Select(panel=panel - 1),)
    if message.asks("previous_take"):
        return (Choose(panel=panel, take=place_of(held.chosen, len(held.takes), "no_such_take")),)
    if one and not takes and not shots and not is_tried(held) and count > 1:
        return (Select(panel=place_of(one[0], count)),)
    if takes or (one and not shots):
        return (Choose(panel=panel, take=take_of(message, held)),)
    return (Select(panel=panel),)


def _move(message: Message, board: Storyboard) -> tuple[Edit, ...] | None:
    """A shot goes before or behind another, to a place, to the start or the end."""
    count, numbers = len(board.panels), message.numbers("panel", "one", "number")
    beside = message.asks("before", "after")
    if not (numbers or beside or message.asks("start", "end", "position", "move")):
        return None
    if message.asks("make", "put") and not message.asks("move", "start", "end", "position") and not beside:
        return None
    if not count:
        raise CannotError("no_shot")
    target = numbers.pop() if beside or (len(numbers) > 1 and not message.asks("start", "end")) else None
    panel = place_of(numbers[0], count) if numbers else board.current
    if message.asks("start", "end"):
        to = 0 if message.asks("start") else count - 1
    elif message.number("position") is not None:
        to = place_of(message.number("position"), count)
    elif target is None:
        raise CannotError("move_where")
    else:
        to = place_of(target, count)
        if beside:
            to += message.asks("after") - (panel < to)
    return (MovePanel(panel=panel, to=to),) if to != panel else ()


def take_of(message: Message, panel: Panel) -> int:
    """Which take is meant: "take 2" and "2" count from the first, "the second one" among those asked for last."""
    one, batch = message.number("one"), newest(panel)
    if one is not None and message.number("take") is None and 0 < one <= len(batch):
        return batch[one - 1]
    return place_of(message.numbers("take", "number", "one")[0], len(panel.takes), "no_such_take")


def _swap(message: Message, count: int) -> tuple[Edit, ...]:
    """Two shots in each other's places: shots 1 and 2, or "the two shots" where there are two."""
    numbers = message.numbers("panel", "one", "number")
    pair = sorted(place_of(number, count) for number in numbers or [1, 2])
    if len(pair) != 2 or (count > 2 and not numbers):
        raise CannotError("no_such_shot")
    one, two = pair
    there = (MovePanel(panel=two, to=one),)
    return (*there, MovePanel(panel=one + 1, to=two)) if two > one + 1 else there


def _some(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    if not edits:
        raise CannotError("no_shot")
    return edits


def place_of(number: int | None, count: int, problem: str = "no_such_shot") -> int:
    """The place from 0 on of the first, second, last; raises `CannotError` where there is none."""
    assert number is not None
    place = number - 1 if number > 0 else count + number
    if not 0 <= place < count:
        raise CannotError(problem if count else "no_shot")
    return place
