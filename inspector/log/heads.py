"""Signs the heads of a log while it is written, and writes them off the machine. Beside the station, never in its way.

A head is due after so many entries, after some minutes with new ones, and when the log closes. What fails is told and
tried again; inspection goes on meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from inspector.errors import InspectorError
from inspector.log.outside import Destination
from inspector.log.signer import Signer, heads_behind
from inspector.log.store import RecordStore

_LOG = logging.getLogger(__name__)
EVERY_ENTRIES = 1000
EVERY_S = 600.0
RETRY_S = 15.0
CLOSE_S = 5.0
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class HeadPlan:
    """When heads are signed, by which key, and where they go.

    Attributes:
        keys: Folder of the station's key.
        destinations: Places off this machine.
        every_entries: A head after so many new entries.
        every_s: A head after so many seconds with new entries.
        retry_s: Pause after a failure.
    """

    keys: Path
    destinations: tuple[Destination, ...] = ()
    every_entries: int = EVERY_ENTRIES
    every_s: float = EVERY_S
    retry_s: float = RETRY_S


@dataclass(frozen=True, slots=True)
class HeadProblem:
    """Heads are not signed, or do not get out: what, and what to do. Inspection goes on."""

    what: str
    cure: str


Listener = Callable[[HeadProblem | None], None]


class HeadKeeper(threading.Thread):
    """Keeps the heads of one log that is open for writing.

    Args:
        store: Open for writing.
        plan: See there.
    """

    def __init__(self, store: RecordStore, plan: HeadPlan) -> None:
        super().__init__(name="heads", daemon=True)
        self._store = store
        self._plan = plan
        self._signer = Signer(store, plan.keys)
        self._wake = threading.Event()
        self._stop_asked = threading.Event()
        self._appended = 0
        self._telling = threading.RLock()
        self._failed: dict[str, HeadProblem] = {}
        self._listener: Listener | None = None
        if self._signer.is_new:
            self._attempt("sign", self._signer.sign)

    def appended(self) -> None:
        """An entry more is durable. Costs nothing: called on the way of every part."""
        self._appended += 1
        if self._appended >= self._plan.every_entries:
            self._appended = 0
            self._wake.set()

    def listen(self, listener: Listener | None) -> None:
        """Tell `listener` of the problem that stands, now and whenever it changes, from any thread; None: nobody."""
        with self._telling:
            self._listener = listener
            if listener is not None:
                listener(self._problem())

    def run(self) -> None:
        """Thread: sign when due, deliver what waits, try again what failed."""
        self._attempt("sign", self._signer.sign)  # what a crash left unsigned
        due_at = time.monotonic() + self._plan.every_s
        while not self._stop_asked.is_set():
            self._deliver()
            pause = due_at - time.monotonic()
            woken = self._wake.wait(max(0.0, min(pause, self._plan.retry_s) if self._failed else pause))
            self._wake.clear()
            if woken or time.monotonic() >= due_at or "sign" in self._failed:
                self._attempt("sign", self._signer.sign)
                due_at = time.monotonic() + self._plan.every_s
        self._deliver()

    def close(self) -> None:
        """Sign the last head and end the thread; a place that hangs is left behind, and served next time."""
        self._attempt("sign", self._signer.sign)
        self._stop_asked.set()
        self._wake.set()
        if self.is_alive():
            self.join(CLOSE_S)
        self._attempt("close", self._signer.end)

    def _deliver(self) -> None:
        for destination in self._plan.destinations:
            self._attempt(destination.name, partial(self._deliver_to, destination))

    def _deliver_to(self, destination: Destination) -> None:
        while waiting := heads_behind(self._store, self._signer.state().delivered_to(destination.name), _AT_ONCE):
            destination.send(waiting)
            self._signer.remember_delivered(destination.name, waiting[-1].head.position)

    def _attempt(self, what: str, act: Callable[[], None]) -> None:
        """Do something that may fail: it is told, and tried again; the line must not stop for it."""
        try:
            act()
        except InspectorError as error:
            self._note(what, HeadProblem(error.message, error.cure))
        except OSError as error:
            self._note(what, HeadProblem(f"{error.filename or self._plan.keys}: {error.strerror or error}.", ""))
        else:
            self._note(what, None)

    def _note(self, what: str, problem: HeadProblem | None) -> None:
        with self._telling:
            before = self._problem()
            if problem is None:
                self._failed.pop(what, None)
            else:
                self._failed[what] = problem
            after = self._problem()
            if after != before:
                _LOG.warning("heads: %s", after.what if after else "in order again")
                if self._listener is not None:
                    self._listener(after)

    def _problem(self) -> HeadProblem | None:
        return next(iter(self._failed.values()), None)
