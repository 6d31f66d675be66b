"""A picture of any size shown in a widget: cut and scaled to just the pixels that the screen needs."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF
from PySide6.QtGui import QImage, QPainter

from gui.widgets.painting import heat_to_qimage, to_qimage
from inspector.types import HeatMap, Image

MAX_ZOOM = 32.0


class View:
    """Where the picture stands in the widget: zoom 1 fits it; the centre is in shares of the picture."""

    def __init__(self) -> None:
        self.zoom = 1.0
        self.centre = QPointF(0.5, 0.5)

    def reset(self) -> None:
        """Fit the picture into the widget."""
        self.zoom, self.centre = 1.0, QPointF(0.5, 0.5)

    def target(self, picture: QSize, widget: QSizeF) -> QRectF:
        """Return the whole picture's rectangle in the widget's coordinates."""
        scale = self.zoom * min(widget.width() / picture.width(), widget.height() / picture.height())
        width, height = picture.width() * scale, picture.height() * scale
        left = _placed(widget.width(), width, self.centre.x())
        top = _placed(widget.height(), height, self.centre.y())
        return QRectF(left, top, width, height)

    def zoom_at(self, factor: float, at: QPointF, picture: QSize, widget: QSizeF) -> None:
        """Zoom by `factor`; the place under `at` (widget coordinates) stays where it is."""
        before = self.target(picture, widget)
        share = QPointF((at.x() - before.x()) / before.width(), (at.y() - before.y()) / before.height())
        self.zoom = min(MAX_ZOOM, max(1.0, self.zoom * factor))
        after = self.target(picture, widget)
        shift = QPointF(
            (at.x() - after.x()) / after.width() - share.x(), (at.y() - after.y()) / after.height() - share.y()
        )
        self.move(-shift.x(), -shift.y())

    def drag(self, delta: QPointF, picture: QSize, widget: QSizeF) -> None:
        """Follow the pointer by `delta` widget pixels."""
        target = self.target(picture, widget)
        self.move(-delta.x() / target.width(), -delta.y() / target.height())

    def move(self, right: float, down: float) -> None:
        """Shift the centre by shares of the picture, staying within it."""
        self.centre = QPointF(min(1.0, max(0.0, self.centre.x() + right)), min(1.0, max(0.0, self.centre.y() + down)))


def _placed(room: float, length: float, centre: float) -> float:
    """Centre what fits; for what does not, keep the edges outside the widget."""
    if length <= room:
        return (room - length) / 2
    return min(0.0, max(room - length, room / 2 - centre * length))


class Layer:
    """One picture with, perhaps, its evidence. Keeps the last rendering, as most repaints show the same."""

    def __init__(self) -> None:
        self._pixels: Image | None = None
        self._heat: QImage | None = None
        self._rendered = QImage()
        self._key: tuple[int, ...] = ()

    @property
    def size(self) -> QSize:
        """Width and height in pixels; empty without a picture."""
        return QSize() if self._pixels is None else QSize(self._pixels.shape[1], self._pixels.shape[0])

    @property
    def has_heat(self) -> bool:
        """Whether evidence has arrived for this picture."""
        return self._heat is not None

    def set_pixels(self, pixels: Image | None) -> None:
        """Show (H, W, 3) uint8 RGB, or nothing; the evidence of the last picture goes."""
        self._pixels, self._heat, self._key = pixels, None, ()

    def set_heat_map(self, heat_map: HeatMap | None) -> None:
        """Lay evidence (H, W) in the picture's coordinates over it, or none."""
        self._heat = None if heat_map is None else heat_to_qimage(heat_map)

    def paint(self, painter: QPainter, target: QRectF, clip: QRectF, *, heat: bool) -> None:
        """Draw the picture so that the whole of it fills `target`; only what lies in `clip` is scaled."""
        if self._pixels is None or target.isEmpty():
            return
        ratio = painter.device().devicePixelRatio()
        height, width = self._pixels.shape[:2]
        scale = target.width() / width
        seen = target.intersected(clip)
        x0, y0 = int((seen.x() - target.x()) / scale), int((seen.y() - target.y()) / scale)
        x1 = min(width, int(np.ceil((seen.right() - target.x()) / scale)))
        y1 = min(height, int(np.ceil((seen.bottom() - target.y()) / scale)))
        if x1 <= x0 or y1 <= y0:
            return
        place = QRectF(target.x() + x0 * scale, target.y() + y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale)
        size = (max(1, round(place.width() * ratio)), max(1, round(place.height() * ratio)))
        key = (x0, y0, x1, y1, *size)
        if key != self._key:
            self._rendered, self._key = to_qimage(scaled(self._pixels[y0:y1, x0:x1], size)), key
        painter.drawImage(place, self._rendered)
        if heat and self._heat is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            sx, sy = self._heat.width() / width, self._heat.height() / height
            painter.drawImage(place, self._heat, QRectF(x0 * sx, y0 * sy, (x1 - x0) * sx, (y1 - y0) * sy))


def scaled(pixels: Image, size: tuple[int, int]) -> Image:
    """Scale to (width, height): averaged when shrinking, smooth when growing, hard pixels from six times on."""
    import cv2

    height, width = pixels.shape[:2]
    factor = size[0] / width
    step = max(1, int(min(width / size[0], height / size[1]) / 3))
    if step > 1:  # thin out before averaging: a 12 MP frame in a small inset would cost 10 ms otherwise
        pixels = pixels[::step, ::step]
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_NEAREST if factor > 6 else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(pixels), size, interpolation=method).astype(np.uint8, copy=False)
