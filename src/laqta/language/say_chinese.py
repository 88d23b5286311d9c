"""A shot in simplified Chinese."""

from __future__ import annotations

from laqta.language.lexicon import nouns
from laqta.language.say import Voice, about, looks_alone, other, share_a_motion
from laqta.shot import Actor, Motion, Relation, Shot

NUMERALS = {1: "一", 2: "两", 3: "三"}
"""Before a measure word two is 两, never 二."""


def sentence(shot: Shot, voice: Voice) -> str:
    """All that the shot states, as one sentence."""
    said = [
        voice.phrase(slot, value)
        for slot, value in (("time", shot.time), ("weather", shot.weather), ("backdrop", shot.backdrop))
        if value is not None
    ]
    scene = "，".join(said) if voice.maybe() else "".join(said)
    cast = _cast(shot, voice)
    camera = voice.phrase("camera", shot.camera) if shot.camera else ""
    relations = "，".join(_relation(relation, shot, voice) for relation in shot.relations)
    parts = [scene, cast, relations] if voice.maybe(0.7) else [cast, relations, scene]
    parts = [camera, *parts] if voice.maybe(0.15) else [*parts, camera]
    return "，".join(part for part in parts if part)


def _cast(shot: Shot, voice: Voice) -> str:
    if share_a_motion(shot):
        first, second = shot.cast
        assert first.motion is not None, "share_a_motion looks at motions"
        both = f"{about(0, _thing(first, voice))}和{about(1, _thing(second, voice))}"
        return f"{both}{_move(first, first.motion, voice)}"
    return "，".join(about(at, _clause(actor, voice)) for at, actor in enumerate(shot.cast))


def _clause(actor: Actor, voice: Voice) -> str:
    """The thing, where it is, where it looks, how it moves: one topic, its comments after it."""
    words = _thing(actor, voice)
    if actor.place:
        words += voice.phrase("place", actor.place)
    if actor.facing:
        words += voice.phrase("facing", actor.facing)
    if actor.motion is None:
        return words
    pause = "，" if actor.facing else ""
    return words + pause + _move(actor, actor.motion, voice)


def _thing(actor: Actor, voice: Voice) -> str:
    """The noun phrase: how many with its measure word, how big, what colour, what."""
    noun = nouns("zh")[actor.kind]
    number = f"{NUMERALS[actor.count]}{noun.measure}" if actor.count else ""
    size = voice.phrase("size", actor.size) if actor.size else ""
    return f"{number}{size}{voice.phrase('tint', actor.tint) if actor.tint else ''}{noun.name}"


def _move(actor: Actor, motion: Motion, voice: Voice) -> str:
    """How fast, which way, what: in this order."""
    speed = voice.phrase("speed", motion.speed) if motion.speed else ""
    side = ""
    if motion.toward and motion.verb == "enter":
        side = voice.phrase("from", other(motion.toward))
    elif motion.toward:
        side = voice.phrase("toward", motion.toward)
    return f"{speed}{side}{voice.verb(actor.kind, motion)}"


def _relation(relation: Relation, shot: Shot, voice: Voice) -> str:
    subject = about(relation.subject, _named(shot.cast[relation.subject], shot, voice))
    thing = about(relation.object, _named(shot.cast[relation.object], shot, voice))
    link = voice.phrase("link", relation.link)
    if "…" in link:
        before, after = link.split("…")
        return f"{subject}{before}{thing}{after}"
    return f"{subject}{link}{thing}"


def _named(actor: Actor, shot: Shot, voice: Voice) -> str:
    """A thing that was already introduced."""
    name = nouns("zh")[actor.kind].name
    if looks_alone(actor, shot):
        return name
    size = voice.phrase("size", actor.size) if actor.size else ""
    return f"{size}{voice.phrase('tint', actor.tint) if actor.tint else ''}{name}"
