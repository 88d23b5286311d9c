"""Two detectors of cuts on one film: where they agree, where they do not, and that nobody is asked unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.data.films import join, scene, write_film

from laqta.data import second_opinion, shots_neural
from laqta.data.clips import clip_table
from laqta.data.ingest import ingest
from laqta.data.local import LocalExecutor
from laqta.data.pipeline import load_pipeline
from laqta.data.probe import probe
from laqta.data.review.lanes import DOUBTS
from laqta.data.rights import Rights
from laqta.data.run import Tables, run_pipeline
from laqta.data.second_opinion import CutCheck, OtherCuts, _compare
from laqta.data.stages import SOURCES
from laqta.data.workspace import Workspace, open_workspace

CLIP = {"start_pts": 0, "end_pts": 1000, "frames": 10, "begins": "film", "ends": "cut"}


@pytest.fixture
def cut_once(tmp_path: Path) -> Workspace:
    """A film of two scenes."""
    (tmp_path / "footage").mkdir()
    write_film(tmp_path / "footage" / "film.mp4", join(scene(1, 30), scene(2, 30)))
    place = open_workspace(tmp_path / "data", create=True)
    ingest(place, [str(tmp_path / "footage")], Rights(owner="Amal", licence="CC-BY-4.0"))
    return place


def agreements(workspace: Workspace) -> list[float | None]:
    """What the table of clips says, in the order of time."""
    kept = ("probe", "scan", "shots", "other_cuts", "cut_check")
    pipeline = tuple(stage for stage in load_pipeline(workspace) if stage.name in kept)
    run_pipeline(workspace, pipeline, LocalExecutor(workers=1))
    clips = sorted(clip_table(Tables(workspace, pipeline)).to_pylist(), key=lambda clip: clip["start_pts"])
    return [clip["cut_agreement"] for clip in clips]


def test_nothing_is_asked_before_a_detector_is_named(
    cut_once: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "import_module", lambda _name: pytest.fail("a detector was loaded"))
    assert agreements(cut_once) == [None, None]


def test_transnet_agrees_on_a_plain_cut(cut_once: Workspace) -> None:
    cut_once.pipeline.write_text('[other_cuts]\ndetector = "transnet"\n', encoding="utf-8")
    assert agreements(cut_once) == [1.0, 1.0]


def test_a_cut_that_only_the_other_sees_is_a_doubt(
    cut_once: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sees the true cut and one in the middle of the first scene: one of two, then one of one."""
    film = probe(Path(Tables(cut_once, ()).rows(SOURCES)["where"][0].as_py()))
    frame = (film.end_pts - film.start_pts) // 60
    cuts = [(film.start_pts + at * frame,) * 2 for at in (15, 30)]
    monkeypatch.setattr(shots_neural, "transitions", lambda *_args: cuts)
    cut_once.pipeline.write_text('[other_cuts]\ndetector = "transnet"\n', encoding="utf-8")
    assert agreements(cut_once) == [0.5, 1.0]
    assert DOUBTS["cuts"]({"cut_agreement": 0.5}) == 0.5
    assert DOUBTS["cuts"]({"cut_agreement": 1.0}) == DOUBTS["cuts"]({"cut_agreement": None}) == 0


@pytest.mark.parametrize(
    ("others", "agreement"),
    [
        ([], 0.0),
        ([(1000, 1000)], 1.0),
        ([(1150, 1200)], 1.0),  # within two frames
        ([(1250, 1300)], 0.0),
        ([(500, 500), (1000, 1000)], 0.5),
        ([(100, 150)], 0.0),  # too near the film's beginning to be a cut inside
    ],
)
def test_agreement_is_the_share_that_both_see(others: list[tuple[int, int]], agreement: float) -> None:
    row = CLIP | {"other_first_pts": [a for a, _ in others], "other_last_pts": [b for _, b in others]}
    assert _compare(row)["cut_agreement"] == agreement


def test_a_film_that_is_one_shot_to_both_agrees_wholly() -> None:
    row = CLIP | {"ends": "film", "other_first_pts": [], "other_last_pts": []}
    assert _compare(row) == {"cut_agreement": 1.0}


def test_wrong_and_missing_detectors_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"other_cuts.detector = 'netnet'; it is one of transnet"):
        OtherCuts(detector="netnet")
    monkeypatch.setattr(second_opinion, "find_spec", lambda _name: None)
    with pytest.raises(OSError, match=r"pip install 'laqta\[shots\]'"):
        OtherCuts(detector="transnet")
    assert CutCheck().reads == ("shots", OtherCuts.name)
