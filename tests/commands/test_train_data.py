"""Footage becomes a model by the command line alone: render, ingest, run, freeze, train, trace."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from laqta.cli import main
from laqta.config import save_json
from laqta.models.card import load_card
from laqta.train import recipes
from laqta.train.checkpoint import Budget

WITHOUT = ["--without", "text", "--without", "objects", "--without", "duplicates"]


@pytest.fixture
def tuned(speck: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A recipe that goes on from the speck of a model for four steps, every second one on the world.

    The speck's clips are made as long as the world's of 64 pixels: 9 frames, 6 a second.
    """
    start = tmp_path / "speck"
    shutil.copytree(speck, start)
    card = load_card(start)
    save_json(start / "card.json", replace(card, shapes=tuple(replace(one, fps=6) for one in card.shapes)))
    small = recipes.speck()
    dit = replace(small.dit, budget=Budget(steps=4), batch=4, images_until=0.0, align_until=0.0, pool=16)
    recipe = replace(
        small, name="speck_tuned", start=str(start), trains=("transformer",), dit=dit, replay=0.5
    )
    monkeypatch.setitem(recipes.RECIPES, "speck_tuned", lambda: recipe)
    yield
    torch.set_flush_denormal(False)  # `laqta train` sets it for its process, and this one goes on


@pytest.fixture
def frozen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Twenty-four renders of a second and a half, frozen as `cars`."""
    (tmp_path / "footage").mkdir()
    out = str(tmp_path / "footage" / "car.mp4")
    assert main(["world", "a car drives", "--takes", "24", "--seed", "1", "--size", "64x64", "-o", out]) == 0
    assert len(list((tmp_path / "footage").glob("car-*.mp4"))) == 24
    place = ["--workspace", str(tmp_path / "data")]
    assert (
        main(["data", "ingest", str(tmp_path / "footage"), "--owner", "me", "--licence", "CC0", *place]) == 0
    )
    assert main(["data", "run", "--workers", "1", *WITHOUT, *place]) == 0
    assert main(["data", "freeze", "cars", *WITHOUT, "--held-out", "0.2", "--gate", "sharp:", *place]) == 0
    capsys.readouterr()
    return tmp_path / "data"


@pytest.mark.usefixtures("tuned")
def test_footage_becomes_a_model_that_is_traced(
    frozen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    place = ["--workspace", str(frozen)]
    assert main(["train", "speck_tuned", "--data", "cars", "--out", str(run), "--device", "cpu", *place]) == 0
    assert capsys.readouterr().out.strip() == str(run / "weights")
    card = load_card(run / "weights")
    assert card.name == "speck-cars"
    (dataset,) = card.datasets
    assert dataset.startswith("cars@") and json.loads((run / "recipe.json").read_text())["dataset"] == dataset
    assert "car" in card.props
    clip = next((frozen / "datasets" / "cars").glob("*.*/index.parquet"))
    rows = pq.read_table(clip).to_pylist()
    assert {row["split"] for row in rows} == {"train", "held_out"}
    assert len(rows[0]["captions"]) == 3
    assert main(["data", "trace", rows[0]["clip"], *place]) == 0
    traced = json.loads(capsys.readouterr().out)
    assert str(run / "weights") in traced["models"][0]
    assert main(["data", "withdraw", "me", *place]) == 0
    assert f"used by the model {traced['models'][0]}" in capsys.readouterr().out


@pytest.mark.usefixtures("tuned")
def test_a_dataset_goes_only_with_a_recipe_that_begins_from_a_model(
    frozen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, why in (
        (["speck_tuned"], "'speck_tuned' learns from a dataset of yours; name it with --data NAME"),
        (["speck", "--data", "cars"], "'speck' begins from nothing"),
        (["judge_nano", "--data", "cars"], "'judge_nano' learns from the made-up world alone"),
        (["speck_tuned", "--data", "cats"], "'cats' is no dataset version; there are: cars@"),
    ):
        out = ["--out", str(tmp_path / "run"), "--workspace", str(frozen), "--device", "cpu"]
        assert main(["train", *words, *out]) == 2
        assert why in capsys.readouterr().err
