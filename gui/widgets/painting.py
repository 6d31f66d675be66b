"""Shapes and pictures for QPainter: verdict signs, small icons, pixels to QImage and evidence to colour."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPainterPath, QPen, QPixmap

from gui.theme import SHAPES, Shape, Theme
from inspector.types import HeatMap, Image, Verdict

HEAT_LONGEST_PX = 512
"""Evidence is coarse by nature; finer colour maps only cost time."""


def to_qimage(pixels: Image) -> QImage:
    """Return (H, W, 3) uint8 RGB as a QImage that owns its pixels."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).convertToFormat(
        QImage.Format.Format_RGB32
    )


def heat_to_qimage(heat_map: HeatMap, strongest_alpha: float = 0.75) -> QImage:
    """Return evidence (H, W) in 0..1 as a see-through colour picture: nothing where nothing speaks for a defect."""
    import cv2

    height, width = heat_map.shape
    scale = min(1.0, HEAT_LONGEST_PX / max(height, width))
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        heat_map = cv2.resize(heat_map, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    strength = np.clip(heat_map, 0.0, 1.0)
    # The map's lower quarter is nearly black: colours start where they can be seen on metal.
    level = (255 * (0.25 + 0.75 * strength)).astype(np.uint8)
    bgr = cv2.applyColorMap(level, cv2.COLORMAP_INFERNO)
    ramp = np.clip((strength - 0.08) / 0.5, 0.0, 1.0)  # fades in: a hard edge would look like a finding
    alpha = (255 * strongest_alpha * ramp).astype(np.uint8)
    bgra = np.ascontiguousarray(np.dstack([bgr, alpha]))
    image = QImage(bgra.data, bgra.shape[1], bgra.shape[0], 4 * bgra.shape[1], QImage.Format.Format_ARGB32)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def draw_verdict(painter: QPainter, verdict: Verdict, box: QRectF, ink: str, ground: str) -> None:
    """Draw the verdict's sign filled with `ink`, its mark cut out in `ground`.

    Circle with a tick, octagon with a cross, diamond with a question mark, triangle with an exclamation mark: four
    outlines that differ from far away and without colour.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ink))
    shape = SHAPES[verdict]
    painter.drawPath(_outline(shape, box))
    pen = QPen(QColor(ground), box.width() * 0.11)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for stroke in _mark(shape, box):
        painter.drawPath(stroke)
    painter.restore()


def _at(box: QRectF, x: float, y: float) -> QPointF:
    return QPointF(box.x() + x * box.width(), box.y() + y * box.height())


def _polygon(box: QRectF, points: tuple[tuple[float, float], ...]) -> QPainterPath:
    path = QPainterPath(_at(box, *points[0]))
    for point in points[1:]:
        path.lineTo(_at(box, *point))
    path.closeSubpath()
    return path


def _outline(shape: Shape, box: QRectF) -> QPainterPath:
    if shape is Shape.CHECK:
        path = QPainterPath()
        path.addEllipse(box)
        return path
    if shape is Shape.CROSS:
        a, b = 0.29, 0.71
        return _polygon(box, ((a, 0), (b, 0), (1, a), (1, b), (b, 1), (a, 1), (0, b), (0, a)))
    if shape is Shape.QUESTION:
        return _polygon(box, ((0.5, -0.05), (1.05, 0.5), (0.5, 1.05), (-0.05, 0.5)))
    return _polygon(box, ((0.5, -0.02), (1.06, 0.98), (-0.06, 0.98)))


def _line(box: QRectF, *points: tuple[float, float]) -> QPainterPath:
    path = QPainterPath(_at(box, *points[0]))
    for point in points[1:]:
        path.lineTo(_at(box, *point))
    return path


def _mark(shape: Shape, box: QRectF) -> list[QPainterPath]:
    if shape is Shape.CHECK:
        return [_line(box, (0.27, 0.53), (0.44, 0.69), (0.73, 0.34))]
    if shape is Shape.CROSS:
        return [_line(box, (0.31, 0.31), (0.69, 0.69)), _line(box, (0.69, 0.31), (0.31, 0.69))]
    if shape is Shape.QUESTION:
        hook = QPainterPath(_at(box, 0.37, 0.38))
        hook.cubicTo(_at(box, 0.37, 0.16), _at(box, 0.66, 0.18), _at(box, 0.63, 0.40))
        hook.cubicTo(_at(box, 0.61, 0.50), _at(box, 0.50, 0.48), _at(box, 0.50, 0.61))
        return [hook, _line(box, (0.50, 0.77), (0.50, 0.772))]
    return [_line(box, (0.5, 0.40), (0.5, 0.64)), _line(box, (0.5, 0.81), (0.5, 0.812))]


def theme_icon(theme: Theme, size: int) -> QIcon:
    """Return the icon of the theme that a press would bring: a moon in the light, a sun in the dark."""
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(theme.ink))
    painter.setPen(Qt.PenStyle.NoPen)
    s = float(size)
    if theme.name == "light":
        moon, bite = QPainterPath(), QPainterPath()
        moon.addEllipse(QRectF(0.15 * s, 0.15 * s, 0.7 * s, 0.7 * s))
        bite.addEllipse(QRectF(0.38 * s, 0.05 * s, 0.62 * s, 0.62 * s))
        painter.drawPath(moon.subtracted(bite))
    else:
        painter.drawEllipse(QRectF(0.31 * s, 0.31 * s, 0.38 * s, 0.38 * s))
        painter.setPen(QPen(QColor(theme.ink), 0.08 * s, c=Qt.PenCapStyle.RoundCap))
        painter.translate(s / 2, s / 2)
        for _ in range(8):
            painter.drawLine(QPointF(0, -0.31 * s), QPointF(0, -0.42 * s))
            painter.rotate(45)
    painter.end()
    return QIcon(pixmap)
