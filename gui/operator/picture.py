"""The large picture: the judged part with its evidence, and the live picture small in the lower right corner.

A click on the small one, or L, exchanges the two.
"""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.look import Look
from gui.widgets.layer import Layer, View
from inspector.types import HeatMap, Image

INSET_SHARE = 0.27
"""Width of the inset as a share of the picture's."""
ZOOM_STEP = 1.25


class LiveRate:
    """How many live pictures were really painted in the last second."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=120)
        self.total = 0

    def count(self) -> None:
        """Call once per painted live picture."""
        self._times.append(time.monotonic())
        self.total += 1

    @property
    def fps(self) -> float:
        """Painted live pictures per second, over the last second."""
        since = time.monotonic() - 1.0
        return float(sum(moment > since for moment in self._times))


class Inset(QWidget):
    """The small picture; a click exchanges it with the large one."""

    clicked = Signal()
    painted = Signal()

    def __init__(self, parent: QWidget, layer: Layer) -> None:
        super().__init__(parent)
        self.layer = layer
        self.caption = ""
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        painter = QPainter(self)
        box = QRectF(self.rect())
        painter.fillRect(box, QColor("#000000"))
        if not self.layer.size.isEmpty():
            target = View().target(self.layer.size, box.size())
            self.layer.paint(painter, target, box, heat=False)
        painter.setPen(QPen(QColor("#d8dde1"), 2))
        painter.drawRect(box.adjusted(1, 1, -1, -1))
        _draw_tag(painter, self.caption, QPointF(box.x() + 6, box.y() + 6), self.font())
        self.painted.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook."""
        event.accept()
        self.clicked.emit()


class PictureView(QWidget):
    """Shows a judged part with zoom, pan and evidence, and the live picture as an inset.

    Attributes:
        rate: Counts painted live pictures.
    """

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._part, self._live = Layer(), Layer()
        self._view = View()
        self._linked: PictureView | None = None
        self._heat_on, self._live_large = True, False
        self._dragged_from: QPointF | None = None
        self._unpainted_live = False
        self._part_caption, self._live_caption = "", ""
        self.rate = LiveRate()
        self._inset = Inset(self, self._live)
        self._inset.painted.connect(self._on_inset_painted)
        self._inset.clicked.connect(self.toggle_live)
        self._inset.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 200)
        look.changed.connect(self.update)

    @property
    def heat_on(self) -> bool:
        """Whether evidence is shown where there is some."""
        return self._heat_on

    @property
    def heat_visible(self) -> bool:
        """Whether evidence is on the screen just now."""
        return self._heat_on and self._part.has_heat and not self._live_large

    @property
    def live_large(self) -> bool:
        """Whether the live picture is the large one."""
        return self._live_large

    def set_captions(self, *, tag: str, live: str) -> None:
        """Set what stands in the corners: `tag` over the judged part, `live` over the live picture."""
        self._part_caption, self._live_caption = tag, live
        self._place_captions()

    def show_part(self, pixels: Image | None, heat_map: HeatMap | None = None) -> None:
        """Show a judged view; the zoom stays, so that the eye stays on its place."""
        if pixels is None or QSize(pixels.shape[1], pixels.shape[0]) != self._part.size:
            self._view.reset()
        self._part.set_pixels(pixels)
        self._part.set_heat_map(heat_map)
        self._redraw(live=False)

    def show_heat_map(self, heat_map: HeatMap) -> None:
        """Lay evidence that arrived later over the judged view; nothing moves."""
        self._part.set_heat_map(heat_map)
        self._redraw(live=False)

    def show_live(self, pixels: Image) -> None:
        """Show the newest live picture."""
        self._live.set_pixels(pixels)
        self._unpainted_live = True
        if not self._inset.isVisible():
            self._place_inset()
            self._inset.show()
        self._redraw(live=True)

    def link(self, other: PictureView) -> None:
        """Zoom and move together with another picture from now on."""
        self._linked, other._linked = other, self
        other._view = self._view

    def toggle_heat_map(self) -> None:
        """Show or hide evidence."""
        self._heat_on = not self._heat_on
        self.update()

    def toggle_live(self) -> None:
        """Exchange the live picture and the judged one."""
        self._live_large = not self._live_large
        self._inset.layer = self._part if self._live_large else self._live
        self._view.reset()
        self._place_inset()
        self._place_captions()

    def zoom_in(self) -> None:
        """Zoom in on the middle."""
        self._zoom(ZOOM_STEP, QPointF(self.width() / 2, self.height() / 2))

    def zoom_out(self) -> None:
        """Zoom out from the middle."""
        self._zoom(1 / ZOOM_STEP, QPointF(self.width() / 2, self.height() / 2))

    def zoom_fit(self) -> None:
        """Show the whole picture."""
        self._view.reset()
        self._moved()

    @property
    def zoom(self) -> float:
        """1 shows the whole picture."""
        return self._view.zoom

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        painter = QPainter(self)
        box = QRectF(self.rect())
        painter.fillRect(box, QColor(self._look.theme.picture))
        layer = self._large
        if not layer.size.isEmpty():
            layer.paint(painter, self._view.target(layer.size, box.size()), box, heat=self._heat_on)
        if self._live_large:
            self._count_live()
        caption = self._live_caption if self._live_large else self._part_caption
        _draw_tag(painter, caption, QPointF(self._look.px(12), self._look.px(12)), self.font())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's own hook."""
        super().resizeEvent(event)
        self._place_inset()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's own hook: zoom where the pointer is."""
        steps = event.angleDelta().y() / 120
        self._zoom(ZOOM_STEP**steps, event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: begin to drag."""
        self._dragged_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: drag."""
        if self._dragged_from is None or self._large.size.isEmpty():
            return
        delta = event.position() - self._dragged_from
        self._dragged_from = event.position()
        self._view.drag(delta, self._large.size, QSizeF(self.size()))
        self._moved()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Qt's own hook: end of the drag."""
        self._dragged_from = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Qt's own hook: fit again."""
        self.zoom_fit()

    @property
    def _large(self) -> Layer:
        return self._live if self._live_large else self._part

    def _place_captions(self) -> None:
        self._inset.caption = self._part_caption if self._live_large else self._live_caption
        self._inset.update()
        self.update()

    def _redraw(self, *, live: bool) -> None:
        """Repaint just the widget that shows the live picture, or the judged one."""
        widget = self if live == self._live_large else self._inset
        widget.update()

    @Slot()
    def _on_inset_painted(self) -> None:
        if not self._live_large:
            self._count_live()

    def _count_live(self) -> None:
        if self._unpainted_live:
            self._unpainted_live = False
            self.rate.count()

    def _zoom(self, factor: float, at: QPointF) -> None:
        if not self._large.size.isEmpty():
            self._view.zoom_at(factor, at, self._large.size, QSizeF(self.size()))
            self._moved()

    def _moved(self) -> None:
        self.update()
        if self._linked is not None:
            self._linked.update()

    def _place_inset(self) -> None:
        width = max(160, round(self.width() * INSET_SHARE))
        size = self._inset.layer.size
        shape = size.height() / size.width() if not size.isEmpty() else 0.75
        height = min(round(width * shape), round(self.height() * 0.4))
        width = min(width, round(height / shape)) if shape else width
        margin = self._look.px(12)
        self._inset.setGeometry(self.width() - width - margin, self.height() - height - margin, width, height)


def _draw_tag(painter: QPainter, text: str, at: QPointF, font: QFont) -> None:
    """Write on a dark ground, readable over any picture."""
    if not text:
        return
    painter.setFont(font)
    metrics = painter.fontMetrics()
    box = QRectF(at.x(), at.y(), metrics.horizontalAdvance(text) + 16, metrics.height() + 8)
    painter.fillRect(box, QColor(0, 0, 0, 170))
    painter.setPen(QColor("#ffffff"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
