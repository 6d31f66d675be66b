"""Pictures for the large view, read in a thread of a pool; the one after the cursor is read ahead. No widgets."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.items import Item
from inspector.errors import InspectorError
from inspector.inference.base import Model
from inspector.types import HeatMap, Image

_KEPT = 6


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One image, read.

    Attributes:
        item: The image.
        pixels: (H, W, 3) uint8 RGB; None where it cannot be read.
        mask: (H, W) uint8, 255 = defect; None where there is none.
        trouble: Why something is missing; "" where nothing is.
    """

    item: Item
    pixels: Image | None
    mask: Image | None
    trouble: str = ""


class ImageReader:
    """Reads images; keeps the last few, as a reviewer goes back and forth. Used by one pool thread at a time.

    Args:
        package: Model package that makes heat maps; None: there are none.
    """

    def __init__(self, package: Path | None) -> None:
        self._package = package
        self._kept: OrderedDict[tuple[int, Path | None], Picture] = OrderedDict()
        self._lock = threading.Lock()
        self._model: Model | None = None

    @property
    def explains(self) -> bool:
        """Whether there can be heat maps."""
        return self._package is not None

    def read(self, item: Item) -> Picture:
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


def _read(item: Item) -> Picture:
    try:
        pixels = item.read_pixels()
    except InspectorError as error:
        return Picture(item, None, None, str(error))
    try:
        mask = item.read_mask()
    except InspectorError as error:
        return Picture(item, pixels, None, str(error))
    if mask is not None and mask.shape != pixels.shape[:2]:
        return Picture(item, pixels, None, f"{item.mask}: the mask has another size than the picture.")
    return Picture(item, pixels, mask)
