"""From films to a frozen version and back: gates, splits, differences, traces, withdrawals, exports."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.data.conftest import Film

from laqta.data.clips import clip_table
from laqta.data.datasets import Version, Wish, difference, freeze, load_version
from laqta.data.exports.formats import EXPORTS, export
from laqta.data.gates import GATES, Gate, passing, query, survival, with_changes
from laqta.data.ingest import bytes_of, ingest, source_table
from laqta.data.local import LocalExecutor
from laqta.data.pipeline import STAGES, load_pipeline
from laqta.data.rights import Rights
from laqta.data.run import Tables, run_pipeline
from laqta.data.trace import trace, withdraw
from laqta.data.workspace import Workspace
from laqta.video import read_video

DAY = "2026-11-26"
OPEN = (GATES[0], GATES[1])
WISH = Wish(name="all", gates=OPEN, on=DAY)


@pytest.fixture
def tables(workspace: Workspace) -> Tables:
    """The three films, through the whole pipeline."""
    pipeline = load_pipeline(workspace, frozenset({"text"}))
    run_pipeline(workspace, pipeline, LocalExecutor(workers=1))
    return Tables(workspace, pipeline)


def test_stages_name_their_columns_apart() -> None:
    """Only what the pipeline's table of clips shows must be unique; series stay with their stage."""
    names = [name for stage in STAGES for name in stage.columns.names]
    assert len(names) == len(set(names))


def test_every_film_is_a_clip_with_its_measures(tables: Tables) -> None:
    clips = clip_table(tables).to_pylist()
    assert len(clips) == 3
    for clip in clips:
        assert clip["seconds"] == pytest.approx(2.0)
        assert (clip["width"], clip["height"], clip["made_by"]) == (64, 64, "camera")
        assert clip["owner"] == "Amal"
        assert clip["motion"] > 1
        assert clip["frozen_share"] == 0
        assert dict(clip["facts"]).keys() == {stage.name for stage in STAGES} - {"text"}


def test_a_stage_that_is_left_out_leaves_nulls_and_lets_all_pass(
    workspace: Workspace, tables: Tables
) -> None:
    without = Tables(workspace, load_pipeline(workspace, frozenset({"text", "duplicates"})))
    assert clip_table(tables)["is_representative"].to_pylist() == [True] * 3
    assert clip_table(without)["is_representative"].to_pylist() == [None] * 3
    assert clip_table(without)["overlay_share"].to_pylist() == [None] * 3
    assert len(passing(clip_table(without), with_changes(GATES, ["sharp:"]), DAY)) == 3


def test_a_stage_whose_package_is_missing_is_never_left_out_silently(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("laqta.data.pipeline.find_spec", lambda _name: None)
    with pytest.raises(OSError, match=r"pip install 'laqta\[ocr\]', or leave it out with --without text"):
        load_pipeline(workspace)


def test_gates_keep_what_meets_them_and_pass_what_was_never_measured() -> None:
    clips = pa.table({"id": ["a", "b", "c"], "score": pa.array([1.0, 3.0, None])})
    gates = (Gate("low", "score < 2"), Gate("named", "id <> 'a'"))
    assert passing(clips, gates, DAY)["id"].to_pylist() == ["c"]
    assert [(step.before, step.kept, step.kept_alone) for step in survival(clips, gates, DAY)] == [
        (3, 2, 2),
        (2, 1, 2),
    ]
    assert passing(clips, with_changes(gates, ["low: score > 2"]), DAY)["id"].to_pylist() == ["b", "c"]
    assert passing(clips, with_changes(gates, ["low:", "named:"]), DAY)["id"].to_pylist() == ["a", "b", "c"]


@pytest.mark.parametrize("change", ["no colon", ": x = 1", "unknown:"])
def test_a_change_that_is_none_is_refused(change: str) -> None:
    with pytest.raises(ValueError, match="gate"):
        with_changes(GATES, [change])


@pytest.mark.parametrize("sql", ["select", "select * from 'secret.csv'", "select nothing from clips"])
def test_a_query_that_cannot_be_asked_names_the_columns(sql: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be asked: .*; columns: id"):
        query(pa.table({"id": ["a"]}), sql)


def test_the_same_choice_is_the_same_version(tables: Tables) -> None:
    version = freeze(tables, WISH)
    assert freeze(tables, WISH).id == version.id
    assert version.manifest["clips"] == 3
    assert version.manifest["rights"] == {"Amal: CC-BY-4.0": 3}
    assert load_version(tables.workspace, f"all@{version.id[:12]}").rows == version.rows


def test_footage_without_rights_is_refused_until_somebody_says_otherwise(tables: Tables, film: Film) -> None:
    workspace = tables.workspace
    ingest(workspace, [str(film("found.mp4", seed=8))], Rights())
    run_pipeline(workspace, tables.pipeline, LocalExecutor(workers=1))
    now = Tables(workspace, tables.pipeline)
    assert freeze(now, WISH).manifest["clips"] == 3
    assert freeze(now, replace(WISH, gates=())).manifest["clips"] == 4


def test_rights_that_have_run_out_are_asked_for_on_the_day(tables: Tables) -> None:
    workspace = tables.workspace
    row = source_table(workspace).to_pylist()[0]
    ingest(workspace, [row["where"]], Rights(expires="2026-11-30"))
    now = Tables(workspace, tables.pipeline)
    assert freeze(now, replace(WISH, on="2026-11-30")).manifest["clips"] == 3
    assert freeze(now, replace(WISH, on="2026-12-01")).manifest["clips"] == 2


def test_nothing_that_passes_is_an_error(tables: Tables) -> None:
    with pytest.raises(ValueError, match="no clip passes every gate"):
        freeze(tables, replace(WISH, gates=(Gate("never", "false"),)))
    with pytest.raises(ValueError, match="is no name for a dataset"):
        freeze(tables, replace(WISH, name="../up"))


def test_a_limit_is_drawn_by_the_seed_and_grows_without_changing_what_was_drawn(tables: Tables) -> None:
    two = set(freeze(tables, replace(WISH, limit=2)).rows["id"].to_pylist())
    one = set(freeze(tables, replace(WISH, limit=1)).rows["id"].to_pylist())
    assert one < two
    draws = {
        freeze(tables, replace(WISH, limit=1, seed=seed)).rows["id"].to_pylist()[0] for seed in range(12)
    }
    assert len(draws) > 1


def test_a_family_falls_on_one_side_of_the_split(tables: Tables) -> None:
    rows = freeze(tables, replace(WISH, held_out=0.5)).rows.to_pylist()
    sides = {(row["family"], row["split"]) for row in rows}
    assert len(sides) == len({family for family, _ in sides})


def test_what_changed_between_versions_is_told(tables: Tables, film: Film) -> None:
    before = freeze(tables, WISH)
    ingest(tables.workspace, [str(film("new.mp4", seed=8))], Rights(owner="Amal", licence="CC0"))
    run_pipeline(tables.workspace, tables.pipeline, LocalExecutor(workers=1))
    after = freeze(Tables(tables.workspace, tables.pipeline), WISH)
    found = difference(before, after)
    assert (len(found.came), found.went) == (1, ())
    assert (
        json.loads((tables.workspace.datasets / "all" / f"{after.id}.json").read_text())["parent"]
        == before.id
    )


def test_a_version_changed_by_hand_is_refused(tables: Tables) -> None:
    version = freeze(tables, WISH)
    path = tables.workspace.datasets / "all" / f"{version.id}.parquet"
    pq.write_table(version.rows.slice(0, 2), path)
    with pytest.raises(ValueError, match="not what was frozen"):
        load_version(tables.workspace, "all")
    with pytest.raises(ValueError, match="is no dataset version; there are: all@"):
        load_version(tables.workspace, "other")


def test_a_sample_is_traced_to_its_second_its_rights_and_its_parameters(tables: Tables) -> None:
    version = freeze(tables, WISH)
    clip = version.rows.to_pylist()[0]
    found = trace(tables.workspace, clip["id"][:16])
    assert (found["from_second"], found["to_second"]) == (0.0, 2.0)
    assert found["rights"]["licence"] == "CC-BY-4.0"
    assert found["source"]["id"] == clip["source"]
    assert found["stages"]["shots"]["parameters"]["least_seconds"] == 0.6
    assert found["versions"] == [f"all@{version.id[:12]}"]
    with pytest.raises(ValueError, match="no clip begins with 'zz'"):
        trace(tables.workspace, "zz")


def test_what_is_withdrawn_is_gone_from_facts_and_its_versions_are_named(tables: Tables, film: Film) -> None:
    workspace = tables.workspace
    other = film("other.mp4", seed=8)
    ingest(workspace, [str(other)], Rights(owner="Badr", licence="CC0"), copy=True)
    run_pipeline(workspace, tables.pipeline, LocalExecutor(workers=1))
    version = freeze(Tables(workspace, tables.pipeline), WISH)
    gone = withdraw(workspace, "Badr")
    assert (len(gone.sources), gone.clips, gone.versions) == (1, 1, (f"all@{version.id[:12]}",))
    left = [path for path in workspace.root.rglob("*") if path.is_file() and gone.sources[0] in path.name]
    assert [path.parent.name for path in left] == ["withdrawn"]
    for path in workspace.root.rglob("*.parquet"):
        assert gone.sources[0].encode() not in str(pq.read_table(path).to_pylist()).encode()
    with pytest.raises(ValueError, match="holds footage that was withdrawn"):
        load_version(workspace, "all")
    assert "withdrawn" in ingest(workspace, [str(other)], Rights(owner="X")).refused[str(other)]
    assert freeze(Tables(workspace, tables.pipeline), WISH).manifest["clips"] == 3
    with pytest.raises(ValueError, match="no source is 'Nobody'"):
        withdraw(workspace, "Nobody")


def test_a_withdrawal_leaves_files_that_are_not_ours(tables: Tables) -> None:
    gone = withdraw(tables.workspace, "Amal")
    assert len(gone.left) == 3
    assert all(Path(path).is_file() for path in gone.left)


@pytest.mark.parametrize("kind", EXPORTS)
def test_every_export_holds_every_clip(tables: Tables, tmp_path: Path, kind: str) -> None:
    version = freeze(tables, replace(WISH, held_out=0.5))
    out = tmp_path / "out"
    export(tables.workspace, version, kind, out)
    assert json.loads((out / "dataset.json").read_text())["version"] == version.id
    for path in out.rglob("*.tar"):
        with tarfile.open(path) as tar:
            tar.extractall(out, filter="data")
    films = sorted(out.rglob("*.mp4"))
    assert sorted(path.stem for path in films) == sorted(key[:32] for key in version.rows["id"].to_pylist())
    assert all(len(read_video(path).frames_THWC) == 24 for path in films)
    with pytest.raises(ValueError, match="is there already"):
        export(tables.workspace, version, kind, out)


def test_the_hugging_face_export_loads_with_their_library(tables: Tables, tmp_path: Path) -> None:
    from datasets import Video, load_dataset

    version = freeze(tables, replace(WISH, held_out=0.5, seed=2))
    export(tables.workspace, version, "huggingface", tmp_path / "out")
    loaded = load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    rows = [row for split in loaded.values() for row in split.cast_column("video", Video(decode=False))]
    assert sorted(row["id"] for row in rows) == version.rows["id"].to_pylist()
    assert {row["licence"] for row in rows} == {"CC-BY-4.0"}


def test_an_export_reads_the_very_frames(tables: Tables, tmp_path: Path) -> None:
    version: Version = freeze(tables, WISH)
    clip = version.rows.to_pylist()[0]
    export(tables.workspace, version, "folder", tmp_path / "out")
    source = next(row for row in source_table(tables.workspace).to_pylist() if row["id"] == clip["source"])
    before = read_video(bytes_of(source)).frames_THWC.astype(int)
    after = read_video(tmp_path / "out" / f"{clip['id'][:32]}.mp4").frames_THWC.astype(int)
    assert abs(before - after).mean() < 4
