"""Fetching the props' pictures, with an npm of the test's own on PATH: no network."""

import base64
import csv
import hashlib
import io
import sys
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from laqta.world.fetch import FLUENT_EMOJI, TABLE, FetchError, Package, fetch_props, open_bank, props_folder
from laqta.world.props import PROPS

FAKE_NPM = """\
#!{python}
import pathlib, shutil, sys
home = pathlib.Path(__file__).parent
with open(home / "calls.txt", "a") as calls:
    print(*sys.argv[1:], file=calls)
if not (home / "served.tgz").exists():
    sys.exit("npm error code ENOTFOUND\\nnpm error network This is a problem with the network.")
shutil.copy(home / "served.tgz", "lobehub-fluent-emoji-3d-1.1.0.tgz")
"""


def table_files() -> list[str]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return [row["file"] for row in csv.DictReader(lines, delimiter="\t")]


def good_members() -> dict[str, bytes]:
    pictures = {f"package/assets/{file}.webp": f"picture {file}".encode() for file in table_files()}
    return {"package/package.json": b"{}", "package/assets/not-a-prop.webp": b"no", **pictures}


def pack(members: dict[str, bytes], link: str | None = None) -> bytes:
    tarball = io.BytesIO()
    with tarfile.open(fileobj=tarball, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            if name == link:
                entry.type, entry.linkname, content = tarfile.SYMTYPE, "/etc/hostname", b""
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return tarball.getvalue()


def pinned(tarball: bytes) -> Package:
    digest = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    return Package(name="@lobehub/fluent-emoji-3d", version="1.1.0", integrity=f"sha512-{digest}")


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a fake npm, alone on PATH; it serves `served.tgz` there; without one, no network."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "npm").write_text(FAKE_NPM.format(python=sys.executable))
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_keeps_exactly_the_pictures_of_the_table_and_the_licence(npm: Path, tmp_path: Path) -> None:
    tarball = pack(good_members())
    (npm / "served.tgz").write_bytes(tarball)
    told: list[str] = []

    folder = fetch_props(tmp_path / "home", told.append, pinned(tarball))

    assert folder == props_folder(tmp_path / "home") == tmp_path / "home" / "assets" / "props-1.1.0"
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{file}.webp" for file in table_files()} | {"LICENSE.txt"}
    assert (folder / "1f408.webp").read_bytes() == b"picture 1f408"
    assert "Microsoft" in (folder / "LICENSE.txt").read_text()
    assert [path.name for path in folder.parent.iterdir()] == ["props-1.1.0"], "temporary files were left"
    assert any("1.1.0" in sentence for sentence in told)
    assert "pack @lobehub/fluent-emoji-3d@1.1.0 " in (npm / "calls.txt").read_text()


def test_a_second_fetch_asks_npm_nothing(npm: Path, tmp_path: Path) -> None:
    tarball = pack(good_members())
    (npm / "served.tgz").write_bytes(tarball)
    first = fetch_props(tmp_path, package=pinned(tarball))
    assert fetch_props(tmp_path, package=pinned(tarball)) == first
    assert len((npm / "calls.txt").read_text().splitlines()) == 1


def test_a_folder_that_lacks_a_picture_is_fetched_again(npm: Path, tmp_path: Path) -> None:
    tarball = pack(good_members())
    (npm / "served.tgz").write_bytes(tarball)
    folder = fetch_props(tmp_path, package=pinned(tarball))
    (folder / "1f408.webp").unlink()
    fetch_props(tmp_path, package=pinned(tarball))
    assert (folder / "1f408.webp").read_bytes() == b"picture 1f408"
    assert [path.name for path in folder.parent.iterdir()] == ["props-1.1.0"]


def test_a_tampered_package_is_refused_and_nothing_kept(npm: Path, tmp_path: Path) -> None:
    package = pinned(pack(good_members()))
    (npm / "served.tgz").write_bytes(pack(good_members() | {"package/assets/1f408.webp": b"evil"}))
    with pytest.raises(FetchError, match="not the pinned one") as refusal:
        fetch_props(tmp_path / "home", package=package)
    assert package.integrity in str(refusal.value)
    assert list((tmp_path / "home" / "assets").iterdir()) == []


def test_paths_and_links_in_the_tarball_lead_nowhere(npm: Path, tmp_path: Path) -> None:
    tarball = pack(good_members() | {"package/assets/../../../../escaped.webp": b"x", "/escaped.webp": b"x"})
    (npm / "served.tgz").write_bytes(tarball)
    fetch_props(tmp_path / "home", package=pinned(tarball))
    assert list(tmp_path.rglob("escaped*")) == []


def test_a_link_is_no_picture(npm: Path, tmp_path: Path) -> None:
    tarball = pack(good_members(), link="package/assets/1f408.webp")
    (npm / "served.tgz").write_bytes(tarball)
    with pytest.raises(FetchError, match=r"1f408\.webp"):
        fetch_props(tmp_path, package=pinned(tarball))
    assert list((tmp_path / "assets").iterdir()) == []


@pytest.mark.usefixtures("npm")
def test_no_network_says_what_npm_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"ENOTFOUND.*check the network") as failure:
        fetch_props(tmp_path)
    assert "\n" not in str(failure.value)
    assert list((tmp_path / "assets").iterdir()) == []


def test_missing_npm_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match=r"install Node\.js"):
        fetch_props(tmp_path)


def test_the_pin_is_a_whole_sha512() -> None:
    algorithm, _, digest = FLUENT_EMOJI.integrity.partition("-")
    assert algorithm == "sha512"
    assert len(base64.b64decode(digest, validate=True)) == 64


def test_a_bank_is_of_fetched_pictures_or_drawn_ones(tmp_path: Path) -> None:
    assert open_bank(("car", "rocket"), tmp_path, drawn=True).ids == ("car", "rocket")
    with pytest.raises(FetchError, match="run `laqta world fetch` first"):
        open_bank(("car",), tmp_path)
    folder = props_folder(tmp_path)
    folder.mkdir(parents=True)
    Image.new("RGBA", (8, 8), "red").save(folder / f"{PROPS['car'].file}.webp")
    assert open_bank(("car",), tmp_path).sprites_PHWC.shape == (1, 256, 256, 4)
