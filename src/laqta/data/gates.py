"""Gates: named conditions that a clip must meet to be in a dataset. They delete nothing.

A condition is DuckDB SQL over the columns of `clips.clip_table`. A score that was never computed is null, and a gate
whose score is null lets the clip pass: a gate holds only where somebody measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class Gate:
    """A name and what it keeps."""

    name: str
    keeps: str


GATES = (
    Gate("rights", "owner is not null and licence is not null and consent is distinct from 'refused'"),
    Gate("unexpired", "expires is null or expires >= $on"),
    Gate("not generated", "made_by <> 'model'"),
    Gate("long enough", "seconds >= 1"),
    Gate("not black", "black_share <= 0.5"),
    Gate("not frozen", "frozen_share <= 0.8"),
    Gate("sharp", "sharpness >= 20"),
    Gate("no overlaid text", "overlay_share <= 0.02"),
    Gate("no copy", "is_representative"),
)
"""What a dataset asks for where nobody says otherwise. The rights come first: without them nothing else matters."""


@dataclass(frozen=True, kw_only=True)
class Survival:
    """What one gate does: clips that come to it, that it keeps, and that it alone would keep of all."""

    gate: Gate
    before: int
    kept: int
    kept_alone: int


def with_changes(gates: Sequence[Gate], changes: Iterable[str]) -> tuple[Gate, ...]:
    """Gates with others in their place: `name: condition` replaces or adds one, `name:` takes it out.

    Raises:
        ValueError: a change without a name, or one that takes out what is not there.
    """
    changed = {gate.name: gate for gate in gates}
    for change in changes:
        name, colon, condition = (part.strip() for part in change.partition(":"))
        if not colon or not name:
            raise ValueError(
                f"{change!r} is no gate; write 'sharp: sharpness >= 30', or 'sharp:' to take it out"
            )
        if condition:
            changed[name] = Gate(name, condition)
        elif name in changed:
            del changed[name]
        else:
            raise ValueError(f"there is no gate {name!r} to take out; there are {', '.join(changed)}")
    return tuple(changed.values())


def passing(clips: pa.Table, gates: Sequence[Gate], on: str) -> pa.Table:
    """The clips that meet every gate, in the order of their ids. `on` is the day that is asked about.

    Raises:
        ValueError: a condition that is no SQL over the clips' columns.
    """
    condition = " and ".join(_met(gate) for gate in gates) or "true"
    return _ask(clips, f"select * from clips where {condition} order by id", on)


def survival(clips: pa.Table, gates: Sequence[Gate], on: str) -> list[Survival]:
    """What each gate keeps of what the gates before it let through; raises as `passing` does."""
    report = []
    through = np.ones(len(clips), np.bool_)
    for gate, keeps in zip(gates, verdicts(clips, gates, on), strict=True):
        before = int(through.sum())
        through &= keeps
        report.append(
            Survival(gate=gate, before=before, kept=int(through.sum()), kept_alone=int(keeps.sum()))
        )
    return report


def verdicts(clips: pa.Table, gates: Sequence[Gate], on: str) -> list[NDArray[np.bool_]]:
    """What each gate alone says of every clip, in the order of the table; asked at once. Raises as `passing` does."""
    asked = "".join(f", {_met(gate)} as gate_{at}" for at, gate in enumerate(gates))
    numbered = clips.append_column("clip_place", pa.array(range(len(clips)), pa.int64()))
    told = _ask(numbered, f"select clip_place{asked} from clips order by clip_place", on)
    return [np.array(told[f"gate_{at}"].to_pylist(), np.bool_) for at in range(len(gates))]


def query(clips: pa.Table, sql: str) -> pa.Table:
    """Any DuckDB query over the table `clips`; raises as `passing` does. It reads no files."""
    return _ask(clips, sql, None)


def _met(gate: Gate) -> str:
    return f"coalesce(({gate.keeps}), true)"


def _ask(clips: pa.Table, sql: str, on: str | None) -> pa.Table:
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as base:
        base.register("clips", clips)
        try:
            answer = base.sql(sql, params={"on": on} if "$on" in sql else None)
            if answer is None:
                raise ValueError(f"{sql!r} asks for nothing; begin with select")
            return answer.to_arrow_table()
        except duckdb.Error as error:
            columns = ", ".join(clips.schema.names)
            raise ValueError(
                f"{sql!r} cannot be asked: {str(error).splitlines()[0]}; columns: {columns}"
            ) from error
