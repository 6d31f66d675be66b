"""Whether a window can be opened here. Asked before Qt is imported: Qt ends the whole process where it cannot."""

from __future__ import annotations

import os
import re
import socket
import sys

from inspector.errors import UsageError
from inspector.system_libraries import missing_packages


def check_display(cure: str) -> None:
    """Return where a window can be opened.

    Args:
        cure: What to do instead, for the message.

    Raises:
        UsageError: There is no display, it does not answer, or libraries that Qt needs are missing.
    """
    problem = display_problem()
    if problem:
        raise UsageError(problem, cure=cure)


def display_problem() -> str:
    """Return in one sentence why no window can be opened; "" where one can."""
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    if not sys.platform.startswith("linux") or platform not in ("", "xcb", "wayland"):
        return ""
    display = os.environ.get("DISPLAY", "")
    if os.environ.get("WAYLAND_DISPLAY") and platform != "xcb":
        return ""
    if not display:
        return "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set."
    if not _answers(display):
        return f"The display {display} does not answer."
    missing = missing_packages()
    return f"System libraries that the window needs are missing: {' '.join(missing)}." if missing else ""


def _answers(display: str) -> bool:
    """Whether the X server accepts a connection; for forms that are not understood, Qt may find out."""
    match = re.fullmatch(r"([^:/]*):(\d+)(?:\.\d+)?", display)
    if match is None:
        return True
    host, number = match[1], int(match[2])
    if host and host != "unix":
        return _connects(socket.AF_INET, (host, 6000 + number))
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where every X server puts its socket
    return _connects(socket.AF_UNIX, path) or _connects(socket.AF_UNIX, f"\0{path}")


def _connects(family: socket.AddressFamily, address: object) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(3.0)
        try:
            connection.connect(address)  # type: ignore[arg-type]
        except OSError:
            return False
    return True
