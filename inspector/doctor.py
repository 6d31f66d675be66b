"""Examines this PC: interpreter, libraries, processor, cameras, display, disk."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from inspector import __version__, sqlite
from inspector.settings import data_folder
from inspector.system_libraries import has_chinese_font, install_command, missing_packages

LEAST_FREE_BYTES = 2 * 1024**3
_OPENCV_PACKAGES = ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, whether it is in order, and the cure where it is not."""

    subject: str
    ok: bool
    said: str
    cure: str = ""


def examine() -> list[Finding]:
    """Look at everything; never raises for what it finds."""
    checks: tuple[Callable[[], list[Finding]], ...] = (_system, _libraries, _torch, _cameras, _window, _disk)
    return [finding for check in checks for finding in check()]


def _system() -> list[Finding]:
    python_ok = sys.version_info >= (3, 11)
    return [
        Finding("inspector", ok=True, said=__version__),
        Finding("system", ok=True, said=f"{platform.platform()}, {os.cpu_count()} processors"),
        Finding("python", python_ok, platform.python_version(), "" if python_ok else "Install Python 3.11 or newer."),
    ]


def _libraries() -> list[Finding]:
    found = []
    for name in (
        "opencv-python-headless",
        "torch",
        "torchvision",
        "albumentations",
        "PySide6-Essentials",
        "SQLAlchemy",
    ):
        try:
            found.append(Finding(name, ok=True, said=version(name)))
        except PackageNotFoundError:
            found.append(Finding(name, ok=False, said="is not installed", cure="Run `make demo` again."))
    if any(finding.subject == "PySide6-Essentials" and finding.said == "6.12.0" for finding in found):
        cure = "pip install 'PySide6-Essentials!=6.12.0'"
        found.append(Finding("PySide6 6.12.0", ok=False, said="ends Python 3.11 on the first plot", cure=cure))
    for other in _OPENCV_PACKAGES:
        if _installed(other):
            cure = f"pip uninstall {other}; pip install --force-reinstall opencv-python-headless"
            found.append(
                Finding(other, ok=False, said="overwrites opencv-python-headless in the same folder", cure=cure)
            )
    mode, sqlite_version = sqlite.journal_mode(), sqlite.driver().sqlite_version
    said = f"{sqlite_version}, journal {mode}"
    cure = (
        "" if mode == "WAL" else "pip install pysqlite3 (this library is too old for WAL; the slower journal is used)"
    )
    return [*found, Finding("sqlite", ok=True, said=said, cure=cure)]


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _torch() -> list[Finding]:
    try:
        import torch
    except (ImportError, OSError) as error:
        return [Finding("torch", ok=False, said=f"cannot be loaded: {error}", cure="Install torch again.")]
    found = [Finding("torch threads", ok=True, said=f"{torch.get_num_threads()} on the CPU")]
    if not torch.cuda.is_available():
        has_driver = Path("/proc/driver/nvidia/version").exists()
        cure = "Install a torch build for this driver's CUDA version." if has_driver else ""
        said = "an NVIDIA driver is there but torch cannot use it" if has_driver else "none; models run on the CPU"
        return [*found, Finding("gpu", not has_driver, said, cure)]
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        said = f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}"
        found.append(Finding(f"gpu {index}", ok=True, said=said))
    return found


def _cameras() -> list[Finding]:
    devices = sorted(Path("/dev").glob("video*")) if sys.platform.startswith("linux") else []
    closed = [device for device in devices if not os.access(device, os.R_OK | os.W_OK)]
    if closed:
        names = " ".join(map(str, closed))
        cure = "Add the user to the group 'video' and log in again."
        return [Finding("cameras", ok=False, said=f"{names}: no permission", cure=cure)]
    said = " ".join(map(str, devices)) or "no video device; network cameras, folders and the simulated line work"
    return [Finding("cameras", ok=True, said=said)]


def _window() -> list[Finding]:
    missing = missing_packages()
    found = []
    if missing:
        said, cure = f"missing: {' '.join(missing)}", f"sudo {' '.join(install_command(missing))}"
        found.append(Finding("Qt libraries", ok=False, said=said, cure=cure))
    else:
        found.append(Finding("Qt libraries", ok=True, said="all there"))
    platform_name = os.environ.get("QT_QPA_PLATFORM", "")
    display = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if (
        sys.platform.startswith("linux")
        and not display
        and platform_name not in ("offscreen", "vnc", "linuxfb", "eglfs")
    ):
        cure = "Log in at a desktop, or use `inspector run RECIPE --headless`."
        found.append(Finding("display", ok=True, said="none: windows cannot be opened here", cure=cure))
    else:
        found.append(Finding("display", ok=True, said=platform_name or display or "the desktop's"))
    if not has_chinese_font():
        said = "no font with Chinese characters"
        found.append(
            Finding("fonts", ok=True, said=said, cure="sudo apt-get install fonts-noto-cjk (for the 中文 window)")
        )
    return found


def _disk() -> list[Finding]:
    folder = data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_bytes(b"written by inspector doctor")
        probe.unlink()
    except OSError as error:
        cure = "Set INSPECTOR_HOME to a folder that may be written."
        return [Finding("data folder", ok=False, said=f"{folder}: {error.strerror}", cure=cure)]
    free = shutil.disk_usage(folder).free
    enough = free >= LEAST_FREE_BYTES
    cure = "" if enough else "Free disk space, or set INSPECTOR_HOME to a larger disk."
    return [Finding("data folder", enough, f"{folder}, {free / 1024**3:.1f} GiB free", cure)]
