"""Run-time for `autoencoder` packages: what a network that has seen good parts only cannot draw is unusual.

The picture's anomaly score is the mean of the most unlike pixels after smoothing: one loud pixel is noise, a
small defect is a few hundred loud ones. The package names how many count (`settings.top_share`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from safetensors import SafetensorError
from torch import nn
from torch.nn import functional

from inspector.errors import ModelError, PackageError
from inspector.inference.autoencoder_network import build_autoencoder
from inspector.inference.device import choose_device, device_errors, device_name
from inspector.inference.package import WEIGHTS_FILE, Package
from inspector.inference.scales import anomaly_prediction, evidence_map
from inspector.inference.similarity import residual
from inspector.types import HeatMap, Image, Prediction

MAX_BATCH = 16
"""Most regions that go through the network at once."""


class AutoencoderSettings(BaseModel):
    """`AnomalyCard.settings` of an auto-encoder.

    Attributes:
        channels: After the network's first halving.
        latent: Channels of its narrow place.
        smoothing: Side of the box window in pixels, odd.
        top_share: Share of the pixels whose mean is the picture's score.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    channels: int = Field(ge=1, le=256)
    latent: int = Field(ge=1, le=512)
    smoothing: int = Field(ge=1, le=99)
    top_share: float = Field(gt=0, le=1)

    @field_validator("smoothing")
    @classmethod
    def _odd(cls, smoothing: int) -> int:
        if smoothing % 2 == 0:
            raise ValueError("must be odd")
        return smoothing


def unlikeness(network: nn.Module, pictures: torch.Tensor, smoothing: int) -> torch.Tensor:
    """Return how unlike its drawing each picture is, smoothed, (N, H, W).

    Args:
        network: In evaluation mode.
        pictures: (N, 3, H, W) in 0..1, on the network's device.
        smoothing: Side of the box window in pixels, odd.
    """
    found = residual(pictures, network(pictures).float())
    edge = smoothing // 2
    return functional.avg_pool2d(functional.pad(found, (edge,) * 4, mode="replicate"), smoothing, stride=1)[:, 0]


def picture_scores(maps: torch.Tensor, top_share: float) -> torch.Tensor:
    """Return the mean of the largest `top_share` of each map's values, (N,), for maps (N, H, W)."""
    flat = maps.flatten(1)
    return flat.topk(max(1, round(flat.shape[1] * top_share)), dim=1).values.mean(1)


class AutoencoderModel:
    """An auto-encoder package loaded into memory; implements `inspector.inference.base.Model`.

    Made by `load_autoencoder`. Used from one thread.

    Attributes:
        package: The verified package that it was loaded from.
    """

    def __init__(self, package: Package, network: nn.Module, device: torch.device) -> None:
        card = package.card
        assert card.anomaly is not None  # noqa: S101 - the card's own check
        self.package = package
        self._network = network
        self._device = device
        self._preprocessing = card.preprocessing
        self._anomaly = card.anomaly
        settings = AutoencoderSettings.model_validate(card.anomaly.settings)
        self._smoothing, self._top_share = settings.smoothing, settings.top_share

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
        for maps in self._maps(regions):
            with device_errors(self._device):
                scores = picture_scores(maps, self._top_share).double().cpu().numpy()
            found += [anomaly_prediction(self.package.card, self._anomaly.scale, float(score)) for score in scores]
        return found

    def explain(self, region: Image) -> HeatMap:
        """Return the evidence for a defect over a region (H, W, 3): (H, W) float32, 0.5 where it becomes unusual.

        Raises:
            ModelError: The device failed.
        """
        raw = self.anomaly_maps([region])[0]
        return evidence_map(self._anomaly.pixel_scale, raw)

    def anomaly_maps(self, regions: Sequence[Image]) -> list[NDArray[np.float32]]:
        """Return the raw anomaly score of every pixel, (H, W) float32 per region, in the region's own coordinates.

        Raises:
            ModelError: The device failed, or the network gave values that are not finite.
        """
        raw = [each for maps in self._maps(regions) for each in maps.float().cpu().numpy()]
        return [
            self._preprocessing.unfit(each, region.shape[1], region.shape[0])
            for each, region in zip(raw, regions, strict=True)
        ]

    def _maps(self, regions: Sequence[Image]) -> Iterator[torch.Tensor]:
        """Yield maps over the network's input, (N, height, width), batch by batch."""
        fitted = [self._preprocessing.fit(region) for region in regions]
        for start in range(0, len(fitted), MAX_BATCH):
            batch = torch.from_numpy(self._preprocessing.normalise(fitted[start : start + MAX_BATCH]))
            with device_errors(self._device), torch.inference_mode():
                pictures = batch.to(self._device).contiguous(memory_format=torch.channels_last)
                maps = unlikeness(self._network, pictures, self._smoothing)
                finite = bool(torch.isfinite(maps).all())
            if not finite:
                raise ModelError(
                    f"{self.package.folder}: the network gave values that are no numbers (NaN or infinite).",
                    cure="The weights or the device are faulty: train again, or compare with device = cpu.",
                )
            yield maps


def load_autoencoder(package: Package, device: str = "auto") -> AutoencoderModel:
    """Load an auto-encoder package.

    Args:
        package: From `inspector.inference.package.open_package`.
        device: `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:N`.

    Raises:
        PackageError: Altered weights, or weights that do not fit the network that the card describes.
        ModelError: The device is not there.
    """
    target = choose_device(device)
    path = package.folder / WEIGHTS_FILE
    try:
        settings = AutoencoderSettings.model_validate(package.card.anomaly.settings if package.card.anomaly else {})
        network = build_autoencoder(settings.channels, settings.latent)
        network.load_state_dict(safetensors.torch.load(package.read_file(WEIGHTS_FILE)), strict=True)
    except (RuntimeError, ValidationError, SafetensorError, ModelError) as error:
        reason = " ".join(str(error).split())[:300]
        raise PackageError(
            f"{path}: the weights do not fit the auto-encoder that the card describes: {reason}",
            cure="The package was put together wrongly, or by another version: train it again.",
        ) from error
    network.eval().requires_grad_(requires_grad=False)
    network.to(device=target, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return AutoencoderModel(package, network, target)
