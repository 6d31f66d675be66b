# ruff: noqa: INP001, SLF001
"""Make the pictures of docs/images from the real window, the real station and the demo's model.

    xvfb-run -a -s "-screen 0 1920x1080x24" python docs/make_screenshots.py

Prepares the demo first where that is still to do (in $INSPECTOR_HOME, as `inspector demo` does), then draws washers
that the model has never seen and calibrates a copy of its package on them, as `inspector calibrate` does.

The fault in station-fault.png is told to the window by this script; everything else is the station at work. Its line
shows washers at rest, as they were calibrated. station-caution.png is the demo's own line: there washers travel on a
belt, and the watch notices that these are not the pictures of the calibration. In challenge-escaped.png known bad parts
were asked for while the line went on with good ones.

`--only history` makes the pictures of the history window alone, from whatever demo there is.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from datasets.split_rule import SplitRule
from datasets.splits import Shares
from datasets.synthetic import SyntheticRequest, synthesize
from gui.app import make_application, make_window, preload_model_runtime
from gui.demo import DemoPlan, TextBar, prepare
from gui.history.page import HistoryPage
from gui.operator.override import OverrideSheet
from gui.operator.page import OperatorPage
from gui.parts import SeenPart
from gui.risk.page import RiskPage
from gui.theme import DARK, LIGHT
from gui.window import MainWindow
from inspector.decisions.limits import AcceptedRisk
from inspector.events import (
    Fault,
    FaultCleared,
    FaultCode,
    FaultRaised,
    StationState,
)
from inspector.recipe import Recipe, load_recipe
from inspector.settings import data_folder
from inspector.types import Verdict

FOLDER = Path(__file__).parent / "images"
SIZE = (1920, 1080)
PARTS = 24
CALIBRATION_PICTURES = 800
ESCAPES = "0.05"


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
        self.rest(0.3)
        path = FOLDER / f"{name}.png"
        self._window.grab().save(str(path))
        print(path)


def main() -> int:
    """Make every picture, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["history"])
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    plan = DemoPlan(data_folder() / "demo")
    recipe_file = prepare(plan, TextBar())
    if options.only == "history":
        with tempfile.TemporaryDirectory() as folder:
            _photograph_history(load_recipe(recipe_file), Path(folder))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        calibrated = calibrate(plan, Path(folder))
        moving = recipe_file.read_text(encoding="utf-8").replace('"package"', f'"{calibrated.as_posix()}"')
        resting = moving.replace("moving = true\npart_period_ms = 1300\n", "").replace(
            'kind = "presence"\nsettle_ms = 60', 'kind = "source"\nperiod_ms = 1300'
        )
        recipes = [_recipe(text, Path(folder), name) for text, name in ((resting, "washer"), (moving, "belt"))]
        _photograph(recipes[0], recipes[1], calibrated, Path(folder))
    return 0


def calibrate(plan: DemoPlan, folder: Path) -> Path:
    """Calibrate a copy of the demo's package on washers that it has never seen, and return the copy."""
    package, data = folder / "washer", folder / "washers-for-calibration"
    shutil.copytree(plan.package, package)
    synthesize(
        SyntheticRequest(
            data, images=CALIBRATION_PICTURES, size_px=plan.size_px, seed=41, difficulty=0.0, defect_share=0.5,
            kinds=("dent", "crack", "stain", "missing_feature"), rule=SplitRule(Shares(0.0, 0.0, 1.0)),
        ),
        lambda _done, _total: None,
    )  # fmt: skip
    command = [sys.executable, "-m", "inspector.cli", "calibrate", str(package), str(data)]
    subprocess.run([*command, "--split", "all", "--max-escape", ESCAPES, "--device", "cpu"], check=True)
    return package


def _recipe(text: str, folder: Path, name: str) -> Recipe:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return load_recipe(path)


def _photograph_history(recipe: Recipe, folder: Path) -> None:
    app = make_application()
    preload_model_runtime()
    window = make_window(app, folder, folder / "log")
    window._look.set_language("en")
    window._memory.set_text("operator", "Mei Lin")
    window.resize(*SIZE)
    window.show()
    camera = Camera(app, window)
    page = _station(window, recipe)
    camera.wait(lambda: page.tally.parts >= PARTS and _rejects(page), 400)
    _history(camera, window, page)
    window.close()


def _rejects(page: OperatorPage) -> list[SeenPart]:
    return [part for part in page.strip.model.parts if part.verdict is Verdict.FAIL and part.record.images]


def _history(camera: Camera, window: MainWindow, page: OperatorPage) -> None:
    """A reject that a person confirmed, with its heat map and judged again; in Chinese beside another one."""
    page.desk.pin(_rejects(page)[0].record.record_id)
    page.desk.confirm()
    camera.wait(lambda: bool(page.desk.pinned and page.desk.pinned.amendments))
    page.session.stop()
    camera.wait(lambda: not page.session.running)
    page.desk.history()
    history = window.page
    if not isinstance(history, HistoryPage):
        raise SystemExit("the page History did not open")
    camera.wait(lambda: history.found is not None and history.model.rowCount())
    history.heat_map()
    history.replay()
    camera.wait(lambda: history.pictures.large.heat_visible and "✓" in history.reasons.again.text())
    history.table.setFocus()
    camera.take("history-en")
    history.compare()
    history.table.selectRow(2)
    camera.wait(lambda: history.found is not None and history.found.record == history.model.records[2])
    camera.wait(lambda: history.pictures.large.heat_visible)
    history.toast.hide()
    window._look.set_language("zh_CN")
    window._look.set_theme(DARK)
    camera.take("history-zh")
    window._look.set_language("en")
    window._look.set_theme(LIGHT)


def _photograph(recipe: Recipe, belt: Recipe, package: Path, folder: Path) -> None:
    app = make_application()
    preload_model_runtime()
    window = make_window(app, folder, folder / "log")
    window._look.set_language("en")  # a picture in English, whatever this PC speaks
    window._memory.set_text("operator", "Mei Lin")
    window.resize(*SIZE)
    window.show()
    camera = Camera(app, window)
    camera.take("start-page")
    _risk(camera, window, package)
    page = _station(window, recipe)
    camera.wait(lambda: page.tally.parts >= PARTS)
    camera.wait(lambda: _live_is(page, Verdict.FAIL) and page.picture.heat_visible)
    camera.take("station-light")
    _sheets(camera, page)
    _fault(camera, page)
    window._look.set_theme(DARK)
    camera.wait(lambda: _live_is(page, Verdict.PASS))
    camera.take("station-dark")
    window._look.set_theme(LIGHT)
    window._look.set_language("zh_CN")
    camera.wait(lambda: _live_is(page, Verdict.FAIL) and page.picture.heat_visible)
    camera.take("station-chinese")
    window._look.set_language("en")
    _challenge(camera, window, page)
    _history(camera, window, page)
    page = _station(window, belt)
    camera.wait(lambda: page.cautions.isVisible() and _live_is(page, Verdict.PASS), 400)
    camera.take("station-caution")
    window.close()


def _station(window: MainWindow, recipe: Recipe) -> OperatorPage:
    window.open_recipe(recipe)
    page = window.operator_page
    if page is None:
        raise SystemExit(window.start_page.trouble.words.text())
    return page


def _risk(camera: Camera, window: MainWindow, package: Path) -> None:
    window.open_risk(package)
    page = window.page
    if not isinstance(page, RiskPage):
        raise SystemExit("the page Risk did not open")
    camera.wait(lambda: page.view.curves is not None)
    camera.take("risk")
    page.view.accept(AcceptedRisk(max_escape=0.001, max_overkill=0.02))
    camera.take("risk-too-few-parts")
    page.view.accept(AcceptedRisk(max_escape=float(ESCAPES)))
    window._look.set_language("zh_CN")
    window._look.set_theme(DARK)
    camera.take("risk-chinese")
    window._look.set_language("en")
    window._look.set_theme(LIGHT)


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
    page.desk.guarantee()
    camera.take("guarantee")
    page.desk.back()


def _fault(camera: Camera, page: OperatorPage) -> None:
    bridge = page.session.bridge
    fault = Fault(FaultCode.CAMERA, "line camera", "Camera line camera gave no frame within 2.0 s of the trigger.", "")
    bridge.fault_raised.emit(FaultRaised(fault))
    camera.take("station-fault")
    bridge.fault_cleared.emit(FaultCleared(fault.code, fault.source))


def _challenge(camera: Camera, window: MainWindow, page: OperatorPage) -> None:
    """Known bad parts are asked for while the line goes on, as often as it takes to see both ends."""

    def seen(what: Callable[[], object]) -> bool:
        if page.session.state is StationState.RUNNING:
            page.session.challenge()
        challenged = page.live is not None and page.live.is_challenge
        return page.session.state is StationState.CHALLENGE and challenged and bool(what())

    def rejected() -> bool:
        return page.verdict.shown_verdict is Verdict.FAIL and page.picture.heat_visible

    camera.wait(lambda: seen(lambda: "✓" in page.challenge.marks.text() and rejected()))
    camera.take("challenge")
    window._look.set_language("zh_CN")
    camera.take("challenge-chinese")
    window._look.set_language("en")
    camera.wait(lambda: seen(lambda: page.challenge.escaped))
    camera.take("challenge-escaped")


def _live_is(page: OperatorPage, verdict: Verdict) -> bool:
    return page.live is not None and page.live.verdict is verdict and not page.live.is_challenge


if __name__ == "__main__":
    sys.exit(main())
