"""What the machine can do: device, precision, and the peak that its arithmetic is measured against."""

import contextlib
import platform
import time
from contextlib import AbstractContextManager
from pathlib import Path

import torch
from torch import Generator, Tensor

TENSOR_CORE_PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12}
"""Dense bfloat16 FLOP a second by the makers' data sheets, by a word in the device's name."""


def choose_device(wished: str | None = None) -> str:
    """Return the wished device, or `cuda` where there is one, else `cpu`.

    Raises `ValueError` for a device that torch does not know or this machine does not have.
    """
    if wished is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(1, device=wished)
    except (RuntimeError, AssertionError) as error:
        found = "cpu, cuda" if torch.cuda.is_available() else "cpu"
        raise ValueError(f"the device {wished!r} cannot be used here; this machine has: {found}") from error
    return wished


def autocast(device: str) -> AbstractContextManager[object]:
    """Run matrix products in bfloat16 on a GPU; master weights stay in float32.

    A CPU stays in float32: with bfloat16 instructions but no matrix unit it gains little or loses half
    (docs/log.md has three machines).
    """
    if device.startswith("cuda"):
        return torch.autocast("cuda", torch.bfloat16)
    return contextlib.nullcontext()


def send(tensor: Tensor, device: str) -> Tensor:
    """A tensor of the processor's on a device. A GPU fetches it when its queue comes to it: nothing waits."""
    return (
        tensor.pin_memory().to(device, non_blocking=True) if device.startswith("cuda") else tensor.to(device)
    )


def noise_like(data: Tensor, dice: Generator) -> Tensor:
    """Normal noise of a tensor's shape, drawn where the tensor lies: seven million numbers a step take a processor
    longer than all else. A GPU's generator is seeded by `dice`, which is the processor's."""
    if data.device.type == "cpu":
        return torch.randn(data.shape, generator=dice)
    seed = int(torch.randint(1 << 60, (1,), generator=dice))
    return torch.randn(data.shape, device=data.device, generator=Generator(data.device).manual_seed(seed))


def hardware_name(device: str) -> str:
    """Name the hardware that a number was measured on."""
    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name(device))
    threads = torch.get_num_threads()
    return f"{_processor_name()}, {threads} thread{'s' if threads > 1 else ''}"


def peak_flops(device: str) -> float:
    """FLOP a second to measure against: the data sheet's on a known GPU, else a measured matrix product."""
    name = hardware_name(device)
    for word, peak in TENSOR_CORE_PEAKS.items():
        if word in name:
            return peak
    return measure_matmul(device)


def measure_matmul(device: str, size: int = 1024, repeats: int = 10) -> float:
    """Best rate of a square float32 matrix product, in FLOP a second."""
    a, b = torch.randn(size, size, device=device), torch.randn(size, size, device=device)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        _ = (a @ b)[0, 0].item()
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def _processor_name() -> str:
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
