"""Where a classifier's evidence for a defect lies: LayerCAM at the two deepest resolutions.

Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE TIP 2021. The
quantity explained is the log-odds of all defect classes together against all good ones, not the logit of one
class: an operator asks "why not good?", and related defect classes must not hide each other's evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from inspector.inference.networks import Stage
from inspector.types import HeatMap


def evidence(network: nn.Module, stages: Sequence[Stage], batch: torch.Tensor, good: Sequence[int]) -> HeatMap:
    """Return the evidence for the defect classes over the network's input.

    Args:
        network: In evaluation mode; gives logits (1, classes).
        stages: Where to look: the network's deepest one or two stages, in the order of the data.
        batch: One picture (1, 3, H, W), normalised, on the network's device.
        good: Indices of the good classes.

    Returns:
        (h, w) float32 at the resolution of the first stage given, strongest place 1, or all zero where
        nothing speaks for a defect.
    """
    tensors: list[torch.Tensor] = []
    hooks = [_watch(network.get_submodule(stage.blocks[-1]), tensors) for stage in stages]
    try:
        with torch.enable_grad():
            logits = network(batch).float()[0]
            is_good = torch.zeros(logits.numel(), dtype=torch.bool, device=logits.device)
            is_good[list(good)] = True
            log_odds = torch.logsumexp(logits[~is_good], 0) - torch.logsumexp(logits[is_good], 0)
            gradients = torch.autograd.grad(log_odds, tensors)
    finally:
        for hook in hooks:
            hook.remove()
    maps = [_layer_cam(a, g, stage) for a, g, stage in zip(tensors, gradients, stages, strict=True)]
    size = maps[0].shape[-2:]
    joined = torch.stack([functional.interpolate(m, size, mode="bilinear", align_corners=False) for m in maps]).mean(0)
    peak = joined.max()
    found: HeatMap = (joined / peak if peak > 0 else joined)[0, 0].detach().cpu().numpy().astype(np.float32)
    return found


def _watch(module: nn.Module, tensors: list[torch.Tensor]) -> Any:
    """Record the module's output where gradients can reach it; the first one is the root of the graph."""

    def keep(_module: nn.Module, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
        root = output if output.requires_grad else output.detach().requires_grad_()
        tensors.append(root)
        return root.clone()  # a following in-place activation must not overwrite the recorded values

    return module.register_forward_hook(keep)


def _layer_cam(activation: torch.Tensor, gradient: torch.Tensor, stage: Stage) -> torch.Tensor:
    """Return (1, 1, h, w): activations times positive gradients, summed over channels, strongest place 1."""
    weighted = activation * gradient.clamp(min=0)
    cam = weighted.sum(dim=3 if stage.channels_last else 1, keepdim=False).clamp(min=0)[:, None]
    peak = cam.max()
    return cam / peak if peak > 0 else cam
