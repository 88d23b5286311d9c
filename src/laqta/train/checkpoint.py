"""What lets a run stop at any moment and go on as if it had not: the clock, saved state, averaged weights, the log."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, nn

from laqta.files import write_file

SAVE_EVERY = 120.0
"""Seconds of training between two saved states."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How long a stage trains: by elapsed minutes, or by steps (exactly repeatable, for tests and rehearsals)."""

    minutes: float | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        assert (self.minutes is None) != (self.steps is None)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One sitting of a run: its folder, its device, and when the sitting ends.

    `stop_at` is the moment (`time.monotonic`) at which it must save and stop, or None; `say` takes a line
    of news for the person who waits.
    """

    folder: Path
    device: str
    stop_at: float | None
    say: Callable[[str], None]


class Clock:
    """Steps and seconds spent in one stage, over all its pieces; every schedule asks it for `fraction`.

    `stop_at` is the moment (`time.monotonic`) at which this piece must end, or None. `flop_per_step` holds the
    counts of the few steps whose FLOP were counted (`cost.py`).
    """

    def __init__(self, budget: Budget, stop_at: float | None) -> None:
        self.budget = budget
        self.stop_at = stop_at
        self.steps = 0
        self.seconds = 0.0
        self.clips = 0
        self.flop_per_step: list[int] = []
        self._last_tick = time.monotonic()
        self._last_save = self._last_tick

    @property
    def fraction(self) -> float:
        """Share of the budget that is spent, 0 to 1."""
        if self.budget.steps is not None:
            return min(1.0, self.steps / self.budget.steps)
        assert self.budget.minutes is not None
        return min(1.0, self.seconds / (60 * self.budget.minutes))

    @property
    def finished(self) -> bool:
        """Whether the whole budget is spent."""
        return self.fraction >= 1.0

    @property
    def must_stop(self) -> bool:
        """Whether this piece's time is over, finished or not."""
        return self.stop_at is not None and time.monotonic() >= self.stop_at

    def tick(self, clips: int) -> None:
        """Count one step over `clips` clips."""
        now = time.monotonic()
        self.seconds += now - self._last_tick
        self._last_tick = now
        self.steps += 1
        self.clips += clips

    def pause(self) -> None:
        """Leave what has passed since the last tick out of the count: previews are not training."""
        self._last_tick = time.monotonic()

    def save_due(self) -> bool:
        """Whether it is time to save; asking resets the wait."""
        due = time.monotonic() - self._last_save >= SAVE_EVERY
        if due:
            self._last_save = time.monotonic()
        return due

    def state(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {
            "steps": self.steps,
            "seconds": self.seconds,
            "clips": self.clips,
            "flop_per_step": self.flop_per_step,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.steps, self.seconds, self.clips = state["steps"], state["seconds"], state["clips"]
        self.flop_per_step = state.get("flop_per_step", [])  # states of before 2026-11-22 lack it
        self._last_tick = time.monotonic()


class Average:
    """Exponential moving average of a network's weights, in float32, with a warm-up.

    The decay grows as (1 + n) / (10 + n) up to `decay`, so that early weights are forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.shadow = {name: value.detach().clone() for name, value in network.state_dict().items()}

    def update(self, network: nn.Module) -> None:
        """Move a step toward the network's present weights."""
        self.updates += 1
        keep = min(self.decay, (1 + self.updates) / (10 + self.updates))
        weights = network.state_dict()
        torch._foreach_lerp_(list(self.shadow.values()), [weights[name] for name in self.shadow], 1 - keep)

    def state(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {"updates": self.updates, "shadow": self.shadow}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.updates = state["updates"]
        for name, value in state["shadow"].items():
            self.shadow[name].copy_(value)


class Log:
    """A JSONL file with one record a line; every record is also printed as `key value` pairs."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.say = say

    def write(self, **record: float | int | str) -> None:
        """Append one record."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        shown = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in record.items()}
        self.say("  ".join(f"{key} {value}" for key, value in shown.items()))


def save_state(path: Path, **parts: Any) -> None:
    """Write a training state, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_file(path) as draft:
        torch.save(parts, draft)


def load_state(path: Path, device: str) -> dict[str, Any]:
    """Read a training state onto a device."""
    return dict(torch.load(path, map_location=device, weights_only=True))


def step_dice(seed: int, step: int) -> Generator:
    """The random source of one step: it depends on nothing but seed and step, so a resume draws the same."""
    return Generator().manual_seed(seed * 1_000_003 + step)


def trapezoid(fraction: float, warm_up: float = 0.02, decay_from: float = 0.55) -> float:
    """Learning-rate factor by elapsed fraction: linear rise, constant, linear fall to zero."""
    rise = fraction / warm_up if fraction < warm_up else 1.0
    fall = (1.0 - fraction) / (1.0 - decay_from) if fraction > decay_from else 1.0
    return min(rise, fall)
