"""Reports as pages: everything that the report says, with pictures, safe whatever a file is called."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.data.conftest import Film

from laqta.data.clips import clip_table
from laqta.data.datasets import Wish, freeze
from laqta.data.gates import GATES, Gate, survival, with_changes
from laqta.data.ingest import ingest
from laqta.data.local import LocalExecutor
from laqta.data.pages.charts import Mark, axis_for, histogram, short
from laqta.data.pages.copies import plane
from laqta.data.pages.gallery import Gallery, write_page
from laqta.data.pages.gate import columns_of, thresholds
from laqta.data.pages.markup import Html, tag
from laqta.data.pages.report import report_page
from laqta.data.pages.status import status_page
from laqta.data.pages.versions import difference_page, version_page
from laqta.data.pipeline import STAGES, load_pipeline
from laqta.data.probe import probe
from laqta.data.rights import Rights
from laqta.data.run import Tables, run_pipeline
from laqta.data.thumbs import middle_frame, thumb_path
from laqta.data.trace import withdraw
from laqta.data.workspace import Workspace, open_workspace
from laqta.video import read_video, write_video

DAY = "2026-11-26"
HOSTILE = "<script>alert(1)&\"'.mp4"
WITHOUT = frozenset(stage.name for stage in STAGES) - {"probe", "scan", "shots", "duplicates"}


@pytest.fixture
def tables(workspace: Workspace, film: Film, tmp_path: Path) -> Tables:
    """Three films of Amal; of nobody a brighter copy with a hostile name, a shorter film and a broken one."""
    whole = read_video(film("0.mp4", seed=0)).frames_THWC
    hostile = tmp_path / "footage" / HOSTILE
    write_video(hostile, np.clip(whole, 0, 245) + 10, 12)
    short_film = film("short.mp4", seed=9, frames=23)
    broken = hostile.with_name("broken.mp4")
    broken.write_bytes(b"no film")
    ingest(workspace, [str(hostile), str(short_film), str(broken)], Rights())
    pipeline = load_pipeline(workspace, WITHOUT)
    run_pipeline(workspace, pipeline, LocalExecutor(workers=1))
    return Tables(workspace, pipeline)


def report(tables: Tables, where: Path, *tried: str) -> str:
    """Write the page of a report, and read it."""
    gates = with_changes(GATES, tried)
    page = write_page(
        tables.workspace, where, lambda gallery: report_page(tables, GATES, gates, DAY, gallery)
    )
    return page.read_text(encoding="utf-8")


class Balance(HTMLParser):
    """Reads a page and notes what is open, its headings, and every address in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.levels: list[int] = []
        self.addresses: list[str] = []
        self.bare: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.addresses += [str(told[name]) for name in ("src", "href") if told.get(name)]
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if (tag == "img" and not told.get("alt")) or (tag == "svg" and not told.get("aria-label")):
            self.bare.append(tag)
        if tag not in ("img", "meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def text_of(page: str) -> str:
    """The words of a page."""
    return html.unescape(re.sub(r"<[^>]*>", " ", page.rpartition("</style>")[2]))


def test_a_report_shows_every_gate_with_its_counts(tables: Tables, tmp_path: Path) -> None:
    page = report(tables, tmp_path / "report.html")
    steps = survival(clip_table(tables), GATES, DAY)
    for step in steps:
        row = re.search(rf'<tr><th scope="row"><a href="#gate-[^"]*">{step.gate.name}</a>.*?</tr>', page)
        assert row, step.gate.name
        cells = [int(cell) for cell in re.findall(r'<td class="number">(\d+)</td>', row[0])]
        assert cells == [step.before, step.kept, step.kept_alone], step.gate.name
        assert html.escape(step.gate.keeps) in row[0]
    assert f"<title>{steps[-1].kept} of 5 clips pass</title>" in page
    assert 'id="gate-no-copy"' in page and "1 copy in 1 family." in page


def test_thresholds_stand_where_they_are(tables: Tables, tmp_path: Path) -> None:
    page = report(tables, tmp_path / "report.html", "long enough: seconds >= 1.95")
    part = page.partition('id="gate-long-enough"')[2].partition("</section>")[0]
    marks = re.findall(r'<g class="(\w+)" data-value="([\d.]+)" data-percent="([\d.]+)">', part)
    seconds = clip_table(tables)["seconds"].to_pylist()
    axis = axis_for(seconds, [1, 1.95])
    assert [mark[:2] for mark in marks] == [("mark", "1"), ("tried", "1.95")]
    assert [float(mark[2]) for mark in marks] == pytest.approx(
        [axis.percent(1), axis.percent(1.95)], abs=0.01
    )
    assert f'x1="{axis.percent(1):.2f}%"' in part
    assert "Would go with what is tried (1)" in part


def test_a_page_is_safe_whole_and_alone(tables: Tables, tmp_path: Path) -> None:
    page = report(tables, tmp_path / "report.html", "sharp: sharpness >= 60", "rights:", "new: motion > 1")
    assert "<script" not in page
    assert html.escape(HOSTILE) in page
    found = Balance(page)
    assert (found.open, found.bare) == ([], [])
    assert all(now - before <= 1 for before, now in zip(found.levels, found.levels[1:], strict=False))
    assert {address.partition(":")[0] if address[0] != "#" else "#" for address in found.addresses} == {
        "data",
        "#",
    }
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert "url(" not in page


def test_a_second_report_decodes_nothing_and_a_gone_source_is_a_grey_tile(
    tables: Tables, tmp_path: Path
) -> None:
    first = report(tables, tmp_path / "first.html")
    kept = list(tables.workspace.thumbs.rglob("*.webp"))
    assert len(kept) == 5
    for path in (tmp_path / "footage").iterdir():
        path.unlink()
    assert report(tables, tmp_path / "second.html") == first
    for path in kept:
        path.unlink()
    third = report(tables, tmp_path / "third.html")
    assert "the source is gone" in third and "the source is gone" not in first
    assert Balance(third).open == []


def test_a_folder_has_its_pictures_beside_it(tables: Tables, tmp_path: Path) -> None:
    page = report(tables, tmp_path / "report")
    stale = tmp_path / "report" / "pictures" / f"{'0' * 64}.webp"
    stale.write_bytes(b"of a clip that was withdrawn")
    beside = {address for address in Balance(page).addresses if address.startswith("pictures/")}
    assert len(beside) == 5
    assert all((tmp_path / "report" / address).read_bytes()[8:12] == b"WEBP" for address in beside)
    assert report(tables, tmp_path / "report") == page
    assert not stale.exists()


def test_only_a_page_of_ours_is_written_over(tables: Tables, tmp_path: Path) -> None:
    letter = tmp_path / "letter.html"
    letter.write_text("<p>Dear Amal</p>", encoding="utf-8")
    for where in (letter, tmp_path / "footage"):
        with pytest.raises(ValueError, match="is there already and is no page of laqta data's"):
            report(tables, where)
    assert letter.read_text(encoding="utf-8") == "<p>Dear Amal</p>"


def test_no_clips_and_no_scores_are_a_page_too(workspace: Workspace, tmp_path: Path) -> None:
    empty = open_workspace(tmp_path / "empty", create=True)
    page = report(Tables(empty, load_pipeline(empty, WITHOUT)), tmp_path / "empty.html")
    assert "0 of 0 clips pass" in page and Balance(page).open == []
    few = load_pipeline(workspace, WITHOUT)
    run_pipeline(workspace, few, LocalExecutor(workers=1))
    without = Tables(workspace, load_pipeline(workspace, frozenset({*WITHOUT, "duplicates"})))
    page = report(without, tmp_path / "few.html")
    assert "Nobody has looked for copies." in page
    assert "No clip has a measure of overlay share." in page
    assert "3 clips were never measured so" in page


def test_withdrawn_footage_leaves_no_picture(tables: Tables, tmp_path: Path) -> None:
    report(tables, tmp_path / "report.html")
    clips = [row["id"] for row in clip_table(tables).to_pylist() if row["owner"] == "Amal"]
    assert all(thumb_path(tables.workspace, clip).is_file() for clip in clips) and len(clips) == 3
    withdraw(tables.workspace, "Amal")
    assert not any(thumb_path(tables.workspace, clip).is_file() for clip in clips)
    assert len(list(tables.workspace.thumbs.rglob("*.webp"))) == 2


def test_the_status_page_names_every_failure_and_why(tables: Tables) -> None:
    page = status_page(tables)
    words = text_of(page)
    assert "Everything is up to date" in words
    assert "broken.mp4" in words and "is not a film, or is cut short" in words
    assert [word in words for word in ("probe", "scan", "shots", "duplicates")] == [True] * 4
    assert Balance(page).open == []


def test_versions_show_what_came_and_what_went(tables: Tables) -> None:
    wish = Wish(name="all", gates=(Gate("short", "seconds < 1.95"),), on=DAY)
    before, after = freeze(tables, wish), freeze(tables, replace(wish, gates=GATES[:2]))
    gallery = Gallery(tables.workspace)
    page = difference_page(before, after, gallery)
    counts = dict(re.findall(r"<dt>([^<]*)</dt><dd>(\d+)</dd>", page))
    assert counts == {"clips before": "1", "clips after": "3", "came": "3", "went": "1", "changed": "0"}
    went = page.partition('id="went"')[2].partition("</section>")[0]
    assert "short.mp4" in went and went.count("<img") == 1
    alone = version_page(after, before, gallery)
    assert f"all@{after.id[:12]}" in alone and "Since the version before" in alone
    assert (
        Balance(page).open == Balance(alone).open == Balance(version_page(before, None, gallery)).open == []
    )


def test_whatever_is_not_markup_is_escaped() -> None:
    assert tag("p", "<b>", tag("i", "&"), title='"') == '<p title="&quot;">&lt;b&gt;<i>&amp;</i></p>'
    assert tag("p", Html("<b>"), 3, hidden=True, lang=None) == "<p hidden><b>3</p>"
    assert tag("td", "\udcff") == "<td>?</td>"


def test_thresholds_are_read_from_a_gate() -> None:
    clips = pa.table({"sharpness": [1.0], "seconds": [1.0], "owner": ["x"]})
    gate = Gate(
        "g", "sharpness >= 20.5 and (seconds between 1 and 30 or owner = 'seconds < 3') and sharpness<>-2"
    )
    assert columns_of(gate, clips) == ["sharpness", "seconds", "owner"]
    assert thresholds(gate, "sharpness") == [(20.5, "\u2265 20.5"), (-2.0, "\u2260 -2")]
    assert thresholds(gate, "seconds") == [(1.0, "\u2265 1"), (30.0, "\u2264 30")]


@pytest.mark.parametrize(
    ("values", "marks", "curved"),
    [
        ([1.0, 2.0], [], False),
        ([3.0] * 4, [], False),
        ([0, 1, 10, 5000], [20], True),
        ([-1, 5000.0], [], False),
    ],
)
def test_every_value_has_its_place_on_an_axis(values: list[float], marks: list[float], curved: bool) -> None:
    axis = axis_for(values, marks)
    assert axis.curved == curved
    assert all(-1e-9 <= axis.percent(value) <= 100 + 1e-9 for value in (*values, *marks, *axis.ticks()))
    assert 2 <= len(axis.ticks()) <= 8


def test_a_histogram_counts_every_clip_once() -> None:
    drawn = histogram("score", [1, 2, 2, 3], [0.5], [Mark(value=1, word=">= 1")])
    heights = {
        kind: re.findall(rf'<rect class="{kind}" y="[\d.]+" height="([\d.]+)"', drawn)
        for kind in ("kept", "lost")
    }
    assert heights == {"kept": ["60.0", "120.0", "60.0"], "lost": ["60.0"]}
    assert "5 clips from 0.5 to 3" in drawn and "4 kept, 1 not" in drawn
    assert "<svg" not in histogram("score", [], [])


def test_alike_clips_lie_together() -> None:
    dice = np.random.default_rng(0)
    prints = np.concatenate([dice.normal(0, 1, (5, 9)), dice.normal(9, 1, (5, 9))]).astype(np.float32)
    places = plane(prints)
    assert places.min() == 0 and places.max() == 1
    first, second = places[:5, 0], places[5:, 0]
    assert max(np.ptp(first), np.ptp(second)) < abs(first.mean() - second.mean())
    assert np.isfinite(plane(np.ones((4, 9), np.float32))).all()


@pytest.mark.parametrize(
    ("value", "told"),
    [(0, "0"), (0.0259, "0.0259"), (20.0, "20"), (1234.5, "1,234"), (-0.5, "-0.5"), (100, "100")],
)
def test_numbers_are_told_short(value: float, told: str) -> None:
    assert short(value) == told


def test_a_picture_is_of_the_middle(film: Film) -> None:
    path = film("middle.mp4", seed=3)
    end = probe(path).end_pts
    clip = {
        "start_pts": 0,
        "end_pts": end,
        "time_base_num": 1,
        "time_base_den": 12,
        "width": 64,
        "height": 64,
    }
    true = read_video(path).frames_THWC.astype(int)
    found = middle_frame(path, clip).astype(int)
    nearest = np.abs(true - found).mean((1, 2, 3)).argmin()
    assert nearest == 12
