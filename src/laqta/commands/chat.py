"""`laqta chat`: make a film by talking, line by line."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from laqta.commands import film
from laqta.terminal import is_terminal, progress_bar, say, show

if TYPE_CHECKING:
    from laqta.director.storyboard import Take
    from laqta.film import Crew, Film
    from laqta.language.lexicon import Language

SUMMARY = "Make a film by talking: say what to see, then what to change; every take is kept as a file."
FAREWELLS = ("quit", "exit", "bye", "خروج", "إنهاء", "退出", "再见")


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta chat` takes."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("takes"),
        metavar="DIR",
        help="where the takes go (takes)",
    )
    film.add_quality(parser)


def run(args: Namespace) -> None:
    """Answer every line of standard input and film what it asks for, until its end or a farewell."""
    from laqta.director.chat import replies, reply
    from laqta.director.rules import answer
    from laqta.director.storyboard import History, to_film

    if args.folder.is_dir() and any(args.folder.iterdir()):
        raise ValueError(f"{str(args.folder)!r} holds files already; name a new or an empty folder")
    crew = film.load_crew(args)
    args.folder.mkdir(parents=True, exist_ok=True)
    show(replies()["help"]["en"])
    history, filmed = History(), 0
    for line in _lines():
        turn = answer(line, history)
        history = turn.history
        show(reply(turn))
        for take in (take for edit in turn.edits for take in to_film(edit)):
            filmed += 1
            path = args.folder / f"{filmed:03d}-seed-{take.seed}.mp4"
            try:
                show(_filmed(crew, take, path, turn.language, args))
            except ValueError as error:  # a wish that this model cannot film ends no conversation
                say(f"laqta: {error}")


def _lines() -> Iterator[str]:
    """What is typed, line by line, until a farewell; on a terminal with a sign that it is the person's turn."""
    while True:
        if is_terminal():
            sys.stderr.write("> ")
            sys.stderr.flush()
        line = sys.stdin.readline()
        if not line or line.strip().lower() in FAREWELLS:
            return
        if line.strip():
            yield line.strip()


def _filmed(crew: Crew, take: Take, path: Path, language: Language, args: Namespace) -> str:
    """Film one take to its file; returns the file with what the judge sees otherwise than asked."""
    from laqta.wish import Options, spoken

    quality = film.quality(args)

    def shoot(nearest: bool) -> Film:
        options = Options(
            loop=take.loop, nearest=nearest, steps=quality["steps"], guidance=quality["guidance"]
        )
        return crew.shoot([crew.wish(spoken(take.shot, language), options)], [take.seed], progress_bar)[0]

    made = film.film_or_ask(shoot, args)
    made.save(path)
    wrong = [f"{row['what']} {row['seen']}" for row in made.recipe["check"] or () if not row["ok"]]
    return f"  {path}" + (f" (the judge sees: {', '.join(wrong)})" if wrong else "")
