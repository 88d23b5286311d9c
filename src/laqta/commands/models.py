"""`laqta models`: what is installed, and what each model knows."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from laqta.settings import home
from laqta.terminal import say, show

if TYPE_CHECKING:
    from laqta.models.card import Costs

SUMMARY = "List the models that are installed, and what each has seen."


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta models` takes."""
    parser.add_argument("--json", action="store_true", help="print the models' cards as one line of JSON")
    parser.add_argument("--costs", action="store_true", help="print what the training of each stage cost")


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
        if args.costs:
            for line in _cost_table(card.trained):
                show(f"  {line}")
    if not cards:
        say(f"no model is installed; one is a folder with a card.json under {home(os.environ) / 'models'}")


def _cost_table(trained: Sequence[Costs]) -> list[str]:
    """A line a stage, in the order in which they were trained, and one for all of them."""
    heads = ["stage", "minutes", "steps", "clips", "FLOP", "MFU", "dollars", "hardware"]
    rows = [heads, *(_cost_row(cost.stage, [cost]) for cost in trained), _cost_row("in all", trained)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for stage, *numbers, hardware in rows:
        cells = [number.rjust(width) for number, width in zip(numbers, widths[1:-1], strict=True)]
        lines.append("  ".join([stage.ljust(widths[0]), *cells, hardware]).rstrip())
    return lines


def _cost_row(name: str, costs: Sequence[Costs]) -> list[str]:
    one = costs[0] if len(costs) == 1 else None
    return [
        name,
        f"{sum(cost.seconds for cost in costs) / 60:.1f}",
        f"{sum(cost.steps for cost in costs):,}",
        f"{sum(cost.clips for cost in costs):,}",
        f"{sum(cost.flop for cost in costs):.2g}",
        f"{100 * one.mfu:.0f} %" if one and one.mfu is not None else "",
        f"{sum(cost.dollars for cost in costs):.2f}",
        one.hardware if one else "",
    ]
