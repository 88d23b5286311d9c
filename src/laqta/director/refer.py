"""What a message refers to: the thing that a pronoun stands for, the shot in which a named thing stands."""

from __future__ import annotations

from dataclasses import replace

from laqta.director.commands import PAUSE
from laqta.director.storyboard import Storyboard, Take
from laqta.language.lexicon import Language, nouns
from laqta.language.read import Reading, read
from laqta.language.tokens import tokens
from laqta.shot import SIDED_VERBS, Actor, Motion, Shot

PRONOUNS = {
    "en": ("it", "him", "her", "them", "he", "she", "they"),
    "ar": ("هو", "هي", "هم"),
    "zh": ("它", "他", "她", "它们"),
}


def about(rest: str, take: Take | None) -> tuple[Reading, bool]:
    """The reading of a message, and whether it names its things itself.

    A pronoun, or nothing at all, may stand for the leading thing on stage. A word that only makes sense beside the
    thing that is named elsewhere in the message ("the fish should turn yellow") is read beside it.
    """
    whole, split = read(rest.replace(PAUSE.text, "")), read(rest)
    plain = whole if len(whole.ignored) < len(split.ignored) else split
    if PAUSE.text in rest and not plain.shot.cast and plain.ignored:
        plain = _last_said(rest, plain)
    if len(plain.shot.cast) == 1 and plain.ignored:
        actor = plain.shot.cast[0]
        gap = "" if plain.language == "zh" else " "
        beside = _beside(gap.join(plain.ignored), actor.kind, plain.language)
        if not beside.ignored and len(beside.shot.cast) == 1:
            cast = (merged(actor, beside.shot.cast[0]),)
            return replace(plain, shot=replace(plain.shot, cast=cast), ignored=()), True
    if take is None or not take.shot.cast or plain.shot.cast:
        return plain, True
    words = [
        token for token in tokens(rest) if token.forms and token.forms[0].word not in PRONOUNS[plain.language]
    ]
    bare = ("" if plain.language == "zh" else " ").join(token.text for token in words)
    named = _beside(bare, take.shot.cast[0].kind, plain.language)
    return (named, False) if len(named.ignored) < len(plain.ignored) else (plain, True)


def _last_said(rest: str, plain: Reading) -> Reading:
    """One place, time or weather put for another ("the garden with a beach"): what the sentence ends with."""
    words = rest.split() if " " in rest.strip() else list(rest)
    gap = " " if " " in rest.strip() else ""
    ends = (read(gap.join(words[at:])) for at in range(1, len(words)))
    return next((end for end in ends if not end.ignored and facts(end.shot)), plain)


def _beside(bare: str, kind: str, language: Language) -> Reading:
    """Words read beside the name of a thing, before or behind it, whichever leaves fewer of them over; or of a film."""
    name = nouns(language)[kind].name
    clip = {"en": f"{bare} video", "ar": f"فيديو {bare}", "zh": f"{bare}视频"}[language]
    orders = [f"{bare} {name}", f"{name} {bare}", *([f"{bare}的{name}"] if language == "zh" else []), clip]
    return min(map(read, orders), key=lambda reading: (len(reading.ignored), -facts(reading.shot)))


def facts(shot: Shot) -> int:
    """How much a shot states."""
    scene = (shot.backdrop, shot.time, shot.weather, shot.camera, shot.seconds, shot.format)
    of_actors = sum(
        value is not None
        for actor in shot.cast
        for value in (actor.count, actor.size, actor.tint, actor.place, actor.facing, actor.motion)
    )
    return sum(value is not None for value in scene) + of_actors + len(shot.cast) + len(shot.relations)


def introduced(rest: str) -> bool:
    """Whether a thing is brought in as new: "a cat", 一只猫; Arabic tells by the missing article."""
    words = tokens(rest)
    if any(token.article == "the" for token in words):
        return False
    if any(token.article == "a" for token in words):
        return True
    arabic = [token for token in words if token.script == "ar"]
    if arabic:
        return not arabic[0].forms[-1].definite
    return bool(words) and words[0].text in "一两二三"


def panel_of(stated: Shot, board: Storyboard) -> int:
    """The panel that a change is about: the current one, unless the things named stand in another one alone."""
    named = {actor.kind for actor in stated.cast}
    order = sorted(range(len(board.panels)), key=lambda at: abs(at - board.current))
    there = [at for at in order if named <= {actor.kind for actor in board.panels[at].take.shot.cast}]
    current = {actor.kind for actor in board.panels[board.current].take.shot.cast}
    return there[0] if named and there and not named & current else board.current


def merged(actor: Actor, stated: Actor) -> Actor:
    """An actor with what was newly stated of it; a new verb keeps the speed, and the side where it has one."""
    said = {
        name: value
        for name in ("count", "size", "tint", "place", "facing")
        if (value := getattr(stated, name)) is not None
    }
    motion = actor.motion
    if stated.motion is not None:
        old = actor.motion or stated.motion
        toward = stated.motion.toward or (old.toward if stated.motion.verb in SIDED_VERBS else None)
        motion = Motion(verb=stated.motion.verb, toward=toward, speed=stated.motion.speed or old.speed)
    return replace(actor, **said, motion=motion)
