"""The camera while a sentence is read: when it is the one that films, and how it moves."""

from __future__ import annotations

from laqta.language.dictionary import Piece
from laqta.language.scene import Scene

CAMERA_MOVES = {
    "approach": "zoom_in",
    "recede": "zoom_out",
    "rise": "tilt_up",
    "fall": "tilt_down",
    "still": "still",
}
"""What the camera does when its verb or its course is one of these."""


def films(scene: Scene, pieces: list[Piece], index: int) -> bool:
    """Whether a camera is the one that films, not one on the stage: "the camera", and a move of it beside it."""
    piece, verb = pieces[index], scene.waiting.verb
    if piece.article == "a" or scene.waiting.described or (piece.language == "ar" and not piece.definite):
        return False
    if any(member.kind == "camera" for member in scene.members):
        return False
    if index and pieces[index - 1].has("camera"):
        return True
    if piece.language == "zh":
        return False
    return (verb is not None and _moves_a_camera(verb)) or _move_follows(pieces, index)


def start(scene: Scene) -> None:
    """From here on the sentence is about the camera; a verb that waited for its subject is the camera's."""
    scene.filming = True
    if scene.waiting.verb is not None:
        verb, scene.waiting.verb = scene.waiting.verb, None
        move(scene, verb)


def move(scene: Scene, verb: Piece) -> None:
    """The camera's verb: closer, away, up, down, still; a plain move gets its side later."""
    moves = [CAMERA_MOVES[value] for value in verb.values("verb") if value in CAMERA_MOVES]
    if moves and scene.camera is None:
        scene.camera = moves[0]


def steer(scene: Scene, slot: str, value: str) -> None:
    """Where the camera moves to; how fast it does so states nothing."""
    if slot == "toward" and scene.camera is None:
        scene.camera = f"pan_{value}"
    elif slot == "course" and scene.camera is None:
        scene.camera = CAMERA_MOVES.get(value)


def _move_follows(pieces: list[Piece], index: int) -> bool:
    for following in pieces[index + 1 : index + 4]:
        turns = following.has_value("verb", "spin") and any(
            piece.has("toward") for piece in pieces[index + 1 : index + 5]
        )
        steered = following.has("toward") and not following.has("link")
        if turns or steered or following.has("camera", "course") or _moves_a_camera(following):
            return True
        if not following.has("stop", "speed"):
            return False
    return False


def _moves_a_camera(piece: Piece) -> bool:
    """Whether a camera can do this: move, come closer, go away, go up or down, stay, follow."""
    return piece.value("link") == "chases" or piece.has_value("verb", "walk", *CAMERA_MOVES)
