"""The documentation says what the program does: every verb, option, setting, and the generated page."""

from __future__ import annotations

import os
import runpy
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laqta.bench.conditions import FirstFrame, Join
from laqta.bench.judge import ROWS
from laqta.bench.quality import Distance, Drawn, Novelty, Steadiness
from laqta.bench.speed import Beside, Filming
from laqta.cli import VERBS
from laqta.data.clips import is_series
from laqta.data.gates import GATES
from laqta.data.pipeline import STAGES
from laqta.settings import VARIABLES, Settings
from laqta.train.recipes import RECIPES

DOCS = Path(__file__).parent.parent / "docs"
SETTINGS = (DOCS / "guide" / "settings.md").read_text(encoding="utf-8")


def test_the_written_pages_are_what_the_program_would_write() -> None:
    pages = runpy.run_path(str(DOCS / "write_guide.py"))["PAGES"]
    for name, write in pages.items():
        assert (DOCS / "guide" / name).read_text(encoding="utf-8") == write(), f"{name} is old: run make docs"
    for verb in VERBS:
        assert f"\n## laqta {verb}\n" in pages["cli.md"]()
    for recipe in RECIPES:
        assert pages["recipes.md"]().count(f"\n| `{recipe}` | ") == 1


def test_every_setting_has_its_row() -> None:
    for variable in VARIABLES:
        assert f"\n| `{variable}` |" in SETTINGS, variable
    for field in fields(Settings):
        assert f"| `LAQTA_{field.name.upper()}` | `{field.name}` |" in SETTINGS, field.name


def test_every_metric_has_its_line() -> None:
    page = (DOCS / "guide" / "bench.md").read_text(encoding="utf-8")
    parts = (Drawn, Distance, Steadiness, Novelty, Filming, Beside, FirstFrame, Join)
    metrics = [*ROWS, *(field.name for part in parts for field in fields(part)), "world_clips_a_second"]
    for metric in metrics:
        assert f"\n| `{metric}` | " in page, metric


def test_every_stage_column_and_gate_has_its_place() -> None:
    page = (DOCS / "guide" / "data.md").read_text(encoding="utf-8")
    for stage in STAGES:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{stage.name}` |"))
        shown = [column.name for column in stage.columns if not is_series(column)]
        if stage.name != "shots":  # its row leaves out how a span is written
            assert [name for name in shown if name not in row and not name.startswith("scan_")] == [], (
                stage.name
            )
    for gate in GATES:
        assert f"`{gate.name}`" in page, gate.name


def test_every_page_that_a_page_points_to_is_there() -> None:
    for page in [*DOCS.rglob("*.md"), DOCS.parent / "README.md", DOCS.parent / "AGENTS.md"]:
        for piece in page.read_text(encoding="utf-8").split("](")[1:]:
            target = piece.partition(")")[0].partition("#")[0]
            if target and "://" not in target:
                assert (page.parent / target).exists(), f"{page}: {target}"


def test_what_the_library_page_shows_runs(
    speck: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "guide" / "library.md").read_text(encoding="utf-8")
    example = page.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {"speck": str(speck)}
    exec(example.replace('"nano"', "speck"), names)
    film, again, longer = names["film"], names["again"], names["longer"]
    assert np.array_equal(film.frames_THWC, again.frames_THWC)
    assert names["read_recipe"]("car.mp4") == film.recipe
    assert len(longer.frames_THWC) > len(film.frames_THWC)
    assert [take.recipe["seed"] for take in names["several"]] == [7, 8, 9]
    assert sorted(name for name in os.listdir() if "." in name) == ["car.mp4", "longer.webp"]
