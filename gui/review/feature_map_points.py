"""The points of the feature map: where they stand, which lie in a lasso, and the picture of all of them. No widgets.

A chart library paints hundreds of thousands of symbols one by one; here all points of a class are written into the
picture at once, which is what keeps 200,000 of them fluid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gui.review.class_marks import Shape, bitmap

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
MAX_SCALE = 400.0
_MARGIN = 24
_RINGED = 4


@dataclass(slots=True)
class MapView:
    """Which piece of the map fills the widget: scale 1 shows all of it; the centre is in the map's 0..1."""

    scale: float = 1.0
    x: float = 0.5
    y: float = 0.5

    def pixels(self, places: Floats, width: int, height: int) -> Floats:
        """Return where points, (2, n) in 0..1, stand in the widget, (2, n)."""
        factor = np.float32(self.factor(width, height))
        return np.stack(
            [
                (places[0] - np.float32(self.x)) * factor + np.float32(width / 2),
                (places[1] - np.float32(self.y)) * factor + np.float32(height / 2),
            ]
        )

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


class Points:
    """The map's points, kept class by class, the most frequent first: the rare ones are painted above them.

    Args:
        plane: (n, 2), scaled into 0..1 with equal axes.
        codes: Class per point, (n,); -1 where it has none.

    Attributes:
        plane: As given.
        counts: Points by class.
        hidden: Classes that are neither drawn nor found.
    """

    def __init__(self, plane: Floats, codes: NDArray[np.int32]) -> None:
        self.plane = plane
        known, counts = np.unique(codes, return_counts=True)
        self.counts: dict[int, int] = dict(zip(known.tolist(), counts.tolist(), strict=True))
        self.hidden: set[int] = set()
        self._classes = sorted(self.counts, key=lambda code: (-self.counts[code], code))
        self._numbers = {code: np.flatnonzero(codes == code) for code in self._classes}
        self._places = {code: np.ascontiguousarray(plane[at].T) for code, at in self._numbers.items()}

    def __len__(self) -> int:
        return sum(self.counts.values())

    def place(self, number: int, view: MapView, size: tuple[int, int]) -> tuple[float, float]:
        """Return where a point stands in the widget."""
        x, y = view.pixels(self.plane[number][:, None], *size)[:, 0].tolist()
        return x, y

    def seen(self, view: MapView, size: tuple[int, int], margin: int = 0) -> list[Seen]:
        """Return the points in sight by class, the most frequent first; `margin` pixels around the widget count."""
        found = []
        for code in self._classes:
            if code in self.hidden:
                continue
            x, y = view.pixels(self._places[code], *size)
            on = (x >= -margin) & (y >= -margin) & (x < size[0] + margin) & (y < size[1] + margin)
            columns, rows = (np.floor(at[on]).astype(np.int32) for at in (x, y))
            found.append(Seen(code, self._numbers[code][on], columns, rows))
        return found

    def nearest(self, at: tuple[float, float], view: MapView, size: tuple[int, int], reach: float) -> int:
        """Return the number of the nearest point that is seen, at most `reach` pixels from `at`; -1 for none."""
        best, found = reach**2, -1
        for seen in self.seen(view, size):
            if not seen.numbers.size:
                continue
            away = (seen.columns + np.float32(0.5 - at[0])) ** 2 + (seen.rows + np.float32(0.5 - at[1])) ** 2
            place = int(away.argmin())
            if away[place] <= best:  # of equals the one that is painted above
                best, found = float(away[place]), int(seen.numbers[place])
        return found

    def inside(self, outline: Sequence[tuple[int, int]], view: MapView, size: tuple[int, int]) -> Ints:
        """Return the numbers of the seen points inside an outline drawn on the widget, sorted."""
        import cv2

        if len(outline) < 3:
            return np.zeros(0, np.int64)
        ground = np.zeros((size[1], size[0]), np.uint8)
        cv2.fillPoly(ground, [np.array(outline, np.int32)], 1)
        found = [seen.numbers[ground[seen.rows, seen.columns] > 0] for seen in self.seen(view, size)]
        return np.sort(np.concatenate([np.zeros(0, np.int64), *found]))


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The points of one class that are in sight: number of the point, and the widget's pixel, (k,) each."""

    code: int
    numbers: Ints
    columns: NDArray[np.int32]
    rows: NDArray[np.int32]


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
    seen = points.seen(view, size, _MARGIN)
    side = symbol_size(sum(each.numbers.size for each in seen))
    wide = size[0] + 4 * _MARGIN  # symbols at the edge are written beside the picture and cut off
    ground = np.zeros((size[1] + 4 * _MARGIN) * wide, np.uint32)
    flat = [(each.rows + np.int32(2 * _MARGIN)) * np.int32(wide) + each.columns + 2 * _MARGIN for each in seen]
    for each, at in zip(seen, flat, strict=True):
        colour, shape = marks[each.code]
        _stamp(ground, at, bitmap(shape, side), wide, colour)
    if chosen.any():
        for each, at in zip(seen, flat, strict=True):
            _stamp(ground, at[chosen[each.numbers]], _ring(side + 2 * _RINGED), wide, ring)
    whole = ground.reshape(-1, wide)
    return np.ascontiguousarray(whole[2 * _MARGIN : -2 * _MARGIN, 2 * _MARGIN : -2 * _MARGIN])


def _stamp(
    ground: NDArray[np.uint32], at: NDArray[np.int32], symbol: NDArray[np.bool_], wide: int, colour: int
) -> None:
    half = len(symbol) // 2
    for row, column in np.argwhere(symbol).tolist():
        ground[at + np.int32((row - half) * wide + column - half)] = colour


def _ring(side: int) -> NDArray[np.bool_]:
    """Return a circle two pixels wide: what is chosen stays to be seen inside it."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float64) - (side - 1) / 2
    away = np.hypot(rows, columns)
    return np.asarray((away <= side / 2) & (away > side / 2 - 2), bool)
