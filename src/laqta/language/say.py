"""What the three writers share: a seeded choice among phrases, and the phrases for the parts of a shot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from laqta.language.lexicon import Language, meanings, ways
from laqta.shot import Actor, Motion, Shot, Side

MARKS = "".join(map(chr, range(0xE000, 0xE100)))
"""Characters for private use, which no caption holds: one opens what is said of each actor."""
END = chr(0xF8FF)
"""It closes it."""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A language and the dice that choose among its phrases; without dice it says what is most usual."""

    language: Language
    dice: Random | None = None

    def phrase(self, slot: str, value: str) -> str:
        """One of the said phrases for a meaning; an English verb without its irregular forms (swing/swung)."""
        said = meanings(self.language)[slot, value].said
        phrase = said[0] if self.dice is None else self.dice.choice(said)
        return re.sub(r"/[a-z/]+", "", phrase) if self.language == "en" else phrase

    def verb(self, kind: str, motion: Motion) -> str:
        """A verb phrase in its base form, as this kind of prop does it: a fish that flies swims.

        A car that walks does so on foot: Arabic has one verb for what walkers and vehicles do, which would be
        read as driving.
        """
        own_way = f"{motion.verb}/{ways().get(kind, '')}"
        if motion.verb == "walk" and kind in ways():
            own_way = "walk/afoot"
        return self.phrase("verb", own_way if ("verb", own_way) in meanings(self.language) else motion.verb)

    def maybe(self, share: float = 0.5) -> bool:
        """True in this share of the seeds."""
        return share > 0.5 if self.dice is None else self.dice.random() < share

    def spot(self, last: int) -> int:
        """A place from 0 to `last`."""
        return 0 if self.dice is None else self.dice.randint(0, last)


@dataclass(frozen=True, kw_only=True)
class Span:
    """Part of a text, from character `start` up to `end`, that is said of the actor at `actor` in the cast."""

    actor: int
    start: int
    end: int


def about(actor: int, words: str) -> str:
    """Words with the marks of what is said of the actor at this place in the cast; `unmarked` takes them out."""
    return f"{MARKS[actor]}{words}{END}"


def unmarked(text: str) -> tuple[str, tuple[Span, ...]]:
    """A text without its marks, and the spans that they marked."""
    words, spans, done = "", [], 0
    for mark in re.finditer(f"[{MARKS}]([^{END}]*){END}", text):
        words += text[done : mark.start()]
        spans.append(Span(actor=MARKS.index(mark[0][0]), start=len(words), end=len(words) + len(mark[1])))
        words += mark[1]
        done = mark.end()
    return words + text[done:], tuple(spans)


def other(side: Side) -> Side:
    """The opposite side."""
    return "left" if side == "right" else "right"


def share_a_motion(shot: Shot) -> bool:
    """Whether several single actors move alike, so that one verb can stand for all of them."""
    alike = {actor.motion for actor in shot.cast}
    way = {ways().get(actor.kind, "") for actor in shot.cast}
    bare = all(actor.facing is None and actor.place is None for actor in shot.cast)
    few = all(actor.count in (None, 1) for actor in shot.cast)
    return len(shot.cast) == 2 and len(alike) == len(way) == 1 and None not in alike and bare and few


def all_or_none_move(shot: Shot) -> bool:
    """Whether no thing at rest in the words ("a cat and a dog walks") could be taken to share a verb."""
    return len({actor.motion is None for actor in shot.cast}) == 1


def looks_alone(actor: Actor, shot: Shot) -> bool:
    """Whether the actor's kind is enough to tell it from the rest of the cast."""
    return sum(member.kind == actor.kind for member in shot.cast) == 1
