"""The windows of the commands: the main window on one of its pages."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtWidgets import QApplication

from gui.application import Mishaps, make_application, stay
from gui.demo import DemoPlan
from gui.look import Look
from gui.memory import Memory
from gui.window import MainWindow
from inspector.recipe import Recipe
from inspector.settings import data_folder, log_folder

__all__ = [
    "Mishaps",
    "make_application",
    "make_window",
    "preload_model_runtime",
    "run_demo",
    "run_history",
    "run_risk",
    "run_station",
]


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
