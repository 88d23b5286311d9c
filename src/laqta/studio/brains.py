"""The brains that a studio may have: the rules, or a language model that falls back on them."""

from __future__ import annotations

from collections.abc import Mapping

from laqta.director.chat import reply
from laqta.director.llm import LlmBrain, LlmSettings, open_brain
from laqta.director.storyboard import History
from laqta.studio.conversations import Said
from laqta.studio.desk import Brain, OfflineBrain, Talk
from laqta.studio.media import Media


class ModelBrain:
    """A language model: what it changes is told in our words, its own sentence stands beside them."""

    def __init__(self, brain: LlmBrain, media: Media) -> None:
        self.name = brain.name
        self._brain = brain
        self._media = media

    def answer(self, text: str, history: History, picture: str | None, talk: Talk) -> Said:
        """The turn that the model makes of a message, or the rules where it fails, which is said."""
        shown = None if picture is None else self._media.path(picture).read_bytes()
        answer = self._brain.answer(text, history, picture, shown, talk)
        parts = (answer.fell_back, reply(answer.turn), answer.reply)
        return Said(turn=answer.turn, reply="\n".join(part for part in parts if part))


def brain_of(environ: Mapping[str, str], media: Media) -> Brain:
    """The brain that `LAQTA_BRAIN` names; without it the rules. Raises `ValueError` for one that there is not."""
    preset = environ.get("LAQTA_BRAIN") or "offline"
    if preset == "offline":
        return OfflineBrain()
    settings = LlmSettings(
        preset=preset,
        base_url=environ.get("LAQTA_BRAIN_URL") or None,
        model=environ.get("LAQTA_BRAIN_MODEL") or None,
        key=environ.get("LAQTA_BRAIN_KEY") or None,
    )
    return ModelBrain(open_brain(settings, environ), media)
