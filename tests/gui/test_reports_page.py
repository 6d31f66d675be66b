"""The reports page on a small real log: counts, charts with a read-out, saving, and on to the parts."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from gui.history.page import HistoryPage
from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.reports.page import ReportsPage
from gui.reports.periods import PERIODS, bounds
from gui.window import MainWindow
from inspector.log import open_log, override
from inspector.people.users import User, Users, write_users
from inspector.reports.shifts import parse_shifts
from inspector.settings import log_folder
from inspector.types import Decision, Person, Role, Verdict
from tests.gui.conftest import WAIT_MS
from tests.support import a_record

SHIFTS = parse_shifts("early 06:00, late 14:00, night 22:00")
ZONE = ZoneInfo("Europe/Berlin")


@pytest.fixture
def folder() -> Path:
    """A log with parts of the last minute."""
    now_ns = time.time_ns()
    with open_log(log_folder()) as log:
        log.records.keep_recipe("a" * 64, "washer", "/r.toml", "text")
        for number in range(30):
            decision = Decision(Verdict.PASS, "good", "good", 0.1, None, "front")
            log.append(a_record(f"P{number}", decision=decision, recipe_hash="a" * 64, decided_time_ns=now_ns))
        for number in range(6):
            class_ = "crack" if number < 4 else "dent"
            decision = Decision(Verdict.FAIL, class_, class_, 0.9, None, "front")
            part = log.append(a_record(f"R{number}", decision=decision, recipe_hash="a" * 64, decided_time_ns=now_ns))
        log.append(override(part, verdict=Verdict.PASS, reason="clean", note="", who="Ada"))
    return log_folder()


@pytest.fixture
def page(look: Look, memory: Memory, folder: Path, qtbot: QtBot) -> Iterator[ReportsPage]:
    failures: list[Exception] = []
    made = ReportsPage(look, memory, folder, Jobs(failures.append), lambda: Person("Ada"))
    made.resize(1280, 760)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=WAIT_MS)
    made.refresh()
    qtbot.waitUntil(lambda: made.report is not None, timeout=WAIT_MS)
    yield made
    made.close_page()
    made.close()
    assert not failures


def choose(page: ReportsPage, period: str, qtbot: QtBot) -> None:
    before = page.report
    page.period.setCurrentIndex(PERIODS.index(period))
    qtbot.waitUntil(lambda: page.report is not before, timeout=WAIT_MS)


def test_that_today_is_counted_and_written_in_words(page: ReportsPage) -> None:
    assert page.report is not None
    assert page.report.total.parts == 36
    assert page.values["parts"].text() == "36"
    assert page.values["rejects"].text() == "6"
    assert page.values["false_rejects"].text() == "1"
    assert page.charts.isVisible()
    assert not page.empty.isVisible()


def test_that_the_pointer_reads_the_numbers_out(page: ReportsPage) -> None:
    page.pareto.point_at(0)
    assert "4 rejects, 0 of them overridden" in page.pareto.read_out
    page.pareto.point_at(1)
    assert "2 rejects, 1 of them overridden" in page.pareto.read_out
    assert list(page.pareto._sums.getData()[1]) == [4, 6], "the line ends at all rejects"
    page.share.point_at(0)
    assert "6 of 36 rejected: 16.67%" in page.share.read_out
    page.hours.point_at(99)
    assert page.hours.read_out == ""


def test_that_an_empty_period_says_what_to_do(page: ReportsPage, qtbot: QtBot) -> None:
    choose(page, "yesterday", qtbot)
    assert page.empty.isVisible()
    assert "Choose another" in page.empty.text()
    assert not page.charts.isVisible()
    choose(page, "week", qtbot)
    assert page.charts.isVisible()


def test_that_a_report_is_saved_where_asked(
    page: ReportsPage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.xlsx"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_arguments: (str(target), ""))
    QTest.keyClick(page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(target.exists, timeout=WAIT_MS)
    assert target.read_bytes().startswith(b"PK")


def test_that_a_click_on_a_bar_asks_for_its_parts(page: ReportsPage) -> None:
    asked: list[tuple[str, int, int]] = []
    page.parts_wanted.connect(lambda *wanted: asked.append(wanted))
    page.pareto.chosen.emit(0)
    page.share.chosen.emit(0)
    assert page.report is not None
    assert asked[0] == ("crack", page.report.since_s, page.report.until_s)
    assert asked[1][0] == ""


def test_that_the_page_speaks_chinese_and_comes_back(page: ReportsPage, look: Look, qtbot: QtBot) -> None:
    look.set_language("zh_CN")
    qtbot.waitUntil(lambda: page.title.text() == "报表", timeout=WAIT_MS)
    assert any("一次合格率" in item.text() for item in page.findChildren(QLabel))
    look.set_language("en")
    qtbot.waitUntil(lambda: page.title.text() == "Reports", timeout=WAIT_MS)


def test_that_who_may_not_make_reports_is_told(look: Look, memory: Memory, folder: Path, qtbot: QtBot) -> None:
    write_users(Users(users=(User(name="Ada", role=Role.ADMINISTRATOR, password="$argon2id$x"),)))  # noqa: S106
    made = ReportsPage(look, memory, folder, Jobs(lambda _error: None), lambda: Person("Nobody"))
    made.show()
    made.refresh()
    qtbot.waitUntil(lambda: bool(made.trouble.words.text()), timeout=WAIT_MS)
    assert "not logged in" in made.trouble.words.text()
    made.close_page()
    made.close()


@pytest.mark.parametrize("period", PERIODS)
def test_that_every_period_is_a_stretch_of_time(period: str) -> None:
    now = dt.datetime(2026, 11, 25, 3, 30, tzinfo=ZONE)
    begin, end = bounds(period, now, SHIFTS, dt.date(2026, 11, 3), dt.date(2026, 11, 1))
    assert begin < end
    texts = [f"{dt.datetime.fromtimestamp(moment, ZONE):%m-%d %H:%M}" for moment in (begin, end)]
    expected = {
        "today": ["11-25 00:00", "11-26 00:00"],
        "yesterday": ["11-24 00:00", "11-25 00:00"],
        "shift": ["11-24 22:00", "11-25 06:00"],
        "last_shift": ["11-24 14:00", "11-24 22:00"],
        "week": ["11-19 00:00", "11-26 00:00"],
        "month": ["10-27 00:00", "11-26 00:00"],
        "between": ["11-01 00:00", "11-04 00:00"],
    }
    assert texts == expected[period]


def test_that_the_window_leads_from_a_bar_to_the_parts_and_back(
    look: Look, memory: Memory, folder: Path, qtbot: QtBot, on_unexpected: Callable[[BaseException], None]
) -> None:
    window = MainWindow(look, memory, on_unexpected, folder)
    window.show()
    window.start_page.reports_clicked.emit()
    reports = window.page
    assert isinstance(reports, ReportsPage)
    qtbot.waitUntil(lambda: reports.report is not None, timeout=WAIT_MS)
    reports.pareto.chosen.emit(0)
    history = window.page
    assert isinstance(history, HistoryPage)
    qtbot.waitUntil(lambda: len(history.model.records) == 4, timeout=WAIT_MS)
    assert {record.decision.predicted_class for record in history.model.records} == {"crack"}
    window.close()


@pytest.fixture
def on_unexpected() -> Callable[[BaseException], None]:
    """Nothing unexpected may happen."""

    def fail(error: BaseException) -> None:
        raise error

    return fail
