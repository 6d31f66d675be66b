"""What somebody logs in with, as it was typed or scanned."""

from __future__ import annotations

from dataclasses import dataclass, field

from inspector.people.door import Door
from inspector.types import Person


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password or PIN; or, without a name, the number of a badge.

    Attributes:
        name: As typed; "" for a badge.
        secret: Never shown, not even in an error.
    """

    name: str
    secret: str = field(repr=False)

    def through(self, door: Door) -> Person:
        """Return the person that the door lets in. Slow. Raises UserError."""
        return door.by_name_and_secret(self.name, self.secret) if self.name else door.by_badge(self.secret)
