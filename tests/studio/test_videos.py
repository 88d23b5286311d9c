"""The Videos API, by OpenAI's own client, unmodified: what is made, and what is read."""

from __future__ import annotations

import base64
import json
import os
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from openai import OpenAI
from PIL import Image

from laqta.studio import queue, takes
from laqta.studio.spritesheet import spritesheet
from laqta.video import read_recipe, read_video, write_video

pytestmark = pytest.mark.filterwarnings(
    "ignore:The Sora API is scheduled"
)  # the client says so at every call

Studio = Any
Refusal = Any


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite only: tests/studio/test_videos_rows.py asks the same rows of PostgreSQL."""
    return f"sqlite:///{tmp_path / 'studio.db'}"


def picture(colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()


def film_of(sora: OpenAI, video: str, folder: Path) -> Path:
    path = folder / f"{video}.mp4"
    sora.videos.download_content(video).write_to_file(path)
    return path


# ---------------------------------------------------------------- making


def test_a_prompt_becomes_a_film(sora: OpenAI, tmp_path: Path) -> None:
    video = sora.videos.create_and_poll(
        prompt="a red car drives in the snow", model="sora-2", seconds="4", size="1280x720"
    )
    told = video.to_dict()
    assert (video.status, video.progress, video.error, video.expires_at) == ("completed", 100, None, None)
    assert (video.model, video.seconds, video.prompt) == ("speck", "4", "a red car drives in the snow")
    assert (told["size"], told["requested_size"], told["unseen"]) == ("256x256", "1280x720", [])
    assert video.completed_at is not None and video.completed_at >= video.created_at
    film = film_of(sora, video.id, tmp_path)
    clip = read_video(film)
    assert clip.frames_THWC.shape == (16, 256, 256, 3) and clip.fps == 4
    recipe = read_recipe(film)
    assert (recipe["seed"], recipe["settings"]["seconds"]) == (told["seed"], 4)
    assert recipe["shot"]["cast"][0]["kind"] == "car" and recipe["shot"]["backdrop"] == "snow"


def test_it_is_queued_then_in_progress_then_completed(sora: OpenAI, refusal: Refusal, studio: Studio) -> None:
    studio.films.clear()
    raw = sora.videos.with_raw_response.create(prompt="a cat walks")
    video = raw.parse()
    assert (video.status, video.progress, video.completed_at) == ("queued", 0, None)
    assert (video.size, video.seconds) == ("256x256", "4")
    assert int(raw.headers["openai-poll-after-ms"]) == 250
    sora.videos.create(prompt="a cat walks")
    third = sora.videos.with_raw_response.create(prompt="a cat walks")
    assert int(third.headers["openai-poll-after-ms"]) == 750  # two are before it
    assert refusal(lambda: sora.videos.download_content(video.id)) == {
        "status": 404, "type": "invalid_request_error", "param": None, "code": "video_not_ready",
        "message": "Video is not ready yet, use GET /v1/videos/{video_id} to check status. It is queued.",
    }  # fmt: skip
    store = studio.desk.workplace.store
    [held] = store.write(lambda db: queue.claim(db, "tester", most_takes=1))
    store.write(lambda db: queue.report(db, held, 3, 8, None))
    running = sora.videos.retrieve(video.id)
    assert (running.status, running.progress) == ("in_progress", 37)
    store.write(lambda db: queue.report(db, held, 8, 8, None))
    assert sora.videos.retrieve(video.id).progress == 99
    store.write(lambda db: queue.finish(db, held, "failed", error="the disk burnt"))
    failed = sora.videos.poll(video.id)
    assert failed.status == "failed" and failed.error is not None
    assert (failed.error.code, failed.error.message) == ("filming_failed", "the disk burnt")


def test_what_is_not_stated_is_the_prompts_or_the_models(sora: OpenAI, studio: Studio) -> None:
    studio.films.clear()
    told = sora.videos.create(prompt="a cat walks for 6 seconds").to_dict()
    assert (told["seconds"], told["size"], told["requested_size"]) == ("6", "256x256", None)
    assert (
        sora.videos.create(prompt="a cat walks", seconds="2.5", extra_body={"seed": 7}).to_dict()["seed"] == 7
    )  # type: ignore[arg-type]


def test_the_same_seed_films_the_same_again(sora: OpenAI, tmp_path: Path) -> None:
    pixels = []
    for seed in (5, 5, 6):
        video = sora.videos.create_and_poll(prompt="a cat walks", seconds="1", extra_body={"seed": seed})  # type: ignore[arg-type]
        pixels.append(read_video(film_of(sora, video.id, tmp_path)).frames_THWC.tobytes())
    assert pixels[0] == pixels[1] != pixels[2]


def test_json_does_as_well_as_a_form(studio: Studio) -> None:
    studio.films.clear()
    asked = {"prompt": "a red car drives", "model": "speck", "seconds": 3, "size": "720x1280", "seed": 4}
    answer = httpx.post(f"{studio.address}/v1/videos", json=asked)
    assert answer.status_code == 200
    assert {key: answer.json()[key] for key in ("seconds", "requested_size", "seed", "model", "object")} == {
        "seconds": "3", "requested_size": "720x1280", "seed": 4, "model": "speck", "object": "video",
    }  # fmt: skip
    form = httpx.post(f"{studio.address}/v1/videos", data=asked)
    assert form.json()["requested_size"] == "720x1280" and form.json()["seed"] == 4


@pytest.mark.parametrize("way", ["file", "object", "json", "text"])
def test_a_film_begins_with_a_picture(sora: OpenAI, studio: Studio, way: str) -> None:
    url = "data:image/png;base64," + base64.b64encode(picture()).decode()
    asked: dict[str, Any] = {"prompt": "a cat walks", "seconds": "1", "extra_body": {"seed": 1}}
    if way == "file":
        video = sora.videos.create(**asked, input_reference=("cat.png", picture(), "image/png"))
    elif way == "object":
        video = sora.videos.create(
            **asked | {"extra_body": {"seed": 1, "input_reference": {"image_url": url}}}
        )
    elif way == "json":
        body = {"prompt": "a cat walks", "seconds": "1", "seed": 1, "input_reference": {"image_url": url}}
        video = sora.post("/videos", body=body, cast_to=openai.types.Video)
    else:
        body = {
            "prompt": "a cat walks",
            "seconds": "1",
            "seed": "1",
            "input_reference": json.dumps({"image_url": url}),
        }
        video = sora.post("/videos", body=body, cast_to=openai.types.Video,
                            options={"headers": {"content-type": "multipart/form-data"}})  # fmt: skip
    video = sora.videos.poll(video.id)
    assert video.status == "completed", video.error
    row = studio.desk.workplace.store.read(lambda db: takes.rows(db, [video.id]))[video.id]
    kept = Image.open(studio.desk.workplace.media.path(row["first"]))
    assert kept.size == (40, 30) and kept.getpixel((0, 0)) == (255, 0, 0)
    assert row["recipe"]["settings"]["first"]["sha256"] == row["first"].removesuffix(".png")
    assert row["recipe"]["batch"] == 1


def test_a_thing_that_the_model_never_saw_is_told(sora: OpenAI, studio: Studio) -> None:
    card = studio.desk.card("speck")
    assert "elephant" not in card.props
    told = sora.videos.create_and_poll(prompt="an elephant walks quixotically", seconds="1").to_dict()  # type: ignore[arg-type]
    [unseen] = told["unseen"]
    assert told["status"] == "completed"
    assert unseen["asked"] == "elephant" and unseen["filmed"] in card.props
    assert told["ignored"] == ["quixotically"] and "elephant" in told["understood"]


# ---------------------------------------------------------------- reading


def test_videos_are_listed_page_by_page(sora: OpenAI, studio: Studio) -> None:
    assert sora.videos.list().to_dict() == {
        "object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False,
    }  # fmt: skip
    studio.films.clear()
    made = [sora.videos.create(prompt="a cat walks").id for _ in range(5)]
    assert [video.id for video in sora.videos.list(limit=2)] == made[::-1]
    assert [video.id for video in sora.videos.list(limit=2, order="asc")] == made
    page = sora.videos.list(limit=2, order="asc", after=made[1])
    assert [video.id for video in page.data] == made[2:4] and page.has_more and page.last_id == made[3]
    assert page.to_dict()["first_id"] == made[2]
    for video in sora.videos.list(limit=2):  # each page begins behind a video that is gone
        assert sora.videos.delete(video.id).deleted
    assert sora.videos.list().data == []


def test_deleting_takes_row_file_and_job(sora: OpenAI, refusal: Refusal, studio: Studio) -> None:
    filmed = sora.videos.create_and_poll(prompt="a cat walks", seconds="1")  # type: ignore[arg-type]
    folder = studio.desk.workplace.media.folder
    for file in folder.glob("??/*"):  # as if they had lain there for long
        os.utime(file, (0, 0))
    studio.films.clear()
    waiting = sora.videos.create(prompt="a dog walks")
    deleted = sora.videos.delete(filmed.id)
    assert deleted.to_dict() == {"id": filmed.id, "object": "video.deleted", "deleted": True}
    assert list(folder.glob("??/*")) == []
    sora.videos.delete(waiting.id)
    assert studio.worker.step() == []
    for gone in (filmed.id, waiting.id):
        for call in (sora.videos.retrieve, sora.videos.delete, sora.videos.download_content):
            assert refusal(lambda call=call, gone=gone: call(gone))["status"] == 404
        assert refusal(lambda gone=gone: sora.videos.remix(gone, prompt="make it red"))["code"] == "not_found"


def test_a_video_that_is_deleted_while_it_is_filmed_stays_away(
    sora: OpenAI, refusal: Refusal, studio: Studio
) -> None:
    studio.films.clear()
    video = sora.videos.create(prompt="a cat walks", seconds="1")  # type: ignore[arg-type]
    other = sora.videos.create(prompt="a car drives", seconds="1")  # type: ignore[arg-type]
    shoots = studio.worker._shoots

    def slow(job: Any) -> Any:
        studio.worker._shoots = shoots
        sora.videos.delete(video.id)
        return shoots(job)

    studio.worker._shoots = slow
    studio.films.set()
    assert sora.videos.poll(other.id).status == "completed"
    assert refusal(lambda: sora.videos.retrieve(video.id))["status"] == 404
    assert [found.id for found in sora.videos.list()] == [other.id]


def test_content_comes_in_three_variants(sora: OpenAI, refusal: Refusal, tmp_path: Path) -> None:
    video = sora.videos.create_and_poll(prompt="a cat walks", seconds="8")
    answer = sora.videos.download_content(video.id)
    assert answer.response.headers["content-type"] == "video/mp4" and answer.content[4:8] == b"ftyp"
    part = sora.videos.download_content(video.id, extra_headers={"range": "bytes=0-99"})
    assert part.response.status_code == 206 and part.content == answer.content[:100]
    film = film_of(sora, video.id, tmp_path)
    frames_THWC = read_video(film).frames_THWC
    thumbnail = sora.videos.download_content(video.id, variant="thumbnail")
    assert thumbnail.response.headers["content-type"] == "image/webp"
    first = np.asarray(Image.open(BytesIO(thumbnail.content)).convert("RGB"), dtype=float)
    assert np.abs(first - frames_THWC[0]).mean() < np.abs(first - frames_THWC[-1]).mean()
    sheet = sora.videos.download_content(video.id, variant="spritesheet")
    assert sheet.response.headers["content-type"] == "image/jpeg"
    assert Image.open(BytesIO(sheet.content)).size == (5 * 256, 5 * 256)  # 25 of 32 frames
    known = {"if-none-match": sheet.response.headers["etag"]}
    again = httpx.get(str(sheet.response.url), headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert refusal(lambda: sora.videos.download_content(video.id, variant="music"))["param"] == "variant"  # type: ignore[arg-type]


def test_a_spritesheet_shows_the_frames_in_order(tmp_path: Path) -> None:
    shades = np.linspace(0, 240, 7).astype(np.uint8)
    write_video(
        tmp_path / "film.mp4", np.broadcast_to(shades[:, None, None, None], (7, 64, 640, 3)).copy(), 4
    )
    sheet = Image.open(BytesIO(spritesheet(tmp_path / "film.mp4"))).convert("L")
    assert sheet.size == (5 * 320, 2 * 32)
    for at, shade in enumerate(shades):
        row, column = divmod(at, 5)
        assert abs(sheet.getpixel((column * 320 + 160, row * 32 + 16)) - int(shade)) < 6
    assert sheet.getpixel((1500, 48)) == 0


# ---------------------------------------------------------------- errors, models


ADDRESS = {"image_url": "http://127.0.0.1/cat.png"}
REFUSED: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"prompt": "  "}, "prompt", "missing_required_parameter"),
    ({"prompt": "qwerty zxcvb"}, "prompt", "not_understood"),
    ({"prompt": "4 seconds long"}, "prompt", "not_understood"),
    ({"prompt": "a cat " * 800}, "prompt", "too_long"),
    ({"prompt": "a cat\0"}, "prompt", "invalid_value"),
    ({"prompt": "a cat walks for 90 seconds"}, "prompt", "invalid_value"),
    ({"model": "sora-3"}, "model", "model_not_found"),
    ({"model": "../models/speck"}, "model", "model_not_found"),
    ({"size": "big"}, "size", "invalid_value"),
    ({"size": "0x720"}, "size", "invalid_value"),
    ({"seconds": "61"}, "seconds", "invalid_value"),
    ({"seconds": "0"}, "seconds", "invalid_value"),
    ({"seconds": "nan"}, "seconds", "invalid_value"),
    ({"seconds": "long"}, "seconds", "invalid_value"),
    ({"extra_body": {"seed": "-1"}}, "seed", "invalid_value"),
    ({"extra_body": {"seed": str(2**31)}}, "seed", "invalid_value"),
    ({"input_reference": b"no picture"}, "input_reference", "invalid_image"),
    ({"extra_body": {"input_reference": ADDRESS}}, "input_reference", "unsupported_value"),
    (
        {"extra_body": {"input_reference": {"image_url": "data:image/png;base64,*"}}},
        "input_reference",
        "invalid_value",
    ),
    ({"extra_body": {"input_reference": {"file_id": "file_1"}}}, "input_reference", "unsupported_value"),
)


def test_what_cannot_be_is_refused_by_name(sora: OpenAI, refusal: Refusal) -> None:
    for asked, param, code in REFUSED:
        told = refusal(lambda asked=asked: sora.videos.create(**{"prompt": "a cat walks", **asked}))
        assert (told["status"], told["param"], told["code"]) == (400, param, code), asked
        assert told["type"] == "invalid_request_error" and told["message"]
    assert sora.videos.list().data == []


NO_BODIES = (
    (b"{", "application/json"),
    (b"[]", "application/json"),
    (b"[" * 100_000, "application/json"),
    (b'{"prompt": 7}', "application/json"),
    (b'{"prompt": "a cat \\ud800"}', "application/json"),
    (b'{"prompt": "a cat", "seconds": true}', "application/json"),
    (b'{"prompt": "a cat", "seconds": [1]}', "application/json"),
    (b'{"prompt": "a cat", "seconds": 1' + b"0" * 400 + b"}", "application/json"),
    (b'{"prompt": "a cat", "input_reference": [1]}', "application/json"),
    (b"nothing", "multipart/form-data"),
    (b"a cat", "text/plain"),
)


def test_bodies_that_are_none_are_refused(studio: Studio) -> None:
    for body, kind in NO_BODIES:
        answer = httpx.post(f"{studio.address}/v1/videos", content=body, headers={"content-type": kind})
        assert answer.status_code == (415 if kind == "text/plain" else 400), body[:80]
        assert answer.json()["error"]["type"] == "invalid_request_error"
    assert httpx.get(f"{studio.address}/v1/videos").json()["data"] == []


def test_queries_that_cannot_be_are_refused(sora: OpenAI, refusal: Refusal) -> None:
    assert refusal(lambda: sora.videos.list(limit=0))["param"] == "limit"
    assert refusal(lambda: sora.videos.list(order="up"))["param"] == "order"  # type: ignore[arg-type]
    assert refusal(lambda: sora.videos.retrieve("take_1"))["status"] == 404


def test_characters_say_that_they_are_not_there(sora: OpenAI, refusal: Refusal) -> None:
    for call in (lambda: sora.videos.create_character(name="Tom", video=b"film"),
                 lambda: sora.videos.get_character("character_1")):  # fmt: skip
        told = refusal(call)
        assert (told["status"], told["code"]) == (404, "unsupported")


def test_takes_of_a_conversation_are_no_videos(sora: OpenAI, refusal: Refusal, studio: Studio) -> None:
    studio.films.clear()
    name = httpx.post(f"{studio.address}/api/conversations").json()["id"]
    httpx.post(f"{studio.address}/api/conversations/{name}/messages", json={"text": "a red car drives"})
    [take] = httpx.get(f"{studio.address}/api/conversations/{name}").json()["takes"]
    assert refusal(lambda: sora.videos.retrieve(take))["status"] == 404
    assert sora.videos.list().data == []


def test_models_are_those_installed(sora: OpenAI, refusal: Refusal) -> None:
    listed = sora.models.list().data
    assert [model.id for model in listed] == ["speck", "nano"]
    assert all(model.object == "model" and model.created <= time.time() for model in listed)
    assert sora.models.retrieve("sora-2-pro").id == "speck"
    told = refusal(lambda: sora.models.retrieve("gpt-5"))
    assert (told["status"], told["code"]) == (404, "model_not_found")


def test_a_named_model_films(sora: OpenAI, studio: Studio) -> None:
    studio.films.clear()
    assert sora.videos.create(prompt="a cat walks", model="nano").model == "nano"
    assert sora.videos.create(prompt="a cat walks", model="sora-2-pro").model == "speck"
    assert sora.videos.create(prompt="a cat walks").model == "speck"
