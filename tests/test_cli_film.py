"""Filming from the command line, with a real, untrained speck of a model: what it writes, prints and refuses."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from laqta.cli import main
from laqta.video import read_recipe, read_video

TOLD = {
    "file", "prompt", "language", "shot", "unseen", "ignored", "caption", "seed", "batch", "index", "threads",
    "model", "model_hash", "settings", "seconds", "real_time_factor",
}  # fmt: skip
"""What the line of `--json` always holds."""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speck: Path) -> None:
    """Work in a folder of the test's own, with the speck as the model that the settings name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAQTA_MODEL", str(speck))


def films() -> list[str]:
    return sorted(name for name in os.listdir() if name != "laqta-home")


def refusal(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 2) -> str:
    """Run, expect the exit code, nothing on standard output and one line on standard error; return that line."""
    assert main(argv) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1 and err.startswith("laqta: "), err
    return err


def told(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, object]:
    """Run with `--json` and return what its one line says."""
    assert main([*argv, "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    line = json.loads(out)
    assert isinstance(line, dict)
    return line


def test_filming_needs_no_extra() -> None:
    """What `make film` installs is enough: every package that only an extra brings is hidden from the program."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    hidden = {name for line in extras if (name := _module(line)) and find_spec(name)}
    assert {"pyarrow", "duckdb", "cv2", "scipy", "fastapi", "sqlalchemy"} <= hidden
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({sorted(hidden)}))\n"
        "from laqta.cli import main; sys.exit(main(['film', 'a car', '-o', 'car.mp4', '--sheet']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"car.mp4", "car.png"} <= set(films())


def _module(requirement: str) -> str:
    """The module that a requirement installs: most are named alike."""
    name = re.split(r"[\[<>=~]", requirement)[0].replace("-", "_")
    return {"opencv_python_headless": "cv2", "python_multipart": "multipart", "laqta": ""}.get(name, name)


@pytest.mark.parametrize(
    ("prompt", "language", "name"),
    [
        ("a rocket flies over the snow at night", "en", "a-rocket-flies-over-the-snow-at-night-3.mp4"),
        ("سيارة حمراء في الثلج", "ar", "سيارة-حمراء-في-الثلج-3.mp4"),
        ("一辆红色的汽车在雪地里", "zh", "一辆红色的汽车在雪地里-3.mp4"),
    ],
)
def test_a_sentence_becomes_a_film_with_its_recipe(
    capsys: pytest.CaptureFixture[str], prompt: str, language: str, name: str
) -> None:
    line = told(capsys, "film", prompt, "--seed", "3")
    assert films() == [name]
    assert line.keys() >= TOLD
    assert (line["file"], line["prompt"], line["language"], line["seed"]) == (name, prompt, language, 3)
    assert line["shot"]["backdrop"] == "snow"  # type: ignore[index]
    recipe = read_recipe(name)
    assert {key: line[key] for key in recipe} == recipe
    clip = read_video(name)
    assert clip.frames_THWC.shape == (9, 256, 256, 3) and clip.fps == 4


def test_filming_again_gives_the_same_pixels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["film", "a red car", "--seed", "1", "--takes", "2", "--steps", "3", "-o", "car.webm"]) == 0
    assert films() == ["car-1.webm", "car-2.webm"]
    assert main(["film", "--again", "car-2.webm"]) == 0
    assert "laqta film --again car-2-again.webm" in capsys.readouterr().out
    first, again = read_video("car-2.webm"), read_video("car-2-again.webm")
    assert np.array_equal(first.frames_THWC, again.frames_THWC)
    assert not np.array_equal(first.frames_THWC, read_video("car-1.webm").frames_THWC)
    assert main(["film", "a red car", "--seed", "1", "--steps", "3", "-o", "other.webm"]) == 0
    assert np.array_equal(read_video("other.webm").frames_THWC, read_video("car-1.webm").frames_THWC)


def test_several_takes_are_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["film", "a car", "--takes", "2", "-o", "car.gif", "--sheet", "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert [line["file"] for line in json.loads(out)] == ["car-1.gif", "car-2.gif"]
    assert films() == ["car-1.gif", "car-1.png", "car-2.gif", "car-2.png"]


def test_a_clip_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["film", "a car", "--seed", "1", "-o", "car.mp4"]) == 0
    before = read_video("car.mp4")
    capsys.readouterr()
    line = told(capsys, "extend", "car.mp4", "--seconds", "1.5", "--seed", "2")
    assert line["file"] == "car-longer.mp4" and line["prompt"] == "a car"
    after = read_video("car-longer.mp4")
    assert len(after.frames_THWC) == len(before.frames_THWC) + 6
    assert main(["film", "--again", "car-longer.mp4", "-o", "again.mp4"]) == 0
    assert np.array_equal(read_video("again.mp4").frames_THWC, after.frames_THWC)
    Path("car.mp4").unlink()
    assert main(["film", "--again", "car-longer.mp4", "-o", "again-2.mp4"]) == 2
    assert "is gone or has changed" in capsys.readouterr().err


def test_a_film_begins_and_ends_with_the_pictures_given(capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (64, 64), (200, 40, 40)).save("red.png")
    Path("words.png").write_text("a cat")
    line = told(capsys, "film", "a car", "--from", "red.png", "--to", "red.png", "-o", "car.mp4")
    assert line["settings"]["first"]["file"].endswith("red.png")  # type: ignore[index]
    assert "'words.png' is not an image" in refusal(
        capsys, "film", "a car", "--from", "words.png", "-o", "b.mp4"
    )
    assert "'none.png': there is no such file" in refusal(
        capsys, "film", "a car", "--to", "none.png", "-o", "b.mp4"
    )
    assert "b.mp4" not in films()


def test_a_thing_that_the_model_never_saw_needs_a_yes(capsys: pytest.CaptureFixture[str]) -> None:
    line = refusal(capsys, "film", "an elephant in the snow", "-o", "a.mp4")
    assert "elephant (nearest: " in line and "--nearest" in line
    assert films() == []
    assert told(capsys, "film", "an elephant", "--nearest", "-o", "a.mp4")["unseen"] == ["elephant"]
    assert main(["film", "an elephant", "--nearest", "-o", "b.mp4"]) == 0
    assert "the nearest was filmed: elephant" in capsys.readouterr().out


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\x04", 2)])
def test_on_a_terminal_it_asks(speck: Path, answer: str, code: int) -> None:
    keyboard, terminal = pty.openpty()
    argv = [
        sys.executable,
        "-m",
        "laqta",
        "film",
        "an elephant",
        "--seed",
        "1",
        "-o",
        "a.mp4",
        "--model",
        str(speck),
    ]
    with subprocess.Popen(argv, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        said = ""
        while "[y/N]" not in said:
            assert select.select([keyboard], [], [], 120)[0], said
            said += os.read(keyboard, 4096).decode()
        os.write(keyboard, answer.encode())
        while select.select([keyboard], [], [], 120)[0]:
            try:
                said += os.read(keyboard, 4096).decode()
            except OSError:  # the other end is closed: the program has ended
                break
        assert process.wait(timeout=60) == code
    os.close(keyboard)
    assert "loading the model ..." in said
    assert "film the nearest (elephant -> " in said
    assert ("[########################]" in said) == (code == 0)
    assert films() == (["a.mp4"] if code == 0 else [])


@pytest.mark.parametrize(
    ("prompt", "examples"),
    [
        (
            "qwrtp zzxv",
            "nothing in 'qwrtp zzxv' could be understood; say for example: a cat walks in the snow",
        ),
        ("ضصثق", "say for example: قطة"),
        ("囧囧", "say for example: 一只猫"),
    ],
)
def test_where_nothing_is_understood_there_are_examples_in_the_same_language(
    capsys: pytest.CaptureFixture[str], prompt: str, examples: str
) -> None:
    assert examples in refusal(capsys, "film", prompt)


def test_a_wish_that_this_model_cannot_fulfil_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "cannot film 999x16; its sizes are: 32x32" in refusal(capsys, "film", "a car", "--size", "999x16")
    assert "the device 'tpu' cannot be used here" in refusal(capsys, "film", "a car", "--device", "tpu")
    assert "no model 'none'; installed: " in refusal(capsys, "film", "a car", "--model", "none")
    assert films() == []


def test_a_true_world_film_has_no_model_to_film_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["world", "--seed", "1", "--size", "64x64", "-o", "world.mp4"]) == 0
    capsys.readouterr()
    assert "was filmed by no model" in refusal(capsys, "film", "--again", "world.mp4")


def test_words_left_out_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["film", "a flurbish car in the snow", "--seed", "1"]) == 0
    assert "  not understood: flurbish" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["missing", "truncated", "tampered"])
def test_damaged_weights_are_the_machines_fault(
    capsys: pytest.CaptureFixture[str], speck: Path, damage: str
) -> None:
    shutil.copytree(speck, "damaged")
    weights = next(Path("damaged").glob("transformer/*.safetensors"))
    data = weights.read_bytes()
    if damage == "missing":
        weights.unlink()
    else:
        weights.write_bytes(data[:-100] if damage == "truncated" else data[:-1] + bytes([data[-1] ^ 1]))
    line = refusal(capsys, "film", "a car", "--model", "damaged", "-o", "a.mp4", code=1)
    assert "safetensors" in line
    assert "a.mp4" not in films()


def test_the_models_that_are_installed_are_listed(
    capsys: pytest.CaptureFixture[str], home: Path, speck: Path
) -> None:
    shutil.copytree(speck, home / "models" / "speck")
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert "speck: 32x32, 9 frames at 4 a second, 2 steps" in out and "car" in out
    assert main(["models", "--costs"]) == 0
    minutes = [float(line.split()[2]) for line in capsys.readouterr().out.splitlines() if "in all" in line]
    assert sorted(minutes)[0] == 0 < 60 < sorted(minutes)[1]  # the speck is untrained, nano is not
    assert main(["doctor"]) == 0
    assert "model speck: whole, " in capsys.readouterr().out
    assert main(["film", "a car", "--model", "speck", "-o", "a.mp4"]) == 0
