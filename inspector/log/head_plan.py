"""How this PC's settings say that heads are signed."""

from __future__ import annotations

from pathlib import Path

from inspector.log.heads import HeadPlan
from inspector.log.station_key import PUBLIC_FILE
from inspector.settings import data_folder


def keys_folder() -> Path:
    """Return the folder of this PC's own key."""
    return data_folder() / "keys"


def own_public_key() -> Path:
    """Return the file of this PC's public key."""
    return keys_folder() / PUBLIC_FILE


def outside_file() -> Path | None:
    """Return the file off this machine that heads are appended to; None where the settings name none."""
    return None


def head_plan() -> HeadPlan:
    """Return the plan of this PC."""
    return HeadPlan(keys_folder())
