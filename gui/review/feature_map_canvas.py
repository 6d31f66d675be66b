"""The map itself: the pointer draws a lasso, the wheel zooms, the right button moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.look import Look
from gui.operator.picture import ZOOM_STEP
from gui.review.class_marks import mark_of
from gui.review.feature_map_points import Ints, MapView, Points, draw

REACH_PX = 12
"""So near to a point the pointer means it."""
_CLICK_PX = 4


class MapCanvas(QWidget):
    """Paints the points from one rendered picture; only zooming, moving and choosing render it anew.

    Attributes:
        chosen_changed: Points were chosen by the person.
        pointed: Number of the point under the pointer; -1 for none.
    """

    chosen_changed = Signal()
    pointed = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.points = Points(np.zeros((0, 2), np.float32), np.zeros(0, np.int32))
        self.chosen: NDArray[np.bool_] = np.zeros(0, bool)
        self.view = MapView()
        self.under = -1
        self._picture: QImage | None = None
        self._lasso: list[QPointF] = []
        self._dragged_from: QPointF | None = None
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 160)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        look.changed.connect(self.redraw)

    def show_points(self, points: Points) -> None:
        """Show other points, all of them."""
        self.points, self.chosen, self.under = points, np.zeros(len(points), bool), -1
        self.view = MapView()
        self.redraw()

    def choose(self, numbers: Ints, *, add: bool = False, remove: bool = False) -> None:
        """Choose points instead of, in addition to, or out of those that are chosen."""
        if not add and not remove:
            self.chosen[:] = False
        self.chosen[numbers] = not remove
        self.redraw()

    @Slot()
    def redraw(self) -> None:
        """Render everything anew."""
        self._picture = None
        self.update()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom; the place under `at` (the middle where not given) stays where it is."""
        at = QPointF(self.width() / 2, self.height() / 2) if at is None else at
        self.view.zoom_at(factor, at.x(), at.y(), self.width(), self.height())
        self.redraw()

    def zoom_fit(self) -> None:
        """Show the whole map."""
        self.view = MapView()
        self.redraw()

    def place_of(self, number: int) -> QPointF:
        """Return where a point stands in the widget."""
        x, y = self.points.place(number, self.view, self._size)
        return QPointF(x, y)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's own hook."""
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.fillRect(event.rect(), QColor(self._look.theme.surface))
        if self._picture is None:
            self._picture = self._render()
        painter.drawImage(self.rect(), self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focus = QColor(self._look.theme.focus)
        if self._lasso:
            soft = QColor(focus)
            soft.setAlphaF(0.15)
            painter.setPen(QPen(focus, 2))
            painter.setBrush(soft)
            painter.drawPolygon(QPolygonF(self._lasso))
        if self.under >= 0:
            painter.setPen(QPen(QColor(self._look.theme.ink), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.place_of(self.under), REACH_PX, REACH_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's own hook."""
        super().resizeEvent(event)
        self.redraw()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's own hook: zoom where the pointer is."""
        self.zoom_by(ZOOM_STEP ** (event.angleDelta().y() / 120), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: begin a lasso, or take the map."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._lasso = [event.position()]
        else:
            self._dragged_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: draw on, move on, or point."""
        if self._lasso:
            self._lasso.append(event.position())
            self.update()
        elif self._dragged_from is not None:
            delta, self._dragged_from = event.position() - self._dragged_from, event.position()
            factor = self.view.factor(self.width(), self.height())
            self.view.move(-delta.x() / factor, -delta.y() / factor)
            self.redraw()
        else:
            self._point_at(self._nearest(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: choose what is inside; a click chooses the one under the pointer."""
        self._dragged_from = None
        lasso, self._lasso = self._lasso, []
        if not lasso:
            return
        across = QPolygonF(lasso).boundingRect()
        if max(across.width(), across.height()) <= _CLICK_PX:
            number = self._nearest(event.position())
            found = np.array([number] if number >= 0 else [], np.int64)
        else:
            found = self.points.inside([(round(at.x()), round(at.y())) for at in lasso], self.view, self._size)
        held = event.modifiers()
        add = bool(held & Qt.KeyboardModifier.ShiftModifier)
        remove = not add and bool(held & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier))
        self.choose(found, add=add, remove=remove)
        self.chosen_changed.emit()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Qt's own hook: show the whole map."""
        self.zoom_fit()

    def leaveEvent(self, event: QEvent) -> None:
        """Qt's own hook."""
        super().leaveEvent(event)
        self._point_at(-1)

    @property
    def _size(self) -> tuple[int, int]:
        return self.width(), self.height()

    def _nearest(self, at: QPointF) -> int:
        return self.points.nearest((at.x(), at.y()), self.view, self._size, REACH_PX)

    def _point_at(self, number: int) -> None:
        if number == self.under:
            return
        before = self._ring(self.under)
        self.under = number
        self.update(before.united(self._ring(number)))
        self.pointed.emit(number)

    def _ring(self, number: int) -> QRect:
        if number < 0:
            return QRect()
        corner = self.place_of(number).toPoint()
        reach = REACH_PX + 3
        return QRect(corner.x() - reach, corner.y() - reach, 2 * reach, 2 * reach)

    def _render(self) -> QImage:
        theme = self._look.theme
        marks = {code: mark_of(code, theme) for code in self.points.counts}
        inks = {code: (QColor(mark.colour).rgba(), mark.shape) for code, mark in marks.items()}
        pixels = draw(self.points, self.view, self._size, inks, self.chosen, QColor(theme.ink).rgba())
        height, width = pixels.shape
        size = QSize(width, height)
        return QImage(pixels.data, size.width(), size.height(), 4 * width, QImage.Format.Format_ARGB32).copy()
