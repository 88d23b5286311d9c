"""Things while a sentence is read: a new member of the cast or one named before, and its part in the sentence."""

from __future__ import annotations

from laqta.language import filming, moving
from laqta.language.dictionary import Piece
from laqta.language.relating import DONE_TO, relate
from laqta.language.scene import Member, Scene


def thing(scene: Scene, pieces: list[Piece], index: int) -> None:
    """A thing is named: a new member of the cast, or one named before."""
    piece = pieces[index]
    if piece.value("prop") == "camera" and filming.films(scene, pieces, index):
        filming.start(scene)
        return
    doubled = index > 0 and pieces[index - 1].value("prop") == piece.value("prop")
    if doubled and piece.language != pieces[index - 1].language and scene.last is not None:
        return  # an emoji beside its word
    known = _named_before(scene, piece)
    named = known if known is not None else _introduced(scene, piece)
    scene.waiting.described = []
    scene.filming = False
    _take_part(scene, named, known is None, piece)
    scene.last, scene.joint = named, ""


def _named_before(scene: Scene, piece: Piece) -> int | None:
    """The member that "the red cat" points back to, if there is one that fits."""
    told = {slot: word.value(slot) for slot, word in scene.waiting.described}
    new_in_arabic = piece.language == "ar" and not piece.definite and scene.waiting.link is None
    if piece.article == "a" or "number" in told or new_in_arabic:
        return None
    fitting = [
        index
        for index, member in enumerate(scene.members)
        if member.kind == piece.value("prop")
        and index != scene.waiting.link_from
        and all(getattr(member, slot) == value for slot, value in told.items())
    ]
    return fitting[0] if fitting else None


def _introduced(scene: Scene, piece: Piece) -> int:
    meaning = next(meaning for meaning in piece.meanings if meaning.slot == "prop")
    member = Member(kind=meaning.value, count=meaning.count)
    for slot, word in scene.waiting.described:
        if slot == "number":
            member.count = max(member.count or 0, round(float(str(word.value("number")))))  # twenty one
        else:
            setattr(member, slot, word.value(slot))
    for stance in ("place", "facing"):
        waiting: Piece | None = getattr(scene.waiting, stance)
        if waiting is not None:
            setattr(member, stance, waiting.value(stance))
            setattr(scene.waiting, stance, None)
    scene.members.append(member)
    return len(scene.members) - 1


def _take_part(scene: Scene, named: int, new: bool, piece: Piece) -> None:
    """What the named thing is in its sentence: the end of a relation, beside the matter, or what it is about."""
    waiting = scene.waiting
    if waiting.link is not None:
        if _ends_relation(scene, waiting.link, named):
            return
    elif scene.aside and new:
        scene.aside = False
        return
    _become_subject(scene, named, piece)


def _ends_relation(scene: Scene, link: Piece, named: int) -> bool:
    """Give a relation that waits its next thing; true where that thing is only its second one."""
    waiting, value = scene.waiting, str(link.value("link"))
    if waiting.link_to is not None:
        relate(scene, named, value, waiting.link_to)
        waiting.link = waiting.link_to = None
        return False
    if waiting.link_from is not None:
        relate(scene, waiting.link_from, value, named)
        waiting.link = waiting.link_from = None
        scene.aside = False
        return True
    if value in DONE_TO:
        waiting.link_from = named
        return False
    waiting.link_to = named
    return True


def _become_subject(scene: Scene, named: int, piece: Piece) -> None:
    member = scene.members[named]
    if scene.waiting.verb is not None and member.verb is None:
        moving.say(scene, [named], scene.waiting.verb)
        scene.waiting.verb = None
        scene.lender = named
    elif scene.lender is not None and scene.joint == "and" and piece.language == "ar" and member.verb is None:
        moving.lend(scene, named)
    elif member.verb is not None:
        scene.chain, scene.doers, scene.lender = [], [named], None
    else:
        joined = scene.joint in ("and", "pause") and scene.chain and scene.chain[-1][1] != "object"
        scene.chain = [*scene.chain, (named, scene.joint)] if joined else [(named, "")]
        scene.doers, scene.lender = [], None
