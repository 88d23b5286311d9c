"""The Videos API: a request that is sent twice under one Idempotency-Key is done once."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI, omit
from sqlalchemy import select, update

from laqta.studio import videos
from laqta.studio.tables import idempotency

pytestmark = pytest.mark.filterwarnings(
    "ignore:The Sora API is scheduled"
)  # the client says so at every call

Studio = Any
KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite only: tests/studio/test_videos_rows.py asks the same rows of PostgreSQL."""
    return f"sqlite:///{tmp_path / 'studio.db'}"


@pytest.fixture(autouse=True)
def still(studio: Studio) -> None:
    """Nothing is filmed here."""
    studio.films.clear()


def test_the_same_again_is_answered_as_before(sora: OpenAI) -> None:
    ask = partial(sora.videos.with_raw_response.create, prompt="a cat walks", extra_headers=KEY)
    first, second = ask(), ask()
    assert first.content == second.content
    assert "idempotent-replayed" not in first.headers and second.headers["idempotent-replayed"] == "true"
    assert len(sora.videos.list().data) == 1
    other = sora.videos.create(prompt="a cat walks", extra_headers={"Idempotency-Key": "two"})
    assert other.id != first.parse().id
    assert sora.videos.create(prompt="a cat walks").id != sora.videos.create(prompt="a cat walks").id


def test_another_body_or_route_is_refused(sora: OpenAI, refusal: Any) -> None:
    video = sora.videos.create(prompt="a cat walks", extra_headers=KEY).id
    for ask in (
        lambda: sora.videos.create(prompt="a dog walks", extra_headers=KEY),
        lambda: sora.videos.create(prompt="a cat walks", seconds="8", extra_headers=KEY),
        lambda: sora.videos.create(prompt="a cat walks", input_reference=b"picture", extra_headers=KEY),
        lambda: sora.videos.remix(video, prompt="a cat walks", extra_headers=KEY),
    ):
        told = refusal(ask)
        assert (told["status"], told["code"]) == (422, "idempotency_key_reused")
    assert len(sora.videos.list().data) == 1


def test_while_the_first_is_at_work_the_second_is_a_conflict(
    sora: OpenAI, refusal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    create = videos.create

    def slow(*given: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return create(*given)

    monkeypatch.setattr(videos, "create", slow)
    made: list[str] = []
    first = threading.Thread(
        target=lambda: made.append(sora.videos.create(prompt="a cat walks", extra_headers=KEY).id)
    )
    first.start()
    assert begun.wait(60)
    told = refusal(lambda: sora.videos.create(prompt="a cat walks", extra_headers=KEY))
    assert (told["status"], told["code"]) == (409, "idempotency_in_progress")
    go_on.set()
    first.join()
    assert [sora.videos.create(prompt="a cat walks", extra_headers=KEY).id] == made
    assert len(sora.videos.list().data) == 1


def test_a_request_that_failed_leaves_its_key_free(sora: OpenAI, refusal: Any) -> None:
    bad = refusal(lambda: sora.videos.create(prompt="a cat walks", size="big", extra_headers=KEY))  # type: ignore[arg-type]
    assert bad["param"] == "size"
    assert sora.videos.create(prompt="a cat walks", extra_headers=KEY).status == "queued"


def test_callers_do_not_share_keys(sora: OpenAI) -> None:
    other = sora.with_options(api_key="somebody else")
    ids = {client.videos.create(prompt="a cat walks", extra_headers=KEY).id for client in (sora, other)}
    assert len(ids) == 2


def test_keys_are_kept_for_a_day_and_lost_requests_for_a_while(
    sora: OpenAI, studio: Studio, refusal: Any
) -> None:
    store = studio.desk.workplace.store

    def age(seconds: float, **values: Any) -> None:
        store.write(
            lambda db: db.execute(update(idempotency).values(at=idempotency.c.at - seconds, **values))
        )

    ask = partial(sora.videos.create, prompt="a cat walks", extra_headers=KEY)
    first = ask().id
    age(23 * 3600)
    assert ask().id == first
    age(2 * 3600)
    second = ask().id
    assert second != first
    assert len(store.read(lambda db: db.execute(select(idempotency)).all())) == 1
    age(60, reply=None)  # as if the server had been killed a minute ago
    assert refusal(ask)["status"] == 409
    age(61)
    assert ask().id not in (first, second)


def test_a_key_of_any_length_is_not_taken(studio: Studio) -> None:
    answer = httpx.post(
        f"{studio.address}/v1/videos", json={"prompt": "a cat"}, headers={"idempotency-key": "k" * 256}
    )
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "too_long"


def test_remixes_and_extensions_have_keys_too(sora: OpenAI, studio: Studio) -> None:
    studio.films.set()
    video = sora.videos.create_and_poll(prompt="a cat walks", seconds="1").id  # type: ignore[arg-type]
    studio.films.clear()
    body = {"video": {"id": video}}
    asks = (
        lambda key: sora.videos.remix(video, prompt="make it red", extra_headers=key),
        lambda key: sora.videos.edit(prompt="make it red", video=omit, extra_body=body, extra_headers=key),
        lambda key: sora.videos.extend(
            prompt="a cat walks", seconds="4", video=omit, extra_body=body, extra_headers=key
        ),
    )
    for number, ask in enumerate(asks):
        key = {"Idempotency-Key": str(number)}
        assert ask(key).id == ask(key).id
    assert len(sora.videos.list().data) == 4
    assert isinstance(sora.videos.list().data[0], openai.types.Video)
