"""Thumbnails on disk: one SQLite file beside the manifest, found by content, bounded. A cache: it may be deleted."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from inspector.imaging import decode_image, encode_jpeg
from inspector.sqlite import driver
from inspector.types import Image

LONGEST_PX = 256
"""Longest edge of a kept thumbnail: the largest cells of the grid on a common screen."""
MOST_BYTES = 2_000_000_000
_JPEG_QUALITY = 88
_WRITE_AFTER = 64
_TRIM_PARTS = 5


class ThumbnailFile:
    """Keeps small pictures by the SHA-256 of the large ones; shared by the threads that make them.

    Losing it costs a second decoding and nothing else, so nothing is synced to the disk here, and a batch that another
    window's batch keeps out is forgotten. A damaged file is deleted and begun anew.

    Args:
        path: The file; made with its folder where absent.
        most_bytes: Beyond this the fifth that was written first is dropped, and again until it fits.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._path, self._most_bytes = path, most_bytes
        self._lock = threading.Lock()
        self._unwritten: dict[str, bytes] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _connect(path)
        except driver().DatabaseError:
            path.unlink(missing_ok=True)
            self._connection = _connect(path)

    @property
    def size_bytes(self) -> int:
        """What the thumbnails take on the disk."""
        with self._lock:
            return self._size()

    def get(self, sha256: str) -> Image | None:
        """Return a thumbnail (H, W, 3) uint8 RGB, or None where there is none yet."""
        with self._lock:
            jpeg = self._unwritten.get(sha256) or self._read(sha256)
        return None if jpeg is None else decode_image(jpeg, str(self._path))

    def put(self, sha256: str, pixels: Image) -> Image:
        """Shrink a picture (H, W, 3), keep the thumbnail and return it."""
        small = shrunk(pixels, LONGEST_PX)
        jpeg = encode_jpeg(small, quality=_JPEG_QUALITY)
        with self._lock:
            self._unwritten[sha256] = jpeg
            if len(self._unwritten) >= _WRITE_AFTER:
                self._write()
        return small

    def close(self) -> None:
        """Write what is not written yet, and close the file."""
        with self._lock:
            self._write()
            self._connection.close()

    def _read(self, sha256: str) -> bytes | None:
        row = self._connection.execute("SELECT jpeg FROM thumbnail WHERE sha256 = ?", (sha256,)).fetchone()
        return None if row is None else bytes(row[0])

    def _write(self) -> None:
        batch, self._unwritten = list(self._unwritten.items()), {}
        with suppress(driver().OperationalError), self._connection:  # another window writes: these are made again
            self._connection.executemany("INSERT OR IGNORE INTO thumbnail (sha256, jpeg) VALUES (?, ?)", batch)
            while self._size() > self._most_bytes and self._trim():
                pass

    def _trim(self) -> bool:
        """Drop the oldest fifth; SQLite uses their pages again. Returns whether there was anything to drop."""
        count = -(-self._one("SELECT count(*) FROM thumbnail") // _TRIM_PARTS)
        self._connection.execute(
            "DELETE FROM thumbnail WHERE rowid IN (SELECT rowid FROM thumbnail ORDER BY rowid LIMIT ?)", (count,)
        )
        return count > 0

    def _size(self) -> int:
        pages = self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")
        return pages * self._one("PRAGMA page_size")

    def _one(self, question: str) -> int:
        return int(self._connection.execute(question).fetchone()[0])


def shrunk(pixels: Image, longest_px: int) -> Image:
    """Return a picture (H, W, 3) averaged so that its longest edge is `longest_px`; a smaller one stays as it is."""
    import cv2

    height, width = pixels.shape[:2]
    factor = longest_px / max(height, width)
    if factor >= 1.0:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _connect(path: Path) -> Any:
    connection = driver().connect(str(path), check_same_thread=False, timeout=1.0)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -4096")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS thumbnail"
            " (rowid INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, jpeg BLOB NOT NULL)"
        )
        connection.execute("SELECT count(*) FROM (SELECT jpeg FROM thumbnail LIMIT 1)").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection
