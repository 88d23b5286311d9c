"""What a model was never shown is not filmed in silence as something else: the wish is told back with the nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from laqta.director.chat import COMMAS, replies
from laqta.director.plan import nearest_prop
from laqta.director.rules import Turn
from laqta.director.storyboard import History, to_film
from laqta.language.lexicon import nouns


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A turn that changes nothing, and the answer that says what the model could film instead."""

    turn: Turn
    reply: str


def refused(turn: Turn, before: History, props: Sequence[str]) -> Refusal | None:
    """What becomes of a message that asks for props that a model does not know; None where it knows them all."""
    takes = [take for edit in turn.edits for take in to_film(edit)]
    kinds = dict.fromkeys(actor.kind for take in takes for actor in take.shot.cast if actor.kind not in props)
    if not kinds:
        return None
    names = nouns(turn.language)
    comma = COMMAS[turn.language]
    nearest = dict.fromkeys(nearest_prop(kind, props) for kind in kinds)
    reply = replies()["unseen"][turn.language].format(
        things=comma.join(names[kind].name for kind in kinds),
        nearest=comma.join(names[kind].name for kind in nearest),
    )
    words = tuple(names[kind].name for kind in kinds)
    return Refusal(
        turn=Turn(history=before, edits=(), language=turn.language, problem="unseen", ignored=words),
        reply=reply,
    )
