"""Dataclass <-> JSON, atomic files, settings."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laqta.config import from_dict, load_json, save_json, to_dict
from laqta.files import write_file
from laqta.settings import Settings, config_file, load_settings
from laqta.shot import Actor, Box, BoxTrack, Motion, Relation, Shot


@dataclass(frozen=True, kw_only=True)
class Optimiser:
    rate: float
    betas: tuple[float, float] = (0.9, 0.99)


@dataclass(frozen=True, kw_only=True)
class Run:
    name: str
    steps: int
    device: Literal["cpu", "cuda"] = "cpu"
    optimiser: Optimiser | None = None
    widths: tuple[int, ...] = ()
    hashes: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    out: Path | None = None
    size: int | str = 64
    seeded: bool = True


RUN = Run(
    name="قطة",
    steps=3,
    device="cuda",
    optimiser=Optimiser(rate=1e-3),
    widths=(96, 128),
    hashes={"vae": "00ff"},
    notes=["first"],
    out=Path("runs/a"),
    size="small",
)


def test_a_dataclass_survives_the_way_through_json(tmp_path: Path) -> None:
    save_json(tmp_path / "run.json", RUN)
    assert load_json(Run, tmp_path / "run.json") == RUN
    assert "قطة" in (tmp_path / "run.json").read_text(encoding="utf-8")


FRACTION = st.floats(0, 1)
BOX = st.builds(Box, left=FRACTION, top=FRACTION, right=FRACTION, bottom=FRACTION)
ACTOR = st.builds(
    Actor, motion=st.from_type(Motion), track=st.none() | st.builds(BoxTrack, boxes=st.tuples(BOX, st.none()))
)
SHOT = st.builds(
    Shot,
    cast=st.lists(ACTOR, max_size=2).map(tuple),
    relations=st.lists(st.from_type(Relation), max_size=1).map(tuple),
    seconds=st.none() | st.floats(0.5, 60),
)


@settings(max_examples=30, deadline=None)
@given(SHOT)
def test_any_shot_survives_the_way_through_json(shot: Shot) -> None:
    assert from_dict(Shot, json.loads(json.dumps(to_dict(shot)))) == shot


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stepz": 1}, r"run.json: unknown key 'stepz'; allowed: name, steps, device"),
        ({"steps": None}, r"run.json.steps: expected int, got None"),
        ({"steps": True}, r"run.json.steps: expected int, got True"),
        ({"steps": 1.5}, r"run.json.steps: expected int, got 1.5"),
        ({"device": "tpu"}, r"run.json.device: expected 'cpu' or 'cuda', got 'tpu'"),
        ({"optimiser": {"rate": "fast"}}, r"run.json.optimiser.rate: expected float, got 'fast'"),
        ({"optimiser": {"betas": [1, 2]}}, r"run.json.optimiser: the key 'rate' is missing"),
        (
            {"optimiser": {"rate": 1, "betas": [1]}},
            r"run.json.optimiser.betas: expected 2 items, got 1: \[1\]",
        ),
        ({"widths": [1, "2"]}, r"run.json.widths\[1\]: expected int, got '2'"),
        ({"widths": 96}, r"run.json.widths: expected tuple\[int, ...\], got 96"),
        ({"hashes": {"vae": 3}}, r"run.json.hashes\['vae'\]: expected str, got 3"),
        ({"notes": "first"}, r"run.json.notes: expected list\[str\], got 'first'"),
        ({"size": 1.5}, r"run.json.size: expected int or str, got 1.5"),
        ({"seeded": 1}, r"run.json.seeded: expected bool, got 1"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    (tmp_path / "run.json").write_text(json.dumps({**to_dict(RUN), **change}))
    with pytest.raises(ValueError, match=message):
        load_json(Run, tmp_path / "run.json")


def test_text_that_is_not_json_is_refused_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(ValueError, match=r"run\.json: this is not JSON"):
        load_json(Run, tmp_path / "run.json")
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(ValueError, match=r"expected an object with the keys of Run, got \[\]"):
        load_json(Run, tmp_path / "run.json")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "card.json"
    path.write_text("old")
    with pytest.raises(error), write_file(path) as draft:
        draft.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["card.json"]


def test_a_write_that_ends_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text("old")
    with write_file(path) as draft:
        assert draft.suffix == ".json"
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["card.json"]


def test_flags_aside_variables_win_over_the_file(home: Path) -> None:
    environ = {"LAQTA_HOME": str(home)}
    assert load_settings(environ) == Settings()
    home.mkdir()
    config_file(environ).write_text('model = "mini"\nsteps = 8\nguidance = 3\n')
    assert load_settings(environ) == Settings(model="mini", steps=8, guidance=3.0)
    environ |= {"LAQTA_STEPS": "12", "LAQTA_DEVICE": "cpu", "LAQTA_GUIDANCE": ""}
    assert load_settings(environ) == Settings(model="mini", steps=12, guidance=3.0, device="cpu")


@pytest.mark.parametrize(
    ("text", "variables", "message"),
    [
        (
            "modell = 'mini'",
            {},
            r"settings.toml: unknown key 'modell'; allowed: model, device, steps, guidance",
        ),
        ("steps = 'many'", {}, r"settings.toml.steps: expected int, got 'many'"),
        ("steps =", {}, r"settings.toml: this is not TOML"),
        ("", {"LAQTA_STEPS": "many"}, r"LAQTA_STEPS: 'many' is not a whole number"),
        ("", {"LAQTA_GUIDANCE": "high"}, r"LAQTA_GUIDANCE: 'high' is not a number"),
        (None, {}, r"LAQTA_CONFIG names '.*settings.toml', which is not a file"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    tmp_path: Path, text: str | None, variables: dict[str, str], message: str
) -> None:
    path = tmp_path / "settings.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_settings({"LAQTA_CONFIG": str(path), **variables})
