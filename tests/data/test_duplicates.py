"""Copies of clips: what is found, what is kept apart, and that the order of clips does not matter."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laqta.data import copies
from laqta.data.duplicates import Clips, Copy, Duplicates, find_copies

SIDE, RATE, STEPS = 64, 4, 12
SECONDS = STEPS / RATE
STEP_PIXELS = 3


def place(seed: int) -> np.ndarray:
    """A backdrop: float32 (SIDE, SIDE), in levels of 255."""
    dice = np.random.default_rng(seed)
    ground = np.zeros((SIDE, SIDE), np.float32)
    for cells, strength in ((3, 40), (7, 22), (15, 8)):
        spots = dice.normal(size=(cells, cells)).astype(np.float32)
        ground += strength * cv2.resize(spots, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return ground + 120


def film(
    ground: np.ndarray,
    *,
    level: float = 230,
    size: int = 14,
    x: float = 4,
    y: int = 30,
    step: float = STEP_PIXELS,
) -> np.ndarray:
    """A square thing that goes over a backdrop: float32 (STEPS, SIDE, SIDE)."""
    frames = np.repeat(ground[None], STEPS, axis=0)
    for n, frame in enumerate(frames):
        left = round(x + step * n)
        frame[y : y + size, max(left, 0) : max(left + size, 0)] = level
    return frames


def thumbs(frames: np.ndarray) -> np.ndarray:
    """Luma thumbnails of frames."""
    sides = (copies.LUMA_SIDE, copies.LUMA_SIDE)
    small = [cv2.resize(frame, sides, interpolation=cv2.INTER_AREA) for frame in frames.clip(0, 255)]
    return np.stack(small).round().astype(np.uint8)


def colored(frames: np.ndarray, red: float, blue: float) -> np.ndarray:
    """Colours of frames whose thing (the brightest) is of one and whose backdrop is grey."""
    pictures = [np.repeat(np.where(frame[..., None] >= 229, [blue, 0, red], 0), 1, 2) for frame in frames]
    watch = copies.Thumbs()
    for picture in pictures:
        watch.see((picture + 60).astype(np.uint8))
    return np.stack(watch.colors)


def grey(count: int) -> np.ndarray:
    """Colours of so many pictures without any."""
    return np.full((count, copies.COLOR_SIDE, copies.COLOR_SIDE, 2), 128, np.uint8)


def clips(*films: np.ndarray, colors: list[np.ndarray] | None = None) -> Clips:
    """Clips of thumbnails named a, b, c, ..., the first of the largest picture; grey where no colours are given."""
    return Clips(
        ids=[chr(ord("a") + n) for n in range(len(films))],
        thumbs=films,
        colors=colors or [grey(len(one)) for one in films],
        pixels=[10_000 - n for n in range(len(films))],
        seconds=[len(one) / RATE for one in films],
        bytes_a_second=[1000.0] * len(films),
    )


def families(found: list[Copy]) -> list[str]:
    return [copy.family for copy in found]


BASE = film(place(1))
CHANGES = {
    "stored again": BASE + np.random.default_rng(0).normal(0, 6, BASE.shape).astype(np.float32),
    "brightness": 0.9 * BASE + 22,
    "mirrored": BASE[:, :, ::-1],
    "cropped": BASE[:, 3:, :-3],
    "trimmed": BASE[1:],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_and_named(change: str) -> None:
    [best, copy] = find_copies(clips(thumbs(BASE), thumbs(CHANGES[change])), Duplicates())
    assert best == Copy(family="a", is_representative=True, copy_distance=0.0, copy_reason="")
    assert (copy.family, copy.is_representative) == ("a", False)
    assert 0 <= copy.copy_distance <= 1
    assert change in copy.copy_reason.replace(", resized", "").replace("resized", "stored again").split(", ")


def test_all_changes_at_once_are_found() -> None:
    several = 0.9 * BASE[1:, 2:, 3:][:, :, ::-1] + 15
    assert families(find_copies(clips(thumbs(BASE), thumbs(several)), Duplicates())) == ["a", "a"]


OTHERS = {
    "another place": film(place(2)),
    "no thing": film(place(1), size=0),
    "another thing": film(place(1), level=20),
    "a larger thing": film(place(1), size=24),
    "another way": film(place(1), x=40, step=-STEP_PIXELS),
    "higher": film(place(1), y=10),
    "faster": film(place(1), step=2 * STEP_PIXELS),
    "a moment later": film(place(1), x=4 + STEP_PIXELS * STEPS),
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_only_looks_alike_is_kept_apart(other: str) -> None:
    assert families(find_copies(clips(thumbs(BASE), thumbs(OTHERS[other])), Duplicates())) == ["a", "b"]


def test_a_still_thing_elsewhere_in_the_same_place_is_another_clip() -> None:
    here, there = film(place(3), step=0, size=10), film(place(3), step=0, size=10, x=40)
    assert families(find_copies(clips(thumbs(here), thumbs(there)), Duplicates())) == ["a", "b"]


def test_a_part_of_a_long_clip_is_no_copy_of_it() -> None:
    assert families(find_copies(clips(thumbs(BASE), thumbs(BASE[: STEPS // 2])), Duplicates())) == ["a", "b"]


def test_mirrored_twice_is_the_clip_itself() -> None:
    once = thumbs(BASE)[:, :, ::-1]
    [_, mirrored, back] = find_copies(clips(thumbs(BASE), once, once[:, :, ::-1]), Duplicates())
    assert (back.copy_distance, back.copy_reason) == (0.0, "resized")
    assert mirrored.copy_reason == "mirrored, resized"
    assert mirrored.copy_distance == 0.0


def test_the_best_stands_for_its_family() -> None:
    same = thumbs(BASE)
    base = Clips(
        ids=["d", "c", "b", "a"],
        thumbs=[same] * 4,
        colors=clips(*[same] * 4).colors,
        pixels=[100] * 4,
        seconds=[SECONDS] * 4,
        bytes_a_second=[9.0] * 4,
    )
    assert set(families(find_copies(base, Duplicates()))) == {"a"}
    least = replace(base, bytes_a_second=[9.0, 9.0, 10.0, 9.0])
    assert set(families(find_copies(least, Duplicates()))) == {"b"}
    longest = replace(least, seconds=[SECONDS, SECONDS + 0.1, SECONDS, SECONDS])
    assert set(families(find_copies(longest, Duplicates()))) == {"c"}
    largest = replace(longest, pixels=[101, 100, 100, 100])
    found = find_copies(largest, Duplicates())
    assert set(families(found)) == {"d"}
    assert [copy.is_representative for copy in found] == [True, False, False, False]


def test_a_chain_of_small_steps_does_not_join_its_ends() -> None:
    """One place turns into another in 40 steps, each of them a copy of the one before."""
    rules = Duplicates()
    links = 40
    first, last = place(5), place(6)
    chain = [thumbs(film(first + (last - first) * n / links)) for n in range(links + 1)]
    for before, after in pairwise(chain):
        assert families(find_copies(clips(before, after), rules)) == ["a", "a"]
    found = find_copies(clips(*chain), rules)
    assert found[0].family != found[-1].family
    for copy in found:
        members = [chain[n] for n, other in enumerate(found) if other.family == copy.family]
        near = [
            sum(families(find_copies(clips(one, two), rules)) == ["a", "a"] for two in members)
            for one in members
        ]
        assert max(near) == len(members)  # one in the middle


def test_a_bridge_joins_no_two_families() -> None:
    """A clip half-way between two families, whose clips are no copies of each other's, is with one of them."""
    first, last = place(5), place(6)
    dice = np.random.default_rng(4)

    def between(share: float) -> np.ndarray:
        return thumbs(film(first + (last - first) * share) + dice.normal(0, 3, BASE.shape).astype(np.float32))

    def are_copies(one: float, other: float) -> bool:
        return families(find_copies(clips(between(one), between(other)), Duplicates())) == ["a", "a"]

    far = next(share for share in np.arange(0.02, 1, 0.02) if not are_copies(0, share)) + 0.02
    assert are_copies(0, far / 2) and are_copies(far / 2, far)
    found = find_copies(clips(*(between(share) for share in (0, 0, 0, far / 2, far, far, far))), Duplicates())
    assert families(found) == ["a", "a", "a", found[3].family, "e", "e", "e"]
    assert found[3].family in "ae"


def test_only_its_colour_tells_a_thing_from_another() -> None:
    """Equal luma, another tint before the same place; a mirrored copy keeps its colour."""
    same = thumbs(BASE)
    red, blue = colored(BASE, 150, 0), colored(BASE, 0, 150)
    assert families(find_copies(clips(same, same, colors=[red, blue]), Duplicates())) == ["a", "b"]
    mirrored = clips(same, same[:, :, ::-1], colors=[red, red[:, :, ::-1]])
    assert families(find_copies(mirrored, Duplicates())) == ["a", "a"]
    paler = clips(same, same, colors=[red, (128 + 0.7 * (red.astype(float) - 128)).astype(np.uint8)])
    assert families(find_copies(paler, Duplicates())) == ["a", "a"]


def test_a_small_thing_at_night_is_not_another_one_and_a_noisy_copy_is_a_copy() -> None:
    """Things 20 levels above the dark, of one of them two quarters dark, beside noise of 3 levels."""
    night = 24 + (place(1) - 120) / 8

    def shown(corners: float) -> np.ndarray:
        frames = film(night, level=44, size=10)
        for n, frame in enumerate(frames):
            left = 4 + STEP_PIXELS * n
            frame[30:35, left : left + 5] = frame[35:40, left + 5 : left + 10] = corners
        return frames

    noise = np.random.default_rng(0).normal(0, 3, BASE.shape).astype(np.float32)
    one, again, other = thumbs(shown(44)), thumbs(shown(44) + noise), thumbs(shown(24))
    assert families(find_copies(clips(one, again, other), Duplicates())) == ["a", "a", "c"]
    assert families(find_copies(clips(one, other), Duplicates())) == ["a", "b"]


def test_what_shows_nothing_is_like_nothing() -> None:
    black = np.zeros_like(thumbs(BASE))
    flat = np.full_like(black, 130)
    nothing = black[:0]
    found = find_copies(
        replace(clips(black, black, flat, flat, nothing, nothing), seconds=[SECONDS] * 6), Duplicates()
    )
    assert families(found) == list("abcdef")
    assert all(copy.is_representative for copy in found)


def test_one_picture_is_enough_to_compare() -> None:
    one = thumbs(BASE[:1])
    assert families(find_copies(clips(one, one[:, :, ::-1], thumbs(film(place(2))[:1])), Duplicates())) == [
        "a",
        "a",
        "c",
    ]


MANY = [
    thumbs(one)
    for seed in (1, 2)
    for base in [film(place(seed))]
    for one in (base, base[:, :, ::-1], base + 20, base[1:], film(place(seed), level=20), base[:, 2:, 1:])
]


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(len(MANY))))
def test_the_order_of_clips_changes_nothing(order: list[int]) -> None:
    whole = clips(*MANY)
    straight = dict(zip(whole.ids, find_copies(whole, Duplicates()), strict=True))
    turned = Clips(**{name: [values[n] for n in order] for name, values in vars(whole).items()})
    assert dict(zip(turned.ids, find_copies(turned, Duplicates()), strict=True)) == straight


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_mirrored_picture_has_the_opposite_odd_part(seed: int) -> None:
    picture = np.random.default_rng(seed).normal(size=(1, copies.COARSE, copies.COARSE)).astype(np.float32)
    half = copies.COARSE**2 // 2
    straight, turned = (copies._parts(one.reshape(1, -1))[0] for one in (picture, picture[:, :, ::-1]))
    assert np.allclose(straight[:half], turned[:half])
    assert np.allclose(straight[half:], -turned[half:])
    assert np.isclose(np.linalg.norm(straight), 1)


def test_the_search_finds_the_same_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = copies.store(MANY, clips(*MANY).colors, [len(one) / RATE for one in MANY])
    whole = copies.candidates(kept, 0.8, 0.7, 0.1)
    monkeypatch.setattr(copies, "BLOCK", 5)
    parts = copies.candidates(kept, 0.8, 0.7, 0.1)
    assert {*zip(whole.first_P, whole.second_P, whole.mirrored_P, strict=True)} == {
        *zip(parts.first_P, parts.second_P, parts.mirrored_P, strict=True)
    }
    assert (whole.first_P < whole.second_P).all()


def table(*films: np.ndarray) -> pa.Table:
    """What the stage of shots gives, as far as it is read here."""
    return pa.table(
        {
            "id": [f"clip-{n}" for n in range(len(films))],
            "thumbs": pa.array([one.tobytes() for one in films], pa.binary()),
            "thumb_side": pa.array([copies.LUMA_SIDE] * len(films), pa.int32()),
            "width": pa.array([640 - n for n in range(len(films))], pa.int32()),
            "height": pa.array([360] * len(films), pa.int32()),
            "seconds": pa.array([len(one) / RATE for one in films], pa.float64()),
            "bytes_a_second": pa.array([1000.0] * len(films), pa.float64()),
        }
    )


def test_the_stage_gives_a_row_a_clip() -> None:
    stage = Duplicates()
    rows = stage.open()(table(thumbs(BASE), thumbs(BASE[:, :, ::-1]), thumbs(OTHERS["another place"])))
    assert rows.schema == stage.schema
    assert rows["id"].to_pylist() == rows["of"].to_pylist() == ["clip-0", "clip-1", "clip-2"]
    assert rows["family"].to_pylist() == ["clip-0", "clip-0", "clip-2"]
    assert rows["is_representative"].to_pylist() == [True, False, True]
    assert rows["error"].null_count == 3


def test_the_stage_reads_colours_where_there_are_some() -> None:
    same = thumbs(BASE)
    colors = [colored(BASE, red, 150 - red).tobytes() for red in (150, 0)]
    rows = table(same, same)
    assert Duplicates().open()(rows)["family"].to_pylist() == ["clip-0", "clip-0"]
    rows = rows.append_column("colors", pa.array(colors, pa.binary()))
    assert Duplicates().open()(rows)["family"].to_pylist() == ["clip-0", "clip-1"]


def test_the_stage_takes_no_clips_at_all() -> None:
    assert len(Duplicates().open()(table())) == 0


def test_other_limits_are_another_stage() -> None:
    assert Duplicates().key != Duplicates(spot_limit=0.1).key
