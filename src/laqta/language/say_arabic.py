"""A shot in Modern Standard Arabic."""

from __future__ import annotations

from laqta.language.arabic import agreed, conjugated, definite, feminine, joined, noun_dual, numeral, oblique
from laqta.language.lexicon import nouns
from laqta.language.say import Voice, about, all_or_none_move, looks_alone, other, share_a_motion
from laqta.shot import Actor, Motion, Relation, Shot


def sentence(shot: Shot, voice: Voice) -> str:
    """All that the shot states, as one sentence."""
    scene = " ".join(
        voice.phrase(slot, value)
        for slot, value in (("backdrop", shot.backdrop), ("time", shot.time), ("weather", shot.weather))
        if value is not None
    )
    cast = _cast(shot, voice)
    camera = voice.phrase("camera", shot.camera) if shot.camera else ""
    relations = " ".join(
        joined(words) if index else words
        for index, words in enumerate(_relation(relation, shot, voice) for relation in shot.relations)
    )
    if voice.maybe(0.3):
        parts = [scene, cast, relations, camera]
    elif relations:
        parts = [cast, f"{relations} {scene}".strip(), camera]
    else:
        parts = [f"{cast} {scene}".strip(), camera]
    if camera and voice.maybe(0.15):
        parts = [camera, *parts[:-1]]
    return "، ".join(part for part in parts if part)


def _cast(shot: Shot, voice: Voice) -> str:
    if share_a_motion(shot):
        first, second = shot.cast
        assert first.motion is not None, "share_a_motion looks at motions"
        genders = {nouns("ar")[actor.kind].gender for actor in shot.cast}
        verb = conjugated(voice.verb(first.kind, first.motion), "f" if genders == {"f"} else "m", 2)
        both = f"{about(0, _thing(first, voice))} {joined(about(1, _thing(second, voice)))}"
        return f"{both} {verb}{_course(first.motion, voice)}"
    clauses = [about(at, _clause(actor, voice, all_or_none_move(shot))) for at, actor in enumerate(shot.cast)]
    if all_or_none_move(shot) and voice.maybe():
        return " و".join(clauses)
    return "، ".join(clauses)


def _clause(actor: Actor, voice: Voice, verb_may_lead: bool) -> str:
    """Thing first, or verb first where the thing is simple; a verb that comes first stands in the singular."""
    if actor.motion is None:
        return _thing(actor, voice)
    verb = voice.verb(actor.kind, actor.motion)
    gender = nouns("ar")[actor.kind].gender
    if verb_may_lead and actor.facing is None and " " not in verb and voice.maybe(0.25):
        gender = "f" if actor.count == 3 else gender
        return f"{conjugated(verb, gender, 1)} {_thing(actor, voice)}{_course(actor.motion, voice)}"
    return (
        f"{_thing(actor, voice)} {conjugated(verb, gender, actor.count or 1)}{_course(actor.motion, voice)}"
    )


def _thing(actor: Actor, voice: Voice) -> str:
    """The noun phrase: how many, what, what colour, how big, where, facing where."""
    gender, count = nouns("ar")[actor.kind].gender, actor.count or 1
    words = [_noun(actor)]
    if actor.count == 1:
        one = voice.phrase("number", "1")
        words.append(feminine(one) if gender == "f" else one.split("/")[0])
    if count == 3:
        words.insert(0, numeral(count, gender))
    if actor.tint == "natural":
        words.append(voice.phrase("tint", "natural"))
    elif actor.tint:
        words.append(agreed(voice.phrase("tint", actor.tint), gender, count))
    if actor.size:
        words.append(agreed(voice.phrase("size", actor.size), gender, count))
    if actor.place:
        words.append(voice.phrase("place", actor.place))
    if actor.facing:
        words.append(conjugated(voice.phrase("facing", actor.facing), gender, count))
    return " ".join(words)


def _noun(actor: Actor) -> str:
    noun = nouns("ar")[actor.kind]
    return {2: noun_dual(noun), 3: noun.plural}.get(actor.count or 1, noun.name)


def _course(motion: Motion, voice: Voice) -> str:
    """Where to and how fast, in either order, each with a space before it."""
    words = []
    if motion.toward and motion.verb == "enter":
        words.append(voice.phrase("from", other(motion.toward)))
    elif motion.toward:
        words.append(voice.phrase("toward", motion.toward))
    if motion.speed:
        words.insert(voice.spot(len(words)), voice.phrase("speed", motion.speed))
    return "".join(f" {word}" for word in words)


def _relation(relation: Relation, shot: Shot, voice: Voice) -> str:
    subject, thing = shot.cast[relation.subject], shot.cast[relation.object]
    link = voice.phrase("link", relation.link)
    if relation.link in ("chases", "meets"):
        link = conjugated(link, nouns("ar")[subject.kind].gender, subject.count or 1)
    named = about(relation.subject, _named(subject, shot, voice))
    return f"{named} {link} {about(relation.object, _named(thing, shot, voice, after_verb=True))}"


def _named(actor: Actor, shot: Shot, voice: Voice, after_verb: bool = False) -> str:
    """A thing that was already introduced, with the article; a dual bends after a verb or a preposition."""
    noun, count = nouns("ar")[actor.kind], actor.count or 1
    words = _noun(actor)
    words = definite(oblique(words) if after_verb and count == 2 else words, noun.build)
    if looks_alone(actor, shot):
        return words
    return " ".join([words, *(definite(adjective, "") for adjective in _marks(actor, voice, after_verb))])


def _marks(actor: Actor, voice: Voice, after_verb: bool) -> list[str]:
    """The adjectives that tell a thing from another of its kind."""
    gender, count = nouns("ar")[actor.kind].gender, actor.count or 1
    voiced = [("tint", actor.tint if actor.tint != "natural" else None), ("size", actor.size)]
    marks = [agreed(voice.phrase(slot, value), gender, count) for slot, value in voiced if value]
    return [oblique(mark) if after_verb and count == 2 else mark for mark in marks]
