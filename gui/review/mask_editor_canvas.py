"""The picture under the tools of the mask editor."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QWidget

from gui.look import Look
from gui.review.canvas import Canvas
from gui.review.mask_editor_document import Area, MaskDocument, Point
from gui.review.mask_editor_tools import ToolBox, larger, smaller
from gui.review.mask_layer import MASK_COLOUR
from inspector.types import Image

_CATCH_PX = 10
"""So near to a polygon's first corner, on the screen, a click closes it."""


class MaskCanvas(Canvas):
    """Draws on a mask: the left button draws, the right one the opposite, the middle one (or Space) moves the picture.

    Attributes:
        drawn: The mask or what is begun has changed.
        resized: The brush has another size.
    """

    drawn = Signal()
    resized = Signal()

    def __init__(self, look: Look, tools: ToolBox, parent: QWidget | None = None) -> None:
        super().__init__(look, parent)
        self._tools = tools
        self._document: MaskDocument | None = None
        self._drawing = False
        self._pointer: QPointF | None = None
        self._marked = QRect()
        self.hand = False
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def show_document(self, pixels: Image, document: MaskDocument) -> None:
        """Edit a mask over its picture."""
        self._document, self._drawing = document, False
        self.show_picture(pixels, document.pixels)
        self.zoom_fit()

    def take_hand(self, *, on: bool) -> None:
        """While on, the left button moves the picture."""
        self.hand = on
        self.setCursor(Qt.CursorShape.OpenHandCursor if on else Qt.CursorShape.CrossCursor)
        self.refresh_tool()

    def finish_deed(self, area: Area) -> None:
        """Repaint an area, and end the deed."""
        if self._document is not None:
            self._document.finish()
        self.mask_changed(area)
        self.refresh_tool()
        self.drawn.emit()

    def refresh_tool(self) -> None:
        """Repaint outline and brush circle where they were and where they are."""
        marks = self._marks()
        self.update(self._marked.united(marks))
        self._marked = marks

    def pixel_at(self, position: QPointF) -> Point:
        """Return the mask's pixel under a place of the widget; outside the picture it lies outside the mask."""
        target, size = self.target(), self.picture_size
        return (
            math.floor((position.x() - target.x()) * size.width() / target.width()),
            math.floor((position.y() - target.y()) * size.height() / target.height()),
        )

    def place_of(self, point: Point, *, middle: bool = False) -> QPointF:
        """Return where the upper left corner (or the middle) of a mask pixel stands in the widget."""
        target, scale = self.target(), self._scale
        more = 0.5 if middle else 0.0
        return QPointF(target.x() + (point[0] + more) * scale, target.y() + (point[1] + more) * scale)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: draw, or take the picture."""
        button = event.button()
        if self._document is None or button == Qt.MouseButton.MiddleButton or self.hand:
            super().mousePressEvent(event)
            return
        if button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton) or self._drawing:
            return
        self._drawing = True
        self._tools.catch(_CATCH_PX / self._scale)
        value = self._tools.value(opposite=button == Qt.MouseButton.RightButton)
        self.mask_changed(self._tools.tool.press(self._document, self.pixel_at(event.position()), value))
        self._point_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: draw on."""
        if self._drawing and self._document is not None:
            self.mask_changed(self._tools.tool.move(self._document, self.pixel_at(event.position())))
        else:
            super().mouseMoveEvent(event)
        self._point_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: the deed is done."""
        super().mouseReleaseEvent(event)
        if self._drawing and self._document is not None:
            self._drawing = False
            self.finish_deed(self._tools.tool.release(self._document, self.pixel_at(event.position())))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: two quick dabs are two dabs."""
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's own hook: zoom; with Ctrl the brush's size."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            self._marked = self.rect()
            return
        if event.angleDelta().y():
            step = larger if event.angleDelta().y() > 0 else smaller
            self._tools.brush.resize(step(self._tools.brush.diameter))
            self.refresh_tool()
            self.resized.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """Qt's own hook: no circle where no pointer is."""
        super().leaveEvent(event)
        self._pointer = None
        self.refresh_tool()

    def paint_above(self, painter: QPainter) -> None:
        """Paint what is begun, and the brush's circle."""
        corners = [self.place_of(point, middle=not self._is_box) for point in self._tools.tool.outline]
        for colour, width in ((QColor(0, 0, 0, 170), 4.0), (QColor(MASK_COLOUR), 2.0)):
            painter.setPen(QPen(colour, width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if self._is_box and corners:
                painter.drawPolygon(QPolygonF(corners))
            elif corners:
                painter.drawPolyline(QPolygonF([*corners, *([self._pointer] if self._pointer else [])]))
                for number, corner in enumerate(corners):
                    painter.drawEllipse(corner, 5 if number == 0 else 3, 5 if number == 0 else 3)
        circle = self._circle()
        if circle is not None:
            for colour, width in ((QColor(0, 0, 0, 170), 3.0), (QColor("#ffffff"), 1.4)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(circle)

    @property
    def _scale(self) -> float:
        """Screen pixels per mask pixel."""
        return self.target().width() / max(1, self.picture_size.width())

    @property
    def _is_box(self) -> bool:
        return len(self._tools.tool.outline) == 4 and self._tools.name == "box"

    def _circle(self) -> QRectF | None:
        if self._pointer is None or self._document is None or not self._tools.round or self.hand:
            return None
        reach = max(self._tools.brush.diameter * self._scale / 2, 1.5)
        return QRectF(self._pointer.x() - reach, self._pointer.y() - reach, 2 * reach, 2 * reach)

    def _point_at(self, position: QPointF) -> None:
        self._pointer = position
        self.refresh_tool()

    def _marks(self) -> QRect:
        """Return the smallest rectangle with everything that `paint_above` paints."""
        if self.target().isEmpty():
            return QRect()
        places = [self.place_of(point) for point in self._tools.tool.outline]
        marks = QRect()
        if places:
            if self._pointer is not None:
                places.append(self._pointer)
            marks = QPolygonF(places).boundingRect().toAlignedRect()
            marks.adjust(-9, -9, 9 + math.ceil(self._scale), 9 + math.ceil(self._scale))
        circle = self._circle()
        return marks if circle is None else marks.united(circle.toAlignedRect().adjusted(-3, -3, 3, 3))
