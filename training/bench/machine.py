"""What a benchmark ran on: processor, threads, versions, and how busy it was."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from inspector.inference.hardware import hardware_name, instructions

_LIBRARIES = (
    "torch", "torchvision", "openvino", "onnxruntime", "nncf", "numpy", "opencv-python-headless", "timm", "anomalib",
)  # fmt: skip


def machine() -> dict[str, Any]:
    """Return the facts of this machine as JSON has them."""
    return {
        "hardware": hardware_name(),
        "instructions": list(instructions()),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": {name: installed(name) or "not installed" for name in _LIBRARIES},
        "load_average": [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def installed(name: str) -> str:
    """Return a distribution's version; "" where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def machine_lines(facts: Mapping[str, Any]) -> list[str]:
    """Return the facts for people."""
    libraries = ", ".join(f"{name} {number}" for name, number in facts["libraries"].items())
    return [
        f"Machine: {facts['hardware']}; GPU: {facts['gpu'] or 'none'}; {facts['torch_threads']} threads of PyTorch.",
        f"System: {facts['system']}, Python {facts['python']}.",
        f"Libraries: {libraries}.",
        f"Load average over 1, 5 and 15 minutes at the end: {facts['load_average']}; {facts['when']}.",
    ]
