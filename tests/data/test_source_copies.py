"""Which sources are copies of others: most of their clips are, in the same order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.data.films import join, scene, write_film

from laqta.data.clips import clip_table
from laqta.data.duplicates import Duplicates
from laqta.data.footage import ProbeStage, ScanStage, ShotsStage
from laqta.data.gates import query
from laqta.data.ingest import ingest
from laqta.data.local import LocalExecutor
from laqta.data.rights import Rights
from laqta.data.run import Tables, run_pipeline
from laqta.data.source_copies import SourceCopy, in_order, source_copies, told
from laqta.data.status import copied
from laqta.data.workspace import open_workspace

PIPELINE = (ProbeStage(), ScanStage(), ShotsStage(), Duplicates())


def rows(source: str, families: str, best: str = "", reason: str = "resized") -> list[dict[str, Any]]:
    """A source's clips, a letter each: which family it is of; those in `best` stand for theirs."""
    return [
        {
            "source": source,
            "start_pts": at,
            "family": family,
            "is_representative": family in best,
            "copy_reason": "" if family in best else reason,
        }
        for at, family in enumerate(families)
    ]


def test_a_source_is_a_copy_if_most_of_its_clips_are() -> None:
    original, copy = rows("b", "stuvwxyz", "stuvwxyz"), rows("a", "stuvwxyQ", "Q")
    assert source_copies([*copy, *original]) == [
        SourceCopy(source="a", of="b", copied=7, clips=8, reason="resized")
    ]
    assert source_copies([*rows("a", "stuvQRPO", "QRPO"), *original]) == []


def test_clips_in_another_order_are_no_copy_of_the_film() -> None:
    original = rows("b", "stuvwxyz", "stuvwxyz")
    assert source_copies([*original, *rows("a", "zyxwvuts")]) == []


def test_a_part_of_a_film_is_a_copy_and_the_film_is_none() -> None:
    whole, part = rows("b", "stuvwxyz", "stuvwxy"), rows("a", "xyz", "z")
    [copy] = source_copies([*whole, *part])
    assert (copy.source, copy.of, copy.copied, copy.clips) == ("a", "b", 3, 3)


def test_all_copies_of_one_film_name_that_one() -> None:
    films = [*rows("c", "stuv", "stuv"), *rows("a", "stuv"), *rows("b", "stuv", reason="mirrored, resized")]
    assert [(copy.source, copy.of, copy.reason) for copy in source_copies(films)] == [
        ("a", "c", "resized"),
        ("b", "c", "mirrored, resized"),
    ]


def test_where_nobody_looked_for_copies_there_are_none() -> None:
    blank = {"family": None, "is_representative": None, "copy_reason": None}
    assert source_copies([row | blank for row in [*rows("a", "st"), *rows("b", "st")]]) == []


def test_a_line_says_it_all() -> None:
    copy = SourceCopy(source="1", of="2", copied=12, clips=13, reason="resized")
    assert told(copy, {"1": "a.mp4", "2": "b.mp4"}) == "a.mp4 is a copy of b.mp4: 12 of 13 clips, resized"
    one = SourceCopy(source="1", of="2", copied=1, clips=1, reason="stored again")
    assert told(one, {"1": "a.mp4", "2": "b.mp4"}).endswith(": 1 of 1 clip, stored again")


@given(st.text("abcd", max_size=8), st.text("abcd", max_size=8))
def test_what_is_in_order_is_the_longest_common_subsequence(one: str, other: str) -> None:
    longest = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            longest[i + 1][j + 1] = longest[i][j] + 1 if a == b else max(longest[i][j + 1], longest[i + 1][j])
    assert in_order(one, other) == longest[-1][-1]


def test_a_film_stored_again_and_smaller_is_found(tmp_path: Path) -> None:
    parts = [scene(seed, 36, 96, 128) for seed in range(4)]
    small = [part.reshape(36, 48, 2, 64, 2, 3).mean((2, 4)).astype(np.uint8) for part in parts]
    write_film(tmp_path / "b.mp4", join(*parts))
    write_film(tmp_path / "a.mp4", join(*small))
    write_film(tmp_path / "c.mp4", join(scene(9, 36, 96, 128), scene(10, 36, 96, 128)))
    workspace = open_workspace(tmp_path / "data", create=True)
    ingest(workspace, [str(tmp_path / f"{name}.mp4") for name in "abc"], Rights())
    run_pipeline(workspace, PIPELINE, LocalExecutor(workers=1))
    clips = clip_table(Tables(workspace, PIPELINE))
    [line] = copied(workspace, clips)
    assert line == f"{tmp_path / 'a.mp4'} is a copy of {tmp_path / 'b.mp4'}: 4 of 4 clips, resized"
    held = "select count(*) as clips from clips where source_copy_of is null"
    assert query(clips, held).to_pylist() == [{"clips": 4 + 2}]
