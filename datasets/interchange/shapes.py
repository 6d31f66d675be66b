"""What other programs mark on an image, and how it becomes a mask.

The pixel in column c and row r covers [c, c + 1) x [r, r + 1). An outline holds a pixel when it holds the pixel's
centre, by the even-odd rule; so an outline along pixel edges gives back exactly the pixels that it was drawn around.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inspector.errors import DatasetError
from inspector.imaging import image_size, read_bytes
from inspector.types import Image

MAX_CROSSINGS = 1_000_000_000
"""Edges times rows of one outline; more would be no annotation but an attack."""

_AT_ONCE = 4_000_000  # crossings held in memory together

_VOID = 255  # Pascal VOC: the rim around objects, of no class


class Shape(Protocol):
    """A marked area of an image."""

    def paint(self, mask: NDArray[np.bool_]) -> None:
        """Set the shape's pixels in `mask` (H, W). Raises DatasetError where the two cannot go together."""

    def size(self) -> float:
        """Return how large it is: comparable between shapes of one image, since a file gives them in one unit."""


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A polygon; boxes are polygons of four corners.

    Attributes:
        points: (n, 2) x and y in pixels, or in shares of width and height.
        relative: They are shares.
    """

    points: NDArray[np.float64]
    relative: bool = False

    def paint(self, mask: NDArray[np.bool_]) -> None:
        """Set the pixels whose centre it holds, or, where it is too thin to hold any, those that it goes through.

        A mark over the whole image says only the class and sets none.
        """
        height, width = mask.shape
        points = self.points * (width, height) if self.relative else self.points
        if not _is_all(points, width, height) and not _fill(points, mask):
            _trace(points, mask)

    def size(self) -> float:
        """Return its area by the shoelace formula, in its own unit."""
        return _area(self.points)


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """A run-length coded window: lengths of alternating runs, the first one of unmarked pixels.

    Attributes:
        counts: (n,) lengths, of `width` times `height` pixels in all.
        width: Of the window, pixels.
        height: Of the window, pixels.
        x: Left column of the window in the image.
        y: Top row of the window in the image.
        by_columns: The runs go down the columns (COCO), not along the rows.
    """

    counts: NDArray[np.int64]
    width: int
    height: int
    x: int = 0
    y: int = 0
    by_columns: bool = False

    def paint(self, mask: NDArray[np.bool_]) -> None:
        """Set the marked pixels. Raises DatasetError where the runs do not fill the window, or it leaves the image."""
        height, width = mask.shape
        total = int(self.counts.sum()) if self.counts.size and self.counts.min() >= 0 else -1
        if total != self.width * self.height:
            raise DatasetError(f"The runs hold {total} pixels, their window {self.width}x{self.height}.")
        if self.x < 0 or self.y < 0 or self.x + self.width > width or self.y + self.height > height:
            raise DatasetError(f"The window {self.width}x{self.height} at {self.x},{self.y} leaves the image.")
        marked = np.repeat(np.arange(len(self.counts)) % 2 == 1, self.counts)
        window = (
            marked.reshape(self.width, self.height).T if self.by_columns else marked.reshape(self.height, self.width)
        )
        mask[self.y : self.y + self.height, self.x : self.x + self.width] |= window

    def size(self) -> float:
        """Return the number of marked pixels."""
        return float(self.counts[1::2].sum())


@dataclass(frozen=True, slots=True)
class ClassPicture:
    """A picture whose pixels are numbers of classes, as Pascal VOC has it: 0 unmarked, 255 the rim of no class.

    Attributes:
        path: A PNG with a palette, or grey.
    """

    path: Path

    def paint(self, mask: NDArray[np.bool_]) -> None:
        """Set every pixel that has a class. Raises DatasetError or ImageError where it is no such picture."""
        from PIL import Image as PillowImage
        from PIL import UnidentifiedImageError

        data = read_bytes(self.path)
        width, height = image_size(data, str(self.path))
        if mask.shape != (height, width):
            raise DatasetError(f"{self.path}: is {width}x{height}, its image {mask.shape[1]}x{mask.shape[0]}.")
        try:
            with PillowImage.open(self.path, formats=["PNG"]) as picture:
                if picture.mode not in ("P", "L", "1"):
                    raise DatasetError(f"{self.path}: has colours where numbers of classes belong.")
                numbers = np.asarray(picture, np.uint8)
        except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
            raise DatasetError(f"{self.path}: is damaged, or no PNG ({error}).") from error
        mask |= (numbers != 0) & (numbers != _VOID)

    def size(self) -> float:
        """Return 0: the boxes beside it say which class is largest."""
        return 0.0


def draw(shapes: Sequence[Shape], width: int, height: int) -> Image:
    """Return the mask (height, width) uint8 of all shapes together: 255 marked, 0 not.

    Raises:
        DatasetError: A shape that does not go with an image of this size.
        ImageError: A picture of a mask that cannot be read.
    """
    mask = np.zeros((height, width), bool)
    for shape in shapes:
        shape.paint(mask)
    return np.where(mask, np.uint8(255), np.uint8(0))


def box(left: float, top: float, right: float, bottom: float, *, relative: bool = False) -> Outline:
    """Return the outline of a box."""
    return Outline(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64), relative)


def ellipse(x: float, y: float, radius_x: float, radius_y: float, angle_deg: float = 0.0) -> Outline:
    """Return the outline of an ellipse around (x, y), turned clockwise on the screen, as 72 corners."""
    turn = np.linspace(0.0, 2 * np.pi, 72, endpoint=False)
    points = np.stack([radius_x * np.cos(turn), radius_y * np.sin(turn)], axis=1)
    return Outline(rotate(points, angle_deg) + np.array([x, y]))


def rotate(points: NDArray[np.float64], angle_deg: float) -> NDArray[np.float64]:
    """Return points (n, 2) turned around the origin, clockwise on the screen, where y points down."""
    cosine, sine = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    turned: NDArray[np.float64] = points @ np.array([[cosine, sine], [-sine, cosine]])
    return turned


def _area(points: NDArray[np.float64]) -> float:
    x, y = points[:, 0], points[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _is_all(points: NDArray[np.float64], width: int, height: int) -> bool:
    inside = np.clip(points, 0, (width, height))
    return _area(inside) >= width * height * (1 - 1e-9)


def _trace(points: NDArray[np.float64], mask: NDArray[np.bool_]) -> None:
    """Set the pixels under an outline, as far as it lies in the image."""
    import cv2

    height, width = mask.shape
    if (points.max(axis=0) < 0).any() or (points.min(axis=0) > (width, height)).any():
        return
    corners = np.clip(np.floor(points), 0, (width - 1, height - 1)).astype(np.int32)
    mask |= cv2.polylines(np.zeros((height, width), np.uint8), [corners], True, 1) > 0


def _fill(points: NDArray[np.float64], mask: NDArray[np.bool_]) -> bool:
    """Toggle, in every row, at each crossing of an edge; what was toggled an odd number of times is inside.

    Returns:
        Whether any pixel is.
    """
    height, width = mask.shape
    start, end = points, np.roll(points, -1, axis=0)
    down = (start[:, 1] <= end[:, 1])[:, None]
    upper, lower = np.where(down, start, end), np.where(down, end, start)  # the same edge twice crosses twice alike
    first, last = (np.clip(np.ceil(edge[:, 1] - 0.5), 0, height).astype(np.int64) for edge in (upper, lower))
    until = np.cumsum(last - first)
    if until[-1] > MAX_CROSSINGS:
        raise DatasetError(f"An outline of {len(points)} corners crosses {until[-1]} rows.")
    if until[-1] == 0:
        return False
    top, left = int(first.min()), int(np.clip(np.floor(points[:, 0].min()), 0, width))
    tall, wide = int(last.max()) - top, width - left + 1
    flips = np.zeros(tall * wide, np.uint8)
    for edges in np.split(np.arange(len(points)), np.flatnonzero(np.diff(until // _AT_ONCE)) + 1):
        rows, columns = _crossings(upper[edges], lower[edges], first[edges], last[edges], width)
        flips ^= (np.bincount((rows - top) * wide + columns - left, minlength=tall * wide) & 1).astype(np.uint8)
    inside = np.logical_xor.accumulate(flips.reshape(tall, wide), axis=1)[:, : width - left]
    mask[top : top + tall, left:] |= inside
    return bool(inside.any())


def _crossings(
    upper: NDArray[np.float64],
    lower: NDArray[np.float64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    width: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and first column to the right of every crossing of an edge with the centre line of a row."""
    count = last - first
    edge = np.repeat(np.arange(len(count)), count)
    rows = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    run, rise = (lower - upper)[edge].T
    x = upper[edge, 0] + (rows + 0.5 - upper[edge, 1]) * run / rise
    return rows, np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)
