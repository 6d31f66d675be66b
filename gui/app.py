"""The Qt application: made once, with every exception hook in place, then one window."""

from __future__ import annotations

import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from gui.collector import Collector
from gui.demo import DemoPlan
from gui.look import Look
from gui.memory import Memory
from gui.window import MainWindow
from inspector.recipe import Recipe
from inspector.settings import data_folder, log_folder

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


def make_window(app: QApplication, folder: Path, log: Path, *, max_parts: int | None = None) -> MainWindow:
    """Return the window, remembering in `folder` and recording in `log`."""
    mishaps = Mishaps()
    mishaps.install()
    memory = Memory(folder / "window.ini")
    window = MainWindow(Look(app, memory), memory, mishaps.tell, log, max_parts=max_parts)
    mishaps.setParent(window)
    mishaps.happened.connect(window.show_mishap)
    window.destroyed.connect(Mishaps.uninstall)
    return window


def run_station(recipe: Recipe | None, log: Path | None) -> int:
    """Open the window on a recipe, or on the start page, and stay until it is closed."""
    app = make_application()
    window = make_window(app, data_folder(), log or log_folder())
    if recipe is not None:
        preload_model_runtime()
        window.open_recipe(recipe)
    return stay(app, window)


def run_risk(package: Path | None) -> int:
    """Open the window on the page Risk, and stay until it is closed."""
    app = make_application()
    window = make_window(app, data_folder(), log_folder())
    window.open_risk(package)
    return stay(app, window)


def run_history(log: Path | None, serial: str) -> int:
    """Open the window on the page History, and stay until it is closed.

    Args:
        log: Folder of the inspection log; this PC's where not given.
        serial: The beginning of a serial to search for; "" for none.
    """
    app = make_application()
    window = make_window(app, data_folder(), log or log_folder())
    window.open_history(serial=serial)
    return stay(app, window)


def run_demo(plan: DemoPlan, parts: int | None, started_s: float) -> int:
    """Open the window, prepare the demo with its progress shown, then inspect.

    Args:
        plan: What to make, and where.
        parts: Stop and exit after so many.
        started_s: `time.monotonic()` at the start of the command.
    """
    app = make_application()
    window = make_window(app, data_folder(), plan.log_folder, max_parts=parts)
    window.first_decision.connect(
        lambda: print(f"first decision after {time.monotonic() - started_s:.1f} s", flush=True)
    )
    window.open_demo(plan, quit_at_end=parts is not None)
    return stay(app, window)


def preload_model_runtime() -> None:
    """Import the network library before the window shows: its import would stop the picture for whole seconds."""
    import inspector.inference.torch_classifier  # noqa: F401


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
