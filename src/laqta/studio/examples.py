"""Three wishes a language that a model can film, for who comes for the first time."""

from __future__ import annotations

from laqta.language.lexicon import LANGUAGES, Language
from laqta.language.read import read
from laqta.models.card import Card

WISHES: tuple[dict[Language, str], ...] = (
    {
        "en": "a penguin walks in the snow",
        "ar": "بطريق يمشي في الثلج",
        "zh": "一只企鹅在雪地里走",
    },
    {
        "en": "a red car drives through the city at night",
        "ar": "سيارة حمراء تسير في المدينة ليلا",
        "zh": "晚上，一辆红色的汽车在城市里行驶",
    },
    {
        "en": "a burger bounces on the beach at sunset",
        "ar": "همبرغر يرتد على الشاطئ عند الغروب",
        "zh": "日落时，一个汉堡在沙滩上弹跳",
    },
    {
        "en": "a football rolls across the meadow",
        "ar": "كرة قدم تتدحرج في المرج",
        "zh": "一个足球滚过草地",
    },
    {
        "en": "a cat jumps in the bedroom",
        "ar": "قطة تقفز في غرفة النوم",
        "zh": "一只猫在卧室里跳",
    },
)
"""In the order in which they are offered; each is filmable where its thing and its place are known."""


def for_model(card: Card) -> dict[Language, list[str]]:
    """The first three wishes whose things and places the model knows."""
    known = [wish for wish in WISHES if _knows(card, wish["en"])]
    return {language: [wish[language] for wish in known[:3]] for language in LANGUAGES}


def _knows(card: Card, wish: str) -> bool:
    shot = read(wish).shot
    return shot.backdrop in card.backdrops and all(actor.kind in card.props for actor in shot.cast)
