"""Keeps the studio's own worker alive: a process of its own, so that filming never holds up the server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from functools import partial

from laqta.studio import queue
from laqta.studio.store import StoreError
from laqta.studio.workplace import Workplace
from laqta.terminal import say

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
QUICK_DEATH = 10.0
"""A worker that ends sooner than this (seconds) is begun again later each time."""


class Supervisor:
    """Starts `laqta worker` beside the server, begins it again when it ends, and stops it with the server."""

    def __init__(self, workplace: Workplace, options: list[str]) -> None:
        self._workplace = workplace
        self._options = options
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the worker runs now."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Begin the worker."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the worker to end, and wait until it has given its job back."""
        self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        pause = FIRST_PAUSE
        for count in range(1, 1_000_000):
            if self._stopping.is_set():
                return
            started, name = time.monotonic(), f"studio-{os.getpid()}-{count}"
            command = [sys.executable, "-m", "laqta", "worker", "--name", name, "--parent", str(os.getpid())]
            self._process = subprocess.Popen([*command, *self._options])
            code = self._process.wait()
            if self._stopping.is_set():
                return
            say(f"laqta studio: the worker ended ({code}); another one begins")
            try:  # its process is gone for certain: nobody need wait for its lease
                self._workplace.store.write(partial(queue.release, worker=name))
            except StoreError as error:
                say(f"laqta studio: {error}")
            pause = min(LONGEST_PAUSE, pause * 2) if time.monotonic() - started < QUICK_DEATH else FIRST_PAUSE
            self._stopping.wait(pause)
