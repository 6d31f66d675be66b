"""Signs the heads of a log while it is written, and writes them off the machine. Beside the station, never in its way.

A head is due after so many entries, after some minutes with new ones, and when the log closes. What fails is told and
tried again; inspection goes on meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from inspector.errors import InspectorError, StoreError
from inspector.log.chain import Head, Tip, genesis
from inspector.log.head_state import HeadState, read_state, state_path, write_state
from inspector.log.outside import Destination
from inspector.log.statement import MARK_BYTES, MOST_MARKS, NO_HEAD, OutsideHead, said, unsigned
from inspector.log.station_key import StationKey, station_key
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


class Signer:
    """Signs where a log ends. Used by several threads, one at a time.

    Args:
        store: Open for writing.
        keys: Folder of the station's key and of what it signed last.

    Raises:
        StoreError: The log cannot be read.
    """

    def __init__(self, store: RecordStore, keys: Path) -> None:
        self.identity = store.links.identity()
        self._store = store
        self._keys = keys
        self._path = state_path(keys, self.identity.log_id)
        self._lock = threading.Lock()
        self._state: HeadState | None = None
        self._key: StationKey | None = None
        self._last: Head | None = None

    def sign(self) -> None:
        """Sign the end of the log, unless that was done; a log without any head gets the one of its birth before it.

        Raises:
            StoreError: The key or the log cannot be used, or the log is not the one that was signed last.
            OSError: What was signed cannot be remembered.
        """
        with self._lock:
            if self._last is None:
                self._last = self._checked_end()
            if self._last is None:
                self._keep(Tip(self.identity.log_id, 0, genesis(self.identity.log_id)), NO_HEAD)
            last, tip = self._last, self._store.tip()
            if last is not None and tip.position > last.position:
                self._keep(tip, last.position)

    def state(self) -> HeadState:
        """Return what is remembered. Raises StoreError."""
        if self._state is None:
            self._state = read_state(self._path)
        return self._state

    def remember_delivered(self, name: str, position: int) -> None:
        """Remember how far a place outside got. Raises StoreError or OSError."""
        with self._lock:
            state = self.state()
            self._remember(replace(state, delivered={**state.delivered, name: position}))

    def _checked_end(self) -> Head | None:
        """Return the log's last head. Raises StoreError where the log has lost or changed what was signed last."""
        last, known = self._store.links.last_head(), self.state().head
        newest = known if known is not None and (last is None or known.position > last.position) else last
        if newest is None:
            return None
        found = self._store.journal(after=newest.position - 1, limit=1) if newest.position else []
        chain = found[0].chain if found else genesis(self.identity.log_id)
        if newest is not last or chain != newest.chain:
            raise StoreError(
                f"{self._store.name}: the log no longer holds what was signed last (entry {newest.position}): it was "
                "cut, rewritten or set back, and is not signed any more.",
                cure="Run `inspector log verify`. A backup is brought back by `inspector log restore`.",
            )
        return last

    def _keep(self, tip: Tip, previous: int) -> None:
        if self._key is None:
            self._key = station_key(self._keys)
        head = unsigned(tip, time.time_ns(), self._key.id)
        signed = replace(head, signature=self._key.sign(said(self.identity, head, previous)))
        self._store.append_head(signed)
        self._last = signed
        self._remember(replace(self.state(), head=signed))

    def _remember(self, state: HeadState) -> None:
        write_state(self._path, state)
        self._state = state


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
        if store.links.last_head() is None:
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

    def _deliver(self) -> None:
        for destination in self._plan.destinations:
            self._attempt(destination.name, partial(self._deliver_to, destination))

    def _deliver_to(self, destination: Destination) -> None:
        while waiting := self._waiting(self._signer.state().delivered_to(destination.name)):
            destination.send(waiting)
            self._signer.remember_delivered(destination.name, waiting[-1].head.position)

    def _waiting(self, after: int) -> Sequence[OutsideHead]:
        """Return the next heads that a place lacks, with the marks of what each closes."""
        found, previous = [], after
        for head in self._store.heads(after=after, limit=_AT_ONCE):
            start = max(previous, 0)
            closed = head.position - start
            links = self._store.journal(after=start, limit=closed) if closed <= MOST_MARKS else []
            marks = b"".join(each.chain[:MARK_BYTES] for each in links)
            found.append(OutsideHead(self._signer.identity, head, previous, marks))
            previous = head.position
        return found

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
