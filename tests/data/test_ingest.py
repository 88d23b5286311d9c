"""Taking footage in: whole files, their rights, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.data.conftest import Film

from laqta.data.ingest import bytes_of, find_files, hash_file, ingest, source_records, source_table
from laqta.data.rights import Rights, find_rights
from laqta.data.workspace import Workspace, open_workspace


def test_a_source_is_known_by_its_bytes(workspace: Workspace, film: Film) -> None:
    again = film("other name.mp4", seed=1)
    taken = ingest(workspace, [str(again)], Rights())
    assert (len(taken.new), len(taken.known)) == (0, 1)
    record = next(record for record in source_records(workspace) if record["id"] == hash_file(again))
    assert [Path(name).name for name in record["names"]] == ["1.mp4", "other name.mp4"]
    assert record["rights"]["owner"] == "Amal"  # what an earlier call stated stays


def test_a_folder_is_searched_for_films_only(tmp_path: Path, film: Film) -> None:
    film("a/b/deep.mp4")
    (tmp_path / "footage" / "note.txt").write_text("no film")
    assert [Path(name).name for name in find_files([str(tmp_path / "footage")])] == ["deep.mp4"]


@pytest.mark.parametrize("name", ["nothing-here", "nothing-*.mp4", "file:///nothing/here.mp4"])
def test_what_matches_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="holds no video"):
        list(find_files([name]))


def test_an_empty_file_is_refused_with_its_reason_and_the_others_are_taken(
    tmp_path: Path, film: Film
) -> None:
    film("good.mp4")
    bad = tmp_path / "footage" / "empty.mp4"
    bad.touch()
    workspace = open_workspace(tmp_path / "data", create=True)
    taken = ingest(workspace, [str(tmp_path / "footage")], Rights())
    assert len(taken.new) == 1
    assert taken.refused == {str(bad): "it is empty"}
    assert [json.loads(path.read_text())["why"] for path in workspace.refused.glob("*.json")] == [
        "it is empty"
    ]

    film("empty.mp4", seed=5)  # mended: the refusal goes away
    ingest(workspace, [str(bad)], Rights())
    assert list(workspace.refused.glob("*.json")) == []


def test_a_url_is_copied_and_a_file_is_copied_when_asked(tmp_path: Path, film: Film) -> None:
    path = film("far.mp4")
    workspace = open_workspace(tmp_path / "data", create=True)
    ingest(workspace, [f"file://{path}"], Rights())
    record = source_records(workspace)[0]
    assert Path(record["where"]).is_relative_to(workspace.blobs)
    assert Path(record["where"]).read_bytes() == path.read_bytes()
    assert [file for file in workspace.blobs.rglob("*") if file.is_file()] == [Path(record["where"])]

    near = film("near.mp4", seed=7)
    ingest(workspace, [str(near)], Rights(), copy=True)
    near.unlink()
    assert all(bytes_of(row).is_file() for row in source_table(workspace).to_pylist())


def test_a_source_that_changed_is_noticed(workspace: Workspace) -> None:
    row = source_table(workspace).to_pylist()[0]
    Path(row["where"]).write_bytes(b"something else")
    with pytest.raises(ValueError, match="has changed since it was ingested"):
        bytes_of(row)


def test_a_copied_back_file_is_still_the_source(workspace: Workspace) -> None:
    row = source_table(workspace).to_pylist()[0]
    path = Path(row["where"])
    path.write_bytes(path.read_bytes())  # another time stamp, the same bytes
    assert bytes_of(row) == path


def test_rights_come_from_flags_then_sidecar_then_folders(tmp_path: Path, film: Film) -> None:
    path = film("trip/a.mp4")
    (tmp_path / "footage" / "rights.toml").write_text('owner = "Studio"\nlicence = "CC0"\nconsent = "people"')
    (path.parent / "a.mp4.toml").write_text("licence = 'CC-BY-4.0'\nexpires = 2027-12-31")
    found = find_rights(path)
    assert found == Rights(owner="Studio", licence="CC-BY-4.0", consent="people", expires="2027-12-31")
    assert Rights(owner="Amal").filled_from(found).owner == "Amal"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("owner = ", "is not TOML"),
        ("ownr = 'x'", "'ownr' is no statement of rights; allowed are owner"),
        ("owner = 3", "it takes a text"),
        ("consent = 'maybe'", "allowed are 'none needed'"),
        ("expires = 'soon'", "it takes a day"),
    ],
)
def test_rights_that_are_no_rights_are_refused(tmp_path: Path, film: Film, text: str, why: str) -> None:
    path = film("a.mp4")
    path.with_name("a.mp4.toml").write_text(text)
    workspace = open_workspace(tmp_path / "data", create=True)
    assert why in ingest(workspace, [str(path)], Rights()).refused[str(path)]


def test_a_folder_without_data_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="begin with: laqta data ingest"):
        open_workspace(tmp_path / "nothing")
