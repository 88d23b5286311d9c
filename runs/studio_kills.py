"""Kills the studio's workers and server at random while a queue is filmed, and counts what was lost or doubled.

Workers are killed within a job that they hold, as the rows tell: new ones mostly import torch, which proves little.

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
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, select

from laqta.studio import queue
from laqta.studio.store import Store
from laqta.studio.tables import events, jobs, takes
from laqta.studio.workplace import Workplace
from laqta.terminal import show
from laqta.train.untrained import save_untrained

PATIENCE, BACK = 3600.0, 300.0
"""Seconds within which all is filmed, and within which a server that was killed answers again: on a busy machine."""
TALK = 20
"""Messages of one conversation."""
STEPS = 60
"""Of the random model: a job then takes long enough to be killed in."""


class Studio:
    """The processes of one studio: a server without a worker of its own, and the workers that join it."""

    def __init__(self, database: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._database = f"--database={database}"
        self.names: list[str] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self.join("server")

    def join(self, name: str) -> None:
        """Begin one more process: the server, or a worker by its name."""
        self.names.append(name)
        self._processes.append(self._start(name))

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        serve = ["studio", "--no-open", "--no-worker", "--model=speck", f"--port={self.port}"]
        command = serve if name == "server" else ["worker", f"--name={name}"]
        return subprocess.Popen(
            [sys.executable, "-m", "laqta", *command, self._database],
            env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self, name: str) -> None:
        """Kill one process as the kernel would, and begin it again; a new worker has a name of its own."""
        at = self.names.index(name)
        self._processes[at].send_signal(signal.SIGKILL)
        self._processes[at].wait()
        if name != "server":
            place, _, birth = name.partition("-")
            self.names[at] = f"{place}-{int(birth) + 1}"
        self._processes[at] = self._start(self.names[at])

    def stop(self) -> None:
        """Ask all to end."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=BACK)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the server, again and again while it is down, as a page does."""
        data = None if body is None else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self.port}{path}"
        deadline = time.monotonic() + BACK
        while time.monotonic() < deadline:
            request = urllib.request.Request(
                address, data, {"content-type": "application/json"}, method=method
            )
            try:
                return json.load(urllib.request.urlopen(request, timeout=BACK))
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
    """Fill the queue, killing the server now and then; film it, killing workers and the server evenly over the jobs."""
    dice, started, killed = random.Random(args.seed), time.monotonic(), Counter[str]()
    until = started + PATIENCE
    studio = Studio(args.database or place.store.url)
    early = set(dice.sample(range(1, args.jobs), max(1, args.kills // 6)))
    whom = ["server"] * ((args.kills - len(early)) // 6)
    whom += ["worker"] * (args.kills - len(early) - len(whom))
    dice.shuffle(whom)
    try:
        asked, conversation = 0, ""
        for number in range(args.jobs):
            if number in early:
                studio.kill("server")
                killed["server"] += 1
            begins = number % TALK == 0
            if begins:
                conversation = studio.call("POST", "/api/conversations")["id"]
            text = "a red car in the snow" if begins else "another version"
            asked += _say(studio, conversation, text, place.store)
        for at in range(args.workers):
            studio.join(f"w{at}-0")
        late = [0.8 * asked * at / len(whom) for at in range(len(whom))]  # by the jobs that have ended
        while place.store.read(_waiting) and time.monotonic() < until:
            if late and place.store.read(_ended) >= late[0]:
                late.pop(0)
                killed[_strike(whom.pop(), studio, place.store, dice, until)] += 1
            time.sleep(0.02)
        return _count(place, asked) | {
            "jobs": asked, "kills": dict(killed), "workers": args.workers, "seed": args.seed,
            "database": place.store.engine.dialect.name, "seconds": round(time.monotonic() - started, 1),
        }  # fmt: skip
    finally:
        studio.stop()
        place.store.close()


def _strike(whom: str, studio: Studio, store: Store, dice: random.Random, until: float) -> str:
    """Kill the server, or a worker at a random moment of what it films; says whom, and what it was at.

    A job that five workers in a row died of is given up, as it should be: one that was cut short often is spared.
    """
    if whom == "server":
        studio.kill(whom)
        return whom
    spared = queue.MOST_ATTEMPTS - 1
    while store.read(_waiting) and time.monotonic() < until:
        filming = store.read(_filming)
        victims = [name for name in studio.names if filming.get(name, spared) < spared]
        if victims:
            victim = dice.choice(victims)
            time.sleep(dice.uniform(0, store.read(_usual_seconds)))
            if store.read(_filming).get(victim, spared) < spared:
                studio.kill(victim)
                return "filming worker" if victim in store.read(_filming) else "idle worker"
        time.sleep(0.02)
    return "nobody: no job to be cut short was left"


def _filming(db: Connection) -> dict[str, int]:
    """The workers that hold a job, the dead whose lease still runs among them, and at which attempt it is."""
    held = db.execute(select(jobs.c.worker, jobs.c.attempt).where(jobs.c.state == "running"))
    return {row.worker: row.attempt for row in held}


def _usual_seconds(db: Connection) -> float:
    """How long a job is held from its claim to its end: the median so far."""
    spent = db.scalars(select(jobs.c.finished_at - jobs.c.started_at).where(jobs.c.state == "done"))
    return float(median(list(spent) or [1.0]))


def _say(studio: Studio, conversation: str, text: str, store: Store) -> int:
    """Say something once, though the server may die before or after it has written it down."""
    before = store.read(_asked)
    while store.read(_asked) == before:
        studio.call("POST", f"/api/conversations/{conversation}/messages", {"text": text})
    return store.read(_asked) - before


def _ended(db: Connection) -> int:
    return len(db.execute(select(events.c.terminal).where(events.c.terminal.is_not(None))).all())


def _asked(db: Connection) -> int:
    return len(db.execute(select(jobs.c.id)).all())


def _waiting(db: Connection) -> bool:
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
        "takes_whole": whole, "claims_cut_short": sum(row["attempt"] - 1 for row in rows),
        "attempts": {str(key): attempts[key] for key in sorted(attempts)},
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
