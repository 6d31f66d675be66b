"""The plain loop that people write: a DataLoader over files, PIL, torchvision's or timm's transforms, all layers learn.

It follows torchvision's reference script (references/classification/train.py): pictures are decoded anew in every
epoch, varied in the loader's processes, and the whole network is trained by SGD with momentum.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import nn
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from datasets.manifest import Item
from training.augment import PRESETS

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_STRENGTH = PRESETS["medium"]
TIMM_NAMES = {"mobilenet_v2": "mobilenetv2_100"}
Transform = Callable[[Any], torch.Tensor]


class Files:
    """Pictures as files: a map-style data set for a DataLoader, giving (tensor, class index)."""

    def __init__(self, items: Sequence[Item], classes: Sequence[str], transform: Transform) -> None:
        self._items = [(str(item.path), classes.index(item.label)) for item in items]
        self._transform = transform

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        path, label = self._items[index]
        with Pillow.open(path) as picture:
            return self._transform(picture.convert("RGB")), label


@dataclass(frozen=True, slots=True)
class PlainSettings:
    """Equal for every plain loop.

    Attributes:
        size: Width and height of the input.
        batch: Pictures of a step.
        workers: Processes of the loader.
        rate: SGD's learning rate.
    """

    size: int = 224
    batch: int = 16
    workers: int = os.cpu_count() or 1
    rate: float = 0.01


def torchvision_transform(size: int) -> Transform:
    """Return torchvision's variation of a picture, as strong as this project's default where it has the same step."""
    r = _STRENGTH
    steps = [
        v2.Resize((size, size)),
        v2.RandomHorizontalFlip(r.flip),
        v2.RandomVerticalFlip(r.flip),
        v2.RandomAffine(r.rotate_degrees, (r.shift, r.shift), (1 - r.scale, 1 + r.scale)),
        v2.ColorJitter(r.brightness, r.contrast),
    ]
    return _finished(steps)


def plain_transform(size: int) -> Transform:
    """Return what brings a picture to the input without variation."""
    return _finished([v2.Resize((size, size))])


def _finished(steps: Sequence[nn.Module]) -> Transform:
    last = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    found: Transform = v2.Compose([*steps, *last])
    return found


def timm_transform(size: int) -> Transform:
    """Return timm's own training transform. Raises ImportError where timm is not installed."""
    from timm.data import create_transform

    found: Transform = create_transform(
        (3, size, size), is_training=True, hflip=_STRENGTH.flip, vflip=_STRENGTH.flip, color_jitter=_STRENGTH.contrast
    )
    return found


def timm_network(backbone: str, classes: int) -> nn.Module:
    """Return timm's network of the same kind. Raises ImportError where timm is not installed."""
    import timm

    network: nn.Module = timm.create_model(TIMM_NAMES.get(backbone, backbone), num_classes=classes)
    return network


def torchvision_network(backbone: str, classes: int) -> nn.Module:
    """Return torchvision's network with weights by chance."""
    network: nn.Module = torchvision.models.get_model(backbone, weights=None, num_classes=classes)
    return network


class PlainLoop:
    """A network that learns from files, epoch by epoch.

    Args:
        network: As it is.
        items: To learn from; at least one batch.
        classes: In the order of the network's outputs.
        transform: Variation of a picture.
        settings: Of the loop.
    """

    def __init__(
        self,
        network: nn.Module,
        items: Sequence[Item],
        classes: Sequence[str],
        transform: Transform,
        settings: PlainSettings,
    ) -> None:
        self.network = network
        self._loader: DataLoader[Any] = DataLoader(
            Files(items, classes, transform), settings.batch, shuffle=True, drop_last=True,  # type: ignore[arg-type]
            num_workers=settings.workers, persistent_workers=settings.workers > 0,
        )  # fmt: skip
        self._optimizer = torch.optim.SGD(network.parameters(), settings.rate, momentum=0.9, weight_decay=1e-4)
        self._loss = nn.CrossEntropyLoss()
        self.steps = len(self._loader)

    def epoch(self) -> None:
        """Learn from every picture once."""
        self.network.train()
        for pictures, labels in self._loader:
            loss = self._loss(self.network(pictures), labels)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()


def predicted(
    network: nn.Module, items: Sequence[Item], classes: Sequence[str], settings: PlainSettings
) -> NDArray[np.int64]:
    """Return the class index that a network gives each picture, (N,)."""
    network.eval()
    loader: DataLoader[Any] = DataLoader(Files(items, classes, plain_transform(settings.size)), settings.batch)  # type: ignore[arg-type]
    with torch.inference_mode():
        return np.concatenate([network(pictures).argmax(1).numpy() for pictures, _ in loader])
