"""One gate as a part of a page: what it asks, how the scores lie about its threshold, and the clips next to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from laqta.data.gates import Gate, Survival, verdicts
from laqta.data.pages.charts import Mark, bars, counted, histogram, short
from laqta.data.pages.gallery import Clip, Gallery
from laqta.data.pages.markup import Html, join, section, slug, tag

TILES = 6
"""Pictures of each sheet."""
KINDS = 8
"""Kinds of clips that are named; the rest is one."""
NUMBER = r"-?\d+(?:\.\d+)?"
COMPARED = re.compile(rf"\b([a-z_]\w*)\s*(<=|>=|<>|!=|=|<|>)\s*({NUMBER})(?![\w.])")
BETWEEN = re.compile(rf"\b([a-z_]\w*)\s+between\s+({NUMBER})\s+and\s+({NUMBER})(?![\w.])")
SIGNS = {"<=": "\u2264", ">=": "\u2265", "<>": "\u2260", "!=": "\u2260"}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a page shows: clips on a day, and where its pictures come from."""

    clips: pa.Table
    on: str
    gallery: Gallery

    @cached_property
    def rows(self) -> list[Clip]:
        """The clips, a dictionary each."""
        return list(self.clips.to_pylist())

    def passing(self, gate: Gate) -> set[str]:
        """The ids of the clips that one gate keeps, whatever others do."""
        keeps = verdicts(self.clips, [gate], self.on)[0]
        return {row["id"] for row, kept in zip(self.rows, keeps, strict=True) if kept}


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A gate as it is, and as it might be; one of them may be missing. `survival` tells what each does."""

    name: str
    now: Survival | None
    then: Survival | None

    @property
    def shown(self) -> Survival:
        """The gate that is, else the one that is tried."""
        found = self.now or self.then
        assert found is not None
        return found

    @property
    def differs(self) -> bool:
        """Whether another condition is tried in its place."""
        return bool(self.now and self.then and self.now.gate != self.then.gate)


def columns_of(gate: Gate, clips: pa.Table) -> list[str]:
    """The columns that a gate asks about, in the order in which it names them."""
    words = re.findall(r"[a-z_]\w*", _bare(gate))
    return [word for word in dict.fromkeys(words) if word in clips.schema.names]


def thresholds(gate: Gate, column: str) -> list[tuple[float, str]]:
    """The values that a gate compares a column with, each with its word, as (20, ">= 20") with a sign of its own."""
    text = _bare(gate)
    found = [
        (float(value), f"{SIGNS.get(sign, sign)} {value}")
        for name, sign, value in COMPARED.findall(text)
        if name == column
    ]
    for name, low, high in BETWEEN.findall(text):
        if name == column:
            found += [(float(low), f"\u2265 {low}"), (float(high), f"\u2264 {high}")]
    return found


def _bare(gate: Gate) -> str:
    """A gate's condition without what stands in quotes, and without the day."""
    return re.sub(r"'[^']*'|\$\w+", " ", gate.keeps.lower())


def is_number(clips: pa.Table, column: str) -> bool:
    """Whether a column can be spread along an axis."""
    kind = clips.schema.field(column).type
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def gate_part(tried: Tried, shown: Shown) -> Html:
    """The part of a report that is about one gate."""
    gate = tried.shown.gate
    kept = shown.passing(gate)
    columns = columns_of(gate, shown.clips)
    measured = [name for name in columns if is_number(shown.clips, name)]
    kinds = [name for name in columns if name not in measured]
    inside = [_sentence(tried, len(shown.rows))]
    inside += [_spread(tried, column, shown.rows, kept) for column in measured]
    if kinds and shown.rows:
        inside.append(_kinds(kinds, shown.rows, kept))
    score = next((name for name in measured if thresholds(gate, name)), None)
    inside.append(_sheets(gate, score, shown, kept))
    if tried.differs and tried.then:
        inside.append(_changes(tried.then.gate, score, shown, kept))
    return section(gate.name, *inside, anchor=f"gate-{slug(gate.name)}", level=3)


def _sentence(tried: Tried, count: int) -> Html:
    step = tried.shown
    parts: list[str] = [
        tag("b", "Only tried: ") if tried.now is None else "",
        tag("code", step.gate.keeps),
        f" lets {step.kept} of the {step.before} clips pass that come to it. ",
        f"Alone it would keep {step.kept_alone} of all {count}.",
    ]
    if tried.differs and tried.then:
        parts += [
            tag("br"),
            tag("b", "Tried: "),
            tag("code", tried.then.gate.keeps),
            f" alone would keep {tried.then.kept_alone}.",
        ]
    return tag("p", *parts)


def _spread(tried: Tried, column: str, rows: Sequence[Clip], kept: set[str]) -> Html:
    """The histogram of a score, with the thresholds of now and those that are tried."""
    known = [row for row in rows if row[column] is not None]
    marks = [Mark(value=value, word=word) for value, word in thresholds(tried.shown.gate, column)]
    if tried.differs and tried.then:
        marks += [
            Mark(value=value, word=f"tried {word}", tried=True)
            for value, word in thresholds(tried.then.gate, column)
        ]
    drawn = histogram(
        column.replace("_", " "),
        [row[column] for row in known if row["id"] in kept],
        [row[column] for row in known if row["id"] not in kept],
        marks,
    )
    unknown = len(rows) - len(known)
    if not unknown:
        return drawn
    return join(
        drawn,
        tag(
            "p",
            f"{counted(unknown, 'clip was', 'clips were')} never measured so, and the gate lets them pass.",
            class_="quiet",
        ),
    )


def _kinds(columns: Sequence[str], rows: Sequence[Clip], kept: set[str]) -> Html:
    """What stands in columns that are no numbers, the usual first."""
    words = [" / ".join(_word(row[name]) for name in columns) for row in rows]
    counts, passed = (
        Counter(words),
        Counter(word for word, row in zip(words, rows, strict=True) if row["id"] in kept),
    )
    usual = [word for word, _ in counts.most_common(KINDS)]
    told = [(word, passed[word], counts[word] - passed[word]) for word in usual]
    if rest := len(counts) - len(usual):
        others = sum(counts.values()) - sum(counts[word] for word in usual)
        through = len(kept) - sum(passed[word] for word in usual)
        told.append((f"{rest} other kinds", through, others - through))
    return bars(" / ".join(name.replace("_", " ") for name in columns), told)


def _word(value: object) -> str:
    return (
        "not stated" if value is None else "yes" if value is True else "no" if value is False else str(value)
    )


def _sheets(gate: Gate, score: str | None, shown: Shown, kept: set[str]) -> Html:
    """The clips on both sides of a threshold, then the worst; without a threshold, some that do not pass."""
    lost = [row for row in shown.rows if row["id"] not in kept]
    if score is None:
        return shown.gallery.sheet("Some that do not pass", lost[: 2 * TILES], _no_note)
    values = [value for value, _ in thresholds(gate, score)]

    def far(clip: Clip) -> float:
        return float(min(abs(clip[score] - value) for value in values))

    inside = sorted((row for row in shown.rows if row["id"] in kept and row[score] is not None), key=far)
    outside = sorted((row for row in lost if row[score] is not None), key=far)
    worst = outside[TILES:][::-1][:TILES]
    sheet, note = shown.gallery.sheet, _note(score)
    return join(
        sheet("Just inside", inside[:TILES], note),
        sheet("Just outside", outside[:TILES], note),
        sheet("The farthest out", worst, note),
    )


def _changes(then: Gate, score: str | None, shown: Shown, kept: set[str]) -> Html:
    """The clips on which a gate and the one that is tried in its place do not agree."""
    others = shown.passing(then)
    note = _note(score) if score else _no_note
    went = [row for row in shown.rows if row["id"] in kept - others]
    came = [row for row in shown.rows if row["id"] in others - kept]
    return join(
        shown.gallery.sheet(f"Would go with what is tried ({len(went)})", went[: 2 * TILES], note),
        shown.gallery.sheet(f"Would come with what is tried ({len(came)})", came[: 2 * TILES], note),
    )


def _no_note(_clip: Clip) -> str:
    return ""


def _note(score: str) -> Callable[[Clip], str]:
    word = score.replace("_", " ")
    return lambda clip: f"{word} {short(clip[score])}" if clip[score] is not None else f"{word} not measured"
