"""`laqta doctor`: what this machine can do, what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from laqta import __version__
from laqta.settings import VARIABLES, config_file, home, load_settings
from laqta.terminal import show

SUMMARY = "Say what this machine can do and what is missing."
LEAST_DISK_GB = 2.0
"""Below this a training run's checkpoints may not fit."""


def add_arguments(parser: ArgumentParser) -> None:
    """`laqta doctor` takes nothing."""


def run(_args: Namespace) -> None:
    """Print one line a fact; a line that begins with `!` is a thing to mend, and says how."""
    for facts in (_software(), _hardware(), _home(), _settings(), _codecs(), _models(), _props()):
        for fact in facts:
            show(fact)


def _software() -> Iterator[str]:
    yield f"laqta: {__version__}"
    yield f"python: {platform.python_version()}, {platform.platform()}"
    yield "packages: " + ", ".join(
        f"{name} {version(name)}" for name in ("torch", "diffusers", "transformers", "av")
    )


def _hardware() -> Iterator[str]:
    import torch

    from laqta.train.device import choose_device, hardware_name

    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU"
    yield f"torch: {torch.__version__}, a {build} build"
    yield f"threads: {torch.get_num_threads()} of {os.cpu_count()} cores"
    yield f"device: {choose_device()} ({hardware_name(choose_device())}), bfloat16 {_bfloat16(choose_device())}"
    for number in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(number)
        yield f"cuda:{number}: {torch.cuda.get_device_name(number)}, {free / 1e9:.1f} of {total / 1e9:.1f} GB free"
    if hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
        page = os.sysconf("SC_PAGE_SIZE") / 1e9
        free_pages, all_pages = os.sysconf("SC_AVPHYS_PAGES"), os.sysconf("SC_PHYS_PAGES")
        yield f"memory: {page * free_pages:.1f} of {page * all_pages:.1f} GB free"


def _bfloat16(device: str) -> str:
    """Say whether the hardware multiplies in bfloat16; a CPU without it only emulates it, slowly."""
    import torch

    if device.startswith("cuda"):
        return "yes" if torch.cuda.is_bf16_supported(including_emulation=False) else "no"
    flags = Path("/proc/cpuinfo")
    return "yes" if flags.is_file() and "bf16" in flags.read_text(encoding="utf-8") else "no"


def _home() -> Iterator[str]:
    folder = home(os.environ)
    there = next(parent for parent in (folder, *folder.resolve().parents) if parent.is_dir())
    free = shutil.disk_usage(there).free / 1e9
    yield f"home: {folder}, {free:.1f} GB free on its disk"
    if free < LEAST_DISK_GB:
        yield f"! little room: training needs {LEAST_DISK_GB:g} GB; free some, or set LAQTA_HOME to a larger disk"
    if not os.access(there, os.W_OK):
        yield f"! no permission to write in {there}; set LAQTA_HOME to a folder of yours"


def _settings() -> Iterator[str]:
    path = config_file(os.environ)
    yield f"settings: {path}" + ("" if path.is_file() else " (none yet)")
    try:
        load_settings(os.environ)
    except ValueError as error:
        yield f"! {error}"
    for name in sorted(os.environ):
        if name.startswith("LAQTA_") and name not in VARIABLES:
            yield f"! {name} is set, and Laqta reads no such variable; there are: {', '.join(VARIABLES)}"


def _codecs() -> Iterator[str]:
    import av.codec

    names = {"libx264": ".mp4", "libvpx-vp9": ".webm", "gif": ".gif"}
    missing = {name: ending for name, ending in names.items() if name not in av.codec.codecs_available}
    yield "films: " + ", ".join(
        [*(ending for ending in names.values() if ending not in missing.values()), ".webp"]
    )
    for name, ending in missing.items():
        yield f"! this build of PyAV lacks {name}, so no {ending}: reinstall it with pip install --force-reinstall av"


def _models() -> Iterator[str]:
    from laqta.models.card import installed_models, load_card, model_hash
    from laqta.models.weights import check_files

    folders = installed_models(home(os.environ))
    if not folders:
        yield "! models: none; train one with runs/nano_cpu.sh"
    for name, folder in folders.items():
        try:
            card = load_card(folder)
            check_files(folder, card)
        except (OSError, ValueError) as error:
            yield f"! model {name}: {error}"
            continue
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        yield f"model {name}: whole, {model_hash(card)}, {size:.1f} MB, {folder}"


def _props() -> Iterator[str]:
    from laqta.world.fetch import props_folder

    folder = props_folder(home(os.environ))
    if folder.is_dir():
        yield f"props: {folder}"
        return
    npm = "npm found" if shutil.which("npm") else "npm, which it needs, is not there: install Node.js"
    yield f"props: not fetched (only training needs them): laqta world fetch; {npm}"
