"""What the guide to labels shows runs, and its table names every format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from laqta.data.people.formats.table import FORMATS
from laqta.data.people.track import Timeline

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "labels.md"
CVAT = """<annotations><track id="0" label="car"><box frame="1" keyframe="1" outside="0" occluded="0"
xtl="10.25" ytl="20" xbr="110" ybr="120"/></track></annotations>"""


def test_every_format_has_its_row() -> None:
    for name in FORMATS:
        assert f"\n| `{name}`" in GUIDE.read_text(encoding="utf-8"), name


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("annotations.xml").write_text(CVAT, encoding="utf-8")
    names: dict[str, Any] = {}
    for piece in GUIDE.read_text(encoding="utf-8").split("```python\n")[1:]:
        exec(piece.partition("```")[0], names)
    assert isinstance(names["timeline"], Timeline) and Path("task.json").exists()
    assert names["cluster"].accepted and names["cluster"].support == 1
