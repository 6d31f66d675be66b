"""Fitted pictures that memory does not hold, on the disk: decoded once per run, not once per epoch."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np

from inspector.types import Image

_FREE_SHARE = 0.5  # of the free disk that a run may take


class Spill:
    """A file of slots, one per picture with its mask. It has no name and is gone with the run, however that ends.

    A slot is what was put into it in this run: nothing of an earlier one can be mistaken for it. Used by one thread at
    a time.

    Args:
        folder: On the disk that holds it; made where absent.
        shape: (height, width) of the fitted pictures.
        wanted: Pictures; fewer where the disk has not room for twice as many.

    Attributes:
        slots: How many pictures it holds.
    """

    def __init__(self, folder: Path, shape: tuple[int, int], wanted: int) -> None:
        size = shape[0] * shape[1] * 4
        self.slots = 0
        if wanted <= 0:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self.slots = min(wanted, int(shutil.disk_usage(folder).free * _FREE_SHARE) // size)
        if self.slots:
            with tempfile.TemporaryFile(dir=folder) as file:  # the mapping keeps it
                file.truncate(self.slots * size)
                self._rows = np.memmap(file, np.uint8, "r+", shape=(self.slots, *shape, 4))
            self._full = np.zeros(self.slots, np.bool_)

    def get(self, slot: int) -> tuple[Image, Image] | None:
        """Return the picture (height, width, 3) and mask (height, width) of a slot; None where nothing was put."""
        if slot >= self.slots or not self._full[slot]:
            return None
        row = np.array(self._rows[slot])
        return np.ascontiguousarray(row[..., :3]), np.ascontiguousarray(row[..., 3])

    def put(self, slot: int, pair: tuple[Image, Image]) -> None:
        """Keep a picture and its mask; nothing where the slot lies past the end."""
        if slot >= self.slots:
            return
        self._rows[slot, ..., :3], self._rows[slot, ..., 3] = pair
        self._full[slot] = True
