"""Motions while a sentence is read: which sense of a verb fits a thing, and what turns it, hastens it, aims it."""

from __future__ import annotations

from laqta.language.dictionary import Piece
from laqta.language.lexicon import ways
from laqta.language.say import other
from laqta.language.scene import Member, Scene
from laqta.shot import SIDED_VERBS

GOING = ("walk", "drive", "fly", "rise", "fall", "leave", "enter", "approach", "recede")
"""Verbs that a course can turn into another: walk + "toward us" = approach."""

CROSSING = {"wheels": "drive", "sail": "drive", "roll": "drive", "swim": "fly", "wings": "fly"}
"""The verb that each way of getting about comes down to."""


def sense(verb: Piece, kind: str) -> tuple[str, str | None]:
    """The verb and the speed that a verb piece states of this kind of thing: a ship that goes drives, a cat walks."""
    senses = verb.values("verb")
    way = ways().get(kind, "")
    own = [value for value in senses if value.partition("+")[0].partition("/")[2] == way]
    own += [value for value in senses if way and value.startswith(CROSSING[way])]
    plain = [value for value in senses if "/" not in value]
    value, _, speed = [*own, *plain, *senses][0].partition("+")
    return value.partition("/")[0], speed or None


def say(scene: Scene, things: list[int], verb: Piece) -> None:
    """Say a verb of these things, with the speed, side and course that waited for it."""
    waiting = scene.waiting
    for thing in things:
        member = scene.members[thing]
        member.verb, member.speed = sense(verb, member.kind)
        member.toward, member.lent = None, False
        if scene.around:
            member.verb = "orbit"
    scene.chain, scene.doers, scene.lender = [], list(things), None
    scene.around = False
    for slot in ("course", "side", "speed"):
        piece: Piece | None = getattr(waiting, slot)
        if piece is not None:
            own_slot = next(
                name for name in ("course", "arrive", "toward", "from", "speed") if piece.has(name)
            )
            if not apply(scene, own_slot, str(piece.value(own_slot))):
                scene.unused.append(piece)
            setattr(waiting, slot, None)


def lend(scene: Scene, thing: int) -> None:
    """Let a thing share the motion of the one before it, until its own verb comes."""
    assert scene.lender is not None, "asked only while there is a lender"
    lender, member = scene.members[scene.lender], scene.members[thing]
    member.verb, member.speed, member.lent = lender.verb, lender.speed, True
    scene.doers.append(thing)


def wait(scene: Scene, slot: str, piece: Piece) -> None:
    """Keep a manner for the verb that follows."""
    where = {"toward": "side", "from": "side", "arrive": "side"}.get(slot, slot)
    earlier: Piece | None = getattr(scene.waiting, where)
    if earlier is not None and not (earlier.has("from") and slot == "toward"):
        scene.unused.append(earlier)
    setattr(scene.waiting, where, piece)


def apply(scene: Scene, slot: str, value: str) -> bool:
    """Say how the last verb's things move; false where none of them can."""
    used = False
    for member in (scene.members[doer] for doer in scene.doers):
        if slot == "speed":
            used = used or member.speed is None or member.speed == value
            member.speed = member.speed or value
        elif slot == "course":
            used = True
            turn(member, value)
        elif slot == "arrive":
            turn(member, "enter")
            used = steer(member, value, "from") or used
        else:
            used = steer(member, value, slot) or used
    return used


def steer(member: Member, side: str, slot: str) -> bool:
    """Aim a member's motion: toward a side, or from one (which for leaving is the side it leaves on)."""
    if slot == "from" and member.verb in ("approach", "walk", "drive", "fly") and member.toward is None:
        member.verb = "enter" if member.verb == "approach" else member.verb
    if member.verb not in SIDED_VERBS:
        return False
    aimed = side if slot == "toward" or member.verb == "leave" else other(side)  # type: ignore[arg-type]
    if member.toward not in (None, aimed):
        return False
    member.toward = aimed
    return True


def turn(member: Member, course: str) -> None:
    """Let a course change what a member does: flying up is rising, driving away is receding."""
    if member.verb in GOING:
        member.verb = course
        member.toward = member.toward if course in SIDED_VERBS else None


def go_on(scene: Scene, verb: str) -> None:
    """Turn the last verb into this one: drives off, walks in."""
    for member in (scene.members[doer] for doer in scene.doers):
        turn(member, verb)


def go_round(scene: Scene) -> None:
    """Turn the last verb into circling: flies around a tree."""
    for member in (scene.members[doer] for doer in scene.doers):
        if member.verb in ("walk", "drive", "fly", "spin"):
            member.verb, member.toward = "orbit", None


def turns_into(scene: Scene, verb: Piece) -> bool:
    """Whether a second verb only says more about the first: comes running, walks away leaving."""
    member = scene.members[scene.doers[-1]]
    said = sense(verb, member.kind)[0]
    return member.verb in ("walk", "drive", "fly") and said in (
        "approach",
        "recede",
        "rise",
        "fall",
        "enter",
        "leave",
    )
