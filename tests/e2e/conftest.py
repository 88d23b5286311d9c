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

import pytest

CHROMIUM = Path("/usr/bin/chromium")
PAGE = Path(__file__).parents[2] / "src" / "laqta" / "studio" / "static" / "index.html"
NEEDED = {"Chromium (apt-get install chromium)": CHROMIUM, "the built page (make page)": PAGE}
MISSING = [name for name, path in NEEDED.items() if not path.is_file()]

collect_ignore = ["test_studio_page.py"] if MISSING else []
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

    def stop(self) -> int:
        """Ask it to end, as Ctrl-C and service managers do; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def start(home: Path, *more: str) -> RunningStudio:
    """Start `laqta studio` and wait until it answers."""
    log = home / "studio.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "laqta", "studio", "--no-open", "--port=0", "--model=speck", *more],
            env={**os.environ, "LAQTA_HOME": str(home), "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"},
            stdout=out, stderr=out,
        )  # fmt: skip
    for _ in range(600):
        for line in log.read_text().splitlines()[::-1]:
            if line.startswith("Laqta studio: "):
                address = line.removeprefix("Laqta studio: ")
                try:
                    urllib.request.urlopen(f"{address}/api/hello", timeout=5)
                except OSError:
                    break
                return RunningStudio(process=process, address=address, log=log)
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
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
