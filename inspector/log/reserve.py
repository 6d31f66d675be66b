"""Space that is really allocated, and given up when other programs have filled the disk: records still go in."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from pathlib import Path

RESERVE_FILE = "reserve.space"
RESERVE_BYTES = 48 * 1024 * 1024
"""Room for more than 10,000 records of several views, with their indexes and links and the journal of
SQLite; `tests.performance.reserve_campaign` fills a disk and counts them."""


class Reserve:
    """The reserve of one log folder. Thread-safe.

    Args:
        folder: The log's folder.
        size: Bytes.
    """

    def __init__(self, folder: Path, size: int = RESERVE_BYTES) -> None:
        self._path = folder / RESERVE_FILE
        self._size = size
        self._lock = threading.Lock()

    @property
    def held(self) -> bool:
        """Whether the space is allocated now."""
        return self._path.exists() and self._path.stat().st_size == self._size

    def hold(self) -> bool:
        """Allocate it where that leaves as much again free; return whether it is held then."""
        with self._lock:
            if self.held:
                return True
            if self._size == 0 or shutil.disk_usage(self._path.parent).free < 2 * self._size:
                return False
            try:
                with self._path.open("wb") as file:
                    if hasattr(os, "posix_fallocate"):
                        os.posix_fallocate(file.fileno(), 0, self._size)
                    else:  # Windows: a file that was written is allocated
                        file.write(bytes(self._size))
            except OSError:
                with contextlib.suppress(OSError):  # it will be tried again; without it records have less room
                    self._path.unlink()
                return False
            return True

    def give_up(self) -> bool:
        """Free the space; return whether there was any."""
        with self._lock:
            try:
                self._path.unlink()
            except FileNotFoundError:
                return False
            return True
