"""From a mask to outlines along its pixel edges, such that `shapes.draw` gives back exactly the mask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.types import Image


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A connected piece of a mask (pixels that touch at a corner are connected).

    Attributes:
        x: Left column.
        y: Top row.
        width: Columns.
        height: Rows.
        area: Pixels.
        outline: (n, 2) x and y of the corners. Holes are joined to the rim by cuts without width, since most formats
            know only outlines without holes.
    """

    x: int
    y: int
    width: int
    height: int
    area: int
    outline: NDArray[np.float64]


def pieces(mask: Image) -> Iterator[Piece]:
    """Yield the connected pieces of a mask (H, W), anything but 0 being marked."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask != 0).astype(np.uint8), connectivity=8)
    for number in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[number])
        window = np.asarray(labels[y : y + height, x : x + width] == number, np.uint8)
        yield Piece(x, y, width, height, area, (_outline(window) + np.array([x, y])).astype(np.float64))


def _outline(window: Image) -> NDArray[np.int64]:
    """Return the corners of one piece with its holes, in pixel edges of the window.

    The window is doubled, so that the contour through the outermost of its pixels' centres, halved, rounds to the
    pixel edges: a line one pixel wide has an inside, and a step at an inner corner falls into that corner.
    """
    import cv2

    double = np.pad(np.kron(window, np.ones((2, 2), np.uint8)), 1)
    contours, tree = cv2.findContours(double, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    rims = [_without_repeats(contour.reshape(-1, 2).astype(np.int64) // 2) for contour in contours]
    holes = [rim for rim, parent in zip(rims, tree[0][:, 3], strict=True) if parent >= 0]
    return _join(next(rim for rim, parent in zip(rims, tree[0][:, 3], strict=True) if parent < 0), holes)


def _without_repeats(rim: NDArray[np.int64]) -> NDArray[np.int64]:
    return rim[np.any(rim != np.roll(rim, 1, axis=0), axis=1)]


def _join(rim: NDArray[np.int64], holes: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Cut from the rim to each hole and back, along pixel edges, so that no cut touches a pixel's centre."""
    from scipy.spatial import cKDTree

    if not holes:
        return rim
    _, nearest = cKDTree(rim).query([hole[0] for hole in holes], p=1)
    walked, done = [], 0
    for number in np.argsort(nearest, kind="stable"):
        hole, corner = holes[number], int(nearest[number])
        bend = np.array([[rim[corner, 0], hole[0, 1]]])
        walked += [rim[done : corner + 1], bend, hole, hole[:1], bend, rim[corner : corner + 1]]
        done = corner + 1
    return np.concatenate([*walked, rim[done:]])
