"""Running a pipeline: what is known is never computed again, whoever runs it, and however it was stopped."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.data.conftest import Film

from laqta.data import footage
from laqta.data.ingest import bytes_of, ingest
from laqta.data.local import LocalExecutor
from laqta.data.rights import Rights
from laqta.data.run import Tables, run_pipeline
from laqta.data.stages import SOURCES, Row, Stage, Work, each_row
from laqta.data.status import problems, progress
from laqta.data.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Size(Stage):
    """How large a source is, in units of some bytes; the source `bad` fails, `gone` is gone, `crash` kills."""

    unit: int = 1
    bad: str = ""
    gone: str = ""
    crash: str = ""

    name = "size"
    version = 1
    reads = (SOURCES,)
    columns = pa.schema([("size", pa.int64())])

    def open(self) -> Work:
        return each_row(self.schema, self._find)

    def _find(self, item: Row) -> Row:
        if item["id"] == self.bad:
            raise ValueError("it is bad")
        if item["id"] == self.gone:
            raise FileNotFoundError(2, "No such file or directory", "gone.mp4")
        if item["id"] == self.crash:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"size": item["bytes"] // self.unit}


@dataclass(frozen=True, kw_only=True)
class Halves(Stage):
    """Two halves of every source; none of one that is smaller than `least`."""

    least: int = 0

    name = "halves"
    version = 1
    reads = ("size", SOURCES)
    columns = pa.schema([("half", pa.int64())])

    def open(self) -> Work:
        return each_row(
            self.schema,
            lambda item: [
                {"id": f"{item['id']}-{half}", "half": half}
                for half in range(2)
                if item["size"] >= self.least
            ],
        )


@dataclass(frozen=True, kw_only=True)
class Rank(Stage):
    """The place of a half among all."""

    name = "rank"
    version = 1
    reads = ("halves",)
    whole = True
    columns = pa.schema([("rank", pa.int64())])

    def open(self) -> Work:
        return lambda table: pa.Table.from_pylist(
            [{"id": key, "of": key, "rank": at} for at, key in enumerate(sorted(table["id"].to_pylist()))],
            schema=self.schema,
        )


@dataclass(frozen=True, kw_only=True)
class Where(Stage):
    """The path of the source that a half came from."""

    name = "where"
    version = 1
    reads = ("halves", "rank", "size", SOURCES)
    columns = pa.schema([("path", pa.string()), ("rank_and_size", pa.list_(pa.int64()))])

    def open(self) -> Work:
        return each_row(
            self.schema,
            lambda item: {
                "path": str(bytes_of(dict(item))),
                "rank_and_size": [item["rank"], item["size"]],
            },
        )


PIPELINE = (Size(), Halves(), Rank())


@dataclass(frozen=True, kw_only=True)
class Lacking(Size):
    """It cannot be set up."""

    name = "lacking"

    def open(self) -> Work:
        raise OSError("no weights at hand; fetch them")


class Counting:
    """An executor that counts its calls, backwards where asked, and stops after some as a killed run does."""

    def __init__(self, backwards: bool = False, stop_after: int | None = None) -> None:
        self.calls, self.backwards, self.stop_after = 0, backwards, stop_after

    def map(self, stage: Stage, calls: Sequence[pa.Table]) -> Iterator[tuple[int, pa.Table]]:
        work = stage.open()
        places = range(len(calls))
        for at in reversed(places) if self.backwards else places:
            if self.calls == self.stop_after:
                raise KeyboardInterrupt
            self.calls += 1
            yield at, work(calls[at])


def facts(workspace: Workspace, pipeline: tuple[Stage, ...] = PIPELINE) -> dict[str, pa.Table]:
    tables = Tables(workspace, pipeline)
    return {stage.name: tables.rows(stage.name) for stage in pipeline}


def test_what_looks_at_parts_of_a_source_is_given_its_columns_too(workspace: Workspace) -> None:
    pipeline = (*PIPELINE, Where())
    run_pipeline(workspace, pipeline, Counting())
    tables = Tables(workspace, pipeline)
    sources = {row["id"]: row for row in tables.rows(SOURCES).to_pylist()}
    for path in {row["where"] for row in sources.values()}:
        os.utime(path, (0, 0))  # its bytes are looked at, and are the source's
    ranks = {row["id"]: row["rank"] for row in tables.rows("rank").to_pylist()}
    rows = tables.rows("where").to_pylist()
    assert len(rows) == 6
    for row in rows:
        source = sources[row["id"].partition("-")[0]]
        assert row["path"] == source["where"]
        assert row["rank_and_size"] == [ranks[row["id"]], source["bytes"]]


def test_a_part_of_a_source_that_changed_fails(workspace: Workspace) -> None:
    pipeline = (*PIPELINE, Where())
    run_pipeline(workspace, PIPELINE, Counting())
    path = Tables(workspace, pipeline).rows(SOURCES)["where"].to_pylist()[0]
    with Path(path).open("ab") as film:
        film.write(b"more")
    assert run_pipeline(workspace, pipeline, Counting())[-1].failed == 2


def test_a_second_run_of_an_unchanged_pipeline_calls_no_stage(workspace: Workspace) -> None:
    executor = Counting()
    assert [stage.calls for stage in run_pipeline(workspace, PIPELINE, executor)] == [3, 3, 1]
    assert [stage.found for stage in run_pipeline(workspace, PIPELINE, executor)] == [3, 6, 6]
    assert executor.calls == 7


def test_another_parameter_computes_that_stage_and_what_reads_it(workspace: Workspace) -> None:
    run_pipeline(workspace, PIPELINE, Counting())
    before = facts(workspace)
    executor = Counting()
    run_pipeline(workspace, (Size(), Halves(least=1), Rank()), executor)
    assert executor.calls == 3 + 1
    assert facts(workspace) == before  # the old facts are there still
    run_pipeline(workspace, PIPELINE, executor)
    assert executor.calls == 3 + 1


def test_a_new_source_is_all_that_is_computed(workspace: Workspace, film: Film) -> None:
    run_pipeline(workspace, PIPELINE, Counting())
    ingest(workspace, [str(film("new.mp4", seed=9))], Rights())
    executor = Counting()
    run_pipeline(workspace, PIPELINE, executor)
    assert executor.calls == 1 + 1 + 1  # and the ranking of all, which reads every half


@pytest.mark.parametrize("stopped", range(7))
def test_stopped_anywhere_and_run_again_gives_the_same_facts(workspace: Workspace, stopped: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_pipeline(workspace, PIPELINE, Counting(stop_after=stopped))
    run_pipeline(workspace, PIPELINE, Counting(backwards=True))
    stopped_facts = facts(workspace)
    for path in workspace.facts.rglob("*.parquet"):
        path.unlink()
    run_pipeline(workspace, PIPELINE, Counting())
    assert facts(workspace) == stopped_facts


def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = pq.write_table
    written: list[object] = []

    def fills_up(table: pa.Table, where: object, **options: str) -> None:
        written.append(where)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(table, where, **options)

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", fills_up)
        with pytest.raises(OSError, match="No space left on device"):
            run_pipeline(workspace, PIPELINE, Counting())
    kept = {path.name for path in workspace.facts.rglob("*.parquet")}
    assert len(kept) == 2
    run_pipeline(workspace, PIPELINE, Counting())
    filled = facts(workspace)
    for path in workspace.facts.rglob("*.parquet"):
        path.unlink()
    run_pipeline(workspace, PIPELINE, Counting())
    assert facts(workspace) == filled


def test_a_source_that_changes_while_it_is_read_fails(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing = Path(Tables(workspace, ()).rows(SOURCES)["where"].to_pylist()[0])
    scan = footage.scan

    def scans(path: Path, **options: Any) -> Any:
        found = scan(path, **options)
        if path == changing:
            path.write_bytes(path.read_bytes() + b"more")
        return found

    monkeypatch.setattr(footage, "scan", scans)
    pipeline = (footage.ProbeStage(), footage.ScanStage())
    done = run_pipeline(workspace, pipeline, LocalExecutor(workers=1))
    assert [(stage.found, stage.failed) for stage in done] == [(3, 0), (2, 1)]
    assert [
        "has changed since it was ingested" in why for _, why in problems(Tables(workspace, pipeline))
    ] == [True]


def test_processes_write_the_same_files(workspace: Workspace) -> None:
    run_pipeline(workspace, PIPELINE, Counting(backwards=True))
    one = {path.name: path.read_bytes() for path in workspace.facts.rglob("*.parquet")}
    for path in workspace.facts.rglob("*.parquet"):
        path.unlink()
    run_pipeline(workspace, PIPELINE, LocalExecutor(workers=2))
    assert {path.name: path.read_bytes() for path in workspace.facts.rglob("*.parquet")} == one


def test_a_failure_is_a_fact_and_fails_alone(workspace: Workspace) -> None:
    bad = Tables(workspace, PIPELINE).rows(SOURCES)["id"].to_pylist()[1]
    pipeline = (Size(bad=bad), Halves(), Rank())
    executor = Counting()
    done = run_pipeline(workspace, pipeline, executor)
    assert [(stage.found, stage.failed) for stage in done] == [(2, 1), (4, 0), (4, 0)]
    assert run_pipeline(workspace, pipeline, executor)[0].calls == 0
    tables = Tables(workspace, pipeline)
    assert [why for _, why in problems(tables)] == ["size: it is bad"]
    assert list(progress(tables))[1] == "size: 3 of 3 items, 1 failed"


def test_a_source_that_is_gone_is_tried_again(workspace: Workspace) -> None:
    gone = Tables(workspace, PIPELINE).rows(SOURCES)["id"].to_pylist()[0]
    pipeline = (Size(gone=gone),)
    assert run_pipeline(workspace, pipeline, Counting())[0].failed == 1
    why = [why for _, why in problems(Tables(workspace, pipeline))]
    assert why == ["size: 'gone.mp4' cannot be read (No such file or directory)"]
    assert run_pipeline(workspace, pipeline, Counting())[0].calls == 1


def test_a_crash_costs_only_the_item_that_caused_it(workspace: Workspace) -> None:
    crash = Tables(workspace, PIPELINE).rows(SOURCES)["id"].to_pylist()[0]
    pipeline = (Size(crash=crash),)
    done = run_pipeline(workspace, pipeline, LocalExecutor(workers=2))
    assert (done[0].found, done[0].failed) == (2, 1)
    assert [why for _, why in problems(Tables(workspace, pipeline))] == ["size: the size stage crashed on it"]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_cannot_be_set_up_ends_the_run_in_its_own_words(workspace: Workspace, workers: int) -> None:
    with pytest.raises(OSError, match="no weights at hand"):
        run_pipeline(workspace, (Lacking(),), LocalExecutor(workers=workers))
    assert not list(workspace.facts.rglob("*.parquet"))


def test_an_item_that_gives_nothing_is_known_to_give_nothing(workspace: Workspace) -> None:
    pipeline = (Size(), Halves(least=10**9))
    executor = Counting()
    assert run_pipeline(workspace, pipeline, executor)[1].items == 3
    assert len(Tables(workspace, pipeline).good("halves")) == 0
    assert run_pipeline(workspace, pipeline, executor)[1].calls == 0


def test_what_a_kill_left_half_written_is_ignored_and_swept_later(workspace: Workspace) -> None:
    run_pipeline(workspace, PIPELINE, Counting())
    whole = facts(workspace)
    drafts = [workspace.facts / "size" / ".laqta-0123.parquet", workspace.sources / ".laqta-0123.json"]
    for draft in drafts:
        draft.write_bytes(b"half of")
    assert facts(workspace) == whole
    assert sum(stage.calls for stage in run_pipeline(workspace, PIPELINE, Counting())) == 0
    os.utime(drafts[0], (0, 0))
    run_pipeline(workspace, PIPELINE, Counting())
    assert [draft.is_file() for draft in drafts] == [False, True]
