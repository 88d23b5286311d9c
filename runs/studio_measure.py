"""Measures the studio: message to queue, what it adds to a filmed take, and the page's first load.

    .venv/bin/python runs/studio_measure.py --save

Runs a studio of its own in an empty folder, with the model `nano`. The page is measured where Chromium is installed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from laqta.terminal import show

ROOT = Path(__file__).parents[1]
CONVERSATIONS = ROOT / "tests" / "director" / "conversations"
STATIC = ROOT / "src" / "laqta" / "studio" / "static"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
PAUSE = 0.26
"""Seconds between two changes: the door lets 240 a minute in."""
NEWEST = "SELECT id, state, started_at FROM jobs ORDER BY created_at DESC"
WARMING = 3
REST = 0.3
"""Seconds before a film, in the studio and without it: so that nothing of what was before still runs."""
SHORT = "a red car drives in the snow"
LONG = "new shot: a red car drives in the snow for 4 seconds"


class Server:
    """One `laqta studio` process."""

    def __init__(self, home: str, *more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "laqta", "studio", "--no-open", f"--port={port}", *more]
        self.process = subprocess.Popen(
            command, env={**os.environ, "LAQTA_HOME": home}, stdout=subprocess.DEVNULL
        )
        for _ in range(300):
            try:
                self.call("GET", "/api/hello")
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(self.address)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        return json.load(urllib.request.urlopen(request, timeout=60))

    def stop(self) -> None:
        """Ask it to end."""
        self.process.terminate()
        self.process.wait(timeout=30)


def main() -> None:
    """Measure everything and show it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--save", action="store_true", help="write benchmarks/DATE-studio.json")
    parser.add_argument("--takes", type=int, default=40, help="of each length")
    parser.add_argument("--only", choices=["message_to_queue", "overhead", "page"])
    args = parser.parse_args()
    measures: dict[str, Callable[[str], dict[str, Any]]] = {
        "message_to_queue": _messages,
        "overhead": partial(_overhead, count=args.takes),
        "page": _page,
    }
    found: dict[str, Any] = {}
    for name, measure in measures.items():
        if args.only in (None, name):
            with TemporaryDirectory() as home:
                found[name] = measure(home)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    found |= {"hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"}
    found |= {"load": [round(load, 1) for load in os.getloadavg()], "nice": os.nice(0)}
    found |= {"commit": commit.stdout.strip(), "command": " ".join(["runs/studio_measure.py", *sys.argv[1:]])}
    show(json.dumps(found, indent=2))
    if args.save:
        (ROOT / "benchmarks" / f"{date.today()}-studio.json").write_text(json.dumps(found, indent=2) + "\n")


def _messages(home: str) -> dict[str, float]:
    """Milliseconds from sending a message to having its state back, jobs queued, over the scripted conversations."""
    server, spent = Server(home, "--no-worker"), []
    try:
        for path in sorted(CONVERSATIONS.glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines()[:20]:
                time.sleep(PAUSE)
                name = server.call("POST", "/api/conversations")["id"]
                for turn in json.loads(line):
                    time.sleep(PAUSE)
                    started = time.perf_counter()
                    server.call("POST", f"/api/conversations/{name}/messages", {"text": turn["say"]})
                    spent.append(1000 * (time.perf_counter() - started))
    finally:
        server.stop()
    ordered = sorted(spent)
    return {
        "messages": len(spent), "median_ms": round(statistics.median(spent), 1),
        "p99_ms": round(ordered[int(0.99 * len(ordered))], 1), "max_ms": round(ordered[-1], 1),
    }  # fmt: skip


def _overhead(home: str, count: int) -> dict[str, Any]:
    """What the studio adds to a take, with one page open: a take of one clip, and one that is filmed in pieces."""
    import laqta

    crew, server = laqta.load("nano"), Server(home)
    try:
        name = server.call("POST", "/api/conversations")["id"]
        threading.Thread(target=_listen, args=(server, name), daemon=True).start()
        watch = Watch(Path(home) / "studio" / "studio.db", name)
        return {
            "from": "the moment another process can read the job's row (its message is committed)",
            "to": "the moment another process can read that the take is done (its file is in place before that)",
            "subtracted": "the same words, seed and length by Crew.film(...).save(FILE.mp4) in the measuring process, "
            "as laqta film does it: planning, filming, judging, enlarging, encoding, one file flushed to the disk; "
            "each right after the studio's take, after the same pause, so that other load on the machine hits both",
            "not_subtracted": "what the studio alone does: wake, claim, previews, progress, questions whether to stop, "
            "poster, rows, events, and what the server and one open page's stream take of the processor",
            "one_clip": _overhead_of(server, watch, crew, [SHORT, *["another version"] * (count + 2)])
            | {"asked": SHORT},
            "several_pieces": _overhead_of(
                server, watch, crew, [LONG, *["another version"] * (count // 2 + 2)]
            )
            | {"asked": LONG},
        }
    finally:
        server.stop()


def _overhead_of(server: Server, watch: Watch, crew: Any, messages: list[str]) -> dict[str, Any]:
    """Takes in the studio and without it, in turn; the first three, which load and warm up, do not count."""
    whole, alone, claimed = [], [], []
    with TemporaryDirectory() as folder:
        for number, text in enumerate(messages):
            time.sleep(REST)
            watch.next()
            state = server.call("POST", f"/api/conversations/{watch.conversation}/messages", {"text": text})
            [take] = [state["takes"][take] for take in state["messages"][-1]["takes"]]
            queued, started, done = watch.done()
            seconds = _take(server, watch.conversation, take["id"])["seconds"]
            time.sleep(REST)
            begun = time.perf_counter()
            crew.film(take["words"], seed=take["seed"], seconds=seconds).save(Path(folder) / f"{number}.mp4")
            if number >= WARMING:
                alone.append(time.perf_counter() - begun)
                whole.append(done - queued)
                claimed.append(started - queued)
    over = [one - other for one, other in zip(whole, alone, strict=True)]
    return {
        "takes": len(over),
        "queue_to_file_s_median": round(statistics.median(whole), 4), "queue_to_file_s_p95": _p95(whole, 4),
        "without_a_studio_s_median": round(statistics.median(alone), 4), "without_a_studio_s_p95": _p95(alone, 4),
        "over_ms_median": round(1000 * statistics.median(over), 1), "over_ms_p95": round(1000 * _p95(over, 6), 1),
        "over_share_median": round(statistics.median(over) / statistics.median(alone), 4),
        "until_claimed_ms_median": round(1000 * statistics.median(claimed), 1),
    }  # fmt: skip


def _take(server: Server, conversation: str, take: str) -> Any:
    return server.call("GET", f"/api/conversations/{conversation}")["takes"][take]


def _p95(values: list[float], digits: int) -> float:
    return round(sorted(values)[min(len(values) - 1, round(0.95 * len(values)))], digits)


class Watch:
    """Notes when another process can see that the newest job waits, and that it is done: it looks every millisecond."""

    def __init__(self, database: Path, conversation: str) -> None:
        self.conversation = conversation
        self._database = database
        self._seen: dict[str, float] = {}
        self._job, self._started = "", 0.0
        self._known: set[str] = set()
        self._done = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def next(self) -> None:
        """Forget what was seen."""
        self._known |= {self._job}
        self._job = ""
        self._done.clear()

    def done(self) -> tuple[float, float, float]:
        """When the job could be seen, when it was claimed (by its row), and when its end could be seen."""
        if not self._done.wait(timeout=120):
            raise TimeoutError(self._job)
        return self._seen["queued"], self._started, self._seen["done"]

    def _run(self) -> None:
        with closing(sqlite3.connect(self._database)) as db:
            count = -1
            while True:
                [now] = db.execute("PRAGMA data_version").fetchone()
                if now != count:
                    self._look(db.execute(NEWEST).fetchone())
                count = now
                time.sleep(0.001)

    def _look(self, row: tuple[str, str, float] | None) -> None:
        if row is None or row[0] in self._known:
            return
        if row[0] != self._job:
            self._job, self._seen = row[0], {"queued": time.time()}
        if row[1] == "done" and "done" not in self._seen:
            self._seen["done"], self._started = time.time(), row[2]
            self._done.set()


def _listen(server: Server, conversation: str) -> None:
    """Read a conversation's news, as an open page does, until the server ends."""
    try:
        with urllib.request.urlopen(f"{server.address}/api/events?conversation={conversation}") as line:
            for _ in line:
                pass
    except OSError:
        return


def _page(home: str) -> dict[str, float]:
    """What the page weighs, and how long it takes until one can type in it."""
    from playwright.sync_api import sync_playwright

    weight = sum(
        len(gzip.compress(path.read_bytes(), 9))
        for path in STATIC.rglob("*")
        if path.suffix in (".js", ".css")
    )
    server, times = Server(home, "--no-worker"), []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            for _ in range(7):
                page = browser.new_context().new_page()  # with an empty cache
                started = time.perf_counter()
                page.goto(server.address, wait_until="commit")
                page.get_by_test_id("composer").fill("x")
                times.append(time.perf_counter() - started)
                page.context.close()
            browser.close()
    finally:
        server.stop()
    return {"gzipped_kB": round(weight / 1000, 1), "interactive_s_median": round(statistics.median(times), 2)}


if __name__ == "__main__":
    main()
