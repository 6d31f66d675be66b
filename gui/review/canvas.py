"""A picture with its mask and its evidence, to zoom and move; several canvases can move as one."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.look import Look
from gui.operator.picture import ZOOM_STEP
from gui.review.mask_editor_document import Area
from gui.review.mask_layer import MaskLayer
from gui.widgets.layer import Layer, View
from inspector.types import HeatMap, Image


class Canvas(QWidget):
    """Shows one picture; the wheel zooms where the pointer is, a drag moves, a double click shows the whole."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._layer, self._mask = Layer(), MaskLayer()
        self._view = View()
        self._linked: list[Canvas] = []
        self._dragged_from: QPointF | None = None
        self._mask_on, self._heat_on = True, True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        look.changed.connect(self.update)

    @property
    def picture_size(self) -> QSize:
        """Width and height of the picture in pixels; empty without one."""
        return self._layer.size

    @property
    def zoom(self) -> float:
        """1 shows the whole picture."""
        return self._view.zoom

    @property
    def mask_on(self) -> bool:
        """Whether the mask is shown where there is one."""
        return self._mask_on

    @property
    def heat_on(self) -> bool:
        """Whether evidence is shown where there is some."""
        return self._heat_on

    def show_picture(self, pixels: Image | None, mask: Image | None = None, heat: HeatMap | None = None) -> None:
        """Show a picture (H, W, 3) uint8 RGB with mask (H, W) uint8 and evidence (H, W), or nothing.

        The zoom stays where the size stays, so that the eye stays on its place.
        """
        before = self._layer.size
        self._layer.set_pixels(pixels)
        self._layer.set_heat_map(heat)
        self._mask.set_mask(mask if pixels is not None else None)
        if self._layer.size != before:
            self._view.reset()
        self.update()

    def show_mask(self, *, on: bool) -> None:
        """Show or hide the mask."""
        self._mask_on = on
        self.update()

    def show_heat(self, *, on: bool) -> None:
        """Show or hide evidence."""
        self._heat_on = on
        self.update()

    def mask_changed(self, area: Area) -> None:
        """Repaint the place where the shown mask has new pixels, and nothing else."""
        place = self._mask.refresh(area)
        if place.isEmpty():
            return
        ratio = self.devicePixelRatioF()
        seen = QRectF(place.x() / ratio, place.y() / ratio, place.width() / ratio, place.height() / ratio)
        self.update(seen.toAlignedRect())

    def link(self, other: Canvas) -> None:
        """Zoom and move together with another canvas from now on."""
        other._view = self._view
        self._linked.append(other)
        other._linked.append(self)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom; the place under `at` (the middle where not given) stays where it is."""
        if not self._layer.size.isEmpty():
            middle = QPointF(self.width() / 2, self.height() / 2)
            self._view.zoom_at(factor, middle if at is None else at, self._layer.size, QSizeF(self.size()))
            self._moved()

    def zoom_fit(self) -> None:
        """Show the whole picture."""
        self._view.reset()
        self._moved()

    def move_by(self, delta: QPointF) -> None:
        """Follow the pointer by `delta` widget pixels."""
        if not self._layer.size.isEmpty():
            self._view.drag(delta, self._layer.size, QSizeF(self.size()))
            self._moved()

    def target(self) -> QRectF:
        """Return where the whole picture stands in the widget; empty without one."""
        return QRectF() if self._layer.size.isEmpty() else self._view.target(self._layer.size, QSizeF(self.size()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's own hook."""
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.fillRect(event.rect(), QColor(self._look.theme.picture))
        target = self.target()
        if target.isEmpty():
            return
        self._layer.paint(painter, target, QRectF(self.rect()), heat=self._heat_on)
        if self._mask_on and self._mask.has_mask:
            self._paint_mask(painter, target)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_above(painter)

    def paint_above(self, painter: QPainter) -> None:
        """Paint what stands above picture and mask: nothing here, a tool's outline in an editor."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's own hook: zoom where the pointer is."""
        self.zoom_by(ZOOM_STEP ** (event.angleDelta().y() / 120), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: begin to drag."""
        self._dragged_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: drag."""
        if self._dragged_from is not None:
            delta, self._dragged_from = event.position() - self._dragged_from, event.position()
            self.move_by(delta)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Qt's own hook: end of the drag."""
        self._dragged_from = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Qt's own hook: show the whole."""
        self.zoom_fit()

    def _paint_mask(self, painter: QPainter, target: QRectF) -> None:
        ratio = self.devicePixelRatioF()
        fine = QRectF(target.x() * ratio, target.y() * ratio, target.width() * ratio, target.height() * ratio)
        image = self._mask.image(fine, QSize(round(self.width() * ratio), round(self.height() * ratio)))
        painter.drawImage(QRectF(0, 0, image.width() / ratio, image.height() / ratio), image)

    def _moved(self) -> None:
        self.update()
        for other in self._linked:
            other.update()
