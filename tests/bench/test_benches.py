"""The three benches on an untrained speck: every number is there, floors and ceilings in their places."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from laqta.bench import obey, quality, speed
from laqta.bench.subjects import Subject, bench_seeds, bench_shots, film_clips, open_subject, true_clips
from laqta.config import load_json
from laqta.models.card import Costs
from laqta.models.judge import Judge, JudgeCard, save_judge
from laqta.train.fit_judge import judge_speck
from laqta.train.recipes import RECIPES

COSTS = Costs(
    stage="judge", hardware="a core", seconds=1.0, steps=1, clips=1, flop=1.0, mfu=None, dollars=0.0,
    dollars_per_hour=0.1,
)  # fmt: skip


def silent(done: int, total: int, what: str) -> None:
    """Say nothing."""


@pytest.fixture
def subject(speck: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """An untrained speck and an untrained judge of its size."""
    monkeypatch.setattr("laqta.bench.judge.SHIPPED", home / "none")
    torch.manual_seed(0)
    judge = Judge(judge_speck().size, RECIPES["speck"]().world.props)
    card = JudgeCard(size=judge.size, kinds=judge.kinds, accuracy={}, trained=COSTS)
    save_judge(home / "models" / "judge-speck", judge, card)
    return open_subject(str(speck), "cpu")


def test_bench_shots_are_fixed_and_apart(subject: Subject) -> None:
    seen, unseen = bench_seeds(5), bench_seeds(5, held_out=True)
    assert not set(seen) & set(unseen)
    assert min(seen) >= 900_000_000
    assert bench_shots(subject.stage, seen) == bench_shots(subject.stage, seen)


def test_a_film_does_not_depend_on_its_batch(subject: Subject) -> None:
    seeds = bench_seeds(18)
    clips = film_clips(subject.engine, ["a car drives"] * 18, seeds, silent)
    alone = film_clips(subject.engine, ["a car drives"], seeds[17:], silent)
    assert clips.shape == (18, subject.card.shape.frames, 32, 32, 3)
    assert np.abs(clips[17:].astype(int) - alone).max() <= 1


def test_obey_measures_every_group_beside_ceiling_and_floors(subject: Subject) -> None:
    result = obey.measure(subject, 3, silent)
    assert len(result.asks) == 2 * 3 * 2 * 3
    assert set(result.groups) == {
        f"{split}{way}"
        for split in ("seen", "held_out")
        for way in ("", "/en", "/ar", "/zh", "/detailed", "/short")
    }
    for group in result.groups.values():
        counts = {what: score.asked for what, score in group.model.items()}
        assert {what: score.asked for what, score in group.ceiling.items()} == counts
        assert {what: score.asked for what, score in group.noise.items()} == counts
    whole, parts = result.groups["seen"], [result.groups[f"seen/{way}"] for way in ("en", "ar", "zh")]
    assert whole.model["actor"].asked == sum(part.model["actor"].asked for part in parts)
    assert result.gap.keys() == {"seen", "held_out"}


def test_the_ceiling_is_what_a_perfect_model_would_reach(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that films the true world scores as the ceiling does."""

    def film_truly(_engine, _texts, seeds, _progress):  # type: ignore[no-untyped-def]
        for seed in seeds:
            held_out = seed >= 910_000_000
            yield true_clips(subject.stage, bench_shots(subject.stage, [seed], held_out), [seed])

    monkeypatch.setattr(obey, "film_batches", film_truly)
    result = obey.measure(subject, 2, silent)
    assert result.groups["seen"].model == result.groups["seen"].ceiling
    assert result.groups["held_out"].model == result.groups["held_out"].ceiling


def test_obey_writes_json_and_markdown(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obey, "open_subject", lambda *_named: subject)
    paths = obey.main("speck", "cpu", 1, tmp_path / "results", silent)
    assert [path.suffix for path in paths] == [".json", ".md"]
    data = json.loads(paths[0].read_text())
    assert data["about"]["model_hash"]
    assert data["asks"][0]["text"]
    assert load_json(obey.Obedience, paths[0]).clips == 1
    assert "| actor |" in paths[1].read_text()


def test_quality_of_true_clips_is_the_floor(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    def film_truly(_engine, _texts, seeds, _progress):  # type: ignore[no-untyped-def]
        return true_clips(subject.stage, bench_shots(subject.stage, seeds), seeds)

    monkeypatch.setattr(quality, "film_clips", film_truly)
    result = quality.measure(subject, 30, silent, training_clips=20)
    assert result.distance.frechet == pytest.approx(0.0, abs=1e-2)
    assert result.distance.frechet_floor > 0.1
    assert result.steadiness.flicker == result.steadiness.true_flicker
    assert result.novelty.model > 5
    assert result.autoencoder.psnr < 20  # it is untrained
    assert "dB" in quality._markdown(result)


def test_speed_finds_the_pipeline_equal(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "cold_film", lambda *_given: (3.0, 1.0))
    result = speed.measure(subject, 2, silent)
    assert result.diffusers.equal
    assert result.diffusers.ratio > 0.3
    assert result.filming.flop > 1e6
    assert result.filming.real_time > 0
    assert result.world_clips_a_second > 1
    assert "diffusers" in speed._markdown(result)
    other = speed._film_by_pipeline  # the check can fail: other noise, other frames
    monkeypatch.setattr(
        speed, "_film_by_pipeline", lambda pipeline, request: other(pipeline, replace(request, seeds=(5,)))
    )
    assert not speed.measure(subject, 1, silent).diffusers.equal


def test_a_cold_film_that_fails_is_the_machines_fault(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="laqta film"):
        speed.cold_film(tmp_path / "nowhere", "cpu")
