"""A picture as one row of numbers: what a frozen network sees in it, pooled over the whole picture.

The average and the largest value of each channel, of several stages: the average tells the texture, the largest tells
the small defect that an average would drown. The network is never trained here, so that wrong labels cannot colour it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import nn

from inspector.errors import ModelError
from inspector.imaging import sha256_of
from inspector.inference.device import choose_device, device_errors
from inspector.inference.features import cut_trunk, native_precision
from inspector.inference.networks import Stage, build_network, head_name, network_names, network_stages
from inspector.inference.package import WEIGHTS_FILE, Package
from inspector.inference.preprocess import Preprocessing
from inspector.inference.state_file import read_state_dict
from inspector.types import Image

SIDE = 224
"""Pixels of the network's input; the picture fills it whatever its format, so that nothing of it is lost."""

STAGES = 2
"""How many stages are read, counted from the output."""

VERSION = "pooled/1"


class NetworkEmbedding:
    """A frozen network, ready to embed pictures. Made by `load_embedding`; used from one thread.

    Attributes:
        name: What the rows are, in words.
        key: Names the numbers: rows of another key are no neighbours of these.
    """

    def __init__(self, name: str, key: str, network: nn.Module, layers: Sequence[str], device: torch.device) -> None:
        self.name = name
        self._layers = tuple(layers)
        self._device = device
        precision = "float16" if device.type == "cuda" else native_precision()
        self._dtype = cast("torch.dtype", getattr(torch, precision))
        self.key = f"{VERSION}-{key}-{SIDE}-{precision}"
        self._preprocessing = Preprocessing(width=SIDE, height=SIDE, mode="stretch")
        trunk = cut_trunk(network, self._layers)
        self._trunk = trunk.to(device=device, dtype=self._dtype).to(memory_format=torch.channels_last)

    def embed(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Return one row per picture (H, W, 3) uint8 RGB, (n, d) float32.

        Raises:
            ModelError: The device failed.
        """
        batch = self._preprocessing.normalise([self._preprocessing.fit(picture) for picture in pictures])
        with device_errors(self._device), torch.inference_mode():
            given = torch.from_numpy(batch).to(self._device, self._dtype).contiguous(memory_format=torch.channels_last)
            found = self._trunk(given)
            maps = [found[layer].float() for layer in self._layers]
            rows = torch.cat([pool for each in maps for pool in (each.mean((2, 3)), each.amax((2, 3)))], 1)
            return rows.cpu().numpy()


def load_embedding(backbone: str, weights: str, device: str = "auto") -> NetworkEmbedding:
    """Return the network `backbone`, frozen.

    Args:
        backbone: A torchvision classification network with stages (N, C, H, W).
        weights: `imagenet` (fetched where it is not in torchvision's cache) or a state-dict file (.pth, .pt,
            .safetensors). A file without the last stages is enough: the stages before them are used.
        device: `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:N`.

    Raises:
        ModelError: No such network, no such weights, or weights of another network.
    """
    state, source, key = _imagenet(backbone) if weights == "imagenet" else _file(Path(weights))
    return _embedding(backbone, state, source, key, choose_device(device))


def load_package_embedding(package: Package, device: str = "auto") -> NetworkEmbedding:
    """Return the frozen network of a `patch-memory` package, which good parts alone have shaped.

    Raises:
        PackageError: Altered weights.
        ModelError: A package of another method, or no such device.
    """
    if package.card.method != "patch-memory":
        raise ModelError(
            f"{package.folder}: a {package.card.method} has learned from labels, or has no frozen network.",
            cure="Give a patch-memory package, or weights.",
        )
    tensors = safetensors.torch.load(package.read_file(WEIGHTS_FILE))
    state = {name.removeprefix("trunk."): value for name, value in tensors.items() if name.startswith("trunk.")}
    source = f"package {package.hash[:12]}"
    return _embedding(package.card.backbone, state, source, package.hash[:16], choose_device(device))


def _embedding(
    backbone: str, state: Mapping[str, torch.Tensor], source: str, key: str, device: torch.device
) -> NetworkEmbedding:
    network = build_network(backbone, 1)
    missing = _fill(network, state, source)
    stages = [stage for stage in network_stages(network) if not stage.channels_last]
    whole = _whole_stages(stages, missing)
    if not whole:
        raise ModelError(
            f"{source}: has no complete stage of {backbone}.", cure="Choose the backbone that the file was made for."
        )
    name = f"{backbone} ({source}), pooled over {len(whole)} stages at {SIDE} x {SIDE} pixels"
    return NetworkEmbedding(name, f"{backbone}-{key}", network, [stage.blocks[-1] for stage in whole], device)


def cached_imagenet(backbone: str) -> Path | None:
    """Return the file of torchvision's ImageNet weights in this PC's cache; None where they were never fetched."""
    import torchvision

    try:
        url = torchvision.models.get_model_weights(backbone).DEFAULT.url
    except (ValueError, KeyError, AttributeError):
        return None
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[-1]
    return path if path.is_file() else None


def _imagenet(backbone: str) -> tuple[Mapping[str, torch.Tensor], str, str]:
    import torchvision

    if backbone not in network_names() or backbone not in torchvision.models.list_models():
        raise ModelError(f"There are no ImageNet weights for {backbone!r}.", cure="Give a file with --weights FILE.")
    best = torchvision.models.get_model_weights(backbone).DEFAULT
    try:
        return best.get_state_dict(progress=False, check_hash=True), str(best), best.url.rsplit("/", 1)[-1]
    except (OSError, RuntimeError) as error:  # URLError is an OSError
        raise ModelError(
            f"The ImageNet weights {best} could not be fetched ({error}).",
            cure="Give them with --weights FILE, or do without: --weights none.",
        ) from error


def _file(path: Path) -> tuple[Mapping[str, torch.Tensor], str, str]:
    state = read_state_dict(path)
    return state, path.name, sha256_of(path.read_bytes())[:16]


def _fill(network: nn.Module, state: Mapping[str, torch.Tensor], source: str) -> list[str]:
    """Load what fits and return the learned tensors that the file does not have, the final layer not counted."""
    head = head_name(network) + "."
    own = network.state_dict()
    given = {name.removeprefix("module."): value for name, value in state.items()}
    fitting = {name: given[name] for name in own if name in given and not name.startswith(head)}
    wrong = [name for name, value in fitting.items() if value.shape != own[name].shape]
    if wrong or not fitting:
        what = f"{wrong[0]} has another shape" if wrong else "it holds none of its tensors"
        raise ModelError(
            f"{source}: belongs to another network: {what}.", cure="Choose the backbone that the file was made for."
        )
    network.load_state_dict(fitting, strict=False)
    learned = (name for name in own if not name.startswith(head) and not name.endswith("num_batches_tracked"))
    return [name for name in learned if name not in fitting]


def _whole_stages(stages: Sequence[Stage], missing: Sequence[str]) -> list[Stage]:
    """Return the last stages before the first block that lacks a weight."""
    whole: list[Stage] = []
    for stage in stages:
        blocks: list[str] = []
        for block in stage.blocks:
            if any(name.startswith(block + ".") for name in missing):
                return [*whole, Stage(stage.stride, tuple(blocks))][-STAGES:] if blocks else whole[-STAGES:]
            blocks.append(block)
        whole.append(stage)
    return whole[-STAGES:]
