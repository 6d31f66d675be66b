"""Pictures for the large view, read in a thread of a pool; the one after the cursor is read ahead. No widgets."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.items import Item
from inspector.errors import InspectorError
from inspector.inference.base import Model
from inspector.types import HeatMap, Image

_KEPT = 6
_OUTLINE = (0, 229, 255)  # RGB; neither on grey metal nor in the heat map's colours
_TINT = 0.18


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One image, read.

    Attributes:
        item: The image.
        pixels: (H, W, 3) uint8 RGB; None where it cannot be read.
        mask: (H, W) uint8, 255 = defect; None where there is none.
        marked: The pixels with the mask's outline; the pixels themselves where there is none.
        trouble: Why something is missing; "" where nothing is.
    """

    item: Item
    pixels: Image | None
    mask: Image | None
    marked: Image | None
    trouble: str = ""


class ImageReader:
    """Reads images; keeps the last few, as a reviewer goes back and forth. Used by one pool thread at a time.

    Args:
        package: Model package that makes heat maps; None: there are none.
    """

    def __init__(self, package: Path | None) -> None:
        self._package = package
        self._kept: OrderedDict[tuple[int, Path | None], Shown] = OrderedDict()
        self._lock = threading.Lock()
        self._model: Model | None = None

    @property
    def explains(self) -> bool:
        """Whether there can be heat maps."""
        return self._package is not None

    def read(self, item: Item) -> Shown:
        """Return an image with its mask; trouble is told in it."""
        key = (item.item_id, item.mask)
        with self._lock:
            shown = self._kept.get(key)
        if shown is None:
            shown = _read(item)
        with self._lock:
            self._kept[key] = shown
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return shown

    def heat_map(self, pixels: Image) -> HeatMap:
        """Return where the package's model sees evidence of a defect, (H, W). Slow.

        Raises:
            PackageError: The package is not there or was altered.
            ModelError: It cannot be run on this PC.
        """
        if self._model is None:
            from inspector.inference.load import load_reference
            from inspector.inference.package import open_package

            if self._package is None:
                return np.zeros(pixels.shape[:2], np.float32)
            self._model = load_reference(open_package(self._package), "cpu")
        return self._model.explain(pixels)


def _read(item: Item) -> Shown:
    try:
        pixels = item.read_pixels()
    except InspectorError as error:
        return Shown(item, None, None, None, str(error))
    try:
        mask = item.read_mask()
    except InspectorError as error:
        return Shown(item, pixels, None, pixels, str(error))
    return Shown(item, pixels, mask, marked(pixels, mask))


def marked(pixels: Image, mask: Image | None) -> Image:
    """Return pixels (H, W, 3) with the outline of a mask (H, W), or as they are where it marks nothing or misfits."""
    if mask is None or mask.shape != pixels.shape[:2] or not mask.any():
        return pixels
    inside: NDArray[np.bool_] = mask > 0
    made = pixels.copy()
    made[inside] = ((1 - _TINT) * made[inside] + _TINT * np.array(_OUTLINE)).astype(np.uint8)
    contours, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    thickness = max(1, round(max(pixels.shape[:2]) / 600))
    cv2.drawContours(made, contours, -1, _OUTLINE, thickness)
    return made
