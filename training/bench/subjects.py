"""The networks that are timed: torchvision's, with weights by chance, since speed does not depend on their values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from inspector.errors import UsageError
from inspector.types import Image

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A network at one size of input.

    Attributes:
        name: torchvision's.
        network: In evaluation mode, without gradients.
        size: Width and height of the input in pixels.
        operations: Multiplications and additions for one picture, as `torch.utils.flop_counter` counts convolutions and
            products of matrices; nothing else is counted.
    """

    name: str
    network: nn.Module
    size: int
    operations: int

    def pictures(self, count: int) -> torch.Tensor:
        """Return (count, 3, size, size) float32: noise with the mean and spread of normalised pictures."""
        return torch.randn(count, 3, self.size, self.size, generator=torch.Generator().manual_seed(count))


def make_subject(name: str, size: int) -> Subject:
    """Build a network of torchvision.

    Raises:
        UsageError: There is none of this name, or it does not take pictures of this size.
    """
    torch.manual_seed(0)
    try:
        network = torchvision.models.get_model(name, weights=None)
        network.eval().requires_grad_(requires_grad=False)
        operations = counted(network, size)
    except (ValueError, RuntimeError, AssertionError, AttributeError) as error:
        raise UsageError(
            f"{name} cannot be built for {size} px: {error}", cure="Give torchvision's names of networks for pictures."
        ) from error
    return Subject(name, network, size, operations)


def counted(network: nn.Module, size: int) -> int:
    """Return the operations for one picture of this size: two for each multiplication with its addition."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 3, size, size))
    return int(counter.get_total_flops())


def normalised(pixels: Image) -> NDArray[np.float32]:
    """Return a picture (H, W, 3) as (1, 3, H, W) float32, as ImageNet's networks take it."""
    scaled = (pixels.astype(np.float32) / 255.0 - np.asarray(_MEAN, np.float32)) / np.asarray(_STD, np.float32)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])
