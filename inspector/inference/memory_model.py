"""A loaded patch memory, whatever runs its network: from distances to scores, maps and predictions. Without torch.

A `Meter` gives how far each place of a picture lies from everything that good parts showed. The heat map shows these
distances. For the picture's anomaly score each of them is first compared with what is usual at its place
(`references`): an edge where good parts differ counts less than a field where they never do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from inspector.errors import ModelError
from inspector.inference.package import AnomalyCard, Package
from inspector.inference.preprocess import Preprocessing
from inspector.inference.references import References
from inspector.inference.scales import anomaly_prediction, evidence_map
from inspector.types import HeatMap, Image, Prediction

Look = Callable[[NDArray[np.bool_]], NDArray[np.float32]]
"""Gives what a picture looks like as a whole, (2 d,), for the cells (h, w) that show it."""

_MOST_DEVIATIONS = 500.0  # exp of more has no float


class Meter(Protocol):
    """Measures pictures against the memory: the part of a patch memory that a run-time has to compute."""

    @property
    def device(self) -> str:
        """Name of the processor, for people."""
        ...

    def measure(self, fitted: Sequence[Image]) -> Iterator[tuple[NDArray[np.float32], Look]]:
        """Yield the distances (h, w) and the look of each fitted picture (height, width, 3) uint8.

        Raises:
            ModelError: The run-time failed.
        """
        ...


class PatchMemorySettings(BaseModel):
    """`AnomalyCard.settings` of a patch memory.

    Attributes:
        precision: Number type of the trunk on a CPU.
        smoothing: Standard deviation of the heat map's Gaussian, in input pixels.
        top_share: Share of the places whose mean is the picture's score.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    precision: Literal["float32", "bfloat16"]
    smoothing: float = Field(ge=0)
    top_share: float = Field(gt=0, le=1)


def picture_score(standard: NDArray[np.float32], top_share: float) -> float:
    """Return the anomaly score of one picture from its standardised places (n,): exp of the mean of the highest."""
    count = max(1, round(standard.size * top_share))
    top = np.partition(standard.astype(np.float64), standard.size - count)[-count:]
    return float(np.exp(np.clip(top.mean(), -_MOST_DEVIATIONS, _MOST_DEVIATIONS)))


def inside_cells(preprocessing: Preprocessing, width: int, height: int, grid: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which cells (rows, columns) of the feature grid show the picture and not the letterbox's border."""
    place = preprocessing.geometry(width, height)
    down = _inside_along(place.y, place.height, preprocessing.height, grid[0])
    across = _inside_along(place.x, place.width, preprocessing.width, grid[1])
    inside: NDArray[np.bool_] = down[:, None] & across[None, :]
    return inside


def _inside_along(start: int, length: int, whole: int, cells: int) -> NDArray[np.bool_]:
    """Return which of `cells` have their middle in [start, start + length); one at least."""
    middles = (np.arange(cells) + 0.5) * whole / cells
    inside: NDArray[np.bool_] = (middles >= start) & (middles < start + length)
    if not inside.any():
        inside[min(int((start + length / 2) * cells / whole), cells - 1)] = True
    return inside


class PatchMemoryModel:
    """A patch memory loaded; implements `inspector.inference.base.Model`. Used from one thread.

    Args:
        package: The verified package that it was loaded from.
        meter: Measures against the memory.
        references: Good pictures to compare with.
        anomaly: Scales of the card.
    """

    def __init__(self, package: Package, meter: Meter, references: References, anomaly: AnomalyCard) -> None:
        self.package = package
        self._meter = meter
        self._references = references
        self._anomaly = anomaly
        self._settings = PatchMemorySettings.model_validate(anomaly.settings)
        self._preprocessing = package.card.preprocessing

    @property
    def device(self) -> str:
        """Name of the processor and, where it is not torch, of the run-time: `cpu`, `cpu (OpenVINO int8)`."""
        return self._meter.device

    def warm_up(self) -> None:
        """Judge one blank picture: the first part finds memory allocated and kernels chosen."""
        self.predict([np.zeros((self._preprocessing.height, self._preprocessing.width, 3), np.uint8)])

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Judge regions, each (H, W, 3) uint8 RGB of any size.

        Raises:
            ModelError: The device failed, or the network gave values that are not finite.
        """
        card = self.package.card
        return [anomaly_prediction(card, self._anomaly.scale, score) for score in self.anomaly_scores(regions)]

    def anomaly_scores(self, regions: Sequence[Image]) -> list[float]:
        """Return the anomaly score of each region. Raises ModelError."""
        found = []
        for region, (distances, look) in zip(regions, self._measured(regions), strict=True):
            inside = inside_cells(self._preprocessing, region.shape[1], region.shape[0], distances.shape)
            standard = self._references.standardise(distances, look(inside), inside)
            found.append(picture_score(standard[inside], self._settings.top_share))
        return found

    def explain(self, region: Image) -> HeatMap:
        """Return the evidence for a defect over a region (H, W, 3): (H, W) float32, 0.5 where it becomes unusual.

        Raises:
            ModelError: The device failed.
        """
        return evidence_map(self._anomaly.pixel_scale, self.anomaly_maps([region])[0])

    def anomaly_maps(self, regions: Sequence[Image]) -> list[NDArray[np.float32]]:
        """Return the smoothed distance at every pixel, (H, W) float32 per region, in the region's own coordinates.

        Raises:
            ModelError: The device failed, or the network gave values that are not finite.
        """
        return [
            distance_map(distances, self._preprocessing, self._settings.smoothing, region.shape[1], region.shape[0])
            for region, (distances, _) in zip(regions, self._measured(regions), strict=True)
        ]

    def _measured(self, regions: Sequence[Image]) -> Iterator[tuple[NDArray[np.float32], Look]]:
        """Yield the distances (h, w) of each region, and its look."""
        for distances, look in self._meter.measure([self._preprocessing.fit(region) for region in regions]):
            if not np.isfinite(distances).all():
                raise ModelError(
                    f"{self.package.folder}: the network gave values that are no numbers (NaN or infinite).",
                    cure="The weights or the device are faulty: train again, or compare with device = cpu.",
                )
            yield distances, look


def distance_map(
    distances: NDArray[np.float32], preprocessing: Preprocessing, smoothing: float, width: int, height: int
) -> NDArray[np.float32]:
    """Bring distances (h, w) over the input to a smooth map (height, width) over the picture.

    Args:
        distances: Of the feature grid.
        preprocessing: Of the package.
        smoothing: Standard deviation of the Gaussian, in input pixels.
        width: Of the picture.
        height: Of the picture.
    """
    import cv2

    full = cv2.resize(distances, (preprocessing.width, preprocessing.height), interpolation=cv2.INTER_LINEAR)
    if smoothing > 0:
        full = cv2.GaussianBlur(full, (0, 0), smoothing, borderType=cv2.BORDER_REPLICATE)
    return preprocessing.unfit(full.astype(np.float32, copy=False), width, height)
