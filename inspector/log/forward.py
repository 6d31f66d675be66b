"""Store and forward: the station commits to its own disk; this sends what it holds to the centre, whenever it can."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from inspector.errors import StoreError
from inspector.log.centre import Batch, Centre
from inspector.log.chain import Link, Tip
from inspector.log.store import RecordStore

BATCH = 500
IDLE_S = 0.5
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Pauses after one failure, after two, ...; the last one from then on."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far the centre is behind.

    Attributes:
        waiting: Entries that the centre does not hold yet; None while it cannot be asked.
        forwarded: Entries that it holds, as far as is known.
        behind_s: Seconds since it held everything.
        error: Why the last attempt failed; None where it did not.
    """

    waiting: int | None
    forwarded: int
    behind_s: float
    error: StoreError | None = None


def forward_once(store: RecordStore, centre: Centre, *, batch: int = BATCH) -> Tip:
    """Send the next entries of a log, where there are any; return where the centre's copy ends then.

    Raises:
        StoreError: The centre cannot be reached, or holds other entries than this log.
    """
    tip = centre.tip()
    links = store.journal(after=tip.position, limit=batch)
    if not links:
        _check_same_end(store, centre, tip)
    reached = links[-1].position if links else tip.position
    heads = [head for head in store.heads(after=centre.last_head(), limit=batch) if head.position <= reached]
    if not (links or heads):
        return tip
    return centre.receive(Batch(links, _rows(store, links), heads))


def _check_same_end(store: RecordStore, centre: Centre, tip: Tip) -> None:
    own = store.journal(after=tip.position - 1, limit=1) if tip.position else []
    if tip.position and (not own or own[0].chain != tip.chain):
        raise StoreError(
            f"{centre.name}: the centre holds {tip.position} entries of this log; the last of them is not in it.",
            cure="The log was cut, or restored from an older backup: run `inspector log verify`; the centre holds the "
            "rest.",
        )


def _rows(store: RecordStore, links: list[Link]) -> dict[str, list[dict[str, Any]]]:
    rows = {}
    for subject in {each.subject for each in links}:
        numbers = [each.row for each in links if each.subject == subject]
        found = store.rows(subject, numbers)
        missing = [number for number in numbers if number not in found]
        if missing:
            raise StoreError(f"{store.name}: {subject} {missing[0]} is missing.", cure="Run `inspector log verify`.")
        rows[subject] = [found[number] for number in numbers]
    return rows


class Forwarder(threading.Thread):
    """Keeps the centre up to date beside a running station, which never waits for it.

    Args:
        open_store: Opens the log for reading; called in the thread.
        url: The centre.
        station: The station's name.
        on_backlog: Told after every attempt, in the thread.
    """

    def __init__(
        self, open_store: Callable[[], RecordStore], url: str, station: str, on_backlog: Callable[[Backlog], None]
    ) -> None:
        super().__init__(name="forwarder", daemon=True)
        self._open_store = open_store
        self._url = url
        self._station = station
        self._on_backlog = on_backlog
        self._stop_asked = threading.Event()
        self._complete_at = time.monotonic()
        self._forwarded = 0
        self._failures = 0

    def stop(self) -> None:
        """Ask the thread to end after the batch in work; what waits is sent after the next start."""
        self._stop_asked.set()

    def run(self) -> None:
        """Thread: connect and send; after a failure connect anew."""
        while not self._stop_asked.is_set():
            try:
                with (
                    closing(self._open_store()) as store,
                    closing(Centre(self._url, store.tip().log_id, self._station)) as centre,
                ):
                    self._send(store, centre)
            except StoreError as error:
                self._tell(None, error)
                self._stop_asked.wait(RETRY_S[min(self._failures, len(RETRY_S) - 1)])
                self._failures += 1

    def _send(self, store: RecordStore, centre: Centre) -> None:
        while not self._stop_asked.is_set():
            self._forwarded = forward_once(store, centre).position
            self._failures = 0
            waiting = store.tip().position - self._forwarded
            if waiting <= 0:
                self._complete_at = time.monotonic()
            self._tell(waiting, None)
            if waiting <= 0:
                self._stop_asked.wait(IDLE_S)

    def _tell(self, waiting: int | None, error: StoreError | None) -> None:
        self._on_backlog(Backlog(waiting, self._forwarded, time.monotonic() - self._complete_at, error))
