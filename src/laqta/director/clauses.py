"""A message cut into clauses: where a command follows "and" or a pause, and where a whole scene follows "then"."""

from __future__ import annotations

from laqta.director.phrases import COUNTED, JOINTS, Item, phrase_at, value_of
from laqta.language.dictionary import pieces
from laqta.language.tokens import Token

CLAUSES = (
    "make", "put", "add", "remove", "replace", "faster", "slower", "bigger", "smaller", "turn", "longer", "shorter",
    "loop", "unloop", "stop", "delete", "move", "copy", "undo", "redo", "again", "goto", "only",
)  # fmt: skip
"""Commands that begin a clause of their own behind "and" or a pause."""
BEHIND = (
    "bigger", "smaller", "faster", "slower", "turn", "stop", "remove", "delete", "replace", "put", "only",
)  # fmt: skip
"""Commands that may stand behind the thing that they are about: the rabbit smaller, 大象变大."""
THEN = ("then", "next", "ثم", "بعدين", "بعدها", "然后", "接着", "接下来")
"""A message that begins so tells what comes after the shot."""


def clauses_of(items: list[Item]) -> list[list[Item]]:
    """The message cut before every joint behind which a command begins, once something was said before it."""
    clauses: list[list[Item]] = [[]]
    for at, item in enumerate(items):
        if _begins(item) and asks_something(clauses[-1]):
            joint = _joint_before(items, at)
            if joint is None and item.name in BEHIND:
                joint = _joint_before_its_thing(items, at, len(clauses[-1]))
            if joint is not None:
                behind = clauses[-1][len(clauses[-1]) - (at - joint) :] if at > joint else []
                del clauses[-1][len(clauses[-1]) - len(behind) :]
                if asks_something(clauses[-1]):
                    clauses.append([part for part in behind if not is_joint(part)])
                else:
                    clauses[-1] += behind
        clauses[-1].append(item)
    return clauses


def scenes_of(items: list[Item]) -> list[list[Item]]:
    """The message cut before every "then" behind which a whole scene is told: things, and the place they are in."""
    scenes: list[list[Item]] = [[]]
    for at, item in enumerate(items):
        if _is_then(item) and asks_something(scenes[-1]):
            end = next((later for later in range(at + 1, len(items)) if _is_then(items[later])), len(items))
            if _is_a_scene(items[at + 1 : end]):
                scenes.append([])
        scenes[-1].append(item)
    return scenes


def _is_then(item: Item) -> bool:
    return is_joint(item) and "".join(token.text for token in item.typed).lower() in THEN


def _is_a_scene(items: list[Item]) -> bool:
    if any(item.name not in ("", "joint", "courtesy") for item in items):
        return False
    cut = pieces([token for item in items for token in item.typed])
    return any(piece.has("prop") for piece in cut) and any(piece.has("backdrop") for piece in cut)


def _begins(item: Item) -> bool:
    """Whether a clause of its own may begin here: with a command, or with a phrase that hides one (make it snow)."""
    hides = not item.name and len(item.typed) > 1
    return item.name in CLAUSES or (hides and phrase_at(list(item.typed), 0)[0] in CLAUSES)


def _joint_before(items: list[Item], at: int) -> int | None:
    """Where the joint stands that a command comes right behind, but for words without a fact."""
    if items[at].typed[0].script == "ar" and items[at].typed[0].text.startswith("و"):
        return at
    for back in range(at - 1, -1, -1):
        if is_joint(items[back]) or _is_attached(items[back:at]):
            return back
        if not (is_idle([items[back]]) or (items[at].name in ("add", "put") and _is_a_place(items[back:at]))):
            return None
    return None


def _is_a_place(items: list[Item]) -> bool:
    """Whether these words say only where in the frame something is: on the left, a dog joins."""
    cut = pieces([token for item in items for token in item.typed])
    plain = all(not item.name and item.which is None for item in items)
    return (
        plain
        and any(piece.has("place") for piece in cut)
        and all(piece.has("place", "stop") for piece in cut)
    )


def _is_attached(items: list[Item]) -> bool:
    """Whether the Arabic "and" is written onto the first of these words without a fact, or of a place."""
    token = items[0].typed[0]
    attached = token.script == "ar" and token.text.startswith("و") and pieces(list(items[0].typed))[0].joined
    return attached and (is_idle(items) or _is_a_place(items))


def _joint_before_its_thing(items: list[Item], at: int, reach: int) -> int | None:
    """Where the joint stands before the thing that a command behind it is about, if a command stands before that."""
    for back in range(at - 1, at - reach, -1):
        token = items[back].typed[0]
        named = [
            piece
            for piece in pieces([each for item in items[back:at] for each in item.typed])
            if piece.has("prop")
        ]
        attached = token.script == "ar" and bool(named) and named[0].joined and token.text.startswith("و")
        if is_joint(items[back]) or attached:
            return (
                back
                if named and _says_of_a_thing(items[at - reach : back], token.script == "pause")
                else None
            )
        if items[back].name not in ("", "courtesy"):
            return None
    return None


def _says_of_a_thing(items: list[Item], pauses: bool) -> bool:
    """Whether a command stands here, or, before a pause, a thing with what it should be."""
    if any(item.name in CLAUSES for item in items):
        return True
    cut = pieces([token for item in items for token in item.typed])
    looks = any(piece.has("tint", "size", "place", "verb", "toward") for piece in cut)
    return pauses and looks and any(piece.has("prop") for piece in cut)


def is_joint(item: Item) -> bool:
    """Whether this joins two clauses: "and", "then", a pause."""
    token = item.typed[0]
    if item.name or item.which is not None:
        return item.name == "joint"
    return token.script == "pause" or token.forms[0].word in JOINTS


def is_idle(items: list[Item]) -> bool:
    """Whether these words carry no fact."""
    typed = [token for item in items for token in item.typed]
    return all(item.name in ("", "courtesy", "joint") for item in items) and all(
        piece.has("stop") or piece.value("word") == "pause" for piece in pieces(typed)
    )


def asks_something(items: list[Item]) -> bool:
    """Whether a clause asks for something by itself, more than which shot or take it is about."""
    if any(item.name in CLAUSES and item.name != "goto" for item in items):
        return True
    plain = [item for item in items if item.name not in (*COUNTED, "goto") and item.which is None]
    digits = {token.text for token in _numbers_beside(items)}
    return not is_idle([item for item in plain if item.typed[0].text not in digits])


def _numbers_beside(items: list[Item]) -> list[Token]:
    return [
        items[at].typed[0]
        for at in range(len(items))
        for beside in (at - 1, at + 1)
        if 0 <= beside < len(items)
        and items[beside].name in COUNTED
        and not items[at].name
        and value_of(items[at].typed[0]) is not None
    ]
