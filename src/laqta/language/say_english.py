"""A shot in English."""

from __future__ import annotations

from laqta.language.english import article, participle, plural_of, third_person
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
    relations = " and ".join(_relation(relation, shot, voice) for relation in shot.relations)
    if voice.maybe(0.3):
        parts = [scene, cast, relations, camera]
    elif relations:
        parts = [cast, f"{relations} {scene}".strip(), camera]
    else:
        parts = [f"{cast} {scene}".strip(), camera]
    if camera and voice.maybe(0.15):
        parts = [camera, *parts[:-1]]
    return ", ".join(part for part in parts if part)


def _cast(shot: Shot, voice: Voice) -> str:
    if share_a_motion(shot):
        first, second = shot.cast
        assert first.motion is not None, "share_a_motion looks at motions"
        verb = voice.verb(first.kind, first.motion)
        both = f"{about(0, _thing(first, voice))} and {about(1, _thing(second, voice))}"
        return f"{both} {verb}{_course(first.motion, voice)}"
    clauses = [about(at, _clause(actor, voice)) for at, actor in enumerate(shot.cast)]
    return (" and " if all_or_none_move(shot) and voice.maybe() else ", ").join(clauses)


def _clause(actor: Actor, voice: Voice) -> str:
    if actor.motion is None:
        return _thing(actor, voice)
    verb = voice.verb(actor.kind, actor.motion)
    finite = verb if actor.count in (2, 3) else third_person(verb)
    form = participle(verb) if voice.maybe(0.3) else finite
    return f"{_thing(actor, voice)} {form}{_course(actor.motion, voice)}"


def _thing(actor: Actor, voice: Voice) -> str:
    """The noun phrase: how many, how big, what colour, what, where, facing where."""
    natural = actor.tint == "natural"
    adjectives = [voice.phrase("size", actor.size)] if actor.size else []
    if actor.tint and not natural:
        adjectives.append(voice.phrase("tint", actor.tint))
    words = " ".join([*adjectives, _noun(actor)])
    number = f"{voice.phrase('number', str(actor.count))} {words}" if actor.count else article(words)
    after = [voice.phrase("tint", "natural")] if natural else []
    if actor.place:
        after.append(voice.phrase("place", actor.place))
    if actor.facing:
        after.append(voice.phrase("facing", actor.facing))
    return " ".join([number, *after])


def _noun(actor: Actor) -> str:
    noun = nouns("en")[actor.kind]
    return (noun.plural or plural_of(noun.name)) if actor.count in (2, 3) else noun.name


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
    many = subject.count in (2, 3)
    if relation.link in ("chases", "meets"):
        verb = link if many else third_person(link)
    else:
        verb = f"{'are' if many else 'is'} {link}"
    named = about(relation.subject, _named(subject, shot, voice))
    return f"{named} {verb} {about(relation.object, _named(thing, shot, voice))}"


def _named(actor: Actor, shot: Shot, voice: Voice) -> str:
    """A thing that was already introduced."""
    if looks_alone(actor, shot):
        return f"the {_noun(actor)}"
    size = f"{voice.phrase('size', actor.size)} " if actor.size else ""
    tint = f"{voice.phrase('tint', actor.tint)} " if actor.tint and actor.tint != "natural" else ""
    return f"the {size}{tint}{_noun(actor)}"
