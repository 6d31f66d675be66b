"""Two pictures that zoom and move as one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.look import Look
from gui.review.compare import CompareView, Shown
from gui.review.mask_layer import MASK_COLOUR
from tests.support import noise_picture


@pytest.fixture
def view(look: Look, qtbot: QtBot) -> Iterator[CompareView]:
    made = CompareView(look)
    made.resize(900, 500)
    made.show()
    qtbot.waitExposed(made)
    mask = np.zeros((60, 80), np.uint8)
    mask[:20, :20] = 255
    heat = np.zeros((120, 160), np.float32)
    heat[:60, :80] = 1.0
    plain = np.full((120, 160, 3), 90, np.uint8)
    made.show_pair(Shown("kept", noise_picture(0, 80, 60), mask), Shown("now", plain, None, heat))
    yield made
    made.close()
    made.deleteLater()
    QApplication.processEvents()


def _shares(target: QRectF, at: QPoint) -> tuple[float, float]:
    return (at.x() - target.x()) / target.width(), (at.y() - target.y()) / target.height()


def test_that_both_show_the_same_place_after_zoom_and_drag(view: CompareView) -> None:
    for _ in range(6):
        view.zoom_in()
    QTest.mousePress(view.right, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    QTest.mouseMove(view.right, QPoint(160, 140))
    QTest.mouseRelease(view.right, Qt.MouseButton.LeftButton, pos=QPoint(160, 140))
    assert view.left.zoom == view.right.zoom > 3
    middle = QPoint(view.left.width() // 2, view.left.height() // 2)
    left, right = _shares(view.left.target(), middle), _shares(view.right.target(), middle)
    assert left == pytest.approx(right)
    assert left != pytest.approx((0.5, 0.5))
    view.zoom_fit()
    assert view.left.zoom == view.right.zoom == 1


def test_that_mask_and_evidence_are_shown_and_hidden_on_both(view: CompareView) -> None:
    left, right = view.left.target().toRect(), view.right.target().toRect()

    def seen() -> tuple[bool, QColor]:
        one, other = view.left.grab().toImage(), view.right.grab().toImage()
        line = {one.pixelColor(x, left.y() + 20).name() for x in range(left.x(), left.right())}
        return MASK_COLOUR in line, other.pixelColor(right.topLeft() + QPoint(40, 40))

    edge, evidence = seen()
    assert edge
    assert evidence != QColor(90, 90, 90)
    view.show_mask(on=False)
    view.show_heat(on=False)
    edge, evidence = seen()
    assert not edge
    assert evidence == QColor(90, 90, 90)


def test_that_a_file_that_has_gone_leaves_an_empty_side_with_its_name(view: CompareView) -> None:
    view.show_pair(Shown("gone.png", None), Shown("now", noise_picture(1, 80, 60)))
    assert view.titles[0].text() == "gone.png"
    assert view.left.target().isEmpty()
    assert not view.right.target().isEmpty()
    view.zoom_in()
    assert view.right.grab().width() > 0
