"""A film made by talking on the command line, with a real, untrained speck of a model."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from laqta.cli import main
from laqta.video import read_recipe


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speck: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAQTA_MODEL", str(speck))


def chat(monkeypatch: pytest.MonkeyPatch, *lines: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    return main(["chat", "film"])


def test_a_film_is_made_by_talking(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        chat(
            monkeypatch,
            "a red car drives to the left in the snow",
            "make it night",
            "",
            "two versions",
            "undo",
        )
        == 0
    )
    takes = sorted(os.listdir("film"))
    assert takes == ["001-seed-1.mp4", "002-seed-1.mp4", "003-seed-2.mp4", "004-seed-3.mp4"]
    shots = [read_recipe(Path("film") / take)["shot"] for take in takes]
    assert [shot["time"] for shot in shots] == [None, "night", "night", "night"]
    assert {shot["cast"][0]["kind"] for shot in shots} == {"car"}
    out = capsys.readouterr().out
    assert "Filming 2 takes" in out and "The storyboard is as it was" in out


def test_a_farewell_ends_it_and_a_wish_that_cannot_be_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chat(monkeypatch, "قطة في الثلج", "سيارة في الثلج", "خروج", "صاروخ في الثلج") == 0
    out, err = capsys.readouterr()
    assert os.listdir("film") == ["002-seed-2.mp4"]  # the speck knows no cat
    assert "this model was never shown cat" in err
    assert "أصوّر" in out


def test_a_loop_ends_where_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chat(monkeypatch, "a car in the snow", "loop it") == 0
    assert sorted(os.listdir("film")) == ["001-seed-1.mp4", "002-seed-1.mp4"]
    loops = [read_recipe(Path("film") / f"00{number}-seed-1.mp4")["settings"]["loop"] for number in (1, 2)]
    assert loops == [False, True]


def test_takes_are_never_overwritten(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chat(monkeypatch, "a car in the snow") == 0
    assert chat(monkeypatch, "a car in the snow") == 2
    assert "'film' holds files already; name a new or an empty folder" in capsys.readouterr().err
