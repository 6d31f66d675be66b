"""This PC: where things lie. Products are defined by recipes, never here."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path


def data_folder() -> Path:
    """Return the folder of this PC's data: $INSPECTOR_HOME, or the platform's own place for user data."""
    chosen = os.environ.get("INSPECTOR_HOME")
    return Path(chosen).expanduser().resolve() if chosen else user_data_path("inspector", appauthor=False)


def log_folder() -> Path:
    """Return the folder of this PC's inspection log."""
    return data_folder() / "log"


def station_name() -> str:
    """Return this station's name: $INSPECTOR_STATION, or the host name."""
    import platform

    return os.environ.get("INSPECTOR_STATION") or platform.node() or "station"
