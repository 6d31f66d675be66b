"""A model that judges large regions tile by tile, as its package says; every run-time alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from inspector.inference.base import LocatingModel, Model
from inspector.inference.package import Package
from inspector.inference.tiling import Tiling, stitch, worst
from inspector.types import HeatMap, Image, Prediction, Region


class TiledModel:
    """Cuts regions, lets a model judge all tiles of a part as one batch; implements `inspector.inference.base.Model`.

    Args:
        model: Judges a tile as if it were a region.
        tiling: How regions are cut.

    Attributes:
        package: Of the model.
    """

    def __init__(self, model: Model, tiling: Tiling) -> None:
        self.package: Package = model.package
        self._model = model
        self._tiling = tiling

    @property
    def device(self) -> str:
        """Name of the processor that the tiles are judged on."""
        return self._model.device

    def warm_up(self) -> None:
        """Judge one blank tile."""
        self._model.warm_up()

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Judge regions, each (H, W, 3) uint8 RGB, by their worst tile.

        Raises:
            ModelError: The device failed.
        """
        plans = [self._cut(region) for region in regions]
        tiles = [tile.crop(region) for region, plan in zip(regions, plans, strict=True) for tile in plan]
        found = iter(self._model.predict(tiles))
        return [worst(list(islice(found, len(plan))), self.package.card.good) for plan in plans]

    def explain(self, region: Image) -> HeatMap:
        """Return the evidence for a defect, (H, W) float32 in 0..1, over a region (H, W, 3).

        Only tiles that would not pass by themselves are asked, and the worst one. A classifier's map says where in a
        tile, not how much: it counts by the tile's share of the highest score.

        Raises:
            ModelError: The device failed.
        """
        tiles, card = self._cut(region), self.package.card
        scores = [each.score for each in self._model.predict([tile.crop(region) for tile in tiles])]
        highest = max(scores)
        asked = [
            (tile, score)
            for tile, score in zip(tiles, scores, strict=True)
            if score == highest or score >= card.thresholds.pass_below
        ]
        maps = [self._model.explain(tile.crop(region)) for tile, _ in asked]
        if card.anomaly is None and highest > 0:
            maps = [heat * np.float32(score / highest) for heat, (_, score) in zip(maps, asked, strict=True)]
        return stitch(maps, [tile for tile, _ in asked], region.shape[1], region.shape[0])

    def _cut(self, region: Image) -> tuple[Region, ...]:
        return self._tiling.cut(region.shape[1], region.shape[0])


class TiledLocatingModel(TiledModel):
    """The same of a model whose maps are comparable; implements `inspector.inference.base.LocatingModel`.

    Args:
        model: Judges and measures a tile as if it were a region.
        tiling: How regions are cut.
    """

    def __init__(self, model: LocatingModel, tiling: Tiling) -> None:
        super().__init__(model, tiling)
        self._locating = model

    def anomaly_maps(self, regions: Sequence[Image]) -> list[NDArray[np.float32]]:
        """Return how unusual every pixel is, (H, W) float32 per region, in the region's own coordinates.

        Raises:
            ModelError: The device failed.
        """
        return [self._map(region) for region in regions]

    def _map(self, region: Image) -> NDArray[np.float32]:
        tiles = self._cut(region)
        maps = self._locating.anomaly_maps([tile.crop(region) for tile in tiles])
        return stitch(maps, tiles, region.shape[1], region.shape[0])


def tiled(model: Model) -> Model:
    """Return a model that cuts regions as its package says; the model itself where it says nothing."""
    tiling = model.package.card.tiling
    if tiling is None:
        return model
    return TiledLocatingModel(model, tiling) if isinstance(model, LocatingModel) else TiledModel(model, tiling)
