"""The studio's own API, the other half: takes, jobs, pictures that come in, and films that go out."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from sqlalchemy import Connection, RowMapping

from laqta.encode import WRITERS
from laqta.studio import events, forms, media, queue, takes
from laqta.studio.conversations import NotFoundError
from laqta.studio.desk import AtDesk
from laqta.studio.pictures import as_png, converted

router = APIRouter()


@router.post("/api/jobs/{job}/cancel")
def cancel_job(desk: AtDesk, job: str) -> dict[str, Any]:
    """Stop a job; one that has ended stays as it is."""

    def work(db: Connection) -> dict[str, Any]:
        queue.cancel(db, job)
        row = queue.get(db, job)
        if row is None:
            raise NotFoundError(f"there is no job {job!r}")
        return queue.view(db, row)

    return desk.workplace.store.write(work)


@router.post("/api/takes/{take}/again")
def film_again(desk: AtDesk, take: str) -> dict[str, Any]:
    """Film a take from its row: one that failed, was stopped or deleted."""

    def work(db: Connection) -> dict[str, Any]:
        desk.workplace.check_room(db)
        row = _take(db, take)
        if row["state"] in takes.WAITING:
            raise ValueError("that take is being filmed already")
        name = queue.add(db, "film", row["conversation"], [take], form=forms.form_of(row))
        job = queue.get(db, name)
        assert job is not None
        return queue.view(db, job)

    return desk.workplace.store.write(work)


@router.delete("/api/takes/{take}")
def delete_take(desk: AtDesk, take: str) -> dict[str, Any]:
    """Delete a take's film; its row stays, so that it can be filmed again."""

    def work(db: Connection) -> dict[str, Any]:
        row = _take(db, take)
        if row["state"] in takes.WAITING and row["job"]:
            queue.cancel(db, row["job"])
        takes.change(db, [take], state="deleted", video=None, poster=None)
        shown = takes.view(_take(db, take))
        events.tell(db, row["conversation"], {"takes": {take: shown}})
        return shown

    shown = desk.workplace.store.write(work)
    desk.workplace.media.sweep(desk.workplace.store)
    return shown


@router.get("/api/takes/{take}/file")
def download(desk: AtDesk, take: str, format: Literal["mp4", "webm", "gif", "webp"] = "mp4") -> Response:
    """A take's film to keep, in any format."""
    row = desk.workplace.store.read(partial(_take, take=take))
    if row["video"] is None:
        raise NotFoundError("this take has no film; film it first")
    assert f".{format}" in WRITERS
    path = desk.workplace.media.path(row["video"])
    name = f"laqta-{take.removeprefix('take_')[:8]}-seed-{row['seed']}.{format}"
    if format == "mp4":
        return FileResponse(path, filename=name)
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    kind = "image" if format in ("gif", "webp") else "video"
    return Response(converted(path, format), media_type=f"{kind}/{format}", headers=headers)


@router.post("/api/pictures")
async def upload(desk: AtDesk, file: Annotated[UploadFile, File()]) -> dict[str, Any]:
    """Keep a picture that a film shall begin or end with."""
    content = await file.read()

    def work() -> dict[str, Any]:
        png, width, height = as_png(content)
        name = desk.workplace.media.put(png, "png")
        desk.workplace.store.write(partial(media.note, name=name, size=len(png)))
        return {"sha": name.removesuffix(".png"), "url": f"/media/{name}", "width": width, "height": height}

    return await run_in_threadpool(work)


@router.get("/media/{name}", include_in_schema=False)
def kept(desk: AtDesk, name: str) -> Response:
    """A film or picture by its content: it never changes, so it may be kept for ever."""
    path = desk.workplace.media.path(name)
    if not path.is_file():
        raise NotFoundError("that film or picture is gone")
    return FileResponse(path, headers={"cache-control": "private, max-age=31536000, immutable"})


def _take(db: Connection, take: str) -> RowMapping:
    row = takes.rows(db, [take]).get(take)
    if row is None:
        raise NotFoundError(f"there is no take {take!r}")
    return row
