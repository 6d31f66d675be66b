"""A mask being edited: what the tools do to its pixels, and undo and redo without limit. No Qt."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inspector.types import Image

DEFECT, GOOD = 255, 0
_FARTHEST = 1 << 15
"""Pixels outside the mask that a stroke may come from; OpenCV counts in fixed point."""

Point = tuple[int, int]
"""Column and row of a pixel; may lie outside the mask."""


@dataclass(frozen=True, slots=True)
class Area:
    """Pixels `x0 <= x < x1`, `y0 <= y < y1`."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    @property
    def rows_columns(self) -> tuple[slice, slice]:
        """The index of these pixels in an array (H, W)."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def joined(self, other: Area) -> Area:
        """Return the smallest area that holds both."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Area(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))


NOTHING = Area(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Step:
    """The pixels of an area that a deed flipped, packed to bits and compressed: undo and redo are the same flip."""

    area: Area
    flipped: bytes

    def flip(self, mask: Image) -> None:
        place = mask[self.area.rows_columns]
        bits = np.frombuffer(zlib.decompress(self.flipped), np.uint8)
        changed = np.unpackbits(bits, count=place.size).reshape(place.shape).astype(bool)
        place[changed] ^= DEFECT


class MaskDocument:
    """The mask and its history. Every drawing method returns the area that it may have changed.

    A deed is everything drawn until `finish`: one brush stroke, one polygon. It is undone and redone as a whole.

    Args:
        height: Pixels.
        width: Pixels.
        mask: The mask to begin with, (H, W) uint8, non-zero = defect; None for an empty one.

    Raises:
        ValueError: The mask is of another size.
    """

    def __init__(self, height: int, width: int, mask: Image | None = None) -> None:
        if mask is not None and mask.shape != (height, width):
            raise ValueError(f"a mask of {mask.shape} does not fit a picture of {(height, width)}")
        self._mask = np.zeros((height, width), np.uint8)
        if mask is not None:
            self._mask[mask != 0] = DEFECT
        self._finished = self._mask.copy()  # as of the last deed: what a deed changed is the difference
        self._undo: list[_Step] = []
        self._redo: list[_Step] = []
        self._saved: _Step | None = None
        self._drawn = NOTHING

    @property
    def pixels(self) -> Image:
        """The mask as it is now, (H, W) uint8, 255 = defect and 0 = good. Read only; changes with every deed."""
        view = self._mask.view()
        view.flags.writeable = False
        return view

    @property
    def can_undo(self) -> bool:
        """Whether there is a deed to undo."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone deed."""
        return bool(self._redo)

    @property
    def changed(self) -> bool:
        """Whether anything was done since the beginning or since `mark_saved`."""
        return (self._undo[-1] if self._undo else None) is not self._saved

    @property
    def history_bytes(self) -> int:
        """Memory that the history takes."""
        return sum(len(step.flipped) for step in (*self._undo, *self._redo))

    def stroke(self, start: Point, end: Point, diameter: int, *, value: int = DEFECT) -> Area:
        """Draw a straight stroke with a round brush of `diameter` pixels; the same point twice is a dab."""
        import cv2

        (x0, y0), (x1, y1) = _near(start), _near(end)
        if diameter > 1:
            for centre in {(x0, y0), (x1, y1)}:
                cv2.circle(self._mask, centre, diameter // 2, value, cv2.FILLED)
        if diameter <= 2 or (x0, y0) != (x1, y1):
            cv2.line(self._mask, (x0, y0), (x1, y1), value, diameter)
        reach = diameter // 2 + 2
        return self._touched(min(x0, x1) - reach, min(y0, y1) - reach, max(x0, x1) + reach, max(y0, y1) + reach)

    def polygon(self, points: Sequence[Point], *, value: int = DEFECT) -> Area:
        """Fill a polygon, its outline included. Fewer than three points draw nothing."""
        import cv2

        if len(points) < 3:
            return NOTHING
        corners = np.array([_near(point) for point in points], np.int32)
        cv2.fillPoly(self._mask, [corners], value)
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        return self._touched(int(x0), int(y0), int(x1), int(y1))

    def box(self, corner: Point, opposite: Point, *, value: int = DEFECT) -> Area:
        """Fill a rectangle, both corners included."""
        (x0, y0), (x1, y1) = corner, opposite
        area = self._touched(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        if not area.empty:
            self._mask[area.rows_columns] = value
        return area

    def fill(self, at: Point, *, value: int = DEFECT) -> Area:
        """Give the whole connected place around `at` the value: closes an outline. Nothing outside the mask."""
        import cv2

        height, width = self._mask.shape
        x, y = at
        if not (0 <= x < width and 0 <= y < height) or self._mask[y, x] == value:
            return NOTHING
        _, _, _, (left, top, wide, high) = cv2.floodFill(self._mask, None, at, value)
        return self._touched(left, top, left + wide - 1, top + high - 1)

    def fill_all(self, value: int) -> Area:
        """Make every pixel defect or good."""
        self._mask[:] = value
        height, width = self._mask.shape
        return self._touched(0, 0, width - 1, height - 1)

    def finish(self) -> bool:
        """End a deed: it is one step of the history from now on. Returns False where it changed nothing."""
        area, self._drawn = self._drawn, NOTHING
        if area.empty:
            return False
        now, before = self._mask[area.rows_columns], self._finished[area.rows_columns]
        flipped = now != before
        if not flipped.any():
            return False
        self._undo.append(_Step(area, zlib.compress(np.packbits(flipped).tobytes(), 1)))
        self._redo.clear()
        before[:] = now
        return True

    def undo(self) -> Area:
        """Take the last deed back. Returns what changed; an empty area where there is none."""
        return self._move(self._undo, self._redo)

    def redo(self) -> Area:
        """Do the last undone deed again. Returns what changed; an empty area where there is none."""
        return self._move(self._redo, self._undo)

    def mark_saved(self) -> None:
        """What stands here now is safe elsewhere."""
        self._saved = self._undo[-1] if self._undo else None

    def _move(self, source: list[_Step], target: list[_Step]) -> Area:
        self.finish()
        if not source:
            return NOTHING
        step = source.pop()
        step.flip(self._mask)
        self._finished[step.area.rows_columns] = self._mask[step.area.rows_columns]
        target.append(step)
        return step.area

    def _touched(self, x0: int, y0: int, x1: int, y1: int) -> Area:
        """Note the pixels up to and including (x1, y1) as drawn."""
        height, width = self._mask.shape
        area = Area(max(0, x0), max(0, y0), min(width, x1 + 1), min(height, y1 + 1))
        if area.empty:
            return NOTHING
        self._drawn = self._drawn.joined(area)
        return area


def _near(point: Point) -> Point:
    x, y = (min(_FARTHEST, max(-_FARTHEST, int(value))) for value in point)
    return x, y
