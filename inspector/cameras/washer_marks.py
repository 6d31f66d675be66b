"""What is on one washer: planes of slope, reflectance and outline over the picture, and how to draw into them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.cameras.washer_surface import CHAMFER, HOLE_COUNT, HOLE_RADIUS, Plane, Pose, window

Points = NDArray[np.float64]


class Marks:
    """Everything that makes one part differ from the ideal: planes (H, W) that the shader applies.

    Attributes:
        slope_x: Added surface slope along x.
        slope_y: Added surface slope along y.
        albedo: Factor on the reflected light.
        gloss: Factor on the highlights alone.
        tint: Factor per colour, three planes (H, W); None for plain steel.
        keep: Coverage that is left of the part: 0 where a piece is missing.
        mask: Truth, uint8: from 128 on it is defect.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.slope_x = np.zeros((size, size), np.float32)
        self.slope_y = np.zeros((size, size), np.float32)
        self.albedo = np.ones((size, size), np.float32)
        self.gloss = np.ones((size, size), np.float32)
        self.tint: tuple[Plane, Plane, Plane] | None = None
        self.keep = np.ones((size, size), np.float32)
        self.mask = np.zeros((size, size), np.uint8)
        self.hole_depth = [1.0] * HOLE_COUNT

    def stain(self, place: tuple[slice, slice], strength: Plane, absorbed: tuple[float, float, float]) -> None:
        """Take the share `absorbed` of each colour (red, green, blue) away, times `strength` (H', W') in 0..1."""
        if self.tint is None:
            red, green, blue = (np.ones((self.size, self.size), np.float32) for _ in range(3))
            self.tint = (red, green, blue)
        for plane, share in zip(self.tint, absorbed, strict=True):
            plane[place] *= 1.0 - strength * np.float32(share)

    def add_height(self, height: Plane, place: tuple[slice, slice]) -> None:
        """Add a relief, in pixels, over a piece of the picture."""
        import cv2

        self.slope_x[place] += cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
        self.slope_y[place] += cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)

    def add_holes(self, pose: Pose) -> None:
        """Drill the holes with their chamfers; depth 0 leaves one out, between 0 and 1 it is a dimple."""
        for number, depth in enumerate(self.hole_depth):
            if depth > 0.0:
                self._drill(*pose.hole(number), pose.radius, depth)

    def shifted(self, offset: int) -> Marks:
        """Return the same marks `offset` pixels further along x; what comes into view is unmarked."""
        if offset == 0:
            return self
        moved = Marks(self.size)
        for name in ("slope_x", "slope_y", "albedo", "gloss", "keep", "mask"):
            _move(getattr(self, name), getattr(moved, name), offset)
        if self.tint is not None:
            moved.stain((slice(0, 0), slice(0, 0)), np.zeros((0, 0), np.float32), (0.0, 0.0, 0.0))
            for source, target in zip(self.tint, moved.tint or (), strict=True):
                _move(source, target, offset)
        return moved

    def _drill(self, x: float, y: float, radius: float, depth: float) -> None:
        place = window(self.size, x, y, radius * (HOLE_RADIUS + CHAMFER) + 2)
        if place is None:
            return
        dy, dx = offsets(place, x, y)
        r = np.sqrt(dx * dx + dy * dy)
        full = depth >= 1.0
        bore = radius * HOLE_RADIUS * (1.0 if full else 0.45 + 0.4 * depth)
        inside = np.clip(bore - r + 0.5, 0, 1)
        chamfer = np.clip(bore + radius * CHAMFER - r + 0.5, 0, 1) * (1.0 - inside)
        steep = 0.75 * chamfer * (1.0 if full else depth) / np.maximum(r, 1.0)
        self.slope_x[place] += steep * dx
        self.slope_y[place] += steep * dy
        if not full:
            self.albedo[place] *= 1.0 - 0.6 * depth * inside
            return
        solid = 1.0 - inside  # where there is no metal, there are no marks and no defect
        self.albedo[place] = self.albedo[place] * solid + 0.07 * inside
        for plane in (self.slope_x, self.slope_y):
            plane[place] *= solid
        self.gloss[place] = self.gloss[place] * solid + inside
        self.mask[place][inside > 0.5] = 0


def _move(source: NDArray[Any], target: NDArray[Any], offset: int) -> None:
    if abs(offset) < source.shape[1]:
        columns = source[:, max(0, -offset) : source.shape[1] - max(0, offset)]
        target[:, max(0, offset) : max(0, offset) + columns.shape[1]] = columns


def offsets(place: tuple[slice, slice], x: float, y: float) -> tuple[Plane, Plane]:
    """Return how far each row (H', 1) and column (1, W') of a piece of the picture is from a point, in pixels."""
    rows = np.arange(place[0].start, place[0].stop, dtype=np.float32)[:, None] - np.float32(y)
    columns = np.arange(place[1].start, place[1].stop, dtype=np.float32)[None, :] - np.float32(x)
    return rows, columns


def stroke(size: int, points: Points, thickness: float) -> tuple[Plane, tuple[slice, slice]] | None:
    """Return a line (H', W') in 0..1 of any `thickness` in pixels, and where it lies; None where it is out of view."""
    import cv2

    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    reach = float(np.abs(points - middle).max()) + 3 * thickness + 4
    place = window(size, float(middle[0]), float(middle[1]), reach)
    if place is None:
        return None
    fine = 4  # drawn larger and averaged: thin lines keep their true width
    shape = ((place[0].stop - place[0].start) * fine, (place[1].stop - place[1].start) * fine)
    canvas = np.zeros(shape, np.uint8)
    moved = (points - [place[1].start, place[0].start] + 0.5) * fine - 0.5
    cv2.polylines(
        canvas, [np.round(moved * 8).astype(np.int32)], False, 255, max(1, round(thickness * fine)), cv2.LINE_8, 3
    )
    small = cv2.resize(canvas, (shape[1] // fine, shape[0] // fine), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / np.float32(255.0), place


def mark_defect(marks: Marks, place: tuple[slice, slice], amount: Plane, limit: float = 0.25) -> None:
    """Enter as defect where `amount` (H', W') is above `limit`."""
    piece = marks.mask[place]
    np.maximum(piece, np.where(amount > limit, np.uint8(255), np.uint8(0)), out=piece)
