"""What this PC computes with, as far as it decides which run-time is fastest, and whether a parity holds here."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_TELLING = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimd", "i8mm")


def instructions(cpuinfo: Path = _CPUINFO) -> tuple[str, ...]:
    """Return the processor's instructions that change how a network is computed; its name where they are unknown."""
    flags = _cpuinfo(cpuinfo, "flags", "Features").split()
    return tuple(name for name in _TELLING if name in flags) or (platform.processor() or platform.machine(),)


def hardware_name(cpuinfo: Path = _CPUINFO) -> str:
    """Return what names this PC's processors: model, cores, instructions, and whether there is an NVIDIA driver."""
    model = _cpuinfo(cpuinfo, "model name") or platform.processor() or platform.machine()
    gpu = " + NVIDIA" if shutil.which("nvidia-smi") or Path("/proc/driver/nvidia").exists() else ""
    return f"{model.strip()}, {os.cpu_count()} cores, {' '.join(instructions(cpuinfo))}{gpu}"


def _cpuinfo(path: Path, *names: str) -> str:
    """Return the first processor's value of the first field that is there; "" where there is none."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ""
    fields = {name.strip(): value for name, _, value in (line.partition(":") for line in reversed(lines))}
    return next((fields[name] for name in names if name in fields), "")
