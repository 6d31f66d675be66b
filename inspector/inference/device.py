"""The processor that a network runs on: choosing it, naming it, and what its failures mean for a part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from inspector.errors import ModelError

MEMORY_CURE = "Choose a smaller input size or batch, or run on the CPU (device = cpu)."
_DEVICE_CURE = "Restart the station; if it comes again, check the driver with `inspector doctor` or use device = cpu."


def device_name(device: torch.device) -> str:
    """Return its name for people: `cpu`, or `cuda:0 (NVIDIA …)`."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


@contextmanager
def device_errors(device: torch.device) -> Iterator[None]:
    """Turn a failure of the device into a ModelError: the station rejects the part and goes on."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ModelError(f"{device_name(device)}: out of memory while judging.", cure=MEMORY_CURE) from error
    except RuntimeError as error:  # torch reports kernel and driver faults as RuntimeError
        first_line = str(error).strip().splitlines()[0]
        raise ModelError(f"{device}: the network could not run: {first_line}", cure=_DEVICE_CURE) from error


def choose_device(name: str) -> torch.device:
    """Return the device for `auto`, `cpu`, `cuda` or `cuda:N`. Raises ModelError where it is not there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ModelError(f"There is no device named {name!r}.", cure="Use auto, cpu, cuda or cuda:N.") from error
    if device.type not in ("cpu", "cuda"):
        raise ModelError(f"The device {name!r} is not supported.", cure="Use auto, cpu, cuda or cuda:N.")
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise ModelError(
                "CUDA was asked for, but PyTorch finds no NVIDIA GPU.",
                cure="Use device auto or cpu, or install the NVIDIA driver and a CUDA build of PyTorch.",
            )
        device = torch.device("cuda", device.index or 0)
        if device.index >= torch.cuda.device_count():
            raise ModelError(
                f"There is no {device}: {torch.cuda.device_count()} GPU(s) found.",
                cure="Use a smaller number.",
            )
    return device
