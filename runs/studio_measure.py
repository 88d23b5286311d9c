"""Measures the studio: message to queue, the server's share of a filmed take, and the page's first load.

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
import time
import urllib.request
from datetime import date
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
    parser.add_argument("--takes", type=int, default=20)
    args = parser.parse_args()
    with TemporaryDirectory() as home:
        found = {"message_to_queue": _messages(home)}
    with TemporaryDirectory() as home:
        found |= {"overhead": _overhead(home, args.takes)}
    with TemporaryDirectory() as home:
        found |= {"page": _page(home)}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    found |= {"hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"}
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


def _overhead(home: str, count: int) -> dict[str, float]:
    """From a job's row to its film's, by the rows' own times, against the same film without a studio, file included."""
    server = Server(home)
    try:
        name = server.call("POST", "/api/conversations")["id"]
        for number in range(count + 3):
            text = "another version" if number else "a red car drives in the snow"
            state = server.call("POST", f"/api/conversations/{name}/messages", {"text": text})
            [take] = state["messages"][-1]["takes"]
            time.sleep(
                10.0 if number == 0 else 1.0
            )  # the first one loads the model; looking would slow the others
            while _take(server, name, take)["state"] in ("queued", "running"):
                time.sleep(0.2)
    finally:
        server.stop()
    with sqlite3.connect(Path(home) / "studio" / "studio.db") as db:
        spent = [
            row[0] for row in db.execute("SELECT finished_at - created_at FROM jobs ORDER BY created_at")
        ][3:]
    bare = _bare(count)
    whole, alone = statistics.median(spent), statistics.median(bare)
    return {
        "takes": count, "queue_to_film_s_median": round(whole, 3), "without_a_studio_s_median": round(alone, 3),
        "over_share": round(whole / alone - 1, 3), "over_ms": round(1000 * (whole - alone), 1),
    }  # fmt: skip


def _bare(count: int) -> list[float]:
    """Seconds of the same films made by the library, saved as files."""
    import laqta

    crew, spent = laqta.load("nano"), []
    with TemporaryDirectory() as folder:
        for seed in range(count + 3):
            started = time.perf_counter()
            crew.film("a red car drives in the snow", seed=seed).save(Path(folder) / f"{seed}.mp4")
            spent.append(time.perf_counter() - started)
    return spent[3:]


def _take(server: Server, conversation: str, take: str) -> Any:
    return server.call("GET", f"/api/conversations/{conversation}")["takes"][take]


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
