from __future__ import annotations

import json
import pickle
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from laqta.train import checkpoint
from laqta.train.checkpoint import Average, Budget, Clock, Log, load_state, save_state, step_dice, trapezoid


class Watch:
    """A clock that a test winds by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def test_a_budget_is_of_minutes_or_of_steps() -> None:
    for wrong in ({}, {"minutes": 1.0, "steps": 3}):
        with pytest.raises(AssertionError):
            Budget(**wrong)  # type: ignore[arg-type]


def test_steps_count_toward_a_budget_of_steps(watch: Watch) -> None:
    clock = Clock(Budget(steps=4), stop_at=None)
    for fraction in (0.25, 0.5, 0.75):
        watch.now += 100
        clock.tick(8)
        assert clock.fraction == fraction
        assert not clock.finished
    clock.tick(8)
    clock.tick(8)
    assert clock.finished and clock.fraction == 1
    assert (clock.steps, clock.clips, clock.seconds) == (5, 40, 300)


def test_minutes_count_toward_a_budget_of_minutes(watch: Watch) -> None:
    clock = Clock(Budget(minutes=2), stop_at=None)
    watch.now += 30
    clock.tick(1)
    assert clock.fraction == 0.25
    watch.now += 500
    clock.pause()  # a preview was drawn: that is no training
    assert clock.fraction == 0.25
    watch.now += 90
    clock.tick(1)
    assert clock.finished


def test_a_sitting_ends_at_its_moment(watch: Watch) -> None:
    assert not Clock(Budget(steps=1), stop_at=None).must_stop
    clock = Clock(Budget(steps=1), stop_at=watch.now + 5)
    assert not clock.must_stop
    watch.now += 5
    assert clock.must_stop and not clock.finished


def test_saving_is_due_from_time_to_time(watch: Watch) -> None:
    clock = Clock(Budget(steps=1), stop_at=None)
    assert not clock.save_due()
    watch.now += checkpoint.SAVE_EVERY
    assert clock.save_due()
    assert not clock.save_due()


def test_a_clock_goes_on_where_it_stopped(watch: Watch) -> None:
    first = Clock(Budget(minutes=2), stop_at=None)
    watch.now += 30
    first.tick(8)
    watch.now += 10_000  # the night between two sittings
    second = Clock(Budget(minutes=2), stop_at=None)
    second.load(first.state())
    watch.now += 30
    second.tick(8)
    assert (second.steps, second.seconds, second.clips, second.fraction) == (2, 60, 16, 0.5)


def network(value: float) -> nn.Linear:
    made = nn.Linear(2, 1)
    for weight in made.parameters():
        nn.init.constant_(weight, value)
    return made


def test_the_average_forgets_its_beginning_and_then_moves_slowly() -> None:
    average = Average(network(0.0), decay=0.9)
    expected = 0.0
    for update in range(1, 200):
        average.update(network(1.0))
        keep = min(0.9, (1 + update) / (10 + update))
        expected = keep * expected + 1 - keep
        assert average.shadow["weight"][0, 0].item() == pytest.approx(expected, abs=1e-5)
    before = average.shadow["weight"][0, 0].item()
    average.update(network(0.0))
    assert average.shadow["weight"][0, 0].item() == pytest.approx(0.9 * before, abs=1e-5)
    assert before > 0.999


def test_an_average_goes_on_where_it_stopped() -> None:
    first = Average(network(0.0), decay=0.99)
    for _ in range(3):
        first.update(network(1.0))
    second = Average(network(5.0), decay=0.99)
    second.load(first.state())
    for average in (first, second):
        average.update(network(2.0))
    assert first.updates == second.updates == 4
    assert torch.equal(first.shadow["weight"], second.shadow["weight"])


def test_an_average_is_its_own_memory() -> None:
    net = network(1.0)
    average = Average(net, decay=0.9)
    nn.init.zeros_(net.weight)
    assert (average.shadow["weight"] == 1).all()


def test_a_step_draws_the_same_whatever_went_before() -> None:
    assert torch.equal(torch.rand(5, generator=step_dice(1, 7)), torch.rand(5, generator=step_dice(1, 7)))
    drawn = {torch.rand(1, generator=step_dice(seed, step)).item() for seed in range(5) for step in range(50)}
    assert len(drawn) == 250


def test_the_learning_rate_rises_stays_and_falls_to_nothing() -> None:
    values = {0.0: 0, 0.01: 0.5, 0.02: 1, 0.3: 1, 0.55: 1, 0.775: 0.5, 1.0: 0}
    assert {fraction: trapezoid(fraction) for fraction in values} == pytest.approx(values)
    fractions = torch.linspace(0, 1, 400).tolist()
    assert all(0 <= trapezoid(fraction) <= 1 for fraction in fractions)


def test_the_log_is_one_record_a_line(tmp_path: Path) -> None:
    said: list[str] = []
    log = Log(tmp_path / "run" / "a.jsonl", said.append)
    log.write(step=50, loss=0.123456789)
    Log(tmp_path / "run" / "a.jsonl", said.append).write(step=100, note="resumed")
    lines = [json.loads(line) for line in log.path.read_text().splitlines()]
    assert lines == [{"step": 50, "loss": 0.123456789}, {"step": 100, "note": "resumed"}]
    assert said == ["step 50  loss 0.1235", "step 100  note resumed"]


def test_a_state_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "run" / "x.state"
    save_state(path, network={"w": torch.arange(3.0)}, clock={"steps": 3})
    with pytest.raises((AttributeError, pickle.PicklingError)):
        save_state(path, broken=lambda: None)
    state = load_state(path, "cpu")
    assert state["clock"] == {"steps": 3}
    assert torch.equal(state["network"]["w"], torch.arange(3.0))
    assert [entry.name for entry in path.parent.iterdir()] == ["x.state"]
