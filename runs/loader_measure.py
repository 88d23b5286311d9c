"""Measures the loader: clips a second against what the trainer takes, and whether its order survives a pause.

    .venv/bin/python runs/loader_measure.py --save

The shards hold noise of the sizes that `nano`'s and `mini`'s clips have, in the order in which a run would read them.
The trainer's need is the rate of its own steps on this machine: forward and backward of the transformer in batches of
the 16 clips, without text, encoding or anything else that would slow it down.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

from laqta.data.stream import Stream, Window, write_shards
from laqta.generate.grid import LatentShape, text_coords
from laqta.models.sizes import MINI, NANO, ModelSize, build_autoencoder, build_transformer
from laqta.terminal import show
from laqta.train.recipes import RECIPES

ROOT = Path(__file__).parents[1]
SIZES = {"nano": NANO, "mini": MINI}


def main() -> None:
    """Measure everything and show it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--save", action="store_true", help="write benchmarks/DATE-loader.json")
    parser.add_argument("--clips", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=8.0, help="of reading, for each figure")
    args = parser.parse_args()
    found: dict[str, Any] = {"clips": args.clips}
    for name, size in SIZES.items():
        batch = RECIPES[name]().dit.batch
        with tempfile.TemporaryDirectory() as folder:
            write_shards(Path(folder), {"shapes": {}}, _noise(size, args.clips))
            found[name] = _measure(Path(folder), size, batch, args.seconds)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    found |= {"hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"}
    found |= {"threads": torch.get_num_threads(), "load": round(os.getloadavg()[0], 2)}
    found |= {"commit": commit.stdout.strip(), "command": " ".join(["runs/loader_measure.py", *sys.argv[1:]])}
    show(json.dumps(found, indent=2))
    if args.save:
        text = json.dumps(found, indent=2) + "\n"
        (ROOT / "benchmarks" / f"{date.today()}-loader.json").write_text(text, encoding="utf-8")


def _measure(folder: Path, size: ModelSize, batch: int, seconds: float) -> dict[str, Any]:
    rates = {workers: _rate(Stream(folder, workers=workers), batch, seconds) for workers in (1, 2)}
    need = _need(size)
    return {
        "batch": batch,
        "kilobytes_a_clip": round(sum(path.stat().st_size for path in folder.glob("*.safetensors")) / 1e3
                                  / len(Stream(folder)), 1),
        "clips_a_second": {f"{workers} workers": round(rate) for workers, rate in rates.items()},
        "trainer_takes": round(need, 1),
        "times_the_need": round(rates[2] / need),
        "same_order_after_a_pause": _resumes(folder, batch),
    }  # fmt: skip


def _rate(stream: Stream, batch: int, seconds: float) -> float:
    """Clips a second as tensors, which is where the trainer takes over."""
    number, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        torch.from_numpy(stream.batch(number, batch).latents_BCLHW).float()
        number += 1
    return number * batch / (time.perf_counter() - started)


def _resumes(folder: Path, batch: int) -> bool:
    """Whether a reader with other workers, from the middle on, reads the same clips."""
    whole, pause = Stream(folder, seed=1, workers=2), 37
    order = [whole.batch(number, batch) for number in range(3 * pause)]
    later = Stream(folder, seed=1, workers=5)
    again = [later.batch(number, batch) for number in range(pause, 3 * pause)]
    return all(
        one.ids == two.ids and np.array_equal(one.latents_BCLHW, two.latents_BCLHW)
        for one, two in zip(order[pause:], again, strict=True)
    )


def _need(size: ModelSize, batch: int = 16, steps: int = 3) -> float:
    """Clips a second of the transformer's own steps here, in batches that fit a laptop: the best of a few."""
    torch.set_flush_denormal(True)
    transformer = build_transformer(size)
    shape = LatentShape.of(size.shape, build_autoencoder(size))
    data_BNC = torch.randn(batch, shape.tokens, size.latent_channels)
    taken = []
    for _ in range(steps):
        started = time.perf_counter()
        transformer(
            data_BNC,
            encoder_hidden_states=torch.zeros(batch, 32, size.text_width),
            timestep=torch.full((batch, 1), 500.0),
            encoder_attention_mask=torch.ones(batch, 32),
            video_coords=text_coords(shape).expand(batch, -1, -1),
            return_dict=False,
        )[0].square().mean().backward()
        taken.append(time.perf_counter() - started)
    return batch / min(taken)


def _noise(size: ModelSize, clips: int) -> Iterator[Window]:
    """Clips of a size's shapes by turns."""
    dice = np.random.default_rng(0)
    autoencoder = build_autoencoder(size)
    shapes = [LatentShape.of(shape, autoencoder) for shape in size.shapes]
    noise = dice.standard_normal(1 << 20).astype(np.float16)
    for number in range(clips):
        shape = shapes[number % len(shapes)]
        room = (size.latent_channels, shape.frames, shape.height, shape.width)
        latents = np.roll(noise, number)[: np.prod(room)].reshape(room)
        yield Window(
            id=f"{number:08}",
            clip=f"{number:08}",
            split="train",
            shape=f"{shape.width}x{shape.height}x{shape.frames}",
            captions=("a cat walks in the snow",),
            latents_CLHW=latents,
            last_C1HW=latents[:, :1],
            things_LHW=np.zeros(room[1:], np.float16),
        )


if __name__ == "__main__":
    main()
