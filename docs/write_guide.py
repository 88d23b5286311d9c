"""Write docs/guide/cli.md and recipes.md from the program itself: `make docs`. A test checks both.

The tables are made here and not by argparse, whose own layout differs between versions of Python.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from laqta.cli import build_parser
from laqta.files import write_file
from laqta.train.fit_critic import CRITIC_RECIPES
from laqta.train.fit_judge import JUDGE_RECIPES
from laqta.train.recipes import RECIPES

GUIDE = Path(__file__).parent / "guide"

HEAD = """\
# The command line

This page is written by `make docs` from the program itself. What stands in brackets is used when an option is
not given; steps, guidance, model and device can also be set once and for all: see [settings](settings.md).

Results go to standard output, progress and errors to standard error. `--json` prints exactly one line: the
recipe of the film (a list of recipes for several takes). Exit codes: 0 done; 1 the machine's fault (disk full,
no permission, weights missing or damaged); 2 a wish that cannot be, said in one line; 130 stopped with Ctrl-C.
A file is written whole or not at all, and an existing one is never overwritten without `--force`.
"""


def cli_guide() -> str:
    """Return the whole page."""
    return HEAD + "".join(_section(name, verb) for name, verb in _verbs(build_parser(), ""))


def _verbs(parser: argparse.ArgumentParser, before: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every verb, those of a verb after it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, verb in action.choices.items():
                yield before + name, verb
                yield from _verbs(verb, f"{before}{name} ")


def _section(name: str, verb: argparse.ArgumentParser) -> str:
    rows = [
        _row(action)
        for action in verb._actions
        if action.help and action.dest not in ("help", argparse.SUPPRESS)
    ]
    table = "\n| argument | what it is |\n|---|---|\n" + "".join(rows) if rows else ""
    return f"\n## laqta {name}\n\n{verb.description}\n{table}"


def _row(action: argparse.Action) -> str:
    words = ", ".join(action.option_strings) or str(action.metavar or action.dest)
    if action.option_strings and action.nargs != 0:
        words += f" {action.metavar}"
    return (
        f"| `{words}` | {action.help}{', required' if action.option_strings and action.required else ''} |\n"
    )


RECIPES_HEAD = """\
# Recipes

This page is written by `make docs`. `laqta train RECIPE` runs one from nothing to a weights folder; stop it at any
time and go on with `--resume`. The published runs are the scripts in `runs/`.

| recipe | what it makes |
|---|---|
"""


def recipes_guide() -> str:
    """Return the page of all recipes: their names, and what their functions say of themselves."""
    rows = [
        f"| `{name}` | {' '.join((recipe.__doc__ or '').split())} |\n"
        for name, recipe in (RECIPES | JUDGE_RECIPES | CRITIC_RECIPES).items()
    ]
    return RECIPES_HEAD + "".join(rows)


PAGES = {"cli.md": cli_guide, "recipes.md": recipes_guide}

if __name__ == "__main__":
    for page, write in PAGES.items():
        with write_file(GUIDE / page) as draft:
            draft.write_text(write(), encoding="utf-8")
        print(f"{GUIDE / page} is up to date")
