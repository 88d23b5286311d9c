"""What a message asks of the storyboard: the commands of each of its clauses, and the words left over.

A message is cut into clauses where a command follows "and" or a pause; each is done after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from laqta.director.clauses import CLAUSES, THEN, asks_something, clauses_of, is_joint, scenes_of
from laqta.director.phrases import COUNTED, OBJECT, Item, items_of, meant, together, value_of
from laqta.language.dictionary import known_words, pieces
from laqta.language.tokens import Form, Token, tokens

BESIDE = ("before", "after")
"""Commands that are none without the place of a shot beside them: before the second."""
CHANGES = (
    "make", "put", "add", "another", "remove", "delete", "cancel", "stop", "only", "replace", "instead", "faster",
    "slower", "bigger", "smaller", "turn", "longer", "shorter", "loop", "unloop", "move", "other",
)  # fmt: skip
"""Commands that change the shot that is talked about."""
ALSO = ("and", "also", "plus", "with", "مع", "还")
"""A message that begins so adds to the shot."""
WHOLE = ("to", "إلى", "الي", "حتى", "حتي", "到", "至", "成")
"""Words before a length that is meant as a whole: extend it to 8 seconds."""
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

    `pronoun` is what stands for things on stage: "it"; "him" and "her" where Arabic tells; "them" for all. `then` where
    it tells what comes after, `whole` where its length is no longer or shorter by so much but the length wished.
    """

    commands: tuple[Command, ...]
    rest: str
    pronoun: Pronoun = ""
    then: bool = False
    whole: bool = False

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
    typed = together([meant(token) for token in tokens(text)])
    if len(typed) == 1 and typed[0].script == "number" and (number := value_of(typed[0])) is not None:
        return (Message(commands=(Command(name="number", number=number),), rest=""),)
    items = items_of(typed)
    scenes = [[_message(clause) for clause in clauses_of(scene)] for scene in scenes_of(items)]
    for scene in scenes[1:]:
        scene[0] = replace(scene[0], then=True)
    clauses = [clause for scene in scenes for clause in scene]
    first = typed[0].forms[0] if typed and typed[0].forms and not items[0].name else None
    on = typed[1:2] if first is not None and first.word in ALSO else typed[:1]  # and then
    begins = "".join(token.text for token in typed[:3]) if typed and typed[0].script == "zh" else ""
    then = begins.startswith(THEN) or any(form.word in THEN for token in on for form in token.forms)
    also = first is not None and (first.word in ALSO or any(form.joined for form in _known(typed[0])))
    if also and not then and not clauses[0].asks("again", "versions"):
        clauses[0] = replace(clauses[0], commands=(Command(name="add"), *clauses[0].commands))
    if then:
        clauses[0] = replace(clauses[0], then=True)
    clauses = [_rather(clause) for clause in clauses]
    around = zip([None, *clauses], clauses, [*clauses[1:], None], strict=False)
    kept = tuple(
        clause
        for before, clause, after in around
        if not (
            _complains(clause, after) or _gives_way(clause, after) or _only_repeats(clause, before, after)
        )
    )
    return kept or tuple(clauses)


def _gives_way(clause: Message, after: Message | None) -> bool:
    """Whether a clause wants gone what the next one gives to another: no horse, swap the horse for an elephant."""
    if after is None or not clause.asks("remove") or not after.asks("replace", "instead"):
        return False
    gone, given = _props(clause.rest), _props(after.rest)
    return bool(gone) and gone <= given


def _only_repeats(clause: Message, before: Message | None, after: Message | None) -> bool:
    """Whether a bare "delete" only says again that what stands beside it should go: 车子不要了，删掉."""
    if not clause.commands or {command.name for command in clause.commands} - {"remove", "delete"}:
        return False
    said = any(beside is not None and _wants_gone(beside) for beside in (before, after))
    return said and all(
        piece.has("stop") or piece.value("word") == "pause" for piece in pieces(tokens(clause.rest))
    )


def _wants_gone(clause: Message) -> bool:
    return clause.asks("remove", "delete") and bool(_props(clause.rest))


def _props(rest: str) -> set[str | None]:
    return {piece.value("prop") for piece in pieces(tokens(rest)) if piece.has("prop")}


def _rather(clause: Message) -> Message:
    """The clause as what it wishes where it also says what it wishes it for: not red, blue; 不要红色，要蓝色."""
    if not clause.asks("remove") or clause.asks("replace", "instead"):
        return clause
    cut = pieces(tokens(clause.rest))
    for at, piece in enumerate(cut):
        slot = next(
            (slot for slot in ("tint", "size", "time", "weather", "backdrop") if piece.has(slot)), None
        )
        if slot is None or piece.has("prop"):
            continue
        if any(later.has(slot) and later.value(slot) != piece.value(slot) for later in cut[at + 1 :]):
            kept = tuple(command for command in clause.commands if command.name != "remove")
            gap = "" if piece.language == "zh" else " "
            return replace(clause, commands=kept, rest=gap.join(each.text for each in cut[at + 1 :]))
    return clause


def _complains(clause: Message, after: Message | None) -> bool:
    """Whether a clause only says what is wrong that the next one mends: it is small, make it bigger."""
    if after is None or clause.commands or not after.asks("bigger", "smaller", "faster", "slower"):
        return False
    cut = pieces(tokens(clause.rest))
    looks = all(piece.has("size", "speed", "stop") or piece.value("word") == "pause" for piece in cut)
    return looks and any(piece.has("size", "speed") for piece in cut)


def _known(token: Token) -> tuple[Form, ...]:
    """The forms of an Arabic word that stand in the dictionary, none where the word as typed does."""
    words = known_words("ar")
    if token.script != "ar" or token.forms[0].word in words:
        return ()
    return tuple(form for form in token.forms if form.word in words)


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
        elif item.name == "few":
            found.append(Command(name="versions", number=3))
        elif not item.name or not _is_asked(items, at - 1) or _stands_on_it(items, at - 1):
            left += item.typed if left or item.typed[0].script != "pause" else ()
        elif item.name not in ("courtesy", "joint"):
            found.append(Command(name=item.name))
        if item.name in ("replace", "instead") and at < len(items):
            left.append(PAUSE)  # what stands before it and what stands behind it are two things
    return Message(commands=tuple(found), rest=_joined(left), pronoun=_pronoun(items), whole=_is_whole(items))


def _is_whole(items: list[Item]) -> bool:
    """Whether a length is told as a whole: "to 8 seconds", or behind a pause: "too long, 6 seconds"."""
    adjusted = False
    for before, item in pairwise(items):
        adjusted = adjusted or before.name in ("longer", "shorter")
        if item.name or value_of(item.typed[0]) is None:
            continue
        word = before.typed[-1].text
        if word in WHOLE or (adjusted and before.typed[0].script == "pause"):
            return True
    return False


def _is_asked(items: list[Item], at: int) -> bool:
    """Whether a command is meant as one where it stands: "before" has the place of a shot beside it, a picture is
    told to go, and the Arabic for "the other one" has its article."""
    item = items[at]
    if item.name == "only" and item.typed[0].text == "只" and at:  # that one, wants
        return items[at - 1].typed[-1].text not in "那这另" and value_of(items[at - 1].typed[-1]) is None
    if item.name == "another" and len(item.typed) == 1 and item.typed[0].script == "ar":  # too, not a violin
        around = pieces([token for other in items if other is not item for token in other.typed])
        return item.typed[0].text.endswith("كمان") and (at == 0 or any(piece.has("prop") for piece in around))
    if item.name == "again" and item.typed[0].text.lower() == "again":  # make it day again
        return len(item.typed) > 1 or at + 1 < len(items) or not asks_something(items[:at])
    if item.name == "only" and item.typed[0].text == "بس":  # only the rabbit, not but faster
        return at == 0 and not any(other.name in CLAUSES for other in items[1:])
    if item.name in ("longer", "shorter") and item.typed[-1].text in ("长", "短") and len(item.typed) == 1:
        return at + 1 < len(items) and value_of(items[at + 1].typed[0]) is not None  # shorter by two seconds
    if item.name in BESIDE:
        beside = items[at - 1 : at] if item.typed[0].script == "zh" else items[at + 1 : at + 3]
        return any(one.which is not None or one.name == "panel" for one in beside)
    if item.name == "picture":
        return any(other.name in ("remove", "delete", "cancel") for other in items)
    if item.name in ("bigger", "smaller", "faster", "slower") and item.typed[0].script == "ar":
        complaint = len(item.typed) > 1 and any(
            piece.has("size", "speed") for piece in pieces(list(item.typed))
        )
        return not (complaint and any(other.name == "make" for other in items))  # make it very small
    if item.name == "other" and item.typed[0].script == "ar":
        return any(form.definite for form in item.typed[0].forms)
    return True


def _stands_on_it(items: list[Item], at: int) -> bool:
    """Whether the Chinese for "the last one" is "on it a" here: 海滩上一个球 is a ball on the beach."""
    if items[at].name != "previous_take" or items[at].typed[0].text not in "上前" or not at:
        return False
    before = pieces([token for item in items[:at] for token in item.typed])[-1]
    return before.has("prop", "backdrop")


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
        skip = 1 if numbers and is_joint(items[at + taken]) and at + taken + 1 < len(items) else 0
        item = items[at + taken + skip]
        value = value_of(item.typed[0]) if item.which is None else item.which
        if item.name or value is None or _is_a_length(items, at + taken + skip):
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


def _is_a_length(items: list[Item], at: int) -> bool:
    """Whether a number is one of seconds or minutes, not of a shot: the length of the shot 8 seconds."""
    if items[at].which is not None or at + 1 == len(items) or items[at + 1].name or items[at + 1].which:
        return False
    return pieces(list(items[at + 1].typed))[0].has("unit")


def _pronoun(items: list[Item]) -> Pronoun:
    found: Pronoun = ""
    for item in items:
        if not item.name and len(item.typed) > 1:  # let it snow
            continue
        for token in item.typed:
            words = {form.word for form in token.forms} | {token.text}
            if words & MANY or token.text == "们":
                return "them"
            if words & SINGLE:
                found = "it"
        end = OBJECT.search(item.typed[-1].text) if item.name in (*CLAUSES, "instead") else None
        if end and item.typed[-1].script == "ar":
            if end.group() in ("هم", "هما", "هن"):
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
