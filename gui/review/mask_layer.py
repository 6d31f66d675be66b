"""A mask over a picture: half-transparent with a sharp edge, rendered for just the pixels that the screen needs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter

from gui.review.mask_editor_document import Area
from inspector.types import Image

MASK_COLOUR = "#17d4f5"
"""Far from grey metal and from the heat map's reds, also for the colour-blind."""
FILL_ALPHA = 0.36


class MaskLayer:
    """Keeps the mask as it looks in a widget, in the screen's own pixels; after a stroke only its place is rendered.

    A place on the screen is drawn where any pixel under it is defect, so that a one-pixel scratch shows at any zoom.
    """

    def __init__(self) -> None:
        self._mask: Image | None = None
        self._shown = QImage()
        self._target = QRectF()
        self._colours = _colours(QColor(MASK_COLOUR))

    @property
    def has_mask(self) -> bool:
        """Whether there is one, even an empty one."""
        return self._mask is not None

    def set_mask(self, mask: Image | None) -> None:
        """Show (H, W) uint8, non-zero = defect, or nothing. The array is looked at again after `refresh`."""
        self._mask, self._shown = mask, QImage()

    def refresh(self, area: Area) -> QRect:
        """Render the place anew where pixels of the mask have changed. Returns it in the screen's pixels."""
        if self._shown.isNull() or area.empty or self._mask is None:
            return QRect()
        scale = self._target.width() / self._mask.shape[1]
        left, top = self._target.x(), self._target.y()
        place = QRect(
            QPoint(math.floor(left + area.x0 * scale) - 2, math.floor(top + area.y0 * scale) - 2),
            QPoint(math.ceil(left + area.x1 * scale) + 1, math.ceil(top + area.y1 * scale) + 1),
        ).intersected(self._shown.rect())
        if not place.isEmpty():
            painter = QPainter(self._shown)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawImage(place.topLeft(), self._render(place))
            painter.end()
        return place

    def image(self, target: QRectF, size: QSize) -> QImage:
        """Return the mask as it looks on a screen of `size`.

        Args:
            target: Where the whole picture stands, in the screen's pixels.
            size: Width and height of the widget, in the screen's pixels.
        """
        if self._mask is not None and (self._shown.size() != size or self._target != target):
            self._target, self._shown = QRectF(target), QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
            self._shown.fill(0)
            seen = target.toAlignedRect().intersected(self._shown.rect())
            if not seen.isEmpty():
                painter = QPainter(self._shown)
                painter.drawImage(seen.topLeft(), self._render(seen))
                painter.end()
        return self._shown

    def _render(self, place: QRect) -> QImage:
        """Return the pixels of `place`: nothing, fill or edge."""
        import cv2

        assert self._mask is not None  # noqa: S101 - both callers have looked
        wider = place.adjusted(-1, -1, 1, 1)  # the edge needs its neighbours
        covered = _covered(self._mask, self._target, wider)
        inner = cv2.erode(covered, np.ones((3, 3), np.uint8))
        kinds = (covered[1:-1, 1:-1] + (covered > inner)[1:-1, 1:-1]).astype(np.intp)
        pixels = np.ascontiguousarray(self._colours[kinds])
        height, width = pixels.shape
        return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()


def _covered(mask: Image, target: QRectF, place: QRect) -> Image:
    """Return per screen pixel of `place` 1 where any mask pixel under it is defect, else 0."""
    import cv2

    height, width = mask.shape
    scale = target.width() / width
    rows, columns = (
        _edges(place.y(), place.height(), target.y(), scale),
        _edges(place.x(), place.width(), target.x(), scale),
    )
    found = np.zeros((place.height(), place.width()), np.uint8)
    inside = [np.flatnonzero((edges[:-1] >= 0) & (edges[:-1] < n)) for edges, n in ((rows, height), (columns, width))]
    if not inside[0].size or not inside[1].size:
        return found
    y0, y1, x0, x1 = inside[0][0], inside[0][-1] + 1, inside[1][0], inside[1][-1] + 1
    bottom, right = max(rows[y1], rows[y1 - 1] + 1), max(columns[x1], columns[x1 - 1] + 1)
    left, top, wide, high = cv2.boundingRect(mask[rows[y0] : bottom, columns[x0] : right])
    if not wide:
        return found
    top, left = top + rows[y0], left + columns[x0]  # most of a picture is good: only where defect is, is rendered
    y0, y1 = _under(rows[y0:y1], top, top + high) + y0
    x0, x1 = _under(columns[x0:x1], left, left + wide) + x0
    cut = mask[rows[y0] : max(rows[y1], rows[y1 - 1] + 1), columns[x0] : max(columns[x1], columns[x1 - 1] + 1)]
    # `reduceat` takes the greatest from one edge to the next, and just the pixel where several edges are the same
    lines = np.maximum.reduceat(cut, rows[y0:y1] - rows[y0], axis=0)
    across = np.ascontiguousarray(lines.T)
    found[y0:y1, x0:x1] = np.maximum.reduceat(across, columns[x0:x1] - columns[x0], axis=0).T != 0
    return found


def _edges(first: int, count: int, origin: float, scale: float) -> NDArray[np.intp]:
    """Return the first mask pixel under each of `count` screen pixels, and under the one after them."""
    at = np.arange(first, first + count + 1, dtype=np.float64)
    return np.floor((at - origin) / scale + 1e-9).astype(np.intp)


def _under(edges: NDArray[np.intp], first: int, end: int) -> NDArray[np.intp]:
    """Return from which to which screen pixel the mask's pixels `first` to `end` are seen."""
    begin = max(0, int(np.searchsorted(edges, first, side="right")) - 1)
    begin = int(np.searchsorted(edges, edges[begin], side="left"))  # of a magnified pixel the first copy
    return np.array([begin, int(np.searchsorted(edges, end, side="left"))], np.intp)


def _colours(colour: QColor) -> NDArray[np.uint32]:
    """Return nothing, fill and edge as premultiplied ARGB."""
    values = [0]
    for alpha in (FILL_ALPHA, 1.0):
        red, green, blue = (round(alpha * part) for part in (colour.red(), colour.green(), colour.blue()))
        values.append((round(255 * alpha) << 24) | (red << 16) | (green << 8) | blue)
    return np.array(values, np.uint32)
