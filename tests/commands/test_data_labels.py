"""`laqta data labels`: clips out as films, labels back in on the same pixels and frames, vendors measured."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.data.films import Frames, scene, write_film

from laqta.cli import main
from laqta.data.datasets import Wish, freeze
from laqta.data.ingest import ingest
from laqta.data.local import LocalExecutor
from laqta.data.people.deliveries import votes_of
from laqta.data.people.formats.table import FORMATS
from laqta.data.people.standing import task_standing
from laqta.data.people.tasks import TaskClip, load_task
from laqta.data.people.track import ExactBox, Keyframe, Track, boxes_of
from laqta.data.pipeline import STAGES, load_pipeline
from laqta.data.rights import Rights
from laqta.data.run import Tables, run_pipeline
from laqta.data.trace import trace, withdraw
from laqta.data.workspace import Workspace, open_workspace
from laqta.video import read_video

WITHOUT = frozenset(stage.name for stage in STAGES) - {"probe", "scan", "shots"}
UNEVEN = [0, 40, 80, 240, 260, 300, 500, 520, 540, 700, 900, 940, 980, 1000, 1200, 1240]
"""Milliseconds at which the frames of a film of variable rate are shown."""


@pytest.fixture(scope="session")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a version of two clips: one of variable frame rate, one with odd sides."""
    folder = tmp_path_factory.mktemp("labels")
    (folder / "footage").mkdir()
    write_film(folder / "footage" / "uneven.mp4", _sliding(1, len(UNEVEN), 48, 64), times=UNEVEN)
    write_film(folder / "footage" / "odd.mp4", _sliding(2, 30, 49, 65), pixels="yuv444p", rate=24)
    workspace = open_workspace(folder / "data", create=True)
    ingest(workspace, [str(folder / "footage")], Rights(owner="Amal", licence="CC0"), copy=True)
    pipeline = load_pipeline(workspace, WITHOUT)
    run_pipeline(workspace, pipeline, LocalExecutor(workers=1))
    freeze(Tables(workspace, pipeline), Wish(name="two", gates=(), on="2026-11-26"))
    return folder / "data"


def _sliding(seed: int, frames: int, height: int, width: int) -> Frames:
    """A picture that moves by two pixels a frame: no frame looks like the next."""
    picture = scene(seed, 1, height, width)[0]
    return np.stack([np.roll(picture, 2 * at, axis=1) for at in range(frames)])


@pytest.fixture
def workspace(frozen: Path, home: Path) -> Workspace:
    """A copy of it that is the test's own, where the command line looks."""
    shutil.copytree(frozen, home / "data")
    for path in (home / "data" / "sources").iterdir():
        record = json.loads(path.read_text())
        record["where"] = record["where"].replace(str(frozen), str(home / "data"))
        path.write_text(json.dumps(record))
    return open_workspace(home / "data")


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls `laqta data labels`: its exit code and what it said on both channels."""

    def run(*words: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["data", "labels", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def tracks(clip: TaskClip, label: str = "cat", shift: int = 0) -> list[Track]:
    """Two things with keyframes on uneven frames, at whole pixels of the clip's film."""
    pts, size = clip.timeline.pts, clip.size

    def box(left: int, top: int) -> ExactBox:
        sides = (left + shift, top, left + shift + 20, top + 13)
        return ExactBox.from_pixels(map(Fraction, sides), size)

    first = (
        Keyframe(pts=pts[1], box=box(3, 5)),
        Keyframe(pts=pts[9], box=box(17, 11)),
        Keyframe(pts=pts[12], box=None),
    )
    second = (Keyframe(pts=pts[0], box=box(30, 20)), Keyframe(pts=pts[-1], box=box(31, 30)))
    return [Track(id="1", label=label, keyframes=first), Track(id="2", label="dog", keyframes=second)]


def deliver(clips: dict[str, TaskClip], kind: str, folder: Path, **changes: Any) -> Path:
    """What a vendor's tool exports: a file a clip, or all of them in one where the tool does so."""
    folder.mkdir(parents=True)
    together = []
    for key, clip in clips.items():
        text = FORMATS[kind].write(tracks(clip, **changes), clip.timeline, clip.size).text
        if kind == "label_studio":
            task = json.loads(text)[0] | {"data": {"video": f"/data/upload/3/0f31c9aa-{key}.mp4"}}
            task["annotations"][0]["completed_by"] = {"email": "a@vendor.example"}
            together.append(task)
        elif kind == "cvat":
            named = text.replace("<task>", f"<task><name>{key}.mp4</name>")
            (folder / f"annotations-{len(list(folder.iterdir()))}.xml").write_text(named)
        else:
            (folder / f"{key}{FORMATS[kind].ending}").write_text(text)
    if together:
        (folder / "export.json").write_text(json.dumps(together))
    return folder


@pytest.mark.parametrize("kind", FORMATS)
def test_labels_come_back_on_the_same_pixels_and_frames(
    workspace: Workspace, call: Call, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / "out"
    words = ("two", "--format", kind.replace("_", "-"), "--out", out, "--task", "boxes")
    code, said, err = call("export", *words)
    assert (code, said) == (0, f"2 clips for the task boxes, in {out}\n"), err
    manifest = {clip["file"]: clip for clip in json.loads((out / "manifest.json").read_text())["clips"]}
    clips = load_task(workspace, "boxes")
    assert {f"{key}.mp4" for key in clips} == set(manifest) == {path.name for path in out.glob("*.mp4")}

    given = deliver(clips, kind, tmp_path / "given")
    classes = ("--classes", "cat,dog") if kind == "mot" else ()
    code, said, err = call("import", given, "--task", "boxes", "--vendor", "one", *classes)
    assert (code, said) == (0, "2 answers with 4 tracks, 0 files known\n"), err
    found = task_standing(workspace, "boxes")
    for one in found.by_clip:
        drawn = {track.label: boxes_of(track, one.clip.timeline) for track in one.votes[0].tracks}
        true = {track.label: boxes_of(track, one.clip.timeline) for track in tracks(one.clip)}
        assert drawn == true  # exact fractions: no pixel and no frame drifts
        assert list(one.clip.timeline.pts) == manifest[one.clip.row["file"]]["pts"]


def test_every_frame_of_a_film_is_the_source_s_frame_at_its_pts(
    workspace: Workspace, call: Call, tmp_path: Path
) -> None:
    call("export", "two", "--format", "cvat", "--out", tmp_path / "out")
    for name, count, size in (("uneven.mp4", 16, (48, 64)), ("odd.mp4", 30, (48, 64))):
        record = next(one for one in _sources(workspace) if Path(one["names"][0]).name == name)
        clip = next(one for one in load_task(workspace, "two").values() if one.row["source"] == record["id"])
        film = read_video(tmp_path / "out" / clip.row["file"])
        frames = read_video(Path(record["where"])).frames_THWC[:, : size[0], : size[1]]
        assert (len(film.frames_THWC), film.frames_THWC.shape[1:3]) == (count, size)
        assert (clip.size.height, clip.size.width, film.fps) == (*size, clip.row["rate"])
        off = np.abs(film.frames_THWC[:, None].astype(int) - frames[None].astype(int)).mean((2, 3, 4))
        assert (off.argmin(1) == np.arange(count)).all()
    uneven = next(one for one in load_task(workspace, "two").values() if len(one.timeline) == 16)
    assert [round(1000 * uneven.timeline.seconds(frame)) for frame in range(16)] == UNEVEN


def _sources(workspace: Workspace) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in workspace.sources.glob("*.json")]


@pytest.fixture
def task(workspace: Workspace, call: Call, tmp_path: Path) -> dict[str, TaskClip]:
    """The clips of the task `two`, exported."""
    assert call("export", "two", "--format", "coco", "--out", tmp_path / "out")[0] == 0
    return load_task(workspace, "two")


def test_the_same_file_is_taken_in_once_and_nothing_is_overwritten(
    workspace: Workspace, task: dict[str, TaskClip], call: Call, tmp_path: Path
) -> None:
    given = deliver(task, "coco", tmp_path / "given")
    words = ("--task", "two", "--vendor", "one")
    assert call("import", given, *words)[1] == "2 answers with 4 tracks, 0 files known\n"
    assert call("import", given, *words)[1] == "0 answers with 0 tracks, 2 files known\n"
    before = {path: path.read_bytes() for path in workspace.labels.rglob("*.parquet")}
    better = deliver(task, "coco", tmp_path / "better", label="fox")
    assert call("import", better, *words)[1].startswith("2 answers")
    assert all(path.read_bytes() == data for path, data in before.items())
    assert len(votes_of(workspace, "two")) == 4
    standing = task_standing(workspace, "two")  # of one annotator the last answer counts
    assert {track.label for one in standing.by_clip for vote in one.votes for track in vote.tracks} == {
        "fox",
        "dog",
    }
    clip = next(iter(task.values())).row["clip"]
    assert [vote["vendor"] for vote in trace(workspace, clip)["votes"]] == ["one", "one"]


def test_empty_answers_to_two_clips_are_two_answers(
    task: dict[str, TaskClip], call: Call, tmp_path: Path
) -> None:
    (tmp_path / "given").mkdir()
    for key in task:
        (tmp_path / "given" / f"{key}.txt").write_text("")
    words = ("import", tmp_path / "given", "--task", "two", "--vendor", "one")
    assert call(*words)[1] == "2 answers with 0 tracks, 0 files known\n"
    assert call(*words)[1] == "0 answers with 0 tracks, 2 files known\n"


def test_one_coco_file_of_all_clips_is_parted_by_its_folders(
    workspace: Workspace, task: dict[str, TaskClip], call: Call, tmp_path: Path
) -> None:
    whole: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    for key, clip in task.items():
        one = json.loads((tmp_path / "out" / f"{key}.json").read_text())
        labels = json.loads(FORMATS["coco"].write(tracks(clip), clip.timeline, clip.size).text)
        base = len(whole["images"])
        whole["images"] += [image | {"id": image["id"] + base} for image in one["images"]]
        whole["annotations"] += [
            item | {"id": len(whole["annotations"]) + at, "image_id": item["image_id"] + base}
            for at, item in enumerate(labels["annotations"])
        ]
        whole["categories"] = labels["categories"]
    (tmp_path / "all.json").write_text(json.dumps(whole))
    assert call("import", tmp_path / "all.json", "--task", "two", "--vendor", "one")[1].startswith(
        "2 answers with 4 t"
    )
    for one in task_standing(workspace, "two").by_clip:
        assert {track.label: boxes_of(track, one.clip.timeline) for track in one.votes[0].tracks} == {
            track.label: boxes_of(track, one.clip.timeline) for track in tracks(one.clip)
        }


def test_vendors_are_measured_and_paid_by_what_they_are_worth(
    task: dict[str, TaskClip], call: Call, tmp_path: Path
) -> None:
    gold = deliver(task, "cvat", tmp_path / "gold")
    for vendor, kind, price, changes in (
        ("right", "coco", 0.5, {}),
        ("near", "label_studio", 0.4, {"shift": 1}),
        ("wrong", "cvat", 0.1, {"label": "dog", "shift": 30}),
    ):
        given = deliver(task, kind, tmp_path / kind, **changes)
        code, _, err = call("import", given, "--task", "two", "--vendor", vendor, "--cost-per-label", price)
        assert code == 0, err
    page = tmp_path / "labels.html"
    code, said, err = call("report", "--task", "two", "--gold", gold, "--page", page, "--next", 50)
    assert code == 0, err
    assert "2 of 2 clips, 6 answers, judged by gold\n8 things, 4 agreed on\n" in said
    assert "right: 4 labels on 2 clips, 4 of 4 accepted (0.510 to 1.000), 0.5 an accepted label" in said
    assert "wrong: 4 labels on 2 clips, 0 of 4 accepted (0.000 to 0.490), none accepted" in said
    assert "on gold: names 1.000" in said and "IoU 0.9" in said
    shares = [int(line.split()[-2]) for line in said.splitlines() if "next batch" in line]
    assert len(shares) == 3 and sum(shares) == 100
    text = page.read_text(encoding="utf-8")
    assert "Quality on gold" in text and "2 of 4 agreed" in text

    _, said, _ = call("report", "--task", "two")
    assert "judged by consensus" in said and "right: 4 labels on 2 clips, 4 of 4 accepted" in said


def test_withdrawn_clips_leave_tasks_and_votes(
    workspace: Workspace, task: dict[str, TaskClip], call: Call, tmp_path: Path
) -> None:
    call("import", deliver(task, "coco", tmp_path / "given"), "--task", "two", "--vendor", "one")
    key, clip = next(iter(task.items()))
    withdraw(workspace, clip.row["source"])
    assert key not in load_task(workspace, "two")
    assert clip.row["clip"] not in {row["clip"] for row in votes_of(workspace, "two")}
    assert "1 of 1 clips, 1 answers" in call("report", "--task", "two")[1]
    withdraw(workspace, "Amal")
    assert [path for path in workspace.labels.rglob("*.parquet") if len(pq.read_table(path))] == []
    assert "there is no labelling task 'two'" in call("report", "--task", "two")[2]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ["export", "two", "--format", "voc", "--out", "new"],
            "'voc' is no format of labels; there are cvat",
        ),
        (["export", "two", "--format", "cvat", "--out", "out"], "is there already; name a new folder"),
        (["export", "two", "--format", "cvat", "--out", "new", "--task", "review"], "is no name for a task"),
        (["export", "three", "--format", "cvat", "--out", "new"], "is no dataset version; there are: two@"),
        (
            ["import", "cat.xml", "--task", "no", "--vendor", "v"],
            "there is no labelling task 'no'; there are: two",
        ),
        (["import", "cat.xml", "--task", "two", "--vendor", "../v"], "is no name for a vendor"),
        (
            ["import", "cat.xml", "--task", "two", "--vendor", "v", "--format", "coco"],
            "looks like cvat, not like coco",
        ),
        (["import", "cat.xml", "--task", "two", "--vendor", "v", "--format", "x"], "is no format of labels"),
        (["import", "cat.xml", "--task", "two", "--vendor", "v"], "names no clip of this task"),
        (["import", "gone.xml", "--task", "two", "--vendor", "v"], "holds no labels; give a file"),
        (["import", "cat.xml", "--task", "two", "--vendor", "v", "--cost-per-label", "0"], "is no price"),
        (["report", "--task", "two"], "nobody has delivered to the task 'two' yet"),
    ],
)
@pytest.mark.usefixtures("task")
def test_what_cannot_be_is_said_in_one_line(
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cat.xml").write_text('<annotations><track id="0" label="cat"></track></annotations>')
    code, _, err = call(*words)
    assert (code, why in err, len(err.strip().splitlines())) == (2, True, 1), err
    assert not Path("new").exists()


def test_labels_of_another_cut_are_refused_with_the_place(
    workspace: Workspace, task: dict[str, TaskClip], call: Call, tmp_path: Path
) -> None:
    key = min(task)
    lines = f"{len(task[key].timeline) + 1},1,3,4,10,10,1,1,1\n"
    (tmp_path / f"{key}.txt").write_text(lines)
    code, _, err = call("import", tmp_path / f"{key}.txt", "--task", "two", "--vendor", "one")
    assert (code, "MOT, line 1: there is no frame" in err) == (2, True), err
    assert votes_of(workspace, "two") == []


@pytest.mark.usefixtures("task")
def test_a_task_is_about_one_version(workspace: Workspace, call: Call, tmp_path: Path) -> None:
    pipeline = load_pipeline(workspace, WITHOUT)
    freeze(Tables(workspace, pipeline), Wish(name="other", gates=(), on="2026-11-26", seed=5))
    code, _, err = call("export", "other", "--format", "mot", "--out", tmp_path / "other", "--task", "two")
    assert (code, "is about another version" in err) == (2, True)
    assert call("export", "two", "--format", "mot", "--out", tmp_path / "again", "--task", "two")[0] == 0
