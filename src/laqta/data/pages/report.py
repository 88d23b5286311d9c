"""The page of a report: what each gate keeps, shown; copies, measures and rights of all clips."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from laqta.data.clips import RIGHTS, SHOTS, clip_table
from laqta.data.gates import Gate, Survival, survival
from laqta.data.pages.charts import bar, bars, histogram, shares
from laqta.data.pages.copies import copies_part, families_of
from laqta.data.pages.gallery import Clip, Gallery
from laqta.data.pages.gate import KINDS, Shown, Tried, gate_part
from laqta.data.pages.markup import Html, document, join, numbers, section, slug, table, tag
from laqta.data.run import Tables
from laqta.data.status import copied, failures

SPREAD = ("seconds", "motion", "luma", "colorfulness")
"""The measures whose histograms every report shows, whatever the gates ask."""


def report_page(
    tables: Tables, gates: Sequence[Gate], tried: Sequence[Gate], on: str, gallery: Gallery
) -> Html:
    """The page of a report; `tried` are the gates that might be instead, the same where nothing is tried.

    Raises:
        ValueError: a gate that cannot be asked.
    """
    clips = clip_table(tables)
    shown = Shown(clips=clips, on=on, gallery=gallery)
    steps = tries(
        survival(clips, gates, on), survival(clips, tried, on) if tuple(tried) != tuple(gates) else []
    )
    now = [step.now for step in steps if step.now]
    kept = now[-1].kept if now else len(clips)
    failed = len({one.name for one in failures(tables)})
    films = copied(tables.workspace, clips)
    facts: list[tuple[str, str | int]] = [
        ("clips", len(clips)),
        ("pass every gate", kept),
        ("sources", len(gallery.sources)),
        ("hours of clips", f"{sum(row['seconds'] for row in shown.rows) / 3600:,.2f}"),
        ("families of copies", len(families_of(shown.rows))),
        ("sources failed", failed),
    ]
    parts = [
        (
            "What each gate keeps",
            section("What each gate keeps", numbers(facts), survival_table(steps, len(clips))),
        ),
        ("Gate by gate", section("Gate by gate", *(gate_part(step, shown) for step in steps))),
        ("Copies", copies_part(shown.rows, tables.good(SHOTS), films, gallery)),
        ("Measures", measures_part(shown.rows)),
        ("Rights", rights_part(shown.rows, on)),
    ]
    return document(f"{kept:,} of {len(clips):,} clips pass", f"What the gates keep on {on}, and why.", parts)


def tries(now: Sequence[Survival], then: Sequence[Survival]) -> list[Tried]:
    """Gates that are beside those that are tried, by name; those that are only tried come last."""
    names = dict.fromkeys(step.gate.name for step in (*now, *then))
    first, second = ({step.gate.name: step for step in steps} for steps in (now, then))
    return [Tried(name=name, now=first.get(name), then=second.get(name)) for name in names]


def survival_table(steps: Sequence[Tried], count: int) -> Html:
    """What is left after each gate, as a funnel; with what is tried beside it, if anything is."""
    trying = any(step.then for step in steps)
    head = ["gate", "come", "stay", "share", "alone", *(["tried"] if trying else [])]
    rows = [_survival_row(step, count, trying) for step in steps]
    told = (
        f"Of {count} clips, those that come to each gate and stay after it. Alone is what it would keep of all"
        + (", and tried is what stays where the gates are as tried." if trying else ".")
    )
    return tag("div", table(told, head, rows), class_="survival")


def _survival_row(step: Tried, count: int, trying: bool) -> list[str | int]:
    found, whole = step.shown, max(count, 1)
    funnel = bar(found.kept / whole, (found.before - found.kept) / whole)
    name = tag("a", step.name, href=f"#gate-{slug(step.name)}")
    then = step.then.kept if step.then else "out"
    row: list[str | int] = [
        join(name, tag("code", found.gate.keeps), funnel),
        *((found.before, found.kept) if step.now else ("", "")),
        shares(found.kept / max(found.before, 1)) if step.now else "",
        found.kept_alone,
    ]
    return [*row, then] if trying else row


def measures_part(rows: Sequence[Clip]) -> Html:
    """How the usual measures are spread over all clips."""
    drawn = [
        histogram(name.replace("_", " "), [row[name] for row in rows if row[name] is not None], [])
        for name in SPREAD
    ]
    sizes = _usual("pixels", [f"{row['width']} x {row['height']}" for row in rows])
    rates = _usual("frames a second", [f"{row['fps']:.6g}" for row in rows if row["fps"] is not None])
    return section("Measures", tag("div", *drawn, sizes, rates, class_="grid"))


def _usual(what: str, words: Sequence[str]) -> Html:
    """The usual words with a bar each, and how many others there are."""
    counts = Counter(words)
    told = [(word, many, 0) for word, many in counts.most_common(KINDS)]
    if len(counts) > KINDS:
        told.append((f"{len(counts) - KINDS} others", len(words) - sum(many for _, many, _ in told), 0))
    return bars(what, told)


def rights_part(rows: Sequence[Clip], on: str) -> Html:
    """Whose the clips are, and until when they may be used."""
    groups: dict[tuple[str | None, ...], list[Clip]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in RIGHTS)].append(row)
    told = []
    for (owner, licence, consent, expires), clips in sorted(
        groups.items(), key=lambda item: (-len(item[1]), str(item[0]))
    ):
        over = tag("b", f"{expires}, over", class_="over") if expires and expires < on else expires or "never"
        told.append(
            [
                tag("bdi", owner or "nobody stated an owner"),
                tag("bdi", licence or "not stated"),
                consent or "not stated",
                over,
                len({clip["source"] for clip in clips}),
                len(clips),
                round(sum(clip["seconds"] for clip in clips), 1),
            ]
        )
    head = ("owner", "licence", "consent", "expires", "sources", "clips", "seconds")
    return section("Rights", table(f"Rights as they stand on {on}.", head, told))
