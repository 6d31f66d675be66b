"""Run-time for `classifier` packages on PyTorch, CPU or CUDA: class probabilities, and why.

The decision needs `predict` alone. `explain` runs the network a second time, so that no decision waits for a
heat map.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError

from inspector.errors import ModelError, PackageError
from inspector.inference.class_scores import class_prediction
from inspector.inference.device import MEMORY_CURE, choose_device, device_errors, device_name
from inspector.inference.gradcam import evidence
from inspector.inference.networks import build_network, network_stages
from inspector.inference.package import WEIGHTS_FILE, Package
from inspector.types import HeatMap, Image, Prediction

MAX_BATCH = 32
"""Most regions that go through the network at once; more are cut into batches of this size."""


class TorchClassifier:
    """A classifier package loaded into memory; implements `inspector.inference.base.Model`.

    Made by `load_classifier`. Used from one thread. A picture's probabilities do not depend on what else is
    in the batch, up to rounding (about 1e-6 on a CPU, 1e-2 in half precision on CUDA).

    Attributes:
        package: The verified package that it was loaded from.
    """

    def __init__(self, package: Package, network: torch.nn.Module, device: torch.device) -> None:
        card = package.card
        self.package = package
        self._network = network
        self._device = device
        self._preprocessing = card.preprocessing
        self._stages = network_stages(network)[-2:]
        self._good = tuple(card.classes.index(name) for name in card.good)
        self._temperature = card.calibration.temperature if card.calibration else 1.0

    @property
    def device(self) -> str:
        """Name of the processor: `cpu`, or `cuda:0 (NVIDIA …)`."""
        return device_name(self._device)

    def warm_up(self) -> None:
        """Judge one blank picture: the first part finds memory allocated and kernels chosen."""
        self.predict([np.zeros((self._preprocessing.height, self._preprocessing.width, 3), np.uint8)])

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Judge regions, each (H, W, 3) uint8 RGB of any size.

        Raises:
            ModelError: The device failed, or the network gave values that are not finite.
        """
        found: list[Prediction] = []
        for start in range(0, len(regions), MAX_BATCH):
            found += self._predict_batch(regions[start : start + MAX_BATCH])
        return found

    def explain(self, region: Image) -> HeatMap:
        """Return the evidence for the defect classes over a region (H, W, 3).

        (H, W) float32, strongest place 1; all zero where nothing in the picture speaks for a defect.

        Raises:
            ModelError: The device failed.
        """
        with device_errors(self._device):
            coarse = evidence(self._network, self._stages, self._to_device(self._normalise([region])), self._good)
        return self._preprocessing.unfit(coarse, region.shape[1], region.shape[0])

    def _predict_batch(self, regions: Sequence[Image]) -> list[Prediction]:
        batch = self._normalise(regions)
        with device_errors(self._device), torch.inference_mode():
            with torch.autocast("cuda", torch.float16, enabled=self._device.type == "cuda"):
                logits = self._network(self._to_device(batch))
            probabilities = (logits.double() / self._temperature).softmax(dim=1).cpu().numpy()
        return [class_prediction(self.package, row) for row in probabilities]

    def _normalise(self, regions: Sequence[Image]) -> NDArray[np.float32]:
        return self._preprocessing.normalise([self._preprocessing.fit(region) for region in regions])

    def _to_device(self, batch: NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(batch).to(self._device).contiguous(memory_format=torch.channels_last)


def load_classifier(package: Package, device: str = "auto") -> TorchClassifier:
    """Load a classifier package.

    Args:
        package: From `inspector.inference.package.open_package`. The weights are the very bytes whose hash
            was checked.
        device: `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:N`.

    Raises:
        PackageError: Altered weights, or weights that do not fit the network that the card names.
        ModelError: The device is not there.
    """
    target = choose_device(device)
    network = build_network(package.card.backbone, len(package.card.classes))
    path = package.folder / WEIGHTS_FILE
    try:
        network.load_state_dict(safetensors.torch.load(package.read_file(WEIGHTS_FILE)), strict=True)
    except (RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise PackageError(
            f"{path}: the weights do not fit the network {package.card.backbone!r}: {reason}",
            cure="The package was put together wrongly, or by another version: train it again.",
        ) from error
    network.eval().requires_grad_(requires_grad=False)
    try:
        network.to(device=target, memory_format=torch.channels_last)  # type: ignore[call-overload]
    except RuntimeError as error:
        raise ModelError(f"{target}: the network could not be loaded: {error}", cure=MEMORY_CURE) from error
    return TorchClassifier(package, network, target)
