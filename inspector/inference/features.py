"""Local features of a frozen torchvision network: what surrounds each place of a picture, as one row of numbers.

The outputs of several layers are averaged over 3 x 3 neighbours, brought to the grid of the first layer and put
side by side, as PatchCore does (Roth et al., "Towards Total Recall in Industrial Anomaly Detection", CVPR 2022). A
linear projection then keeps the directions in which good parts vary. Averaging, enlarging and projecting are
linear, so each layer is projected on its own grid before it is enlarged: a fraction of the work, the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn
from torch.fx import GraphModule
from torch.nn import functional

from inspector.errors import ModelError

NEIGHBOURS = 3
"""Side of the neighbourhood that is averaged, in cells of each layer."""


def cut_trunk(network: nn.Module, layers: Sequence[str]) -> GraphModule:
    """Return the part of a torchvision network that computes `layers`, in evaluation mode; weights are shared.

    Raises:
        ModelError: No such layer.
    """
    from torchvision.models.feature_extraction import create_feature_extractor

    network.eval()
    known = dict(network.named_modules())
    missing = [name for name in layers if name not in known or not name]
    if missing or not layers:
        outer = [name for name in known if name and name.count(".") < 2]
        raise ModelError(
            f"The network has no layer {missing[0]!r}." if missing else "No layer was named.",
            cure=f"Name layers in the order of the data, for example: {', '.join(outer[:24])}.",
        )
    dual = create_feature_extractor(network, {name: name for name in layers}).eval()
    trunk = GraphModule(dual, dual.graph).eval()
    trunk.requires_grad_(requires_grad=False)
    return trunk


def native_precision() -> str:
    """Return `bfloat16` where this PC's processor computes with it by itself, else `float32`."""
    return "bfloat16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "float32"  # noqa: SLF001 - no public way


class PatchFeatures:
    """A trunk made ready to run, on one device.

    Args:
        trunk: From `build_trunk`, with its final weights.
        layers: Its outputs, in the order of the data; the first one gives the grid.
        device: Where it runs.
        precision: `float32` or `bfloat16`, on a CPU; CUDA computes the trunk in half precision.
    """

    def __init__(self, trunk: GraphModule, layers: Sequence[str], device: torch.device, precision: str) -> None:
        from torch.fx.experimental.optimization import fuse

        self.layers = tuple(layers)
        self.device = device
        self._dtype = torch.float16 if device.type == "cuda" else cast("torch.dtype", getattr(torch, precision))
        fused = fuse(trunk)  # batch norms become part of the convolutions before them; `trunk` stays as it is
        fused.to(device=device, dtype=self._dtype)
        self._trunk: nn.Module = fused.to(memory_format=torch.channels_last)

    def layer_outputs(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Return each layer's averaged output, (N, C, h, w) float32, for normalised pictures (N, 3, H, W)."""
        given = pictures.to(self.device, self._dtype).contiguous(memory_format=torch.channels_last)
        found = self._trunk(given)
        outputs = [found[name] for name in self.layers]
        return [
            functional.avg_pool2d(each, NEIGHBOURS, 1, NEIGHBOURS // 2, count_include_pad=False).float()
            for each in outputs
        ]

    def joined(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return all layers side by side on the grid of the first, (N, h, w, D) float32, unprojected."""
        outputs = self.layer_outputs(pictures)
        return torch.cat([_enlarged(each, outputs[0]) for each in outputs], 1).permute(0, 2, 3, 1)

    def projected(self, pictures: torch.Tensor, mean: torch.Tensor, directions: torch.Tensor) -> torch.Tensor:
        """Return (joined - mean) @ directions, (N, h, w, d) float32, for a mean (D,) and directions (D, d)."""
        outputs = self.layer_outputs(pictures)
        total: torch.Tensor | None = None
        start = 0
        for each in outputs:
            own = directions[start : start + each.shape[1]]
            start += each.shape[1]
            part = _enlarged(functional.conv2d(each, own.T[:, :, None, None]), outputs[0])
            total = part if total is None else total + part
        assert total is not None  # noqa: S101 - a trunk has at least one layer
        return total.permute(0, 2, 3, 1) - mean @ directions


def _enlarged(output: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Bring (N, C, h, w) to the grid of `like`."""
    if output.shape[-2:] == like.shape[-2:]:
        return output
    return functional.interpolate(output, like.shape[-2:], mode="bilinear", align_corners=False)
