"""Square patches around defects, all of one size in pixels: what the generative network learns from and works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.blending import Mask, find_place, foreground
from datasets.manifest import Item
from datasets.synthesis import Sources
from inspector.types import Image
from training.pictures import read_checked

SIDE = 64
"""Width and height of a patch in pixels."""

_LEAST_WINDOW_PX = 32
_SURROUNDINGS = 1.7  # width of a window in widths of its defect
_LEAST_PX = 4

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class DefectPatch:
    """A real defect with its surroundings.

    Attributes:
        pixels: (SIDE, SIDE, 3) uint8.
        shape: (SIDE, SIDE), where the defect is.
        healed: `pixels` with the defect filled from its surroundings (Telea, 2004): the part as if it were good.
        label: Class of the defect.
        window_px: Width of the window in the picture.
    """

    pixels: Image
    shape: Mask
    healed: Image
    label: str
    window_px: int


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A window of a good picture that shall get a defect of a given shape.

    Attributes:
        carrier: The good picture.
        pixels: All of it, (H, W, 3).
        top: First row of the window.
        left: First column of the window.
        shape: (window, window), where the defect shall be.
        label: Its class.
    """

    carrier: Item
    pixels: Image
    top: int
    left: int
    shape: Mask
    label: str

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the window."""
        side = self.shape.shape[0]
        return slice(self.top, self.top + side), slice(self.left, self.left + side)

    def patch(self) -> tuple[Image, Mask]:
        """Return the window's pixels and shape, brought to SIDE."""
        return resize(self.pixels[self.window]), resize_shape(self.shape, SIDE)


def collect_patches(items: Sequence[Item]) -> list[DefectPatch]:
    """Return a patch for each connected defect of the pictures; specks below four pixels are left out."""
    return [patch for item in items for patch in _patches_of(item)]


def _patches_of(item: Item) -> list[DefectPatch]:
    import cv2

    mask, pixels = item.read_mask(), read_checked(item)
    if mask is None:
        return []
    near = cv2.dilate(mask, np.ones((5, 5), np.uint8))
    count, numbers, _, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    shapes = [(mask > 0) & (numbers == number) for number in range(1, count)]
    return [_patch(item, pixels, shape) for shape in shapes if shape.sum() >= _LEAST_PX]


def _patch(item: Item, pixels: Image, shape: Mask) -> DefectPatch:
    import cv2

    rows, columns = np.flatnonzero(shape.any(1)), np.flatnonzero(shape.any(0))
    extent = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    side = int(min(max(_LEAST_WINDOW_PX, _SURROUNDINGS * extent), *shape.shape))
    top = int(np.clip((rows[0] + rows[-1] - side) // 2, 0, shape.shape[0] - side))
    left = int(np.clip((columns[0] + columns[-1] - side) // 2, 0, shape.shape[1] - side))
    window = slice(top, top + side), slice(left, left + side)
    patch, small = resize(pixels[window]), resize_shape(shape[window], SIDE)
    hole = cv2.dilate(small.astype(np.uint8), np.ones((5, 5), np.uint8))
    healed = np.asarray(cv2.inpaint(patch, hole, 3, cv2.INPAINT_TELEA), np.uint8)
    return DefectPatch(patch, small, healed, item.label, side)


def draw_spot(rng: np.random.Generator, sources: Sources, patches: Sequence[DefectPatch], label: str) -> Spot | None:
    """Return where a defect of a class might be: a real shape, turned or mirrored, somewhere on a good part.

    None where the shape does not fit on the part drawn.
    """
    own = [patch for patch in patches if patch.label == label]
    model = own[int(rng.integers(len(own)))]
    carrier = sources.draw_carrier(rng)
    pixels = read_checked(carrier)
    side = min(model.window_px, *pixels.shape[:2])
    shape = resize_shape(turned(model.shape, int(rng.integers(8))), side)
    rows, columns = np.flatnonzero(shape.any(1)), np.flatnonzero(shape.any(0))
    if rows.size == 0:
        return None
    place = find_place(rng, shape[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], foreground(pixels))
    if place is None:
        return None
    top = int(np.clip(place[0] - rows[0], 0, pixels.shape[0] - side))
    left = int(np.clip(place[1] - columns[0], 0, pixels.shape[1] - side))
    moved = np.roll(shape, (place[0] - rows[0] - top, place[1] - columns[0] - left), (0, 1))
    return Spot(carrier, pixels, top, left, moved, label)


def turned(array: NDArray[np.generic], symmetry: int) -> NDArray[np.generic]:
    """Return a square array turned by quarters (0 to 3), mirrored as well from 4 to 7."""
    turned_by = np.rot90(array, symmetry % 4)
    return np.ascontiguousarray(turned_by[:, ::-1] if symmetry >= 4 else turned_by)


def resize(pixels: Image, side: int = SIDE) -> Image:
    """Return square pixels brought to `side`."""
    import cv2

    method = cv2.INTER_AREA if pixels.shape[0] > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(pixels), (side, side), interpolation=method), np.uint8)


def resize_shape(shape: NDArray[np.generic], side: int) -> Mask:
    """Return a square shape brought to `side`; thin lines survive."""
    import cv2

    cover = np.ascontiguousarray(shape, np.float32)
    method = cv2.INTER_AREA if shape.shape[0] > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cover, (side, side), interpolation=method) > 0.3)
