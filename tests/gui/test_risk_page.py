"""The page Risk: dragging, what is shown, and saving through a process of its own."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from datasets.split_rule import SplitRule
from datasets.splits import Shares
from datasets.synthetic import SyntheticRequest, synthesize
from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.risk.bands import BANDS, place
from gui.risk.calibrator import CalibrationOrder, Calibrator
from gui.risk.choice import position_of
from gui.risk.page import RiskPage
from gui.stylesheet import MIN_TARGET_PX
from gui.window import MainWindow
from inspector.decisions.limits import AcceptedRisk
from inspector.inference.package import Package, open_package
from inspector.types import Verdict
from tests.gui.calibrated import calibrated_package, some_scores
from tests.gui.conftest import WAIT_MS

GOOD, DEFECTIVE = 300, 420


class Opened:
    """A risk page and waiting for it."""

    def __init__(self, page: RiskPage, qtbot: QtBot) -> None:
        self.page, self.view, self._qtbot = page, page.view, qtbot

    def until(self, condition: Callable[[], object], timeout_ms: int = WAIT_MS) -> None:
        """Let Qt work until the condition holds."""
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=timeout_ms)

    def open(self, package: Package) -> None:
        """Open a package and wait until it is drawn."""
        self.page.open_package(package.folder)
        self.until(lambda: self.page.opened is not None and self.page.opened.folder == package.folder)
        self.until(lambda: self.page.opened is None or self.page.opened.scores is None or self.view.curves is not None)

    def counts(self, verdict: Verdict) -> tuple[int, int]:
        """Good and defective parts that a card shows."""
        good, defective = (int(item.text().replace(",", "")) for item in self.view.cards[verdict].counts)
        return good, defective

    def texts(self) -> str:
        """Everything that is written and seen."""
        return "\n".join(item.text() for item in self.page.findChildren(QLabel) if item.isVisible())


@pytest.fixture
def opened(look: Look, memory: Memory, qtbot: QtBot) -> Iterator[Opened]:
    """The page without a package."""
    failures: list[Exception] = []
    page = RiskPage(look, memory, Jobs(failures.append), [])
    page.resize(1366, 768)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=WAIT_MS)
    yield Opened(page, qtbot)
    page.close_page()
    page.close()
    page.deleteLater()
    QApplication.processEvents()
    assert not failures


@pytest.fixture(scope="session")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A package whose limits keep 1 % escapes."""
    folder = tmp_path_factory.mktemp("risk") / "package"
    return calibrated_package(folder, some_scores(GOOD, DEFECTIVE), AcceptedRisk(0.01))


def test_that_an_open_package_shows_the_risk_that_its_limits_keep(opened: Opened, calibrated: Package) -> None:
    opened.open(calibrated)
    view = opened.view
    assert view.accepted == AcceptedRisk(0.01)
    assert "Proven on these parts" in opened.texts()
    assert f"{DEFECTIVE} defective parts, of which 0 passed" in opened.texts()
    sums = [sum(opened.counts(verdict)[kind] for verdict in BANDS) for kind in (0, 1)]
    assert sums == [GOOD, DEFECTIVE]
    low, high = calibrated.card.thresholds.pass_below, calibrated.card.thresholds.fail_from
    at = place(np.array([low, high]))
    assert view.plot.pass_line.value() == pytest.approx(at[0])
    assert view.plot.fail_line.value() == pytest.approx(at[1])


def test_that_dragging_the_accepted_risk_moves_parts_one_way(opened: Opened, calibrated: Package) -> None:
    opened.open(calibrated)
    slider = opened.view.controls.escape.slider
    passed, failed = [], []
    for rate in (0.008, 0.02, 0.05, 0.1, 0.3):
        slider.setValue(position_of(rate))
        passed.append(opened.counts(Verdict.PASS))
        failed.append(opened.counts(Verdict.FAIL))
        shown = opened.view.plot.shown
        assert shown is not None
        assert (shown.good[0].sum(), shown.defective[0].sum()) == passed[-1]
    assert all(np.all(np.diff(np.array(passed), axis=0) >= 0, axis=0))
    assert all(np.all(np.diff(np.array(failed), axis=0) <= 0, axis=0))
    assert passed[0] != passed[-1], "parts do move"


def test_that_the_arrow_keys_move_the_accepted_risk(opened: Opened, calibrated: Package) -> None:
    opened.open(calibrated)
    slider = opened.view.controls.escape.slider
    slider.setFocus()
    before = opened.view.accepted.max_escape or 0.0
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert (opened.view.accepted.max_escape or 0.0) > before


def test_that_too_few_parts_are_said_with_the_number_that_is_missing(opened: Opened, calibrated: Package) -> None:
    opened.open(calibrated)
    opened.view.accept(AcceptedRisk(0.001))
    assert "Too few parts" in opened.texts()
    assert f"need 2995 defective parts, none of which passes. There are 420: {2995 - 420} are missing" in opened.texts()
    assert "0.711 %" in opened.texts()
    assert not opened.view.save_button.isEnabled()
    QTest.keyClick(opened.page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert not opened.page.calibrator.busy
    opened.view.controls.confidences[-1].click()
    assert "(expected) need 999 defective parts" in opened.texts()


def test_that_a_drawn_limit_and_a_drawn_marker_choose_the_rate(opened: Opened, calibrated: Package) -> None:
    opened.open(calibrated)
    view = opened.view
    before = opened.counts(Verdict.PASS)
    view.plot.pass_line.setValue(1.0)
    view.plot.pass_line.sigDragged.emit(view.plot.pass_line)
    drawn = view.accepted.max_escape
    assert drawn is not None
    assert drawn > 0.01
    assert opened.counts(Verdict.PASS) > before
    view.plot.pass_line.sigPositionChangeFinished.emit(view.plot.pass_line)
    assert view.plot.pass_line.value() <= 1.0 + 1e-6, "it rests at the limit that keeps the rate"
    view.plot.fail_line.setValue(0.5)
    view.plot.fail_line.sigDragged.emit(view.plot.fail_line)
    assert view.accepted.max_overkill is not None
    view.cost.marker.setValue(-1.0)
    view.cost.marker.sigDragged.emit(view.cost.marker)
    assert view.accepted.max_escape == 0.1


def test_that_one_of_the_two_risks_is_always_stated(opened: Opened, calibrated: Package) -> None:
    opened.open(calibrated)
    controls = opened.view.controls
    controls.escape.switch.click()
    assert opened.view.accepted.max_escape is None
    assert opened.view.accepted.max_overkill is not None
    controls.overkill.switch.click()
    assert opened.view.accepted.max_escape is not None


def test_that_good_parts_alone_bound_overkill_and_a_drawn_pass_limit_asks_for_review(
    opened: Opened, tmp_path: Path
) -> None:
    opened.open(calibrated_package(tmp_path / "good", some_scores(300, 0), AcceptedRisk(None, 0.05)))
    assert not opened.view.controls.escape.switch.isEnabled()
    assert "Of all good parts at most 5 % are failed" in opened.texts()
    assert opened.counts(Verdict.REVIEW) == (0, 0)
    line = opened.view.plot.pass_line
    line.setValue(line.value() - 1.5)
    line.sigDragged.emit(line)
    assert opened.counts(Verdict.REVIEW)[0] > 10
    assert opened.view.accepted.review > 0


def test_that_a_package_without_calibration_says_what_to_do_next(opened: Opened, package: Package) -> None:
    opened.open(package)
    assert "has not been calibrated" in opened.texts()
    assert opened.page.calibrate_button.isVisible()
    assert not opened.view.isVisible()


def test_that_an_unusable_package_is_told(opened: Opened, tmp_path: Path) -> None:
    opened.page.open_package(tmp_path)
    opened.until(opened.page.trouble.isVisible)
    assert "no model package" in opened.page.trouble.words.text()


def _stand_in(opened: Opened, script: str) -> list[CalibrationOrder]:
    """Let another program stand in for `inspector calibrate`: a script given order and answer file as JSON."""
    orders: list[CalibrationOrder] = []

    def make_command(order: CalibrationOrder, answer: Path) -> list[str]:
        orders.append(order)
        facts = {"escape": order.accepted.max_escape, "package": str(order.written), "answer": str(answer)}
        return [
            sys.executable,
            "-c",
            f"import json, sys, time\norder = json.loads(sys.argv[1])\n{script}",
            json.dumps(facts),
        ]

    page = opened.page
    page.calibrator = Calibrator(page, make_command=make_command)
    page.calibrator.progressed.connect(page._on_progressed)
    page.calibrator.ended.connect(page._on_ended)
    return orders


def test_that_saving_goes_through_a_process_with_progress(
    opened: Opened, tmp_path: Path, memory: Memory, calibrated: Package
) -> None:
    opened.open(calibrated)
    orders = _stand_in(
        opened, 'print(json.dumps({"event": "progress", "done": 1, "total": 4}), flush=True); time.sleep(0.3)'
    )
    page = opened.page
    page._memory.set_text("calibrated/" + calibrated.folder.resolve().as_posix().replace("/", "|"), str(tmp_path))
    opened.view.accept(AcceptedRisk(0.02, 0.05, 0.9))
    QTest.keyClick(page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    opened.until(lambda: page.bar.isVisible() and page.bar.value() == 250)
    assert page.cancel_button.isVisible()
    opened.until(page.toast.isVisible)
    assert [(order.accepted, order.split, order.dataset) for order in orders] == [
        (AcceptedRisk(0.02, 0.05, 0.9), "test", tmp_path)
    ]
    assert not page.bar.isVisible()


def test_that_a_real_package_is_calibrated_on_a_real_data_set(
    opened: Opened, tmp_path: Path, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    rule = SplitRule(Shares(0.2, 0.8, 0.0))
    synthesize(
        SyntheticRequest(tmp_path / "data", images=40, size_px=96, defect_share=0.5, rule=rule),
        lambda _done, _all: None,
    )
    copy = tmp_path / "package"
    shutil.copytree(package.folder, copy)
    opened.open(open_package(copy))
    opened.page.calibrate(tmp_path / "data")
    opened.until(lambda: opened.view.isVisible() or opened.page.trouble.isVisible(), timeout_ms=6 * WAIT_MS)
    assert not opened.page.trouble.isVisible(), opened.page.trouble.words.text()
    card = open_package(copy).card
    assert card.guarantees, "the smallest risk that so few parts support"
    assert opened.view.accepted.max_escape == pytest.approx(card.guarantees[0].limit)
    assert opened.view.answer is not None
    assert opened.view.answer.calibrated.thresholds == card.thresholds.to_thresholds(), "what is shown is what is kept"


def test_that_a_process_that_fails_is_told_and_the_page_stays(
    opened: Opened, tmp_path: Path, calibrated: Package
) -> None:
    opened.open(calibrated)
    _stand_in(opened, 'sys.stderr.write("the data set is of another part"); sys.exit(2)')
    opened.page.calibrate(tmp_path)
    opened.until(opened.page.trouble.isVisible)
    assert "another part" in opened.page.trouble.words.text()
    assert opened.view.isVisible()


def test_that_a_first_calibration_takes_the_risk_that_the_parts_support(
    opened: Opened, tmp_path: Path, package: Package
) -> None:
    opened.open(package)
    lack = {"risk": "escape", "limit": 0.01, "n": 100, "missing": 199, "supported_bound": 0.0295}
    orders = _stand_in(
        opened,
        f"lack = {lack!r}\n"
        "if order['escape'] < 0.02: open(order['answer'], 'w').write(json.dumps({'shortages': [lack]})); sys.exit(2)",
    )
    opened.page.calibrate(tmp_path)
    opened.until(opened.page.toast.isVisible)
    assert [order.accepted.max_escape for order in orders] == [0.01, 0.0295]


def test_that_cancelling_ends_the_process_and_leaves_the_package(
    opened: Opened, tmp_path: Path, package: Package
) -> None:
    opened.open(package)
    _stand_in(opened, "time.sleep(60)")
    opened.page.calibrate(tmp_path)
    opened.until(opened.page.cancel_button.isVisible)
    process = opened.page.calibrator._process
    assert process is not None
    opened.page.cancel_button.click()
    assert process._process.state() == process._process.ProcessState.NotRunning
    assert not opened.page.bar.isVisible()
    assert open_package(package.folder).hash == package.hash


def test_that_the_page_fits_a_small_screen_and_can_be_touched_and_read(opened: Opened, calibrated: Package) -> None:
    opened.open(calibrated)
    opened.view.accept(AcceptedRisk(0.001, 0.0001))
    for language in ("zh_CN", "en"):
        opened.page._look.set_language(language)
        QApplication.processEvents()
        assert opened.page.size().toTuple() == (1366, 768)
        targets: list[QWidget] = [*opened.page.findChildren(QPushButton), *opened.page.findChildren(QSlider)]
        small = [item for item in targets if item.isVisible() and min(item.width(), item.height()) < MIN_TARGET_PX]
        assert not small
        for card in opened.view.cards.values():
            for item in (*card.counts, *card.shares):
                assert item.width() >= item.sizeHint().width(), f"{item.text()} is cut"
    assert "风险" not in opened.texts()


def test_that_the_start_page_leads_to_the_risk_page_and_back(
    look: Look, memory: Memory, tmp_path: Path, qtbot: QtBot, calibrated: Package
) -> None:
    failures: list[Exception] = []
    window = MainWindow(look, memory, failures.append, tmp_path / "log")
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)
    QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_4)
    qtbot.waitUntil(lambda: isinstance(window.page, RiskPage), timeout=WAIT_MS)
    assert isinstance(window.page, RiskPage)
    window.page.open_package(calibrated.folder)
    qtbot.waitUntil(window.page.view.isVisible, timeout=WAIT_MS)
    QTest.keyClick(window.page, Qt.Key.Key_Escape)
    qtbot.waitUntil(window.start_page.isVisible, timeout=WAIT_MS)
    window.close()
    window.deleteLater()
    QApplication.processEvents()
    assert not failures
