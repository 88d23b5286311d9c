"""Three wishes a language that a model can film, for who comes for the first time."""

from __future__ import annotations

from laqta.language.lexicon import LANGUAGES, Language
from laqta.language.write import plain
from laqta.models.card import Card
from laqta.shot import Actor, Motion, Shot

WISHES = (
    Shot(backdrop="snow", cast=(Actor(kind="penguin", motion=Motion(verb="walk", toward="right")),)),
    Shot(
        backdrop="city_street",
        time="night",
        cast=(Actor(kind="car", tint="red", motion=Motion(verb="drive")),),
    ),
    Shot(backdrop="beach", time="sunset", cast=(Actor(kind="burger", motion=Motion(verb="bounce")),)),
    Shot(backdrop="meadow", cast=(Actor(kind="football", motion=Motion(verb="bounce")),)),
    Shot(backdrop="meadow", cast=(Actor(kind="cat", motion=Motion(verb="walk")),)),
)


def for_model(card: Card) -> dict[Language, list[str]]:
    """The first three wishes whose things and places the model knows."""
    known = [
        wish
        for wish in WISHES
        if wish.backdrop in card.backdrops and all(actor.kind in card.props for actor in wish.cast)
    ]
    return {language: [plain(wish, language) for wish in known[:3]] for language in LANGUAGES}
