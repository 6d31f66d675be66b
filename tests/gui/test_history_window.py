"""The ways to the history and back: from the start page, from a station that goes on behind it, from the command."""

from __future__ import annotations

import queue
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.history.page import HistoryPage
from gui.look import Look
from gui.memory import Memory
from gui.operator.page import OperatorPage
from gui.session import open_session
from gui.window import MainWindow
from inspector.events import Event, Fault, FaultCleared, FaultCode, FaultRaised
from inspector.log import Log
from inspector.recipe import Recipe
from inspector.slots import LatestSlot
from inspector.types import Frame, Verdict
from tests.gui.conftest import WAIT_MS, HandLine


def press(window: MainWindow, key: Qt.Key) -> None:
    """Press a key where the keyboard is."""
    QTest.keyClick(window.focusWidget() or window, key)


def shown_window(look: Look, memory: Memory, log: Path, qtbot: QtBot, failures: list[Exception]) -> MainWindow:
    """Return an active window."""
    window = MainWindow(look, memory, failures.append, log)
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)
    return window


def station_of(window: MainWindow) -> OperatorPage | None:
    """Return the open station's page."""
    return window.operator_page


def close(window: MainWindow, failures: list[Exception]) -> None:
    """Close it; nothing may have failed unseen."""
    window.close()
    window.deleteLater()
    QApplication.processEvents()
    assert not failures


def test_that_the_start_page_leads_to_the_history_and_back(
    look: Look, memory: Memory, tmp_path: Path, qtbot: QtBot
) -> None:
    failures: list[Exception] = []
    window = shown_window(look, memory, tmp_path / "log", qtbot, failures)
    press(window, Qt.Key.Key_5)
    qtbot.waitUntil(lambda: isinstance(window.page, HistoryPage), timeout=WAIT_MS)
    page = window.page
    assert isinstance(page, HistoryPage)
    qtbot.waitUntil(page.trouble.isVisible, timeout=WAIT_MS)
    assert "no inspection log here" in page.trouble.words.text()
    press(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(window.start_page.isVisible, timeout=WAIT_MS)
    close(window, failures)


def test_that_the_station_goes_on_behind_the_history(
    look: Look, memory: Memory, tmp_path: Path, recipe: Recipe, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[HandLine] = []

    def make_line(
        _recipe: Recipe, log: Log, events: queue.SimpleQueue[Event], preview: LatestSlot[Frame], _parts: int | None
    ) -> HandLine:
        lines.append(HandLine(log, events, preview))
        return lines[-1]

    monkeypatch.setattr("gui.window.open_session", partial(open_session, make_line=make_line))
    failures: list[Exception] = []
    window = shown_window(look, memory, tmp_path / "log", qtbot, failures)
    window.open_recipe(recipe)
    station = window.operator_page
    assert isinstance(station, OperatorPage)
    line = lines[0]
    first = line.decide(Verdict.FAIL)
    qtbot.waitUntil(lambda: station.live is not None, timeout=WAIT_MS)
    station.desk.pin(first.record_id)
    station.setFocus()
    press(window, Qt.Key.Key_F3)
    qtbot.waitUntil(lambda: isinstance(window.page, HistoryPage), timeout=WAIT_MS)
    page = window.page
    assert isinstance(page, HistoryPage)
    qtbot.waitUntil(lambda: page.found is not None, timeout=WAIT_MS)
    assert page.found is not None
    assert page.found.record.record_id == first.record_id, "the reject that was looked at"
    assert line.alive
    second = line.decide(Verdict.PASS)
    qtbot.waitUntil(lambda: station.live is not None and station.live.record == second, timeout=WAIT_MS)
    fault = Fault(FaultCode.CAMERA, "line camera", "no frame", "")
    line.fault(FaultRaised(fault))
    qtbot.waitUntil(page.station_note.isVisible, timeout=WAIT_MS)
    line.tell(FaultCleared(fault.code, fault.source))
    qtbot.waitUntil(lambda: not page.station_note.isVisible(), timeout=WAIT_MS)
    press(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: page.model.rowCount() == 2, timeout=WAIT_MS)
    assert line.alive, "F5 searches again here, and does not stop the line"
    press(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.page is station, timeout=WAIT_MS)
    assert station_of(window) is station
    press(window, Qt.Key.Key_F3)
    qtbot.waitUntil(lambda: isinstance(window.page, HistoryPage), timeout=WAIT_MS)
    window.show_start()
    assert station_of(window) is None
    assert not lines[-1].alive
    close(window, failures)
