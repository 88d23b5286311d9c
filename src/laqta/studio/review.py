"""The studio's review room: clips of a data workspace, and takes that failed, for people to accept, mend or reject.

The data engine is an extra of its own: nothing of it is imported before somebody reviews.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, RowMapping, select

from laqta.language.lexicon import LANGUAGES
from laqta.language.write import plain
from laqta.studio import takes as take_rows
from laqta.studio.conversations import NotFoundError
from laqta.studio.tables import takes

if TYPE_CHECKING:
    from laqta.data.people.track import Timeline
    from laqta.data.review.material import Material
    from laqta.data.review.preview import Preview
    from laqta.data.review.queue import Item, Supply
    from laqta.data.review.votes import Ballots
    from laqta.data.workspace import Workspace

NEEDED = ("pyarrow", "duckdb", "scipy", "fsspec")
MOST_COUNTED = 100
"""Items that wait are counted up to here."""
MOST_TAKES = 200
Missing = Literal["", "not_installed", "no_data"]
Failed = Mapping[str, RowMapping]
"""Takes that failed, by id."""


def failed_takes(db: Connection) -> dict[str, RowMapping]:
    """The latest takes in which the judge missed something that was asked for, by id."""
    query = (
        select(takes)
        .where(takes.c.state == "done", takes.c.video.is_not(None))
        .order_by(takes.c.at.desc())
        .limit(MOST_TAKES)
    )
    rows = db.execute(query).mappings()
    return {row["id"]: row for row in rows if _missed(row) > 0}


def _missed(row: RowMapping) -> float:
    """The share of what was asked for that the judge did not see in a take; 0 where it did not look."""
    score = take_rows.score(row)
    return 0.0 if score is None else 1 - score


@dataclass(kw_only=True)
class ReviewRoom:
    """Reviews of one data workspace, the folder `data`; what was read is kept until something in it changes."""

    data: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _read: tuple[tuple[int, ...], Material] | None = None
    _ballots: Ballots | None = None

    def missing(self) -> Missing:
        """What must be there before anything can be reviewed; nothing where all is."""
        if any(find_spec(name) is None for name in NEEDED):
            return "not_installed"
        return "" if self.data is not None and (self.data / "sources").is_dir() else "no_data"

    def next(self, reviewer: str, failed: Failed) -> tuple[dict[str, Any], str | None]:
        """The next item of a reviewer as the page sees it, and the id of the one after it, to be cut meanwhile."""
        from laqta.data.review.queue import choose
        from laqta.data.review.votes import check_reviewer

        votes = self.ballots().standing()
        material, supply = self._supply(failed)
        items = choose(supply, votes, material.plan, check_reviewer(reviewer), MOST_COUNTED)
        waiting = list(items)
        shown = None
        while waiting and shown is None:
            shown = self._try(waiting.pop(0), failed)
        left = len(waiting) + (shown is not None)
        answer = {
            "item": shown,
            "done": sum(vote.reviewer == reviewer for vote in votes),
            "waiting": left,
            "more": len(items) == MOST_COUNTED,
            "skipped": len(items) - left,
        }
        return answer, waiting[0].id if waiting else None

    def vote(self, given: Mapping[str, Any], failed: Failed) -> dict[str, Any]:
        """Keep a vote that the page sent; returns its id, and why the item was shown."""
        from laqta.data.review.drawing import from_page
        from laqta.data.review.votes import Vote, cast

        what = given["item"]
        material, supply = self._supply(failed)
        if what not in material.clips and what not in failed:
            raise NotFoundError(f"there is no clip {what[:12]!r} to review; load the next one")
        tracks = given["tracks"]
        reason = supply.of(what)
        vote = cast(
            self.workspace(),
            Vote(
                id=given["id"], clip=what, reviewer=given["reviewer"], at=time.time(), decision=given["decision"],
                reasons=tuple(given["reasons"]), captions=given["captions"], seconds=given["seconds"],
                tracks=None if tracks is None else from_page(tracks, self._timeline(what, failed)),
                lane=supply.lane(what), about=reason.about,
            ),
        )  # fmt: skip
        why = {name: getattr(reason, name) for name in ("lane", "about", "score", "limit")}
        return {"vote": vote.id, "why": why}

    def undo(self, reviewer: str, failed: Failed) -> dict[str, Any] | None:
        """Take back a reviewer's last vote; returns its item as the page sees it, `None` where there was no vote."""
        from laqta.data.review.queue import Item
        from laqta.data.review.votes import Vote, cast

        mine = [vote for vote in self.ballots().standing() if vote.reviewer == reviewer]
        if not mine:
            return None
        last = mine[-1]
        cast(
            self.workspace(),
            Vote(clip=last.clip, reviewer=reviewer, at=time.time(), decision="undo", undoes=last.id),
        )
        _, supply = self._supply(failed)
        return self._try(Item(id=last.clip, reason=supply.of(last.clip)), failed)

    def film(self, clip: str) -> Path:
        """The film of a clip; `NotFoundError` where there is none."""
        try:
            return self._preview(clip).path
        except (KeyError, OSError, ValueError) as error:
            raise NotFoundError("that clip is gone, or its source has changed") from error

    def prepare(self, clip: str) -> None:
        """Cut a clip that will be asked for next; one that cannot be cut is skipped when its turn comes."""
        if clip in self._material().clips:
            self._try_preview(clip)

    def workspace(self) -> Workspace:
        """The data engine's folder; `ValueError` that says what is missing."""
        from laqta.data.workspace import open_workspace

        if self.data is None:
            raise ValueError("this studio has no data to review; start it with: laqta studio --data DIR")
        return open_workspace(self.data)

    def ballots(self) -> Ballots:
        """All votes."""
        from laqta.data.review.votes import Ballots

        if self._ballots is None:
            self._ballots = Ballots(self.workspace())
        return self._ballots

    def _material(self) -> Material:
        from laqta.data.review.material import gather_all, stamp

        workspace = self.workspace()
        with self._lock:
            now = stamp(workspace)
            if self._read is None or self._read[0] != now:
                self._read = now, gather_all(workspace)
            return self._read[1]

    def _supply(self, failed: Failed) -> tuple[Material, Supply]:
        material = self._material()
        values = {take: _missed(row) for take, row in failed.items()}
        return material, material.supply(self.ballots().gold(), values)

    def _try(self, item: Item, failed: Failed) -> dict[str, Any] | None:
        """An item as the page sees it: nothing in it tells whether it is gold. `None` where its film is gone."""
        if item.id in failed:
            return _shown_take(failed[item.id])
        film = self._try_preview(item.id)
        return None if film is None else self._shown_clip(item.id, film)

    def _shown_clip(self, clip: str, film: Preview) -> dict[str, Any]:
        from laqta.data.review.drawing import to_page

        material = self._material()
        row = material.clips[clip]
        return _shown(
            clip, f"/api/review/clips/{clip}/video", film.starts(),
            dict.fromkeys(LANGUAGES, "") | dict(material.captions.get(clip, {})),
            {"kind": "clip", "width": row["width"], "height": row["height"]},
            to_page(material.tracks.get(clip, ()), film.timeline),
        )  # fmt: skip

    def _preview(self, clip: str) -> Preview:
        from laqta.data.review.preview import preview

        return preview(self.workspace(), self._material().clips[clip])

    def _try_preview(self, clip: str) -> Preview | None:
        try:
            return self._preview(clip)
        except (KeyError, OSError, ValueError):
            return None

    def _timeline(self, what: str, failed: Failed) -> Timeline:
        from laqta.data.people.track import Timeline

        if what in failed:
            frames, rate = _length(failed[what])
            return Timeline.constant(frames, rate)
        return self._preview(what).timeline


def _length(row: RowMapping) -> tuple[int, Fraction]:
    """Frames of a take, and how many there are a second."""
    settings = row["recipe"]["settings"]
    return int(settings["frames"]), Fraction(settings["fps"]).limit_denominator(1001)


def _shown_take(row: RowMapping) -> dict[str, Any]:
    seen = take_rows.view(row)
    frames, rate = _length(row)
    shot = take_rows.shot_of(row)
    return _shown(
        row["id"], seen["video"], [float(at / rate) for at in range(frames + 1)],
        {language: plain(shot, language) for language in LANGUAGES},
        {"kind": "take", "width": seen["width"], "height": seen["height"]}, [],
    )  # fmt: skip


def _shown(
    what: str, video: str, starts: Sequence[float], captions: Mapping[str, str], shape: Mapping[str, Any],
    tracks: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": what,
        "video": video,
        "starts": starts,
        "captions": captions,
        "tracks": list(tracks),
        **shape,
    }
