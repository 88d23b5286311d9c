"""How many steps does a model need? The rows of obey, and the seconds a clip takes, over the number of steps.

The shots are those of obey's first split, said in detail, each in one of the three languages. A student (its card asks
for no guidance) knows its own number of steps only.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from laqta.bench.judge import ROWS, see
from laqta.bench.report import About, about, table, write_results
from laqta.bench.scores import Score
from laqta.bench.subjects import (
    Progress,
    Subject,
    bench_seeds,
    bench_shots,
    film_batches,
    open_subject,
    said_in_turn,
    scores_of,
)
from laqta.generate.engine import Engine

CLIPS = 150
STEPS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, kw_only=True)
class Mode:
    """A number of steps: seconds a clip takes in a batch, and the scores by row."""

    steps: int
    guidance: float
    seconds: float
    rows: dict[str, Score]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The result, from the fewest steps to the most."""

    about: About
    judge: str
    clips: int
    modes: tuple[Mode, ...]


def main(
    model: str | None, device: str | None, clips: int | None, out: Path, progress: Progress
) -> list[Path]:
    """Measure a model and write the results; returns their paths."""
    result = measure(open_subject(model, device), clips or CLIPS, progress)
    return write_results(out, result.about, result, _markdown(result))


def measure(subject: Subject, clips: int, progress: Progress) -> Curve:
    """Film and judge `clips` shots once for every number of steps."""
    card = subject.card
    steps = STEPS if card.guidance != 1.0 else (card.steps,)
    return Curve(
        about=about("steps", card, subject.stage.device, clips),
        judge=subject.judge.size.name,
        clips=clips,
        modes=tuple(_mode(subject, clips, count, progress) for count in steps),
    )


def _mode(subject: Subject, clips: int, steps: int, progress: Progress) -> Mode:
    seeds = bench_seeds(clips)
    said = said_in_turn(bench_shots(subject.stage, seeds), seeds)
    engine = Engine(replace(subject.card, steps=steps), subject.engine.parts)
    seconds, sightings = 0.0, []
    start = time.perf_counter()
    for clips_BTHWC in film_batches(engine, [words.text for words in said], seeds, progress):
        seconds += time.perf_counter() - start
        sightings += see(subject.judge, clips_BTHWC)
        start = time.perf_counter()
    return Mode(
        steps=steps,
        guidance=subject.card.guidance,
        seconds=round(seconds / clips, 3),
        rows=scores_of(subject, said, sightings),
    )


def _markdown(result: Curve) -> str:
    heads = ["row", "asked", *(f"{mode.steps} steps" for mode in result.modes)]
    last = result.modes[-1]
    rows = [
        [row, str(last.rows[row].asked), *(f"{100 * mode.rows[row].share:.1f}" for mode in result.modes)]
        for row in ROWS
        if row in last.rows
    ]
    rows.append(["seconds a clip, in batches", "", *(f"{mode.seconds:g}" for mode in result.modes)])
    return (
        f"{result.clips} shots, said in detail, the languages in turn; guidance {last.guidance:g}. "
        f"Judge: judge-{result.judge}. Shares in %.\n\n"
    ) + table(heads, rows)
