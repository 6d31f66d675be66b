"""What is wrong with the heads right now: told to whoever listens, once per change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from inspector.errors import InspectorError

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HeadProblem:
    """Heads are not signed, or do not get out: what, and what to do. Inspection goes on."""

    what: str
    cure: str


Listener = Callable[[HeadProblem | None], None]


class HeadProblems:
    """The problems that stand, by what failed. Safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._standing: dict[str, HeadProblem] = {}
        self._listener: Listener | None = None

    def listen(self, listener: Listener | None) -> None:
        """Tell `listener` of the problem that stands, now and whenever it changes, from any thread; None: nobody."""
        with self._lock:
            self._listener = listener
            if listener is not None:
                listener(self._first())

    def note(self, what: str, problem: HeadProblem | None) -> None:
        """Let a problem stand, or with None no longer."""
        with self._lock:
            before = self._first()
            if problem is None:
                self._standing.pop(what, None)
            else:
                self._standing[what] = problem
            after = self._first()
            if after != before:
                _LOG.warning("heads: %s", after.what if after else "in order again")
                if self._listener is not None:
                    self._listener(after)

    def attempt(self, what: str, act: Callable[[], None]) -> bool:
        """Do something that may fail: then it is noted, never raised, for the line must not stop for it."""
        try:
            act()
        except InspectorError as error:
            self.note(what, HeadProblem(error.message, error.cure))
            return False
        except OSError as error:
            self.note(what, HeadProblem(f"{error.filename or 'The heads'}: {error.strerror or error}.", ""))
            return False
        self.note(what, None)
        return True

    def _first(self) -> HeadProblem | None:
        return next(iter(self._standing.values()), None)
