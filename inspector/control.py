"""What people ask of a running station; each time their right is asked first. Inspection itself asks nobody."""

from __future__ import annotations

from typing import Protocol

from inspector.people import Action, require
from inspector.types import Person


class Line(Protocol):
    """A station's thread, as people's hands reach it; `StationThread` is the real one."""

    started_by: Person

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """Ask to end."""

    def trigger(self) -> None:
        """One part, now."""

    def acknowledge(self) -> None:
        """A person has seen the fault."""

    def challenge(self) -> None:
        """A person asks for known bad parts to be shown, now."""


class StationControl:
    """Reaches one line. Every method raises NotAllowedError where the person may not.

    Args:
        line: The station's thread, not yet started.
    """

    def __init__(self, line: Line) -> None:
        self._line = line

    def start(self, person: Person) -> None:
        """Start the line; the audit trail tells by whom."""
        require(person, Action.START_STATION)
        self._line.started_by = person
        self._line.start()

    def stop(self, person: Person) -> None:
        """Ask the line to stop after the part in work."""
        require(person, Action.STOP_STATION)
        self._line.stop()

    def trigger(self, person: Person) -> None:
        """Inspect one part now."""
        require(person, Action.TRIGGER)
        self._line.trigger()

    def acknowledge(self, person: Person) -> None:
        """Tell the station that a person has seen the fault."""
        require(person, Action.ACKNOWLEDGE)
        self._line.acknowledge()

    def challenge(self, person: Person) -> None:
        """Ask for known bad parts before anything more is released."""
        require(person, Action.DEMAND_CHALLENGE)
        self._line.challenge()
