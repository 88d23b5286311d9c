from __future__ import annotations

import tracemalloc
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from tests.data.films import join, scene, write_film

from laqta.data.picture import look, perceptual_hash, small_size
from laqta.data.probe import probe
from laqta.data.scan import Scan, scan


def test_one_row_a_frame(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", scene(0, 60))
    found = scan(path)
    for field in fields(Scan):
        if field.name.split("_")[-1].startswith("T"):
            assert len(getattr(found, field.name)) == 60, field.name
    assert (found.pts_T * float(found.time_base)).tolist() == pytest.approx(np.arange(60) / 24)
    assert found.end_pts == probe(path).end_pts
    assert np.isfinite(found.content_T).all() and found.content_T[0] == 0


def test_the_same_film_gives_the_same_numbers(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", scene(0, 60))
    one, other = scan(path), scan(path)
    for field in fields(Scan):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


def test_what_is_measured(tmp_path: Path) -> None:
    grey, black, red = (np.zeros((12, 48, 64, 3), np.uint8) for _ in range(3))
    grey[:], red[..., 0] = 128, 255
    boxed = scene(1, 12)
    boxed[:, :8], boxed[:, 40:] = 0, 0
    path = write_film(tmp_path / "a.mkv", join(grey, black, red, boxed), codec="ffv1", pixels="yuv444p")
    found = scan(path)
    assert found.luma_mean_T[6] == pytest.approx(128, abs=2) and found.luma_deviation_T[6] == pytest.approx(
        0, abs=1
    )
    assert found.black_share_T[[6, 18, 30]].tolist() == [0, 1, 0]
    assert found.sampled_K.tolist() == [0, 12, 24, 36]
    assert found.color_mean_KC[2].tolist() == pytest.approx([255, 0, 0], abs=4)
    assert found.colorfulness_K[2] > 80 > 1 > found.colorfulness_K[0]
    assert found.bars_K4[3].tolist() == pytest.approx([1 / 6, 1 / 6, 0, 0], abs=0.03)
    assert found.difference_T[5] == 0 and found.difference_T[12] > 100
    assert np.isnan(found.vector_mean_K).all()


def test_motion_vectors_tell_motion(tmp_path: Path) -> None:
    still = np.repeat(scene(2, 1, 96, 128), 48, axis=0)
    moving = np.stack([np.roll(still[0], 3 * at, axis=1) for at in range(48)])
    quiet, busy = scan(write_film(tmp_path / "a.mp4", still)), scan(write_film(tmp_path / "b.mp4", moving))
    assert np.nanmean(busy.vector_mean_K) > 10 * np.nanmean(quiet.vector_mean_K)
    assert np.nanmean(busy.vector_share_K) > 0.5 > 0.1 > np.nanmean(quiet.vector_share_K)


def test_hashes_of_like_pictures_are_near(tmp_path: Path) -> None:
    frames = scene(3, 48, 96, 128)
    half = frames.reshape(48, 48, 2, 64, 2, 3).mean((2, 4)).astype(np.uint8)
    one = scan(write_film(tmp_path / "a.mp4", frames))
    other = scan(write_film(tmp_path / "b.mp4", half))
    third = scan(write_film(tmp_path / "c.mp4", scene(4, 48, 96, 128)))
    assert one.sampled_K.tolist() == [0, 12, 24, 36]
    near = np.bitwise_count(one.hashes_K ^ other.hashes_K)
    far = np.bitwise_count(one.hashes_K ^ third.hashes_K)
    assert near.max() <= 10 < 18 <= far.min()


def test_odd_films_are_scanned_as_displayed(tmp_path: Path) -> None:
    frames = scene(5, 24)
    frames[:, :24] = 0  # the upper half is black
    films = {
        "plain.mp4": {},
        "hdr.mp4": {"pixels": "yuv420p10le", "transfer": 16},
        "laced.mp4": {"options": {"flags": "+ildct+ilme", "x264-params": "tff=1"}},
        "varies.mkv": {"times": np.cumsum([20 + 30 * (at % 3) for at in range(24)]).tolist()},
        "gif.gif": {"codec": "gif", "pixels": "rgb8", "rate": 25},
    }
    for name, more in films.items():
        found = scan(write_film(tmp_path / name, frames, **more))
        assert len(found.pts_T) == 24, name
        assert found.bars_K4[:, 0].mean() == pytest.approx(0.5, abs=0.06), name
    turned = scan(write_film(tmp_path / "turned.mp4", frames, rotation=90))
    assert turned.bars_K4[1, 2] == pytest.approx(0.5, abs=0.06)  # counter-clockwise: the top is left now
    assert len(scan(write_film(tmp_path / "odd.mp4", frames[:, :47, :63], pixels="yuv444p")).pts_T) == 24


def test_damage_in_the_middle_says_how_far_it_got(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", scene(6, 240), options={"g": "24"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 3
    data[middle : middle + len(data) // 5] = b"\xff" * (len(data) // 5)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"damaged.*: \d+\.\d\d of 10\.00 seconds can be read"):
        scan(path)


def test_a_long_film_takes_no_memory_for_its_frames(tmp_path: Path) -> None:
    """Ten minutes as raw frames were 44 MB here; what is kept are some hundred bytes a frame."""
    frames = np.repeat(scene(7, 24, 48, 64), 200, axis=0)
    path = write_film(tmp_path / "a.mp4", frames, options={"preset": "ultrafast"})
    del frames
    tracemalloc.start()
    found = scan(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.pts_T) == 4800
    assert peak < 4800 * 1500 + 2_000_000


def test_a_watcher_sees_every_frame(tmp_path: Path) -> None:
    class Counter:
        seen = 0

        def see(self, picture_HWC: np.ndarray) -> None:
            assert picture_HWC.shape == (48, 64, 3)
            self.seen += 1

    counter = Counter()
    scan(write_film(tmp_path / "a.mp4", scene(8, 30)), watcher=counter)
    assert counter.seen == 30


def test_sizes_and_hashes() -> None:
    assert small_size(1920, 1080) == (128, 72)
    assert small_size(64, 48) == (64, 48)
    assert small_size(8000, 20) == (128, 16)
    flat = np.full((40, 40), 7, np.uint8)
    assert 0 <= perceptual_hash(flat) < 2**64
    assert look(np.zeros((9, 16, 3), np.uint8)).bars == (0, 0, 0, 0)
