"""The studio's own API behind the page: conversations, takes, jobs, pictures, and one stream of events."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from sqlalchemy import Connection, RowMapping, select

from laqta import __version__
from laqta.director.storyboard import Choose, CopyPanel, Edit, History, MovePanel, RemovePanel, Select
from laqta.language.lexicon import Language
from laqta.studio import conversations, events, examples, media, queue, takes
from laqta.studio.conversations import NotFoundError
from laqta.studio.desk import AtDesk, Desk, edits_again
from laqta.studio.export import TRANSITIONS
from laqta.studio.guard import COOKIE, page_token
from laqta.studio.tables import conversations as conversation_rows

LOOK_AGAIN = 0.1
"""Seconds between two looks for news on an open stream."""

router = APIRouter()


class Said(BaseModel):
    """A message. Without `parent` it goes to the end of what is shown; with it, it forks the tree there."""

    text: str = Field(max_length=4000)
    picture: str | None = None
    parent: str | None = None


class Click(BaseModel):
    """An edit of the storyboard by hand."""

    do: Literal["choose", "remove", "move", "copy", "select", "undo", "redo", "again"]
    panel: int = Field(default=0, ge=0)
    take: int = Field(default=0, ge=0)
    to: int = Field(default=0, ge=0)
    count: int = Field(default=1, ge=1, le=queue.MOST_TAKES)


class Clicked(BaseModel):
    """The body of a click."""

    edit: Click


class Export(BaseModel):
    """How the storyboard becomes one film."""

    format: Literal["mp4", "webm", "gif", "webp"] = "mp4"
    transition: Literal["cut", "fade"] = "cut"


# ---------------------------------------------------------------- the studio


@router.get("/api/hello")
def hello(desk: AtDesk, request: Request) -> dict[str, Any]:
    """What the studio is and can do; open to everybody, so it tells nothing that was filmed."""
    card = desk.card(desk.model)
    locked = desk.key is not None and request.cookies.get(COOKIE) != page_token(desk.key)
    used = 0 if locked else desk.workplace.store.read(media.used)
    return {
        "version": __version__, "locked": locked, "model": desk.model, "models": desk.models(),
        "props": card.props, "backdrops": card.backdrops, "seconds": card.shape.seconds, "longest": 60.0,
        "formats": card.formats, "examples": examples.for_model(card), "brain": desk.brain.name,
        "disk": {"used": used, "quota": desk.workplace.quota},
    }  # fmt: skip


class Key(BaseModel):
    """The studio's key."""

    key: str


@router.post("/api/login", status_code=204)
def login(desk: AtDesk, given: Key, response: Response) -> None:
    """Exchange the key for a cookie that only this server reads."""
    if desk.key is None or page_token(given.key) != page_token(desk.key):
        raise ValueError("that is not the key of this studio")
    response.set_cookie(
        COOKIE, page_token(desk.key), httponly=True, samesite="strict", max_age=30 * 24 * 3600
    )


# ---------------------------------------------------------------- conversations


@router.get("/api/conversations")
def list_conversations(desk: AtDesk, after: str | None = None, limit: int = 30) -> dict[str, Any]:
    """Conversations, the latest first."""

    def work(db: Connection) -> dict[str, Any]:
        begun = conversation_rows.c.head.is_not(None)  # a page opens one before anything is said
        query = (
            select(conversation_rows)
            .where(begun)
            .order_by(conversation_rows.c.updated_at.desc(), conversation_rows.c.id)
        )
        rows = list(db.execute(query).mappings())
        start = 1 + next((at for at, row in enumerate(rows) if row["id"] == after), -1)
        some = rows[start : start + max(1, min(limit, 100))]
        return {
            "data": [
                {"id": row["id"], "title": row["title"], "updated_at": row["updated_at"], "poster": _poster(db, row)}
                for row in some
            ],
            "has_more": start + len(some) < len(rows),
            "last_id": some[-1]["id"] if some else None,
        }  # fmt: skip

    return desk.workplace.store.read(work)


def _poster(db: Connection, row: RowMapping) -> str | None:
    shown = [take["poster"] for take in takes.of_conversation(db, row["id"]).values() if take["poster"]]
    return f"/media/{shown[-1]}" if shown else None


@router.post("/api/conversations")
def start_conversation(desk: AtDesk) -> dict[str, Any]:
    """A new conversation, empty."""

    def work(db: Connection) -> dict[str, Any]:
        return conversations.state(db, conversations.start(db, desk.model))

    return desk.workplace.store.write(work)


@router.get("/api/conversations/{conversation}")
def read_conversation(desk: AtDesk, conversation: str) -> dict[str, Any]:
    """Everything there is to show of a conversation."""
    return _state(desk, conversation)


class Title(BaseModel):
    """A conversation's title."""

    title: str = Field(max_length=200)


@router.patch("/api/conversations/{conversation}")
def rename_conversation(desk: AtDesk, conversation: str, given: Title) -> dict[str, Any]:
    """Give a conversation another title."""
    desk.workplace.store.write(partial(conversations.rename, conversation=conversation, title=given.title))
    return _state(desk, conversation)


@router.delete("/api/conversations/{conversation}", status_code=204)
def delete_conversation(desk: AtDesk, conversation: str) -> None:
    """Delete a conversation and every film that nothing else refers to."""
    desk.workplace.store.write(partial(conversations.remove, conversation=conversation))
    desk.workplace.media.sweep(desk.workplace.store)


@router.post("/api/conversations/{conversation}/messages")
def say(desk: AtDesk, conversation: str, said: Said) -> dict[str, Any]:
    """Say something: what it asks for is in the queue when this returns."""
    if not said.text.strip() and said.picture is None:
        raise ValueError("the message is empty; say what you want to see, or drop a picture in")
    picture = _picture_name(desk, said.picture)
    forks = "parent" in said.model_fields_set
    return desk.say(conversation, said.text.strip(), picture, said.parent, at_head=not forks)


@router.post("/api/conversations/{conversation}/look")
def look(desk: AtDesk, conversation: str, said: Said) -> dict[str, Any]:
    """What a message would do; nothing is stored or filmed."""
    from laqta.director.storyboard import to_film

    draft = desk.draft(conversation, said.text, _picture_name(desk, said.picture))
    turn = draft.turn
    return {
        "language": turn.language, "reply": draft.reply, "ignored": turn.ignored, "problem": turn.problem,
        "films": sum(len(to_film(edit)) for edit in turn.edits),
    }  # fmt: skip


@router.post("/api/conversations/{conversation}/edits")
def click(desk: AtDesk, conversation: str, clicked: Clicked) -> dict[str, Any]:
    """Change the storyboard by hand; `undo` and `redo` are what the words are."""
    edit = clicked.edit
    if edit.do in ("undo", "redo"):
        return desk.say(conversation, edit.do, None, None, at_head=True)
    state = _state(desk, conversation)
    language: Language = state["messages"][-1]["language"] if state["messages"] else "en"

    def edits(history: History) -> tuple[Edit, ...]:
        panels = len(history.board.panels)
        if max(edit.panel, edit.to if edit.do == "move" else 0) >= panels:
            raise NotFoundError(f"the storyboard has {panels} shots, counted from 0")
        if edit.do == "choose" and edit.take >= len(history.board.panels[edit.panel].takes):
            raise NotFoundError(
                f"the shot has {len(history.board.panels[edit.panel].takes)} takes, counted from 0"
            )
        return EDITS[edit.do](edit, history)

    return desk.click(conversation, edits, language)


EDITS: dict[str, Callable[[Click, History], tuple[Edit, ...]]] = {
    "choose": lambda edit, _: (Choose(panel=edit.panel, take=edit.take),),
    "remove": lambda edit, _: (RemovePanel(panel=edit.panel),),
    "move": lambda edit, _: (MovePanel(panel=edit.panel, to=edit.to),),
    "copy": lambda edit, _: (CopyPanel(panel=edit.panel),),
    "select": lambda edit, _: (Select(panel=edit.panel),),
    "again": lambda edit, history: edits_again(edit.panel, edit.count, history),
}
"""What each click is as an edit."""


class Head(BaseModel):
    """The message whose branch is shown."""

    message: str | None


@router.put("/api/conversations/{conversation}/head")
def show(desk: AtDesk, conversation: str, head: Head) -> dict[str, Any]:
    """Show another branch of the tree."""
    desk.workplace.store.write(partial(conversations.show, conversation=conversation, message=head.message))
    return _state(desk, conversation)


@router.post("/api/conversations/{conversation}/export")
def export(desk: AtDesk, conversation: str, wished: Export) -> dict[str, Any]:
    """Join the chosen takes of all shots into one film."""

    def work(db: Connection) -> dict[str, Any]:
        desk.workplace.check_room(db)
        board = conversations.state(db, conversation)["board"]
        chosen = [panel["takes"][panel["chosen"]] for panel in board["panels"]]
        rows = takes.rows(db, chosen)
        if not chosen or any(rows[name]["state"] != "done" for name in chosen):
            raise ValueError("every shot needs a take that is done before the film can be exported")
        request = {"takes": chosen, **wished.model_dump()}
        name = queue.add(db, "export", conversation, [], request=request)
        row = queue.get(db, name)
        assert row is not None and wished.transition in TRANSITIONS
        return {"job": queue.view(db, row)}

    return desk.workplace.store.write(work)


# ---------------------------------------------------------------- events


@router.get("/api/events", response_class=EventSourceResponse)
async def stream(
    desk: AtDesk, request: Request, conversation: str, after: int = 0,
    last_event_id: Annotated[int | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:  # fmt: skip
    """News of a conversation from an event on, for as long as somebody listens."""
    seq = after if last_event_id is None else last_event_id
    told: dict[str, Any] = {}
    while not desk.closing and not await request.is_disconnected():
        news, progress = await run_in_threadpool(desk.workplace.store.read, partial(_news, conversation, seq))
        for event in news:
            seq = event.seq
            yield ServerSentEvent(data=event.data, event=event.kind, id=str(seq))
        if progress and progress != told:
            yield ServerSentEvent(data={"conversation": conversation, "jobs": progress}, event="progress")
        told = progress
        await asyncio.sleep(LOOK_AGAIN)


def _news(conversation: str, seq: int, db: Connection) -> tuple[list[events.Event], dict[str, Any]]:
    progress = {}
    for row in queue.running(db, conversation):
        picture = row["preview"]
        shown = None if picture is None else "data:image/webp;base64," + base64.b64encode(picture).decode()
        progress[row["id"]] = {**queue.view(db, row), "preview": shown}
    return events.since(db, seq, conversation), progress


def _state(desk: Desk, conversation: str) -> dict[str, Any]:
    return desk.workplace.store.read(partial(conversations.state, conversation=conversation))


def _picture_name(desk: Desk, sha: str | None) -> str | None:
    """The name of an uploaded picture by its SHA-256."""
    if sha is not None and not desk.workplace.media.path(f"{sha}.png").is_file():
        raise NotFoundError("that picture is gone; drop it in again")
    return None if sha is None else f"{sha}.png"
