"""The points of the feature map: where they stand, which lie in a lasso, and the picture of all of them. No widgets.

A chart library paints hundreds of thousands of symbols one by one; here all points of a class are written into the
picture at once, which is what keeps 200,000 of them fluid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gui.review.class_marks import Shape, bitmap

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
MAX_SCALE = 400.0
_MARGIN = 24
_RINGED = 3


@dataclass(slots=True)
class MapView:
    """Which piece of the map fills the widget: scale 1 shows all of it; the centre is in the map's 0..1."""

    scale: float = 1.0
    x: float = 0.5
    y: float = 0.5

    def pixels(self, plane: Floats, width: int, height: int) -> Floats:
        """Return where points (n, 2) in 0..1 stand in the widget, (n, 2)."""
        factor = self.factor(width, height)
        moved = (plane - np.array([self.x, self.y], np.float32)) * np.float32(factor)
        return moved + np.array([width / 2, height / 2], np.float32)

    def factor(self, width: int, height: int) -> float:
        """Return pixels per map length."""
        return self.scale * max(1, min(width, height) - 2 * _MARGIN)

    def place(self, at_x: float, at_y: float, width: int, height: int) -> tuple[float, float]:
        """Return the place of the map under a pixel."""
        factor = self.factor(width, height)
        return self.x + (at_x - width / 2) / factor, self.y + (at_y - height / 2) / factor

    def zoom_at(self, factor: float, at_x: float, at_y: float, width: int, height: int) -> None:
        """Zoom; the place under the pixel stays where it is."""
        before = self.place(at_x, at_y, width, height)
        self.scale = min(MAX_SCALE, max(1.0, self.scale * factor))
        after = self.place(at_x, at_y, width, height)
        self.move(before[0] - after[0], before[1] - after[1])

    def move(self, right: float, down: float) -> None:
        """Shift the centre, staying on the map."""
        self.x, self.y = min(1.0, max(0.0, self.x + right)), min(1.0, max(0.0, self.y + down))


@dataclass(eq=False)
class Points:
    """The map's points.

    Attributes:
        plane: (n, 2), scaled into 0..1 with equal axes.
        codes: Class per point, (n,); -1 where it has none.
        positions: Which image each point is, (n,).
    """

    plane: Floats
    codes: NDArray[np.int32]
    positions: Ints
    hidden: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Common classes first: the rare ones are painted above them."""
        known, counts = np.unique(self.codes, return_counts=True)
        self.counts = dict(zip(known.tolist(), counts.tolist(), strict=True))
        frequency = np.zeros(len(self.codes), np.int64)
        for code, count in self.counts.items():
            frequency[self.codes == code] = count
        self.order = np.argsort(-frequency, kind="stable")
        self._tree: Any = None

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Points of classes that are not hidden, (n,)."""
        return ~np.isin(self.codes, list(self.hidden)) if self.hidden else np.ones(len(self.codes), bool)

    def nearest(self, x: float, y: float, reach: float) -> int:
        """Return the number of the nearest point that is seen, at most `reach` of the map away; -1 for none."""
        from scipy.spatial import cKDTree

        if not len(self.plane):
            return -1
        if self._tree is None:
            self._tree = cKDTree(self.plane)
        near = self._tree.query_ball_point([x, y], reach)
        near = [number for number in near if int(self.codes[number]) not in self.hidden]
        if not near:
            return -1
        away = np.hypot(*(self.plane[near] - np.array([x, y], np.float32)).T)
        return int(near[int(away.argmin())])

    def inside(self, outline: Sequence[tuple[int, int]], view: MapView, width: int, height: int) -> Ints:
        """Return the numbers of the seen points inside an outline drawn on the widget."""
        import cv2

        if len(outline) < 3:
            return np.zeros(0, np.int64)
        ground = np.zeros((height, width), np.uint8)
        cv2.fillPoly(ground, [np.array(outline, np.int32)], 1)
        at = np.floor(view.pixels(self.plane, width, height)).astype(np.int64)
        on = (at >= 0).all(axis=1) & (at < [width, height]).all(axis=1) & self.seen
        numbers = np.flatnonzero(on)
        found: Ints = numbers[ground[at[numbers, 1], at[numbers, 0]] > 0]
        return found


def into_unit(plane: NDArray[Any]) -> Floats:
    """Return points (n, 2) scaled into 0..1 with equal axes, the smaller one in the middle; not finite ones at 0.5."""
    points = np.asarray(plane, np.float32)
    finite = np.isfinite(points).all(axis=1)
    if not finite.any():
        return np.full_like(points, 0.5)
    low, high = points[finite].min(axis=0), points[finite].max(axis=0)
    span = max(float((high - low).max()), 1e-12)
    scaled: Floats = ((points - (low + high) / 2) / span + 0.5).astype(np.float32)
    scaled[~finite] = 0.5
    return scaled


def symbol_size(seen: int) -> int:
    """Return how many pixels a symbol takes where so many points are in sight."""
    return 3 if seen > 60_000 else 5 if seen > 12_000 else 7 if seen > 2_500 else 11


def draw(
    points: Points,
    view: MapView,
    size: tuple[int, int],
    marks: Mapping[int, tuple[int, Shape]],
    chosen: NDArray[np.bool_],
    ring: int,
) -> NDArray[np.uint32]:
    """Return the picture of all points, (height, width) ARGB; nothing where there is no point.

    Args:
        points: What to draw.
        view: Which piece of the map.
        size: Width and height in pixels.
        marks: Colour (ARGB) and shape by class.
        chosen: Points that get a ring around them, (n,).
        ring: Its colour.
    """
    width, height = size
    at = np.floor(view.pixels(points.plane, width, height)).astype(np.int32)
    on = (at >= -_MARGIN).all(axis=1) & (at < [width + _MARGIN, height + _MARGIN]).all(axis=1) & points.seen
    order = points.order[on[points.order]]
    side = symbol_size(order.size)
    wide = width + 4 * _MARGIN  # symbols at the edge are written beside the picture and cut off
    ground = np.zeros((height + 4 * _MARGIN) * wide, np.uint32)
    flat = (at[:, 1] + 2 * _MARGIN).astype(np.int64) * wide + at[:, 0] + 2 * _MARGIN
    codes = points.codes[order]
    for code in dict.fromkeys(codes.tolist()):
        colour, shape = marks[code]
        _stamp(ground, flat[order[codes == code]], bitmap(shape, side), wide, colour)
    if chosen.any():
        _stamp(ground, flat[order[chosen[order]]], _outline(side), wide, ring)
    whole = ground.reshape(-1, wide)
    return np.ascontiguousarray(whole[2 * _MARGIN : -2 * _MARGIN, 2 * _MARGIN : -2 * _MARGIN])


def _stamp(ground: NDArray[np.uint32], at: Ints, symbol: NDArray[np.bool_], wide: int, colour: int) -> None:
    half = len(symbol) // 2
    for row, column in np.argwhere(symbol).tolist():
        ground[at + ((row - half) * wide + column - half)] = colour


def _outline(side: int) -> NDArray[np.bool_]:
    return bitmap(Shape.RING, side + 2 * _RINGED)
