"""From pieces to a scene: who does what, which word belongs to which thing.

`read_pieces` walks over the pieces once, from left to right; each slot has its own small function, here or in
`naming` (things), `relating`, `moving` and `filming`. Nothing is guessed: a word that finds nothing to belong to
is put aside and told to the person.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from laqta.language import filming, moving, naming, relating
from laqta.language.ahead import (
    next_piece,
    noun_follows,
    previous_piece,
    slot_of,
    things_follow,
    verb_follows,
)
from laqta.language.dictionary import Meaning, Piece
from laqta.language.scene import Scene

CIRCUMSTANCES = ("backdrop", "time", "weather", "format", "camera")
MANNERS = ("speed", "toward", "from", "arrive", "course")
JOINTS = ("and", "pause")


def read_pieces(pieces: list[Piece]) -> Scene:
    """The scene that these pieces describe."""
    scene = Scene()
    index = 0
    while index < len(pieces):
        if pieces[index].joined:
            _pause(scene, "and")
        slot = slot_of(scene, pieces, index)
        if slot == "word":
            index += _structure(scene, pieces, index)
        elif slot == "number":
            index += _number(scene, pieces, index)
        elif slot == "unit" and _is_another(pieces, index):
            index += 1
        elif slot == "unit" and scene.seconds is None and _counts_itself(pieces[index]):
            scene.seconds = float(str(pieces[index].value("unit")))
            index += 1
        else:
            _take(scene, pieces, index, slot)
            index += 1
    _settle(scene)
    return scene


def _take(scene: Scene, pieces: list[Piece], index: int, slot: str) -> None:
    """Take in one piece that stands in this slot."""
    if slot == "prop":
        naming.thing(scene, pieces, index)
    elif slot == "link":
        relating.link(scene, pieces, index)
    elif slot == "verb":
        _verb(scene, pieces, index)
    elif slot in MANNERS:
        _manner(scene, pieces, index, slot)
    elif slot in ("size", "tint"):
        _description(scene, pieces, index, slot)
    elif slot in ("place", "facing"):
        _stance(scene, pieces, index, slot)
    elif slot in CIRCUMSTANCES:
        _circumstance(scene, slot, pieces[index])
    elif slot != "stop":
        scene.unused.append(pieces[index])
        if not noun_follows(pieces, index):
            scene.aside = False
            relating.give_up(scene)


def _settle(scene: Scene) -> None:
    """At the end: words that still wait find the last thing, or are put aside."""
    waiting, last = scene.waiting, scene.about()
    if waiting.verb and last is not None:
        verb, waiting.verb = waiting.verb, None
        moving.say(scene, [last], verb)
    if last is not None:
        member = scene.members[last]
        if waiting.place and member.place is None:
            member.place, waiting.place = waiting.place.value("place"), None
        if waiting.facing and member.facing is None:
            member.facing, waiting.facing = waiting.facing.value("facing"), None
    left = [
        waiting.verb,
        waiting.speed,
        waiting.side,
        waiting.course,
        waiting.place,
        waiting.facing,
        waiting.link,
    ]
    scene.unused += [piece for piece in left if piece is not None]
    _drop_descriptions(scene)


def _circumstance(scene: Scene, slot: str, piece: Piece) -> None:
    """Backdrop, time, weather, format, camera: said once; a second, different one is put aside."""
    value = piece.value(slot)
    if getattr(scene, slot) in (None, value):
        setattr(scene, slot, value)
    else:
        scene.unused.append(piece)
    scene.aside = False
    scene.lender = None
    if slot == "camera":
        scene.filming = True
    if slot in ("backdrop", "weather"):
        relating.give_up(scene)


def _pause(scene: Scene, joint: str) -> None:
    scene.joint = joint
    scene.aside = scene.around = scene.filming = False
    scene.patient = None
    if joint == "pause":
        scene.place_of = None
        scene.lender = None


def _structure(scene: Scene, pieces: list[Piece], index: int) -> int:
    """The words that build a sentence: and, of, not, around; returns how many pieces that took."""
    word = str(pieces[index].value("word"))
    if word in JOINTS:
        _pause(scene, word)
    elif word in ("off", "out", "in"):
        _particle(scene, word, next_piece(pieces, index))
    elif word == "camera":
        filming.start(scene)
    elif word == "clip":
        scene.waiting.described = [item for item in scene.waiting.described if item[0] != "number"]
        _drop_descriptions(scene)
    elif word == "not":
        return _negated(scene, pieces, index)
    else:
        _turn_aside(scene, word, noun_follows(pieces, index))
    return 1


def _turn_aside(scene: Scene, word: str, before_a_thing: bool) -> None:
    """After "on", 在, 被, "around" comes a thing that the sentence is not about; after "who" it is about the last."""
    about = scene.about()
    if word == "have":
        scene.aside = False
    elif word == "who" and scene.last is not None and scene.members[scene.last].verb is None:
        scene.chain = [(scene.last, "object")]
    elif word in ("prep", "at", "passive"):
        scene.aside = about is not None
        scene.place_of = about if word == "at" else scene.place_of
        scene.patient = about if word == "passive" else scene.patient
    elif word == "around" and before_a_thing:
        scene.aside = scene.around = about is not None
        moving.go_round(scene)


def _particle(scene: Scene, word: str, following: Piece | None) -> None:
    """Off, out, in: part of the verb before them (drives off, walks in), or the start of a place (in the rain)."""
    ends = following is None or following.has("toward", "from", "place", "time", "camera")
    ends = ends or (following is not None and following.value("word") in JOINTS)
    goes_off = word == "off" and following is not None and following.has("backdrop", "weather", "arrive")
    if scene.filming and ends and word != "off":
        scene.camera = scene.camera or f"zoom_{word}"
    elif ends or goes_off:
        moving.go_on(scene, "enter" if word == "in" else "leave")
    scene.aside = scene.about() is not None


def _negated(scene: Scene, pieces: list[Piece], index: int) -> int:
    """What is said not to be there is no fact for a shot: it is put aside."""
    for offset, piece in enumerate(pieces[index + 1 :], start=1):
        if piece.value("word") == "pause":  # no, a dog
            return offset
        if not piece.has("stop"):
            scene.unused.append(piece)
            return offset + 1
    return 1


def _number(scene: Scene, pieces: list[Piece], index: int) -> int:
    """How many seconds, or how many of a thing; returns how many pieces that took."""
    piece, following, before = pieces[index], next_piece(pieces, index), previous_piece(pieces, index)
    number = float(str(piece.value("number")).replace(":", "."))
    if following and following.has("unit"):
        scene.seconds = number * int(str(following.value("unit")))
        return pieces.index(following, index + 1) - index + 1
    behind = piece.language == "ar" or (piece.language == "zh" and not noun_follows(pieces, index))
    after_its_noun = behind and before is not None and before.has("prop", "tint", "size")
    if after_its_noun and number in (1, 2, 3) and not scene.joint and scene.members:
        scene.members[-1].count = int(number)
    elif noun_follows(pieces, index) and not _counts_the_clip(pieces, index):
        scene.waiting.described.append(("number", piece))
    elif piece.language is None:
        scene.unused.append(piece)
    return 1


def _counts_itself(unit: Piece) -> bool:
    """A minute, half a minute, the Arabic duals: lengths that need no number."""
    return unit.article == "a" or unit.language == "ar" or unit.value("unit") == "30"


def _is_another(pieces: list[Piece], index: int) -> bool:
    """The Arabic "second" right behind a thing is another one of it: قطة ثانية."""
    return pieces[index].text in ("ثانية", "ثانيه") and index > 0 and pieces[index - 1].has("prop")


def _counts_the_clip(pieces: list[Piece], index: int) -> bool:
    """一个 ... 的视频: the one is the clip, not the first thing in it."""
    if len(pieces) < index + 2 or pieces[index + 1].text not in ("个", "段"):
        return False
    words = [piece.value("word") for piece in pieces[index + 1 :]]
    return any(pair == ("of", "clip") for pair in pairwise(words))


def _description(scene: Scene, pieces: list[Piece], index: int, slot: str) -> None:
    """A size or a colour: of the thing that follows, or (Arabic, "is red") of the thing just named."""
    piece, before = pieces[index], previous_piece(pieces, index)
    if before is not None and before.value("word") == "and":
        before = previous_piece(pieces, pieces.index(before))
    if piece.language != "ar" and noun_follows(pieces, index):
        scene.waiting.described.append((slot, piece))
    elif (
        before and before.has("prop", "tint", "size", "number", "facing", "place") and scene.last is not None
    ):
        _fill(scene, scene.last, slot, piece)
    else:
        scene.unused.append(piece)


def _fill(scene: Scene, thing: int, slot: str, piece: Piece) -> None:
    member = scene.members[thing]
    if getattr(member, slot) is None:
        setattr(member, slot, piece.value(slot))
    else:
        scene.unused.append(piece)


def _drop_descriptions(scene: Scene) -> None:
    scene.unused += [piece for slot, piece in scene.waiting.described if slot != "number"]
    scene.waiting.described = []


def _stance(scene: Scene, pieces: list[Piece], index: int, slot: str) -> None:
    """Where a thing is in the frame, or where it looks; after a verb of coming or going, the side it does so on."""
    piece, following, before = pieces[index], next_piece(pieces, index), previous_piece(pieces, index)
    of_what_follows = (
        following is not None and following.value("word") == "of" and noun_follows(pieces, index)
    )
    opens = scene.joint != "" and things_follow(pieces, index) > 0
    reaches = (
        piece.language == "zh" and before is not None and before.has("verb") and before.text.endswith("到")
    )
    if reaches and slot == "place" and piece.value(slot) != "center":
        _reach(scene, str(piece.value(slot)), piece)
        return
    taken = scene.last is not None and getattr(scene.members[scene.last], slot) is not None
    opens = opens or (taken and noun_follows(pieces, index))  # one on the left, on the right another
    if scene.last is None or of_what_follows or opens:
        setattr(scene.waiting, slot, piece)
        return
    sided = (
        slot == "place"
        and piece.value(slot) != "center"
        and before is not None
        and before.has("verb", "speed")
    )
    gone = [scene.members[doer] for doer in scene.doers if scene.members[doer].verb in ("leave", "enter")]
    if sided and gone:
        for member in gone:
            moving.steer(member, str(piece.value(slot)), "toward" if member.verb == "leave" else "from")
    else:
        _fill(scene, scene.last, slot, piece)


def _reach(scene: Scene, side: str, piece: Piece) -> None:
    """The side that a Chinese verb leads to: 从左边飞到右边."""
    if scene.waiting.verb is not None:
        moving.wait(scene, "toward", replace(piece, meanings=(Meaning(slot="toward", value=side),)))
    for doer in scene.doers:
        moving.steer(scene.members[doer], side, "toward")


def _verb(scene: Scene, pieces: list[Piece], index: int) -> None:
    """A verb: of the things that wait for one, or of the thing that follows."""
    piece, following, waiting = pieces[index], next_piece(pieces, index), scene.waiting
    if scene.filming:
        filming.move(scene, piece)
        return
    scene.aside = False
    of_what_follows = (
        following is not None and following.value("word") == "of" and noun_follows(pieces, index)
    )
    before_its_noun = noun_follows(pieces, index) and (piece.article != "" or scene.joint == "and")
    if scene.chain and not of_what_follows and (piece.language == "ar" or not before_its_noun):
        moving.say(scene, _chained(scene), piece)
    elif scene.doers and scene.members[scene.doers[-1]].lent and not piece.joined:
        moving.say(scene, scene.doers[-1:], piece)
    elif things_follow(pieces, index) and waiting.verb is None and not _has_an_object(pieces, index):
        waiting.verb = piece
        scene.doers = []
    elif scene.doers and moving.turns_into(scene, piece):
        moving.go_on(scene, moving.sense(piece, scene.members[scene.doers[-1]].kind)[0])
    elif waiting.verb is None and not scene.doers and piece.language != "en":
        waiting.verb = piece
    else:
        scene.unused.append(piece)


def _has_an_object(pieces: list[Piece], index: int) -> bool:
    """Whether an English verb has what follows as its object (riding a horse), not as its subject (running dogs)."""
    piece, before, after = pieces[index], previous_piece(pieces, index), pieces[index + 1]
    inverted = before is not None and before.has("backdrop", "time", "weather", "place")
    return piece.language == "en" and piece.article == "" and after.article != "" and not inverted


def _chained(scene: Scene) -> list[int]:
    """Which things a verb is said of: the last, and all before it if "and" joins them."""
    last, joint = scene.chain[-1]
    if joint != "and":
        return [last]
    return [thing for thing, _ in scene.chain if scene.members[thing].verb is None]


def _manner(scene: Scene, pieces: list[Piece], index: int, slot: str) -> None:
    """How fast, to or from which side, up or away: of the verb that follows, or of the last one."""
    piece, before = pieces[index], previous_piece(pieces, index)
    value = str(piece.value(slot))
    if scene.filming or (before is not None and before.has("camera")):
        filming.steer(scene, slot, value)
    elif verb_follows(pieces, index) or scene.waiting.verb is not None:
        moving.wait(scene, slot, piece)
    elif scene.doers and moving.apply(scene, slot, value):
        scene.lender = None
    elif slot == "speed" and not scene.doers:
        scene.waiting.speed = piece
    elif (
        slot == "toward"
        and before is not None
        and before.has("prop", "tint", "size")
        and scene.last is not None
    ):
        scene.members[scene.last].place = scene.members[scene.last].place or value
    else:
        scene.unused.append(piece)
