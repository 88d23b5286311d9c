"""Every test has its own home folder and none of this machine's Laqta settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point `LAQTA_HOME` at a fresh folder and forget every other `LAQTA_*` variable."""
    for name in list(os.environ):
        if name.startswith("LAQTA_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "laqta-home"
    monkeypatch.setenv("LAQTA_HOME", str(folder))
    return folder
