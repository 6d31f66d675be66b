"""High-resolution regions as overlapping tiles: where they lie, what they say together, and one map of their maps.

A small defect that covers five pixels of a frame of 20 megapixels covers none of it once the frame is shrunk to a
network's input. Cut into tiles, the frame is judged pixel by pixel, and the part is as bad as its worst tile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from inspector.types import HeatMap, Prediction, Region

_SHARE = 4  # of the smaller side, that tiles overlap by where nobody says otherwise


class Tiling(BaseModel):
    """How a region is cut into tiles. Part of a model package, for its limits rest on it.

    Attributes:
        width: Of a tile, in pixels of the frame.
        height: Of a tile, in pixels of the frame.
        overlap: Least number of pixels that neighbours share: whatever is not larger than `overlap` + 1 pixels lies
            whole in some tile.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(ge=16, le=8192)
    height: int = Field(ge=16, le=8192)
    overlap: int = Field(ge=0, le=4096)

    @model_validator(mode="before")
    @classmethod
    def _usual_overlap(cls, given: object) -> object:
        """Without an overlap, a quarter of the smaller side."""
        if isinstance(given, dict) and given.get("overlap") is None and {"width", "height"} <= given.keys():
            return {**given, "overlap": min(int(given["width"]), int(given["height"])) // _SHARE}
        return given

    @model_validator(mode="after")
    def _advances(self) -> Tiling:
        if self.overlap > min(self.width, self.height) // 2:
            raise ValueError(f"an overlap of {self.overlap} is more than half of a {self.width}x{self.height} tile")
        return self

    def cut(self, width: int, height: int) -> tuple[Region, ...]:
        """Return the tiles of a `width` x `height` region, row by row, evenly spread; together they cover it.

        All have the size of a tile, unless the region itself is smaller.
        """
        wide, high = min(self.width, width), min(self.height, height)
        return tuple(
            Region(x, y, wide, high)
            for y in _starts(height, high, self.overlap)
            for x in _starts(width, wide, self.overlap)
        )


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    """Return where tiles begin along one side: as few as keep the overlap, the last one flush with the end."""
    count = 1 if length <= tile else math.ceil((length - tile) / (tile - overlap)) + 1
    return [int(start) for start in np.linspace(0, length - tile, count).round()] if count > 1 else [0]


def worst(tiles: Sequence[Prediction], good: Sequence[str]) -> Prediction:
    """Return what the tiles of a region say of it together: the prediction of the one with the highest defect score.

    The class is that of the highest score among the tiles whose class is not good, where there is one: such a region
    must not pass, whatever the score.
    """
    highest = max(tiles, key=lambda tile: tile.score)
    suspicious = [tile for tile in tiles if tile.predicted_class not in good]
    named = max(suspicious, key=lambda tile: tile.score, default=highest)
    return replace(highest, predicted_class=named.predicted_class)


def stitch(
    maps: Sequence[NDArray[np.float32]], tiles: Sequence[Region], width: int, height: int
) -> NDArray[np.float32]:
    """Return one map (height, width) float32 of the maps of some tiles; 0 where none of them lies.

    Where tiles overlap, each counts the more the farther the place is from its own edge: networks know least there,
    and no seam is left.
    """
    total, weights = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for own, tile in zip(maps, tiles, strict=True):
        weight = np.minimum.outer(_taper(tile.height), _taper(tile.width))
        place = np.s_[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        total[place] += own * weight
        weights[place] += weight
    found: HeatMap = np.divide(total, weights, out=total, where=weights > 0)
    return found


def _taper(length: int) -> NDArray[np.float32]:
    """Return 1 at both ends of a side, rising by 1 per pixel toward its middle."""
    place = np.arange(length, dtype=np.float32)
    return np.minimum(place, place[::-1]) + 1
