"""Every test has its own home folder and none of this machine's Laqta settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from laqta.cli import QUIET

os.environ.update(QUIET)  # before diffusers and transformers are imported, as the command line does


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point `LAQTA_HOME` at a fresh folder and forget every other `LAQTA_*` variable."""
    for name in list(os.environ):
        if name.startswith("LAQTA_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "laqta-home"
    monkeypatch.setenv("LAQTA_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def speck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the weights folder of an untrained `speck`: every part real and in place, its films noise."""
    from laqta.train.untrained import save_untrained

    return save_untrained(tmp_path_factory.mktemp("models") / "speck")
