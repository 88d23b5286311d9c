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


class ManyCores:
    """PyAV's `open` as it is on a machine of many cores: a decoder takes as many threads, unless told otherwise."""

    def __init__(self, cores: int) -> None:
        self.plain, self.cores, self.decoders = av.open, cores, []

    def __call__(self, *args: Any, **options: Any) -> Any:
        container = self.plain(*args, **options)
        for stream in container.streams.video:
            stream.thread_type, stream.codec_context.thread_count = "AUTO", self.cores
            self.decoders.append(stream.codec_context)
        return container


def test_the_count_of_cores_changes_no_byte(
    workspace: Workspace, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = [film(f"{seed}.mp4", seed, frames=60) for seed in range(10, 20)]
    ingest(workspace, [str(path) for path in films], Rights())
    machines = [ManyCores(1), ManyCores(4)]
    own, found = cv2.getNumThreads(), []
    try:
        for machine in machines:
            monkeypatch.setattr(av, "open", machine)
            cv2.setNumThreads(machine.cores)
            run_pipeline(workspace, PIPELINE, LocalExecutor(workers=1))
            found.append(files(workspace))
            for path in workspace.facts.rglob("*.parquet"):
                path.unlink()
    finally:
        cv2.setNumThreads(own)
    assert len(found[0]) > 13
    assert found[0] == found[1]
    # threads that race do not always show, so they are counted too, of the decoders that were used
    threads = [decoder.thread_count for decoder in machines[1].decoders if decoder.is_open]
    assert threads == [1] * len(threads) and len(threads) >= 2 * 13
