"""What is known for certain of a source that the made-up world rendered: the shot in its recipe."""

from __future__ import annotations

from pathlib import Path

from laqta.config import from_dict
from laqta.shot import Shot
from laqta.video import read_recipe


def true_shot(path: Path) -> Shot | None:
    """The shot that the made-up world rendered into a film; `None` for any other film.

    A render with boxes drawn on it is no render of the world any more.
    """
    try:
        recipe = read_recipe(path)
        if not recipe.get("world") or recipe.get("boxes"):
            return None
        return from_dict(Shot, recipe.get("shot"), "the recipe's shot")
    except ValueError:
        return None
