"""The studio as processes: stopped, killed, begun again, and nothing lost or doubled; and how it refuses to start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from laqta.cli import main

Start = Callable[..., Any]
ROOT = Path(__file__).parents[2]


def call(studio: Any, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        studio.address + path, data, {"content-type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def wait_for(studio: Any, name: str, state: str) -> dict[str, Any]:
    """The conversation, once its newest take is in a state."""
    for _ in range(600):
        shown: dict[str, Any] = call(studio, "GET", f"/api/conversations/{name}")
        takes = list(shown["takes"].values())
        if takes and takes[-1]["state"] == state:
            return shown
        time.sleep(0.1)
    raise TimeoutError(json.dumps(shown)[:2000])


def ends(home: Path) -> list[str]:
    """Every job's end, as the events tell it."""
    import sqlite3

    with sqlite3.connect(home / "studio" / "studio.db") as db:
        return [row[0] for row in db.execute("SELECT terminal FROM events WHERE terminal IS NOT NULL")]


def test_stopping_the_studio_loses_nothing(start_studio: Start, tmp_path: Path) -> None:
    studio = start_studio()
    name = call(studio, "POST", "/api/conversations")["id"]
    call(studio, "POST", f"/api/conversations/{name}/messages", {"text": "a car in the snow, 30 seconds"})
    wait_for(studio, name, "running")
    assert studio.stop() == 0
    again = start_studio("--no-worker")
    [take] = call(again, "GET", f"/api/conversations/{name}")["takes"].values()
    assert take["state"] == "queued" and ends(tmp_path / "studio-home") == []
    [job] = call(again, "GET", f"/api/conversations/{name}")["jobs"].values()
    assert (job["state"], job["attempt"]) == ("queued", 0)
    again.stop()


def test_killing_the_server_and_its_worker_loses_and_doubles_nothing(
    start_studio: Start, tmp_path: Path
) -> None:
    studio = start_studio()
    name = call(studio, "POST", "/api/conversations")["id"]
    call(studio, "POST", f"/api/conversations/{name}/messages", {"text": "a car in the snow, 12 seconds"})
    wait_for(studio, name, "running")
    children = subprocess.run(
        ["pgrep", "-P", str(studio.process.pid)], capture_output=True, text=True
    ).stdout.split()
    assert children
    for pid in (studio.process.pid, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    studio.process.wait()
    again = start_studio()
    shown = wait_for(again, name, "done")
    assert len(shown["takes"]) == 1 and len(ends(tmp_path / "studio-home")) == 1
    again.stop()


def test_a_storm_of_kills_in_small(tmp_path: Path) -> None:
    """The measurement of `runs/studio_kills.py`, small enough for every run of the tests."""
    command = [
        sys.executable,
        str(ROOT / "runs" / "studio_kills.py"),
        "--jobs=12",
        "--kills=3",
        "--workers=2",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=1800)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert found["kills"]["server"] == 1 and found["kills"]["filming worker"] >= 1
    assert found["claims_cut_short"] >= 1


def test_events_stream_from_any_number_on(start_studio: Start) -> None:
    studio = start_studio("--no-worker")
    name = call(studio, "POST", "/api/conversations")["id"]
    call(studio, "POST", f"/api/conversations/{name}/messages", {"text": "a car in the snow"})
    shown = call(studio, "POST", f"/api/conversations/{name}/messages", {"text": "make it night"})

    def read(last: str | None, count: int) -> list[int]:
        address = f"{studio.address}/api/events?conversation={name}"
        request = urllib.request.Request(address, headers={"last-event-id": last} if last else {})
        seen: list[int] = []
        with urllib.request.urlopen(request, timeout=30) as stream:
            while len(seen) < count:
                line = stream.readline().decode()
                if line.startswith("id: "):
                    seen.append(int(line.removeprefix("id: ")))
        return seen

    every = read(None, shown["last_event"])
    assert every == sorted(set(every)) and every[-1] == shown["last_event"]
    assert read(str(every[1]), 2) == every[2:4]
    assert studio.stop() == 0


def test_the_network_is_not_let_in_without_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["studio", "--host", "0.0.0.0", "--no-open"]) == 2
    assert "set LAQTA_KEY" in capsys.readouterr().err


def test_a_backup_is_taken_by_the_command_while_the_studio_runs(
    start_studio: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    studio = start_studio("--no-worker")
    name = call(studio, "POST", "/api/conversations")["id"]
    call(studio, "POST", f"/api/conversations/{name}/messages", {"text": "a car in the snow"})
    monkeypatch.setenv("LAQTA_HOME", str(tmp_path / "studio-home"))
    assert main(["studio", "backup", str(tmp_path / "studio.tar")]) == 0
    call(studio, "POST", f"/api/conversations/{name}/messages", {"text": "make it night"})
    assert main(["studio", "restore", str(tmp_path / "studio.tar")]) == 0
    assert len(call(studio, "GET", f"/api/conversations/{name}")["messages"]) == 1
    assert main(["studio", "backup"]) == 2
    assert "a FILE goes with backup" in capsys.readouterr().err
    studio.stop()
