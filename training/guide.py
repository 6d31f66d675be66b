"""Masks guide the learning: where the data set says which pixels are defective, the network is told, too.

A picture's class alone is a weak hint where the defect covers a thousandth of it. A linear layer on the feature map of
one stage judges every cell of a coarse grid during training; its loss teaches the features where and what the defect is
(deep supervision, Lee et al., AISTATS 2015). It is thrown away afterwards: the package holds the plain network.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from inspector.inference.networks import Stage, network_stages
from training.pictures import UNKNOWN

GUIDE_STRIDE = 16
"""Input pixels per cell: the deepest stage that is not coarser is guided."""


class Guide(nn.Module):
    """Judges the cells of one stage's feature map.

    Attributes:
        stage: Where it listens.
        grid: (rows, columns) of the feature map.
    """

    def __init__(self, network: nn.Module, classes: int, width: int, height: int) -> None:
        super().__init__()
        self.stage = _stage_for(network)
        self._features: torch.Tensor | None = None
        network.get_submodule(self.stage.blocks[-1]).register_forward_hook(self._keep)
        shape = self._shape(network, width, height)
        self.grid = (shape[2], shape[3])
        self.judge = nn.Conv2d(shape[1], classes, kernel_size=1)

    def loss(self, cells: torch.Tensor, background: int) -> torch.Tensor:
        """Return the loss of the last forward pass: the mean over defective cells and that over others, added.

        Args:
            cells: Class of each cell, (N, rows, columns).
            background: Class index of good cells.
        """
        if self._features is None:
            raise RuntimeError("the network has not run yet")
        each = functional.cross_entropy(
            self.judge(self._features).float(), cells, ignore_index=UNKNOWN, reduction="none"
        )
        self._features = None
        good, bad = cells == background, (cells != background) & (cells != UNKNOWN)
        return (each * good).sum() / good.sum().clamp(min=1) + (each * bad).sum() / bad.sum().clamp(min=1)

    def _keep(self, _module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
        self._features = output.permute(0, 3, 1, 2) if self.stage.channels_last else output

    def _shape(self, network: nn.Module, width: int, height: int) -> torch.Size:
        was_training = network.training
        parameter = next(network.parameters())
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, height, width, device=parameter.device))
        network.train(was_training)
        features, self._features = self._features, None
        if features is None:
            raise RuntimeError("the stage gave no feature map")
        return features.shape


def _stage_for(network: nn.Module) -> Stage:
    stages = network_stages(network)
    fine = [stage for stage in stages if stage.stride <= GUIDE_STRIDE * 1.5]
    return fine[-1] if fine else stages[0]
