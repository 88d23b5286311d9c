"""What several votes on one clip come to: whether they are enough, what they decide, and what they mended.

A clip is kept or rejected by the majority of its votes; a tie decides nothing. What is kept counts as mended where at
least half of those who kept it mended it, and the last of them says how.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from laqta.data.people.track import Track
from laqta.data.people.vendors import Estimate, wilson
from laqta.data.review.drawing import to_json
from laqta.data.review.votes import LANGUAGES, Ballots, Vote
from laqta.data.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a clip's votes decide: `None` while they tie. Captions by language and tracks are what was mended."""

    decision: Literal["accept", "fix", "reject"] | None
    votes: int
    captions: Mapping[str, str] = field(default_factory=dict)
    tracks: tuple[Track, ...] | None = None


def by_clip(votes: Iterable[Vote]) -> dict[str, list[Vote]]:
    """Standing votes by their clip."""
    found: dict[str, list[Vote]] = {}
    for vote in votes:
        found.setdefault(vote.clip, []).append(vote)
    return found


def decide(votes: list[Vote]) -> Verdict:
    """The verdict of one clip's standing votes, in the order of time."""
    kept = [vote for vote in votes if vote.keeps]
    if 2 * len(kept) <= len(votes):
        tie = 2 * len(kept) == len(votes)
        return Verdict(decision=None if tie else "reject", votes=len(votes))
    fixes = [vote for vote in kept if vote.decision == "fix"]
    if 2 * len(fixes) < len(kept):
        return Verdict(decision="accept", votes=len(votes))
    captions: dict[str, str] = {}
    tracks = None
    for vote in fixes:
        captions |= vote.captions
        tracks = tracks if vote.tracks is None else vote.tracks
    return Verdict(decision="fix", votes=len(votes), captions=captions, tracks=tracks)


def is_settled(votes: list[Vote], wanted: int, most: int) -> bool:
    """Whether nobody needs to look any more: `wanted` votes that agree to keep or reject, or `most` of any kind."""
    kept = sum(vote.keeps for vote in votes)
    return len(votes) >= most or (len(votes) >= wanted and kept in (0, len(votes)))


def review_columns(workspace: Workspace, ids: list[str], columns: Mapping[str, Any]) -> dict[str, pa.Array]:
    """What reviews say of clips, for the table of clips: the decision, how many votes, and what was mended.

    That is `reviewed`, `review_votes`, `review_tracks` (as JSON of `drawing.to_json`) and the captions by language. A
    gold clip is what its known answer says. `columns` are the table's so far: a caption that nobody mended stays.
    """
    ballots = Ballots(workspace)
    found = {clip: decide(votes) for clip, votes in by_clip(ballots.standing()).items()}
    for clip, vote in ballots.gold().items():
        found[clip] = decide([vote])
    verdicts = [found.get(clip) for clip in ids]
    told: dict[str, pa.Array] = {
        "reviewed": pa.array([verdict and verdict.decision for verdict in verdicts], pa.string()),
        "review_votes": pa.array([verdict.votes if verdict else 0 for verdict in verdicts], pa.int32()),
    }
    mended_tracks = [verdict.tracks if verdict else None for verdict in verdicts]
    told["review_tracks"] = pa.array(
        [None if tracks is None else json.dumps(to_json(tracks)) for tracks in mended_tracks], pa.string()
    )
    for language in LANGUAGES:
        name = f"caption_{language}"
        before = columns[name].to_pylist() if name in columns else [None] * len(ids)
        mended = [verdict.captions.get(language) if verdict else None for verdict in verdicts]
        told[name] = pa.array(
            [text if text is not None else was for text, was in zip(mended, before, strict=True)], pa.string()
        )
    return told


def reviewers(votes: Iterable[Vote], gold: Mapping[str, Vote]) -> dict[str, Estimate]:
    """How often each reviewer is right on gold, to keep or to reject, with a Wilson interval, by name."""
    hits: dict[str, list[bool]] = {}
    for vote in votes:
        answers = hits.setdefault(vote.reviewer, [])
        if vote.clip in gold:
            answers.append(vote.keeps == gold[vote.clip].keeps)
    return {name: wilson(sum(answers), len(answers)) for name, answers in sorted(hits.items())}
