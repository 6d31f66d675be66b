"""Thumbnails for the grid: made by threads, the newest wish first; what was scrolled away is not made any more."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from gui.review.thumbnail_file import ThumbnailFile, shrunk
from gui.widgets.painting import to_qimage
from inspector.errors import InspectorError
from inspector.types import Image

MOST_BYTES = 200_000_000
"""What the thumbnails in memory may take."""
MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """A thumbnail that is to be shown.

    Attributes:
        position: Of the image in the catalogue.
        item_path: Where the picture lies.
        sha256: Of the file's bytes.
    """

    position: int
    item_path: Path
    sha256: str


class Thumbnails(QObject):
    """Hands out what is there at once, and makes what is not.

    Args:
        file: Thumbnails on disk; closed by `close`.
        read: Reads a picture (H, W, 3) from its path: the product's one decoder.
        parent: Qt's owner.

    Attributes:
        arrived: Thumbnails came; emitted once for all that are there by then.
    """

    arrived = Signal()
    _made = Signal()

    def __init__(self, file: ThumbnailFile, read: Callable[[Path], Image], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file, self._read = file, read
        self._side = 0
        self._images: OrderedDict[int, QImage | None] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Condition()
        self._wishes: list[Wish] = []
        self._working: set[int] = set()
        self._results: list[tuple[int, int, QImage | None]] = []
        self._closed = False
        self._made.connect(self._on_made)
        self._threads = [
            threading.Thread(target=self._work, name=f"thumbnails-{number}", daemon=True)
            for number in range(_threads())
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """How many thumbnails are wished for and not there yet."""
        with self._lock:
            return len(self._wishes) + len(self._working)

    @property
    def side_px(self) -> int:
        """Longest edge of the thumbnails in memory; 0 before the first wish."""
        return self._side

    def get(self, position: int) -> QImage | None:
        """Return a thumbnail; None where it is not there yet or cannot be made (see `failed`)."""
        image = self._images.get(position)
        if image is not None:
            self._images.move_to_end(position)
        return image

    def failed(self, position: int) -> bool:
        """Whether the picture cannot be read."""
        return position in self._images and self._images[position] is None

    def wish(self, side_px: int, wishes: Sequence[Wish]) -> None:
        """Make these next, the first first, and forget earlier wishes.

        Args:
            side_px: Longest edge in device pixels; another one than before forgets the thumbnails in memory.
            wishes: What is to be seen, and perhaps what comes next.
        """
        if side_px != self._side:
            self._side, self._bytes = side_px, 0
            self._images.clear()
        with self._lock:
            self._wishes = [
                wish for wish in wishes if wish.position not in self._images and wish.position not in self._working
            ][::-1]
            if self._wishes:
                self._lock.notify_all()

    def close(self) -> None:
        """End the threads and close the file."""
        with self._lock:
            self._closed, self._wishes = True, []
            self._lock.notify_all()
        for thread in self._threads:
            thread.join()
        self._file.close()

    def _work(self) -> None:
        """Thread: take the newest wish until closed."""
        while True:
            with self._lock:
                while not self._wishes and not self._closed:
                    self._lock.wait()
                if self._closed:
                    return
                wish, side = self._wishes.pop(), self._side
                self._working.add(wish.position)
            image = self._make(wish, side)
            with self._lock:
                self._working.discard(wish.position)
                first = not self._results
                self._results.append((wish.position, side, image))
                closed = self._closed
            if first and not closed:
                self._made.emit()

    def _make(self, wish: Wish, side: int) -> QImage | None:
        """Thread: return a thumbnail, or None where the picture is gone or damaged: its cell says so."""
        try:
            pixels = self._file.get(wish.sha256) if wish.sha256 else None
            if pixels is None:
                pixels = self._file.put(wish.sha256, self._read(wish.item_path))
        except InspectorError:
            return None
        return to_qimage(shrunk(pixels, side))

    @Slot()
    def _on_made(self) -> None:
        with self._lock:
            results, self._results = self._results, []
        for position, side, image in results:
            if side == self._side:
                self._keep(position, image)
        self.arrived.emit()

    def _keep(self, position: int, image: QImage | None) -> None:
        before = self._images.pop(position, None)
        self._bytes -= 0 if before is None else before.sizeInBytes()
        self._images[position] = image
        self._bytes += 0 if image is None else image.sizeInBytes()
        while self._bytes > MOST_BYTES:
            _, oldest = self._images.popitem(last=False)
            self._bytes -= 0 if oldest is None else oldest.sizeInBytes()


def _threads() -> int:
    """One processor is left to the window: what decodes must not make the scrolling stutter."""
    return max(1, min(MOST_THREADS, (os.cpu_count() or 2) - 1))
