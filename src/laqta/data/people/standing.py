"""How a labelling task stands: what its votes agree on, how good each vendor is, what a label costs, who gets the next.

Of one annotator's answers to a clip the last counts; all of them are kept. A vendor's labels are judged by gold where
there is some, else by the consensus of clips that several looked at, which knows less: who is alone there is wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path

from laqta.data.people.agreement import alpha, alpha_of_tracks
from laqta.data.people.consensus import Cluster, Vote, agree
from laqta.data.people.deliveries import Terms, label_files, read_answers, read_text, votes_of
from laqta.data.people.tasks import KEY, TaskClip, load_task
from laqta.data.people.track import Drawn, Track, draw
from laqta.data.people.vendors import (
    Check,
    Estimate,
    Quality,
    Record,
    check,
    cost_per_accepted,
    quality,
    route,
    wilson,
)
from laqta.data.workspace import Workspace

MOST_TRACKS = 1500
"""Tracks over which alpha is taken, at most: it compares every one with every other."""
LEAST_WEIGHT = 0.05
"""What a vendor weighs in a consensus at least, however bad it is on gold."""


@dataclass(frozen=True, kw_only=True)
class VendorStanding:
    """A vendor's work: labels that were judged right and wrong, what was paid, its quality on gold, its next share.

    `price` is that of one label, None where nobody said; `paid` counts all its labels, judged or not.
    """

    vendor: str
    clips: int
    labels: int
    right: int
    wrong: int
    price: float | None
    paid: float
    rate: Estimate
    gold: Quality | None
    share: float

    @property
    def cost(self) -> float | None:
        """What one right label costs: the price, over the share of labels that are right; None where nobody knows."""
        if self.price is None or self.right + self.wrong == 0:
            return None
        return cost_per_accepted(self.price * (self.right + self.wrong), self.right)


@dataclass(frozen=True, kw_only=True)
class ClipStanding:
    """A clip's consensus: who looked, and the things that at least one of them drew."""

    clip: TaskClip
    votes: tuple[Vote, ...]
    clusters: tuple[Cluster, ...]

    @property
    def accepted(self) -> int:
        """How many things hold a quorum."""
        return sum(cluster.accepted for cluster in self.clusters)


@dataclass(frozen=True, kw_only=True)
class TaskStanding:
    """All of it. The alphas are of boxes (with their frames) and of names, NaN where they cannot be told."""

    clips: int
    judged_by: str
    answers: int
    by_clip: tuple[ClipStanding, ...]
    boxes_alpha: float
    names_alpha: float
    vendors: tuple[VendorStanding, ...]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The next batch: how many labels, the money for them (None: enough), the rate of acceptance below which a vendor
    comes last, and the seed of the draw."""

    items: int = 100
    budget: float | None = None
    floor: float = 0.0
    seed: int = 0


def task_standing(
    workspace: Workspace, task: str, gold: Path | None = None, batch: Batch | None = None
) -> TaskStanding:
    """How a task stands. `gold` is a file or folder of labels that are true, in any format.

    Raises:
        ValueError: no such task, nobody delivered to it yet, or gold that does not fit.
    """
    clips = load_task(workspace, task)
    rows = votes_of(workspace, task)
    if not rows:
        raise ValueError(
            f"nobody has delivered to the task {task!r} yet; take labels in: laqta data labels import"
        )
    last = {(row["clip"][:KEY], row["vendor"], row["annotator"]): row for row in rows}
    votes: dict[str, list[Vote]] = defaultdict(list)
    for (key, vendor, annotator), row in sorted(last.items()):
        tracks = read_text(row["format"], row["answer"], clips[key], row["classes"]).tracks
        votes[key].append(Vote(annotator=f"{vendor}/{annotator}" if annotator else vendor, tracks=tracks))
    truth = {} if gold is None else _truth(clips, gold)
    checks = _checks(clips, votes, truth)
    weights = {vendor: _weight(quality(found, seed=0)) for vendor, found in checks.items()}
    by_clip = [
        ClipStanding(clip=clips[key], votes=tuple(own), clusters=_agreed(own, clips[key], weights))
        for key, own in sorted(votes.items())
    ]
    boxes, names = _alphas(by_clip)
    judged = {name: _gold_counts(found) for name, found in checks.items()} if gold else _by_consensus(by_clip)
    return TaskStanding(
        clips=len(clips),
        judged_by="gold" if gold else "consensus",
        answers=len(rows),
        by_clip=tuple(by_clip),
        boxes_alpha=boxes,
        names_alpha=names,
        vendors=_vendors(list(last.values()), judged, checks, batch or Batch()),
    )


def vendor_of(annotator: str) -> str:
    """The vendor of an annotator of a vote."""
    return annotator.partition("/")[0]


def _truth(clips: Mapping[str, TaskClip], gold: Path) -> dict[str, tuple[Track, ...]]:
    return {
        answer.key: answer.reading.tracks
        for file in label_files(gold)
        for answer in read_answers(clips, file, file.read_bytes(), Terms())
    }


def _checks(
    clips: Mapping[str, TaskClip], votes: Mapping[str, Sequence[Vote]], truth: Mapping[str, Sequence[Track]]
) -> dict[str, list[Check]]:
    """Each vendor's answers to gold clips, beside the truth."""
    found: dict[str, list[Check]] = defaultdict(list)
    for key, tracks in truth.items():
        for vote in votes.get(key, ()):
            found[vendor_of(vote.annotator)].append(check(tracks, vote.tracks, clips[key].timeline))
    return dict(found)


def _weight(gold: Quality) -> float:
    """What a vote weighs in a consensus: how often its label is right and what it draws is real."""
    weight = gold.labels.value * gold.precision.value
    return LEAST_WEIGHT if isnan(weight) else max(LEAST_WEIGHT, weight)


def _agreed(votes: Sequence[Vote], clip: TaskClip, weights: Mapping[str, float]) -> tuple[Cluster, ...]:
    own = {vote.annotator: weights.get(vendor_of(vote.annotator), 1.0) for vote in votes}
    return agree(votes, clip.timeline, own)


def _alphas(by_clip: Sequence[ClipStanding]) -> tuple[float, float]:
    """Krippendorff's alpha of boxes and of names, over clips that several looked at."""
    boxes: list[list[list[Drawn | None]]] = []
    names: list[list[str | None]] = []
    count = 0
    for one in by_clip:
        if len(one.votes) < 2:
            continue
        count += sum(len(vote.tracks) for vote in one.votes)
        if boxes and count > MOST_TRACKS:
            break
        tracks = {(vote.annotator, track.id): track for vote in one.votes for track in vote.tracks}
        drawn = []
        for cluster in one.clusters:
            own = {member.annotator: tracks[member.annotator, member.track] for member in cluster.members}
            names.append([own[vote.annotator].label if vote.annotator in own else None for vote in one.votes])
            drawn.append(
                [
                    draw(own[vote.annotator], one.clip.timeline) if vote.annotator in own else None
                    for vote in one.votes
                ]
            )
        boxes.append(drawn)
    return alpha_of_tracks(boxes), alpha(names)


def _gold_counts(checks: Sequence[Check]) -> tuple[int, int]:
    """Labels that are right and wrong: a thing that is there under its own name, and any other track."""
    right = sum(one.right_labels for one in checks)
    drawn = sum(len(one.ious) + one.invented for one in checks)
    return right, drawn - right


def _by_consensus(by_clip: Sequence[ClipStanding]) -> dict[str, tuple[int, int]]:
    """The same by consensus, over clips that several looked at."""
    right: Counter[str] = Counter()
    drawn: Counter[str] = Counter()
    for one in by_clip:
        if len(one.votes) < 2:
            continue
        labels = {(vote.annotator, track.id): track.label for vote in one.votes for track in vote.tracks}
        for cluster in one.clusters:
            for member in cluster.members:
                vendor = vendor_of(member.annotator)
                drawn[vendor] += 1
                agreed = cluster.track.label if cluster.accepted and cluster.track else None
                right[vendor] += labels[member.annotator, member.track] == agreed
    return {vendor: (right[vendor], drawn[vendor] - right[vendor]) for vendor in drawn}


def _vendors(
    rows: Sequence[Mapping[str, object]],
    judged: Mapping[str, tuple[int, int]],
    checks: Mapping[str, Sequence[Check]],
    batch: Batch,
) -> tuple[VendorStanding, ...]:
    names = sorted({str(row["vendor"]) for row in rows})
    own = {name: [row for row in rows if row["vendor"] == name] for name in names}
    prices = {name: [row["price"] for row in own[name] if row["price"] is not None] for name in names}
    price = {name: float(str(found[-1])) if found else None for name, found in prices.items()}
    records = {
        name: Record(accepted=right, rejected=wrong, price=price[name] or 1.0)
        for name in names
        for right, wrong in [judged.get(name, (0, 0))]
    }
    enough = batch.items * max(record.price for record in records.values())
    budget = enough if batch.budget is None else batch.budget
    drawn = route(records, batch.items, budget, batch.seed, floor=batch.floor)
    shares = Counter(name for name in drawn.vendors if name)
    return tuple(
        VendorStanding(
            vendor=name,
            clips=len({row["clip"] for row in own[name]}),
            labels=sum(int(str(row["tracks"])) for row in own[name]),
            right=records[name].accepted,
            wrong=records[name].rejected,
            price=price[name],
            paid=sum(float(str(row["price"] or 0)) * int(str(row["tracks"])) for row in own[name]),
            rate=wilson(records[name].accepted, records[name].accepted + records[name].rejected),
            gold=quality(checks[name], seed=0) if name in checks else None,
            share=shares[name] / max(batch.items, 1),
        )
        for name in names
    )
