"""Films, recipes, stills: every format keeps its pixels, its timing and its recipe, and refuses what is broken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from laqta.shot import Box, BoxTrack
from laqta.video import (
    Clip,
    Frames,
    contact_sheet,
    draw_boxes,
    enlarge,
    fit_frames,
    read_image,
    read_recipe,
    read_video,
    write_video,
)

ENDINGS = (".mp4", ".webm", ".gif", ".webp")
RECIPE = {
    "prompt": 'قطة تمشي في "الثلج" 猫 $5',
    "seed": 7,
    "shot": {"cast": [{"kind": "cat"}]},
    "long": "x" * 3000,
}


def film(frames: int = 13, *, height: int = 48, width: int = 64) -> Frames:
    """Paint a yellow block that crosses a sky of smooth colour, then stands still for the last frames."""
    frames_THWC = np.zeros((frames, height, width, 3), np.uint8)
    frames_THWC[..., 0] = np.linspace(30, 90, height)[:, None]
    frames_THWC[..., 1] = np.linspace(60, 160, width)
    frames_THWC[..., 2] = 200
    for at in range(frames):
        left = 3 * min(at, frames - 5)
        frames_THWC[at, 12:30, left : left + 16] = (250, 220, 40)
    return frames_THWC


@pytest.mark.parametrize("fps", [6, 12, 24])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_film_comes_back_with_its_pixels_its_timing_and_its_recipe(
    tmp_path: Path, ending: str, fps: int
) -> None:
    path = tmp_path / f"film{ending}"
    write_video(path, film(), fps, RECIPE)
    clip = read_video(path)
    assert clip.frames_THWC.shape == film().shape
    assert clip.fps == fps
    error = np.abs(clip.frames_THWC.astype(int) - film()).mean()
    assert error < 3.0, error
    assert np.abs(clip.frames_THWC[:, 16:26, 0, :].astype(int) - film()[:, 16:26, 0, :]).mean() < 14
    assert read_recipe(path) == RECIPE
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_frames_give_the_same_bytes(tmp_path: Path, ending: str) -> None:
    written = set()
    for _ in range(20):  # x264's macroblock trees differed in one film of twenty
        write_video(tmp_path / f"one{ending}", film(), 12, RECIPE)
        written.add((tmp_path / f"one{ending}").read_bytes())
    assert len(written) == 1


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_colours_are_tagged_and_kept(tmp_path: Path, ending: str) -> None:
    flat = np.zeros((3, 32, 32, 3), np.uint8)
    flat[:] = (220, 30, 60)
    write_video(tmp_path / f"red{ending}", flat, 12)
    assert np.abs(read_video(tmp_path / f"red{ending}").frames_THWC.astype(int) - flat).max() <= 3
    with av.open(str(tmp_path / f"red{ending}")) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_range) == (1, 1)


@pytest.mark.parametrize("ending", ENDINGS)
def test_one_frame_is_a_film_too(tmp_path: Path, ending: str) -> None:
    write_video(tmp_path / f"one{ending}", film(6)[:1], 12)
    assert read_video(tmp_path / f"one{ending}").frames_THWC.shape == (1, 48, 64, 3)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_film_without_a_recipe_says_so(tmp_path: Path, ending: str) -> None:
    write_video(tmp_path / f"film{ending}", film(), 12)
    with pytest.raises(ValueError, match=r"carries no recipe"):
        read_recipe(tmp_path / f"film{ending}")


def test_a_comment_of_another_program_is_no_recipe(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "other.gif", comment=b"made by hand")
    with pytest.raises(ValueError, match=r"carries no recipe"):
        read_recipe(tmp_path / "other.gif")


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.97])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_truncated_film_is_refused(tmp_path: Path, ending: str, part: float) -> None:
    path = tmp_path / f"film{ending}"
    write_video(path, film(40), 12, {"seed": 1})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(ValueError, match=r"cut short"):
        read_video(path)


@pytest.mark.parametrize(
    "name", ["words.mp4", "words.txt", "list.m3u8", "empty.webm", "picture.png", "folder", "none"]
)
def test_what_is_no_film_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "words.mp4").write_text("a cat walks in the snow\n" * 500)
    (tmp_path / "words.txt").write_text("a cat walks in the snow\n" * 500)
    write_video(tmp_path / "real.mp4", film(), 12)
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nreal.mp4\n#EXT-X-ENDLIST\n")
    (tmp_path / "empty.webm").write_bytes(b"")
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.png")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match=r"is not a film|there is no such file"):
        read_video(tmp_path / name)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 16000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with pytest.raises(ValueError, match=r"has sound but no pictures"):
        read_video(path)


def test_a_film_too_large_for_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_video(tmp_path / "film.mp4", film(), 12)
    write_video(tmp_path / "film.webp", film(), 12)
    monkeypatch.setattr("laqta.video.MAX_CLIP_BYTES", 12 * 48 * 64 * 3)
    for ending in (".mp4", ".webp"):
        with pytest.raises(ValueError, match=r"is too large: 64x48, 13 frames"):
            read_video(tmp_path / f"film{ending}")


@pytest.mark.parametrize(
    ("name", "frames_THWC", "message"),
    [
        ("film.avi", film(), r"cannot write '.avi'; use one of .mp4, .webm, .gif, .webp"),
        ("film", film(), r"cannot write 'no ending'"),
        ("film.mp4", film(width=63), r"must be even, got 63x48"),
        ("film.gif", film(height=47), r"must be even, got 64x47"),
        ("film.mp4", film()[:0], r"at least one frame"),
        ("film.mp4", film().astype(np.float32), r"must be uint8 \(T, H, W, 3\), got float32"),
        ("film.mp4", film()[0], r"got uint8 \(48, 64, 3\)"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(
    tmp_path: Path, name: str, frames_THWC: Frames, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_video(tmp_path / name, frames_THWC, 12)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_is_an_os_error_and_leaves_nothing(tmp_path: Path, ending: str) -> None:
    write_too_much = f"""
import resource, sys
import numpy as np
from laqta.video import write_video
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
noise = np.random.default_rng(0).integers(0, 255, (20, 96, 96, 3), dtype=np.uint8)
try:
    write_video({str(tmp_path / f"film{ending}")!r}, noise, 12)
except OSError:
    sys.exit(7)
"""
    done = subprocess.run([sys.executable, "-c", write_too_much], check=False, timeout=60)
    assert done.returncode == 7
    assert os.listdir(tmp_path) == []


def test_an_image_fills_the_size_from_its_middle(tmp_path: Path) -> None:
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, :20], wide[:, 20:60], wide[:, 60:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    image_HWC = read_image(tmp_path / "wide.png", (32, 32))
    assert image_HWC.shape == (32, 32, 3) and image_HWC.dtype == np.uint8
    assert (image_HWC[:, 2:-2] == (0, 255, 0)).all()
    assert read_image(tmp_path / "wide.png", (64, 32)).shape == (32, 64, 3)


def test_clear_parts_of_an_image_become_white(tmp_path: Path) -> None:
    Image.new("RGBA", (16, 16), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (read_image(tmp_path / "clear.png", (8, 8)) == 255).all()


def test_an_image_lies_as_its_camera_says(tmp_path: Path) -> None:
    picture = Image.new("RGB", (16, 16), "black")
    picture.paste("white", (0, 0, 16, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right by a quarter to show it upright
    picture.save(tmp_path / "turned.png", exif=exif)
    image_HWC = read_image(tmp_path / "turned.png", (16, 16))
    assert image_HWC[8, 12].tolist() == [255, 255, 255] and image_HWC[8, 3].tolist() == [0, 0, 0]


def test_what_is_no_image_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words.png").write_text("a cat")
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    for name in ("cut.png", "cut.jpg"):
        Image.fromarray(noise).save(tmp_path / name)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:1500])
    Image.fromarray(noise).save(tmp_path / "large.png")
    write_video(tmp_path / "film.mp4", film(), 12)
    for name, message in {
        "words.png": r"words.png' is not an image; use a .png",
        "film.mp4": r"film.mp4' is not an image",
        "none.png": r"none.png': there is no such file",
        "cut.png": r"cut.png' cannot be read as an image",
        "cut.jpg": r"cut.jpg' cannot be read as an image",
    }.items():
        with pytest.raises(ValueError, match=message):
            read_image(tmp_path / name, (32, 32))
    monkeypatch.setattr("laqta.video.MAX_IMAGE_PIXELS", 4000)
    with pytest.raises(ValueError, match=r"large.png' is too large: 64x64"):
        read_image(tmp_path / "large.png", (32, 32))
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 3000)
    with pytest.raises(ValueError, match=r"large.png' is too large|cannot be read as an image"):
        read_image(tmp_path / "large.png", (32, 32))


@pytest.mark.parametrize(("frames", "columns", "rows"), [(9, 5, 2), (1, 1, 1), (25, 5, 5), (200, 5, 5)])
def test_a_contact_sheet_shows_the_first_and_the_last_frame(
    tmp_path: Path, frames: int, columns: int, rows: int
) -> None:
    frames_THWC = np.zeros((frames, 64, 96, 3), np.uint8)
    frames_THWC[..., 0] = np.linspace(10, 200, frames).round()[:, None, None]
    contact_sheet(frames_THWC, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        sheet = np.asarray(picture)
    assert sheet.shape == (rows * (128 + 3) + 3, columns * (192 + 3) + 3, 3)  # 64 px are enlarged to 128
    assert sheet[4, 4, 0] == frames_THWC[0, 0, 0, 0]
    shades = {int(shade) for shade in np.unique(sheet[..., 0])} - {255}
    assert int(frames_THWC[-1, 0, 0, 0]) in shades and len(shades) == min(frames, 25)


def test_boxes_are_drawn_where_they_are_and_only_there() -> None:
    frames_THWC = np.zeros((2, 40, 60, 3), np.uint8)
    box = Box(left=0.25, top=0.5, right=0.5, bottom=0.75)
    drawn_THWC = draw_boxes(frames_THWC, [BoxTrack(boxes=(box, None))])
    rows, columns = np.nonzero(drawn_THWC[0].any(axis=-1))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 29, 15, 30)
    assert not drawn_THWC[0, 25, 20].any()
    assert not drawn_THWC[1].any() and not frames_THWC.any()


def test_enlarging_is_smooth_and_keeps_the_picture() -> None:
    large_THWC = enlarge(film(6), 4)
    assert large_THWC.shape == (6, 192, 256, 3)
    small_THWC = large_THWC.reshape(6, 48, 4, 64, 4, 3).mean((2, 4))
    assert np.abs(small_THWC - film(6)).mean() < 2.0
    row = large_THWC[0, 80, :, 0].astype(int)  # across an edge of 190 levels: no step may be a staircase
    assert np.abs(np.diff(row)).max() < 90


def test_a_clip_of_another_rate_comes_back(tmp_path: Path) -> None:
    write_video(tmp_path / "film.mp4", film(), 30000 / 1001)
    clip = read_video(tmp_path / "film.mp4")
    assert isinstance(clip, Clip)
    assert clip.fps == pytest.approx(30000 / 1001)


def test_a_clip_is_fitted_to_another_size_and_rate() -> None:
    clip = Clip(frames_THWC=film(12, height=64, width=64), fps=12)
    assert np.array_equal(fit_frames(clip, 64, 64, 12), clip.frames_THWC)
    assert np.array_equal(fit_frames(clip, 64, 64, 6), clip.frames_THWC[::2])
    assert len(fit_frames(clip, 64, 64, 24)) == 24
    assert fit_frames(clip, 64, 32, 12).shape == (12, 32, 64, 3)
    large = Clip(frames_THWC=enlarge(clip.frames_THWC, 4), fps=12)
    assert np.abs(fit_frames(large, 64, 64, 12).astype(int) - clip.frames_THWC).mean() < 2.0
    assert fit_frames(clip, 128, 128, 12).shape == (12, 128, 128, 3)
