"""Brings signed heads to one place off the machine; what it refuses waits in the log, and is brought later."""

from __future__ import annotations

import threading
import time

from inspector.log.head_problems import HeadProblem, HeadProblems
from inspector.log.outside import Destination
from inspector.log.signer import Signer, heads_behind
from inspector.log.store import RecordStore

HANGS_S = 30.0
_AT_ONCE = 100


class Courier(threading.Thread):
    """A thread of its own for each place: a share that hangs holds up neither the signing nor another place.

    Args:
        store: The log.
        signer: Remembers how far the place got.
        destination: The place.
        problems: Told of a place that fails.
        retry_s: Pause after a failure.
    """

    def __init__(
        self, store: RecordStore, signer: Signer, destination: Destination, problems: HeadProblems, retry_s: float
    ) -> None:
        super().__init__(name=f"heads to {destination.name}", daemon=True)
        self._store = store
        self._signer = signer
        self._destination = destination
        self._problems = problems
        self._retry_s = retry_s
        self._wake = threading.Event()
        self._stop_asked = threading.Event()
        self._sending_since: float | None = None

    def wake(self) -> None:
        """There is a new head."""
        self._wake.set()

    def stop(self) -> None:
        """Ask the thread to end after one more attempt."""
        self._stop_asked.set()
        self._wake.set()

    def check(self) -> None:
        """Note a place that does not answer; a file on a dead share hangs instead of failing."""
        since = self._sending_since
        if since is not None and time.monotonic() - since > HANGS_S:
            what = f"{self._destination.name}: has not answered for {HANGS_S:.0f} s."
            self._problems.note(self._destination.name, HeadProblem(what, "Check the share or the network."))

    def run(self) -> None:
        """Thread: bring what waits, and again when there is more or after a failure."""
        while not self._stop_asked.is_set():
            brought = self._problems.attempt(self._destination.name, self._bring)
            self._wake.wait(None if brought else self._retry_s)
            self._wake.clear()
        self._problems.attempt(self._destination.name, self._bring)

    def _bring(self) -> None:
        name = self._destination.name
        while waiting := heads_behind(self._store, self._signer.state().delivered_to(name), _AT_ONCE):
            self._sending_since = time.monotonic()
            try:
                self._destination.send(waiting)
            finally:
                self._sending_since = None
            self._signer.remember_delivered(name, waiting[-1].head.position)
