"""The command line: what it refuses and how, what it names, writes and prints. Films of models: tests/e2e."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from laqta import __version__
from laqta.cli import main
from laqta.commands.naming import MAX_SLUG_BYTES, name_takes, slug
from laqta.video import read_recipe, read_video, write_video


def refusal(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 2) -> str:
    """Run, expect the exit code, nothing on standard output and one line on standard error; return that line."""
    assert main(argv) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1 and err.startswith("laqta: "), err
    return err


def test_help_and_version_are_told_without_the_heavy_rooms() -> None:
    heavy = "{'torch', 'numpy', 'av', 'PIL', 'diffusers'} & set(sys.modules)"
    for option, told in {"--help": "verbs:", "--version": __version__}.items():
        run = f"import sys\nfrom laqta.cli import main\ntry: main(['{option}'])\nfinally: "
        script = f"{run} assert not {heavy}, {heavy}"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert told in done.stdout


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("", "required: VERB"),
        ("flim", "'flim' (choose from"),
        ("film", "the prompt is empty"),
        ("film ''", "the prompt is empty"),
        ("film '  \n'", "the prompt is empty"),
        ("film --seed -1 cat", "argument --seed: '-1' is not a whole number from 0 to 4294967295"),
        ("film --seed 1.5 cat", "argument --seed: '1.5' is not a whole number"),
        ("film --seed 4294967296 cat", "argument --seed: '4294967296' is not"),
        ("film --takes 0 cat", "argument --takes: '0' is not a whole number from 1 to 16"),
        ("film --takes many cat", "argument --takes: 'many' is not"),
        ("film --steps 0 cat", "argument --steps: '0' is not a whole number from 1 to 200"),
        ("film --guidance nan cat", "argument --guidance: 'nan' is not a number from 1 to 30"),
        ("film --guidance inf cat", "argument --guidance: 'inf' is not"),
        ("film --seconds 61 cat", "argument --seconds: '61' is not a number from 0.1 to 60"),
        ("film --seconds long cat", "argument --seconds: 'long' is not"),
        ("film --size 64 cat", "argument --size: '64' is not a size such as 256x256"),
        ("film --size 0x64 cat", "argument --size: '0x64' is not a size"),
        ("film a cat walks", "cat walks (a sentence of several words stands in quotes)"),
        ("film cat --fast", "unrecognized arguments: --fast; see"),
        ("film cat -o none/cat.mp4", "'none/cat.mp4': there is no folder 'none'; make it first"),
        ("film cat -o cat.avi", "'cat.avi': cannot write '.avi'; use one of .mp4, .webm, .gif, .webp"),
        ("film cat -o cat", "'cat': cannot write 'no ending'"),
        ("film --again none.mp4", "'none.mp4': there is no such file"),
        ("film cat --again cat.mp4 --from a.png", "leave out PROMPT, --from"),
        ("extend none.mp4 --seconds 1", "'none.mp4': there is no such file"),
        ("extend none.mp4", "required: --seconds"),
        ("extend none.mp4 --seconds 0", "argument --seconds: '0' is not a number"),
        ("world --size 63x64", "--size 63x64 is not a size of the world; use one of 256x256"),
        ("world qwrtp", "nothing in 'qwrtp' could be understood; say for example: a cat walks in the snow"),
        ("train none", "no recipe 'none'; there are: nano"),
        ("train nano --resume", "holds no run to go on with; leave --resume out"),
        ("train nano --minutes soon", "argument --minutes: 'soon' is not a number"),
        ("bench none", "'none' (choose from"),
        ("bench speed --clips 0", "argument --clips: '0' is not a whole number"),
    ],
)
def test_a_wish_that_cannot_be_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: str,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refusal(capsys, *shlex.split(argv))
    assert [name for name in os.listdir(tmp_path) if name != "laqta-home"] == []


def test_a_prompt_has_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert "has 2001 characters; at most 2000" in refusal(capsys, "film", "ق" * 2001)


def test_settings_that_cannot_be_are_refused(
    capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    home.mkdir()
    (home / "config.toml").write_text("modell = 'mini'")
    assert "unknown key 'modell'; allowed: model, device, steps, guidance" in refusal(capsys, "film", "a cat")


def test_an_existing_file_is_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "cat.mp4"
    path.write_text("mine")
    assert "exists; give another name with -o, or overwrite it with --force" in refusal(
        capsys, "film", "cat", "-o", str(path)
    )
    (tmp_path / "dog.png").write_text("mine")
    assert "dog.png' exists" in refusal(capsys, "world", "-o", str(tmp_path / "dog.mp4"), "--sheet")
    (tmp_path / "two-2.mp4").write_text("mine")
    assert "two-2.mp4' exists" in refusal(
        capsys, "film", "cat", "-o", str(tmp_path / "two.mp4"), "--takes", "2"
    )
    assert path.read_text() == "mine"


def test_a_run_is_never_begun_twice_in_one_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text("{}")
    assert "holds a run; go on with it by --resume" in refusal(
        capsys, "train", "speck", "--out", str(tmp_path)
    )


def test_a_truncated_clip_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, np.zeros((24, 32, 32, 3), np.uint8), 12)
    path.write_bytes(path.read_bytes()[:-200])
    assert "cut short" in refusal(capsys, "extend", str(path), "--seconds", "1")


def test_a_clip_that_does_not_say_what_it_shows_needs_a_prompt(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, np.zeros((24, 32, 32, 3), np.uint8), 12)
    assert "does not say what it shows: give a PROMPT" in refusal(
        capsys, "extend", str(path), "--seconds", "1"
    )
    assert "carries no recipe" in refusal(capsys, "film", "--again", str(path))


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A rocket flies, over the desert!", "a-rocket-flies-over-the-desert"),
        ("قطة تمشي في الثلج", "قطة-تمشي-في-الثلج"),
        ("قِطَّةٌ", "قِطَّةٌ"),
        ("一只猫在雪里走。", "一只猫在雪里走"),
        ("../../etc/passwd", "etc-passwd"),
        ("3 ducks' $HOME `ls`", "3-ducks-home-ls"),
        ("🐱🚀", "film"),
        ("word " * 60, "-".join(["word"] * 16)),
    ],
)
def test_a_file_is_named_after_its_prompt(prompt: str, name: str) -> None:
    assert slug(prompt) == name


def test_a_name_fits_a_file_system() -> None:
    assert len(slug("猫" * 500).encode()) <= MAX_SLUG_BYTES
    assert set(slug("猫" * 500)) == {"猫"}


def test_several_takes_are_numbered() -> None:
    assert name_takes(Path("a/cat.mp4"), 1) == [Path("a/cat.mp4")]
    assert name_takes(Path("a/cat.mp4"), 3) == [Path("a/cat-1.mp4"), Path("a/cat-2.mp4"), Path("a/cat-3.mp4")]


def test_the_true_world_is_filmed_by_seed_with_its_boxes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plain, boxed = tmp_path / "plain.mp4", tmp_path / "boxed.mp4"
    assert main(["world", "--seed", "5", "--size", "64x64", "-o", str(plain), "--json"]) == 0
    out, _ = capsys.readouterr()
    assert out.count("\n") == 1
    line = json.loads(out)
    assert line["file"] == str(plain) and line["seed"] == 5 and line["caption"]
    assert read_recipe(plain)["shot"] == line["shot"]
    assert main(["world", "--seed", "5", "--size", "64x64", "-o", str(boxed), "--boxes", "--sheet"]) == 0
    clips = [read_video(path) for path in (plain, boxed)]
    assert clips[0].frames_THWC.shape == (9, 64, 64, 3) and clips[0].fps == 6
    changed = np.abs(clips[0].frames_THWC.astype(int) - clips[1].frames_THWC).max(axis=-1) > 40
    assert 0.002 < changed.mean() < 0.4
    assert (tmp_path / "boxed.png").is_file()


def test_the_true_world_is_filmed_by_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "car.gif"
    argv = ["world", "a blue car drives to the left in the snow at night", "--seed", "1", "--size", "64x64"]
    assert main([*argv, "-o", str(path), "--json"]) == 0
    line = json.loads(capsys.readouterr().out)
    shot = line["shot"]
    assert (shot["backdrop"], shot["time"]) == ("snow", "night")
    assert shot["cast"][0]["kind"] == "car" and shot["cast"][0]["motion"]["toward"] == "left"
    assert read_recipe(path)["caption"] == line["caption"]


def test_a_prop_without_a_picture_says_what_to_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["world", "an octopus in the sea", "-o", str(tmp_path / "sea.mp4")]) == 2
    assert "laqta world fetch" in capsys.readouterr().err


def test_the_doctor_names_what_is_wrong(
    capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAQTA_STEP", "3")
    broken = home / "models" / "broken"
    broken.mkdir(parents=True)
    (broken / "card.json").write_text("{}")
    (home / "config.toml").write_text("steps = 'many'")
    monkeypatch.setenv("PATH", "")
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    for fact in (
        "laqta: ",
        "python: ",
        "torch: ",
        "threads: ",
        "device: ",
        "memory: ",
        "home: ",
        "films: .mp4",
    ):
        assert f"\n{fact}" in f"\n{out}"
    assert "! LAQTA_STEP is set, and Laqta reads no such variable" in out
    assert "config.toml.steps: expected int, got 'many'" in out
    assert "! model broken: " in out
    assert "install Node.js" in out


def test_no_models_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("laqta.models.card.SHIPPED", tmp_path / "none")
    assert main(["models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {}
    assert main(["models"]) == 0
    assert "no model is installed" in capsys.readouterr().err


def test_a_folder_without_permission_is_the_machines_fault(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # the superuser may write anywhere
    assert "no permission to write in" in refusal(
        capsys, "film", "cat", "-o", str(tmp_path / "a.mp4"), code=1
    )


def test_a_full_disk_is_the_machines_fault_and_leaves_nothing(tmp_path: Path) -> None:
    script = f"""
import resource, sys
from laqta.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
sys.exit(main(["world", "--seed", "1", "-o", {str(tmp_path / "a.mp4")!r}]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "laqta: " in done.stderr and "File too large" in done.stderr and "Traceback" not in done.stderr
    assert [name for name in os.listdir(tmp_path) if name != "laqta-home"] == []


@pytest.mark.parametrize("delay", [0.0, 0.7])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_at_once_and_leaves_nothing(
    tmp_path: Path, number: int, code: int, delay: float
) -> None:
    """A verb that would never end is stopped while it imports torch, or a little later over a half-written file."""
    script = f"""
import sys, time
from laqta.cli import main
from laqta.commands import doctor
from laqta.files import write_file

def film_forever(_args):
    with write_file({str(tmp_path / "film.mp4")!r}) as draft:
        draft.write_text("half")
        print("begun", flush=True)
        import torch
        while True:
            time.sleep(0.01)

doctor.run = film_forever
sys.exit(main(["doctor"]))
"""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", script], text=True, **pipes) as process:
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        time.sleep(delay)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert [name for name in os.listdir(tmp_path) if name != "laqta-home"] == []


def test_a_reader_that_leaves_early_is_no_error() -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-m", "laqta", "doctor"], text=True, **pipes) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr.read() == ""
