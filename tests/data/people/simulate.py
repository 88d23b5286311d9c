"""Three vendors who label the made-up world at error rates that are known, and how well they are found out.

The truth is where the world's stage puts its things; nothing is rendered. Used by the tests and by
`runs/labels_measure.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.random import Generator, default_rng

from laqta.data.people.agreement import alpha_of_tracks, dawid_skene
from laqta.data.people.consensus import Cluster, Vote, agree
from laqta.data.people.track import ExactBox, FrameSize, Keyframe, Timeline, Track, draw, settle
from laqta.data.people.vendors import Check, Estimate, check, quality, wilson
from laqta.shot import VideoShape
from laqta.world.props import PROPS
from laqta.world.sample import MINI_WORLD, NANO_WORLD, sample_shot
from laqta.world.stage import Cutout, set_stage

KINDS = NANO_WORLD.props
WORLD = replace(MINI_WORLD, props=KINDS)
CUTOUTS = {kind: Cutout(half_width=0.42, half_height=0.42, facing=PROPS[kind].facing) for kind in KINDS}
SHAPE = VideoShape(frames=33, height=479, width=853, fps=24)
SIZE = FrameSize(width=SHAPE.width, height=SHAPE.height)
LEAST_SIDE = 0.03
"""A thing of which less is in the frame, in either direction, is out of sight."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A clip's time line, of variable frame rate, and its true tracks."""

    timeline: Timeline
    truth: tuple[Track, ...]


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """Chances of missing a track, of naming it wrongly, of one invented track a clip; the standard deviation of a side
    as a share of the box; and how far, as a share of the box, a thing may leave the straight line between two
    keyframes before a third is set."""

    name: str
    miss: float
    mislabel: float
    invent: float
    jitter: float
    slack: float


VENDORS = (
    Vendor(name="careful", miss=0.03, mislabel=0.03, invent=0.02, jitter=0.02, slack=0.04),
    Vendor(name="usual", miss=0.08, mislabel=0.10, invent=0.08, jitter=0.04, slack=0.08),
    Vendor(name="hasty", miss=0.20, mislabel=0.25, invent=0.20, jitter=0.07, slack=0.14),
)


def film(seed: int) -> Clip:
    """The truth of one shot of the made-up world."""
    dice = default_rng(seed)
    pts = np.cumsum(dice.choice([1501, 3003, 4504], size=SHAPE.frames))
    timeline = Timeline(pts=tuple(int(stamp) for stamp in pts), time_base=Fraction(1, 90000))
    scene = set_stage(sample_shot(seed, WORLD), SHAPE, CUTOUTS, WORLD.size_fractions, seed)
    tracks = []
    for number, thing in enumerate(scene.things):
        half_x_T = 0.42 * thing.size_T / SHAPE.width
        half_y_T = 0.42 * thing.size_T / SHAPE.height
        sides = (thing.x_T - half_x_T, thing.y_T - half_y_T, thing.x_T + half_x_T, thing.y_T + half_y_T)
        boxes_T4 = np.stack(sides, axis=-1).clip(0, 1)
        track = _track(str(number), thing.kind, boxes_T4, timeline)
        if track is not None:
            tracks.append(track)
    return Clip(timeline=timeline, truth=tuple(tracks))


def _box(sides: np.ndarray) -> ExactBox | None:
    left, top, right, bottom = (Fraction(round(float(side) * 2**20), 2**20) for side in sides)
    if right - left < LEAST_SIDE or bottom - top < LEAST_SIDE:
        return None
    return ExactBox(left=left, top=top, right=right, bottom=bottom)


def _track(name: str, label: str, boxes_T4: np.ndarray, timeline: Timeline) -> Track | None:
    boxes = [_box(sides) for sides in boxes_T4]
    keys = [Keyframe(pts=pts, box=box) for pts, box in zip(timeline.pts, boxes, strict=True)]
    return settle(name, label, keys) if any(boxes) else None


def answer(vendor: Vendor, clip: Clip, dice: Generator) -> Vote:
    """What a vendor draws: keyframes a little off, straight lines between them, things missed, misnamed, invented."""
    tracks = []
    for true in clip.truth:
        if dice.random() >= vendor.miss:
            label = true.label
            if dice.random() < vendor.mislabel:
                label = str(dice.choice([kind for kind in KINDS if kind != true.label]))
            tracks.append(_redraw(vendor, true, label, clip.timeline, dice))
    if dice.random() < vendor.invent:
        left, top = dice.uniform(0, 0.8, size=2)
        boxes_T4 = np.tile([left, top, left + 0.2, top + 0.2], (SHAPE.frames, 1))
        boxes_T4[int(dice.integers(8, SHAPE.frames)) :] = 0
        ghost = _track("ghost", str(dice.choice(KINDS)), boxes_T4, clip.timeline)
        assert ghost is not None
        tracks.append(ghost)
    return Vote(annotator=vendor.name, tracks=tuple(tracks))


def _redraw(vendor: Vendor, true: Track, label: str, timeline: Timeline, dice: Generator) -> Track:
    drawn = draw(true, timeline)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], drawn.there_T, [False]]).astype(int)))
    keys = []
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        for frame in sorted({first, end - 1, *_bends(drawn.boxes_T4, first, end - 1, vendor.slack)}):
            sides = drawn.boxes_T4[frame]
            spread = vendor.jitter * np.tile(sides[2:] - sides[:2], 2)
            low, high = np.split(sides + dice.normal(0, spread), 2)
            moved = np.concatenate([low, np.maximum(high, low + LEAST_SIDE + 1e-3)])
            keys.append(Keyframe(pts=timeline.pts[frame], box=_box(moved)))
        if end < SHAPE.frames:
            keys.append(Keyframe(pts=timeline.pts[end], box=None))
    return settle(true.id, label, keys)


def _bends(boxes_T4: np.ndarray, first: int, last: int, slack: float) -> list[int]:
    """Frames where a keyframe is needed for the lines to stay with the thing (Douglas and Peucker 1973)."""
    share_T = np.linspace(0, 1, last - first + 1)[:, None]
    lines_T4 = boxes_T4[first] + share_T * (boxes_T4[last] - boxes_T4[first])
    here_T4 = boxes_T4[first : last + 1]
    off_T = (np.abs(lines_T4 - here_T4) / np.tile(here_T4[:, 2:] - here_T4[:, :2], 2)).max(axis=1)
    worst = int(off_T.argmax())
    if off_T[worst] <= slack:
        return []
    at = first + worst
    return [*_bends(boxes_T4, first, at, slack), at, *_bends(boxes_T4, at, last, slack)]


@dataclass(frozen=True, kw_only=True)
class Work:
    """A clip, the vendors' votes on it, and how each compares with the truth."""

    clip: Clip
    votes: tuple[Vote, ...]
    checks: tuple[Check, ...]


def work(seeds: Sequence[int]) -> list[Work]:
    """Clips labelled by all `VENDORS`, each by its seed."""
    done = []
    for seed in seeds:
        clip, dice = film(seed), default_rng([seed, 7])
        votes = tuple(answer(vendor, clip, dice) for vendor in VENDORS)
        checks = tuple(check(clip.truth, vote.tracks, clip.timeline) for vote in votes)
        done.append(Work(clip=clip, votes=votes, checks=checks))
    return done


def known_rates(pool: Sequence[Work], at: int) -> dict[str, float]:
    """What is true of vendor `at`: its rates as they were set, and over a large pool what follows from them."""
    checks = [one.checks[at] for one in pool]
    ious = [iou for one in checks for iou in one.ious]
    invented = sum(one.invented for one in checks)
    return {
        "labels": 1 - VENDORS[at].mislabel,
        "recall": 1 - VENDORS[at].miss,
        "precision": len(ious) / (len(ious) + invented),
        "iou": float(np.mean(ious)),
    }


def covered(pool: Sequence[Work], gold: int) -> dict[str, float]:
    """How often 95 % intervals from `gold` clips hold the known rate, over blocks of the pool and all vendors."""
    blocks = [pool[at : at + gold] for at in range(0, len(pool) - gold + 1, gold)]
    hits: dict[str, list[bool]] = {"labels": [], "recall": [], "precision": [], "iou": []}
    for at in range(len(VENDORS)):
        known = known_rates(pool, at)
        for seed, block in enumerate(blocks):
            found = quality([one.checks[at] for one in block], seed)
            for name, kept in hits.items():
                estimate: Estimate = getattr(found, name)
                kept.append(estimate.low <= known[name] <= estimate.high)
    return {name: float(np.mean(kept)) for name, kept in hits.items()}


def consensus(
    works: Sequence[Work], reliability: dict[str, float]
) -> tuple[list[tuple[Cluster, ...]], list[Check]]:
    """The clusters of every clip, and how those accepted compare with the truth."""
    clusters = [agree(one.votes, one.clip.timeline, reliability) for one in works]
    checks = [
        check(one.clip.truth, [each.track for each in own if each.accepted and each.track], one.clip.timeline)
        for one, own in zip(works, clusters, strict=True)
    ]
    return clusters, checks


def found_by_two() -> float:
    """The chance that at least two of the three vendors draw a thing: any two of them hold the quorum."""
    found = [1 - vendor.miss for vendor in VENDORS]
    all_three = float(np.prod(found))
    pairs = sum(found[one] * found[other] for one, other in ((0, 1), (0, 2), (1, 2)))
    return pairs - 2 * all_three


def label_table(works: Sequence[Work], clusters: Sequence[Sequence[Cluster]]) -> np.ndarray:
    """Class indices that each vendor gave to each accepted thing (U, R), -1 where it did not draw it."""
    rows = []
    for one, own in zip(works, clusters, strict=True):
        labels = {(vote.annotator, track.id): track.label for vote in one.votes for track in vote.tracks}
        for cluster in own:
            if cluster.accepted:
                given = {
                    member.annotator: labels[member.annotator, member.track] for member in cluster.members
                }
                rows.append([KINDS.index(given[name.name]) if name.name in given else -1 for name in VENDORS])
    return np.array(rows, dtype=np.int64)


def right_by_dawid_skene(labels_UR: np.ndarray) -> list[Estimate]:
    """Each vendor's share of right labels as EM tells it without gold, with the Wilson interval of as many labels."""
    found = dawid_skene(labels_UR, len(KINDS))
    estimates = []
    for at in range(len(VENDORS)):
        said = labels_UR[:, at] >= 0
        right = float(found.chance_UC[said, labels_UR[said, at]].sum())
        estimates.append(wilson(round(right), int(said.sum())))
    return estimates


def drawn_alpha(works: Sequence[Work], clusters: Sequence[Sequence[Cluster]]) -> float:
    """Krippendorff's alpha of the tracks of all clips."""
    clips = []
    for one, own in zip(works, clusters, strict=True):
        drawn = {
            (vote.annotator, track.id): draw(track, one.clip.timeline)
            for vote in one.votes
            for track in vote.tracks
        }
        by_name = [
            {member.annotator: drawn[member.annotator, member.track] for member in each.members}
            for each in own
        ]
        clips.append([[given.get(vendor.name) for vendor in VENDORS] for given in by_name])
    return alpha_of_tracks(clips)


def steps(timeline: Timeline) -> set[int]:
    """The different times that frames stay, in PTS: more than one is a variable frame rate."""
    return {after - before for before, after in pairwise(timeline.pts)}
