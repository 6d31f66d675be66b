"""Run-time for `patch-memory` packages: how far each place of a picture lies from everything that good parts showed.

PatchCore's idea (Roth et al., CVPR 2022) with a linear projection of the features, so that the search is one small
matrix product. The heat map shows the distances. For the picture's anomaly score each of them is first compared with
what is usual at its place (`references`): an edge where good parts differ counts less than a field where they never do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError

from inspector.errors import ModelError, PackageError
from inspector.inference.device import choose_device, device_errors, device_name
from inspector.inference.features import PatchFeatures, cut_trunk
from inspector.inference.networks import build_network
from inspector.inference.package import WEIGHTS_FILE, AnomalyCard, Package
from inspector.inference.preprocess import Preprocessing
from inspector.inference.references import References, look_of, references_from
from inspector.inference.scales import anomaly_prediction, evidence_map
from inspector.types import HeatMap, Image, Prediction

MAX_BATCH = 16
"""Most regions that go through the network at once."""

_SEARCH_ROWS = 4096  # compared with the memory at once: bounds the table of distances


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


class PatchMemory:
    """Features, projection and memory on one device: from pictures to distances, without any scale.

    Args:
        features: The trunk, ready to run.
        mean: (D,) of the joined features.
        directions: (D, d) projection.
        rows: (m, d) memory.
    """

    def __init__(
        self, features: PatchFeatures, mean: torch.Tensor, directions: torch.Tensor, rows: torch.Tensor
    ) -> None:
        self.features = features
        self._mean, self._directions = mean.to(features.device), directions.to(features.device)
        self._rows = rows.to(features.device)
        self._squares = (self._rows * self._rows).sum(1)

    def places(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the projected features of every place, (N, h, w, d) float32, for (N, 3, H, W) normalised."""
        return self.features.projected(pictures, self._mean, self._directions)

    def distances(self, places: torch.Tensor) -> torch.Tensor:
        """Return the distance of every place (…, d) to its nearest row, (…) float32."""
        return self._search(places, self._rows, self._squares)

    def distances_without(self, places: torch.Tensor, excluded: torch.Tensor) -> torch.Tensor:
        """Return the distances of places (…, d) to the nearest row that is not `excluded` (m,); all, if all are."""
        kept = ~excluded if not bool(excluded.all()) else torch.ones_like(excluded)
        return self._search(places, self._rows[kept], self._squares[kept])

    @staticmethod
    def _search(places: torch.Tensor, rows: torch.Tensor, squares: torch.Tensor) -> torch.Tensor:
        flat = places.reshape(-1, places.shape[-1])
        found = [
            torch.addmm(squares, part, rows.T, alpha=-2.0).amin(1) + (part * part).sum(1)
            for part in torch.split(flat, _SEARCH_ROWS)
        ]
        return torch.cat(found).clamp_(min=0).sqrt_().reshape(places.shape[:-1])


_MOST_DEVIATIONS = 500.0  # exp of more has no float


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
        memory: Features and rows.
        references: Good pictures to compare with.
        anomaly: Scales of the card.
    """

    def __init__(self, package: Package, memory: PatchMemory, references: References, anomaly: AnomalyCard) -> None:
        self.package = package
        self._memory = memory
        self._references = references
        self._anomaly = anomaly
        self._settings = PatchMemorySettings.model_validate(anomaly.settings)
        self._preprocessing = package.card.preprocessing

    @property
    def device(self) -> str:
        """Name of the processor: `cpu`, or `cuda:0 (NVIDIA …)`."""
        return device_name(self._memory.features.device)

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
        for region, (places, distances) in zip(regions, self._measured(regions), strict=True):
            inside = inside_cells(self._preprocessing, region.shape[1], region.shape[0], distances.shape)
            standard = self._references.standardise(distances, look_of(places, inside), inside)
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
            for region, (_, distances) in zip(regions, self._measured(regions), strict=True)
        ]

    def _measured(self, regions: Sequence[Image]) -> Iterator[tuple[torch.Tensor, NDArray[np.float32]]]:
        """Yield the projected features (h, w, d) and the distances (h, w) of each region."""
        fitted = [self._preprocessing.fit(region) for region in regions]
        for start in range(0, len(fitted), MAX_BATCH):
            batch = torch.from_numpy(self._preprocessing.normalise(fitted[start : start + MAX_BATCH]))
            with device_errors(self._memory.features.device), torch.inference_mode():
                places = self._memory.places(batch)
                found = self._memory.distances(places).cpu().numpy()
            if not np.isfinite(found).all():
                raise ModelError(
                    f"{self.package.folder}: the network gave values that are no numbers (NaN or infinite).",
                    cure="The weights or the device are faulty: train again, or compare with device = cpu.",
                )
            yield from zip(places, found, strict=True)


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


def load_patch_memory(package: Package, device: str = "auto") -> PatchMemoryModel:
    """Load a patch-memory package.

    Args:
        package: From `inspector.inference.package.open_package`.
        device: `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:N`.

    Raises:
        PackageError: Altered weights, or weights that do not fit what the card names.
        ModelError: The device is not there.
    """
    target = choose_device(device)
    try:
        return _restore(package, safetensors.torch.load(package.read_file(WEIGHTS_FILE)), target)
    except (KeyError, RuntimeError, ModelError, ValidationError, SafetensorError) as error:
        raise PackageError(
            f"{package.folder / WEIGHTS_FILE}: the weights do not fit the patch memory that the card describes: "
            f"{' '.join(str(error).split())[:300]}",
            cure="The package was put together wrongly, or by another version: train it again.",
        ) from error


def _restore(package: Package, tensors: dict[str, torch.Tensor], device: torch.device) -> PatchMemoryModel:
    """Put a memory together from what `memory_tensors` gave. Raises whatever says that something does not fit."""
    card = package.card
    if card.anomaly is None:
        raise ModelError("the card has no table 'anomaly'")
    settings = PatchMemorySettings.model_validate(card.anomaly.settings)
    mean, directions, rows = (tensors.pop(name).float() for name in ("mean", "directions", "rows"))
    references = references_from(tensors)
    if directions.shape != (mean.numel(), rows.shape[1]) or rows.shape[0] != card.anomaly.memory:
        raise ModelError(f"memory {tuple(rows.shape)} and projection {tuple(directions.shape)} do not go together")
    trunk = cut_trunk(build_network(card.backbone, 1), card.anomaly.layers)
    trunk.load_state_dict({name.removeprefix("trunk."): value for name, value in tensors.items()}, strict=True)
    features = PatchFeatures(trunk, card.anomaly.layers, device, settings.precision)
    return PatchMemoryModel(package, PatchMemory(features, mean, directions, rows), references, card.anomaly)


def memory_tensors(
    trunk: torch.nn.Module, mean: torch.Tensor, directions: torch.Tensor, rows: torch.Tensor, references: References
) -> dict[str, torch.Tensor]:
    """Return what a package keeps of a patch memory, by name."""
    named = {f"trunk.{name}": value for name, value in trunk.state_dict().items()}
    own = {"mean": mean, "directions": directions, "rows": rows}
    return {name: value.cpu().contiguous() for name, value in {**named, **own, **references.tensors()}.items()}
