"""The whole line at its smallest, from nothing: world, autoencoder, transformer, weights, film, file, judge."""

from __future__ import annotations

import json
import runpy
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import laqta
from laqta.bench.judge import check
from laqta.generate.denoise import Guidance
from laqta.generate.engine import Engine, Request
from laqta.language.read import read
from laqta.models.card import load_card
from laqta.models.judge import Judge, JudgeSize
from laqta.models.sizes import SPECK
from laqta.shot import VideoShape
from laqta.train import recipes
from laqta.train.checkpoint import Budget, Session
from laqta.train.optim import Rates
from laqta.train.run import run_recipe
from laqta.video import read_recipe, read_video

PROMPT = "a red car drives to the left in the snow"


def losses(path: Path, key: str) -> list[float]:
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [record[key] for record in records if key in record]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a speck from nothing; return the folder of the run."""
    folder = tmp_path_factory.mktemp("runs") / "speck"
    said: list[str] = []
    session = Session(folder=folder, device="cpu", stop_at=None, say=said.append)
    weights = run_recipe(recipes.speck(), session, home=folder.parent)
    assert weights == folder / "weights"
    assert said[-1] == f"done: the weights are in {weights}"
    return folder


def test_what_is_trained_learns(run: Path) -> None:
    noise = losses(run / "dit.jsonl", "loss")
    assert len(noise) == 2 and noise[1] < 0.97 * noise[0]
    sharpness = losses(run / "vae.jsonl", "held_out_psnr")
    assert sharpness[-1] > sharpness[0] + 1  # in dB
    heard = losses(run / "text.jsonl", "right_en")
    assert heard[-1] > 0.3


def test_the_run_leaves_pictures_and_its_bill(run: Path) -> None:
    for name in ("preview.png", "recipe.json", "dit.loss.png"):
        assert (run / name).is_file(), name
    card = load_card(run / "weights")
    assert [cost.stage for cost in card.trained] == ["text encoder", "autoencoder", "transformer"]
    assert [cost.steps for cost in card.trained] == [30, 200, 60]
    assert all(cost.seconds > 0 and cost.flop > 1e6 and cost.hardware for cost in card.trained)


def test_a_finished_run_is_not_run_again(run: Path) -> None:
    before = {path.name: path.read_bytes() for path in run.glob("*.costs.json")}
    session = Session(folder=run, device="cpu", stop_at=None, say=lambda _line: None)
    assert run_recipe(recipes.speck(), session, home=run.parent) == run / "weights"
    assert {path.name: path.read_bytes() for path in run.glob("*.costs.json")} == before


def test_a_run_begins_from_released_weights(run: Path, tmp_path: Path) -> None:
    """On another machine: all it has are the weights folder, and only the transformer learns on."""
    home = tmp_path / "home"
    shutil.copytree(run / "weights", home / "models" / "speck")
    short = recipes.speck()
    dit = replace(short.dit, budget=Budget(steps=50), images_until=0.0, align_until=0.0, seed=4)
    longer = replace(short, name="speck_longer", start="speck", trains=("transformer",), dit=dit)
    session = Session(folder=tmp_path / "longer", device="cpu", stop_at=None, say=lambda _line: None)
    weights = run_recipe(longer, session, home=home)
    assert weights is not None
    card = load_card(weights)
    assert card.name == "speck"
    stages = ["text encoder", "autoencoder", "transformer", "transformer"]
    assert [cost.stage for cost in card.trained] == stages
    assert [cost.steps for cost in card.trained] == [30, 200, 60, 50]
    (ahead,) = losses(session.folder / "dit.jsonl", "loss")
    assert ahead < losses(run / "dit.jsonl", "loss")[0]  # fifty steps from nothing
    names = ("text_encoder/model.safetensors", "vae/diffusion_pytorch_model.safetensors")
    assert all((weights / name).read_bytes() == (run / "weights" / name).read_bytes() for name in names)


def test_only_the_decoder_learns_on_where_only_it_is_named(run: Path, tmp_path: Path) -> None:
    """What it decodes stays what it was, and comes out nearer to the truth."""
    home = tmp_path / "home"
    shutil.copytree(run / "weights", home / "models" / "speck")
    gently = Rates(muon=2e-3, adam=1e-3)
    vae = replace(recipes.speck().vae, budget=Budget(steps=100), rates=gently, seed=5)
    sharper = replace(recipes.speck(), name="speck_sharper", start="speck", trains=("decoder",), vae=vae)
    session = Session(folder=tmp_path / "sharper", device="cpu", stop_at=None, say=lambda _line: None)
    weights = run_recipe(sharper, session, home=home)
    assert weights is not None
    assert [cost.stage for cost in load_card(weights).trained][-1] == "decoder"
    for name in ("text_encoder/model.safetensors", "transformer/diffusion_pytorch_model.safetensors"):
        assert (weights / name).read_bytes() == (run / "weights" / name).read_bytes()
    before, after = (
        load_file(at / "vae/diffusion_pytorch_model.safetensors") for at in (run / "weights", weights)
    )
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved and all(name.startswith(("decoder.", "unfold.")) for name in moved)
    sharpness = losses(session.folder / "vae.jsonl", "held_out_psnr")
    assert sharpness[-1] > sharpness[0]


def test_a_student_films_in_few_steps_what_its_teacher_films_in_many(run: Path, tmp_path: Path) -> None:
    """It learns from released weights, and its card asks for no guidance; films of the same seed draw near."""
    home = tmp_path / "home"
    shutil.copytree(run / "weights", home / "models" / "speck")
    session = Session(folder=tmp_path / "fast", device="cpu", stop_at=None, say=lambda _line: None)
    weights = run_recipe(recipes.speck_fast(), session, home=home)
    assert weights is not None
    card = load_card(weights)
    assert (card.name, card.steps, card.guidance) == ("speck-fast", 2, 1.0)
    assert [cost.stage for cost in card.trained][-1] == "student"
    takes = Request(
        captions=(PROMPT,) * 12,
        seeds=tuple(range(12)),
        shape=card.shape,
        steps=2,
        guidance=Guidance(scale=1.0),
    )
    teacher, student = Engine.load(run / "weights"), Engine.load(weights)
    many = teacher.film(replace(takes, steps=8, guidance=Guidance(scale=2.0))).astype(float)
    at_once, learned = (engine.film(takes).astype(float) for engine in (teacher, student))
    assert abs(learned - many).mean() < 0.8 * abs(at_once - many).mean()


def test_variants_of_a_recipe_are_compared_at_equal_time(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`runs/ablate.py`, with a speck: what was measured before is not measured again."""
    shutil.copytree(run / "weights", tmp_path / "models" / "speck")
    monkeypatch.setenv("LAQTA_HOME", str(tmp_path))
    script = str(Path(__file__).parents[2] / "runs" / "ablate.py")
    how = ["--recipe", "speck", "--minutes", "0.02", "--clips", "6", "--pool", "24", "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", [script, *how, "adamw", "align_never"])
    runpy.run_path(script, run_name="__main__")
    written = tmp_path / "runs" / "ablate" / "results.json"
    results = json.loads(written.read_text(encoding="utf-8"))
    assert list(results) == ["speck/0.02/adamw", "speck/0.02/align_never"]
    assert all(0 < result["loss"] < 5 and 0 <= result["obey"]["actor"] <= 1 for result in results.values())
    assert all(result["clips"] > 0 for result in results.values())

    state = tmp_path / "runs" / "ablate" / "adamw" / "dit.state"
    before = state.stat().st_mtime_ns
    runpy.run_path(script, run_name="__main__")
    assert state.stat().st_mtime_ns == before
    assert capsys.readouterr().out.count("| speck/0.02/adamw |") == 2

    monkeypatch.setattr(sys, "argv", [script, "bigger"])
    with pytest.raises(SystemExit):
        runpy.run_path(script, run_name="__main__")
    assert "no such variant: bigger; there are: as_it_is" in capsys.readouterr().err


def test_a_folder_of_another_size_is_refused(run: Path) -> None:
    session = Session(folder=run, device="cpu", stop_at=None, say=lambda _line: None)
    wider = replace(recipes.speck(), size=replace(SPECK, heads=3))
    with pytest.raises(
        ValueError, match="holds a run of 'speck' with other sizes than 'speck'; choose another"
    ):
        run_recipe(wider, session, home=run.parent)


def test_a_sentence_becomes_a_film_that_is_judged(run: Path, tmp_path: Path) -> None:
    crew = laqta.load(run / "weights")
    film = crew.film(PROMPT, seed=7)
    path = film.save(tmp_path / "car.mp4")
    clip = read_video(path)
    assert clip.frames_THWC.shape == (5, 256, 256, 3)
    assert read_recipe(path) == film.recipe
    assert film.frames_THWC.std() > 5  # it is no flat grey
    rows = check(film.frames_THWC, read(PROMPT).shot, tiny_judge(crew.card.props))
    assert {(row.what, row.asked) for row in rows} >= {
        ("backdrop", "snow"),
        ("actor", "car"),
        ("direction", "left"),
    }


def tiny_judge(kinds: tuple[str, ...]) -> Judge:
    """An untrained judge: what it says is chance, but it says it of every clip."""
    torch.manual_seed(0)
    shape = VideoShape(frames=5, height=32, width=32, fps=4)
    size = JudgeSize(name="tiny", shape=shape, widths=(8, 8, 16), blocks=(0, 1, 1), reader=16)
    return Judge(size, kinds).eval()
