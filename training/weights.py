"""Where a network's first weights come from: ImageNet through torchvision, a local state-dict file, or chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import torch
import torchvision
from torch import nn

from inspector.errors import ModelError, TrainingError
from inspector.inference.networks import SMALL_NETWORK, head_name
from inspector.inference.state_file import read_state_dict

_CURE = "Give a file with `--weights FILE`, or start from random weights with `--weights none`."


@dataclass(frozen=True, slots=True)
class LoadedWeights:
    """What was loaded.

    Attributes:
        source: For people and the card: the name of the weights or of the file.
        missing: Parameters of the network that the file does not have; they stay random. The final layer,
            which is always new, is not counted.
        unexpected: Entries of the file that the network does not have.
    """

    source: str
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()


def load_weights(network: nn.Module, backbone: str, weights: str) -> LoadedWeights:
    """Fill `network` with `weights`: `imagenet`, `none` or a state-dict file (.pth, .pt or .safetensors).

    The final layer is left as it is, whatever number of classes the file was trained for.

    Raises:
        TrainingError: The weights are not to be had or do not belong to this network.
    """
    if weights == "none":
        return LoadedWeights("none")
    if weights == "imagenet":
        return _fill(network, *_imagenet(backbone))
    path = Path(weights)
    return _fill(network, _read_state(path), path.name)


def _imagenet(backbone: str) -> tuple[Mapping[str, torch.Tensor], str]:
    if backbone == SMALL_NETWORK:
        raise TrainingError(f"There are no ImageNet weights for {backbone}.", cure=_CURE)
    best = torchvision.models.get_model_weights(backbone).DEFAULT
    try:
        return best.get_state_dict(progress=False, check_hash=True), str(best)
    except (URLError, OSError, RuntimeError) as error:
        raise TrainingError(
            f"The ImageNet weights {best} could not be fetched: {error}. They are neither in torchvision's cache "
            f"({torch.hub.get_dir()}) nor reachable over the network.",
            cure=_CURE,
        ) from error


def _read_state(path: Path) -> Mapping[str, torch.Tensor]:
    try:
        return read_state_dict(path)
    except ModelError as error:
        raise TrainingError(error.message, cure=f"{error.cure} {_CURE}") from error


def _fill(network: nn.Module, state: Mapping[str, torch.Tensor], source: str) -> LoadedWeights:
    own = network.state_dict()
    head = head_name(network) + "."
    given = {name.removeprefix("module."): value for name, value in state.items()}
    wrong = [n for n, v in given.items() if n in own and v.shape != own[n].shape and not n.startswith(head)]
    if wrong:
        raise TrainingError(
            f"{source}: belongs to another network: {wrong[0]} is {tuple(given[wrong[0]].shape)}, "
            f"here {tuple(own[wrong[0]].shape)} ({len(wrong)} such).",
            cure="Choose the `--backbone` that the file was made for.",
        )
    fitting = {name: value for name, value in given.items() if name in own and not name.startswith(head)}
    learned = [name for name in own if not name.startswith(head) and not name.endswith("num_batches_tracked")]
    missing = tuple(name for name in learned if name not in fitting)
    if len(missing) > len(learned) / 2:
        raise TrainingError(
            f"{source}: belongs to another network: {len(missing)} of {len(learned)} tensors are not in it.",
            cure="Choose the `--backbone` that the file was made for.",
        )
    network.load_state_dict(fitting, strict=False)
    unexpected = tuple(name for name in given if name not in own and not name.startswith(head))
    return LoadedWeights(source, missing, unexpected)
