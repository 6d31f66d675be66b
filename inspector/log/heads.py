"""Signs the heads of a log while it is written, and writes them off the machine. Beside the station, never in its way.

A head is due after so many entries, after some minutes with new ones, and when the log closes. What fails is told and
tried again; inspection goes on meanwhile.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from inspector.log.courier import Courier
from inspector.log.head_problems import HeadProblem, HeadProblems, Listener
from inspector.log.outside import Destination
from inspector.log.signer import Signer
from inspector.log.store import RecordStore

__all__ = ["HeadKeeper", "HeadPlan", "HeadProblem"]

EVERY_ENTRIES = 1000
EVERY_S = 600.0
RETRY_S = 15.0
CLOSE_S = 5.0


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


class HeadKeeper(threading.Thread):
    """Keeps the heads of one log that is open for writing.

    Args:
        store: Open for writing; nothing appended yet.
        plan: See there.

    Raises:
        StoreError: The log cannot be read.
    """

    def __init__(self, store: RecordStore, plan: HeadPlan) -> None:
        super().__init__(name="heads", daemon=True)
        self._plan = plan
        self._problems = HeadProblems()
        self._signer = Signer(store, plan.keys)
        self._couriers = [
            Courier(store, self._signer, place, self._problems, plan.retry_s) for place in plan.destinations
        ]
        self._wake = threading.Event()
        self._stop_asked = threading.Event()
        self._appended = 0
        if self._signer.is_new:
            self._problems.attempt("sign", self._signer.sign)

    def appended(self) -> None:
        """An entry more is durable. Costs nothing: called on the way of every part."""
        self._appended += 1
        if self._appended >= self._plan.every_entries:
            self._appended = 0
            self._wake.set()

    def listen(self, listener: Listener | None) -> None:
        """Tell `listener` of the problem that stands, now and whenever it changes, from any thread; None: nobody."""
        self._problems.listen(listener)

    def run(self) -> None:
        """Thread: sign when due, send the couriers."""
        signed = self._sign()  # what a crash left unsigned
        for courier in self._couriers:
            courier.start()
        due_at = time.monotonic() + self._plan.every_s
        while not self._stop_asked.is_set():
            pause = due_at - time.monotonic()
            woken = self._wake.wait(max(0.0, min(pause, self._plan.retry_s) if self._couriers or not signed else pause))
            self._wake.clear()
            if woken or not signed or time.monotonic() >= due_at:
                signed = self._sign()
                due_at = time.monotonic() + self._plan.every_s
            for courier in self._couriers:
                courier.check()

    def close(self) -> None:
        """Sign the last head and end the threads; a place that hangs is left behind, and served next time."""
        self._sign()
        self._stop_asked.set()
        self._wake.set()
        if not self.is_alive():
            return
        until = time.monotonic() + CLOSE_S
        self.join(CLOSE_S)
        for courier in self._couriers:
            courier.stop()
        for courier in self._couriers:
            if courier.is_alive():
                courier.join(max(0.0, until - time.monotonic()))
        self._problems.attempt("close", self._signer.end)

    def _sign(self) -> bool:
        signed = self._problems.attempt("sign", self._signer.sign)
        for courier in self._couriers:
            courier.wake()
        return signed
