"""`laqta data` from films to a dataset, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from laqta.cli import main
from laqta.video import write_video


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    folder.mkdir()
    dice = np.random.default_rng(1)
    for name in ("one", "two"):
        pictures = dice.integers(0, 256, (1, 64, 96, 3)).astype(np.uint8)
        frames = np.concatenate([np.roll(pictures, 3 * at, axis=2)[:, :, :64] for at in range(15)])
        write_video(folder / f"{name}.mp4", frames, fps=10)
    (folder / "broken.mp4").write_bytes(b"no film")
    return folder


def laqta(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Call the command line; its exit code and what it said on both channels."""
    capsys.readouterr()
    code = main(["data", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_from_films_to_a_dataset(footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = laqta(capsys, "ingest", str(footage), "--owner", "Amal", "--licence", "CC0")
    assert (code, out.partition(",")[0]) == (0, "3 new")
    code, out, err = laqta(capsys, "run", "--workers", "1")
    assert (code, out.splitlines()[0]) == (0, "probe: 3 items, 1 calls, 2 found, 1 failed")
    assert "laqta data status says what failed" in err

    _, out, _ = laqta(capsys, "status")
    assert sum("broken.mp4: probe:" in line for line in out.splitlines()) == 1
    _, out, _ = laqta(capsys, "report", "--on", "2026-11-26", "--what-if", "rights: owner = 'Nobody'")
    assert out.startswith("2 clips on 2026-11-26")
    assert [line.split()[0] for line in out.splitlines() if " rights: " in line] == ["2", "0"]
    _, out, _ = laqta(capsys, "query", "select seconds from clips")
    assert [json.loads(line) for line in out.splitlines()] == [{"seconds": 1.5}] * 2

    code, out, _ = laqta(capsys, "freeze", "first", "--gate", "sharp:", "--on", "2026-11-26")
    version = out.partition(":")[0]
    assert (code, "2 clips" in out) == (0, True)
    assert laqta(capsys, "export", version, "--out", str(tmp_path / "out"))[0] == 0
    clip = json.loads((tmp_path / "out" / "clips.jsonl").read_text().splitlines()[0])
    _, out, _ = laqta(capsys, "trace", clip["id"])
    assert json.loads(out)["rights"]["owner"] == "Amal"

    code, out, _ = laqta(capsys, "withdraw", "Amal")
    assert "withdrew 3 sources and 2 clips" in out
    assert f"used by the dataset version first@{version.partition('@')[2][:12]}" in out
    code, _, err = laqta(capsys, "export", "first", "--out", str(tmp_path / "again"))
    assert (code, "was withdrawn" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["run"], "holds no data; begin with: laqta data ingest"),
        (["ingest", "nothing-here"], "holds no video"),
        (["ingest", "x.mp4", "--consent", "perhaps"], "allowed are 'none needed'"),
        (["frieze"], "invalid choice"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = laqta(capsys, *words)
    assert code == 2
    assert why in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["run", "--without", "cuts"], "there is no stage 'cuts'; there are probe, scan"),
        (["report", "--on", "soon"], "is no day"),
        (["freeze", "a", "--held-out", "1"], "is no share"),
        (["freeze", "a", "--gate", "rights"], "is no gate"),
        (["query", "select 1 from nowhere"], "cannot be asked"),
    ],
)
def test_bad_wishes_over_good_data(
    footage: Path, words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    laqta(capsys, "ingest", str(footage / "broken.mp4"))
    code, _, err = laqta(capsys, *words)
    assert (code, why in err) == (2, True), err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[shots", "is not TOML"),
        ("[cuts]", "there is no stage 'cuts'"),
        ("[shots]\nleast = 1", "shots has no parameter 'least'; it has"),
        ("[shots]\nleast_seconds = 'long'", "shots.least_seconds = 'long'; it is like 0.6"),
        ("shots = 3", "is a table of parameters"),
    ],
)
def test_a_pipeline_that_is_none(
    footage: Path, home: Path, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    laqta(capsys, "ingest", str(footage / "broken.mp4"))
    (home / "data" / "pipeline.toml").write_text(text)
    code, _, err = laqta(capsys, "run")
    assert (code, why in err) == (2, True), err
