"""What a stage costs: FLOP counted by torch's own counter, seconds by the clock, dollars by a stated rate."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch.utils.flop_counter import FlopCounterMode

from laqta.models.card import Costs
from laqta.train.checkpoint import Clock
from laqta.train.device import hardware_name, peak_flops

DOLLARS_PER_HOUR = {"cuda": 2.0, "cpu": 0.1}
"""Usual 2026 rents: one H100 for an hour, two cloud CPU cores for an hour."""

COUNT_EVERY = 1000


class StepCost:
    """Counts the FLOP of one step in a thousand (the counter slows a step) and takes the rest for alike.

    `counted` are the counts of earlier sittings, to which this one adds. A counted step runs through other kernels
    and rounds otherwise: only with them does a resumed run count the same steps, and stay the same run.
    """

    def __init__(self, device: str, counted: list[int] | None = None) -> None:
        self.device = device
        self.flop_per_step: list[int] = [] if counted is None else counted
        self._peak: float | None = None

    def due(self, step: int) -> bool:
        """Whether this step is counted: the first, and one in a thousand. A counted step cannot run compiled."""
        return step % COUNT_EVERY == 0 or not self.flop_per_step

    @contextmanager
    def count(self, step: int) -> Iterator[None]:
        """Wrap the forward and backward pass of step `step`."""
        if not self.due(step):
            yield
            return
        counter = FlopCounterMode(display=False)
        with counter:
            yield
        self.flop_per_step.append(counter.get_total_flops())

    def flop(self, clock: Clock) -> float:
        """FLOP of all steps so far; 0 where none was counted."""
        counted = len(self.flop_per_step)
        return clock.steps * sum(self.flop_per_step) / counted if counted else 0.0

    def mfu(self, clock: Clock) -> float:
        """Model FLOP utilisation so far: the share of the hardware's peak that went into these FLOP."""
        if self._peak is None:
            self._peak = peak_flops(self.device)
        return float(f"{self.flop(clock) / clock.seconds / self._peak:.3g}")

    def card(self, stage: str, clock: Clock) -> Costs:
        """Sum up a finished stage.

        A sitting that found the stage finished has counted no step: then `flop` is 0 and `mfu` None.
        """
        flop = self.flop(clock)
        per_hour = DOLLARS_PER_HOUR["cuda" if self.device.startswith("cuda") else "cpu"]
        return Costs(
            stage=stage,
            hardware=hardware_name(self.device),
            seconds=round(clock.seconds, 1),
            steps=clock.steps,
            clips=clock.clips,
            flop=float(f"{flop:.3g}"),
            mfu=self.mfu(clock) if flop else None,
            dollars=round(clock.seconds / 3600 * per_hour, 4),
            dollars_per_hour=per_hour,
        )
