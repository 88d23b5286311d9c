"""What a message changes in a shot: only what was asked; everything else stays as it was."""

from __future__ import annotations

from dataclasses import replace

from laqta.director.commands import PAUSE, Message
from laqta.director.refer import Heard, facts, introduced, merged
from laqta.director.storyboard import Take
from laqta.language.read import read
from laqta.language.tokens import tokens
from laqta.shot import (
    MAX_CAST,
    MAX_COUNT,
    SIDED_VERBS,
    SIZES,
    SPEEDS,
    Actor,
    Motion,
    Relation,
    Shot,
    Side,
)

MORE = ("ثانيه", "ثاني", "تانيه", "تاني", "اخري", "اخر")
"""Arabic words behind a thing for one more of it."""
LONGEST = 60.0
SHORTEST = 1.0
USUAL_SECONDS = 2.0
"""The length that "longer" and "shorter" start from where nobody said one."""


class CannotError(Exception):
    """A wish that cannot be; its text is the id of the problem."""

    def __init__(self, problem: str, words: tuple[str, ...] = ()) -> None:
        super().__init__(problem)
        self.words = words


def changed(message: Message, heard: Heard, take: Take, picture: str | None) -> Take:
    """The take with what the message asks to be different."""
    stated = heard.shot
    take = _pictured(message, take, picture)
    shot = (
        _taken_away(message, heard, take.shot) if message.asks("remove", "delete", "cancel", "stop") else None
    )
    if shot is None:
        shot = _recast(message, stated, take.shot)
        shot = replace(
            shot,
            backdrop=stated.backdrop or shot.backdrop,
            time=stated.time or shot.time,
            weather=stated.weather or shot.weather,
            camera=stated.camera or shot.camera,
            format=stated.format or shot.format,
        )
    shot = replace(shot, seconds=_length(message, stated, take.shot))
    loop = (take.loop or message.asks("loop")) and not message.asks("unloop")
    new = replace(take, shot=_adjusted(message, stated, shot), loop=loop)
    if (
        message.asks("replace")
        and new == take
        and not heard.reading.ignored
        and facts(stated) <= len(stated.cast)
    ):
        raise CannotError("change_to_what")
    return filmable(new)


def filmable(take: Take) -> Take:
    """The take, if no model is needed to see that it can be filmed; raises `CannotError` where it cannot."""
    if any((actor.count or 1) > MAX_COUNT for actor in take.shot.cast):
        raise CannotError("too_many_alike")
    if (take.shot.seconds or 0) > LONGEST:
        raise CannotError("too_long")
    return take


def _pictured(message: Message, take: Take, picture: str | None) -> Take:
    """The take with a picture as its first frame or its last, or without them."""
    first, last = message.asks("first_picture"), message.asks("last_picture")
    if message.asks("remove", "delete", "cancel"):
        both = message.asks("picture", "this_picture") and not (first or last)
        return replace(
            take, first=None if first or both else take.first, last=None if last or both else take.last
        )
    if picture is None:
        if first or last or message.asks("this_picture"):
            raise CannotError("no_picture")
        return take
    return replace(
        take, first=picture if first or not last else take.first, last=picture if last else take.last
    )


def _taken_away(message: Message, heard: Heard, shot: Shot) -> Shot | None:
    """The shot without the things, the weather, the place or the move that a message wants gone; None where it says
    none of these."""
    stated = heard.shot
    stops = message.asks("stop")
    if not stated.cast or (stops and stated.weather is not None):
        return _cleared(stated, shot) if facts(stated) else None
    known = {actor.kind for actor in shot.cast}
    gone = {actor.kind: actor for actor in stated.cast if actor.kind in known}
    if len(gone) < len({actor.kind for actor in stated.cast}):
        raise CannotError("not_there")
    cast = []
    for actor in shot.cast:
        less = gone.get(actor.kind)
        if less is not None and stops:
            actor = replace(actor, motion=Motion(verb="still"))
        elif less is not None and less.count and less.count < (actor.count or 1):
            actor = replace(actor, count=(actor.count or 1) - less.count)
        elif less is not None and not heard.named and facts(stated) > len(stated.cast):
            actor = _plain(actor, less)
        elif less is not None:
            continue
        cast.append(actor)
    left = _without(shot, known - {actor.kind for actor in cast})
    return replace(left, cast=tuple(cast))


def _plain(actor: Actor, less: Actor) -> Actor:
    """An actor without the colour, size or motion that is not wanted: "not red"."""
    return replace(
        actor,
        tint="natural" if less.tint and actor.tint in (None, less.tint) else actor.tint,
        size="medium" if less.size and actor.size in (None, less.size) else actor.size,
        motion=Motion(verb="still") if less.motion and not less.motion.toward else actor.motion,
    )


def _cleared(stated: Shot, shot: Shot) -> Shot:
    """A shot without the weather, the place, the time or the camera's move that a message wants gone."""
    falls = stated.backdrop == "snow" and (shot.backdrop != "snow" or shot.weather == "snow")
    weather = stated.weather or ("snow" if falls else None)
    if weather is not None and shot.weather in (None, weather):
        return replace(shot, weather="clear")
    if stated.backdrop is not None and stated.backdrop == shot.backdrop:
        return replace(shot, backdrop=None)
    if stated.time is not None and stated.time == shot.time:
        return replace(shot, time="night" if shot.time == "day" else "day")
    moves = stated.camera is not None and (shot.camera is None or shot.camera[:3] == stated.camera[:3])
    return replace(shot, camera="still") if moves else shot


def _recast(message: Message, stated: Shot, shot: Shot) -> Shot:
    """The cast with things exchanged, changed and added; relations follow their things."""
    wanted = {actor.kind for actor in stated.cast}
    counts = {actor.kind: actor.count or 1 for actor in shot.cast}
    fewer = any(actor.count and actor.count < counts.get(actor.kind, 1) for actor in stated.cast)
    if message.asks("only") and wanted & set(counts) and not fewer:
        shot = _without(shot, {actor.kind for actor in shot.cast} - wanted)
    known = [actor.kind for actor in shot.cast]
    cast = list(shot.cast)
    strangers = [actor for actor in stated.cast if actor.kind not in known]
    exchanges = message.asks("replace") and len(stated.cast) == facts(stated) == 2 and not strangers
    old = _exchanged(message, stated, known)
    if old is not None and strangers:
        cast[old] = merged(replace(cast[old], kind=strangers[0].kind), strangers.pop(0))
    elif strangers and not _brings(message):
        raise CannotError("not_there")
    beside = {stated.cast[at].kind for link in stated.relations for at in (link.subject, link.object)}
    for actor in stated.cast:
        if actor.kind in known and cast[known.index(actor.kind)].kind == actor.kind:
            before = cast[known.index(actor.kind)]
            stands = bool(strangers) and actor.kind in beside and not actor.count  # a bird above the tree
            more = actor if stands else _one_more(message, before, actor)
            cast[known.index(actor.kind)] = merged(before, more)
    if exchanges:
        cast = _swapped(cast, [known.index(actor.kind) for actor in stated.cast])
    cast += strangers
    if len(cast) > MAX_CAST:
        raise CannotError("too_many")
    return replace(shot, cast=tuple(cast), relations=_related([actor.kind for actor in cast], stated, shot))


def _brings(message: Message) -> bool:
    """Whether a thing that is not on stage may come: "add" brings any, "put" a new one, "make" none."""
    if message.asks("add", "back"):
        return True
    return not message.asks("make", "move") and (not message.asks("put") or introduced(message.rest))


def _related(kinds: list[str], stated: Shot, shot: Shot) -> tuple[Relation, ...]:
    """The relations with those newly stated, each in place of the one between the same two."""
    pairs = [
        (stated.cast[link.subject].kind, link.link, stated.cast[link.object].kind)
        for link in stated.relations
    ]
    links = [
        Relation(subject=kinds.index(subject), link=link, object=kinds.index(thing))
        for subject, link, thing in pairs
        if subject in kinds and thing in kinds  # not what has just given its place to another
    ]
    again = {frozenset((link.subject, link.object)) for link in links}
    kept = [link for link in shot.relations if frozenset((link.subject, link.object)) not in again]
    return (*kept, *links)


def _one_more(message: Message, before: Actor, stated: Actor) -> Actor:
    """ "Another cat", "add two cats": as many more as there are already."""
    brings = introduced(message.rest) and not message.pronoun
    again = any(form.word in MORE for token in tokens(message.rest) for form in token.forms)
    adds = message.asks("another") or (message.asks("add") and (stated.count or brings)) or (brings and again)
    return replace(stated, count=(before.count or 1) + (stated.count or 1)) if adds else stated


def _swapped(cast: list[Actor], pair: list[int]) -> list[Actor]:
    """Two things in each other's places; who has none takes the side that the other leaves."""
    one, two = (cast[at] for at in pair)
    if one.place is None and two.place is None:
        raise CannotError("unplaced")
    cast[pair[0]], cast[pair[1]] = replace(one, place=two.place), replace(two, place=one.place)
    return cast


def _exchanged(message: Message, stated: Shot, known: list[str]) -> int | None:
    """Which of the cast gives its place to another; "make it a dog" exchanges the leading one."""
    if message.asks("instead") and stated.cast:
        if not known and message.asks("put", "add"):  # what it takes the place of has just gone
            return None
        if known and len(stated.cast) == 1 and stated.cast[0].kind not in known:  # instead of it
            return 0
        old = 0 if message.rest.startswith(PAUSE.text) else -1  # instead of it, a cat; or a cat instead of it
        if not stated.cast or stated.cast[old].kind not in known:
            raise CannotError("not_there")
        return known.index(stated.cast[old].kind)
    named = [known.index(actor.kind) for actor in stated.cast if actor.kind in known]
    if message.asks("replace") and not named and not _is_given(message.rest, len(stated.cast)):
        raise CannotError("not_there")
    if message.asks("replace") or (message.asks("make") and not named and introduced(message.rest)):
        return (named or [0])[0] if known else None
    return None


def _is_given(rest: str, strangers: int) -> bool:
    """Whether what is not on stage is what something becomes, not what should become something else."""
    before, _, behind = rest.partition(PAUSE.text)
    return strangers < 2 and not (before.strip() and behind.strip() and read(before).shot.cast)


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
    named = {actor.kind for actor in stated.cast} & {actor.kind for actor in shot.cast}
    named = named or {actor.kind for actor in shot.cast}
    aimed = {actor.kind for actor in stated.cast if actor.facing or (actor.motion and actor.motion.toward)}
    steps = message.asks("faster") - message.asks("slower")
    moves = [actor.motion for actor in shot.cast if actor.kind in named and actor.motion]
    if steps and not any(motion.verb != "still" for motion in moves):
        raise CannotError("no_motion")
    cast = []
    for actor in shot.cast:
        if actor.kind in named:
            actor = _sped(actor, steps)
            actor = _sized(actor, message.asks("bigger") - message.asks("smaller"))
            actor = _turned(actor) if message.asks("turn") and actor.kind not in aimed else actor
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
    """The wished length: as said, twice as long, half as long; "longer by 3 seconds" and "add 3 seconds" add them."""
    if message.whole and stated.seconds:
        return stated.seconds
    now = shot.seconds or USUAL_SECONDS
    if message.asks("longer") or (message.asks("add") and stated.seconds and not stated.cast):
        return now + (stated.seconds or now)
    if message.asks("shorter") or (message.asks("remove") and stated.seconds):
        return max(SHORTEST, now - (stated.seconds or now / 2))
    return stated.seconds or shot.seconds
