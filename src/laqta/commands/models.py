"""`laqta models`: what is installed, and what each model knows."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace

from laqta.settings import home
from laqta.terminal import say, show

SUMMARY = "List the models that are installed, and what each has seen."


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta models` takes."""
    parser.add_argument("--json", action="store_true", help="print the models' cards as one line of JSON")


def run(args: Namespace) -> None:
    """Print name, sizes, length, props, backdrops and folder of every model."""
    from laqta.config import to_dict
    from laqta.models.card import installed_models, load_card

    folders = installed_models(home(os.environ))
    cards = {name: load_card(folder) for name, folder in folders.items()}
    if args.json:
        show(json.dumps({name: to_dict(card) for name, card in cards.items()}, ensure_ascii=False))
        return
    for name, card in cards.items():
        sizes = ", ".join(f"{shape.width}x{shape.height}" for shape in card.shapes)
        show(f"{name}: {sizes}, {card.shape.frames} frames at {card.shape.fps} a second, {card.steps} steps")
        show(f"  languages: {', '.join(card.languages)}")
        show(f"  props: {', '.join(card.props)}")
        show(f"  backdrops: {', '.join(card.backdrops)}")
        show(f"  folder: {folders[name]}")
    if not cards:
        say(f"no model is installed; one is a folder with a card.json under {home(os.environ) / 'models'}")
