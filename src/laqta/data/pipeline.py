"""The pipeline: every stage in order. The next one is a file with a stage in it and a row here."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from importlib.util import find_spec
from typing import Any

from laqta.data.captions import CaptionCheck, Captions
from laqta.data.duplicates import Duplicates
from laqta.data.embeddings import Embeddings, Lookalikes
from laqta.data.footage import ProbeStage, ScanStage, ShotsStage
from laqta.data.objects import Objects
from laqta.data.reading import TextStage
from laqta.data.second_opinion import CutCheck, OtherCuts
from laqta.data.stages import Stage
from laqta.data.workspace import Workspace

STAGES: tuple[type[Stage], ...] = (
    ProbeStage,
    ScanStage,
    TextStage,
    ShotsStage,
    OtherCuts,
    CutCheck,
    Duplicates,
    Captions,
    CaptionCheck,
    Objects,
    Embeddings,
    Lookalikes,
)


def load_pipeline(workspace: Workspace, without: frozenset[str] = frozenset()) -> tuple[Stage, ...]:
    """Every stage with the parameters of the workspace's `pipeline.toml`, or its own; `without` leaves some out.

    Raises:
        ValueError: a file that is no TOML, or names a stage or parameter that there is not.
        OSError: a stage needs a package that is not installed: no stage is left out silently.
    """
    stated: dict[str, Any] = {}
    if workspace.pipeline.is_file():
        try:
            stated = tomllib.loads(workspace.pipeline.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{str(workspace.pipeline)!r} is not TOML: {error}") from error
    names = [stage.name for stage in STAGES]
    for name in (*stated, *without):
        if name not in names:
            raise ValueError(f"there is no stage {name!r}; there are {', '.join(names)}")
    wanted = [stage for stage in STAGES if stage.name not in without]
    for stage in wanted:
        if stage.needs and find_spec(stage.needs[0]) is None:
            raise OSError(
                f"the stage {stage.name!r} needs {stage.needs[0]}, which is not installed: "
                f"pip install 'laqta[{stage.needs[1]}]', or leave it out with --without {stage.name}"
            )
    return tuple(_make(stage, stated.get(stage.name, {})) for stage in wanted)


def _make(stage: type[Stage], stated: Any) -> Stage:
    allowed = {field.name: field for field in fields(stage)}
    if not isinstance(stated, dict):
        raise ValueError(f"[{stage.name}] in pipeline.toml is a table of parameters, not {stated!r}")
    for name, value in stated.items():
        if name not in allowed:
            raise ValueError(f"{stage.name} has no parameter {name!r}; it has {', '.join(allowed) or 'none'}")
        if isinstance(value, bool) is not isinstance(allowed[name].default, bool) or not isinstance(
            value, (type(allowed[name].default), int)
        ):
            raise ValueError(f"{stage.name}.{name} = {value!r}; it is like {allowed[name].default!r}")
    return stage(**stated)
