"""Hand-over between threads where only the newest value matters."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Holds the newest value; older ones are dropped. For previews, never for decisions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: T | None = None
        self._count = 0

    def put(self, value: T) -> None:
        """Replace the value."""
        with self._lock:
            self._value = value
            self._count += 1

    def get(self) -> tuple[int, T | None]:
        """Return (how many values were put so far, the newest value or None)."""
        with self._lock:
            return self._count, self._value
