"""Who is at the window: logged in, until they leave or are idle for too long. Inspection never depends on it."""

from __future__ import annotations

import time
from collections.abc import Callable

from inspector.people.console import system_name
from inspector.people.users import read_users
from inspector.settings import read_settings
from inspector.types import Person

NOBODY = Person("")
"""Nobody is logged in: on a PC with users, this person may do nothing."""


class Presence:
    """Knows who acts at one window. Used from one thread.

    Args:
        name: Who works here where nobody has to log in.
        idle_s: Seconds without a key or click after which the rights are gone, 0 for never; None: as the settings say
            at the login.
        monotonic_s: The clock that decides it: no change of the wall clock prolongs a login.
    """

    def __init__(
        self,
        name: str = "",
        *,
        idle_s: float | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name or system_name()
        self._fixed_idle_s = idle_s
        self._idle_s = idle_s or 0.0
        self._monotonic_s = monotonic_s
        self._inside: Person | None = None
        self._touched_s = 0.0

    @property
    def needs_login(self) -> bool:
        """Whether this PC has users. Raises UserError."""
        return bool(read_users().users)

    @property
    def person(self) -> Person:
        """Who acts now; `NOBODY` where somebody would have to log in first. Raises UserError."""
        if self._inside is not None:
            self.lock_when_idle()
        if self._inside is not None:
            return self._inside
        return NOBODY if self.needs_login else Person(self._name)

    def call(self, name: str) -> None:
        """Take another name where nobody has to log in."""
        self._name = name

    def enter(self, person: Person) -> None:
        """Somebody came through the door. Raises SettingsError."""
        self._inside = person
        if self._fixed_idle_s is None:
            self._idle_s = 60.0 * read_settings().people.idle_lock_min
        self._touched_s = self._monotonic_s()

    def touch(self) -> None:
        """A key was pressed or the mouse clicked; it prolongs a login, and revives none."""
        self.lock_when_idle()
        self._touched_s = self._monotonic_s()

    def leave(self) -> Person | None:
        """End the login; return whose it was."""
        left, self._inside = self._inside, None
        return left

    def lock_when_idle(self) -> Person | None:
        """End the login of somebody who has been idle for too long; return whose it was, None where nothing ended."""
        idle = self._idle_s > 0 and self._monotonic_s() - self._touched_s >= self._idle_s
        return self.leave() if idle and self._inside is not None else None
