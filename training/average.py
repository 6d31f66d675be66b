"""Exponential moving average of the weights: steadier than the last step's, and what goes into the package."""

from __future__ import annotations

import copy

import torch
from torch import nn


class AveragedNetwork:
    """Keeps the running average of a network's parameters and batch statistics.

    The average looks back over about `horizon` steps; in the beginning over fewer, so that random starting
    values are forgotten at once.

    Attributes:
        network: The averaged copy, always in evaluation mode.
        updates: How often it was updated.
    """

    def __init__(self, network: nn.Module, horizon: int) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
        self.updates = 0
        self._decay = 1.0 - 1.0 / max(horizon, 1)

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the present values of `network`."""
        decay = min(self._decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        for kept, new in zip(self.network.state_dict().values(), network.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1.0 - decay)
            else:
                kept.copy_(new)
