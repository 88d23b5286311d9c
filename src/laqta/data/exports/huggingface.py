"""Hugging Face datasets: the layout that its library calls a video folder.

`load_dataset(folder)` gives a `video` column and what is told of each clip, with the splits as its own.
Source: https://huggingface.co/docs/datasets/video_dataset
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from laqta.data.exports.samples import Sample
from laqta.files import write_file

SPLITS = {"train": "train", "held_out": "test"}


def write(samples: Iterable[Sample], out: Path) -> None:
    """Write the samples into `train/` and `test/`, each with its `metadata.jsonl`."""
    lines: dict[str, list[str]] = {}
    for sample in samples:
        split = SPLITS[sample.told["split"]]
        (out / split).mkdir(exist_ok=True)
        name = f"{sample.key}.mp4"
        with write_file(out / split / name) as draft:
            draft.write_bytes(sample.mp4)
        told = {key: value for key, value in sample.told.items() if key != "split"}
        lines.setdefault(split, []).append(json.dumps({"file_name": name, **told}, ensure_ascii=False))
    for split, rows in lines.items():
        with write_file(out / split / "metadata.jsonl") as draft:
            draft.write_text("\n".join(rows) + "\n", encoding="utf-8")
