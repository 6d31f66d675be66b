"""What a run wants of its network: the loss of a batch, and the judgement that stops and chooses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn

from training.learner import Learner
from training.pictures import Batch
from training.rundata import RunData


@dataclass(frozen=True, slots=True)
class Loss:
    """The loss of one batch, both parts scalars.

    Attributes:
        shown: What is reported of it.
        total: What the network learns from: `shown` and whatever guides the learning beside it.
    """

    shown: torch.Tensor
    total: torch.Tensor


class Objective(Protocol):
    """One per kind of network. `loss` is called for every batch, `validate` after every epoch."""

    def loss(self, learner: Learner, batch: Batch) -> Loss:
        """Send a batch through the learning network and return its loss."""
        ...

    def validate(self, network: nn.Module, data: RunData, device: torch.device) -> dict[str, float]:
        """Judge a network on the validation split. The figure `loss` must be there; it stops and chooses."""
        ...
