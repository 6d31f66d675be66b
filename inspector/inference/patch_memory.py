"""Run-time for `patch-memory` packages: how far each place of a picture lies from everything that good parts showed.

PatchCore's idea (Roth et al., CVPR 2022) with a linear projection of the features, so that the search is one small
matrix product. What follows from the distances stands in `memory_model`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError

from inspector.errors import ModelError, PackageError
from inspector.inference.device import choose_device, device_errors, device_name
from inspector.inference.features import PatchFeatures, cut_trunk
from inspector.inference.memory_model import Look, PatchMemoryModel, PatchMemorySettings
from inspector.inference.networks import build_network
from inspector.inference.package import WEIGHTS_FILE, Package
from inspector.inference.preprocess import Preprocessing
from inspector.inference.references import References, look_of, references_from
from inspector.types import Image

MAX_BATCH = 16
"""Most regions that go through the network at once."""

_SEARCH_ROWS = 4096  # compared with the memory at once: bounds the table of distances


class Projecting(Protocol):
    """Whatever gives the projected features of pictures: `PatchFeatures`, or an exported trunk."""

    device: torch.device

    def projected(self, pictures: torch.Tensor, mean: torch.Tensor, directions: torch.Tensor) -> torch.Tensor:
        """Return (N, h, w, d) float32 for normalised pictures (N, 3, H, W)."""
        ...


class PatchMemory:
    """Features, projection and memory on one device: from pictures to distances, without any scale.

    Args:
        features: The trunk, ready to run.
        mean: (D,) of the joined features.
        directions: (D, d) projection.
        rows: (m, d) memory.
    """

    def __init__(self, features: Projecting, mean: torch.Tensor, directions: torch.Tensor, rows: torch.Tensor) -> None:
        self.features = features
        self._mean, self._directions = mean.to(features.device), directions.to(features.device)
        self._rows = rows.to(features.device)
        self._squares = (self._rows * self._rows).sum(1)

    def places(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the projected features of every place, (N, h, w, d) float32, for (N, 3, H, W) normalised."""
        return self.features.projected(pictures, self._mean, self._directions)

    def distances(self, places: torch.Tensor) -> torch.Tensor:
        """Return the distance of every place (…, d) to its nearest row, (…) float32."""
        return self.search(places, self._rows, self._squares)

    def distances_without(self, places: torch.Tensor, excluded: torch.Tensor) -> torch.Tensor:
        """Return the distances of places (…, d) to the nearest row that is not `excluded` (m,); all, if all are."""
        kept = ~excluded if not bool(excluded.all()) else torch.ones_like(excluded)
        return self.search(places, self._rows[kept], self._squares[kept])

    @staticmethod
    def search(places: torch.Tensor, rows: torch.Tensor, squares: torch.Tensor) -> torch.Tensor:
        """Return the distance of places (…, d) to the nearest of rows (m, d) with these squares (m,), (…) float32."""
        flat = places.reshape(-1, places.shape[-1])
        found = [
            torch.addmm(squares, part, rows.T, alpha=-2.0).amin(1) + (part * part).sum(1)
            for part in torch.split(flat, _SEARCH_ROWS)
        ]
        return torch.cat(found).clamp_(min=0).sqrt_().reshape(places.shape[:-1])


class TorchMeter:
    """A patch memory on PyTorch; implements `inspector.inference.memory_model.Meter`.

    Args:
        memory: Features and rows.
        preprocessing: Of the package.
    """

    def __init__(self, memory: PatchMemory, preprocessing: Preprocessing) -> None:
        self._memory = memory
        self._preprocessing = preprocessing

    @property
    def device(self) -> str:
        """Name of the processor: `cpu`, or `cuda:0 (NVIDIA …)`."""
        return device_name(self._memory.features.device)

    def measure(self, fitted: Sequence[Image]) -> Iterator[tuple[NDArray[np.float32], Look]]:
        """Yield the distances (h, w) and the look of each fitted picture. Raises ModelError."""
        for start in range(0, len(fitted), MAX_BATCH):
            batch = torch.from_numpy(self._preprocessing.normalise(fitted[start : start + MAX_BATCH]))
            with device_errors(self._memory.features.device), torch.inference_mode():
                places = self._memory.places(batch)
                found = self._memory.distances(places).cpu().numpy()
            for own, distances in zip(places, found, strict=True):
                yield distances, functools.partial(look_of, own)


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
    meter = TorchMeter(PatchMemory(features, mean, directions, rows), card.preprocessing)
    return PatchMemoryModel(package, meter, references, card.anomaly)


def memory_tensors(
    trunk: torch.nn.Module, mean: torch.Tensor, directions: torch.Tensor, rows: torch.Tensor, references: References
) -> dict[str, torch.Tensor]:
    """Return what a package keeps of a patch memory, by name."""
    named = {f"trunk.{name}": value for name, value in trunk.state_dict().items()}
    own = {"mean": mean, "directions": directions, "rows": rows}
    return {name: value.cpu().contiguous() for name, value in {**named, **own, **references.tensors()}.items()}
