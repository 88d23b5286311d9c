"""The studio's own API for reviewing: the next item, its film, votes, and taking one back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, Query
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from laqta.studio.desk import AtDesk, Desk
from laqta.studio.review import failed_takes

router = APIRouter(prefix="/api/review")

Name = Annotated[str, Field(max_length=40)]
Side = Annotated[float, Field(allow_inf_nan=False)]


class Key(BaseModel):
    """A keyframe by the number of its frame: left, top, right, bottom as fractions, or none from there on."""

    frame: int
    box: tuple[Side, Side, Side, Side] | None
    occluded: bool = False
    attributes: dict[str, str] = {}


class Drawn(BaseModel):
    """A track as the page draws it."""

    id: str = Field(min_length=1, max_length=100)
    label: str = Field(min_length=1, max_length=200)
    keyframes: list[Key] = Field(min_length=1)
    attributes: dict[str, str] = {}


class Given(BaseModel):
    """A vote. `id` is made by the page, so that one that is sent twice counts once."""

    id: str = Field(min_length=8, max_length=64)
    reviewer: Name
    item: str = Field(max_length=80)
    decision: Literal["accept", "fix", "reject"]
    reasons: list[str] = []
    captions: dict[str, str] = {}
    tracks: list[Drawn] | None = None
    seconds: float = Field(default=0, ge=0, allow_inf_nan=False)


class Whose(BaseModel):
    """A reviewer."""

    reviewer: Name


@router.get("")
def look(desk: AtDesk) -> dict[str, Any]:
    """Whether anything can be reviewed here, and what is missing where not."""
    return {"missing": desk.review.missing()}


@router.get("/next")
def next_item(
    desk: AtDesk, reviewer: Annotated[str, Query(max_length=40)], later: BackgroundTasks
) -> dict[str, Any]:
    """The next item of a reviewer, and how many wait."""
    return _next(desk, reviewer, later)


@router.post("/votes")
def vote(desk: AtDesk, given: Given, later: BackgroundTasks) -> dict[str, Any]:
    """Keep a vote; the answer says why the item was shown, and has the next one."""
    told = desk.review.vote(given.model_dump(), desk.workplace.store.read(failed_takes))
    return {**told, **_next(desk, given.reviewer, later)}


@router.post("/undo")
def undo(desk: AtDesk, whose: Whose, later: BackgroundTasks) -> dict[str, Any]:
    """Take back a reviewer's last vote, and show its item again."""
    item = desk.review.undo(whose.reviewer, desk.workplace.store.read(failed_takes))
    answer = _next(desk, whose.reviewer, later)
    return {**answer, "undone": item is not None, "item": item or answer["item"]}


@router.get("/clips/{clip}/video", include_in_schema=False)
def film(desk: AtDesk, clip: str) -> Response:
    """The film of a clip, cut from its source."""
    return FileResponse(
        desk.review.film(clip), media_type="video/mp4", headers={"cache-control": "private, max-age=600"}
    )


def _next(desk: Desk, reviewer: str, later: BackgroundTasks) -> dict[str, Any]:
    answer, following = desk.review.next(reviewer, desk.workplace.store.read(failed_takes))
    if following is not None:
        later.add_task(desk.review.prepare, following)
    return answer
