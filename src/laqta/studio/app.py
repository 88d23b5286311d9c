"""The studio's server: the page, its own API, and the Videos API, over one database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from laqta import __version__
from laqta.studio import routes, routes_review, routes_takes, videos
from laqta.studio.conversations import MovedOnError, NotFoundError
from laqta.studio.desk import Desk
from laqta.studio.guard import LOOPBACK, Guard
from laqta.studio.queue import QueueFullError
from laqta.studio.store import StoreError
from laqta.studio.workplace import QuotaError

STATIC = Path(__file__).parent / "static"
NO_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Laqta</title>
<h1>The page was not built</h1>
<p>The API works: see <a href="/openapi.json">/openapi.json</a>. To build the page: make page</p>"""

STATUSES: dict[type[Exception], tuple[int, str]] = {
    NotFoundError: (404, "not_found"),
    MovedOnError: (409, "moved_on"),
    QueueFullError: (429, "queue_full"),
    QuotaError: (507, "quota"),
    StoreError: (503, "store"),
    ValueError: (400, "invalid"),
}


def build_app(desk: Desk, hosts: tuple[str, ...] = LOOPBACK) -> FastAPI:
    """The whole server of one studio; `hosts` are the names that it answers to without a key."""
    app = FastAPI(title="Laqta studio", version=__version__, docs_url=None, redoc_url=None)
    app.state.desk = desk
    app.include_router(routes.router)
    app.include_router(routes_takes.router)
    app.include_router(routes_review.router)
    videos.install(app)
    for kind, (status, code) in STATUSES.items():
        app.add_exception_handler(kind, _answering(status, code))
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(HTTPException, _refused)
    if (STATIC / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=STATIC / "assets"), name="assets")

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    @app.api_route("/c/{conversation}", methods=["GET", "HEAD"], include_in_schema=False)
    @app.api_route("/review", methods=["GET", "HEAD"], include_in_schema=False)
    def page() -> Response:
        """The page; it reads from its address which conversation to show, or that somebody reviews."""
        index = STATIC / "index.html"
        if not index.is_file():
            return HTMLResponse(NO_PAGE)
        return FileResponse(index, headers={"cache-control": "no-cache"})

    app.add_middleware(Guard, key=desk.key, hosts=hosts)
    return app


def error_body(message: str, code: str, param: str | None = None) -> dict[str, object]:
    """An error as both APIs say it."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def _answering(status: int, code: str) -> Callable[[Request, Exception], JSONResponse]:
    def handle(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(error_body(str(error), code), status)

    return handle


def _misread(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return JSONResponse(error_body(f"{where}: {first['msg']}", "invalid", where), 400)


def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse(error_body(str(error.detail), "not_found"), error.status_code)
