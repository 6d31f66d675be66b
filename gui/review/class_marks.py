"""How a class looks as a point: colour and shape together, so that neither has to be told apart alone.

The colours follow Okabe and Ito's set for all forms of colour vision, darker on the light surface and lighter on the
dark one: at least 3:1 against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap

from gui.theme import LIGHT, Theme

_ON_LIGHT = ("#0072b2", "#c75300", "#007a5c", "#a8358c", "#1a1f24", "#7a6200", "#2b7fc4", "#b0124a")
_ON_DARK = ("#5aaef0", "#ff8a4f", "#37d0a4", "#eb9fd6", "#e6e9eb", "#f0dc4a", "#a5d8ff", "#ff7d9c")


class Shape(IntEnum):
    """Outlines that differ also when small."""

    CIRCLE = 0
    SQUARE = 1
    TRIANGLE = 2
    CROSS = 3
    DIAMOND = 4
    PLUS = 5
    RING = 6
    FRAME = 7


@dataclass(frozen=True, slots=True)
class Mark:
    """Colour `#rrggbb` and shape of a class."""

    colour: str
    shape: Shape


def mark_of(code: int, theme: Theme) -> Mark:
    """Return the mark of a class by its code; 64 classes differ. -1, no class yet, is a muted ring."""
    if code < 0:
        return Mark(theme.muted, Shape.RING)
    colours = _ON_LIGHT if theme.name == LIGHT.name else _ON_DARK
    return Mark(colours[code % len(colours)], Shape((code + code // len(colours)) % len(Shape)))


def bitmap(shape: Shape, size: int) -> NDArray[np.bool_]:
    """Return the pixels of a shape, (size, size); below 5 every shape is a small block."""
    if size < 5:
        return np.ones((size, size), bool)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float64) - (size - 1) / 2
    reach, away = size / 2, np.hypot(rows, columns)
    thick = max(1.0, size / 6)
    match shape:
        case Shape.CIRCLE:
            found = away <= reach - 0.2
        case Shape.SQUARE:
            found = np.maximum(abs(rows), abs(columns)) <= reach - 1
        case Shape.TRIANGLE:
            found = abs(columns) <= (rows + reach) / 2
        case Shape.CROSS:
            found = np.minimum(abs(rows - columns), abs(rows + columns)) <= thick
        case Shape.DIAMOND:
            found = abs(rows) + abs(columns) <= reach
        case Shape.PLUS:
            found = np.minimum(abs(rows), abs(columns)) <= thick / 1.4
        case Shape.RING:
            found = (away <= reach) & (away >= reach - 1.3 * thick)
        case Shape.FRAME:
            edge = np.maximum(abs(rows), abs(columns))
            found = (edge <= reach - 0.5) & (edge >= reach - 0.5 - thick)
    return np.asarray(found, bool)


def icon_of(mark: Mark, size: int) -> QIcon:
    """Return a mark as an icon of `size` pixels."""
    pixels = np.zeros((size, size), np.uint32)
    pixels[bitmap(mark.shape, size)] = QColor(mark.colour).rgba()
    image = QImage(pixels.data, size, size, 4 * size, QImage.Format.Format_ARGB32)
    return QIcon(QPixmap.fromImage(image.copy()))
