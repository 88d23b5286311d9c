"""The same footage gives the same files of facts, byte for byte, however many threads a machine has to give."""

from __future__ import annotations

from typing import Any

import av
import cv2
import pytest
from tests.data.conftest import Film
from tests.data.test_cluster import files

from laqta.data.duplicates import Duplicates
from laqta.data.footage import ProbeStage, ScanStage, ShotsStage
from laqta.data.ingest import ingest
from laqta.data.local import LocalExecutor
from laqta.data.rights import Rights
from laqta.data.run import run_pipeline
from laqta.data.workspace import Workspace

PIPELINE = (ProbeStage(), ScanStage(), ShotsStage(), Duplicates())


def open_with_threads(count: int) -> Any:
    """PyAV's `open` as it is on a machine of so many cores: a decoder takes as many threads, unless told otherwise."""
    plain = av.open

    def opened(*args: Any, **options: Any) -> Any:
        container = plain(*args, **options)
        for stream in container.streams.video:
            stream.thread_type, stream.codec_context.thread_count = "AUTO", count
        return container

    return opened


def test_the_count_of_threads_changes_no_byte(
    workspace: Workspace, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = [film(f"{seed}.mp4", seed, frames=60) for seed in range(10, 20)]
    ingest(workspace, [str(path) for path in films], Rights())
    found = []
    own = cv2.getNumThreads()
    try:
        for count in (1, 4):
            monkeypatch.setattr(av, "open", open_with_threads(count))
            cv2.setNumThreads(count)
            run_pipeline(workspace, PIPELINE, LocalExecutor(workers=1))
            found.append(files(workspace))
            for path in workspace.facts.rglob("*.parquet"):
                path.unlink()
    finally:
        cv2.setNumThreads(own)
    assert len(found[0]) > 2 * 13
    assert found[0] == found[1]
