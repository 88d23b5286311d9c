"""OpenAI's Videos API, so that programs written for it film here; docs/guide/videos-api.md tells every field."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from sqlalchemy import Connection

from laqta.models.card import find_model
from laqta.settings import home
from laqta.studio import idempotency, webhooks
from laqta.studio.desk import Desk
from laqta.studio.spritesheet import spritesheet
from laqta.studio.videos_asked import ApiError, AsAsked, Asked, refused
from laqta.studio.videos_make import create, edit, extend, installed, remix
from laqta.studio.videos_rows import STATUS, Draft, get, keep, look_again, page, remove, shown

POLL_HEADER = "openai-poll-after-ms"
MOST_LISTED = 100

router = APIRouter(prefix="/v1", tags=["OpenAI's Videos API"], lifespan=webhooks.delivering)


def install(app: FastAPI) -> None:
    """Serve the API from an app that has its desk. Raises `ValueError` where the webhooks' settings are wrong."""
    app.state.webhooks = webhooks.target(os.environ)
    app.add_exception_handler(ApiError, refused)
    app.include_router(router)


def desk_of(request: Request) -> Desk:
    """The desk of the running studio."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]


def takes_body(required: tuple[str, ...], **fields: str) -> dict[str, Any]:
    """What a route's page of documentation says of its body, which is read by hand: a form or JSON."""
    described = {name: {"type": "string", "description": text} for name, text in fields.items()}
    schema = {"schema": {"type": "object", "required": list(required), "properties": described}}
    return {"requestBody": {"content": {"multipart/form-data": schema, "application/json": schema}}}


PROMPT = "What is to be seen, in Arabic, Chinese or English."
CHANGE = "What is to be different, or another shot."
VIDEO = "A file, or an object with the id of a completed video."

# ---------------------------------------------------------------- making


@router.post(
    "/videos",
    openapi_extra=takes_body(
        ("prompt",), prompt=PROMPT, model="An installed model, or sora-2.", seconds="The length, up to 60.",
        size="WIDTHxHEIGHT; the nearest shape of the model is filmed.", seed="The same seed films the same again.",
        input_reference="A picture that the film begins with: a file, or an object with a data URL as image_url.",
    ),
)  # fmt: skip
def create_video(desk: AtDesk, asked: AsAsked) -> Response:
    """Film a prompt."""
    return _made_once(desk, asked, lambda: create(desk, asked))


@router.post("/videos/edits", openapi_extra=takes_body(("prompt", "video"), prompt=CHANGE, video=VIDEO))
def edit_video(desk: AtDesk, asked: AsAsked) -> Response:
    """Film a video with changes; an uploaded one must be Laqta's own."""
    return _made_once(desk, asked, lambda: edit(desk, asked))


@router.post(
    "/videos/extensions",
    openapi_extra=takes_body(
        ("prompt", "seconds", "video"), prompt=PROMPT, seconds="How much is added, from 1.", video=VIDEO
    ),
)
def extend_video(desk: AtDesk, asked: AsAsked) -> Response:
    """Film how a video goes on; it may be any film."""
    return _made_once(desk, asked, lambda: extend(desk, asked))


@router.post("/videos/{video}/remix", openapi_extra=takes_body(("prompt",), prompt=CHANGE))
def remix_video(desk: AtDesk, asked: AsAsked, video: str) -> Response:
    """Film a video with changes."""
    return _made_once(desk, asked, lambda: remix(desk, asked, video))


@router.post("/videos/characters", include_in_schema=False)
@router.get("/videos/characters/{character}", include_in_schema=False)
def characters() -> None:
    """Characters are not there."""
    raise ApiError(
        "characters are not there: name the same thing, with its colour and size, in every prompt",
        code="unsupported", status=404,
    )  # fmt: skip


def _made_once(desk: Desk, asked: Asked, draft: Callable[[], Draft]) -> Response:
    """Put a draft in the queue and answer with the new video; once for every Idempotency-Key."""
    store = desk.workplace.store
    hold = store.write(partial(idempotency.begin, asked=asked)) if asked.once else None
    if hold is not None and hold.reply is not None:
        return JSONResponse(hold.reply, headers={"idempotent-replayed": "true"})
    try:
        made = draft()

        def write(db: Connection) -> tuple[dict[str, Any], int]:
            desk.workplace.check_room(db)
            video = keep(db, made)
            idempotency.finish(db, hold, video)
            return video, look_again(db, get(db, video["id"]))

        video, wait = store.write(write)
    except BaseException:
        if hold is not None:
            store.write(partial(idempotency.release, hold=hold))
        raise
    return JSONResponse(video, headers={POLL_HEADER: str(wait)})


# ---------------------------------------------------------------- reading


@router.get("/videos")
def list_videos(
    desk: AtDesk, after: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20, order: Literal["asc", "desc"] = "desc",
) -> dict[str, Any]:  # fmt: skip
    """All videos that programs asked for, a page at a time."""
    return desk.workplace.store.read(lambda db: page(db, after, limit, newest_first=order == "desc"))


@router.get("/videos/{video}")
def retrieve_video(desk: AtDesk, video: str, response: Response) -> dict[str, Any]:
    """One video as it is now; the header `openai-poll-after-ms` says when to look again."""

    def work(db: Connection) -> tuple[dict[str, Any], int]:
        row = get(db, video)
        return shown(db, [row])[0], look_again(db, row)

    found, wait = desk.workplace.store.read(work)
    response.headers[POLL_HEADER] = str(wait)
    return found


@router.delete("/videos/{video}")
def delete_video(desk: AtDesk, video: str) -> dict[str, Any]:
    """Delete a video and its files; one that is being filmed is stopped."""
    desk.workplace.store.write(partial(remove, name=video))
    desk.workplace.media.sweep(desk.workplace.store)
    return {"id": video, "object": "video.deleted", "deleted": True}


@router.get("/videos/{video}/content")
def download_content(
    desk: AtDesk, request: Request, video: str,
    variant: Literal["video", "thumbnail", "spritesheet"] = "video",
) -> Response:  # fmt: skip
    """The film (.mp4), its first picture (WebP), or many of its pictures on one sheet (JPEG)."""
    row = desk.workplace.store.read(partial(get, name=video))
    status = STATUS.get(row["state"], "failed")
    if status != "completed":
        raise ApiError(
            f"Video is not ready yet, use GET /v1/videos/{{video_id}} to check status. It is {status}.",
            code="video_not_ready", status=404,
        )  # fmt: skip
    path = desk.workplace.media.path(row["poster"] if variant == "thumbnail" else row["video"])
    if not path.is_file():
        raise ApiError("the video's file is gone", code="not_found", status=404)
    if variant == "thumbnail":
        return FileResponse(path, media_type="image/webp")
    if variant == "spritesheet":
        return _sheet(request, path)
    return FileResponse(path, media_type="video/mp4", filename=f"{video}.mp4")


def _sheet(request: Request, path: Path) -> Response:
    """A film's sheet under the film's own SHA-256: who has it already is told so, and none is made."""
    headers = {"etag": f'"{path.stem}-sheet"', "cache-control": "private, no-cache"}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(spritesheet(path), media_type="image/jpeg", headers=headers)


# ---------------------------------------------------------------- models


@router.get("/models")
def list_models(desk: AtDesk) -> dict[str, Any]:
    """The installed models, the usual one first."""
    return {"object": "list", "data": [_model(name) for name in desk.models()]}


@router.get("/models/{model}")
def retrieve_model(desk: AtDesk, model: str) -> dict[str, Any]:
    """One installed model; an alias tells which one it stands for."""
    name = installed(desk, model)
    if name is None:
        raise ApiError(
            f"the model {model!r:.80} is not installed; there are {', '.join(desk.models())}", param="model",
            code="model_not_found", status=404,
        )  # fmt: skip
    return _model(name)


def _model(name: str) -> dict[str, Any]:
    card = find_model(name, home(os.environ)) / "card.json"
    return {"id": name, "object": "model", "created": int(card.stat().st_mtime), "owned_by": "laqta"}
