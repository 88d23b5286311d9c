"""Does a model keep what it is given? A first frame that it must begin with, and a clip that it must go on from.

The first frames are those of true renders, the captions say what the whole shot shows. A clip is frozen where its
pixels change less than `FROZEN` of what the true clip's do. The films that are extended are the model's own.

Shape suffixes: B clips, T frames, H height, W width, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from laqta.bench.distances import psnr
from laqta.bench.judge import Frames, see
from laqta.bench.report import About, about, table, write_results
from laqta.bench.scores import Score, score
from laqta.bench.subjects import (
    FILMED_AT_ONCE,
    Progress,
    Subject,
    bench_seeds,
    bench_shots,
    open_subject,
    said_in_turn,
    scores_of,
    true_clips,
)
from laqta.generate.denoise import Guidance
from laqta.generate.engine import Request
from laqta.generate.extend import film_long
from laqta.language.write import Caption

CLIPS = 120
FROZEN = 0.1
MOVES = 0.5
"""Mean change of a pixel (0 to 255) from frame to frame from which on a true clip counts as one that moves."""

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FirstFrame:
    """Clips that begin with a given frame.

    `kept_psnr`: of their first frame against the given one, dB, the mean over clips; `drawn_psnr` the same of the
    autoencoder alone, the most there can be. `frozen`: the share of clips that stand still where the true one moves.
    `motion` and `direction` are the judge's rows of these clips.
    """

    kept_psnr: float
    drawn_psnr: float
    frozen: Score
    motion: Score
    direction: Score


@dataclass(frozen=True, kw_only=True)
class Join:
    """Films of twice the model's length. All numbers are of 255.

    `colour_shift`: how far the mean colour moves over the join, the mean over clips; `colour_drift` the same over all
    other pairs of frames, `true_drift` over those of true clips, whose camera moves and whose snow falls. `change` and
    `usual_change`: the mean change of a pixel at the join and elsewhere.
    """

    colour_shift: float
    colour_drift: float
    true_drift: float
    change: float
    usual_change: float


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The result."""

    about: About
    judge: str
    clips: int
    first_frame: FirstFrame
    join: Join


def main(
    model: str | None, device: str | None, clips: int | None, out: Path, progress: Progress
) -> list[Path]:
    """Measure a model and write the results; returns their paths."""
    result = measure(open_subject(model, device), clips or CLIPS, progress)
    return write_results(out, result.about, result, _markdown(result))


def measure(subject: Subject, clips: int, progress: Progress) -> Conditions:
    """Film `clips` shots from their first frames, and as many at twice the length, the languages in turn."""
    seeds = bench_seeds(clips)
    shots = bench_shots(subject.stage, seeds)
    said = said_in_turn(shots, seeds)
    true_BTHWC = true_clips(subject.stage, shots, seeds)
    return Conditions(
        about=about("conditions", subject.card, subject.stage.device, clips),
        judge=subject.judge.size.name,
        clips=clips,
        first_frame=from_first_frames(subject, said, seeds, true_BTHWC, progress),
        join=at_the_join(subject, said, seeds, true_BTHWC, progress),
    )


def from_first_frames(
    subject: Subject, said: list[Caption], seeds: list[int], true_BTHWC: Frames, progress: Progress
) -> FirstFrame:
    """Film every shot from the first frame of its true render."""
    engine = subject.engine
    parts = []
    progress(0, len(seeds), "filming from first frames")
    for some in _batches(len(seeds)):
        request = _request(subject, said[some], seeds[some], true_BTHWC[some, :1])
        parts.append(engine.film(request))
        progress(min(some.stop, len(seeds)), len(seeds), "filming from first frames")
    filmed_BTHWC = np.concatenate(parts)
    given_BTHWC = true_BTHWC[:, :1]
    drawn_BTHWC = np.concatenate(
        [engine.decode(engine.encode(given_BTHWC[some])) for some in _batches(len(seeds))]
    )
    moves_B = _change(true_BTHWC) >= MOVES
    still_B = _change(filmed_BTHWC) < FROZEN * _change(true_BTHWC)
    rows = scores_of(subject, said, see(subject.judge, filmed_BTHWC))
    return FirstFrame(
        kept_psnr=_mean_psnr(filmed_BTHWC, given_BTHWC),
        drawn_psnr=_mean_psnr(drawn_BTHWC, given_BTHWC),
        frozen=score(int((still_B & moves_B).sum()), int(moves_B.sum())),
        motion=rows.get("motion", score(0, 0)),
        direction=rows.get("direction", score(0, 0)),
    )


def at_the_join(
    subject: Subject, said: list[Caption], seeds: list[int], true_BTHWC: Frames, progress: Progress
) -> Join:
    """Film every shot at twice the model's length, and look at the frames where the second part begins."""
    first = subject.card.shape.frames
    colours, changes = [], []
    progress(0, len(seeds), "extending")
    for some in _batches(len(seeds)):
        request = _request(subject, said[some], seeds[some])
        film_BTHWC = film_long(subject.engine, request, 2 * first - 1, lambda *_step: None)
        colours.append(_drift(film_BTHWC))
        changes.append(np.abs(np.diff(film_BTHWC.astype(np.float64), axis=1)).mean(axis=(2, 3, 4)))
        progress(min(some.stop, len(seeds)), len(seeds), "extending")
    colour_BT, change_BT = np.concatenate(colours), np.concatenate(changes)
    return Join(
        colour_shift=_rounded(colour_BT[:, first - 1]),
        colour_drift=_rounded(np.delete(colour_BT, first - 1, axis=1)),
        true_drift=_rounded(_drift(true_BTHWC)),
        change=_rounded(change_BT[:, first - 1]),
        usual_change=_rounded(np.delete(change_BT, first - 1, axis=1)),
    )


def _request(
    subject: Subject, said: list[Caption], seeds: list[int], lead_BTHWC: Frames | None = None
) -> Request:
    card = subject.card
    return Request(
        captions=tuple(words.text for words in said),
        seeds=tuple(seeds),
        shape=card.shape,
        steps=card.steps,
        guidance=Guidance(scale=card.guidance),
        lead_BTHWC=lead_BTHWC,
    )


def _batches(count: int) -> list[slice]:
    return [slice(at, at + FILMED_AT_ONCE) for at in range(0, count, FILMED_AT_ONCE)]


def _drift(clips_BTHWC: Frames) -> Array:
    """How far the mean colour moves from frame to frame (B, T - 1)."""
    steps_BTC = np.diff(clips_BTHWC.mean(axis=(2, 3)), axis=1)
    return np.asarray(np.abs(steps_BTC).mean(axis=-1))


def _change(clips_BTHWC: Frames) -> Array:
    """Mean change of a pixel from frame to frame (B)."""
    return np.array([np.abs(np.diff(clip.astype(np.float64), axis=0)).mean() for clip in clips_BTHWC])


def _mean_psnr(clips_BTHWC: Frames, given_BTHWC: Frames) -> float:
    values = [psnr(clip[0], given[0]) for clip, given in zip(clips_BTHWC, given_BTHWC, strict=True)]
    return round(float(np.mean(values)), 2)


def _rounded(values: Array) -> float:
    return round(float(values.mean()), 3)


def _markdown(result: Conditions) -> str:
    first, join = result.first_frame, result.join

    def percent(share: Score) -> str:
        return f"{100 * share.share:.1f} ({100 * share.low:.0f}-{100 * share.high:.0f}), asked {share.asked}"

    rows = [
        ["first frame kept (PSNR, dB)", f"{first.kept_psnr:g}"],
        ["the same by the autoencoder alone: the most there can be", f"{first.drawn_psnr:g}"],
        ["frozen where the true clip moves (%)", percent(first.frozen)],
        ["motion, as the judge sees it (%)", percent(first.motion)],
        ["direction (%)", percent(first.direction)],
        ["shift of the mean colour at the join (of 255)", f"{join.colour_shift:g}"],
        ["the same between all other frames", f"{join.colour_drift:g}"],
        ["the same in true clips", f"{join.true_drift:g}"],
        ["change of a pixel at the join (of 255)", f"{join.change:g}"],
        ["the same between all other frames", f"{join.usual_change:g}"],
    ]
    return (
        f"{result.clips} clips from the first frames of true renders, and as many of the model's own at twice its "
        "length. Shares with 95 % Wilson intervals.\n\n"
    ) + table(["what", "measured"], rows)
