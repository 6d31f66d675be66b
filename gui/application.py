"""The Qt application: made once, with every exception hook in place; and how a window stays until it is closed."""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from types import TracebackType
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from gui.collector import Collector

SWITCH_S = 0.001
"""The window waits at most about so long for the interpreter; Python's own 5 ms add up to seen stalls."""
WAKE_MS = 200
"""Python sees Ctrl-C only between Qt's events: so often at least there is one."""


class Shown(Protocol):
    """A main window as `stay` needs it."""

    exit_code: int

    def show(self) -> None:
        """Qt's own."""

    def close(self) -> bool:
        """Qt's own."""


class Mishaps(QObject):
    """Carries exceptions that nobody caught, from slots and from threads, to the window's fault band.

    Attributes:
        happened: One sentence; the traceback has gone to standard error.
    """

    happened = Signal(str)

    def install(self) -> None:
        """Take over the process's exception hooks."""
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    @staticmethod
    def uninstall() -> None:
        """Give the hooks back."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def tell(self, error: BaseException) -> None:
        """Print the traceback and show the sentence."""
        traceback.print_exception(error)
        self.happened.emit(f"{type(error).__name__}: {error}")

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        self.tell(error.with_traceback(trace))

    def _on_thread_exception(self, details: threading.ExceptHookArgs) -> None:
        if details.exc_value is not None:
            self.tell(details.exc_value)


def make_application() -> QApplication:
    """Return the process's one QApplication."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    sys.setswitchinterval(SWITCH_S)
    made = QApplication(["inspector"])
    made.setApplicationName("Inspector")
    made.setStyle("Fusion")
    return made


def stay(app: QApplication, window: Shown) -> int:
    """Show a window and return its exit code once it was closed; Ctrl-C closes it as well."""
    signal.signal(signal.SIGINT, lambda *_: window.close())
    signal.signal(signal.SIGTERM, lambda *_: window.close())
    waker = QTimer()
    waker.timeout.connect(lambda: None)
    waker.start(WAKE_MS)
    window.show()
    collector = Collector()
    code = app.exec()
    collector.stop()
    return code or window.exit_code
