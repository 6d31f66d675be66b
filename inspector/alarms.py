"""What is wrong right now: faults and cautions that were raised and not yet cleared, each told once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from inspector.events import (
    Caution,
    CautionCleared,
    CautionCode,
    CautionRaised,
    Event,
    Fault,
    FaultCleared,
    FaultCode,
    FaultRaised,
)


class Faults:
    """Raises and clears faults. Safe to call from several threads.

    Args:
        emit: Gets the events.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._standing: set[tuple[FaultCode, str]] = set()
        self._lock = threading.Lock()

    def tell(self, fault: Fault) -> None:
        """Raise a fault, again where it stands already: every part that it rejects says so."""
        with self._lock:
            self._standing.add((fault.code, fault.source))
        self._emit(FaultRaised(fault))

    def clear(self, code: FaultCode, source: str | None = None) -> None:
        """Clear the faults with this code, those of `source` alone where one is given."""
        with self._lock:
            cured = {key for key in self._standing if key[0] is code and source in (None, key[1])}
            self._standing -= cured
        for key in cured:
            self._emit(FaultCleared(*key))


class Cautions:
    """Raises and clears cautions. Safe to call from several threads.

    Args:
        emit: Gets the events.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._standing: dict[tuple[CautionCode, str], Caution] = {}
        self._lock = threading.Lock()

    def tell(self, caution: Caution) -> None:
        """Raise a caution; nothing where the very same stands already."""
        key = (caution.code, caution.source)
        with self._lock:
            known = self._standing.get(key) == caution
            self._standing[key] = caution
        if not known:
            self._emit(CautionRaised(caution))

    def clear(self, code: CautionCode, source: str) -> None:
        """Clear a caution; nothing where it does not stand."""
        with self._lock:
            stood = self._standing.pop((code, source), None)
        if stood is not None:
            self._emit(CautionCleared(code, source))
