"""System libraries that Qt needs on Linux: find the missing ones, name them, install them where that is allowed.

Runs before anything is installed (`python3 inspector/system_libraries.py`), so it uses the standard library alone.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import subprocess
import sys

# Shared object that Qt loads: Debian package that holds it.
WINDOW_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}

# What the test suite needs besides: a display, a font for the Chinese window, a database server, a recorder of writes.
TEST_PROGRAMS = {
    "xvfb-run": "xvfb",
    "xauth": "xauth",
    "fc-list": "fontconfig",
    "psql": "postgresql",
    "strace": "strace",
}
CHINESE_FONT_PACKAGE = "fonts-noto-cjk"


def missing_packages(*, for_tests: bool = False) -> list[str]:
    """Return the Debian packages of every library (and test program) that this PC lacks; empty off Linux."""
    if not sys.platform.startswith("linux"):
        return []
    missing = [package for library, package in WINDOW_LIBRARIES.items() if not _loads(library)]
    if for_tests:
        missing += [package for program, package in TEST_PROGRAMS.items() if shutil.which(program) is None]
    return missing


def has_chinese_font() -> bool:
    """Return whether a font with Chinese characters is installed; True where nobody can tell."""
    if shutil.which("fc-list") is None:
        return True
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_command(packages: list[str]) -> list[str]:
    """Return the command that installs Debian packages."""
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def main() -> int:
    """Name what is missing; with `--install`, install it as root on Debian. Returns 1 while something is missing."""
    parser = argparse.ArgumentParser(description="Find the system libraries that the window needs.")
    parser.add_argument("--install", action="store_true", help="install them when run as root on Debian")
    parser.add_argument("--tests", action="store_true", help="also what the test suite needs")
    options = parser.parse_args()
    packages = missing_packages(for_tests=options.tests)
    if not has_chinese_font():
        packages.append(CHINESE_FONT_PACKAGE)
    if not packages:
        return 0
    print(f"Missing system libraries: {' '.join(packages)}")
    can_install = options.install and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")
    if not can_install:
        print(f"Install them with:  sudo {' '.join(install_command(packages))}")
        return 1 if missing_packages() else 0
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], check=False, env=environment)
    done = subprocess.run([*install_command(packages), "-q"], check=False, env=environment)
    left = missing_packages()
    if left:
        print(f"Still missing after the installation (apt-get exit code {done.returncode}): {' '.join(left)}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
