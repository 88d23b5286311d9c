from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.data.films import scene, write_film, write_sound

from laqta.data.probe import probe


def test_a_plain_film(tmp_path: Path) -> None:
    found = probe(write_film(tmp_path / "a.mp4", scene(0, 30)))
    assert (found.codec, found.width, found.height, found.frames) == ("h264", 64, 48, 30)
    assert (found.start_pts, found.seconds, found.average_rate) == (0, pytest.approx(30 / 24), 24)
    assert (found.varies, found.hdr, found.interlaced, found.audio, found.rotation) == (
        False,
        "none",
        False,
        False,
        0,
    )
    assert (found.pixel_format, found.bits) == ("yuv420p", 8)


@pytest.mark.parametrize("name", ["a.mkv", "a.mov", "a.avi", "a.ts"])
def test_every_container_tells_the_same_length(tmp_path: Path, name: str) -> None:
    assert probe(write_film(tmp_path / name, scene(0, 100))).seconds == pytest.approx(100 / 24, abs=0.002)


def test_sizes_are_as_displayed(tmp_path: Path) -> None:
    turned = probe(write_film(tmp_path / "turned.mp4", scene(0, 10), rotation=90))
    assert (turned.width, turned.height, turned.coded_width, turned.rotation) == (48, 64, 64, 90)
    wide = probe(write_film(tmp_path / "wide.mp4", scene(0, 10), aspect=Fraction(3, 2)))
    assert (wide.width, wide.height, wide.coded_width) == (96, 48, 64)
    odd = probe(write_film(tmp_path / "odd.mp4", scene(0, 10, 47, 63), pixels="yuv444p"))
    assert (odd.width, odd.height) == (63, 47)


def test_a_rate_that_varies(tmp_path: Path) -> None:
    times = np.cumsum([100 if at % 5 == 0 else 33 for at in range(40)]).tolist()
    for name in ("a.mp4", "a.mkv"):
        assert probe(write_film(tmp_path / name, scene(0, 40), times=times)).varies
    assert not probe(write_film(tmp_path / "even.mkv", scene(0, 400))).varies


def test_colour_and_interlacing(tmp_path: Path) -> None:
    for name, transfer in (("pq", 16), ("hlg", 18)):
        path = write_film(tmp_path / f"{name}.mp4", scene(0, 8), pixels="yuv420p10le", transfer=transfer)
        assert (probe(path).hdr, probe(path).bits) == (name, 10)
    laced = {"flags": "+ildct+ilme", "x264-params": "tff=1"}
    assert probe(write_film(tmp_path / "laced.mp4", scene(0, 8), options=laced)).interlaced


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    written = write_film(tmp_path / "a.mkv", scene(0, 10))
    for name in ("film.mp4", "http:x.mp4", "concat:a|b.mp4", "100%d.mp4", "-i.mp4", "فيلم.mp4", "a\nb.mp4"):
        assert probe(written.rename(tmp_path / name)).container == "matroska,webm"
        written = tmp_path / name


def test_what_is_no_film_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.png")
    (tmp_path / "picture.png").rename(tmp_path / "picture.mp4")
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    (tmp_path / "concat.mp4").write_text("ffconcat version 1.0\nfile /etc/passwd\n")
    (tmp_path / "text.mp4").write_text("hello")
    write_sound(tmp_path / "sound.mp4")
    for name, why in {
        "missing.mp4": "no such file",
        "empty.mp4": "empty",
        "picture.mp4": "PNG",
        "list.mp4": "playlist",
        "concat.mp4": "playlist",
        "text.mp4": "not a film",
        "sound.mp4": "sound but no pictures",
    }.items():
        with pytest.raises(ValueError, match=why):
            probe(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "options"), [("a.mp4", {}), ("a.mp4", {"movflags": "+faststart"}), ("a.mkv", {}), ("a.avi", {})]
)
def test_a_film_cut_short_is_told(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    path = write_film(tmp_path / name, scene(0, 240), container=options)
    data = path.read_bytes()
    for share in (0.05, 0.4, 0.6):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(ValueError, match="cut short"):
            probe(path)


def test_an_absurd_size_is_refused(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.avi", np.zeros((1, 2, 20_000, 3), np.uint8), codec="rawvideo")
    with pytest.raises(ValueError, match="too large: 20000x2"):
        probe(path)


def test_an_hour_costs_no_more_than_its_ends(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", np.zeros((3600, 16, 16, 3), np.uint8), rate=1)
    start = time.process_time()
    assert probe(path).seconds == 3600
    assert time.process_time() - start < 1
