"""Conversations as rows: a message becomes edits, edits become takes, takes become jobs, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from laqta.config import from_dict, to_dict
from laqta.director.chat import reply
from laqta.director.known import refused
from laqta.director.rules import Turn
from laqta.director.storyboard import Edit, History, Panel, Storyboard, Take, to_film
from laqta.language.lexicon import Language
from laqta.language.write import plain
from laqta.studio import events, forms, queue, takes
from laqta.studio.store import new_id, now
from laqta.studio.tables import conversations, messages

TITLE_LENGTH = 80
EMPTY = ""
"""Stands for the board before the first message, in `past` and `future`."""


class NotFoundError(LookupError):
    """There is no such conversation, message, take or job."""


class MovedOnError(RuntimeError):
    """The conversation has another head than the answer was made for; ask again."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a brain makes of one message: the turn, and the words of the answer."""

    turn: Turn
    reply: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where in the tree a message goes: after `parent`, whose boards are `history`."""

    conversation: str
    model: str
    parent: str | None
    history: History
    past: tuple[str, ...]
    future: tuple[str, ...]
    talk: tuple[tuple[str, str], ...]


def start(db: Connection, model: str) -> str:
    """A new conversation; returns its id."""
    name, moment = new_id("conv"), now(db)
    db.execute(
        insert(conversations).values(id=name, title="", model=model, created_at=moment, updated_at=moment)
    )
    return name


def place(db: Connection, conversation: str, parent: str | None, *, at_head: bool) -> Place:
    """Where the next message goes: at the head, or after `parent` (None: at the very beginning)."""
    row = _row(db, conversation)
    parent = row["head"] if at_head else parent
    if parent is None:
        return Place(
            conversation=conversation, model=row["model"], parent=None, history=History(), past=(), future=(), talk=()
        )  # fmt: skip
    rows = _messages(db, conversation)
    if parent not in rows:
        raise NotFoundError(f"there is no message {parent!r} in this conversation")
    message = rows[parent]

    def board(name: str) -> Storyboard:
        return from_dict(Storyboard, rows[name]["board"]) if name != EMPTY else Storyboard()

    history = History(
        board=board(parent),
        past=tuple(map(board, message["past"])),
        future=tuple(map(board, message["future"])),
    )
    talk = [(said["text"], said["reply"]) for said in _branch(rows, parent) if said["by"] == "person"]
    return Place(
        conversation=conversation, model=row["model"], parent=parent, history=history,
        past=tuple(message["past"]), future=tuple(message["future"]), talk=tuple(talk),
    )  # fmt: skip


def say(
    db: Connection, where: Place, said: Said, *, text: str, picture: str | None = None, by: str = "person",
    at_head: bool = True,
) -> str:  # fmt: skip
    """Write a message with its answer and everything that comes of it; returns its id.

    Raises `MovedOnError` where another message has come in since `where` was looked up.
    """
    row = get(db, where.conversation)
    if at_head and row["head"] != where.parent:
        raise MovedOnError(where.conversation)
    turn, moment = said.turn, now(db)
    asked = [take for edit in turn.edits for take in to_film(edit)]
    ids = _film(db, where, asked, turn.language)
    past, future = _steps(where, turn)
    message = {
        "id": new_id("msg"), "conversation": where.conversation, "parent": where.parent, "at": moment, "by": by,
        "text": text, "picture": picture, "language": turn.language, "reply": said.reply, "problem": turn.problem,
        "ignored": list(turn.ignored), "takes": ids, "board": to_dict(turn.board), "past": past, "future": future,
    }  # fmt: skip
    db.execute(insert(messages).values(**message))
    title = row["title"] or (text[:TITLE_LENGTH] if asked else "")
    db.execute(
        update(conversations)
        .where(conversations.c.id == where.conversation)
        .values(head=message["id"], title=title, updated_at=moment)
    )
    _settle(db, where, turn)
    tell_shown(db, where.conversation, new=message)
    return str(message["id"])


def click(turn_of: Callable[[History], tuple[Edit, ...]], where: Place, language: Language) -> Said:
    """What a click on the page comes to: edits without words."""
    edits = turn_of(where.history)
    turn = Turn(history=where.history.after(edits), edits=edits, language=language)
    return Said(turn=turn, reply=reply(turn))


def within_model(said: Said, before: History, props: Sequence[str]) -> Said:
    """The same answer, or the one that says that the model was never shown what is asked."""
    refusal = refused(said.turn, before, props)
    return said if refusal is None else Said(turn=refusal.turn, reply=refusal.reply)


def show(db: Connection, conversation: str, message: str | None) -> None:
    """Make another message the head: another branch is shown."""
    get(db, conversation)
    if message is not None and message not in _messages(db, conversation):
        raise NotFoundError(f"there is no message {message!r} in this conversation")
    db.execute(
        update(conversations)
        .where(conversations.c.id == conversation)
        .values(head=message, updated_at=now(db))
    )
    tell_shown(db, conversation)


def rename(db: Connection, conversation: str, title: str) -> None:
    """Give a conversation another title."""
    get(db, conversation)
    title = title.strip()[:TITLE_LENGTH]
    db.execute(update(conversations).where(conversations.c.id == conversation).values(title=title))
    events.tell(db, conversation, {"title": title})


def remove(db: Connection, conversation: str) -> None:
    """Delete a conversation with all that is in it; what runs for it stops at its next step."""
    get(db, conversation)
    for row in takes.of_conversation(db, conversation).values():
        if row["state"] in takes.WAITING and row["job"]:
            queue.cancel(db, row["job"])
    db.execute(delete(conversations).where(conversations.c.id == conversation))
    events.tell(db, conversation, {}, kind="gone")


def choose_best(db: Connection, conversation: str, ids: Sequence[str]) -> None:
    """Show the best of takes that were filmed together, unless somebody has chosen another since."""
    row = get(db, conversation)
    found = takes.rows(db, ids)
    scored = [name for name in ids if name in found and takes.score(found[name]) is not None]
    rows = _messages(db, conversation)
    asking = next((message for message in rows.values() if set(ids) <= set(message["takes"])), None)
    if not scored or asking is None or row["head"] is None:
        return
    best = max(scored, key=lambda name: (takes.score(found[name]), -scored.index(name)))
    first_shown = {
        _chosen(conversation, panel) for panel in from_dict(Storyboard, asking["board"]).panels
    } & set(ids)
    board = from_dict(Storyboard, rows[row["head"]]["board"])
    for at, panel in enumerate(board.panels):
        names = [takes.take_id(conversation, take) for take in panel.takes]
        if names[panel.chosen] in first_shown and best in names and best != names[panel.chosen]:
            panels = list(board.panels)
            panels[at] = replace(panel, chosen=names.index(best))
            board = replace(board, panels=tuple(panels))
            db.execute(update(messages).where(messages.c.id == row["head"]).values(board=to_dict(board)))
            tell_shown(db, conversation)
            return


def get(db: Connection, conversation: str) -> RowMapping:
    """The row of a conversation, held against other writers. Raises `NotFoundError`."""
    return _row(db, conversation, held=True)


def state(db: Connection, conversation: str) -> dict[str, Any]:
    """Everything that a page needs to show a conversation, as of one event."""
    row = _row(db, conversation)
    rows = _messages(db, conversation)
    found = takes.of_conversation(db, conversation)
    waiting = {take["job"] for take in found.values() if take["state"] in takes.WAITING}
    waiting |= {job["id"] for job in queue.running(db, conversation)}
    jobs = {name: queue.view(db, job) for name in waiting if name and (job := queue.get(db, name))}
    return {
        "id": conversation,
        "title": row["title"],
        "model": row["model"],
        "messages": [message_view(message) for message in rows.values()],
        **_shown(rows.get(row["head"]), conversation),
        "takes": {name: takes.view(take) for name, take in found.items()},
        "jobs": jobs,
        "last_event": events.last(db),
    }


def message_view(row: RowMapping | dict[str, Any]) -> dict[str, Any]:
    """A message as the page sees it."""
    shown = ("id", "parent", "at", "by", "text", "language", "reply", "problem", "ignored", "takes")
    return {**{key: row[key] for key in shown}, "picture": row["picture"] and f"/media/{row['picture']}"}


def tell_shown(db: Connection, conversation: str, new: dict[str, Any] | None = None) -> None:
    """Tell the pages which board is shown now, and of a new message."""
    row = get(db, conversation)
    head = _messages(db, conversation).get(row["head"])
    data = {"title": row["title"], **_shown(head, conversation)}
    if new is not None:
        data["messages"] = [message_view(new)]
        data["takes"] = {name: takes.view(take) for name, take in takes.rows(db, new["takes"]).items()}
    events.tell(db, conversation, data)


def _film(db: Connection, where: Place, asked: Sequence[Take], language: Language) -> list[str]:
    """Rows for the takes of one message, and a job for those that are not filmed yet: what can be, in one batch."""
    ids = takes.keep(db, where.conversation, asked, where.model, language)
    found = takes.rows(db, ids)
    missing = [name for name in ids if found[name]["state"] not in ("done", *takes.WAITING)]
    alike: dict[str, list[str]] = {}
    for name in missing:
        alike.setdefault(forms.form_of(found[name]), []).append(name)
    for form, names in alike.items():
        queue.add(db, "film", where.conversation, names, form=form)
    return ids


def _chosen(conversation: str, panel: Panel) -> str:
    return takes.take_id(conversation, panel.take)


def _settle(db: Connection, where: Place, turn: Turn) -> None:
    """What is no longer on the board stops; what is on it again after it was stopped is filmed."""
    kept = {
        takes.take_id(where.conversation, take): take for panel in turn.board.panels for take in panel.takes
    }
    before = {
        takes.take_id(where.conversation, take)
        for panel in where.history.board.panels
        for take in panel.takes
    }
    for row in takes.rows(db, before - kept.keys()).values():
        if row["state"] in takes.WAITING and row["job"]:
            queue.cancel(db, row["job"])
    for name, row in takes.rows(db, kept.keys() - before).items():
        if row["state"] == "cancelled":
            queue.add(db, "film", where.conversation, [name], form=forms.form_of(row))


def _steps(where: Place, turn: Turn) -> tuple[list[str], list[str]]:
    """`past` and `future` of a message: which messages hold the boards that undo and redo go to."""
    before = where.history
    boards = (*before.past, before.board, *before.future)
    names = dict(zip(boards, (*where.past, where.parent or EMPTY, *where.future), strict=True))
    return [names[board] for board in turn.history.past], [names[board] for board in turn.history.future]


def _shown(head: RowMapping | None, conversation: str) -> dict[str, Any]:
    board = from_dict(Storyboard, head["board"]) if head else Storyboard()
    return {
        "head": head["id"] if head else None,
        "board": {
            "panels": [
                {
                    "takes": [takes.take_id(conversation, take) for take in panel.takes],
                    "chosen": panel.chosen,
                    "words": plain(panel.take.shot, head["language"] if head else "en"),
                }
                for panel in board.panels
            ],
            "current": board.current,
        },
        "can_undo": bool(head and head["past"]),
        "can_redo": bool(head and head["future"]),
    }


def _row(db: Connection, conversation: str, held: bool = False) -> RowMapping:
    query = select(conversations).where(conversations.c.id == conversation)
    row = db.execute(query.with_for_update() if held else query).mappings().first()
    if row is None:
        raise NotFoundError(f"there is no conversation {conversation!r}")
    return row


def _messages(db: Connection, conversation: str) -> dict[str, RowMapping]:
    query = select(messages).where(messages.c.conversation == conversation).order_by(messages.c.at)
    return {row["id"]: row for row in db.execute(query).mappings()}


def _branch(rows: dict[str, RowMapping], leaf: str) -> list[RowMapping]:
    """The messages from the beginning to a leaf."""
    branch, name = [], leaf
    while name:
        branch.append(rows[name])
        name = rows[name]["parent"]
    return branch[::-1]
