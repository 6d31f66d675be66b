# ruff: noqa: INP001
"""Make the pictures of docs/images from the real window, the real station and the demo's model.

    xvfb-run -a -s "-screen 0 1920x1080x24" python docs/make_screenshots.py

The fault in station-fault.png is told to the window by this script; everything else is the station at work.
Prepares the demo first where that is still to do (in $INSPECTOR_HOME, as `inspector demo` does).
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from gui.app import make_application, make_window, preload_model_runtime
from gui.demo import DemoPlan, TextBar, prepare
from gui.operator.override import OverrideSheet
from gui.operator.page import OperatorPage
from gui.theme import DARK, LIGHT
from gui.window import MainWindow
from inspector.events import Fault, FaultCleared, FaultCode, FaultRaised
from inspector.recipe import Recipe, load_recipe
from inspector.settings import data_folder
from inspector.types import Verdict

FOLDER = Path(__file__).parent / "images"
SIZE = (1920, 1080)
PARTS = 24


class Camera:
    """Waits for what is to be seen, and takes the picture."""

    def __init__(self, app: QApplication, window: MainWindow) -> None:
        self._app, self._window = app, window

    def wait(self, condition: Callable[[], object], seconds: float = 180.0) -> None:
        """Let the window work until the condition holds."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise SystemExit("what should be photographed did not come")
            self._app.processEvents()
            time.sleep(0.002)

    def rest(self, seconds: float) -> None:
        """Let the window work for a while."""
        until = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > until)

    def take(self, name: str) -> None:
        """Write docs/images/`name`.png."""
        self.rest(0.2)
        path = FOLDER / f"{name}.png"
        self._window.grab().save(str(path))
        print(path)


def main() -> int:
    """Make every picture."""
    FOLDER.mkdir(exist_ok=True)
    plan = DemoPlan(data_folder() / "demo")
    recipe = load_recipe(prepare(plan, TextBar()))
    with tempfile.TemporaryDirectory() as folder:
        _photograph(recipe, Path(folder))
    return 0


def _photograph(recipe: Recipe, folder: Path) -> None:
    app = make_application()
    preload_model_runtime()
    window = make_window(app, folder, folder / "log")
    window._look.set_language("en")  # noqa: SLF001 - a picture in English, whatever this PC speaks
    window._memory.set_text("operator", "Mei Lin")  # noqa: SLF001
    window.resize(*SIZE)
    window.show()
    camera = Camera(app, window)
    camera.take("start-page")
    window.open_recipe(recipe)
    page = window.operator_page
    if page is None:
        raise SystemExit(window.start_page.trouble.words.text())
    camera.wait(lambda: page.tally.parts >= PARTS)
    camera.wait(lambda: _live_is(page, Verdict.FAIL) and page.picture.heat_visible)
    camera.take("station-light")
    _sheets(camera, page)
    window._look.set_theme(DARK)  # noqa: SLF001
    camera.wait(lambda: _live_is(page, Verdict.PASS))
    camera.take("station-dark")
    window._look.set_theme(LIGHT)  # noqa: SLF001
    window._look.set_language("zh_CN")  # noqa: SLF001
    camera.wait(lambda: _live_is(page, Verdict.FAIL) and page.picture.heat_visible)
    camera.take("station-chinese")
    window._look.set_language("en")  # noqa: SLF001
    window.close()


def _sheets(camera: Camera, page: OperatorPage) -> None:
    failed = next(part for part in page.strip.model.parts if part.verdict is Verdict.FAIL and part.heat_maps)
    page.desk.pin(failed.record.record_id)
    page.desk.why()
    camera.take("why")
    page.desk.back()
    page.desk.override()
    sheet = page.desk.sheet
    if isinstance(sheet, OverrideSheet):
        sheet.reason_buttons[1].click()
    camera.take("override")
    page.desk.back()
    page.desk.back()
    fault = Fault(FaultCode.CAMERA, "line camera", "Camera line camera gave no frame within 2.0 s of the trigger.", "")
    page.session.bridge.fault_raised.emit(FaultRaised(fault))
    camera.take("station-fault")
    page.session.bridge.fault_cleared.emit(FaultCleared(fault.code, fault.source))


def _live_is(page: OperatorPage, verdict: Verdict) -> bool:
    return page.live is not None and page.live.verdict is verdict


if __name__ == "__main__":
    sys.exit(main())
