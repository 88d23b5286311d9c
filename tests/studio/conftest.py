"""A studio in a folder of its own: an untrained `speck` films for it, by a worker that is stepped by hand."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient
from openai import APIStatusError, OpenAI

from laqta.film import Crew, load
from laqta.studio import conversations
from laqta.studio.app import build_app
from laqta.studio.desk import Desk
from laqta.studio.worker import Worker
from laqta.studio.workplace import Workplace

POSTGRES = os.environ.get("LAQTA_TEST_POSTGRES")  # read now: every test forgets the variables


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRES else ["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database: SQLite, and PostgreSQL where `LAQTA_TEST_POSTGRES` names a server (`.ci/run` starts one)."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'studio.db'}"
        return
    server = POSTGRES or ""
    import psycopg

    name = f"laqta_test_{os.getpid()}_{abs(hash(str(tmp_path))) % 10**9}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{server.rsplit('/', 1)[0]}/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def place(database: str, home: Path, speck: Path) -> Iterator[Workplace]:
    """An open studio in which `speck` is installed."""
    (home / "models").mkdir(parents=True)
    (home / "models" / "speck").symlink_to(speck)
    place = Workplace.open(os.environ, database)
    place.store.upgrade()
    yield place
    place.store.close()


@pytest.fixture
def worker(place: Workplace) -> Worker:
    """A worker of the studio."""
    return Worker(place, "tester")


@pytest.fixture
def desk(place: Workplace) -> Desk:
    """The desk of the studio."""
    return Desk(workplace=place, model="speck")


@pytest.fixture
def client(desk: Desk) -> TestClient:
    """The studio's server, asked from the same machine."""
    return TestClient(build_app(desk, ("testserver",)), raise_server_exceptions=False)


@pytest.fixture
def talk(client: TestClient) -> Callable[[str], dict[str, Any]]:
    """Say something in one conversation; returns its state."""
    name = client.post("/api/conversations").json()["id"]

    def say(text: str, **more: Any) -> dict[str, Any]:
        answer = client.post(f"/api/conversations/{name}/messages", json={"text": text, **more})
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    return say


@pytest.fixture
def state(client: TestClient) -> Callable[[str], dict[str, Any]]:
    """The state of a conversation."""

    def read(conversation: str) -> dict[str, Any]:
        answer: dict[str, Any] = client.get(f"/api/conversations/{conversation}").json()
        return answer

    return read


def said(place: Workplace, desk: Desk, text: str) -> str:
    """A new conversation in which one thing was said; returns its id."""
    name = place.store.write(partial(conversations.start, model="speck"))
    desk.say(name, text, None, None, at_head=True)
    return name


@dataclass(kw_only=True)
class Studio:
    """A studio that serves and films, each in a thread of its own; it films while `films` is set."""

    address: str
    desk: Desk
    worker: Worker
    films: threading.Event = field(default_factory=threading.Event)
    ends: threading.Event = field(default_factory=threading.Event)

    def film(self) -> None:
        """What the worker's thread does."""
        while not self.ends.is_set():
            if not (self.films.is_set() and self.worker.step()):
                time.sleep(0.01)


@pytest.fixture(scope="session")
def crew(speck: Path) -> Crew:
    """`speck`, loaded once for all studios of a run."""
    return load(speck, "cpu")


@pytest.fixture
def studio(desk: Desk, worker: Worker, crew: Crew) -> Iterator[Studio]:
    """A studio on a free port."""
    worker._crews["speck"] = crew
    server = uvicorn.Server(
        uvicorn.Config(
            build_app(desk), port=0, log_level="warning", timeout_graceful_shutdown=2, timeout_keep_alive=60
        )
    )
    socket = server.config.bind_socket()
    studio = Studio(address=f"http://127.0.0.1:{socket.getsockname()[1]}", desk=desk, worker=worker)
    studio.films.set()
    threads = [threading.Thread(target=server.run, args=([socket],)), threading.Thread(target=studio.film)]
    for thread in threads:
        thread.start()
    while not server.started and threads[0].is_alive():
        time.sleep(0.005)
    yield studio
    studio.ends.set()
    server.should_exit = desk.closing = True
    for thread in threads:
        thread.join()
    socket.close()


@pytest.fixture
def sora(studio: Studio) -> Iterator[OpenAI]:
    """OpenAI's own client, asking the studio."""
    with OpenAI(base_url=f"{studio.address}/v1", api_key="anything", max_retries=0) as client:
        yield client


@pytest.fixture
def refusal() -> Callable[[Callable[[], Any]], dict[str, Any]]:
    """The error object of a call that is refused, with its status."""

    def refused(call: Callable[[], Any]) -> dict[str, Any]:
        with pytest.raises(APIStatusError) as caught:
            call()
        answer = caught.value.response.json()
        assert list(answer) == ["error"] and set(answer["error"]) == {"message", "type", "param", "code"}
        return {"status": caught.value.status_code, **answer["error"]}

    return refused
