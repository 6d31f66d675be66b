"""The mask editor: every tool by pointer and keyboard, exact in the picture's own pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QKeySequence, QShortcut, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.look import Look
from gui.review.mask_editor import MaskEditor
from gui.review.mask_editor_document import DEFECT, Area
from gui.review.mask_editor_tools import ToolName
from gui.review.mask_layer import MaskLayer
from gui.stylesheet import MIN_TARGET_PX
from inspector.types import Image
from tests.support import noise_picture

WAIT_MS = 5000
Left, Right, Middle = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton


class Desk:
    """An editor and a hand."""

    def __init__(self, editor: MaskEditor) -> None:
        self.editor, self.canvas = editor, editor.canvas

    @property
    def mask(self) -> Image:
        return self.editor.document.pixels

    def at(self, x: int, y: int) -> QPoint:
        """Where the middle of a mask pixel stands on the screen."""
        return self.canvas.place_of((x, y), middle=True).toPoint()

    def draw(self, *points: tuple[int, int], button: Qt.MouseButton = Left) -> None:
        QTest.mousePress(self.canvas, button, pos=self.at(*points[0]))
        for point in points[1:]:
            QTest.mouseMove(self.canvas, self.at(*point))
        QTest.mouseRelease(self.canvas, button, pos=self.at(*points[-1]))

    def click(self, *points: tuple[int, int]) -> None:
        for point in points:
            QTest.mouseClick(self.canvas, Left, pos=self.at(*point))

    def keys(self, *keys: Qt.Key | str, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        for key in keys:
            QTest.keyClick(self.editor, Qt.Key(ord(key.upper())) if isinstance(key, str) else key, held)

    def wheel(self, x: int, y: int, delta: int, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        at = QPointF(self.at(x, y))
        none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        to = self.canvas.mapToGlobal(at)
        event = QWheelEvent(at, to, QPoint(), QPoint(0, delta), none, held, phase, False)
        QApplication.sendEvent(self.canvas, event)


@pytest.fixture
def desk(look: Look, qtbot: QtBot) -> Iterator[Desk]:
    editor = MaskEditor(look)
    editor.resize(900, 640)
    editor.show()
    editor.activateWindow()
    qtbot.waitUntil(editor.isActiveWindow, timeout=WAIT_MS)
    editor.edit(noise_picture(0, 80, 60))
    yield Desk(editor)
    editor.close()
    editor.deleteLater()
    QApplication.processEvents()


def test_that_the_brush_draws_where_the_pointer_goes_and_the_right_button_takes_away(desk: Desk) -> None:
    desk.editor.tools.brush.resize(1)
    desk.draw((10, 20), (30, 20))
    wanted = np.zeros((60, 80), np.uint8)
    wanted[20, 10:31] = DEFECT
    np.testing.assert_array_equal(desk.mask, wanted)
    desk.draw((15, 20), (18, 20), button=Right)
    wanted[20, 15:19] = 0
    np.testing.assert_array_equal(desk.mask, wanted)
    desk.keys("e")
    desk.draw((10, 20), (12, 20))
    wanted[20, 10:13] = 0
    np.testing.assert_array_equal(desk.mask, wanted)


def test_that_a_zoomed_and_moved_picture_is_drawn_on_at_the_same_pixels(desk: Desk) -> None:
    desk.editor.tools.brush.resize(1)
    for _ in range(12):
        desk.wheel(50, 30, 120)
    assert desk.canvas.zoom > 8
    before = desk.canvas.target().topLeft()
    QTest.mousePress(desk.canvas, Middle, pos=desk.at(50, 30))
    QTest.mouseMove(desk.canvas, desk.at(50, 30) + QPoint(40, 25))
    QTest.mouseRelease(desk.canvas, Middle, pos=desk.at(50, 30) + QPoint(40, 25))
    assert desk.canvas.target().topLeft() != before
    assert not desk.mask.any()
    desk.draw((50, 30), (52, 30))
    wanted = np.zeros((60, 80), np.uint8)
    wanted[30, 50:53] = DEFECT
    np.testing.assert_array_equal(desk.mask, wanted)


def test_that_a_held_space_moves_the_picture_and_draws_nothing(desk: Desk) -> None:
    desk.keys("+", "+", "+")
    before = desk.canvas.target().topLeft()
    QTest.keyPress(desk.editor, Qt.Key.Key_Space)
    desk.draw((40, 30), (45, 33))
    QTest.keyRelease(desk.editor, Qt.Key.Key_Space)
    assert not desk.mask.any()
    assert desk.canvas.target().topLeft() != before
    desk.click((40, 30))
    assert desk.mask.any()


def test_that_brackets_and_ctrl_wheel_change_the_brush(desk: Desk) -> None:
    brush, first = desk.editor.tools.brush, desk.editor.tools.brush.diameter
    desk.keys("]", "]")
    assert brush.diameter > first + 1
    desk.keys("[", "[")
    assert brush.diameter == pytest.approx(first, abs=1)
    zoom = desk.canvas.zoom
    desk.wheel(10, 10, -120, Qt.KeyboardModifier.ControlModifier)
    assert brush.diameter < first
    assert desk.canvas.zoom == zoom
    for _ in range(60):
        desk.keys("[")
    assert brush.diameter == 1


def test_that_a_polygon_takes_corners_back_and_closes_by_enter(desk: Desk) -> None:
    desk.keys("p")
    desk.click((10, 10), (30, 10), (30, 40), (70, 50))
    desk.keys(Qt.Key.Key_Backspace)
    assert list(desk.editor.tools.tool.outline) == [(10, 10), (30, 10), (30, 40)]
    assert not desk.mask.any()
    desk.keys(Qt.Key.Key_Return)
    assert desk.mask[12, 28] == DEFECT
    assert desk.mask[38, 12] == 0
    assert desk.mask[10, 10:31].all()
    assert not list(desk.editor.tools.tool.outline)


def test_that_a_click_on_the_first_corner_closes_the_polygon(desk: Desk) -> None:
    desk.keys("p")
    desk.click((10, 10), (40, 10), (40, 40), (10, 10))
    assert not list(desk.editor.tools.tool.outline)
    assert desk.mask[15, 35] == DEFECT
    desk.keys(Qt.Key.Key_Z, held=Qt.KeyboardModifier.ControlModifier)
    assert not desk.mask.any()


def test_that_a_box_holds_both_corners_whatever_way_it_was_drawn(desk: Desk) -> None:
    desk.keys("r")
    desk.draw((50, 40), (20, 30), (12, 25))
    wanted = np.zeros((60, 80), np.uint8)
    wanted[25:41, 12:51] = DEFECT
    np.testing.assert_array_equal(desk.mask, wanted)


def test_that_an_outline_is_filled_by_one_click(desk: Desk) -> None:
    desk.editor.tools.brush.resize(1)
    desk.draw((10, 10), (30, 10), (30, 30), (10, 30), (10, 10))
    desk.keys("g")
    desk.click((20, 20))
    assert desk.mask[10:31, 10:31].all()
    assert int((desk.mask == DEFECT).sum()) == 21 * 21


def test_that_clear_and_all_can_be_undone(desk: Desk) -> None:
    desk.draw((10, 10), (30, 10))
    drawn = desk.mask.copy()
    desk.keys(Qt.Key.Key_Delete)
    assert not desk.mask.any()
    desk.keys(Qt.Key.Key_Delete, held=Qt.KeyboardModifier.ShiftModifier)
    assert desk.mask.all()
    desk.keys("u", "u")
    np.testing.assert_array_equal(desk.mask, drawn)
    desk.keys(Qt.Key.Key_Y, held=Qt.KeyboardModifier.ControlModifier)
    assert not desk.mask.any()


def test_that_saving_gives_the_exact_mask_once_and_an_unchanged_one_not_at_all(desk: Desk, qtbot: QtBot) -> None:
    saved: list[Image] = []
    desk.editor.saved.connect(saved.append)
    desk.draw((10, 10), (30, 22), (60, 50))
    with qtbot.waitSignal(desk.editor.left, timeout=WAIT_MS):
        desk.keys(Qt.Key.Key_Return)
    np.testing.assert_array_equal(saved[0], desk.mask)
    assert saved[0].dtype == np.uint8
    assert saved[0].shape == (60, 80)
    with qtbot.waitSignal(desk.editor.left, timeout=WAIT_MS):
        desk.keys(Qt.Key.Key_Return)
    assert len(saved) == 1
    desk.editor.edit(noise_picture(1, 80, 60), saved[0])
    np.testing.assert_array_equal(desk.mask, saved[0])


def test_that_escape_forgets_what_is_begun_then_warns_then_leaves(desk: Desk) -> None:
    left: list[bool] = []
    desk.editor.left.connect(lambda: left.append(True))
    desk.draw((10, 10), (30, 10))
    desk.keys("p")
    desk.click((10, 10), (40, 10))
    desk.keys(Qt.Key.Key_Escape)
    assert not list(desk.editor.tools.tool.outline)
    desk.keys(Qt.Key.Key_Escape)
    assert left == []
    assert "not saved" in desk.editor._hint.text()
    desk.keys(Qt.Key.Key_Escape)
    assert left == [True]


def test_that_no_letter_reaches_the_page_around_the_editor(look: Look, qtbot: QtBot) -> None:
    page = QWidget()
    editor = MaskEditor(look)
    QVBoxLayout(page).addWidget(editor)
    reached: list[str] = []
    for name in ("B", "5", "U", "Esc", "F9"):
        QShortcut(QKeySequence(name), page).activated.connect(lambda name=name: reached.append(name))
    page.resize(900, 640)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=WAIT_MS)
    editor.edit(noise_picture(0, 80, 60))
    editor.polygon()
    for key in (Qt.Key.Key_B, Qt.Key.Key_5, Qt.Key.Key_U, Qt.Key.Key_Escape, Qt.Key.Key_F9):
        QTest.keyClick(page.windowHandle(), key)  # as the window system gives it: through shortcuts first
    assert reached == ["F9"]
    assert editor.tools.name is ToolName.BRUSH
    page.close()
    page.deleteLater()
    QApplication.processEvents()


actions = st.lists(
    st.one_of(
        st.tuples(st.just("draw"), st.lists(st.tuples(st.integers(0, 79), st.integers(0, 59)), min_size=1, max_size=4)),
        st.tuples(st.just("key"), st.sampled_from(["b", "e", "p", "r", "g", "[", "]", "u", "\b", "\r_"])),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(actions)
def test_that_undoing_everything_brings_back_the_first_mask_whatever_was_done(
    desk: Desk, sequence: list[tuple[str, object]]
) -> None:
    first = (np.random.default_rng(1).random((60, 80)) < 0.2).astype(np.uint8) * 255
    desk.editor.edit(noise_picture(0, 80, 60), first)
    for kind, what in sequence:
        if kind == "draw":
            desk.draw(*what)  # type: ignore[misc]
        elif what == "\b":
            desk.keys(Qt.Key.Key_Backspace)
        elif what == "\r_" and desk.editor.tools.tool.outline:
            desk.keys(Qt.Key.Key_Return)
        else:
            desk.keys(str(what)[0])
    desk.editor.tools.tool.abandon()
    last = desk.mask.copy()
    undone = 0
    while desk.editor.document.can_undo:
        desk.editor.undo()
        undone += 1
    np.testing.assert_array_equal(desk.mask, first)
    for _ in range(undone):
        desk.editor.redo()
    np.testing.assert_array_equal(desk.mask, last)


def _bytes(image: QImage) -> Image:
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4).copy()


@given(st.integers(0, 10**6), st.floats(0.05, 9.0), st.floats(-300, 40), st.floats(-300, 40))
def test_that_a_stroke_repainted_in_its_place_looks_as_if_all_were_repainted(
    seed: int, scale: float, left: float, top: float
) -> None:
    draw = np.random.default_rng(seed)
    mask = ((draw.random((200, 300)) < 0.01) * 255).astype(np.uint8)
    target, size = QRectF(left, top, 300 * scale, 200 * scale), QSize(220, 160)
    layer, fresh = MaskLayer(), MaskLayer()
    layer.set_mask(mask)
    layer.image(target, size)
    x, y = int(draw.integers(0, 280)), int(draw.integers(0, 180))
    mask[y : y + 17, x : x + 13] ^= 255
    layer.refresh(Area(x, y, x + 13, y + 17))
    fresh.set_mask(mask)
    np.testing.assert_array_equal(_bytes(layer.image(target, size)), _bytes(fresh.image(target, size)))


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.002, 0.02, 0.3]), st.floats(0.08, 7.0))
def test_that_a_place_on_the_screen_is_drawn_where_any_pixel_under_it_is_defect(
    seed: int, share: float, scale: float
) -> None:
    draw = np.random.default_rng(seed)
    mask = ((draw.random((20, 30)) < share) * 255).astype(np.uint8)
    left, top = draw.uniform(-40, 20, 2).tolist()
    size = QSize(int(draw.integers(1, 40)), int(draw.integers(1, 30)))
    layer = MaskLayer()
    layer.set_mask(mask)
    shown = _bytes(layer.image(QRectF(left, top, 30 * scale, 20 * scale), size))[..., 3] > 0
    rows, columns = (
        np.floor((np.arange(n + 1) - origin) / scale + 1e-9).astype(int)
        for n, origin in ((size.height(), top), (size.width(), left))
    )
    for y in range(size.height()):
        for x in range(size.width()):
            inside = 0 <= rows[y] < 20 and 0 <= columns[x] < 30
            under = mask[rows[y] : max(rows[y] + 1, rows[y + 1]), columns[x] : max(columns[x] + 1, columns[x + 1])]
            assert shown[y, x] == (inside and bool(under.any()))


def test_that_a_single_pixel_shows_in_a_picture_twenty_times_larger_than_the_screen() -> None:
    mask = np.zeros((3000, 4000), np.uint8)
    mask[1234, 2345] = 255
    layer = MaskLayer()
    layer.set_mask(mask)
    shown = _bytes(layer.image(QRectF(0, 0, 200, 150), QSize(200, 150)))
    assert np.argwhere(shown[..., 3]).tolist() == [[61, 117]]


def test_that_buttons_are_large_enough_and_written_in_the_language_of_the_window(desk: Desk, look: Look) -> None:
    english = desk.editor._save.text()
    look.set_language("zh_CN")
    QApplication.processEvents()
    assert desk.editor._save.text() != english
    for made in desk.editor._tool_buttons.values():
        assert made.height() >= MIN_TARGET_PX
