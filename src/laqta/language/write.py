"""A shot in words, in three languages: what the models are trained on, and what they are asked with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from laqta.language import say_arabic, say_chinese, say_english
from laqta.language.lexicon import Language
from laqta.language.say import Span, Voice, unmarked
from laqta.shot import SIDED_VERBS, Actor, Motion, Shot

Detail = Literal["detailed", "short"]

SAID_ANYWAY = {
    "tint": 0.15,
    "size": 0.5,
    "count": 0.15,
    "speed": 0.2,
    "camera": 0.3,
    "weather": 0.35,
    "time": 0.6,
}
"""How often a detailed caption says what is usual (natural colours, a still camera, one thing, a clear day)."""

ROOFED = frozenset({"space", "underwater", "bedroom", "kitchen"})
"""Backdrops whose clear weather goes without saying: they have no other."""

SENTENCES = {"en": say_english.sentence, "ar": say_arabic.sentence, "zh": say_chinese.sentence}


@dataclass(frozen=True, kw_only=True)
class Caption:
    """A shot in words, the part of the shot that these words state, and which words are said of which actor."""

    text: str
    stated: Shot
    spans: tuple[Span, ...]


def write(shot: Shot, language: Language, detail: Detail, seed: int) -> str:
    """The text of `caption`: the shot in English, Modern Standard Arabic or simplified Chinese."""
    return caption(shot, language, detail, seed).text


def caption(shot: Shot, language: Language, detail: Detail, seed: int) -> Caption:
    """The shot in words, varied by seed.

    "detailed" says every stated field that can be seen, but what is usual only sometimes (`SAID_ANYWAY`).
    "short" says kinds, counts above one, colours other than natural, verbs with their side, chases and
    meetings, the backdrop, and the time if it is not day. Length, format and box tracks are never said.
    """
    dice = Random(f"{seed} {language} {detail}")
    stated = _detailed(shot, language, dice) if detail == "detailed" else _short(shot)
    text, spans = unmarked(SENTENCES[language](stated, Voice(language=language, dice=dice)))
    return Caption(text=text, stated=stated, spans=spans)


def plain(shot: Shot, language: Language) -> str:
    """What was understood, said back in one line: every stated field, always in the same words."""
    return unmarked(SENTENCES[language](_visible(shot), Voice(language=language)))[0]


def _detailed(shot: Shot, language: Language, dice: Random) -> Shot:
    def said(field: str) -> bool:
        return dice.random() < SAID_ANYWAY[field]

    def usual_left_out(actor: Actor) -> Actor:
        motion = actor.motion
        if motion is not None and motion.speed == "normal" and not said("speed"):
            motion = replace(motion, speed=None)
        return replace(
            actor,
            motion=motion,
            tint=None if actor.tint == "natural" and not said("tint") else actor.tint,
            size=None if actor.size == "medium" and not said("size") else actor.size,
            count=None if actor.count == 1 and language != "zh" and not said("count") else actor.count,
        )

    shot = _visible(shot)
    clear_said = shot.backdrop not in ROOFED and said("weather")
    return replace(
        shot,
        cast=tuple(usual_left_out(actor) for actor in shot.cast),
        camera=None if shot.camera == "still" and not said("camera") else shot.camera,
        weather=None if shot.weather == "clear" and not clear_said else shot.weather,
        time=None if shot.time == "day" and not said("time") else shot.time,
    )


def _short(shot: Shot) -> Shot:
    def brief(actor: Actor) -> Actor:
        motion = actor.motion and Motion(verb=actor.motion.verb, toward=actor.motion.toward)
        return Actor(
            kind=actor.kind,
            count=None if actor.count == 1 else actor.count,
            tint=None if actor.tint == "natural" else actor.tint,
            motion=motion,
        )

    return Shot(
        backdrop=shot.backdrop,
        time=None if shot.time == "day" else shot.time,
        cast=tuple(brief(actor) for actor in shot.cast),
        relations=tuple(relation for relation in shot.relations if relation.link in ("chases", "meets")),
    )


def _visible(shot: Shot) -> Shot:
    """The shot without what no caption says: length, format, tracks, a facing that motion decides, a pace at rest."""

    def seen(actor: Actor) -> Actor:
        motion = actor.motion
        decided = motion is not None and motion.verb in SIDED_VERBS and motion.toward is not None
        if motion is not None and motion.verb == "still":
            motion = Motion(verb="still")
        return replace(actor, motion=motion, track=None, facing=None if decided else actor.facing)

    return replace(shot, cast=tuple(seen(actor) for actor in shot.cast), seconds=None, format=None)
