"""`laqta film`: a sentence to a film on disk."""

from __future__ import annotations

import json
import os
import secrets
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from laqta.commands import arguments
from laqta.commands.naming import check_outputs, name_takes, slug
from laqta.settings import home, load_settings
from laqta.terminal import ask, is_terminal, progress_bar, say_meanwhile, show

if TYPE_CHECKING:
    from laqta.film import Crew, Film

T = TypeVar("T")

SUMMARY = "Film a clip from a sentence."
SEEDS_AT_RANDOM = 1_000_000
"""A seed that nobody stated is below this: short enough to type again."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta film` takes."""
    add = parser.add_argument
    add("prompt", nargs="?", metavar="PROMPT", help="what to see, in English, Arabic or Chinese; in quotes")
    add_output(parser)
    add(
        "--seed",
        type=arguments.whole(0, arguments.MAX_SEED),
        metavar="N",
        help="same seed, same film (a random one)",
    )
    add(
        "--takes", type=arguments.whole(1, arguments.MAX_TAKES), metavar="N", help="films of one sentence (1)"
    )
    add_quality(parser)
    add(
        "--size", type=arguments.size, metavar="WxH", help="one of the model's sizes; laqta models lists them"
    )
    add("--seconds", type=arguments.number(0.1, arguments.MAX_SECONDS), metavar="S", help="length, up to 60")
    add("--from", dest="first", type=Path, metavar="IMAGE", help="begin with this picture")
    add("--to", dest="last", type=Path, metavar="IMAGE", help="end with this picture")
    add("--loop", action="store_true", help="end as it began, so that it can be shown round and round")
    add("--again", type=Path, metavar="FILE", help="film what this file's recipe says, pixel by pixel")
    add("--sheet", action="store_true", help="save a contact sheet (.png) beside the film")


def add_output(parser: ArgumentParser) -> None:
    """Add where the film goes and how it is reported: the same for every verb that films."""
    add = parser.add_argument
    add(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=".mp4, .webm, .gif or .webp (named after the sentence)",
    )
    add("--force", action="store_true", help="overwrite files that exist")
    add("--json", action="store_true", help="print the recipe as one line of JSON on standard output")


def add_quality(parser: ArgumentParser) -> None:
    """Add which model films, where and how carefully: the same for every verb that a model films for."""
    add = parser.add_argument
    add("--steps", type=arguments.whole(1, arguments.MAX_STEPS), metavar="N", help="more is slower and finer")
    add(
        "--guidance",
        type=arguments.number(1.0, arguments.MAX_GUIDANCE),
        metavar="X",
        help="how strongly the sentence pulls; 1 is off and twice as fast",
    )
    add(
        "--nearest",
        action="store_true",
        help="a thing that the model never saw: film the nearest one it knows",
    )
    add("--model", metavar="NAME_OR_FOLDER", help="laqta models lists those installed")
    add("--device", metavar="D", help="cpu, cuda, cuda:1, mps (the fastest there is)")


def run(args: Namespace) -> None:
    """Film the sentence, or again what a file's recipe says."""
    if args.again is not None:
        film_again(args)
        return
    prompt = arguments.check_prompt(args.prompt or "")
    seed = secrets.randbelow(SEEDS_AT_RANDOM) if args.seed is None else args.seed
    takes = args.takes or 1
    paths = name_takes(args.output or Path(f"{slug(prompt)}-{seed}.mp4"), takes)
    check_paths(paths, args)
    options = {
        "size": args.size,
        "seconds": args.seconds,
        "first": args.first,
        "last": args.last,
        "loop": args.loop,
        **quality(args),
    }
    crew = load_crew(args)

    def film(nearest: bool) -> list[Film]:
        return crew.takes(prompt, takes, seed=seed, progress=progress_bar, nearest=nearest, **options)

    report(film_or_ask(film, args), paths, args)


def film_again(args: Namespace) -> None:
    """Film the recipe that lies in a file; what the recipe states cannot be stated again."""
    from laqta.video import read_recipe

    flags = {"prompt": "PROMPT", "first": "--from", "last": "--to"}
    stated = ("prompt", "seed", "takes", "steps", "guidance", "size", "seconds", "first", "last")
    clashing = [flags.get(name, f"--{name}") for name in stated if getattr(args, name) is not None]
    clashing += ["--loop"] if args.loop else []
    if clashing:
        raise ValueError(f"--again films the file's own recipe: leave out {', '.join(clashing)}")
    recipe = read_recipe(args.again)
    if "model_hash" not in recipe:
        raise ValueError(
            f"{str(args.again)!r} was filmed by no model, but by laqta world: film it with that again"
        )
    paths = [args.output or args.again.with_name(f"{args.again.stem}-again{args.again.suffix}")]
    check_paths(paths, args)
    from laqta.models.card import installed_models

    known = recipe["model"] in installed_models(home(os.environ))
    crew = load_crew(args, recipe["model"] if known and args.model is None else None)
    report([crew.again(recipe, progress_bar)], paths, args)


def film_or_ask(film: Callable[[bool], T], args: Namespace) -> T:
    """Film; where the model never saw a thing, ask on a terminal whether the nearest one will do."""
    from laqta.film import UnseenPropError

    try:
        return film(args.nearest)
    except UnseenPropError as unseen:
        pairs = ", ".join(f"{wished} -> {nearest}" for wished, nearest in unseen.nearest.items())
        if not (is_terminal() and ask(f"the model never saw this; film the nearest ({pairs})?")):
            raise
    return film(True)


def load_crew(args: Namespace, model: str | None = None) -> Crew:
    """Load `model`, else the one that the flags name, else the settings' own."""
    settings = load_settings(os.environ)
    say_meanwhile("loading the model")
    from laqta import load

    return load(model or args.model or settings.model, device=args.device or settings.device)


def quality(args: Namespace) -> dict[str, Any]:
    """Return steps and guidance from the flags, else from the settings, else `None` (the model's own)."""
    settings = load_settings(os.environ)
    return {
        "steps": settings.steps if args.steps is None else args.steps,
        "guidance": settings.guidance if args.guidance is None else args.guidance,
    }


def check_paths(paths: list[Path], args: Namespace) -> None:
    """Refuse early every file, contact sheets included, that could not be written at the end."""
    from laqta.video import check_ending

    for path in paths:
        check_ending(path)
    check_outputs([*paths, *(sheets(paths) if args.sheet else [])], force=args.force)


def sheets(paths: list[Path]) -> list[Path]:
    """Return where the contact sheets of these films go."""
    return [path.with_suffix(".png") for path in paths]


def report(films: list[Film], paths: list[Path], args: Namespace) -> None:
    """Save the films and say what was filmed, from which seed, how long it took, and what to do next."""
    recipes = []
    for film, path in zip(films, paths, strict=True):
        film.save(path)
        recipes.append({**film.recipe, "file": str(path)})
    if args.sheet:
        from laqta.video import contact_sheet

        for film, sheet in zip(films, sheets(paths), strict=True):
            contact_sheet(film.frames_THWC, sheet)
    if args.json:
        show(json.dumps(recipes[0] if len(recipes) == 1 else recipes, ensure_ascii=False))
        return
    for recipe in recipes:
        for line in _told(recipe):
            show(line)
    show(f"film it again: laqta film --again {shlex.quote(str(paths[0]))}")


def _told(recipe: dict[str, Any]) -> Iterator[str]:
    """Say what was filmed, from which seed and how fast; what was left out; and where the judge disagrees."""
    length = recipe["settings"]["seconds"]
    yield f"{recipe['file']}: {recipe['prompt']}"
    yield f"  seed {recipe['seed']}, model {recipe['model']}, {length:.1f} s of film in {recipe['seconds']:.1f} s"
    if recipe["unseen"]:
        yield f"  the model never saw, so the nearest was filmed: {', '.join(recipe['unseen'])}"
    if recipe["ignored"]:
        yield f"  not understood: {', '.join(recipe['ignored'])}"
    for note in recipe["dropped"]:
        yield f"  left out: {note}"
    for row in recipe["check"] or ():
        if not row["ok"]:
            yield f"  the judge sees {row['what']} {row['seen']!r}, asked was {row['asked']!r}"
