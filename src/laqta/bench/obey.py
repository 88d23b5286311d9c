"""Does a model film what it is asked for? Share of stated facts that its clips show, as the judge sees them.

The same shots are asked for in three languages, in long and short captions, once among combinations that training
showed and once among those it never did. Beside every share stand the ceiling (true renders of the same shots)
and the floor (the same clips held against other prompts, the clips frozen, clips of noise).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from laqta.bench.judge import ROWS, Frames, Row, compare, see
from laqta.bench.report import About, about, table, write_results
from laqta.bench.scores import Score, tally
from laqta.bench.subjects import (
    Progress,
    Subject,
    bench_seeds,
    bench_shots,
    film_batches,
    open_subject,
    true_clips,
)
from laqta.language.lexicon import LANGUAGES, Language
from laqta.language.write import Detail, caption
from laqta.models.judge import Sighting
from laqta.shot import Shot

DETAILS: tuple[Detail, ...] = ("detailed", "short")
SPLITS = ("seen", "held_out")
CLIPS = 100
"""Shots of each split; each is asked for in six ways."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One wish: a shot's seed (which also seeds the take), how it is said, and what the words state."""

    split: str
    seed: int
    language: Language
    detail: Detail
    text: str
    stated: Shot


@dataclass(frozen=True, kw_only=True)
class Table:
    """Scores by row of one group of wishes: the model's, the ceiling's and the floors'."""

    model: dict[str, Score]
    ceiling: dict[str, Score]
    shuffled: dict[str, Score]
    frozen: dict[str, Score]
    noise: dict[str, Score]


@dataclass(frozen=True, kw_only=True)
class Obedience:
    """The result. Keys of `groups`: a split, `split/language`, `split/detail`; `gap` is in points, by split."""

    about: About
    judge: str
    clips: int
    groups: dict[str, Table]
    gap: dict[str, float]
    asks: tuple[Ask, ...]


def main(
    model: str | None, device: str | None, clips: int | None, out: Path, progress: Progress
) -> list[Path]:
    """Measure a model and write the results; returns their paths."""
    subject = open_subject(model, device)
    result = measure(subject, clips or CLIPS, progress)
    return write_results(out, result.about, result, _markdown(result))


def measure(subject: Subject, clips: int, progress: Progress) -> Obedience:
    """Film and judge `clips` shots of each split, each asked for in three languages, long and short."""
    described = about("obey", subject.card, subject.stage.device, clips)
    asks = [ask for split in SPLITS for ask in wishes(subject, split, clips)]
    answers = _judged(subject, asks, progress)
    members: dict[str, list[int]] = {}
    for at, ask in enumerate(asks):
        for group in (ask.split, f"{ask.split}/{ask.language}", f"{ask.split}/{ask.detail}"):
            members.setdefault(group, []).append(at)
    tables = {
        group: Table(
            **{which: tally(row for at in places for row in rows[at]) for which, rows in answers.items()}
        )
        for group, places in members.items()
    }
    return Obedience(
        about=described,
        judge=subject.judge.size.name,
        clips=clips,
        groups=tables,
        gap={split: _gap(tables, split) for split in SPLITS},
        asks=tuple(asks),
    )


def wishes(subject: Subject, split: str, clips: int) -> list[Ask]:
    """The fixed wishes of a split."""
    held_out = split == "held_out"
    seeds = bench_seeds(clips, held_out)
    shots = bench_shots(subject.stage, seeds, held_out)
    asks = []
    for language in LANGUAGES:
        for detail in DETAILS:
            for seed, shot in zip(seeds, shots, strict=True):
                said = caption(shot, language, detail, seed)
                asks.append(
                    Ask(
                        split=split,
                        seed=seed,
                        language=language,
                        detail=detail,
                        text=said.text,
                        stated=said.stated,
                    )
                )
    return asks


def _judged(subject: Subject, asks: list[Ask], progress: Progress) -> dict[str, list[list[Row]]]:
    """For the model, the ceiling and each floor: the rows of every wish."""
    judge, engine = subject.judge, subject.engine
    texts, seeds = [ask.text for ask in asks], [ask.seed for ask in asks]
    filmed: list[Sighting] = []
    frozen: list[Sighting] = []
    for clips_BTHWC in film_batches(engine, texts, seeds, progress):
        filmed += see(judge, clips_BTHWC)
        frozen += see(judge, _frozen(clips_BTHWC))
    true = _true_sightings(subject, asks)
    shape = subject.card.shape
    noise = see(judge, _noise_clips(24, (shape.frames, shape.height, shape.width, 3)))
    stated = [ask.stated for ask in asks]
    others = _others(asks)

    def rows(sightings: Iterable[Sighting], shots: Iterable[Shot]) -> list[list[Row]]:
        return [compare(sighting, shot, judge.kinds) for sighting, shot in zip(sightings, shots, strict=True)]

    return {
        "model": rows(filmed, stated),
        "ceiling": rows((true[ask.seed] for ask in asks), stated),
        "shuffled": rows((filmed[other] for other in others), stated),
        "frozen": rows(frozen, stated),
        "noise": rows((noise[at % len(noise)] for at in range(len(asks))), stated),
    }


def _true_sightings(subject: Subject, asks: list[Ask]) -> dict[int, Sighting]:
    """What the judge sees in the true render of every shot, by seed."""
    sightings: dict[int, Sighting] = {}
    for split in SPLITS:
        seeds = sorted({ask.seed for ask in asks if ask.split == split})
        clips_BTHWC = true_clips(subject.stage, bench_shots(subject.stage, seeds, split == "held_out"), seeds)
        sightings |= dict(zip(seeds, see(subject.judge, clips_BTHWC), strict=True))
    return sightings


def _others(asks: list[Ask]) -> list[int]:
    """For each wish the place of another one, said in the same way: half a group further on."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for at, ask in enumerate(asks):
        groups.setdefault((ask.split, ask.language, ask.detail), []).append(at)
    others = [0] * len(asks)
    for members in groups.values():
        for place, at in enumerate(members):
            others[at] = members[(place + max(1, len(members) // 2)) % len(members)]
    return others


def _frozen(clips_BTHWC: Frames) -> Frames:
    """The first frame all the time."""
    return np.repeat(clips_BTHWC[:, :1], clips_BTHWC.shape[1], axis=1)


def _noise_clips(count: int, shape_THWC: tuple[int, int, int, int]) -> Frames:
    return np.random.default_rng(0).integers(0, 256, (count, *shape_THWC), dtype=np.uint8)


def _gap(tables: dict[str, Table], split: str) -> float:
    """Points between the best and the worst language, each by the mean share of its rows."""
    means = [
        np.mean([score.share for score in tables[f"{split}/{language}"].model.values()])
        for language in LANGUAGES
    ]
    return round(100 * float(max(means) - min(means)), 2)


def _markdown(result: Obedience) -> str:
    parts = [
        f"{result.clips} shots of each split, each asked for in {', '.join(LANGUAGES)}, detailed and short; "
        f"prompts and seeds are listed in the JSON. Judge: judge-{result.judge}. Shares in % with 95 % Wilson "
        "intervals. Ceiling: true renders of the same shots. Floors: the clips against other prompts (shuffled), "
        "their first frame alone (frozen), clips of noise.\n"
    ]
    for split in SPLITS:
        title = "Combinations seen in training" if split == "seen" else "Held-out combinations"
        parts += [f"## {title}\n", _split_table(result.groups[split]), _share_table(result, split)]
        parts.append(f"Gap between languages (mean of all rows): {result.gap[split]:.1f} points.\n")
    return "\n".join(parts)


def _split_table(group: Table) -> str:
    return table(
        ["row", "asked", "model", "ceiling", "shuffled", "frozen", "noise"],
        [
            [
                row,
                str(group.model[row].asked),
                f"{_percent(group.model[row])} ({100 * group.model[row].low:.0f}-{100 * group.model[row].high:.0f})",
                *(
                    _percent(scores[row])
                    for scores in (group.ceiling, group.shuffled, group.frozen, group.noise)
                ),
            ]
            for row in ROWS
            if row in group.model
        ],
    )


def _share_table(result: Obedience, split: str) -> str:
    """The model's shares by language and by detail."""
    ways = (*LANGUAGES, *DETAILS)
    groups = [result.groups[f"{split}/{way}"].model for way in ways]
    rows = [
        [row, *(_percent(scores[row]) if row in scores else "" for scores in groups)]
        for row in ROWS
        if any(row in scores for scores in groups)
    ]
    return table(["row", *ways], rows)


def _percent(score: Score) -> str:
    return f"{100 * score.share:.1f}"
