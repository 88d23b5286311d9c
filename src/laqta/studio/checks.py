"""What the judge saw beside what was asked, in the person's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from laqta.language.lexicon import Language, meanings, nouns
from laqta.language.say import Voice

SLOTS = {
    "tint": "tint", "size": "size", "place": "place", "facing": "facing", "motion": "verb", "direction": "toward",
    "speed": "speed", "relation": "link", "backdrop": "backdrop", "time": "time", "weather": "weather",
    "camera": "camera",
}  # fmt: skip
"""Under which slot of the lexicon each row's words stand."""
NOTHING: dict[Language, str] = {"en": "not seen", "ar": "لم يظهر", "zh": "没有看到"}


def told(check: Sequence[dict[str, Any]], language: Language) -> list[dict[str, Any]]:
    """Rows with `asked`, `seen` and `who` as a person says them."""
    return [
        {
            "what": row["what"],
            "ok": row["ok"],
            "who": _words("actor", row["who"], language) if row["what"] != "relation" else "",
            "asked": _words(row["what"], row["asked"], language),
            "seen": _words(row["what"], row["seen"], language),
        }
        for row in check
    ]


def _words(what: str, value: str, language: Language) -> str:
    if value in ("nothing", "neither"):
        return NOTHING[language]
    if what == "actor":
        return nouns(language)[value].name if value in nouns(language) else value
    slot = SLOTS.get(what, what)
    known = (slot, value) in meanings(language)
    phrase = Voice(language=language).phrase(slot, value) if known else value
    return re.sub(r"/\S+|…", "", phrase)  # of an adjective's forms the first; a Chinese preposition's gap
