"""Relations while a sentence is read: above, behind, chases, meets, and their second thing."""

from __future__ import annotations

from laqta.language.ahead import noun_follows, previous_piece, things_follow
from laqta.language.dictionary import Piece
from laqta.language.scene import Scene

DONE_TO = ("chases", "meets")
"""Relations that are verbs: what is done to whom; the others say where something is."""


def link(scene: Scene, pieces: list[Piece], index: int) -> None:
    """A relation: between the thing that the sentence is about and the one that follows, or as Chinese has it."""
    piece = pieces[index]
    value = str(piece.value("link"))
    if scene.filming:
        scene.unused += [piece] if value in DONE_TO else []
    elif piece.language == "zh" and value.strip("~") not in DONE_TO:
        before = previous_piece(pieces, index)
        if before is None or not before.has("backdrop"):  # over the city: no relation
            _after_its_thing(scene, piece, value)
    elif scene.patient is not None and scene.last is not None and scene.last != scene.patient:
        relate(scene, scene.last, value, scene.patient)
    elif value == "meets" and len(scene.chain) > 1 and not noun_follows(pieces, index):
        relate(scene, scene.chain[-2][0], value, scene.chain[-1][0])
    else:
        scene.waiting.link = piece
        scene.waiting.link_from = None if _leads(scene, pieces, index) else scene.about()
        scene.aside = False


def relate(scene: Scene, subject: int, value: str, thing: int) -> None:
    """Note a relation; "~behind" is "behind" the other way round. The sentence stays about its subject."""
    one, two = (thing, subject) if value.startswith("~") else (subject, thing)
    if one != two:
        scene.relations.append((one, value.strip("~"), two))
    scene.place_of = scene.patient = None
    about = scene.members[subject]
    scene.chain = [(subject, "object")] if about.verb is None else []
    scene.doers = [] if about.verb is None else [subject]


def give_up(scene: Scene) -> None:
    """Forget a relation whose second thing turned out to be none ("behind the mountains")."""
    waiting = scene.waiting
    if waiting.link is not None and waiting.link_to is None:
        scene.unused += [waiting.link] if waiting.link.value("link") in DONE_TO else []
        waiting.link = waiting.link_from = None


def _leads(scene: Scene, pieces: list[Piece], index: int) -> bool:
    """Whether an Arabic verb stands before its subject and its object: there chases a cat a mouse."""
    piece, before = pieces[index], previous_piece(pieces, index)
    after_its_subject = before is not None and before.has("prop", "tint", "size", "place", "facing", "number")
    verb_first = piece.language == "ar" and piece.value("link") in DONE_TO and not after_its_subject
    return verb_first and scene.joint != "" and things_follow(pieces, index) > 1


def _after_its_thing(scene: Scene, piece: Piece, value: str) -> None:
    """A 在 B 后面, or B 后面有 A: the relation comes after its second thing."""
    thing = scene.last
    subject = scene.place_of
    if subject is None and scene.doers and scene.doers[-1] != thing:
        subject = scene.doers[-1]
    if thing is None:
        scene.unused.append(piece)
    elif subject is not None and subject != thing:
        relate(scene, subject, value, thing)
        scene.last = subject
    else:
        scene.waiting.link, scene.waiting.link_to = piece, thing
        scene.chain = []
