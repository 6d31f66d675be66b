"""Python's cyclic garbage is collected in the main thread only: a Qt object freed in a worker can end the process.

The collector runs in whatever thread happens to allocate, and so the last reference to a widget can die in the
station's thread while Qt walks over its widgets in the main one.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 250


class Collector(QObject):
    """Takes the automatic collection over, generation by generation at Python's own thresholds, until `stop`.

    What lives when it starts (imported libraries, above all) is set aside: a walk over it would stop the window.

    Args:
        parent: Owner, in the main thread.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        gc.collect()
        gc.freeze()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_timer)
        self._timer.start(INTERVAL_MS)

    def _on_timer(self) -> None:
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation] > 0:
                gc.collect(generation)
                return

    def stop(self) -> None:
        """Give the collection back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
