"""A studio as a person starts it: its own process, a real browser in front of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

STUDIO = Path(__file__).parents[2] / "src" / "laqta" / "studio"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PAGE = STUDIO / "static" / "index.html"
AXE = STUDIO / "page" / "node_modules" / "axe-core" / "axe.min.js"
"""Of what the page is built with, as its lock file says: `make page` fetches it."""

NEEDED = {
    "Chromium (apt-get install chromium)": CHROMIUM,
    "the built page (make page)": PAGE,
    "axe-core (make page)": AXE,
}
MISSING = [name for name, path in NEEDED.items() if not path.is_file()]

collect_ignore = ["test_studio_axe.py", "test_studio_review.py"] if MISSING else []
if not (CHROMIUM.is_file() and PAGE.is_file()):
    collect_ignore.append("test_studio_page.py")
"""The page is tried in a browser where there is one; `.ci/run` sees to it."""


def pytest_report_header() -> str | None:
    """Say what is not tried on this machine, and how it would be."""
    return f"not tried, the studio's page in a browser: it needs {' and '.join(MISSING)}" if MISSING else None


@dataclass(kw_only=True)
class RunningStudio:
    """A studio's process, and its address."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path
    key: str = ""

    def stop(self) -> int:
        """Ask it to end, as Ctrl-C and service managers do; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def start(home: Path, *more: str, key: str = "") -> RunningStudio:
    """Start `laqta studio`, with a key or without, and wait until it answers."""
    log = home / "studio.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "laqta", "studio", "--no-open", "--port=0", "--model=speck", *more],
            env={**os.environ, "LAQTA_HOME": str(home), "LAQTA_KEY": key, "PYTHONUNBUFFERED": "1",
                 "OMP_NUM_THREADS": "1"},
            stdout=out, stderr=out,
        )  # fmt: skip
    for _ in range(3000):  # on a busy machine
        for line in log.read_text().splitlines()[::-1]:
            if line.startswith("Laqta studio: "):
                address = line.removeprefix("Laqta studio: ")
                try:
                    urllib.request.urlopen(f"{address}/api/hello", timeout=5)
                except OSError:
                    break
                return RunningStudio(process=process, address=address, log=log, key=key)
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    process.kill()
    process.wait()
    raise TimeoutError(log.read_text())


@pytest.fixture(scope="session")
def studio_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with a random model that takes long enough to be watched."""
    from laqta.train.untrained import save_untrained

    home = tmp_path_factory.mktemp("studio-home")
    save_untrained(home / "models" / "speck", steps=40)
    return home


@pytest.fixture(scope="session")
def studio(studio_home: Path) -> Iterator[RunningStudio]:
    """A running studio with its own worker."""
    running = start(studio_home)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="session")
def closed_studio(studio_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A running studio that has a key, and whose queue nobody films."""
    home = tmp_path_factory.mktemp("closed-home")
    (home / "models").symlink_to(studio_home / "models")
    running = start(home, "--no-worker", key="open sesame")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def start_studio(studio_home: Path, tmp_path: Path) -> Iterator[Callable[..., RunningStudio]]:
    """Start studios on a home of the test's own; what still runs in the end is killed."""
    home = tmp_path / "studio-home"
    (home / "models").mkdir(parents=True)
    (home / "models" / "speck").symlink_to(studio_home / "models" / "speck")
    begun: list[RunningStudio] = []

    def begin(*more: str) -> RunningStudio:
        begun.append(start(home, *more))
        return begun[-1]

    yield begin
    for studio in begun:
        if studio.process.poll() is None:
            studio.process.kill()
            studio.process.wait()
