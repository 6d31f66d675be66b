"""How this PC's settings say that heads are signed, and where they go."""

from __future__ import annotations

from pathlib import Path

from inspector.log.heads import HeadPlan
from inspector.log.outside import Destination, HeadFile, Syslog
from inspector.log.station_key import PUBLIC_FILE
from inspector.settings import data_folder, read_settings


def keys_folder() -> Path:
    """Return the folder of this PC's own key."""
    return data_folder() / "keys"


def own_public_key() -> Path:
    """Return the file of this PC's public key."""
    return keys_folder() / PUBLIC_FILE


def outside_file() -> Path | None:
    """Return the file off this machine that heads are appended to; None where the settings name none."""
    named = read_settings().record.heads_file
    return Path(named).expanduser() if named else None


def head_plan(station: str) -> HeadPlan:
    """Return the plan of this PC.

    Args:
        station: The station's name, for syslog.

    Raises:
        SettingsError: The settings cannot be read.
        UsageError: They name no syslog address.
    """
    settings = read_settings().record
    destinations: list[Destination] = []
    if path := outside_file():
        destinations.append(HeadFile(path))
    if settings.heads_syslog:
        destinations.append(Syslog(settings.heads_syslog, station))
    return HeadPlan(keys_folder(), tuple(destinations), every_entries=settings.head_every)
