"""Ray runs the same stages and writes the same files, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.data.test_run import PIPELINE, Size

from laqta.data.cluster import RayExecutor
from laqta.data.local import LocalExecutor
from laqta.data.run import run_pipeline
from laqta.data.workspace import Workspace


@pytest.fixture(scope="module")
def executor() -> Iterator[RayExecutor]:
    """Ray on this machine, with one worker."""
    import ray

    yield RayExecutor(workers=1)
    ray.shutdown()


def files(workspace: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in workspace.facts.rglob("*.parquet")}


@pytest.mark.filterwarnings("default")  # Ray's own, in its own threads
def test_ray_writes_the_files_that_processes_write(workspace: Workspace, executor: RayExecutor) -> None:
    bad = sorted(path.stem for path in workspace.sources.iterdir())[1]
    pipeline = (Size(bad=bad), *PIPELINE[1:])
    done = run_pipeline(workspace, pipeline, executor)
    assert [(stage.found, stage.failed) for stage in done] == [(2, 1), (4, 0), (4, 0)]
    by_ray = files(workspace)
    for path in workspace.facts.rglob("*.parquet"):
        path.unlink()
    run_pipeline(workspace, pipeline, LocalExecutor(workers=1))
    assert files(workspace) == by_ray
