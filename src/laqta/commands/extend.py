"""`laqta extend`: let a clip go on."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from laqta.commands import arguments, film
from laqta.terminal import progress_bar

if TYPE_CHECKING:
    from laqta.film import Film

SUMMARY = "Let a clip go on, by its own sentence or by another."


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta extend` takes."""
    add = parser.add_argument
    add("clip", type=Path, metavar="CLIP", help="the film to go on with: .mp4, .webm, .gif or .webp")
    add(
        "prompt",
        nargs="?",
        metavar="PROMPT",
        help="what happens next (the sentence that the clip was filmed from)",
    )
    add(
        "--seconds",
        type=arguments.number(0.1, arguments.MAX_SECONDS),
        required=True,
        metavar="S",
        help="how much longer",
    )
    film.add_output(parser)
    add(
        "--seed",
        type=arguments.whole(0, arguments.MAX_SEED),
        metavar="N",
        help="same seed, same film (a random one)",
    )
    film.add_quality(parser)
    add("--sheet", action="store_true", help="save a contact sheet (.png) beside the film")


def run(args: Namespace) -> None:
    """Read the clip, film what follows, and save both as one film."""
    from laqta.video import read_video

    clip = read_video(args.clip)
    prompt = arguments.check_prompt(_sentence_of(args.clip) if args.prompt is None else args.prompt)
    seed = secrets.randbelow(film.SEEDS_AT_RANDOM) if args.seed is None else args.seed
    path = args.output or args.clip.with_name(f"{args.clip.stem}-longer{args.clip.suffix}")
    film.check_paths([path], args)
    crew = film.load_crew(args)
    wish = {"prompt": prompt, "seed": seed, "source": args.clip, **film.quality(args)}

    def extend(nearest: bool) -> Film:
        return crew.extend(clip, args.seconds, progress=progress_bar, nearest=nearest, **wish)

    film.report([film.film_or_ask(extend, args)], [path], args)


def _sentence_of(path: Path) -> str:
    """Return the sentence that the clip was filmed from, if Laqta filmed it."""
    from laqta.video import read_recipe

    try:
        return str(read_recipe(path)["prompt"])
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"{str(path)!r} does not say what it shows: give a PROMPT, what happens next, in quotes"
        ) from error
