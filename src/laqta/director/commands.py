"""What a message asks of the storyboard: the commands of each of its clauses, and the words left over.

A message is cut into clauses where a command follows "and" or a pause; each is done after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from laqta.director.phrases import COUNTED, JOINTS, OBJECT, Item, items_of, meant, value_of
from laqta.language.dictionary import known_words, pieces
from laqta.language.tokens import Form, Token, tokens

BESIDE = ("before", "after")
"""Commands that are none without the place of a shot beside them: before the second."""
CLAUSES = (
    "make", "put", "add", "remove", "replace", "faster", "slower", "bigger", "smaller", "turn", "longer", "shorter",
    "loop", "unloop", "stop", "delete", "move", "copy", "undo", "redo", "again", "goto", "only",
)  # fmt: skip
"""Commands that begin a clause of their own behind "and" or a pause."""
CHANGES = (
    "make", "put", "add", "another", "remove", "delete", "cancel", "stop", "only", "replace", "instead", "faster",
    "slower", "bigger", "smaller", "turn", "longer", "shorter", "loop", "unloop", "move", "other",
)  # fmt: skip
"""Commands that change the shot that is talked about."""
ALSO = ("and", "also", "plus", "with", "مع", "还")
"""A message that begins so adds to the shot."""
MANY = {
    "them", "they", "both", "all", "everything", "everyone", "منهم", "منهما", "كلهم", "كلاهما", "كليهما", "جميعهم",
    "الاثنين", "都",
}  # fmt: skip
"""Words for all things on stage."""
SINGLE = {"it", "him", "her", "he", "she", "its", "هو", "هي", "منه", "منها", "它", "他", "她", "们"}
"""Words for the thing that was talked about last; 们 is their Chinese plural."""
PAUSE = Token(text=",", script="pause", forms=())

Pronoun = Literal["", "it", "him", "her", "them"]


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command; `number` is 1 for the first, -1 for the last, None where none was said."""

    name: str
    number: int | None = None


@dataclass(frozen=True, kw_only=True)
class Message:
    """A clause taken apart: its commands in order, and `rest`, the clause without them.

    `pronoun` is what stands for things on stage: "it"; "him" and "her" where Arabic tells; "them" for all.
    """

    commands: tuple[Command, ...]
    rest: str
    pronoun: Pronoun = ""

    def number(self, name: str) -> int | None:
        """The number that was said with a command, if any."""
        return next(iter(self.numbers(name)), None)

    def numbers(self, *names: str) -> list[int]:
        """All numbers that were said with these commands, in order."""
        return [
            command.number
            for command in self.commands
            if command.name in names and command.number is not None
        ]

    def asks(self, *names: str) -> bool:
        """Whether one of these commands is in it."""
        return any(command.name in names for command in self.commands)


def take_apart(text: str) -> tuple[Message, ...]:
    """The clauses of a message with their commands, the longest phrase first; one clause at least."""
    typed = [meant(token) for token in tokens(text)]
    if len(typed) == 1 and typed[0].script == "number" and (number := value_of(typed[0])) is not None:
        return (Message(commands=(Command(name="number", number=number),), rest=""),)
    items = items_of(typed)
    clauses = [_message(clause) for clause in _clauses(items)]
    first = typed[0].forms[0] if typed and typed[0].forms and not items[0].name else None
    if first is not None and (first.word in ALSO or any(form.joined for form in _known(typed[0]))):
        clauses[0] = replace(clauses[0], commands=(Command(name="add"), *clauses[0].commands))
    return tuple(clauses)


def _known(token: Token) -> tuple[Form, ...]:
    """The forms of an Arabic word that stand in the dictionary, none where the word as typed does."""
    words = known_words("ar")
    if token.script != "ar" or token.forms[0].word in words:
        return ()
    return tuple(form for form in token.forms if form.word in words)


def _clauses(items: list[Item]) -> list[list[Item]]:
    """The message cut before every joint behind which a command begins, once something was said before it."""
    clauses: list[list[Item]] = [[]]
    for at, item in enumerate(items):
        if item.name in CLAUSES and _says(clauses[-1]):
            joint = _joint_before(items, at)
            if joint is not None:
                behind = clauses[-1][len(clauses[-1]) - (at - joint) :] if at > joint else []
                del clauses[-1][len(clauses[-1]) - len(behind) :]
                if _says(clauses[-1]):
                    clauses.append([part for part in behind if not _is_joint(part)])
                else:
                    clauses[-1] += behind
        clauses[-1].append(item)
    return clauses


def _joint_before(items: list[Item], at: int) -> int | None:
    """Where the joint stands that a command comes right behind, but for words without a fact."""
    if items[at].typed[0].script == "ar" and items[at].typed[0].text.startswith("و"):
        return at
    for back in range(at - 1, -1, -1):
        if _is_joint(items[back]):
            return back
        if not _is_idle([items[back]]):
            return None
    return None


def _is_joint(item: Item) -> bool:
    token = item.typed[0]
    if item.name or item.which is not None:
        return item.name == "joint"
    return token.script == "pause" or token.forms[0].word in JOINTS


def _is_idle(items: list[Item]) -> bool:
    """Whether these words carry no fact."""
    typed = [token for item in items for token in item.typed]
    return all(item.name in ("", "courtesy", "joint") for item in items) and all(
        piece.has("stop") or piece.value("word") == "pause" for piece in pieces(typed)
    )


def _says(items: list[Item]) -> bool:
    """Whether a clause asks for something by itself, more than which shot or take it is about."""
    if any(item.name in CLAUSES and item.name != "goto" for item in items):
        return True
    plain = [item for item in items if item.name not in (*COUNTED, "goto") and item.which is None]
    digits = {token.text for token in _numbers_beside(items)}
    return not _is_idle([item for item in plain if item.typed[0].text not in digits])


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


def _message(items: list[Item]) -> Message:
    """The commands of a clause with their numbers, and what is left over."""
    found: list[Command] = []
    left: list[Token] = []
    at = 0
    while at < len(items):
        item = items[at]
        at += 1
        if item.which is not None:
            found.append(Command(name=_asked(item.name, True), number=item.which))
        elif item.name in COUNTED:
            number, length = _number(item.name, items, at, left)
            left += [] if number else item.typed
            found += number or ([Command(name="panel")] if item.name == "panel" else [])
            at += length
        elif item.name == "pair":
            found.append(Command(name="versions", number=2))
        elif not item.name or not _is_asked(items, at - 1):
            left += item.typed
        elif item.name not in ("courtesy", "joint"):
            found.append(Command(name=item.name))
        if item.name in ("replace", "instead") and at < len(items):
            left.append(PAUSE)  # what stands before it and what stands behind it are two things
    return Message(commands=tuple(found), rest=_joined(left), pronoun=_pronoun(items))


def _is_asked(items: list[Item], at: int) -> bool:
    """Whether a command is meant as one where it stands: "before" has the place of a shot beside it, a picture is
    told to go, and the Arabic for "the other one" has its article."""
    item = items[at]
    if item.name in BESIDE:
        beside = items[at - 1 : at] if item.typed[0].script == "zh" else items[at + 1 : at + 3]
        return any(one.which is not None or one.name == "panel" for one in beside)
    if item.name == "picture":
        return any(other.name in ("remove", "delete", "cancel") for other in items)
    if item.name == "other" and item.typed[0].script == "ar":
        return any(form.definite for form in item.typed[0].forms)
    return True


def _asked(name: str, which: bool) -> str:
    """ "the third version" asks for a take, "three versions" for versions."""
    return "take" if name == "versions" and which else name or "one"


def _number(name: str, items: list[Item], at: int, left: list[Token]) -> tuple[list[Command], int]:
    """The numbers of what is counted, which one or how many, and how many more items they take.

    A number behind it says which ("take 3", "shots 1 and 2"), one before it how many ("three takes"); 3号 is which.
    """
    numbers: list[int] = []
    taken = 0
    while at + taken < len(items):
        skip = 1 if numbers and _is_joint(items[at + taken]) and at + taken + 1 < len(items) else 0
        item = items[at + taken + skip]
        value = value_of(item.typed[0]) if item.which is None else item.which
        if item.name or value is None:
            break
        numbers.append(value)
        taken += 1 + skip
    if numbers:
        return [Command(name=_asked(name, True), number=number) for number in numbers], taken
    value = value_of(left[-1]) if left else None
    if value is None or name in ("panel", "position") or (name == "number" and left[-1].script != "number"):
        return [], 0
    left.pop()
    return [Command(name=_asked(name, False), number=value)], 0


def _pronoun(items: list[Item]) -> Pronoun:
    found: Pronoun = ""
    for item in items:
        for token in item.typed:
            words = {form.word for form in token.forms} | {token.text}
            if words & MANY or token.text == "们":
                return "them"
            if words & SINGLE:
                found = "it"
        end = OBJECT.search(item.typed[-1].text) if item.name in (*CLAUSES, "instead") else None
        if end and item.typed[-1].script == "ar":
            if end.group() in ("هم", "هما"):
                return "them"
            found = "her" if end.group() == "ها" else "him"
    return found


def _joined(left: list[Token]) -> str:
    """Tokens as a sentence again: Chinese without spaces, English with its articles."""
    words: list[str] = []
    for before, token in zip([None, *left], left, strict=False):
        if words and not (token.script == "zh" and before is not None and before.script == "zh"):
            words.append(" ")
        words += [token.article + " "] if token.article else []
        words.append(token.text)
    return "".join(words)
