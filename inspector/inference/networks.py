"""torchvision's classification networks by name: one builder for training and station, no second definition.

A network is described by its blocks in the order of the data and by each block's stride (input pixels per
output cell). Blocks of one stride form a stage: training unfreezes stage by stage from the output side, and
the heat map is taken at the deepest stages, without a table of layer names per architecture.
"""

from __future__ import annotations

import functools
import inspect
import math
from dataclasses import dataclass
from typing import Any, cast

import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from inspector.errors import ModelError

SMALL_NETWORK = "resnet10"
"""Name of the project's own small network; the only one that torchvision has no builder for."""

_PROBE_SIZE = 128
_FIXED_SIZE_FAMILIES = ("vit_", "maxvit")  # their parameters depend on the input size


@dataclass(frozen=True, slots=True)
class Stage:
    """Consecutive blocks that work at one resolution.

    Attributes:
        stride: Input pixels per cell of the stage's output.
        blocks: Module names within the network, in the order of the data.
        channels_last: The blocks give (N, H, W, C), as Swin does, not (N, C, H, W).
    """

    stride: int
    blocks: tuple[str, ...]
    channels_last: bool = False


class SmallResNet(ResNet):  # type: ignore[misc]  # torchvision has no type information
    """ResNet of four basic blocks at three resolutions, for small defects and little time: 0.6 million parameters.

    Its final layer judges every cell of the last feature map, and the picture's logits are the log-mean-exp over the
    cells (Pinheiro and Collobert, CVPR 2015): a defect in one cell counts, where an average would drown it.
    """

    def __init__(self, num_classes: int, width: int = 32) -> None:
        super().__init__(BasicBlock, [1, 1, 1, 1], num_classes=num_classes)
        self.inplanes = width
        self.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = self._make_layer(BasicBlock, width, 1)
        self.layer2 = self._make_layer(BasicBlock, width * 2, 1, stride=2)
        self.layer3 = self._make_layer(BasicBlock, width * 4, 2, stride=2)
        del self.layer4, self.avgpool
        self.fc = nn.Linear(width * 4, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (N, classes) for pictures (N, 3, H, W)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer3(self.layer2(self.layer1(x)))
        cells = self.fc(x.permute(0, 2, 3, 1).flatten(1, 2)).float()
        return torch.logsumexp(cells, dim=1) - math.log(cells.shape[1])


@functools.cache
def network_names() -> tuple[str, ...]:
    """Return the names that `build_network` knows."""
    known = torchvision.models.list_models(module=torchvision.models)
    return tuple(sorted([SMALL_NETWORK, *(name for name in known if not name.startswith(_FIXED_SIZE_FAMILIES))]))


def build_network(name: str, classes: int) -> nn.Module:
    """Return the network `name` with random weights and a final layer of `classes` outputs (logits).

    Raises:
        ModelError: No network of this name, or one whose parameters depend on the input size.
    """
    if name not in network_names():
        raise ModelError(
            f"There is no network {name!r} for classification at any image size.",
            cure=f"Choose one of: {', '.join(network_names())}.",
        )
    if name == SMALL_NETWORK:
        return SmallResNet(num_classes=classes)
    builder = torchvision.models.get_model_builder(name)
    options: dict[str, Any] = {"num_classes": classes}
    if name in ("googlenet", "inception_v3"):  # no auxiliary outputs: one set of logits
        options |= {"aux_logits": False, "init_weights": True}
    if "progress" in inspect.signature(builder).parameters:
        options["progress"] = False
    return cast("nn.Module", builder(weights=None, **options))


def head_name(network: nn.Module) -> str:
    """Return the module name of the final layer: the last one with weights of its own."""
    layers: list[str] = [name for name, module in network.named_modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    return layers[-1]


def network_stages(network: nn.Module) -> tuple[Stage, ...]:
    """Return the stages of a network in the order of the data, the head left out.

    The strides are found by sending one small blank picture through it, on the device where it lies.
    """
    found: list[tuple[str, int, bool]] = []
    handles = [
        module.register_forward_hook(functools.partial(_note_stride, found, block))
        for block, module in _blocks(network).items()
    ]
    was_training = network.training
    device = next(network.parameters()).device
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, _PROBE_SIZE, _PROBE_SIZE, device=device))
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return _group(found)


def _blocks(network: nn.Module) -> dict[str, nn.Module]:
    """Return the direct parts of a network, with plain containers opened."""
    found: dict[str, nn.Module] = {}
    for name, child in network.named_children():
        if name in ("features", "trunk_output", "layers"):
            found |= {f"{name}.{inner}": module for inner, module in child.named_children()}
        else:
            found[name] = child
    return found


def _note_stride(
    found: list[tuple[str, int, bool]], block: str, _module: nn.Module, _inputs: Any, output: torch.Tensor
) -> None:
    if output.ndim != 4:
        return
    channels_last = output.shape[1] == output.shape[2] != output.shape[3]
    size = output.shape[1] if channels_last else output.shape[2]
    if size > 1:  # the pooled vector belongs to the head
        found.append((block, round(_PROBE_SIZE / size), channels_last))


def _group(found: list[tuple[str, int, bool]]) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    for block, stride, channels_last in found:
        # Rounding at the border (Inception's unpadded convolutions) must not open a stage of its own.
        if stages and stride < stages[-1].stride * 1.5:
            stages[-1] = Stage(stages[-1].stride, (*stages[-1].blocks, block), channels_last)
        else:
            stages.append(Stage(stride, (block,), channels_last))
    return tuple(stages)
