from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from laqta.models.autoencoder import LaqtaAutoencoder
from laqta.models.sizes import SPECK, build_autoencoder
from laqta.train import pool as pool_room
from laqta.train.checkpoint import load_state, save_state, step_dice
from laqta.train.ends import ENDS
from laqta.train.pool import FramePool, LatentPool, Stage, crop_on_things, fill_latents
from laqta.world.sample import sample_shot


@pytest.fixture(scope="module")
def autoencoder() -> LaqtaAutoencoder:
    torch.manual_seed(0)
    return build_autoencoder(SPECK).eval()


def test_a_stage_films_shots_by_seed(speck_stage: Stage) -> None:
    frames_BCTHW, masks_BTHW = speck_stage.film([3, 4])
    assert frames_BCTHW.shape == (2, 3, 5, 32, 32)
    assert masks_BTHW.shape == (2, 5, 32, 32) and masks_BTHW.dtype == torch.bool
    assert -1 <= frames_BCTHW.min() < -0.1 and 0.1 < frames_BCTHW.max() <= 1
    again, _ = speck_stage.film([4])
    assert torch.allclose(again[0], frames_BCTHW[1], atol=1e-4)


def test_a_pool_of_frames_is_refreshed_as_it_is_drawn(speck_stage: Stage) -> None:
    pool = FramePool(speck_stage, list(range(50, 56)), fresh=2)
    before = pool.frames_NCTHW.clone()
    frames, masks = pool.draw(10, step_dice(0, 0))
    assert frames.shape == (10, 3, 5, 32, 32) and masks.shape == (10, 5, 32, 32)
    changed = (before != pool.frames_NCTHW).flatten(1).any(1)
    assert changed.sum() == 2
    assert [seed for seed, new in zip(pool.seeds, changed.tolist(), strict=True) if new] == [56, 57]
    assert all((clip == pool.frames_NCTHW).flatten(1).all(1).any() for clip in frames)


def test_a_pool_of_frames_is_known_by_its_seeds(speck_stage: Stage) -> None:
    """So that a resumed run goes on with the clips that it had."""
    pool = FramePool(speck_stage, list(range(50, 56)), fresh=2)
    for step in range(3):
        pool.draw(10, step_dice(0, step))
    again = FramePool(speck_stage, pool.seeds, fresh=2)
    assert torch.equal(again.frames_NCTHW, pool.frames_NCTHW)
    one, other = (some.draw(10, step_dice(0, 3)) for some in (pool, again))
    assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])
    assert again.seeds == pool.seeds


def test_crops_lie_on_the_grid_round_things() -> None:
    frames = torch.arange(64.0).view(1, 1, 1, 8, 8).repeat(1, 1, 2, 8, 8)  # a pattern of 8 pixels
    where = torch.arange(64.0 * 64).view(1, 1, 1, 64, 64).expand(-1, -1, 2, -1, -1)
    masks = torch.zeros(1, 2, 64, 64, dtype=torch.bool)
    masks[0, 1, 50:56, 10:14] = True
    seen = set()
    for step in range(30):
        crop, mask = crop_on_things(where, masks, 32, 8, step_dice(0, step))
        assert crop.shape == (1, 1, 2, 32, 32) and mask.shape == (1, 2, 32, 32)
        top, left = divmod(int(crop[0, 0, 0, 0, 0]), 64)
        assert top % 8 == left % 8 == 0 and top <= 32 and left <= 32
        assert mask[0, 1].any() and not mask[0, 0].any()
        seen.add((top, left))
    assert len(seen) > 1
    crop, _ = crop_on_things(
        frames, torch.zeros_like(masks), 32, 8, step_dice(0, 0)
    )  # nothing to see: the middle
    assert crop.shape == (1, 1, 2, 32, 32)


def fill(
    autoencoder: LaqtaAutoencoder, stage: Stage, count: int, folder: Path, stop_after: int = 99
) -> LatentPool | None:
    done: list[int] = []

    def on_shard(so_far: int, total: int) -> bool:
        assert total == count
        done.append(so_far)
        return len(done) > stop_after

    return fill_latents(autoencoder, stage, count, folder, 700, on_shard)


def test_latents_are_those_of_the_clips_seed_by_seed(
    autoencoder: LaqtaAutoencoder, speck_stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_room, "SHARD", 3)
    pool = fill(autoencoder, speck_stage, 7, tmp_path)
    assert pool is not None and len(pool) == 7
    assert pool.latents_NCLHW.shape == (7, 64, 2, 2, 2) and pool.latents_NCLHW.dtype == torch.float16
    assert pool.last_NC1HW.shape == (7, 64, 1, 2, 2)
    assert pool.things_NLHW.shape == (7, 2, 2, 2)
    assert pool.things_NLHW.min() >= 0 and 0.05 < pool.things_NLHW.max() <= 1
    frames, masks = speck_stage.film([700 + 4])
    with torch.no_grad():
        latents, last = autoencoder.encode(frames).latents, autoencoder.encode(frames[:, :, -1:]).latents
    assert torch.allclose(pool.latents_NCLHW[4].float(), latents[0], atol=2e-3)
    assert torch.allclose(pool.last_NC1HW[4].float(), last[0], atol=2e-3)
    assert pool.kinds_NLHW.dtype == torch.uint8 and pool.kinds_NLHW.shape == (7, 2, 2, 2)
    assert pool.kinds_NLHW.any()
    for at, kinds_LHW in enumerate(pool.kinds_NLHW):
        cast = {actor.kind for actor in sample_shot(700 + at, speck_stage.world).cast}
        assert {speck_stage.world.props[place - 1] for place in kinds_LHW.flatten().tolist() if place} <= cast
    assert not pool.kinds_NLHW[pool.things_NLHW < 0.3].any()
    share = masks[0, 1:, :16, :16].float().mean()
    assert pool.things_NLHW[4, 1, 0, 0].item() == pytest.approx(share.item(), abs=1e-3)


def test_the_front_of_a_thing_lies_where_it_faces(
    autoencoder: LaqtaAutoencoder, speck_stage: Stage, tmp_path: Path
) -> None:
    seeds = range(700, 740)
    footage = speck_stage.film_instances(list(seeds))
    pool = fill(autoencoder, speck_stage, len(seeds), tmp_path)
    assert pool is not None
    x_W = torch.arange(32).float()
    told = 0
    for at, seed in enumerate(seeds):
        actor, *others = sample_shot(seed, speck_stage.world).cast
        has_ends = bool(pool.ends_NLHW[at].any())
        if others or actor.count != 1:
            continue
        if actor.facing is None or (actor.motion and actor.motion.verb == "spin"):
            assert not footage.ahead_BTHW[at].any() and not has_ends
            continue
        sign = 1 if actor.facing == "right" else -1
        for ahead_HW in footage.ahead_BTHW[at]:
            front_W, back_W = (ahead_HW > 0.1).sum(0), (ahead_HW < -0.1).sum(0)
            if front_W.any() and back_W.any():
                apart = (front_W * x_W).sum() / front_W.sum() - (back_W * x_W).sum() / back_W.sum()
                assert sign * apart > 0
                told += 1
        ends_L2W = pool.ends_NLHW[at].flatten(0, 1)
        for left, right in ends_L2W.tolist():
            if left and right and left != right:
                assert ENDS[right if sign > 0 else left] == "front"
                told += 1
    assert told > 20
    assert set(pool.ends_NLHW.unique().tolist()) == {0, 1, 2}


def test_a_pool_from_before_ends_were_known_is_made_anew(
    autoencoder: LaqtaAutoencoder, speck_stage: Stage, tmp_path: Path
) -> None:
    first = fill(autoencoder, speck_stage, 2, tmp_path)
    (path,) = tmp_path.glob("*.pt")
    state = load_state(path, "cpu")
    del state["ends_NLHW"]
    save_state(path, **state)
    again = fill(autoencoder, speck_stage, 2, tmp_path)
    assert first is not None and again is not None and torch.equal(first.ends_NLHW, again.ends_NLHW)


def test_a_pool_whose_time_is_over_is_smaller_and_takes_what_is_on_the_disk(
    autoencoder: LaqtaAutoencoder, speck_stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_room, "SHARD", 3)

    def fill_until(until: float | None, count: int = 7) -> int:
        pool = fill_latents(autoencoder, speck_stage, count, tmp_path, 700, lambda *_: False, until)
        assert pool is not None
        return len(pool)

    assert fill_until(0.0) == 3  # the first shard is always made
    assert fill_until(None, count=6) == 6
    assert fill_until(0.0) == 6  # nothing is added, nothing is lost
    assert fill_until(time.monotonic() + 600) == 7


def test_a_stopped_pool_goes_on_and_keeps_what_it_has(
    autoencoder: LaqtaAutoencoder, speck_stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_room, "SHARD", 3)
    assert fill(autoencoder, speck_stage, 7, tmp_path, stop_after=1) is None
    files = sorted(tmp_path.iterdir())
    written = [path.stat().st_mtime_ns for path in files]
    assert len(files) == 2
    pool = fill(autoencoder, speck_stage, 7, tmp_path)
    assert [path.stat().st_mtime_ns for path in files] == written
    whole = fill(autoencoder, speck_stage, 7, tmp_path / "other")
    assert pool is not None and whole is not None
    assert torch.equal(pool.latents_NCLHW, whole.latents_NCLHW)


def test_a_larger_pool_grows_from_a_smaller_one(
    autoencoder: LaqtaAutoencoder, speck_stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The small pool's last shard is not whole; left so, every clip behind it would have another's caption."""
    monkeypatch.setattr(pool_room, "SHARD", 3)
    fill(autoencoder, speck_stage, 4, tmp_path)
    grown, whole = (fill(autoencoder, speck_stage, 8, folder) for folder in (tmp_path, tmp_path / "other"))
    assert grown is not None and whole is not None and len(grown) == 8
    assert torch.equal(grown.latents_NCLHW, whole.latents_NCLHW)
