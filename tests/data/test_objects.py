"""The stage that looks for things: a detector of anybody's, the judge of the made-up world, and what is refused."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.films import Frames, join, scene, write_film

from laqta.bench.boxes import JUDGE, JudgeDetector
from laqta.config import to_dict
from laqta.data.clips import clip_table
from laqta.data.following import Detection, overlaps
from laqta.data.frames import Sampled, sampled
from laqta.data.ingest import ingest
from laqta.data.local import LocalExecutor
from laqta.data.object_tracks import tracks_of
from laqta.data.objects import TOGETHER, Objects, _together, find_detector
from laqta.data.people.track import Timeline, draw
from laqta.data.pipeline import load_pipeline
from laqta.data.rights import Rights
from laqta.data.run import StageRun, Tables, run_pipeline
from laqta.data.status import problems
from laqta.data.workspace import Workspace, open_workspace
from laqta.models.sizes import NANO
from laqta.video import write_video
from laqta.world.props import drawn_bank
from laqta.world.render import Renders, render
from laqta.world.sample import NANO_WORLD, sample_shot

COLOURS = {"red": (230, 40, 40), "blue": (40, 40, 230), "green": (30, 150, 30)}
SCORES = {"red": 0.9, "blue": 0.8, "green": 0.2}
OWN = f"{__name__}:Squares"
RATE = 12
OTHERS = frozenset({"text", "duplicates", "captions", "caption_check"})


class Squares:
    """Finds squares of three colours, and doubts the green ones."""

    def __init__(self, weights: str, kinds: tuple[str, ...]) -> None:
        self.weights, self.kinds = weights, kinds

    def model(self) -> str:
        return f"squares {self.weights}"

    def open(self) -> Any:
        if self.weights == "missing":
            import squares_weights  # noqa: F401
        return {"": self.detect, "pixels": self.pixels, "short": lambda _: []}[self.weights]

    def detect(self, frames_THWC: Frames) -> list[list[Detection]]:
        return [[found for kind in COLOURS if (found := self._square(kind, one))] for one in frames_THWC]

    def pixels(self, frames_THWC: Frames) -> list[list[Detection]]:
        return [[("red", 0.9, (10, 10, 40, 40))] for _ in frames_THWC]

    def _square(self, kind: str, frame_HWC: Frames) -> Detection | None:
        off = np.abs(frame_HWC.astype(int) - COLOURS[kind]).sum(axis=-1)
        rows, columns = np.nonzero(off < 100)
        height, width = off.shape
        if len(rows) < 30:
            return None
        sides = (
            columns.min() / width,
            rows.min() / height,
            (columns.max() + 1) / width,
            (rows.max() + 1) / height,
        )
        return kind, SCORES[kind], sides  # type: ignore[return-value]


def squares(frames: int, seed: int = 0) -> Frames:
    """A red square that goes right and is hidden for a while, a blue one that goes left, a green one that stays."""
    film = scene(seed, frames, 96, 128) // 4 + 96
    for at in range(frames):
        blue, red = 100 - 80 * at // frames, 8 + 90 * at // frames
        film[at, 60:84, blue : blue + 24] = COLOURS["blue"]
        film[at, 10:30, 90:110] = COLOURS["green"]
        if not 10 <= at < 14:
            film[at, 40:64, red : red + 24] = COLOURS["red"]
    return film


def run(workspace: Workspace, parameters: str = "") -> tuple[Tables, StageRun]:
    workspace.pipeline.write_text(f"[objects]\n{parameters}\n", encoding="utf-8")
    pipeline = load_pipeline(workspace, OTHERS)
    done = run_pipeline(workspace, pipeline, LocalExecutor(1))
    return Tables(workspace, pipeline), next(one for one in done if one.stage == "objects")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A film of two shots, of which the first shows three squares and the second none."""
    film = write_film(
        tmp_path / "film.mp4",
        join(squares(30), scene(5, 18, 96, 128) // 3 + 20),
        rate=RATE,
        options={"crf": "10"},
    )
    place = open_workspace(tmp_path / "data", create=True)
    ingest(place, [str(film)], Rights(owner="Amal", licence="CC-BY-4.0"))
    return place


def first_clip(tables: Tables) -> dict[str, Any]:
    """The row of the shot with the squares, with its span."""
    starts = {row["id"]: row["start_pts"] for row in tables.good("shots").to_pylist()}
    return min(tables.good("objects").to_pylist(), key=lambda row: starts[row["id"]])


def test_things_are_named_counted_and_followed(workspace: Workspace) -> None:
    tables, done = run(workspace, f'detector = "{OWN}"\nframes_a_second = 6')
    assert (done.calls, done.found, done.failed) == (1, 2, 0)
    row = first_clip(tables)
    assert (row["objects"], row["object_count"], row["detected_by"]) == ("blue 1, red 1", 2, OWN)
    assert row["largest_object"] == pytest.approx(24 * 24 / (96 * 128), rel=0.2)
    shown = {clip["objects"]: clip for clip in clip_table(tables).to_pylist()}
    assert shown[""]["object_count"] == 0 and shown[""]["largest_object"] == 0.0
    assert "tracks" not in shown[""]  # too much for a table of clips

    red = next(track for track in tracks_of(row) if track.label == "red")
    shot = min(tables.good("shots").to_pylist(), key=lambda clip: clip["start_pts"])
    timeline = timeline_of(shot, 30, RATE)
    drawn = draw(red, timeline)
    assert drawn.there_T.all()  # bridged where it is hidden
    assert [timeline.frame(key.pts) for key in red.keyframes if key.occluded] == [10]
    lefts = [(8 + 90 * at // 30) / 128 for at in range(30)]
    assert drawn.boxes_T4[:, 0] == pytest.approx(lefts, abs=0.03)


def timeline_of(shot: dict[str, Any], frames: int, rate: int) -> Timeline:
    """The time line of a clip of so many frames from the start of its film."""
    base = Fraction(shot["time_base_num"], shot["time_base_den"])
    return Timeline(pts=tuple(int(at / (rate * base)) for at in range(frames)), time_base=base)


def test_a_second_run_looks_at_nothing_and_another_parameter_at_everything(workspace: Workspace) -> None:
    tables, _ = run(workspace, f'detector = "{OWN}"')
    before = tables.rows("objects")
    assert run(workspace, f'detector = "{OWN}"')[1].calls == 0
    assert run(workspace, f'detector = "{OWN}"\nleast_score = 0.15')[1].calls == 1
    for path in (workspace.facts / "objects").glob("*.parquet"):
        path.unlink()
    again, done = run(workspace, f'detector = "{OWN}"')
    assert done.calls == 1
    assert again.rows("objects") == before


@pytest.mark.parametrize(
    ("parameters", "objects"),
    [
        ("least_score = 0.15", "blue 1, green 1, red 1"),
        ('kinds = "red, green"', "red 1"),
        ("gap_seconds = 0.2", "blue 1, red 2"),
        ("least_seconds = 2", "blue 1, red 1"),
        ("least_seconds = 2\ngap_seconds = 0.2", "blue 1"),
    ],
)
def test_parameters_say_what_counts(workspace: Workspace, parameters: str, objects: str) -> None:
    assert first_clip(run(workspace, f'detector = "{OWN}"\n{parameters}')[0])["objects"] == objects


def test_the_detector_in_the_guide_works(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide" / "data.md").read_text(encoding="utf-8")
    example = guide[guide.index("    class Red:") : guide.index("A box is left, top, right, bottom")]
    (tmp_path / "red.py").write_text(textwrap.dedent(example), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    tables, _ = run(workspace, 'detector = "red:Red"')
    assert sorted(row["objects"] for row in tables.good("objects").to_pylist()) == ["", "red 1"]


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ("pixels", "sides are left, top, right, bottom as fractions of the frame"),
        ("short", "gave 0 lists for 16 frames; it must give one a frame"),
    ],
)
def test_a_detector_that_answers_wrongly_fails_the_clip(
    workspace: Workspace, weights: str, reason: str
) -> None:
    tables, done = run(workspace, f'detector = "{OWN}:{weights}"')
    assert (done.found, done.failed) == (0, 2)
    assert any(reason in why for _, why in problems(tables))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ('detector = "jugde"', "there is no detector 'jugde'; there are judge, open, and your own as 'module:name'"),
        ('tracker = "kalman"', "there is no tracker 'kalman'; there are iou, and"),
        (f'detector = "{__name__}:Circles"', "has no 'Circles'"),
        ('kinds = "cat, unicorn"', "the judge does not know unicorn; it knows cat, car"),
        ('detector = "open"\nkinds = "cat"', "needs weights: write 'open:FOLDER'"),
        ('detector = "open:here"', "finds what is named: set kinds"),
        ("frames_a_second = 0", "give a rate from 0.1 to 120"),
        ("least_score = 2", "scores go from 0 to 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_said_before_anything_runs(
    workspace: Workspace, parameters: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace("'", ".")):
        run(workspace, parameters)
    assert not list((workspace.facts / "objects").glob("*"))


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        ("no_such_module:Detector", "needs the module .no_such_module., which is not installed"),
        (f"{OWN}:missing", "needs the module .squares_weights., which is not installed"),
        ("judge:nowhere", "there is no judge in .nowhere."),
        ("open:nowhere/at/all", "no detector can be loaded from .nowhere/at/all."),
    ],
)
def test_what_is_not_installed_ends_the_run(
    workspace: Workspace, detector: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(OSError, match=message):
        run(workspace, f'detector = "{detector}"\nkinds = "{"" if OWN in detector else "cat"}"')


def test_the_name_of_the_weights_is_part_of_the_fact() -> None:
    shipped = hashlib.sha256((JUDGE / "judge.safetensors").read_bytes()).hexdigest()
    assert Objects().model() == shipped
    keys = {Objects(detector=name, kinds="cat").key for name in ("judge", OWN, f"{OWN}:other")}
    assert len(keys) == 3


# ---------------------------------------------------------------- frames


def test_frames_are_taken_evenly_with_the_first_and_the_last(tmp_path: Path) -> None:
    times = [0, 40, 80, 300, 340, 500, 620, 700]
    film = write_film(tmp_path / "film.mp4", scene(0, 8), times=times)
    span = {"start_pts": 0, "end_pts": 10**6, "time_base_num": 1, "time_base_den": 16_000}
    taken = [round(1000 * frame.seconds) for frame in sampled(film, span, 4, 1280)]
    assert taken == [0, 300, 500, 700]
    inside = list(sampled(film, {**span, "start_pts": 16 * 80, "end_pts": 16 * 620}, 1000, 32))
    assert [frame.pts // 16 for frame in inside] == [80, 300, 340, 500]
    assert [round(1000 * frame.seconds) for frame in inside] == [0, 220, 260, 420]
    assert inside[0].picture_HWC.shape == (24, 32, 3)
    with pytest.raises(ValueError, match="holds no frame from PTS 160000"):
        list(sampled(film, {**span, "start_pts": 160_000}, 4, 1280))


@pytest.mark.parametrize("frames", [1, TOGETHER, TOGETHER + 1, 3 * TOGETHER - 1, 4 * TOGETHER])
def test_no_stretch_of_a_long_clip_is_short(frames: int) -> None:
    given = [Sampled(pts=at, seconds=at, picture_HWC=np.zeros((2, 2, 3), np.uint8)) for at in range(frames)]
    parts = list(_together(iter(given)))
    assert [frame.pts for part in parts for frame in part] == list(range(frames))
    assert all(min(frames, TOGETHER // 2) <= len(part) <= TOGETHER for part in parts)


# ---------------------------------------------------------------- the judge


def test_the_judge_is_shown_nothing_but_the_made_up_world(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("laqta.bench.boxes.detect", lambda *_: pytest.fail("it looked"))
    tables, done = run(workspace)
    assert (done.calls, done.found) == (1, 2)
    for row in clip_table(tables).to_pylist():
        assert {row[name] for name in ("objects", "object_count", "largest_object", "detected_by")} == {None}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Renders]:
    """Six films of the made-up world, taken in, and the truth of them."""
    folder = tmp_path_factory.mktemp("world")
    bank = drawn_bank([kind for kind in drawn_bank().ids if kind in NANO_WORLD.props])
    spec = replace(NANO_WORLD, props=bank.ids)
    seeds = list(range(6))
    shots = [sample_shot(seed, spec) for seed in seeds]
    renders = render(shots, NANO.shape, bank, spec, seeds)
    for seed, shot, frames_TCHW in zip(seeds, shots, renders.frames_BTCHW, strict=True):
        frames_THWC = (frames_TCHW.permute(0, 2, 3, 1) * 255).round().byte().numpy()
        recipe = {"world": True, "shot": to_dict(shot), "boxes": False}
        write_video(folder / f"{seed}.mp4", frames_THWC, NANO.shape.fps, recipe)
    workspace = open_workspace(folder / "data", create=True)
    ingest(workspace, [str(folder)], Rights(owner="world", licence="CC0"))
    return workspace, renders


def test_the_judge_finds_most_of_the_made_up_world(world: tuple[Workspace, Renders]) -> None:
    """Its props are drawn in code, and the judge has learned from others: `runs/objects_measure.py` has figures."""
    workspace, renders = world
    tables, done = run(workspace)
    assert (done.found, done.failed) == (6, 0)
    names = {row["id"]: Path(row["where"]).stem for row in tables.good("sources").to_pylist()}
    shots = {row["id"]: row for row in tables.good("shots").to_pylist()}
    true = found = hits = 0
    for row in tables.good("objects").to_pylist():
        shot, at = shots[row["id"]], int(names[shots[row["id"]]["of"]])
        assert row["detected_by"] == "judge"
        timeline = timeline_of(shot, 9, NANO.shape.fps)
        drawn = [draw(track, timeline) for track in tracks_of(row)]
        boxes_NT4, visible_NT = renders.boxes_BNT4[at].numpy(), renders.visible_BNT[at].numpy()
        for frame in range(9):
            here = boxes_NT4[visible_NT[:, frame] > 0.15, frame]
            seen = _boxes([one.boxes_T4[frame] for one in drawn if one.there_T[frame]])
            true, found = true + len(here), found + len(seen)
            hits += int((overlaps(here, seen) >= 0.5).any(axis=1).sum())
    assert hits / true > 0.6
    assert hits / found > 0.6


def _boxes(boxes: Sequence[np.ndarray]) -> np.ndarray:
    return np.array(boxes).reshape(-1, 4)


def test_the_judge_may_be_another_one_and_looks_at_clips_of_any_length() -> None:
    detector = find_detector(f"judge:{JUDGE}", "cat, duck")
    assert detector.model() == JudgeDetector("", ()).model()
    detect = detector.open()
    for frames in (1, 20):
        assert len(detect(np.zeros((frames, 48, 80, 3), np.uint8))) == frames
