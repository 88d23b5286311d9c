from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector
from tests.data.films import Frames, dissolve, fade, join, scene, write_film

from laqta.data.picture import Picture
from laqta.data.scan import Scan, scan
from laqta.data.shots import ShotRules, Transition, adaptive_ratio, cut_shots, find_transitions
from laqta.data.shots_neural import TransNet, disagreements, find_transitions_neural, runs
from laqta.data.text_area import covered, find_overlays

Scanned = Callable[..., Scan]


@pytest.fixture
def scanned(tmp_path: Path) -> Scanned:
    """Write the parts one after the other and scan them."""

    def write(*parts: Frames) -> Scan:
        return scan(write_film(tmp_path / "film.mp4", join(*parts)))

    return write


def test_a_hard_cut_stands_at_its_frame(scanned: Scanned) -> None:
    found = find_transitions(scanned(scene(1, 30), scene(2, 31), scene(3, 40)))
    assert [(one.kind, one.first, one.last) for one in found] == [("cut", 30, 30), ("cut", 61, 61)]


def test_fades_and_dissolves_are_found(scanned: Scanned) -> None:
    one, two, three = scene(1, 60), scene(2, 84), scene(3, 60)
    film = scanned(
        one[:48],
        fade(one[48:], out=True),
        fade(two[:12], out=False),
        two[12:60],
        dissolve(two[60:], three[:24]),
        three[24:],
    )
    fading, mixing = find_transitions(film)
    assert (fading.kind, mixing.kind) == ("fade", "dissolve")
    assert fading.first == pytest.approx(48, abs=3) and fading.last == pytest.approx(72, abs=3)
    assert mixing.first == pytest.approx(120, abs=5) and mixing.last == pytest.approx(144, abs=5)


def test_a_flash_is_no_cut(scanned: Scanned) -> None:
    frames = scene(1, 60)
    frames[30:32] = 240
    assert find_transitions(scanned(frames)) == ()


def test_a_still_or_short_film_is_one_shot(scanned: Scanned) -> None:
    for frames in (
        scene(1, 1),
        scene(1, 3),
        np.repeat(scene(1, 1), 50, axis=0),
        np.zeros((40, 48, 64, 3), np.uint8),
    ):
        film = scanned(frames)
        found = find_transitions(film)
        (shot,) = cut_shots(film, found)
        assert (found, shot.start_pts, shot.end_pts, shot.last) == ((), 0, film.end_pts, len(frames))
        assert (shot.begins, shot.ends) == ("film", "film")


def test_the_ratio_is_pyscenedetects(tmp_path: Path) -> None:
    """Our series and their detector, fed the same pictures, name the same frames."""

    class Theirs:
        detector = AdaptiveDetector(
            adaptive_threshold=3.5, window_width=3, min_content_val=5.0, min_scene_len=0
        )
        seen = 0
        cuts: list[int] = []  # noqa: RUF012

        def see(self, picture_HWC: Picture) -> None:
            code = FrameTimecode(self.seen, fps=24.0)
            self.cuts += [cut.frame_num for cut in self.detector.process_frame(code, picture_HWC)]
            self.seen += 1

    theirs = Theirs()
    parts = [scene(seed, 10 + seed) for seed in range(8)]
    found = scan(write_film(tmp_path / "a.mp4", join(*parts)), watcher=theirs)
    ours = np.flatnonzero((adaptive_ratio(found.content_T, 3) >= 3.5) & (found.content_T >= 5.0))
    assert ours.tolist() == theirs.cuts and len(ours) == 7


def test_spans_lie_side_by_side_and_trims_are_stated(scanned: Scanned) -> None:
    film = scanned(scene(1, 48), scene(2, 48))
    found = find_transitions(film)
    first, second = cut_shots(film, found)
    assert (first.start_pts, first.end_pts, second.end_pts) == (0, second.start_pts, film.end_pts)
    assert (first.begins, first.ends, second.begins, second.ends) == ("film", "cut", "cut", "film")
    trimmed = cut_shots(film, found, ShotRules(trim_cut_seconds=0.25))
    assert [(shot.first, shot.last) for shot in trimmed] == [(0, 42), (54, 96)]
    mixed = (Transition(kind="dissolve", first=40, last=56, score=1.0),)
    assert [(shot.first, shot.last) for shot in cut_shots(film, mixed)] == [(0, 40), (56, 96)]
    wider = cut_shots(film, mixed, ShotRules(trim_gradual_seconds=0.5))
    assert [(shot.first, shot.last) for shot in wider] == [(0, 28), (68, 96)]


def test_a_shot_is_no_shorter_than_the_least(scanned: Scanned) -> None:
    film = scanned(scene(1, 30), scene(2, 6), scene(3, 30))
    assert len(find_transitions(film)) == 1
    assert len(find_transitions(film, ShotRules(least_seconds=0.2))) == 2


def test_the_neural_detector_agrees_on_plain_cuts(tmp_path: Path) -> None:
    torch_state = np.random.get_state()[1]
    watcher = TransNet()
    np.testing.assert_array_equal(torch_state, np.random.get_state()[1])
    film = scan(write_film(tmp_path / "a.mp4", join(scene(1, 40), scene(2, 41))), watcher=watcher)
    scores_T2 = watcher.scores()
    theirs = find_transitions_neural(film, scores_T2)
    assert [(one.kind, one.first) for one in theirs] == [("cut", 40)]
    assert disagreements(find_transitions(film), theirs) == ()
    assert disagreements((), theirs) == theirs
    with pytest.raises(ValueError, match="80 scores for 81 frames"):
        find_transitions_neural(film, scores_T2[1:])


def test_runs() -> None:
    assert runs(np.array([True, False, True, True])) == [(0, 1), (2, 4)]
    assert runs(np.zeros(3, bool)) == []


def test_text_that_stays_is_an_overlay() -> None:
    logo, moving = (0.8, 0.8, 0.95, 0.9), [(at / 10, 0.1, at / 10 + 0.2, 0.2) for at in range(4)]
    assert find_overlays([[logo, box] for box in moving]) == (logo,)
    assert find_overlays([[logo], [], [logo], [logo]]) == ()
    assert covered([(0, 0, 0.5, 0.5), (0.25, 0.25, 0.5, 0.5)]) == pytest.approx(0.25)


def test_pictures_drawn_on_every_third_frame_are_no_cuts(scanned: Scanned) -> None:
    moving = scene(1, 120)[::4]
    assert find_transitions(scanned(np.repeat(moving, 3, axis=0))) == ()
