"""Charts as SVG in the page: places across are percent, so that bars stretch with the page and words keep their size.

Every chart tells what it shows in words too, for those who do not see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from laqta.data.pages.markup import Html, join, tag

BINS = 40
HEIGHT, FOOT = 120, 22
"""Pixels of the bars, and below them (for the axis); above them each threshold has a row for its word."""
ROW, ROWS = 16, 3
SKEWED = 20.0
"""A score whose largest value is so many times its middle one, or its threshold, is drawn over its logarithm."""
TICKS = 5


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A line across a histogram: where it stands, its word, and whether it is only tried."""

    value: float
    word: str
    tried: bool = False


@dataclass(frozen=True, kw_only=True)
class Axis:
    """From values to percent of the chart's width."""

    low: float
    high: float
    curved: bool

    def percent(self, value: float) -> float:
        """Where a value stands, 0 to 100."""
        low, high, at = (self._bent(one) for one in (self.low, self.high, value))
        return 100 * (at - low) / (high - low)

    def ticks(self) -> list[float]:
        """Round values to write at the axis, at most some six."""
        if self.curved:
            powers = [float(10**power) for power in range(10) if self.low <= 10**power <= self.high]
            return ([0.0] if self.low <= 0 else []) + powers[:: -(-len(powers) // (TICKS + 1)) or 1]
        rough = (self.high - self.low) / TICKS
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough)
        first = math.ceil(self.low / step)
        return [step * turn for turn in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _bent(self, value: float) -> float:
        return math.log1p(max(value, 0.0)) if self.curved else value


def axis_for(values: Sequence[float], marks: Sequence[float]) -> Axis:
    """An axis that holds all values (one at least) and marks; curved where some lie far above the rest."""
    known = sorted(values)
    low, high = min([*known, *marks]), max([*known, *marks])
    usual = min([known[len(known) // 2], *(mark for mark in marks if mark > 0)])
    curved = low >= 0 and high > 10 and high > SKEWED * usual
    if high <= low:
        low, high = low - 0.5, high + 0.5
    room = 0.0 if curved else 0.02 * (high - low)
    return Axis(low=low - room, high=high + room, curved=curved)


def histogram(what: str, kept: Sequence[float], lost: Sequence[float], marks: Sequence[Mark] = ()) -> Html:
    """How values are spread: those kept below, those lost above them, and lines at thresholds.

    `what` names the score. No values at all give a sentence instead.
    """
    values = [*kept, *lost]
    if not values:
        return tag("p", f"No clip has a measure of {what}.", class_="quiet")
    axis = axis_for(values, [mark.value for mark in marks])
    kept_B, lost_B = _counted(kept, axis), _counted(lost, axis)
    most = max(one + other for one, other in zip(kept_B, lost_B, strict=True))
    bars = [
        bar
        for at, (below, above) in enumerate(zip(kept_B, lost_B, strict=True))
        for bar in _stack(at, below / most, above / most)
    ]
    told = f"Histogram of {what}: {len(values)} clips from {short(min(values))} to {short(max(values))}"
    told += "".join(f"; {'tried' if mark.tried else 'threshold'} {mark.word}" for mark in marks)
    told += f"; {len(kept)} kept, {len(lost)} not" if lost else ""
    top = ROW * min(len(marks), ROWS)
    lines = (_line(mark, axis, row % ROWS, top) for row, mark in enumerate(marks))
    drawing = join(tag("g", *bars, *_foot(axis), transform=f"translate(0 {top})"), *lines)
    scale = " (the scale is logarithmic)" if axis.curved else ""
    return tag(
        "figure",
        tag("svg", drawing, class_="chart", height=top + HEIGHT + FOOT, role="img", aria_label=told),
        tag("figcaption", f"{what}{scale}; the highest bar is {counted(most, 'clip', 'clips')}"),
        class_="histogram",
    )


def _counted(values: Sequence[float], axis: Axis) -> list[int]:
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, max(0, int(axis.percent(value) / 100 * BINS)))] += 1
    return counts


def _stack(at: int, below: float, above: float) -> list[Html]:
    """The two parts of one bar, as shares of the highest; what is not nothing can be seen."""
    bars, foot = [], float(HEIGHT)
    for share, kind in ((below, "kept"), (above, "lost")):
        if share > 0:
            high = max(2.0, share * HEIGHT)
            foot -= high
            across = {"x": f"{100 * at / BINS + 0.2:.2f}%", "width": f"{100 / BINS - 0.4:.2f}%"}
            bars.append(
                tag("rect", class_=kind, y=f"{max(foot, 0):.1f}", height=f"{high:.1f}", rx=1.5, **across)
            )
    return bars


def _foot(axis: Axis) -> list[Html]:
    base = HEIGHT
    parts = [tag("line", class_="base", x1="0", x2="100%", y1=base, y2=base)]
    for value in axis.ticks():
        at = axis.percent(value)
        parts.append(tag("line", class_="base", x1=f"{at:.2f}%", x2=f"{at:.2f}%", y1=base, y2=base + 4))
        parts.append(tag("text", short(value), x=f"{at:.2f}%", y=base + 18, text_anchor=_anchor(at)))
    return parts


def _line(mark: Mark, axis: Axis, row: int, top: int) -> Html:
    at = axis.percent(mark.value)
    kind, y = ("tried" if mark.tried else "mark"), 11 + ROW * row
    after = at < 60
    return tag(
        "g",
        tag("line", x1=f"{at:.2f}%", x2=f"{at:.2f}%", y1=y - 10, y2=top + HEIGHT),
        tag(
            "text",
            mark.word,
            x=f"{at:.2f}%",
            y=y,
            dx=6 if after else -6,
            text_anchor="start" if after else "end",
        ),
        class_=kind,
        data_value=short(mark.value),
        data_percent=f"{at:.2f}",
    )


def _anchor(percent: float) -> str:
    return "start" if percent < 4 else "end" if percent > 96 else "middle"


def bars(caption: str, rows: Sequence[tuple[str, int, int]]) -> Html:
    """Kinds with a bar each: its word, how many are kept, how many are not."""
    most = max((kept + lost for _, kept, lost in rows), default=1) or 1
    body = [
        tag(
            "tr",
            tag("th", tag("bdi", word), scope="row"),
            tag("td", bar(kept / most, lost / most), class_="wide"),
            tag("td", f"{kept + lost}" if not lost else f"{kept} of {kept + lost}", class_="number"),
        )
        for word, kept, lost in rows
    ]
    inside = tag("table", tag("caption", caption), tag("tbody", *body), class_="kinds")
    return tag("div", inside, class_="scroll", tabindex="0", role="region", aria_label=caption)


def bar(kept: float, lost: float = 0.0) -> Html:
    """Two parts of a line, as shares of its whole length; the numbers beside it say the same."""
    parts = [
        tag("i", class_=kind, style=f"width:{100 * share:.2f}%")
        for share, kind in ((kept, "kept"), (lost, "lost"))
        if share > 0
    ]
    return tag("span", *parts, class_="bar", aria_hidden="true")


def short(value: float) -> str:
    """A number as short as it can be told: three digits that count, no powers of ten."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{min(places, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(many: int, one: str, several: str) -> str:
    """A number with the word that goes with it."""
    return f"{many:,} {one if many == 1 else several}"


def shares(value: float) -> str:
    """A share as a percentage."""
    return f"{100 * value:.1f} %"
