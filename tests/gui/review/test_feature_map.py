"""The feature map: what is chosen is what lies inside; nothing is told by colour alone; many points stay fluid."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.look import Look
from gui.review.class_marks import Shape, bitmap, mark_of
from gui.review.feature_map import FeatureMap
from gui.review.feature_map_points import Ints, MapView, Points, draw, into_unit
from gui.theme import DARK, LIGHT, Theme, contrast

Left, Right = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
Shift, Control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
Held = Qt.KeyboardModifier
SIZE = (400, 300)


class Opened:
    """A map and a hand; the images are counted from 100."""

    def __init__(self, shown: FeatureMap) -> None:
        self.map, self.canvas = shown, shown.canvas
        self.told: list[list[int]] = []
        shown.selected.connect(lambda found: self.told.append(found.tolist()))

    def at(self, number: int) -> QPoint:
        return self.canvas.place_of(number).toPoint()

    def lasso(self, *corners: QPoint, held: Qt.KeyboardModifier = Held.NoModifier) -> None:
        QTest.mousePress(self.canvas, Left, held, corners[0])
        for corner in corners[1:]:
            QTest.mouseMove(self.canvas, corner)
        QTest.mouseRelease(self.canvas, Left, held, corners[-1])

    def around(self, number: int, reach: int = 20, held: Qt.KeyboardModifier = Held.NoModifier) -> None:
        at = self.at(number)
        steps = (QPoint(-reach, -reach), QPoint(reach, -reach), QPoint(reach, reach), QPoint(-reach, reach))
        self.lasso(*[at + step for step in steps], held=held)


PLANE = np.array([[0, 0], [10, 0], [0, 10], [10, 10], [5, 5]], np.float64)


@pytest.fixture
def opened(look: Look, qtbot: QtBot) -> Iterator[Opened]:
    shown = FeatureMap(look)
    shown.resize(900, 600)
    shown.show()
    qtbot.waitExposed(shown)
    shown.show_points(PLANE, [0, 0, 1, 1, -1], ["good", "crack"], np.arange(100, 105))
    QApplication.processEvents()
    yield Opened(shown)
    shown.close()
    shown.deleteLater()
    QApplication.processEvents()


def test_that_a_lasso_chooses_what_is_inside_and_shift_and_ctrl_add_and_take_away(opened: Opened) -> None:
    opened.around(4)
    assert opened.told[-1] == [104]
    opened.around(0, held=Shift)
    assert opened.told[-1] == [100, 104]
    opened.around(4, held=Control)
    assert opened.told[-1] == [100]
    opened.around(3)
    assert opened.told[-1] == [103]
    opened.map.clear()
    assert opened.told[-1] == []


def test_that_a_click_chooses_one_and_beside_all_none(opened: Opened) -> None:
    QTest.mouseClick(opened.canvas, Left, pos=opened.at(2) + QPoint(3, 3))
    assert opened.told[-1] == [102]
    QTest.mouseClick(opened.canvas, Left, pos=opened.at(2) + QPoint(80, -20))
    assert opened.told[-1] == []


def test_that_a_zoomed_and_moved_map_is_chosen_from_as_it_looks(opened: Opened) -> None:
    opened.canvas.zoom_by(6, QPointF(opened.at(3)))
    before = opened.at(3)
    QTest.mousePress(opened.canvas, Right, pos=before)
    QTest.mouseMove(opened.canvas, before + QPoint(-30, -40))
    QTest.mouseRelease(opened.canvas, Right, pos=before + QPoint(-30, -40))
    assert opened.at(3) != before
    opened.around(3)
    assert opened.told == [[103]]


def test_that_the_pointer_tells_the_image_and_gets_its_picture(opened: Opened, qtbot: QtBot) -> None:
    told: list[int] = []
    opened.map.hover.connect(told.append)
    QTest.mouseMove(opened.canvas, opened.at(1) + QPoint(2, 2))
    assert told == [101]
    picture = QImage(40, 30, QImage.Format.Format_RGB32)
    opened.map.show_hover(101, picture, "a.png")
    assert opened.map._hover.isVisible()
    assert opened.canvas.rect().contains(opened.map._hover.geometry())
    opened.map.show_hover(103, picture, "late.png")
    assert opened.map._hover.words.text() == "a.png"
    QTest.mouseMove(opened.canvas, opened.at(4) + QPoint(60, 0))
    assert told == [101, -1]
    assert not opened.map._hover.isVisible()


def test_that_a_hidden_class_is_neither_drawn_nor_chosen(opened: Opened) -> None:
    everything = opened.canvas.rect().adjusted(2, 2, -2, -2)
    corners = (everything.topLeft(), everything.topRight(), everything.bottomRight(), everything.bottomLeft())
    opened.lasso(*corners)
    assert opened.told[-1] == [100, 101, 102, 103, 104]
    colour = QColor(mark_of(1, LIGHT).colour)
    before = _count(opened.canvas.grab().toImage(), colour)
    QTest.mouseClick(opened.map._buttons[1], Left)
    assert before > 40
    assert _count(opened.canvas.grab().toImage(), colour) == 0
    opened.lasso(*corners)
    assert opened.told[-1] == [100, 101, 104]


def test_that_a_label_given_meanwhile_changes_the_mark_and_keeps_choice_and_zoom(opened: Opened) -> None:
    opened.around(4)
    opened.canvas.zoom_by(3)
    scale = opened.canvas.view.scale
    opened.map.show_codes([0, 0, 1, 2, 1], ["good", "crack", "dent"])
    assert opened.map.chosen.tolist() == [104]
    assert opened.canvas.view.scale == scale
    assert "2" in opened.map._buttons[1].text()
    assert opened.map._buttons[2].text().startswith("dent")  # a class that is new since
    assert -1 not in opened.map._buttons


def test_that_without_features_it_says_what_to_do(look: Look) -> None:
    shown = FeatureMap(look)
    assert shown._empty.isVisibleTo(shown)
    assert "audit" in shown._empty.text()
    assert not shown.canvas.isVisibleTo(shown)
    shown.deleteLater()


def _count(image: QImage, colour: QColor) -> int:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return int((pixels == colour.rgba()).sum())


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 300), st.floats(1, 60), st.integers(3, 9))
def test_that_the_lasso_agrees_with_the_plain_rule_of_inside(seed: int, n: int, scale: float, corners: int) -> None:
    chance = np.random.default_rng(seed)
    plane = into_unit(chance.normal(size=(n, 2)))
    view = MapView(scale, *chance.random(2).tolist())
    angles = np.sort(chance.random(corners)) * 2 * np.pi
    outline = np.stack([200 + 150 * np.cos(angles), 150 + 140 * np.sin(angles)], axis=1).round().astype(int)
    found = Points(plane, chance.integers(-1, 4, n).astype(np.int32)).inside(
        [(int(x), int(y)) for x, y in outline], view, SIZE
    )
    at = view.pixels(np.ascontiguousarray(plane.T), *SIZE).T
    surely = np.flatnonzero(Path(outline).contains_points(at, radius=-2) & Path(outline).contains_points(at, radius=2))
    perhaps = [Path(outline[::step]).contains_points(at, radius=r) for r in (-3, 3) for step in (1, -1)]
    assert set(surely) <= set(found.tolist()) <= set(np.flatnonzero(np.any(perhaps, axis=0)))


@given(st.integers(0, 10**6), st.floats(1, 50))
def test_that_every_point_in_sight_is_drawn_in_the_colour_of_its_class(seed: int, scale: float) -> None:
    chance = np.random.default_rng(seed)
    codes = np.arange(6, dtype=np.int32)  # one of each: none hides another of its class
    points = Points(chance.random((6, 2)).astype(np.float32), codes)
    marks = {code: (0xFF000000 + code + 1, Shape.CIRCLE) for code in range(6)}
    view = MapView(scale)
    picture = draw(points, view, SIZE, marks, np.zeros(6, bool), 0)
    for code in range(6):
        x, y = (int(np.floor(value)) for value in points.place(code, view, SIZE))
        if 0 <= x < SIZE[0] and 0 <= y < SIZE[1]:
            above = {marks[other][0] for other in range(code, 6)}  # equally frequent: painted in this order
            assert picture[y, x] in above
    assert picture.shape == (SIZE[1], SIZE[0])
    drawn = {int(value) & 0xFF for value in np.unique(picture)} - {0}
    assert drawn <= {code + 1 for code in range(6)}


def test_that_places_that_are_no_numbers_do_not_break_the_map() -> None:
    plane = into_unit(np.array([[np.nan, 1], [0, 0], [np.inf, 2], [4, 2]]))
    assert np.isfinite(plane).all()
    assert plane.min() >= 0
    assert plane.max() <= 1
    assert into_unit(np.zeros((0, 2))).shape == (0, 2)
    assert (into_unit(np.full((3, 2), 7.0)) == 0.5).all()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_that_classes_differ_in_colour_and_shape_and_stand_out_from_the_ground(theme: Theme) -> None:
    marks = [mark_of(code, theme) for code in range(-1, 64)]
    assert len(set(marks)) == 65
    for one, other in combinations(marks[1:9], 2):
        assert one.shape != other.shape
        assert one.colour != other.colour
    for mark in marks:
        assert contrast(mark.colour, theme.surface) >= 3


@pytest.mark.parametrize("size", [5, 7, 11, 15])
def test_that_shapes_differ_at_every_size(size: int) -> None:
    for one, other in combinations(Shape, 2):
        assert (bitmap(one, size) != bitmap(other, size)).sum() >= size // 2, (one, other)


def test_that_two_hundred_thousand_points_are_drawn_and_searched_in_little_processor_time() -> None:
    chance, n = np.random.default_rng(0), 200_000
    points = Points(into_unit(chance.normal(size=(n, 2))), chance.integers(0, 6, n).astype(np.int32))
    marks = {code: (0xFF000000 + code, Shape(code)) for code in range(6)}
    none: np.ndarray[tuple[int], np.dtype[np.bool_]] = np.zeros(n, bool)

    def spent(act: object) -> float:
        assert callable(act)
        times = []
        for _ in range(5):
            start = time.process_time()
            act()
            times.append(time.process_time() - start)
        return min(times)

    whole: Ints = points.inside([(0, 0), (1400, 0), (1400, 900), (0, 900)], MapView(), (1400, 900))
    assert whole.size == n
    assert spent(lambda: draw(points, MapView(), (1400, 900), marks, none, 0)) < 0.1
    assert spent(lambda: points.nearest((700, 450), MapView(), (1400, 900), 12)) < 0.05
