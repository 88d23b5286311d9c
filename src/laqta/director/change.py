"""What a message changes in a shot: only what was asked; everything else stays as it was."""

from __future__ import annotations

from dataclasses import replace

from laqta.director.commands import PAUSE, Message
from laqta.director.refer import introduced, merged
from laqta.director.storyboard import Take
from laqta.shot import MAX_CAST, SIDED_VERBS, SIZES, SPEEDS, Actor, Relation, Shot, Side

LONGEST = 60.0
USUAL_SECONDS = 2.0
"""The length that "longer" and "shorter" start from where nobody said one."""


class CannotError(Exception):
    """A wish that cannot be; its text is the id of the problem."""

    def __init__(self, problem: str, words: tuple[str, ...] = ()) -> None:
        super().__init__(problem)
        self.words = words


def changed(message: Message, stated: Shot, take: Take, picture: str | None) -> Take:
    """The take with what the message asks to be different."""
    if message.asks("remove") and not stated.cast:
        return replace(take, shot=_cleared(stated, take.shot))
    shot = _recast(message, stated, take.shot)
    shot = replace(
        shot,
        backdrop=stated.backdrop or shot.backdrop,
        time=stated.time or shot.time,
        weather=stated.weather or shot.weather,
        camera=stated.camera or shot.camera,
        format=stated.format or shot.format,
        seconds=_length(message, stated, shot),
    )
    shot = _adjusted(message, stated, shot)
    if message.asks("last_picture"):
        return replace(take, shot=shot, last=picture or take.last)
    return replace(take, shot=shot, first=picture or take.first, loop=take.loop or message.asks("loop"))


def _cleared(stated: Shot, shot: Shot) -> Shot:
    """A shot without the weather, the place or the camera's move that a message wants gone."""
    if stated.weather is not None or (stated.backdrop == "snow" and shot.backdrop != "snow"):
        return replace(shot, weather="clear")
    if stated.backdrop is not None and stated.backdrop == shot.backdrop:
        return replace(shot, backdrop=None)
    return replace(shot, camera="still") if stated.camera is not None else shot


def _recast(message: Message, stated: Shot, shot: Shot) -> Shot:
    """The cast with things taken out, exchanged, changed and added; relations follow their things."""
    known = [actor.kind for actor in shot.cast]
    if message.asks("remove"):
        gone = {actor.kind for actor in stated.cast}
        if not gone & set(known):
            raise CannotError("not_there", tuple(sorted(gone)))
        return _without(shot, gone)
    cast = list(shot.cast)
    strangers = [actor for actor in stated.cast if actor.kind not in known]
    old = _exchanged(message, stated, known)
    if old is not None and strangers:
        cast[old] = merged(replace(cast[old], kind=strangers[0].kind), strangers.pop(0))
    elif strangers and message.asks("make"):
        raise CannotError("not_there")
    for actor in stated.cast:
        if actor.kind in known and cast[known.index(actor.kind)].kind == actor.kind:
            cast[known.index(actor.kind)] = merged(cast[known.index(actor.kind)], actor)
    cast += strangers
    if len(cast) > MAX_CAST:
        raise CannotError("too_many")
    kinds = [actor.kind for actor in cast]
    links = [
        Relation(
            subject=kinds.index(stated.cast[link.subject].kind),
            link=link.link,
            object=kinds.index(stated.cast[link.object].kind),
        )
        for link in stated.relations
    ]
    again = {frozenset((link.subject, link.object)) for link in links}
    kept = [link for link in shot.relations if frozenset((link.subject, link.object)) not in again]
    return replace(shot, cast=tuple(cast), relations=(*kept, *links))


def _exchanged(message: Message, stated: Shot, known: list[str]) -> int | None:
    """Which of the cast gives its place to another; "make it a dog" exchanges the leading one."""
    if message.asks("instead"):
        if known and len(stated.cast) == 1 and stated.cast[0].kind not in known:  # instead of it
            return 0
        old = 0 if message.rest.startswith(PAUSE.text) else -1  # instead of it, a cat; or a cat instead of it
        if not stated.cast or stated.cast[old].kind not in known:
            raise CannotError("not_there")
        return known.index(stated.cast[old].kind)
    named = [known.index(actor.kind) for actor in stated.cast if actor.kind in known]
    if message.asks("replace") or (message.asks("make") and not named and introduced(message.rest)):
        return (named or [0])[0] if known else None
    return None


def _without(shot: Shot, gone: set[str]) -> Shot:
    stay = [at for at, actor in enumerate(shot.cast) if actor.kind not in gone]
    return replace(
        shot,
        cast=tuple(shot.cast[at] for at in stay),
        relations=tuple(
            Relation(subject=stay.index(link.subject), link=link.link, object=stay.index(link.object))
            for link in shot.relations
            if link.subject in stay and link.object in stay
        ),
    )


def _adjusted(message: Message, stated: Shot, shot: Shot) -> Shot:
    """Faster, slower, bigger, smaller, the other way: of the things named, or of all."""
    named = {actor.kind for actor in stated.cast} or {actor.kind for actor in shot.cast}
    steps = message.asks("faster") - message.asks("slower")
    if steps and not any(actor.motion for actor in shot.cast if actor.kind in named):
        raise CannotError("no_motion")
    cast = []
    for actor in shot.cast:
        if actor.kind in named:
            actor = _sped(actor, steps)
            actor = _sized(actor, message.asks("bigger") - message.asks("smaller"))
            actor = _turned(actor) if message.asks("turn") else actor
        cast.append(actor)
    return replace(shot, cast=tuple(cast))


def _sped(actor: Actor, steps: int) -> Actor:
    if not steps or actor.motion is None:
        return actor
    at = SPEEDS.index(actor.motion.speed or "normal") + steps
    return replace(actor, motion=replace(actor.motion, speed=SPEEDS[max(0, min(at, len(SPEEDS) - 1))]))


def _sized(actor: Actor, steps: int) -> Actor:
    at = SIZES.index(actor.size or "medium") + steps
    return replace(actor, size=SIZES[max(0, min(at, len(SIZES) - 1))]) if steps else actor


def _turned(actor: Actor) -> Actor:
    """Going, or looking, the other way; what has no side yet goes to the left, for most go to the right."""
    other: dict[Side | None, Side] = {"left": "right", "right": "left", None: "left"}
    if actor.motion is not None and actor.motion.verb in SIDED_VERBS:
        toward = other[actor.motion.toward]
        facing = toward if actor.facing else None
        return replace(actor, motion=replace(actor.motion, toward=toward), facing=facing)
    return replace(actor, facing=other[actor.facing])


def _length(message: Message, stated: Shot, shot: Shot) -> float | None:
    """The wished length: as said, twice as long, half as long; "longer by 3 seconds" adds them."""
    now = shot.seconds or USUAL_SECONDS
    if message.asks("longer"):
        return min(LONGEST, now + stated.seconds if stated.seconds else 2 * now)
    if message.asks("shorter"):
        return max(1.0, now - stated.seconds if stated.seconds else now / 2)
    return stated.seconds or shot.seconds
