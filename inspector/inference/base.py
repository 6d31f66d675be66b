"""The Model protocol: what a station asks of any run-time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from inspector.inference.package import Package
from inspector.types import HeatMap, Image, Prediction


class Model(Protocol):
    """A loaded model. Made and used in one thread.

    Order of calls: `warm_up` once before the first part, then `predict` for each part (all views as one batch), and
    `explain` after the decision where a reason is wanted.
    """

    package: Package

    @property
    def device(self) -> str:
        """Name of the processor it runs on, for people: `cpu`, `cuda:0 (NVIDIA …)`."""
        ...

    def warm_up(self) -> None:
        """Run once on a blank picture, so that the first part is not the slow one."""
        ...

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Judge regions, each (H, W, 3) uint8 RGB of any size, as one batch.

        Raises:
            ModelError: The run-time failed, or gave values that are no probabilities.
        """
        ...

    def explain(self, region: Image) -> HeatMap:
        """Return the evidence for the defect classes, (H, W) float32 in 0..1, over the region."""
        ...


@runtime_checkable
class LocatingModel(Model, Protocol):
    """A model that also measures how unusual each pixel is, comparable between pictures."""

    def anomaly_maps(self, regions: Sequence[Image]) -> list[NDArray[np.float32]]:
        """Return a map (H, W) float32 per region (H, W, 3), in the region's own coordinates, without upper end."""
        ...
