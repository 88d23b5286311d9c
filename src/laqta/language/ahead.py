"""What stands around a piece: looking ahead and back to tell which of its meanings a piece has."""

from __future__ import annotations

from laqta.language.dictionary import Piece
from laqta.language.scene import Scene
from laqta.shot import SIDED_VERBS

DESCRIPTIONS = ("size", "tint", "number")
CIRCUMSTANCES = ("backdrop", "time", "weather", "speed", "toward", "from", "place")
LENGTHS = ("مد", "طول")
"""How the Arabic words for a length begin; behind them a clock is an hour."""
BARRIERS = ("pause", "and", "prep", "not", "in", "camera", "have")


def skippable(piece: Piece) -> bool:
    """A word that carries no fact and builds nothing."""
    return piece.has("stop") and not any(word in BARRIERS for word in piece.values("word"))


def next_piece(pieces: list[Piece], index: int) -> Piece | None:
    """The next piece that is more than a stop word."""
    return next((piece for piece in pieces[index + 1 :] if not skippable(piece)), None)


def previous_piece(pieces: list[Piece], index: int) -> Piece | None:
    """The piece before, stop words of all kinds left out."""
    return next((piece for piece in reversed(pieces[:index]) if not piece.has("stop")), None)


def noun_follows(pieces: list[Piece], index: int) -> bool:
    """Whether a thing comes next, with nothing before it but its descriptions and at most one unknown word."""
    unknown = 0
    for piece in pieces[index + 1 :]:
        if piece.has("prop"):
            return True
        if not piece.meanings or piece.has("other"):
            unknown += 1
        elif not (piece.has(*DESCRIPTIONS, "verb") or skippable(piece)):
            return False
        if unknown > 1 or piece.value("word") == "clip":
            return False
    return False


def verb_follows(pieces: list[Piece], index: int) -> bool:
    """Whether a verb comes next, with nothing before it but how and where to."""
    for piece in pieces[index + 1 :]:
        if piece.joined:
            return False
        if piece.has("verb"):
            return True
        at_it = piece.value("word") == "at"
        if not (piece.has("speed", "toward", "from", "course") or skippable(piece) or at_it):
            return False
    return False


def things_follow(pieces: list[Piece], index: int) -> int:
    """How many things come before the next verb or pause, those beside the matter ("on a chair") left out."""
    things, aside = 0, False
    for piece in pieces[index + 1 :]:
        word = piece.value("word")
        if word == "pause" or (piece.has("verb", "link") and not piece.has("prop")):
            break
        if piece.has("prop") and not aside:
            things += 1
        aside = word == "prep" or (aside and not piece.has("prop", "backdrop"))
    return things


def slot_of(scene: Scene, pieces: list[Piece], index: int) -> str:
    """Which slot a piece stands in here; "" for a word that nobody knows."""
    piece = pieces[index]
    if not piece.meanings or (piece.has("other") and not piece.has("prop")):
        return ""
    if (
        piece.has("prop")
        and piece.has("unit")
        and index
        and pieces[index - 1].text.lstrip("لبوا").startswith(LENGTHS)
    ):
        return "unit"
    if piece.has("prop"):
        return _thing_or_not(scene, pieces, index)
    if piece.has("link") and piece.has("place", "toward"):
        return _relation_or_side(scene, pieces, index)
    if piece.has("place") and piece.has("toward") and not piece.has("link"):
        steers = scene.waiting.verb or (scene.doers and scene.members[scene.doers[-1]].verb in SIDED_VERBS)
        return "toward" if steers else "place"
    if piece.has("link") and piece.has("verb"):  # runs into a tree, runs into the forest
        return "link" if noun_follows(pieces, index) else "verb"
    if piece.has("verb") and piece.has("camera"):  # zoom, and a car that zooms
        return "verb" if scene.chain or scene.doers or things_follow(pieces, index) else "camera"
    return "word" if piece.has("word") else piece.meanings[0].slot


def _thing_or_not(scene: Scene, pieces: list[Piece], index: int) -> str:
    """An orange or an orange cup, leaves or she leaves, black or (Arabic) lions."""
    piece = pieces[index]
    if piece.has("other"):
        before = pieces[index - 1] if index else None
        return (
            "" if before is not None and before.has("prop", "tint", "size") and not piece.joined else "prop"
        )
    if piece.has("word"):  # Arabic "a shot" is also "of a cat", after another word for a clip
        return "prop" if any(earlier.value("word") == "clip" for earlier in pieces[:index]) else "word"
    if piece.has("tint"):
        following = next_piece(pieces, index)
        described = following is not None and following.has("prop", "size", "tint")
        bare = piece.language == "en" and not (piece.article or scene.waiting.described or scene.joint)
        if bare and scene.last is not None and not scene.aside:  # a fruit has an article: the fish is orange
            return "tint"
        return "tint" if described and noun_follows(pieces, index) else "prop"
    if piece.has("verb"):
        bare = not (piece.article or scene.waiting.described)
        return "verb" if scene.chain and bare and scene.joint == "" else "prop"
    return "prop"


def _relation_or_side(scene: Scene, pieces: list[Piece], index: int) -> str:
    """On the left, or on the left of something: told by what follows it, in Chinese by what comes before it."""
    piece = pieces[index]
    if piece.language != "zh":
        side = "toward" if piece.has("toward") else "place"
        return "link" if piece.bare_end and piece.language == "ar" and noun_follows(pieces, index) else side
    before = previous_piece(pieces, index)
    after = next_piece(pieces, index)
    if before is None or not before.has("prop") or scene.joint:
        return "place"
    return "link" if scene.place_of is not None or (after and after.value("word") == "have") else "place"
