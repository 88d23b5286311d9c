"""A folder: one mp4 a clip, and `clips.jsonl` with a line each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from laqta.data.exports.samples import Sample
from laqta.files import write_file


def write(samples: Iterable[Sample], out: Path) -> None:
    """Write the samples into a folder."""
    lines = []
    for sample in samples:
        name = f"{sample.key}.mp4"
        with write_file(out / name) as draft:
            draft.write_bytes(sample.mp4)
        lines.append(json.dumps({"file": name, **sample.told}, ensure_ascii=False))
    with write_file(out / "clips.jsonl") as draft:
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
