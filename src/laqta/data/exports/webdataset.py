"""WebDataset: tar shards in which `<key>.mp4` and `<key>.json` stand one after the other."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from itertools import count, islice
from pathlib import Path

from laqta.data.exports.samples import Sample
from laqta.files import write_file

SHARD = 500
"""Clips in one tar."""


def write(samples: Iterable[Sample], out: Path) -> None:
    """Write the samples into tar shards. The same samples give the same bytes."""
    waiting = iter(samples)
    for number in count():
        if not (shard := list(islice(waiting, SHARD))):
            return
        with write_file(out / f"clips-{number:06}.tar") as draft, tarfile.open(draft, "w") as tar:
            for sample in shard:
                _add(tar, f"{sample.key}.mp4", sample.mp4)
                _add(tar, f"{sample.key}.json", json.dumps(sample.told, ensure_ascii=False).encode())


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))
