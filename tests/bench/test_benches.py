"""The benches on an untrained speck: every number is there, floors and ceilings in their places."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from laqta.bench import conditions, obey, quality, speed, steps
from laqta.bench.subjects import Subject, bench_seeds, bench_shots, film_clips, open_subject, true_clips
from laqta.config import load_json
from laqta.generate.engine import Engine
from laqta.language.write import caption
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


def test_steps_measures_every_number_of_steps_and_a_students_own(subject: Subject) -> None:
    curve = steps.measure(subject, 2, silent)
    assert [mode.steps for mode in curve.modes] == [1, 2, 4, 8, 16]
    assert all(mode.seconds > 0 and mode.rows["actor"].asked >= 2 for mode in curve.modes)
    assert "| actor |" in steps._markdown(curve) and "16 steps" in steps._markdown(curve)
    student = Engine(replace(subject.card, steps=4, guidance=1.0), subject.engine.parts)
    assert [mode.steps for mode in steps.measure(replace(subject, engine=student), 2, silent).modes] == [4]


def test_true_clips_keep_their_first_frame_and_are_not_frozen(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that films the true world keeps the frame and moves; one that repeats the frame is frozen."""
    seeds = bench_seeds(6)
    shots = bench_shots(subject.stage, seeds)
    said = [caption(shot, "en", "detailed", seed) for shot, seed in zip(shots, seeds, strict=True)]
    true_BTHWC = true_clips(subject.stage, shots, seeds)
    monkeypatch.setattr(subject.engine, "film", lambda _request: true_BTHWC)
    kept = conditions.from_first_frames(subject, said, seeds, true_BTHWC, silent)
    assert kept.kept_psnr > 90 > 20 > kept.drawn_psnr  # the autoencoder is untrained
    assert kept.frozen.asked > 0 and kept.frozen.right == 0
    monkeypatch.setattr(subject.engine, "film", lambda request: request.lead_BTHWC.repeat(5, axis=1))
    still = conditions.from_first_frames(subject, said, seeds, true_BTHWC, silent)
    assert still.frozen.share == 1 and still.motion.right < still.motion.asked


def test_a_join_is_where_the_second_part_begins(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A film that turns lighter by 10 where it is extended, and by 1 elsewhere."""
    first = subject.card.shape.frames
    light_T = np.arange(2 * first - 1) + 9 * (np.arange(2 * first - 1) >= first)
    film = np.broadcast_to(light_T[None, :, None, None, None], (3, 2 * first - 1, 4, 4, 3)).astype(np.uint8)
    monkeypatch.setattr(conditions, "film_long", lambda *_given: film)
    seeds = bench_seeds(3)
    shots = bench_shots(subject.stage, seeds)
    said = [caption(shot, "zh", "detailed", seed) for shot, seed in zip(shots, seeds, strict=True)]
    true = np.full((3, first, 4, 4, 3), 7, np.uint8)
    join = conditions.at_the_join(subject, said, seeds, true, silent)
    assert (join.colour_shift, join.colour_drift, join.true_drift) == (10, 1, 0)
    assert (join.change, join.usual_change) == (10, 1)


def test_conditions_measures_a_whole_model(subject: Subject) -> None:
    result = conditions.measure(subject, 2, silent)
    assert result.first_frame.kept_psnr > 0 and result.join.usual_change > 0
    assert "dB" in conditions._markdown(result)
