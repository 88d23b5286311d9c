"""From pieces to a scene: who does what, which word belongs to which thing.

`read_pieces` walks over the pieces once, from left to right; each slot has its own small function below.
Nothing is guessed: a word that finds nothing to belong to is put aside and told to the person.
"""

from __future__ import annotations

from itertools import pairwise

from laqta.language import moving
from laqta.language.ahead import (
    next_piece,
    noun_follows,
    previous_piece,
    slot_of,
    things_follow,
    verb_follows,
)
from laqta.language.dictionary import Piece
from laqta.language.scene import Member, Scene

CAMERA_MOVES = {
    "approach": "zoom_in",
    "recede": "zoom_out",
    "rise": "tilt_up",
    "fall": "tilt_down",
    "still": "still",
}
"""What the camera does when its verb or its course is one of these."""


def read_pieces(pieces: list[Piece]) -> Scene:
    """The scene that these pieces describe."""
    scene = Scene()
    index = 0
    while index < len(pieces):
        piece = pieces[index]
        if piece.joined:
            _pause(scene, "and")
        index += _step(scene, pieces, index)
    _settle(scene)
    return scene


def _step(scene: Scene, pieces: list[Piece], index: int) -> int:
    """Take in one piece; returns how many pieces that took."""
    piece, slot = pieces[index], slot_of(scene, pieces, index)
    if slot == "":
        _unknown(scene, piece)
    elif slot == "word":
        return _structure(scene, pieces, index)
    elif slot in ("backdrop", "time", "weather", "format", "camera"):
        _circumstance(scene, slot, piece)
    elif slot == "prop":
        _thing(scene, pieces, index)
    elif slot == "number":
        return _number(scene, pieces, index)
    elif slot in ("size", "tint"):
        _description(scene, pieces, index, slot)
    elif slot == "link":
        _link(scene, pieces, index)
    elif slot in ("place", "facing"):
        _stance(scene, pieces, index, slot)
    elif slot == "verb":
        _verb(scene, pieces, index)
    elif slot in ("speed", "toward", "from", "arrive", "course"):
        _manner(scene, pieces, index, slot)
    elif slot == "unit":
        scene.unused.append(piece)
    return 1


def _settle(scene: Scene) -> None:
    """At the end: words that still wait find the last thing, or are put aside."""
    waiting, last = scene.waiting, scene.about()
    if waiting.verb and last is not None:
        moving.say(scene, [last], waiting.verb)
        waiting.verb = None
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


def _unknown(scene: Scene, piece: Piece) -> None:
    scene.unused.append(piece)
    scene.aside = False
    if scene.waiting.link and scene.waiting.link_to is None:
        scene.waiting.link = None


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
    if slot == "backdrop" and scene.waiting.link and scene.waiting.link_to is None:
        scene.waiting.link = None


def _pause(scene: Scene, joint: str) -> None:
    scene.joint = joint
    scene.aside = scene.around = scene.filming = False
    scene.patient = None
    if joint == "pause":
        scene.place_of = None
        scene.lender = None


def _structure(scene: Scene, pieces: list[Piece], index: int) -> int:
    """The words that build a sentence: and, of, not, around."""
    word = pieces[index].value("word")
    following = next_piece(pieces, index)
    if word in ("and", "pause"):
        _pause(scene, word)
    elif word == "prep":
        scene.aside = scene.about() is not None
    elif word == "at":
        scene.place_of = scene.about()
        scene.aside = scene.place_of is not None
    elif word == "have":
        scene.aside = False
    elif word == "passive":
        scene.patient = scene.about()
        scene.aside = scene.patient is not None
    elif word == "around" and noun_follows(pieces, index):
        scene.aside = scene.around = scene.about() is not None
        moving.go_round(scene)
    elif word in ("off", "out", "in"):
        ends = (
            following is None or following.has("toward", "from", "place") or following.has("time", "camera")
        )
        ends = ends or (following is not None and following.value("word") in ("pause", "and"))
        if scene.filming and ends and word != "off":
            scene.camera = scene.camera or f"zoom_{word}"
        elif ends or (word == "off" and following is not None and not following.has("course")):
            moving.go_on(scene, "enter" if word == "in" else "leave")
        scene.aside = scene.about() is not None
    elif word == "camera":
        scene.filming = True
        _film(scene, scene.waiting.verb)
    elif word == "clip":
        scene.waiting.described = [item for item in scene.waiting.described if item[0] != "number"]
        _drop_descriptions(scene)
    elif word == "not":
        return _negated(scene, pieces, index)
    return 1


def _negated(scene: Scene, pieces: list[Piece], index: int) -> int:
    """What is said not to be there is no fact for a shot: it is put aside."""
    for offset, piece in enumerate(pieces[index + 1 :], start=1):
        if not piece.has("stop"):
            scene.unused.append(piece)
            return offset + 1
    return 1


def _number(scene: Scene, pieces: list[Piece], index: int) -> int:
    """How many seconds, or how many of a thing."""
    piece, following = pieces[index], next_piece(pieces, index)
    number = float(str(piece.value("number")).replace(":", "."))
    if following and following.has("unit"):
        scale = 60 if following.value("unit") == "minutes" else 1
        scene.seconds = number * scale
        return pieces.index(following, index + 1) - index + 1
    before = previous_piece(pieces, index)
    if (
        piece.language == "ar"
        and before
        and before.has("prop", "tint", "size")
        and number in (1, 2)
        and not scene.joint
    ):
        scene.members[-1].count = int(number)
    elif noun_follows(pieces, index) and not _counts_the_clip(pieces, index):
        scene.waiting.described.append(("number", piece))
    elif piece.language is None:
        scene.unused.append(piece)
    return 1


def _counts_the_clip(pieces: list[Piece], index: int) -> bool:
    """一个 ... 的视频: the one is the clip, not the first thing in it."""
    if len(pieces) < index + 2 or pieces[index + 1].text not in ("个", "段"):
        return False
    words = [piece.value("word") for piece in pieces[index + 1 :]]
    return any(pair == ("of", "clip") for pair in pairwise(words))


def _description(scene: Scene, pieces: list[Piece], index: int, slot: str) -> None:
    """A size or a colour: of the thing that follows, or (Arabic, "is red") of the thing just named."""
    piece, before = pieces[index], previous_piece(pieces, index)
    if piece.language != "ar" and noun_follows(pieces, index):
        scene.waiting.described.append((slot, piece))
    elif (
        before and before.has("prop", "tint", "size", "number", "facing", "place") and scene.last is not None
    ):
        member = scene.members[scene.last]
        if getattr(member, slot) is None:
            setattr(member, slot, piece.value(slot))
        else:
            scene.unused.append(piece)
    else:
        scene.unused.append(piece)


def _drop_descriptions(scene: Scene) -> None:
    scene.unused += [piece for slot, piece in scene.waiting.described if slot != "number"]
    scene.waiting.described = []


def _thing(scene: Scene, pieces: list[Piece], index: int) -> None:
    """A thing is named: a new member of the cast, or one named before."""
    piece = pieces[index]
    if piece.value("prop") == "camera" and _is_the_filming_one(scene, pieces, index):
        scene.filming = True
        _film(scene, scene.waiting.verb)
        return
    doubled = index > 0 and pieces[index - 1].value("prop") == piece.value("prop")
    if doubled and piece.language != pieces[index - 1].language and scene.last is not None:
        return
    known = _named_before(scene, piece)
    thing = known if known is not None else _introduced(scene, piece)
    scene.waiting.described = []
    scene.filming = False
    _take_role(scene, thing, known is None, piece)
    scene.last, scene.joint = thing, ""


def _named_before(scene: Scene, piece: Piece) -> int | None:
    """The member that "the red cat" points back to, if there is one that fits."""
    told = {slot: word.value(slot) for slot, word in scene.waiting.described}
    if piece.article == "a" or "number" in told or piece.value("prop") is None:
        return None
    if piece.language == "ar" and not piece.definite and scene.waiting.link is None:
        return None
    kind = piece.value("prop")
    fitting = [
        index
        for index, member in enumerate(scene.members)
        if member.kind == kind and all(getattr(member, slot) == value for slot, value in told.items())
    ]
    others = [index for index in fitting if index != scene.waiting.link_from]
    return others[0] if others else None


def _introduced(scene: Scene, piece: Piece) -> int:
    meaning = next(meaning for meaning in piece.meanings if meaning.slot == "prop")
    member = Member(kind=meaning.value, count=meaning.count)
    for slot, word in scene.waiting.described:
        if slot == "number":
            member.count = round(float(str(word.value("number"))))
        else:
            setattr(member, slot, word.value(slot))
    for stance in ("place", "facing"):
        word_waiting: Piece | None = getattr(scene.waiting, stance)
        if word_waiting is not None:
            setattr(member, stance, word_waiting.value(stance))
            setattr(scene.waiting, stance, None)
    scene.members.append(member)
    return len(scene.members) - 1


def _take_role(scene: Scene, thing: int, new: bool, piece: Piece) -> None:
    """What the named thing is in its sentence: the end of a relation, beside the matter, or what it is about."""
    waiting, member = scene.waiting, scene.members[thing]
    if waiting.link is not None and waiting.link_to is not None:
        _relate(scene, thing, str(waiting.link.value("link")), waiting.link_to)
        waiting.link = waiting.link_to = None
    elif waiting.link is not None and waiting.link_from is not None:
        _relate(scene, waiting.link_from, str(waiting.link.value("link")), thing)
        waiting.link = waiting.link_from = None
        scene.aside = False
        return
    elif waiting.link is not None:
        if waiting.link.value("link") in ("chases", "meets"):
            waiting.link_from = thing
        else:
            waiting.link_to = thing
            return
    elif scene.aside and new:
        scene.aside = False
        return
    _become_subject(scene, thing, member, piece)


def _become_subject(scene: Scene, thing: int, member: Member, piece: Piece) -> None:
    if scene.waiting.verb is not None and member.verb is None:
        moving.say(scene, [thing], scene.waiting.verb)
        scene.waiting.verb = None
        scene.lender = thing
        return
    if scene.lender is not None and scene.joint == "and" and piece.language == "ar" and member.verb is None:
        moving.lend(scene, thing)
        return
    scene.lender = None
    if member.verb is not None:
        scene.chain, scene.doers = [], [thing]
        return
    joined = scene.joint in ("and", "pause") and scene.chain and scene.chain[-1][1] != "object"
    scene.chain = [*scene.chain, (thing, scene.joint)] if joined else [(thing, "")]
    scene.doers = []


def _is_the_filming_one(scene: Scene, pieces: list[Piece], index: int) -> bool:
    """Whether a camera is the one that films, not one on the stage: "the camera", and a move of it beside it."""
    piece = pieces[index]
    if piece.article == "a" or scene.waiting.described or (piece.language == "ar" and not piece.definite):
        return False
    if index and pieces[index - 1].has("camera"):
        return True
    if piece.language == "zh":
        return False
    if scene.waiting.verb is not None and any(
        moving.camera_verb(value) for value in scene.waiting.verb.values("verb")
    ):
        return True
    for following in pieces[index + 1 : index + 4]:
        if following.has("camera", "course") or any(
            moving.camera_verb(value) for value in following.values("verb")
        ):
            return True
        if not following.has("stop", "speed"):
            return False
    return False


def _film(scene: Scene, verb: Piece | None) -> None:
    """The camera's verb: closer, away, up, down, still; a plain move waits for its side."""
    if verb is None:
        return
    scene.waiting.verb = None
    moves = [CAMERA_MOVES[value] for value in verb.values("verb") if value in CAMERA_MOVES]
    if moves and scene.camera is None:
        scene.camera = moves[0]


def _stance(scene: Scene, pieces: list[Piece], index: int, slot: str) -> None:
    """Where a thing is in the frame, or where it looks."""
    piece, following = pieces[index], next_piece(pieces, index)
    value = piece.value(slot)
    of_what_follows = (
        following is not None and following.value("word") == "of" and noun_follows(pieces, index)
    )
    opens = scene.joint != "" and things_follow(pieces, index) > 0
    if scene.last is None or of_what_follows or opens:
        setattr(scene.waiting, slot, piece)
        return
    before = previous_piece(pieces, index)
    if slot == "place" and value != "center" and before is not None and before.has("verb", "speed"):
        leaving = [
            scene.members[doer] for doer in scene.doers if scene.members[doer].verb in ("leave", "enter")
        ]
        if leaving:
            for member in leaving:
                moving.steer(member, str(value), "toward" if member.verb == "leave" else "from")
            return
    member = scene.members[scene.last]
    if getattr(member, slot) is None:
        setattr(member, slot, value)
    else:
        scene.unused.append(piece)


def _verb(scene: Scene, pieces: list[Piece], index: int) -> None:
    """A verb: of the things that wait for one, or of the thing that follows."""
    piece, following = pieces[index], next_piece(pieces, index)
    if scene.filming:
        _film(scene, piece)
        return
    describes = following is not None and following.value("word") == "of" and noun_follows(pieces, index)
    before_its_noun = noun_follows(pieces, index) and (
        piece.article != "" or scene.joint == "and" or describes
    )
    scene.aside = False
    if scene.chain and not (before_its_noun and piece.language != "ar") and not describes:
        moving.say(scene, _chained(scene), piece)
    elif scene.doers and scene.members[scene.doers[-1]].lent and not piece.joined:
        moving.say(scene, scene.doers[-1:], piece)
    elif things_follow(pieces, index) and scene.waiting.verb is None and not _has_an_object(pieces, index):
        scene.waiting.verb = piece
        scene.doers = []
    elif scene.doers and moving.turns_into(scene, piece):
        moving.go_on(scene, moving.sense(piece, scene.members[scene.doers[-1]].kind)[0])
    elif scene.waiting.verb is None and not scene.doers and piece.language != "en":
        scene.waiting.verb = piece
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
        if slot == "toward" and scene.camera is None:
            scene.camera = f"pan_{value}"
        elif slot == "course" and scene.camera is None:
            scene.camera = CAMERA_MOVES.get(value)
        return
    if verb_follows(pieces, index) or scene.waiting.verb is not None:
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


def _link(scene: Scene, pieces: list[Piece], index: int) -> None:
    """A relation: between the thing that the sentence is about and the one that follows, or as Chinese has it."""
    piece, before = pieces[index], previous_piece(pieces, index)
    value, waiting = str(piece.value("link")), scene.waiting
    if scene.filming:
        scene.unused += [piece] if value in ("chases", "meets") else []
    elif piece.language == "zh" and value.strip("~") not in ("chases", "meets"):
        _chinese_link(scene, piece, value)
    elif scene.patient is not None and scene.last is not None and scene.last != scene.patient:
        _relate(scene, scene.last, value, scene.patient)
    elif value == "meets" and len(scene.chain) > 1 and not noun_follows(pieces, index):
        _relate(scene, scene.chain[-2][0], value, scene.chain[-1][0])
    else:
        after_its_subject = before is not None and before.has(
            "prop", "tint", "size", "place", "facing", "number"
        )
        leads = piece.language == "ar" and value in ("chases", "meets") and not after_its_subject
        waiting.link = piece
        waiting.link_from = scene.about()
        if scene.joint and leads and things_follow(pieces, index):
            waiting.link_from = scene.about() if things_follow(pieces, index) < 2 else None
        scene.aside = False


def _chinese_link(scene: Scene, piece: Piece, value: str) -> None:
    """A 在 B 后面, or B 后面有 A: the relation comes after its second thing."""
    thing = scene.last
    subject = scene.place_of
    if subject is None and scene.doers and scene.doers[-1] != thing:
        subject = scene.doers[-1]
    if thing is None:
        scene.unused.append(piece)
    elif subject is not None and subject != thing:
        _relate(scene, subject, value, thing)
        scene.last = subject
    else:
        scene.waiting.link, scene.waiting.link_to = piece, thing
        scene.chain = []


def _relate(scene: Scene, subject: int, value: str, thing: int) -> None:
    """Note a relation; "~behind" is "behind" the other way round. The sentence stays about its subject."""
    one, two = (thing, subject) if value.startswith("~") else (subject, thing)
    if one != two:
        scene.relations.append((one, value.strip("~"), two))
    scene.place_of = scene.patient = None
    about = scene.members[subject]
    scene.chain = [(subject, "object")] if about.verb is None else []
    scene.doers = [] if about.verb is None else [subject]
