"""Takes as rows: what is asked, what became of it, and how it is shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from laqta.config import from_dict, to_dict
from laqta.director.storyboard import Take
from laqta.language.lexicon import Language
from laqta.language.write import plain
from laqta.shot import Shot
from laqta.studio.checks import told
from laqta.studio.store import now
from laqta.studio.tables import takes

WAITING = ("queued", "running")


def take_id(conversation: str, take: Take) -> str:
    """The id of a storyboard's take: the same shot by the same seed is the same take, wherever it stands."""
    what = {key: value for key, value in to_dict(take).items() if key != "parent"}
    text = json.dumps([conversation, what], sort_keys=True)
    return f"take_{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def keep(
    db: Connection, conversation: str, asked: Sequence[Take], model: str, language: Language
) -> list[str]:
    """Write rows for a storyboard's takes, where there are none yet; returns all their ids."""
    ids = [take_id(conversation, take) for take in asked]
    known = set(db.scalars(select(takes.c.id).where(takes.c.id.in_(ids))))
    for name, take in zip(ids, asked, strict=True):
        if name not in known:
            known.add(name)
            row = blank(name, take.shot, take.seed, model, language)
            row |= {"loop": take.loop, "first": take.first, "last": take.last}
            db.execute(insert(takes).values(**row, conversation=conversation, at=now(db)))
    return ids


def blank(name: str, shot: Shot, seed: int, model: str, language: Language) -> dict[str, Any]:
    """The columns of a new take that no job has been made for."""
    return {
        "id": name,
        "model": model,
        "shot": to_dict(shot),
        "language": language,
        "seed": seed,
        "loop": False,
        "settings": {},
        "state": "cancelled",
    }


def rows(db: Connection, ids: Iterable[str]) -> dict[str, RowMapping]:
    """The rows of takes by their ids."""
    found = db.execute(select(takes).where(takes.c.id.in_(list(ids)))).mappings()
    return {row["id"]: row for row in found}


def of_conversation(db: Connection, conversation: str) -> dict[str, RowMapping]:
    """All takes of a conversation by their ids."""
    query = select(takes).where(takes.c.conversation == conversation).order_by(takes.c.at)
    return {row["id"]: row for row in db.execute(query).mappings()}


def change(db: Connection, ids: Iterable[str], **values: Any) -> None:
    """Set the same columns of some takes."""
    db.execute(update(takes).where(takes.c.id.in_(list(ids))).values(**values))


def shot_of(row: RowMapping) -> Shot:
    """What a take was asked to show."""
    return from_dict(Shot, row["shot"])


def score(row: RowMapping) -> float | None:
    """The share of what was asked that the judge saw; None where it saw nothing to judge."""
    check = (row["recipe"] or {}).get("check")
    return sum(fact["ok"] for fact in check) / len(check) if check else None


def view(row: RowMapping) -> dict[str, Any]:
    """A take as pages and programs see it; docs/guide/studio-api.md explains every field."""
    recipe = row["recipe"] or {}
    settings = recipe.get("settings", {})
    check = recipe.get("check")
    enlarged = settings.get("enlarged", 1)
    return {
        "id": row["id"],
        "state": row["state"],
        "job": row["job"],
        "seed": row["seed"],
        "words": plain(shot_of(row), row["language"]),
        "caption": recipe.get("caption"),
        "model": row["model"],
        "video": _address(row["video"]),
        "poster": _address(row["poster"]),
        "width": settings.get("width", 0) * enlarged,
        "height": settings.get("height", 0) * enlarged,
        "frames": settings.get("frames"),
        "fps": settings.get("fps"),
        "seconds": settings.get("seconds"),
        "loop": row["loop"],
        "first": _address(row["first"]),
        "last": _address(row["last"]),
        "check": None if check is None else told(check, row["language"]),
        "right": None if check is None else sum(fact["ok"] for fact in check),
        "of": None if check is None else len(check),
        "dropped": recipe.get("dropped", []),
        "error": row["error"],
        "seconds_taken": recipe.get("seconds"),
    }


def _address(name: str | None) -> str | None:
    return None if name is None else f"/media/{name}"
