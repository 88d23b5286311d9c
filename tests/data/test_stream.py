"""The stream of encoded clips: its order, its resuming, its buckets of shapes, its shards."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from laqta.data import stream
from laqta.data.stream import Stream, Window, write_shards

SHAPES = {"8x8x5": (2, 2, 2), "12x8x5": (2, 2, 3)}


def windows(count: int) -> list[Window]:
    """Windows of two shapes by turns; what a window holds is its number, so that a mix-up is seen."""
    made = []
    for number in range(count):
        shape = list(SHAPES)[number % 3 == 0]
        size = SHAPES[shape]
        made.append(
            Window(
                id=f"{number:04}",
                clip=f"c{number // 2}",
                split="held_out" if number % 10 == 9 else "train",
                shape=shape,
                captions=(f"clip {number}", f"مقطع {number}"),
                latents_CLHW=np.full((4, *size), number, np.float16),
                last_C1HW=np.full((4, 1, *size[1:]), number, np.float16),
                things_LHW=np.full(size, number % 2, np.float16),
            )
        )
    return made


@pytest.fixture
def shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fifty windows in shards of twelve."""
    monkeypatch.setattr(stream, "SHARD", 12)
    assert write_shards(tmp_path / "shards", {"shapes": {}}, windows(50)) == 50
    return tmp_path / "shards"


def test_a_batch_holds_what_its_ids_say(shards: Path) -> None:
    reader = Stream(shards, seed=3)
    for number in range(12):
        batch = reader.batch(number, 4)
        assert {reader.rows[key]["shape"] for key in batch.ids} == {batch.shape}
        assert batch.latents_BCLHW.shape == (4, 4, *SHAPES[batch.shape])
        for at, key in enumerate(batch.ids):
            assert (batch.latents_BCLHW[at] == int(key)).all()
            assert (batch.last_BC1HW[at] == int(key)).all()
            assert (batch.things_BLHW[at] == int(key) % 2).all()
            assert batch.captions[at][0] == f"clip {int(key)}"


def test_an_epoch_shows_every_window_of_its_split_and_no_other(shards: Path) -> None:
    reader = Stream(shards, seed=3)
    long = len(reader._plan(0, 4))
    seen = Counter(key for number in range(long) for key in reader.order(number, 4))
    assert set(seen) == {f"{number:04}" for number in range(50) if number % 10 != 9}
    assert sum(seen.values()) - len(seen) < 2 * 4  # a shape's last batch is filled up
    again = [reader.order(number, 4) for number in range(long)]
    other = [reader.order(number + long, 4) for number in range(long)]
    assert again != other  # the next epoch goes another way


@pytest.mark.parametrize("workers", [1, 3])
def test_the_order_is_the_same_after_a_pause_with_other_workers(shards: Path, workers: int) -> None:
    whole = Stream(shards, seed=5, workers=2)
    order = [whole.batch(number, 6).ids for number in range(20)]
    resumed = Stream(shards, seed=5, workers=workers)
    assert [resumed.batch(number, 6).ids for number in range(7, 20)] == order[7:]
    assert [Stream(shards, seed=6).batch(number, 6).ids for number in range(20)] != order


def test_batches_are_read_ahead_and_stale_ones_forgotten(shards: Path) -> None:
    reader = Stream(shards)
    reader.batch(0, 4)
    assert set(reader._coming) == {(number, 4) for number in range(1, stream.AHEAD)}
    reader.batch(9, 4)
    assert set(reader._coming) == {(number, 4) for number in range(10, 9 + stream.AHEAD)}


def test_a_bucket_that_is_smaller_than_a_batch_still_fills_it(tmp_path: Path) -> None:
    write_shards(tmp_path, {"shapes": {}}, windows(3))
    ids = [Stream(tmp_path).order(number, 8) for number in range(2)]
    assert sorted(len(batch) for batch in ids) == [8, 8]
    assert {len(set(batch)) for batch in ids} == {1, 2}


def test_a_split_that_holds_nothing_is_said(tmp_path: Path) -> None:
    write_shards(tmp_path, {"shapes": {}}, windows(3))
    with pytest.raises(ValueError, match="no clip of the split 'held_out'"):
        Stream(tmp_path, split="held_out")
