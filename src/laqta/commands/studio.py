"""`laqta studio`: the page and the APIs, with a worker beside them."""

from __future__ import annotations

import os
import threading
import webbrowser
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from laqta.commands import arguments
from laqta.settings import home, load_settings
from laqta.terminal import say, show

if TYPE_CHECKING:
    from laqta.studio.workplace import Workplace

SUMMARY = "Make films by chatting, on a page in the browser; programs find the Videos API there."
USUAL_PORT = 7700
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta studio` takes."""
    add = parser.add_argument
    add(
        "action",
        nargs="?",
        choices=["backup", "restore"],
        metavar="backup|restore",
        help="keep everything in one FILE, or take it from there; both work while a studio runs",
    )
    add("file", nargs="?", type=Path, metavar="FILE", help="where the backup is or goes (.tar)")
    add(
        "--host",
        default="127.0.0.1",
        metavar="H",
        help="the address to listen on (127.0.0.1: this machine only)",
    )
    add("--port", type=arguments.whole(0, 65535), default=USUAL_PORT, metavar="N", help="the port (7700)")
    add("--no-open", action="store_true", help="open no browser")
    add("--no-worker", action="store_true", help="start no worker; others join with laqta worker")
    add("--database", metavar="URL", help="sqlite:///FILE or postgresql://... (under LAQTA_HOME)")
    add("--data", type=Path, metavar="DIR", help="the data engine's folder to review (data in LAQTA_HOME)")
    add("--model", metavar="NAME", help="laqta models lists those installed")
    add("--device", metavar="D", help="cpu, cuda, cuda:1, mps (the fastest there is)")


def run(args: Namespace) -> None:
    """Serve until stopped, or do what the action says."""
    if (args.action is None) != (args.file is None):
        raise ValueError("a FILE goes with backup and with restore: laqta studio backup studio.tar")
    if args.action is None:
        check_door(args.host, os.environ.get("LAQTA_KEY"))
    with needs_extra():
        from laqta.studio import backup
        from laqta.studio.workplace import Workplace
    workplace = Workplace.open(os.environ, args.database)
    workplace.store.upgrade()
    if args.action == "backup":
        show(backup.save(workplace, args.file))
    elif args.action == "restore":
        show(backup.restore(workplace, args.file))
    else:
        _serve(args, workplace)


def check_door(host: str, key: str | None) -> None:
    """Raise `ValueError` where everybody on the network could come in."""
    if host not in LOOPBACK and not key:
        raise ValueError(
            f"--host {host!r} opens the studio to the network, and it has no key: set LAQTA_KEY to a long word that "
            "only those who may come in know"
        )


@contextmanager
def needs_extra() -> Iterator[None]:
    """Say how to install what the studio needs, where it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("laqta"):
            raise
        raise OSError(
            f"the studio needs {error.name}, which is not installed: pip install 'laqta[studio]'"
        ) from error


def _data(named: Path | None) -> Path:
    """The folder that is reviewed; `ValueError` for one that was named and holds no data."""
    stated = named or os.environ.get("LAQTA_DATA")
    folder = Path(stated) if stated else home(os.environ) / "data"
    if stated and not (folder / "sources").is_dir():
        raise ValueError(
            f"{str(folder)!r} holds no data; begin with: laqta data ingest FOLDER --workspace {folder}"
        )
    return folder


def _serve(args: Namespace, workplace: Workplace) -> None:
    import uvicorn

    from laqta.studio.app import STATIC, build_app
    from laqta.studio.brains import brain_of
    from laqta.studio.desk import Desk
    from laqta.studio.review import ReviewRoom
    from laqta.studio.server import StudioServer
    from laqta.studio.supervisor import Supervisor

    settings = load_settings(os.environ)
    desk = Desk(
        workplace=workplace,
        model=args.model or settings.model or "nano",
        brain=brain_of(os.environ, workplace.media),
        key=os.environ.get("LAQTA_KEY") or None,
        review=ReviewRoom(data=_data(args.data)),
    )
    desk.card(desk.model)
    desk.warm_up()
    app = build_app(desk, (*LOOPBACK, args.host))
    server = StudioServer(
        uvicorn.Config(
            app,
            host=args.host,
            port=args.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
            timeout_keep_alive=30,  # longer than clients keep theirs: no connection closes as it is used
        ),
        desk,
    )
    options = [f"--database={args.database}"] if args.database else []
    options += [f"--device={args.device}"] if args.device else []
    supervisor = None if args.no_worker else Supervisor(workplace, options)
    sock = server.config.bind_socket()
    address = f"http://{args.host}:{sock.getsockname()[1]}"
    show(f"Laqta studio: {address}")
    if not (STATIC / "index.html").is_file():
        say("the page was not built (make page builds it); the API works")
    if supervisor is not None:
        supervisor.start()
    if not args.no_open:
        threading.Timer(1.0, webbrowser.open, [address]).start()
    try:
        server.run(sockets=[sock])
    except (SystemExit, KeyboardInterrupt):  # asked to end, as every server is one day
        say("stopped; what was being filmed is back in the queue")
    finally:
        if supervisor is not None:
            supervisor.stop()
        workplace.store.close()
