"""Signs the end of a log, and only of the log that it signed before."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from inspector.errors import StoreError
from inspector.log.chain import Head, Tip, genesis
from inspector.log.head_state import HeadState, read_state, state_path, write_state
from inspector.log.statement import MARK_BYTES, MOST_MARKS, NO_HEAD, OutsideHead, said, unsigned
from inspector.log.station_key import StationKey, station_key
from inspector.log.store import RecordStore

_LINKS = 200


class Signer:
    """Signs where a log ends. Used by several threads, one at a time. Make it before anything is appended.

    Args:
        store: Open for writing.
        keys: Folder of the station's key and of what it signed last.

    Attributes:
        identity: The log's.
        is_new: Whether no head of it was signed yet.

    Raises:
        StoreError: The log cannot be read.
    """

    def __init__(self, store: RecordStore, keys: Path) -> None:
        self.identity = store.links.identity()
        self._store = store
        self._keys = keys
        self._path = state_path(keys, self.identity.log_id)
        self._lock = threading.Lock()
        self._opened_at = store.tip()
        self.is_new = store.links.last_head() is None
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
                self._begin()
            last, tip = self._last, self._store.tip()
            if last is not None and tip.position > last.position:
                self._keep(tip, last.position)

    def end(self) -> None:
        """Remember that the log is closed now, where all of it is signed. Raises StoreError or OSError."""
        with self._lock:
            if self._last is not None and self._store.tip().position == self._last.position:
                self._remember(replace(self.state(), closed=True))

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

    def _begin(self) -> None:
        """Hold the log, as it was opened, against what was signed last; only then sign it on."""
        last, state = self._store.links.last_head(), self.state()
        if not self._is_the_log_that_was_signed(last, state):
            raise StoreError(
                f"{self._store.name}: the log is not the one that was signed last: it was cut, rewritten, added to or "
                "set back while no station wrote it. It is not signed any more.",
                cure="Run `inspector log verify`. A backup is brought back by `inspector log restore`.",
            )
        if state.closed:
            self._remember(replace(state, closed=False))
        if last is None:
            self._keep(Tip(self.identity.log_id, 0, genesis(self.identity.log_id)), NO_HEAD)
        else:
            self._last = last

    def _is_the_log_that_was_signed(self, last: Head | None, state: HeadState) -> bool:
        known = state.head
        if last is None:
            return known is None
        if known is not None and known.position > last.position:
            return False
        if known is not None and state.closed and self._opened_at.position != known.position:
            return False
        return all(self._chain_at(head.position) == head.chain for head in (last, known) if head is not None)

    def _chain_at(self, position: int) -> bytes:
        if position == 0:
            return genesis(self.identity.log_id)
        found = self._store.journal(after=position - 1, limit=1)
        return found[0].chain if found and found[0].position == position else b""

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


def heads_behind(store: RecordStore, after: int, limit: int | None = None) -> Sequence[OutsideHead]:
    """Return the heads of a log behind the one at position `after`, with the marks of what each closes."""
    found, previous, identity = [], after, store.links.identity()
    for head in store.heads(after=after, limit=limit):
        marks = b"".join(_marks(store, max(previous, 0), head.position))
        found.append(OutsideHead(identity, head, previous, marks))
        previous = head.position
    return found


def _marks(store: RecordStore, after: int, until: int) -> Iterator[bytes]:
    """Yield marks a few at a time: the station's next part waits for each of these looks into the database."""
    if until - after > MOST_MARKS:
        return
    for start in range(after, until, _LINKS):
        for each in store.journal(after=start, limit=min(_LINKS, until - start)):
            yield each.chain[:MARK_BYTES]
