"""Kills the studio's workers and server at random while a queue is filmed, and counts what was lost or doubled.

    .venv/bin/python runs/studio_kills.py --jobs 200 --kills 30 --workers 3
    .venv/bin/python runs/studio_kills.py --database postgresql://user@host/empty_database

Films with a random model, so that jobs take a moment. Writes benchmarks/DATE-studio-kills-DATABASE.json with --save.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from laqta.studio.store import Store
from laqta.studio.tables import events, jobs, takes
from laqta.studio.workplace import Workplace
from laqta.terminal import show
from laqta.train.untrained import save_untrained

PATIENCE = 1200.0
STEPS = 60
"""Of the random model: a job then takes long enough to be killed in."""


class Studio:
    """The processes of one studio: a server without a worker of its own, and several workers."""

    def __init__(self, database: str, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        serve = ["studio", "--no-open", "--no-worker", "--model=speck", f"--port={self.port}"]
        self._commands = [[*serve, f"--database={database}"]]
        self._commands += [["worker", f"--database={database}", f"--name=w{at}"] for at in range(workers)]
        self._processes = [self._start(command) for command in self._commands]

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        environ = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            [sys.executable, "-m", "laqta", *command], env=environ, stderr=subprocess.DEVNULL
        )

    def kill(self, at: int) -> None:
        """Kill one process as the kernel would, and begin it again."""
        self._processes[at].send_signal(signal.SIGKILL)
        self._processes[at].wait()
        self._processes[at] = self._start(self._commands[at])

    def stop(self) -> None:
        """Ask all to end."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=30)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the server, again and again while it is down, as a page does."""
        data = None if body is None else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self.port}{path}"
        for _ in range(300):
            request = urllib.request.Request(
                address, data, {"content-type": "application/json"}, method=method
            )
            try:
                return json.load(urllib.request.urlopen(request, timeout=30))
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(address)


def main() -> None:
    """Run once and say what was found; exit 1 where anything was lost or doubled."""
    args = _parse()
    with TemporaryDirectory() as folder:
        os.environ["LAQTA_HOME"] = folder
        save_untrained(Path(folder) / "models" / "speck", steps=STEPS)
        place = Workplace.open(os.environ, args.database)
        place.store.upgrade()
        found = _storm(args, place)
    found |= {
        "hardware": _hardware(),
        "commit": _commit(),
        "command": " ".join(["runs/studio_kills.py", *sys.argv[1:]]),
    }
    show(json.dumps(found, indent=2))
    if args.save:
        name = f"{date.today()}-studio-kills-{found['database']}.json"
        (Path(__file__).parents[1] / "benchmarks" / name).write_text(json.dumps(found, indent=2) + "\n")
    sys.exit(0 if found["ok"] else 1)


def _storm(args: argparse.Namespace, place: Workplace) -> dict[str, Any]:
    """Fill the queue, killing the server now and then; film it, killing whoever it hits, evenly over the jobs."""
    dice, started, killed = random.Random(args.seed), time.monotonic(), Counter[str]()
    studio = Studio(args.database or place.store.url, args.workers)

    def kill(at: int) -> None:
        studio.kill(at)
        killed["server" if at == 0 else "worker"] += 1

    early = set(dice.sample(range(1, args.jobs), args.kills // 6))
    late = sorted(dice.uniform(0, args.jobs) for _ in range(args.kills - len(early)))
    try:
        conversation = studio.call("POST", "/api/conversations")["id"]
        asked = 0
        for number in range(args.jobs):
            if number in early:
                kill(0)
            text = "another version" if number else "a red car in the snow"
            asked += _say(studio, conversation, text, place.store)
        while place.store.read(_waiting) and time.monotonic() - started < PATIENCE:
            if late and place.store.read(_ended) >= late[0]:
                late.pop(0)
                kill(dice.randrange(args.workers + 1))
            time.sleep(0.02)
        return _count(place, asked) | {
            "jobs": asked, "kills": dict(killed), "workers": args.workers, "seed": args.seed,
            "database": place.store.engine.dialect.name, "seconds": round(time.monotonic() - started, 1),
        }  # fmt: skip
    finally:
        studio.stop()
        place.store.close()


def _say(studio: Studio, conversation: str, text: str, store: Store) -> int:
    """Say something once, though the server may die before or after it has written it down."""
    before = store.read(_asked)
    while store.read(_asked) == before:
        studio.call("POST", f"/api/conversations/{conversation}/messages", {"text": text})
    return store.read(_asked) - before


def _ended(db: Any) -> int:
    return len(db.execute(select(events.c.terminal).where(events.c.terminal.is_not(None))).all())


def _asked(db: Any) -> int:
    return len(db.execute(select(jobs.c.id)).all())


def _waiting(db: Any) -> bool:
    return (
        db.execute(select(jobs.c.id).where(jobs.c.state.in_(("queued", "running"))).limit(1)).first()
        is not None
    )


def _count(place: Workplace, asked: int) -> dict[str, Any]:
    """What became of every job."""
    read = partial(place.store.read)
    ends = Counter(read(lambda db: [n for n in db.scalars(select(events.c.terminal)) if n is not None]))
    rows = read(lambda db: list(db.execute(select(jobs)).mappings()))
    filmed = read(lambda db: {row["id"]: row for row in db.execute(select(takes)).mappings()})
    states = Counter(row["state"] for row in rows)
    whole = sum(
        1
        for take in filmed.values()
        if take["state"] == "done"
        and all(place.media.path(take[kind]).is_file() for kind in ("video", "poster"))
    )
    attempts = Counter(row["attempt"] for row in rows)
    ok = (
        len(rows) == asked == whole == len(filmed)
        and states == {"done": asked}
        and ends == {row["id"]: 1 for row in rows}
    )
    return {
        "ok": ok, "states": dict(states), "jobs_with_one_end": sum(count == 1 for count in ends.values()),
        "takes_whole": whole, "attempts": {str(key): attempts[key] for key in sorted(attempts)},
    }  # fmt: skip


def _hardware() -> str:
    return f"{os.cpu_count()} cores"


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--database", help="an empty one; SQLite in a folder of its own by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
