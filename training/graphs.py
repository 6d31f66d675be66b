"""A package's network as modules that can be converted: the same code that judges on PyTorch, put into forward()."""

from __future__ import annotations

import safetensors.torch
import torch
from torch import nn
from torch.nn import functional

from inspector.errors import UsageError
from inspector.inference.features import PatchFeatures, cut_trunk
from inspector.inference.networks import build_network
from inspector.inference.package import WEIGHTS_FILE, Package
from inspector.inference.preprocess import Preprocessing

_ROWS_AT_ONCE = 500  # a table of places x rows that stays in the processor's second cache


class PlacesNetwork(nn.Module):
    """Trunk, averaging and projection of a patch memory: (N, 3, H, W) normalised to places (N, h, w, d).

    Args:
        package: Of the method patch-memory.
    """

    def __init__(self, package: Package) -> None:
        super().__init__()
        card, anomaly = package.card, package.card.anomaly
        assert anomaly is not None  # noqa: S101 - the card's own check for this method
        tensors = safetensors.torch.load(package.read_file(WEIGHTS_FILE))
        trunk = cut_trunk(build_network(card.backbone, 1), anomaly.layers)
        start = "trunk."
        trunk.load_state_dict({name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)})
        self.features = PatchFeatures(trunk, anomaly.layers, torch.device("cpu"), "float32")
        self.mean, self.directions = tensors["mean"].float(), tensors["directions"].float()
        self.rows = tensors["rows"].float()

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the places."""
        return self.features.projected(pictures, self.mean, self.directions)


class SearchNetwork(nn.Module):
    """Distance of every place (N, h, w, d) to its nearest row (m, d): (N, h, w).

    The products are written as a convolution of 1 x 1, which run-times compute a little faster than a plain product.

    Args:
        rows: The memory.
        reach: Largest value of a place that int8 must hold; None computes in float32. In int8 places and rows are
            rounded before their squares are taken: then what is computed is the exact distance of rounded values, off
            by a share of the distance. With the squares of the values before rounding it would be off by a share of
            the values themselves, which are many times larger.
    """

    def __init__(self, rows: torch.Tensor, reach: float | None = None) -> None:
        super().__init__()
        self._reach = reach
        self._parts = [part.contiguous() for part in torch.split(rows, _ROWS_AT_ONCE)]

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        """Return the distances."""
        channels = self._rounded(places.permute(0, 3, 1, 2))
        nearest: torch.Tensor | None = None
        for part in self._parts:
            weights, squares = self._weights(part)
            found = (squares - 2.0 * functional.conv2d(channels, weights)).amin(1)
            nearest = found if nearest is None else torch.minimum(nearest, found)
        assert nearest is not None  # noqa: S101 - a memory has at least one row
        return (nearest + (channels * channels).sum(1)).clamp(min=0).sqrt()

    def _rounded(self, channels: torch.Tensor) -> torch.Tensor:
        if self._reach is None:
            return channels
        # 256 steps: of 255 OpenVINO 2026.4 makes int8 by another rounding than the one that the squares see
        return torch.fake_quantize_per_tensor_affine(channels, self._reach / 127, 0, -128, 127)

    def _weights(self, part: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the rows as weights (m, d, 1, 1), and their squares (1, m, 1, 1) as these will be rounded."""
        weights = part[:, :, None, None]
        if self._reach is None:
            return weights, (part * part).sum(1)[None, :, None, None]
        steps, zeros = part.abs().amax(1).clamp(min=1e-12) / 127, torch.zeros(len(part), dtype=torch.int32)
        own = torch.fake_quantize_per_channel_affine(part, steps, zeros, 0, -127, 127)
        squares = (own * own).sum(1)[None, :, None, None]
        return torch.fake_quantize_per_channel_affine(weights, steps, zeros, 0, -127, 127), squares


class FromPixels(nn.Module):
    """Normalises (N, H, W, 3) uint8 and gives it to a network.

    Args:
        network: Takes (N, 3, H, W) float32; gives a tensor, or several.
        preprocessing: Of the package.
    """

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        self._factor = 1.0 / (torch.tensor(preprocessing.std) * 255.0)
        self._offset = torch.tensor(preprocessing.mean) / torch.tensor(preprocessing.std)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the network's outputs."""
        found = self.network((pixels.float() * self._factor - self._offset).permute(0, 3, 1, 2))
        return found if isinstance(found, tuple) else (found,)


class PlacesAndDistances(nn.Module):
    """A patch memory in one: places (N, h, w, d) and distances (N, h, w)."""

    def __init__(self, places: nn.Module, search: nn.Module) -> None:
        super().__init__()
        self.places, self.search = places, search

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return both."""
        places = self.places(pictures)
        return places, self.search(places)


def classifier_network(package: Package) -> nn.Module:
    """Return a classifier package's network with its weights, in evaluation mode."""
    network = build_network(package.card.backbone, len(package.card.classes))
    network.load_state_dict(safetensors.torch.load(package.read_file(WEIGHTS_FILE)))
    return network.eval().requires_grad_(requires_grad=False)


def refuse_other_methods(package: Package) -> None:
    """Raise UsageError where a package's method has no export."""
    if package.card.method not in ("classifier", "patch-memory"):
        raise UsageError(
            f"{package.folder}: a package of the method {package.card.method} runs on PyTorch alone.",
            cure="Export packages of the methods classifier and patch-memory.",
        )
