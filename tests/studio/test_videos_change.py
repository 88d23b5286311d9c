"""The Videos API: remixes, edits and extensions, by OpenAI's own client."""

from __future__ import annotations

import copy
import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openai import OpenAI, omit
from PIL import Image

from laqta.encode import WRITERS
from laqta.language.write import plain
from laqta.shot import VideoShape
from laqta.studio import takes, videos_clips
from laqta.studio.videos_asked import ApiError
from laqta.studio.videos_clips import as_own_film
from laqta.studio.videos_make import nearest_shape
from laqta.video import enlarge, fit_frames, read_recipe, read_video, write_video

pytestmark = pytest.mark.filterwarnings(
    "ignore:The Sora API is scheduled"
)  # the client says so at every call

Studio = Any
Refusal = Any


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite only: tests/studio/test_videos_rows.py asks the same rows of PostgreSQL."""
    return f"sqlite:///{tmp_path / 'studio.db'}"


@pytest.fixture
def car(sora: OpenAI) -> str:
    """A video that is done: its id."""
    video = sora.videos.create_and_poll(
        prompt="a red car drives in the snow", seconds="1", extra_body={"seed": 7}
    )  # type: ignore[arg-type,call-arg]
    assert video.status == "completed", video.error
    return video.id


@pytest.fixture
def car_file(sora: OpenAI, car: str, tmp_path: Path) -> Path:
    """Its film."""
    path = tmp_path / "car.mp4"
    sora.videos.download_content(car).write_to_file(path)
    return path


def by_id(video: str) -> dict[str, Any]:
    """A made video as a parameter: the client's types allow an object there, but it sends only files."""
    return {"video": omit, "extra_body": {"video": {"id": video}}}


def row_of(studio: Studio, video: str) -> Any:
    return studio.desk.workplace.store.read(lambda db: takes.rows(db, [video]))[video]


def grey_film(path: Path, frames: int, fps: float, width: int = 64, height: int = 48) -> Path:
    shades = np.linspace(20, 220, frames).astype(np.uint8)[:, None, None, None]
    write_video(path, np.broadcast_to(shades, (frames, height, width, 3)).copy(), fps)
    return path


# ---------------------------------------------------------------- remix


def test_a_remix_changes_what_was_asked_and_nothing_else(sora: OpenAI, studio: Studio, car: str) -> None:
    video = sora.videos.poll(sora.videos.remix(car, prompt="make the car blue").id)
    told = video.to_dict()
    assert (video.status, video.remixed_from_video_id, video.prompt) == (
        "completed",
        car,
        "make the car blue",
    )
    assert (told["seed"], told["seconds"], told["model"], told["size"]) == (7, "1", "speck", "256x256")
    old, new = row_of(studio, car), row_of(studio, video.id)
    cast = copy.deepcopy(old["shot"]["cast"])
    cast[0]["tint"] = "blue"
    assert new["shot"]["cast"] == cast and new["shot"]["backdrop"] == "snow"
    assert new["recipe"]["caption"] != old["recipe"]["caption"]
    assert "blue" in str(told["understood"])
    assert sora.videos.retrieve(car).to_dict()["understood"] == plain(takes.shot_of(old), "en")


@pytest.mark.parametrize(
    ("prompt", "seed", "seconds", "understood"),
    [
        ("a cat walks on the beach", 7, "1", "cat"),  # another shot, by the same seed
        ("make it longer", 7, "2", "red car"),
        ("another version", 8, "1", "red car"),
        ("make it red", 8, "1", "red car"),  # nothing to change: another version
        ("اجعلها ليلا", 7, "1", "ليل"),
    ],
)
def test_what_a_remix_keeps(
    sora: OpenAI, studio: Studio, car: str, prompt: str, seed: int, seconds: str, understood: str
) -> None:
    studio.films.clear()
    told = sora.videos.remix(car, prompt=prompt).to_dict()
    assert (told["seed"], told["seconds"]) == (seed, seconds)
    assert understood in told["understood"] and told["remixed_from_video_id"] == car


def test_a_remix_keeps_the_picture_and_says_what_it_cannot(
    sora: OpenAI, studio: Studio, tmp_path: Path
) -> None:
    Image.new("RGB", (8, 8), "green").save(tmp_path / "green.png")
    first = sora.videos.create_and_poll(
        prompt="a cat walks", seconds="1", input_reference=(tmp_path / "green.png").read_bytes()  # type: ignore[arg-type]
    )  # fmt: skip
    studio.films.clear()
    told = sora.videos.remix(first.id, prompt="make it wide").to_dict()
    assert told["notes"] == ["speck films no wide format; it is square"] and told["size"] == "256x256"
    assert row_of(studio, str(told["id"]))["first"] == row_of(studio, first.id)["first"] is not None


def test_remixes_that_cannot_be(sora: OpenAI, studio: Studio, car: str, refusal: Refusal) -> None:
    told = refusal(lambda: sora.videos.remix(car, prompt="qwerty zxcvb"))
    assert (told["status"], told["param"], told["code"]) == (400, "prompt", "not_understood")
    assert "qwerty" in told["message"]
    assert refusal(lambda: sora.videos.remix(car, prompt="delete the shot"))["code"] == "nothing_to_film"
    assert refusal(lambda: sora.videos.remix(car, prompt=" "))["code"] == "missing_required_parameter"
    assert refusal(lambda: sora.videos.remix("video_0", prompt="make it blue"))["status"] == 404
    studio.films.clear()
    waiting = sora.videos.create(prompt="a cat walks").id
    told = refusal(lambda: sora.videos.remix(waiting, prompt="make it blue"))
    assert (told["status"], told["code"]) == (400, "video_not_completed")


# ---------------------------------------------------------------- edit


def test_a_video_is_edited_by_its_id_or_by_its_file(
    sora: OpenAI, studio: Studio, car: str, car_file: Path
) -> None:
    studio.films.clear()
    by_name = sora.videos.edit(prompt="make the car blue", **by_id(car))
    by_file = sora.videos.edit(prompt="make the car blue", video=car_file)
    assert (by_name.remixed_from_video_id, by_file.remixed_from_video_id) == (car, None)
    one, other = row_of(studio, by_name.id), row_of(studio, by_file.id)
    for column in ("shot", "seed", "settings", "model", "language", "loop"):
        assert one[column] == other[column]
    assert one["shot"]["cast"][0]["tint"] == "blue" and one["seed"] == 7
    studio.films.set()
    assert sora.videos.poll(by_file.id).status == "completed"


def test_a_foreign_film_cannot_be_edited_and_is_told_why(
    sora: OpenAI, tmp_path: Path, refusal: Refusal
) -> None:
    film = grey_film(tmp_path / "foreign.mp4", 8, 4)
    told = refusal(lambda: sora.videos.edit(prompt="make it blue", video=film))
    assert (told["status"], told["param"], told["code"]) == (400, "video", "foreign_video")
    assert "/v1/videos/extensions" in told["message"] and str(tmp_path) not in told["message"]
    joined = tmp_path / "joined.mp4"
    write_video(joined, read_video(film).frames_THWC, 4, {"transition": "cut", "takes": []})
    told = refusal(lambda: sora.videos.edit(prompt="make it blue", video=joined))
    assert told["code"] == "invalid_video" and "takes, joined" in told["message"]
    assert refusal(lambda: sora.videos.edit(prompt="make it blue", **by_id("video_0")))["param"] == "video"
    told = refusal(lambda: sora.videos.edit(prompt="make it blue", video=omit))
    assert (told["param"], told["code"]) == ("video", "missing_required_parameter")


FORGED: tuple[tuple[tuple[Any, ...], Any], ...] = (
    (("shot", "cast", 0, "kind"), "dragonfruit"),
    (("shot", "cast", 0, "count"), 100),
    (("shot", "cast"), [{"kind": "cat"}] * 9),
    (("shot", "relations"), [{"subject": 0, "link": "above", "object": 5}]),
    (("shot", "weather"), "frogs"),
    (("seed",), -1),
    (("seed",), True),
    (("language",), "fr"),
    (("settings",), None),
    (("settings", "seconds"), float("nan")),
    (("settings", "seconds"), 1e9),
    (("settings", "width"), 0),
    (("settings", "height"), float("inf")),
)


def test_a_recipe_that_cannot_be_is_refused(
    sora: OpenAI, car_recipe: dict[str, Any], tmp_path: Path, refusal: Refusal
) -> None:
    forged = tmp_path / "forged.mp4"
    for where, value in FORGED:
        recipe = copy.deepcopy(car_recipe)
        inner: Any = recipe
        for key in where[:-1]:
            inner = inner[key]
        inner[where[-1]] = value
        write_forged(forged, recipe)
        told = refusal(lambda: sora.videos.edit(prompt="make the car blue", video=forged))
        assert (told["status"], told["param"], told["code"]) == (400, "video", "invalid_video"), where


def test_a_recipe_names_no_files_of_this_machine(
    sora: OpenAI, studio: Studio, car_recipe: dict[str, Any], tmp_path: Path
) -> None:
    recipe = copy.deepcopy(car_recipe)
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    recipe["settings"]["first"] = {"file": str(secret), "sha256": hashlib.sha256(b"secret").hexdigest()}
    recipe["model"] = str(tmp_path)
    write_forged(tmp_path / "forged.mp4", recipe)
    studio.films.clear()
    told = sora.videos.edit(prompt="make the car blue", video=tmp_path / "forged.mp4").to_dict()
    row = row_of(studio, str(told["id"]))
    assert (row["first"], row["model"]) == (None, "speck")
    assert told["notes"] == ["the picture that the film began or ended with is not in the file"]


@pytest.fixture
def car_recipe() -> dict[str, Any]:
    """What stands in a film of Laqta's, as far as an edit reads it."""
    return {
        "prompt": "a red car", "language": "en", "seed": 7, "model": "speck",
        "shot": {"cast": [{"kind": "car", "tint": "red"}], "backdrop": "snow"},
        "settings": {"width": 32, "height": 32, "seconds": 1.0, "first": None, "last": None, "loop": False},
    }  # fmt: skip


def write_forged(path: Path, recipe: dict[str, Any]) -> None:
    """A film with any recipe inside, also one that `write_video` would not write."""
    comment = json.dumps({"laqta": recipe})
    frames_THWC = np.zeros((4, 32, 32, 3), np.uint8)
    WRITERS[".mp4"](path, frames_THWC, Fraction(4), comment)


# ---------------------------------------------------------------- extension


def test_an_extension_goes_on_from_its_video(sora: OpenAI, car: str, tmp_path: Path) -> None:
    asked = sora.videos.extend(prompt="the car drives on at night", seconds="2", **by_id(car))  # type: ignore[arg-type]
    assert asked.seconds == "3"
    video = sora.videos.poll(asked.id)
    assert (video.status, video.seconds, video.to_dict()["extended_from_video_id"]) == ("completed", "3", car)
    assert video.remixed_from_video_id is None
    paths = [tmp_path / "car.mp4", tmp_path / "more.mp4"]
    for path, name in zip(paths, (car, video.id), strict=True):
        sora.videos.download_content(name).write_to_file(path)
    before, whole_THWC = read_video(paths[0]), read_video(paths[1]).frames_THWC
    assert (len(before.frames_THWC), len(whole_THWC)) == (4, 12)
    same_THWC = enlarge(fit_frames(before, 32, 32, 4), 8)  # at the model's size, and saved again
    assert np.abs(same_THWC.astype(float) - whole_THWC[:4]).mean() < 10  # another film is about 80 away
    assert read_recipe(paths[1])["shot"]["time"] == "night"


def test_any_film_can_go_on(sora: OpenAI, studio: Studio, tmp_path: Path) -> None:
    film = grey_film(tmp_path / "foreign.webm", 20, 10, width=100, height=50)
    video = sora.videos.poll(sora.videos.extend(prompt="a cat walks", seconds="1", video=film).id)  # type: ignore[arg-type]
    assert (video.status, video.seconds, video.size) == ("completed", "3", "256x256"), video.error
    row = row_of(studio, video.id)
    assert row["source"].endswith(".mp4")
    uploaded = hashlib.sha256(film.read_bytes()).hexdigest()
    names = {path.name for path in studio.desk.workplace.media.folder.glob("??/*")}
    assert row["source"] in names and not any(name.startswith(uploaded) for name in names)
    path = tmp_path / "whole.mp4"
    sora.videos.download_content(video.id).write_to_file(path)
    levels = read_video(path).frames_THWC.mean(axis=(1, 2, 3))
    assert len(levels) == 12 and abs(levels[0] - 20) < 6 and all(np.diff(levels[:8]) > 10)


def test_extensions_that_cannot_be(sora: OpenAI, car: str, tmp_path: Path, refusal: Refusal) -> None:
    def extend(prompt: str = "a cat walks", seconds: Any = "2", video: Any = None) -> Any:
        asked = {"video": video} if isinstance(video, (bytes, Path)) else by_id(video or car)
        return refusal(lambda: sora.videos.extend(prompt=prompt, seconds=seconds, **asked))

    assert extend(seconds="0.5")["param"] == "seconds"
    assert extend(seconds="61")["param"] == "seconds"
    told = extend(seconds="60")  # with the second that is there, 61
    assert told["param"] == "seconds" and "60" in told["message"]
    assert extend(seconds="")["code"] == "missing_required_parameter"
    assert extend(prompt="qwerty")["code"] == "not_understood"
    assert extend(video="video_0")["status"] == 404
    assert extend(video=b"no film at all")["code"] == "invalid_video"
    long = grey_film(tmp_path / "long.mp4", 63, 1, width=16, height=16)
    assert extend(video=long)["code"] == "too_large"
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(long.read_bytes()[:600])
    assert extend(video=cut)["code"] == "invalid_video"


def test_an_uploaded_film_is_kept_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = grey_film(tmp_path / "film.mp4", 30, 30, width=640, height=360)
    own = as_own_film(film.read_bytes())
    assert own.width * own.height <= 70_000 and abs(own.width / own.height - 16 / 9) < 0.02
    assert own.seconds == 1.0
    (tmp_path / "own.mp4").write_bytes(own.content)
    clip = read_video(tmp_path / "own.mp4")
    levels = clip.frames_THWC.mean(axis=(1, 2, 3))
    assert clip.fps == 24 and len(levels) == 24 and all(np.diff(levels) > 0)
    monkeypatch.setattr(videos_clips, "MOST_DECODED_PIXELS", 10 * 640 * 360)
    with pytest.raises(ApiError, match="too large: 640x360"):
        as_own_film(film.read_bytes())
    monkeypatch.setattr(videos_clips, "MOST_FRAME_PIXELS", 640 * 359)
    with pytest.raises(ApiError, match=r"too large: 640x360, 0\.0 seconds"):
        as_own_film(film.read_bytes())
    monkeypatch.setattr(videos_clips, "MOST_BYTES", 100)
    with pytest.raises(ApiError, match="larger than"):
        as_own_film(film.read_bytes())


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((1280, 720), (320, 192)), ((1792, 1024), (320, 192)), ((720, 1280), (192, 320)), ((1024, 1792), (192, 320)),
        ((1000, 1000), (256, 256)), ((256, 300), (256, 256)), ((64, 64), (64, 64)), ((512, 512), (256, 256)),
    ],
)  # fmt: skip
def test_a_size_becomes_the_nearest_shape(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    class Card:
        shapes = tuple(
            VideoShape(frames=25, width=width, height=height, fps=12)
            for width, height in ((64, 64), (256, 256), (320, 192), (192, 320))
        )

    shape = nearest_shape(Card(), size)  # type: ignore[arg-type]
    assert (shape.width, shape.height) == wanted
