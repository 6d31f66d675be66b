from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from gui.collector import Collector


class Ring(QObject):
    """Keeps itself alive: only the collector can free it."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


def test_that_no_worker_frees_a_qt_object_and_the_main_thread_does(qtbot: QtBot) -> None:
    collector = Collector()
    freed_in: list[threading.Thread] = []
    reference = weakref.finalize(Ring(), lambda: freed_in.append(threading.current_thread()))

    def work() -> None:
        kept = [[number] for number in range(200_000)]
        assert len(kept) == 200_000

    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert not freed_in
        kept = [[number] for number in range(100_000)]  # above every threshold
        qtbot.waitUntil(lambda: not reference.alive, timeout=20_000)
        assert freed_in == [threading.main_thread()]
        assert kept
    finally:
        collector.stop()
    assert gc.isenabled()
