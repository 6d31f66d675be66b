"""Class map and statistics: figures of the data set, and every cell and bar opens its own images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from datasets.review.filters import Filter
from datasets.review.statistics import Appearance, SizeCount, Stats, Twins
from gui.look import Look
from gui.review.class_map import ClassMap
from gui.review.statistics import Statistics
from gui.review.statistics_charts import bins_of


def some_stats(*, suggests: bool = True, appearance: Appearance | None = None) -> Stats:
    """Nine images: six good, two cracks, one without a class."""
    suggested = np.array([[5, 1, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0]]) if suggests else np.array([[0, 0, 0, 6]] * 3)
    return Stats(
        classes=("good", "crack", ""),
        by_split=np.array([[4, 1, 1], [2, 0, 0], [0, 0, 1]]),
        suggested=suggested,
        reviewed=np.array([2, 1, 0]),
        images=9,
        parts=7,
        sizes=(SizeCount(30, 20, (0, 1, 2, 3, 4, 5, 6)), SizeCount(90, 20, (7, 8))),
        aspects=np.array([1.5] * 7 + [4.5] * 2),
        left_out={"duplicate": 3, "empty": 1},
        near=(Twins((2, 7), splits=False, labels=True), Twins((1, 4), splits=True, labels=False)),
        appearance=appearance,
    )


def shown(widget: QWidget, qtbot: QtBot) -> None:
    widget.resize(1200, 700)
    widget.show()
    qtbot.waitExposed(widget)


def gone(widget: QWidget) -> None:
    widget.close()
    widget.deleteLater()
    QApplication.processEvents()


@pytest.fixture
def classes(look: Look, qtbot: QtBot) -> Iterator[ClassMap]:
    made = ClassMap(look)
    made.show_stats(some_stats())
    shown(made, qtbot)
    yield made
    gone(made)


@pytest.fixture
def statistics(look: Look, qtbot: QtBot) -> Iterator[Statistics]:
    made = Statistics(look)
    made.show_stats(some_stats())
    shown(made, qtbot)
    yield made
    gone(made)


def _texts(classes: ClassMap) -> list[list[str]]:
    model = classes.model
    return [
        [str(model.data(model.index(row, column, QModelIndex()))) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_that_cells_count_splits_and_suggestions_and_mark_where_both_differ(classes: ClassMap) -> None:
    assert _texts(classes) == [
        ["4", "1", "1", "5", "1  ≠"],
        ["2", "·", "·", "1  ≠", "1"],
        ["·", "·", "1", "·", "1  ≠"],
    ]


def test_that_a_click_on_a_cell_and_enter_ask_for_its_images(classes: ClassMap) -> None:
    asked: list[Filter] = []
    classes.wanted.connect(asked.append)
    at = classes.table.visualRect(classes.model.index(0, 4, QModelIndex())).center()
    QTest.mouseClick(classes.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert asked == [Filter(classes=("good",), suggested=("crack",))]
    classes.table.setCurrentIndex(classes.model.index(2, 2, QModelIndex()))
    QTest.keyClick(classes.table, Qt.Key.Key_Return)
    assert asked[-1] == Filter(classes=("",), splits=("test",))
    at = classes.table.visualRect(classes.model.index(1, 1, QModelIndex())).center()
    QTest.mouseClick(classes.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert len(asked) == 2  # nothing is there


def test_that_without_an_audit_only_the_splits_stand_there(classes: ClassMap) -> None:
    classes.show_stats(some_stats(suggests=False))
    assert classes.model.columnCount() == 3
    assert "audit" in classes._words.text()


def test_that_bars_ask_for_the_images_behind_them(statistics: Statistics) -> None:
    asked: list[Filter] = []
    chosen: list[list[int]] = []
    statistics.wanted.connect(asked.append)
    statistics.chosen.connect(lambda found: chosen.append(found.tolist()))
    statistics.balance.chosen.emit(1)
    statistics.sizes.chosen.emit(1)
    statistics.aspects.chosen.emit(len(statistics._bins[statistics.aspects].counts) - 1)
    statistics.near_button.click()
    statistics.leak_button.click()
    assert asked == [Filter(classes=("crack",))]
    assert chosen == [[7, 8], [7, 8], [2, 7], [1, 4]]


def test_that_the_read_out_says_what_stands_under_the_pointer(statistics: Statistics) -> None:
    statistics.balance.point_at(0)
    assert "images: 6 (4 train, 1 validation, 1 test)" in statistics.balance.read_out
    statistics.sizes.point_at(1)
    assert "90×20\nimages: 2" in statistics.sizes.read_out


def test_that_brightness_is_offered_and_then_shown(statistics: Statistics, qtbot: QtBot) -> None:
    assert not statistics.brightness.widget.isVisible()
    with qtbot.waitSignal(statistics.measure_wanted):
        statistics.measure_button.click()
    values = np.array([100.0, 101, 99, 102, 100, 101, 2])
    statistics.show_stats(some_stats(appearance=Appearance(np.arange(7), values, values / 10, unreadable=(8,))))
    assert statistics.brightness.widget.isVisible()
    assert "could not be read: 1" in statistics._measured.text()
    statistics.brightness.point_at(0)
    assert "images: 1, far from all others: 1" in statistics.brightness.read_out
    chosen: list[list[int]] = []
    statistics.chosen.connect(lambda found: chosen.append(found.tolist()))
    statistics.brightness.chosen.emit(0)
    assert chosen == [[6]]


def test_that_many_different_sizes_are_shown_by_their_area(statistics: Statistics) -> None:
    stats = replace(
        some_stats(),
        images=60,
        sizes=tuple(SizeCount(100 + place, 10, (place,)) for place in range(60)),
        aspects=np.arange(100, 160) / 10,
    )
    statistics.show_stats(stats)
    assert "60 different sizes" in statistics._captions[statistics.sizes].text()
    chosen: list[list[int]] = []
    statistics.chosen.connect(lambda found: chosen.append(found.tolist()))
    statistics.sizes.chosen.emit(0)
    assert chosen == [np.flatnonzero(statistics._bins[statistics.sizes].place == 0).tolist()]
    assert chosen[0][0] == 0
    statistics.show_stats(some_stats())
    statistics.sizes.chosen.emit(1)
    assert chosen[1] == [7, 8]


def test_that_duplicates_are_told_in_words(statistics: Statistics) -> None:
    text = statistics._twins.text()
    assert "Identical copies left out at the import: 3" in text
    assert "could not be taken: 1" in text
    assert "nearly the same: 2; with different labels: 1, across splits: 1." in text


def test_that_an_empty_data_set_is_shown_without_a_fault(statistics: Statistics, classes: ClassMap) -> None:
    none = np.zeros((0, 3), np.int64)
    empty = Stats((), none, np.zeros((0, 1), np.int64), np.zeros(0, np.int64), 0, 0, (), np.zeros(0), {}, None, None)
    statistics.show_stats(empty)
    classes.show_stats(empty)
    QApplication.processEvents()
    assert classes.model.rowCount() == 0


def test_that_both_follow_the_language(statistics: Statistics, classes: ClassMap, look: Look) -> None:
    before = statistics._total.text(), classes._words.text()
    look.set_language("zh_CN")
    QApplication.processEvents()
    assert (statistics._total.text(), classes._words.text()) != before
    assert statistics._total.text() != before[0]
    assert classes._words.text() != before[1]


@pytest.mark.parametrize("values", [[], [3.0], [1.0, 1.0], [0.0, 0.5, 1.0, 100.0]])
def test_that_every_value_stands_in_one_bin(values: list[float]) -> None:
    bins = bins_of(np.array(values))
    assert bins.counts.sum() == len(values)
    for value, place in zip(values, bins.place, strict=True):
        assert bins.edges[place] <= value <= bins.edges[place + 1]
