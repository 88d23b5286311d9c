"""What reviewers decided, as it came: one small file a vote, which nobody changes.

labels/review/<reviewer>/<vote>.parquet    decisions; taking one back is a row of its own
labels/gold/<who>/<vote>.parquet           known answers, by which reviewers are measured

A file is whole or not there, so a killed studio loses at most the vote that it had not answered yet. They lie where
all labels do: `trace` shows them, and `withdraw` removes those on footage that is taken back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from laqta.data.people.track import Track
from laqta.data.review.drawing import from_json, to_json
from laqta.data.workspace import Workspace, content_id, stored
from laqta.files import write_file

Decision = Literal["accept", "fix", "reject", "undo"]
Task = Literal["review", "gold"]
LANGUAGES = ("en", "ar", "zh")
LONGEST_CAPTION = 4000

REASONS: dict[str, tuple[str, ...]] = {
    "blurred": ("sharpness",),
    "dark": ("black_share", "luma"),
    "still": ("frozen_share", "motion"),
    "text": ("overlay_share", "text_share"),
    "copy": ("copy_distance", "is_representative"),
    "cut": ("begins", "ends", "seconds"),
    "caption": ("caption_check",),
    "boxes": ("objects", "object_count", "largest_object"),
    "other": (),
}
"""Why a clip is rejected, in the order of the keys 1 to 9, and the columns that a reason speaks about."""

NAME = re.compile(r"\w[\w .-]{0,39}")

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("clip", pa.string()),
        ("reviewer", pa.string()),
        ("at", pa.float64()),
        ("decision", pa.string()),
        ("reasons", pa.list_(pa.string())),
        *((f"caption_{language}", pa.string()) for language in LANGUAGES),
        ("tracks", pa.string()),
        ("seconds", pa.float64()),
        ("lane", pa.string()),
        ("about", pa.string()),
        ("undoes", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One reviewer's answer to one clip, at a time (`at`, seconds since 1970).

    `reasons` say why it is rejected. A fix carries the `captions` by language and the `tracks` that are right, those
    that changed. `lane` and `about` are why the clip was shown. `id` names the vote: the same one sent twice under one
    id is one; left empty, it is made from the rest. `undo` takes back the vote `undoes`. `seconds` is how long it took.
    """

    clip: str
    reviewer: str
    at: float
    decision: Decision
    id: str = ""
    reasons: tuple[str, ...] = ()
    captions: Mapping[str, str] = field(default_factory=dict)
    tracks: tuple[Track, ...] | None = None
    seconds: float = 0.0
    lane: str = "random"
    about: str = ""
    undoes: str | None = None

    @property
    def keeps(self) -> bool:
        """Whether the clip stays, as it is or mended."""
        return self.decision != "reject"

    def against(self) -> frozenset[str]:
        """What was wrong with the clip: the reasons given, and what a fix mended."""
        mended = {"caption"} if self.captions else set()
        return frozenset(self.reasons) | mended | ({"boxes"} if self.tracks is not None else set())


def cast(workspace: Workspace, vote: Vote, task: Task = "review") -> Vote:
    """Keep a vote, whole or not at all; returns it with its id.

    Raises:
        ValueError: a name, a decision or a reason that is none, a fix that mends nothing, or nothing to undo.
    """
    _check(vote)
    row = _row(vote)
    again = {name: value for name, value in row.items() if name not in ("at", "seconds")}
    row["id"] = content_id([task, again if vote.id else row])[:32]
    path = workspace.labels / task / vote.reviewer / f"{row['id']}.parquet"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_file(path) as draft:
            pq.write_table(pa.Table.from_pylist([row], schema=SCHEMA), draft)
    return _vote(row)


class Ballots:
    """The votes of a workspace, read again only where a file is new: for a process that asks often."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._files: dict[Path, tuple[int, list[Vote]]] = {}

    def all(self, task: Task = "review") -> list[Vote]:
        """Every row as it came, also what was taken back, in the order of time."""
        votes: list[Vote] = []
        for path in stored(self.workspace.labels / task, "*/*.parquet"):
            changed = path.stat().st_mtime_ns
            if self._files.get(path, (0, []))[0] != changed:
                self._files[path] = changed, [_vote(row) for row in pq.read_table(path).to_pylist()]
            votes += self._files[path][1]
        return sorted(votes, key=lambda vote: (vote.at, vote.id))

    def standing(self) -> list[Vote]:
        """The votes that count, in the order of time."""
        return standing(self.all())

    def gold(self) -> dict[str, Vote]:
        """The known answer of each gold clip: the last one given."""
        return {vote.clip: vote for vote in standing(self.all("gold"))}


def standing(votes: Iterable[Vote]) -> list[Vote]:
    """Votes without those that were taken back, and of one reviewer on one clip only the last, in the given order."""
    votes = list(votes)
    gone = {(vote.reviewer, vote.undoes) for vote in votes if vote.decision == "undo"}
    last: dict[tuple[str, str], Vote] = {}
    for vote in votes:
        if vote.decision != "undo" and (vote.reviewer, vote.id) not in gone:
            last.pop((vote.reviewer, vote.clip), None)
            last[vote.reviewer, vote.clip] = vote
    return list(last.values())


def check_reviewer(name: str) -> str:
    """The name of a reviewer; `ValueError` for what could not be a folder's name."""
    if not NAME.fullmatch(name) or name != name.strip(" ."):
        raise ValueError(
            f"{name!r} is no name for a reviewer; use up to 40 letters and digits, also space, dot, - and _ inside"
        )
    return name


def _check(vote: Vote) -> None:
    check_reviewer(vote.reviewer)
    if vote.decision not in get_args(Decision):
        raise ValueError(f"{vote.decision!r} is no decision; they are {', '.join(get_args(Decision))}")
    if strange := set(vote.reasons) - set(REASONS):
        raise ValueError(f"{sorted(strange)!r} are no reasons; they are {', '.join(REASONS)}")
    if strange := set(vote.captions) - set(LANGUAGES):
        raise ValueError(f"{sorted(strange)!r} are no languages of captions; they are {', '.join(LANGUAGES)}")
    for language, text in vote.captions.items():
        if not text.strip() or len(text) > LONGEST_CAPTION:
            raise ValueError(
                f"the caption {language!r} has {len(text.strip())} letters; 1 to {LONGEST_CAPTION} are allowed"
            )
    if vote.decision == "fix" and not vote.captions and vote.tracks is None:
        raise ValueError("a fix mends a caption or boxes, and this one has neither; accept the clip instead")
    if vote.decision != "fix" and (vote.captions or vote.tracks is not None):
        raise ValueError(f"captions and boxes come with a fix, not with {vote.decision!r}")
    if (vote.decision == "undo") != (vote.undoes is not None):
        raise ValueError("an undo names the vote that it takes back, and nothing else does")


def _row(vote: Vote) -> dict[str, Any]:
    return {
        "id": vote.id,
        "clip": vote.clip,
        "reviewer": vote.reviewer,
        "at": vote.at,
        "decision": vote.decision,
        "reasons": list(vote.reasons),
        **{f"caption_{language}": vote.captions.get(language) for language in LANGUAGES},
        "tracks": None if vote.tracks is None else json.dumps(to_json(vote.tracks), ensure_ascii=False),
        "seconds": vote.seconds,
        "lane": vote.lane,
        "about": vote.about,
        "undoes": vote.undoes,
    }


def _vote(row: Mapping[str, Any]) -> Vote:
    captions = {language: row[f"caption_{language}"] for language in LANGUAGES}
    return Vote(
        id=row["id"],
        clip=row["clip"],
        reviewer=row["reviewer"],
        at=row["at"],
        decision=row["decision"],
        reasons=tuple(row["reasons"]),
        captions={language: text for language, text in captions.items() if text is not None},
        tracks=None if row["tracks"] is None else from_json(json.loads(row["tracks"])),
        seconds=row["seconds"],
        lane=row["lane"],
        about=row["about"],
        undoes=row["undoes"],
    )
