"""The history page on a small real log: search, one part with its reasoning and proof, comparison, second judgement."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.history.filters import span_bounds
from gui.history.page import HistoryPage
from gui.history.reader import HistoryReader
from gui.history.results import PAGE, RECORD_ROLE
from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.stylesheet import MIN_TARGET_PX
from inspector.inference.package import Package
from inspector.log import label, open_log
from inspector.types import Person, Record, RecordKind, Role, Verdict
from tests.gui.conftest import WAIT_MS
from tests.recorded import Recorded, let_in, recorded_log
from tests.support import tiny_package

PARTS, BROKEN = 130, 3


class Opened:
    """A history page and waiting for it."""

    def __init__(self, page: HistoryPage, qtbot: QtBot) -> None:
        self.page, self._qtbot = page, qtbot

    def until(self, condition: Callable[[], object]) -> None:
        """Let Qt work until the condition holds."""
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the keyboard is."""
        QTest.keyClick(QApplication.focusWidget() or self.page, key, modifier)

    def serials(self) -> list[str]:
        """What is listed."""
        return [record.part_id for record in self.page.model.records]

    def choose(self, record: Record) -> None:
        """Type a part's serial, and wait until it is on view."""
        self.page.filters.clear()
        self.page.find_part()
        QTest.keyClicks(self.page.filters.serial, record.part_id)
        self.until(lambda: self.page.found is not None and self.page.found.record.record_id == record.record_id)
        self.until(lambda: f"{record.record_id[:12]}   #{record.sequence}" in self.texts())

    def texts(self) -> str:
        """Everything that is written and seen."""
        return "\n".join(item.text() for item in self.page.findChildren(QLabel) if item.isVisible())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, package: Package) -> Recorded:
    """More parts than a page of the list, by the real station."""
    return recorded_log(tmp_path_factory.mktemp("history"), package, parts=PARTS, broken=BROKEN)


def open_page(look: Look, memory: Memory, qtbot: QtBot, reader: HistoryReader) -> Opened:
    """Return a page on a log, shown and active."""
    failures: list[Exception] = []
    page = HistoryPage(look, memory, reader, lambda: Jobs(failures.append))
    page.failures = failures  # type: ignore[attr-defined]
    page.resize(1366, 768)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=WAIT_MS)
    return Opened(page, qtbot)


def close_page(opened: Opened) -> None:
    """Close it; nothing may have failed unseen."""
    opened.page.close_page()
    opened.page.close()
    opened.page.deleteLater()
    QApplication.processEvents()
    assert not opened.page.failures  # type: ignore[attr-defined]


@pytest.fixture
def opened(
    look: Look, memory: Memory, qtbot: QtBot, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opened]:
    """The page on the log, its first page listed, at the PC that wrote it."""
    monkeypatch.setenv("INSPECTOR_HOME", str(recorded.home))
    made = open_page(look, memory, qtbot, HistoryReader(recorded.folder, lambda: Person("Mei")))
    made.page.open_log()
    made.until(lambda: made.page.model.rowCount() == PAGE and made.page.filters.class_.count() > 1)
    yield made
    close_page(made)


def test_that_parts_come_newest_first_and_page_by_page(opened: Opened, recorded: Recorded) -> None:
    newest = [record.part_id for record in reversed(recorded.records)]
    assert opened.serials() == newest[:PAGE]
    assert "more come as you scroll" in opened.texts()
    opened.page.table.scrollToBottom()
    opened.until(lambda: opened.page.model.complete)
    assert opened.serials() == newest
    assert f"{PARTS + BROKEN} found" in opened.texts()


def test_that_a_typed_serial_brings_the_part_itself(opened: Opened, recorded: Recorded) -> None:
    assert isinstance(QApplication.focusWidget(), QLineEdit), "the keyboard is at the serial from the start"
    QTest.keyClicks(opened.page.filters.serial, "part0000")
    opened.until(lambda: opened.page.model.complete and opened.page.model.rowCount() == 10)
    assert opened.serials() == [f"part0000{n}" for n in range(9, -1, -1)], "along the serials"
    opened.choose(recorded.records[7])
    found = opened.page.found
    assert found is not None
    assert found.part.frames
    assert opened.page.pictures.large._part.size.width() == recorded.records[7].images[0].width
    texts = opened.texts()
    for word in ("part00007", "defect score", "test product", recorded.records[7].package_hash[:12], "stage times"):
        assert word in texts


def test_that_the_keyboard_alone_walks_through_the_list(opened: Opened, recorded: Recorded) -> None:
    opened.key(Qt.Key.Key_Return)
    assert QApplication.focusWidget() is opened.page.table
    newest = list(reversed(recorded.records))
    opened.until(lambda: opened.page.found is not None and opened.page.found.record == newest[0])
    opened.key(Qt.Key.Key_Down)
    opened.until(lambda: opened.page.found is not None and opened.page.found.record == newest[1])
    opened.key(Qt.Key.Key_N)
    opened.until(lambda: opened.page.found is not None and opened.page.found.record == newest[2])
    opened.key(Qt.Key.Key_B)
    opened.until(lambda: opened.page.found is not None and opened.page.found.record == newest[1])


def test_that_the_proof_says_what_the_signed_head_vouches_for(opened: Opened, recorded: Recorded) -> None:
    opened.choose(recorded.records[3])
    assert "As recorded" in opened.texts()
    assert f"entry {opened.page.found.proof.position}" in opened.texts()  # type: ignore[union-attr]


def test_that_what_people_said_stands_beside_the_verdict(opened: Opened, recorded: Recorded) -> None:
    opened.choose(recorded.records[1])
    texts = opened.texts()
    assert "overridden to PASS by Ada" in texts
    assert "overridden to FAIL by Ada" in texts
    assert "looked twice" in texts
    opened.choose(recorded.records[0])
    assert "confirmed by Mei Lin" in opened.texts()
    opened.choose(recorded.records[2])
    assert "Nobody has said anything" in opened.texts()


def test_that_other_inspections_labels_and_challengers_of_a_part_are_named(
    look: Look, memory: Memory, qtbot: QtBot, recorded: Recorded, tmp_path: Path
) -> None:
    shutil.copytree(recorded.folder, tmp_path / "log")
    judged = recorded.records[8]
    again = replace(judged, record_id="f" * 32, decision=replace(judged.decision, verdict=Verdict.PASS))
    shadow = replace(judged, record_id="e" * 32, kind=RecordKind.SHADOW, package_hash="c" * 64, images=())
    with open_log(tmp_path / "log") as log:
        log.append(again)
        log.append(replace(shadow, refers_to=judged.record_id))
        log.append(label(judged, truth="crack", who="Ada", note="came back"))
    made = open_page(look, memory, qtbot, HistoryReader(tmp_path / "log", lambda: Person("Mei")))
    made.page.open_log(judged.record_id)
    made.until(lambda: made.page.found is not None)
    said = made.page.reasons.said.text()
    assert "also inspected" in said
    assert "PASS" in said
    assert "challenger cccccccc would have said FAIL" in said
    assert "labelled crack by Ada" in said
    assert "(came back)" in said
    close_page(made)


def test_that_an_operator_finds_the_parts_that_they_spoke_of(opened: Opened, recorded: Recorded) -> None:
    box = opened.page.filters.who
    box.setCurrentIndex(box.findData("Ada"))
    opened.until(lambda: opened.page.model.rowCount() == 2)
    assert [opened.page.model.index(row, 3).data() for row in (0, 1)] == ["overridden by  Ada"] * 2
    opened.page.table.selectRow(1)
    opened.until(lambda: opened.page.found is not None)
    assert opened.page.found is not None
    assert opened.page.found.record.record_id == recorded.records[1].record_id, "the part, not the word on it"


def test_that_filters_narrow_the_list_and_clear_widens_it(opened: Opened, recorded: Recorded) -> None:
    filters = opened.page.filters
    filters.verdict.setCurrentIndex(filters.verdict.findText("ERROR"))
    opened.until(lambda: opened.page.model.complete and opened.serials() == ["z2", "z1", "z0"])
    filters.verdict.setCurrentIndex(filters.verdict.findText("all rejects"))
    rejected = [record.part_id for record in recorded.records if record.decision.verdict is not Verdict.PASS]
    opened.until(lambda: not opened.page.model.waiting and opened.serials() == rejected[::-1][:PAGE])
    filters.span.setCurrentIndex(filters.span.findData("yesterday"))
    opened.until(lambda: not opened.page.model.waiting)
    assert opened.serials() == []
    assert "Nothing was found" in opened.texts()
    filters.clear_button.click()
    opened.until(lambda: opened.page.model.rowCount() == PAGE)


def test_that_the_heat_map_is_computed_away_from_the_window(opened: Opened, recorded: Recorded) -> None:
    opened.choose(recorded.records[5])
    opened.page.table.setFocus()
    opened.key(Qt.Key.Key_H)
    assert "Computing" in opened.texts()
    opened.until(lambda: opened.page.pictures.large.heat_visible)
    assert "Computing" not in opened.texts()
    opened.key(Qt.Key.Key_H)
    assert not opened.page.pictures.large.heat_visible


def test_that_judging_again_gives_the_same_verdict_and_another_model_its_own(
    opened: Opened, recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tiny_package(tmp_path / "other", pass_below=0.999, fail_from=1.0, seed=5)
    record = next(each for each in recorded.records if each.decision.verdict is not Verdict.PASS)
    opened.choose(record)
    opened.page.table.setFocus()
    opened.key(Qt.Key.Key_R)
    opened.until(lambda: "✓ the same by model" in opened.texts())
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(other.folder))
    opened.key(Qt.Key.Key_P)
    opened.until(lambda: f"model {other.hash[:8]}" in opened.texts())
    assert "largest difference of a probability" in opened.texts()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    opened.key(Qt.Key.Key_P)
    opened.until(lambda: opened.page.trouble.isVisible() or "Cannot be judged again" in opened.texts())


def test_that_two_parts_are_compared_with_linked_zoom(opened: Opened, recorded: Recorded) -> None:
    opened.choose(recorded.records[4])
    opened.page.table.setFocus()
    opened.key(Qt.Key.Key_C)
    opened.choose(recorded.records[9])
    pictures = opened.page.pictures
    assert pictures.beside.isVisible()
    assert pictures.kept is not None
    assert pictures.kept.record.part_id == "part00004"
    opened.page.table.setFocus()
    opened.key(Qt.Key.Key_Plus)
    assert pictures.large.zoom == pictures.beside.zoom > 1.0
    opened.key(Qt.Key.Key_Escape)
    assert not pictures.beside.isVisible()


def test_that_escape_leads_back_and_f1_lists_the_keys(opened: Opened, qtbot: QtBot) -> None:
    opened.key(Qt.Key.Key_F1)
    assert "By another model" in opened.texts()
    opened.key(Qt.Key.Key_Escape)
    with qtbot.waitSignal(opened.page.back_clicked, timeout=WAIT_MS):
        opened.key(Qt.Key.Key_Escape)


def test_that_a_picture_that_is_gone_is_said_and_the_rest_is_shown(
    look: Look, memory: Memory, qtbot: QtBot, recorded: Recorded, tmp_path: Path
) -> None:
    shutil.copytree(recorded.folder, tmp_path / "log")
    (tmp_path / "log" / recorded.records[6].images[0].path).unlink()
    made = open_page(look, memory, qtbot, HistoryReader(tmp_path / "log", lambda: Person("Mei")))
    made.page.open_log(recorded.records[6].record_id)
    made.until(lambda: made.page.found is not None)
    assert "cannot be read" in made.texts()
    assert "The log holds no picture of this part" in made.texts()
    assert "defect score" in made.texts()
    close_page(made)


def test_that_a_folder_without_a_log_is_told_with_its_cure(
    look: Look, memory: Memory, qtbot: QtBot, tmp_path: Path
) -> None:
    made = open_page(look, memory, qtbot, HistoryReader(tmp_path / "nowhere", lambda: Person("Mei")))
    made.page.open_log()
    made.until(made.page.trouble.isVisible)
    assert "no inspection log here" in made.page.trouble.words.text()
    close_page(made)


@pytest.fixture
def users() -> None:
    """This PC has users."""
    let_in("Eve", Role.OPERATOR)


@pytest.mark.usefixtures("users")
def test_that_who_is_not_logged_in_sees_nothing(look: Look, memory: Memory, qtbot: QtBot, recorded: Recorded) -> None:
    made = open_page(look, memory, qtbot, HistoryReader(recorded.folder, lambda: Person("")))
    made.page.open_log(recorded.records[0].record_id)
    made.until(made.page.trouble.isVisible)
    assert "not logged in" in made.page.trouble.words.text()
    assert made.page.model.rowCount() == 0
    assert made.page.found is None
    close_page(made)


@pytest.mark.usefixtures("users")
def test_that_an_operator_may_look_but_not_judge_again(
    look: Look, memory: Memory, qtbot: QtBot, recorded: Recorded
) -> None:
    made = open_page(look, memory, qtbot, HistoryReader(recorded.folder, lambda: Person("Eve", Role.OPERATOR)))
    made.page.open_log(recorded.records[0].record_id)
    made.until(lambda: made.page.found is not None)
    made.page.replay()
    made.until(made.page.trouble.isVisible)
    assert "may not judge recorded parts again" in made.page.trouble.words.text()
    close_page(made)


def test_that_the_page_fits_a_small_screen_in_both_languages(opened: Opened, recorded: Recorded) -> None:
    opened.choose(recorded.records[1])
    for language in ("zh_CN", "en"):
        opened.page._look.set_language(language)
        QApplication.processEvents()
        assert opened.page.size().toTuple() == (1366, 768)
        targets: list[QWidget] = [
            *opened.page.findChildren(QPushButton),
            *opened.page.findChildren(QComboBox),
            *opened.page.findChildren(QLineEdit),
        ]
        small = [
            item
            for item in targets
            if item.isVisible() and not isinstance(item.parent(), QComboBox) and item.height() < MIN_TARGET_PX - 2
        ]
        assert not small, [(type(item), item.size()) for item in small]
        assert ("历史" in opened.texts()) == (language == "zh_CN")


def test_that_a_row_gives_its_record(opened: Opened, recorded: Recorded) -> None:
    assert opened.page.model.index(0, 0).data(RECORD_ROLE) == recorded.records[-1]


@pytest.mark.parametrize(
    ("span", "days"), [("today", 0), ("yesterday", -1), ("week", -6), ("month", -29), ("between", -9)]
)
def test_that_spans_begin_at_midnight(span: str, days: int) -> None:
    now = dt.datetime(2026, 11, 25, 14, 3, 22).astimezone()
    low, high = span_bounds(span, now, dt.date(2026, 11, 18), dt.date(2026, 11, 16))
    assert low is not None
    begin = dt.datetime(2026, 11, 25).astimezone() + dt.timedelta(days=days)
    assert low == int(begin.timestamp()) * 10**9
    if span == "between":
        assert high == int(dt.datetime(2026, 11, 19).astimezone().timestamp()) * 10**9
    assert span_bounds("any", now, now.date(), now.date()) == (None, None)
    hour, _ = span_bounds("hour", now, now.date(), now.date())
    assert hour == int(now.timestamp() - 3600) * 10**9
