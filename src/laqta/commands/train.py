"""`laqta train`: run a recipe, or go on with one."""

from __future__ import annotations

import json
import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laqta.commands import arguments
from laqta.commands.data_encode import progress_bar_of
from laqta.settings import home, load_settings
from laqta.terminal import say, show

if TYPE_CHECKING:
    from laqta.train.checkpoint import Session
    from laqta.train.recipes import Recipe

SUMMARY = "Train a model by a recipe, from nothing to a weights folder; stop it at any time and go on later."
MAX_MINUTES = 60 * 24 * 30


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta train` takes."""
    add = parser.add_argument
    add("recipe", metavar="RECIPE", help="docs/guide/recipes.md lists them, and so does a wrong name")
    add(
        "--minutes",
        type=arguments.number(0.01, MAX_MINUTES),
        metavar="M",
        help="save and stop after so long; --resume goes on (until the recipe is done)",
    )
    add("--resume", action="store_true", help="go on with the run that lies in the folder")
    add("--out", type=Path, metavar="DIR", help="where the run lives (runs/NAME in LAQTA_HOME)")
    add(
        "--data",
        metavar="VERSION",
        help="learn from a frozen dataset, as name or name@hash (docs/guide/tuning.md)",
    )
    add("--workspace", type=Path, metavar="DIR", help="where the datasets live (data in LAQTA_HOME)")
    add("--device", metavar="D", help="cpu, cuda, cuda:1, mps (the fastest there is)")


def run(args: Namespace) -> None:
    """Run the recipe; `ValueError` names those there are, and refuses to mix a new run with an old one."""
    import torch

    from laqta.train.checkpoint import Session
    from laqta.train.device import choose_device
    from laqta.train.fit_critic import CRITIC_RECIPES, run_critic
    from laqta.train.fit_judge import JUDGE_RECIPES, run_judge
    from laqta.train.recipes import RECIPES, Recipe
    from laqta.train.run import run_recipe

    runs: dict[str, tuple[Callable[[], Any], Callable[..., Path | None]]] = {
        name: (recipe, run)
        for recipes, run in ((RECIPES, run_recipe), (JUDGE_RECIPES, run_judge), (CRITIC_RECIPES, run_critic))
        for name, recipe in recipes.items()
    }
    if args.recipe not in runs:
        raise ValueError(f"no recipe {args.recipe!r}; there are: {', '.join(runs)}")
    make_recipe, run_whole = runs[args.recipe]
    recipe = make_recipe()
    folder = args.out or home(os.environ) / "runs" / recipe.name
    begun = (folder / "recipe.json").is_file()
    if begun and not args.resume:
        raise ValueError(
            f"{str(folder)!r} holds a run; go on with it by --resume, or name another folder by --out"
        )
    if args.resume and not begun:
        raise ValueError(
            f"{str(folder)!r} holds no run to go on with; leave --resume out, or name its folder by --out"
        )
    torch.set_flush_denormal(True)  # numbers below 1e-38 made a backward pass on a CPU up to twice as slow
    device = choose_device(args.device or load_settings(os.environ).device)
    stop_at = None if args.minutes is None else time.monotonic() + 60 * args.minutes
    session = Session(folder=folder, device=device, stop_at=stop_at, say=say)
    if isinstance(recipe, Recipe):
        weights = _run_recipe(recipe, args, session)
    elif args.data:
        raise ValueError(f"{args.recipe!r} learns from the made-up world alone; leave --data out")
    else:
        weights = run_whole(recipe, session, home(os.environ))
    if weights is not None:
        show(str(weights))


def _run_recipe(recipe: Recipe, args: Namespace, session: Session) -> Path | None:
    """Run a whole model's recipe, on a dataset if one is named, or was when the run began."""
    from laqta.train.run import run_recipe

    begun = session.folder / "recipe.json"
    named = args.data or (json.loads(begun.read_text("utf-8")).get("dataset") if begun.is_file() else None)
    if named is None:
        if recipe.replay:
            raise ValueError(f"{recipe.name!r} learns from a dataset of yours; name it with --data NAME")
        return run_recipe(recipe, session, home(os.environ))
    from laqta.data.datasets import load_version
    from laqta.data.local import LocalExecutor
    from laqta.data.workspace import open_workspace
    from laqta.train.encode import Encode, encode_version, kinds_named, note_model

    if recipe.start is None:
        raise ValueError(
            f"{recipe.name!r} begins from nothing; a dataset goes with a recipe that begins from a model"
        )
    workspace = open_workspace(args.workspace or home(os.environ) / "data")
    version = load_version(workspace, named)
    dataset = f"{version.manifest['name']}@{version.id}"
    stage = Encode(weights=recipe.start)
    shards = encode_version(workspace, version, stage, LocalExecutor(os.cpu_count() or 1), progress_bar_of)
    recipe = replace(recipe, dataset=dataset, taught=kinds_named(version))
    weights = run_recipe(recipe, session, home(os.environ), shards)
    if weights is not None:
        note_model(workspace, version, weights)
    return weights
