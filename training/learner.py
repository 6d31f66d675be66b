"""What changes during a run: network, average, guide and optimizer, made and restored together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from inspector.inference.networks import build_network
from training.average import AveragedNetwork
from training.checkpoint import RunState, restore_optimizer
from training.config import TrainingConfig
from training.guide import Guide
from training.pictures import steps_per_epoch
from training.rundata import RunData
from training.schedule import make_optimizer
from training.weights import LoadedWeights, load_weights

AVERAGE_EPOCHS = 2
"""The averaged weights look back over about this many epochs."""


@dataclass(slots=True)
class Learner:
    """What changes during a run, together.

    Attributes:
        network: Learns.
        averaged: Its running average.
        optimizer: Of the network's parameters, and the guide's.
        guide: Learns from masks beside the network; None without masks.
        guide_weight: Of its loss.
        background: Class index of a good cell.
        scaler: For half precision on CUDA; disabled elsewhere.
        device: Where they lie.
        half: The number type of mixed precision; None for full precision.
    """

    network: nn.Module
    averaged: AveragedNetwork
    optimizer: torch.optim.Optimizer
    guide: Guide | None
    guide_weight: float
    background: int
    scaler: torch.amp.GradScaler
    device: torch.device
    half: torch.dtype | None

    def guide_loss(self, cells: torch.Tensor | None) -> torch.Tensor | float:
        """Return the weighted loss of the masks for the forward pass just done; 0 without masks."""
        if self.guide is None or cells is None:
            return 0.0
        return self.guide_weight * self.guide.loss(cells.to(self.device), self.background)

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context in which the forward pass runs."""
        return torch.autocast(self.device.type, self.half) if self.half is not None else nullcontext()

    def parts(self) -> dict[str, dict[str, torch.Tensor]]:
        """Return the state dicts that belong into a checkpoint, by role."""
        found = {"network": self.network.state_dict(), "averaged": self.averaged.network.state_dict()}
        return found if self.guide is None else {**found, "guide": self.guide.state_dict()}

    def restore(self, state: RunState, tensors: Mapping[str, Mapping[str, torch.Tensor]]) -> None:
        """Put everything back as a checkpoint has it."""
        self.network.load_state_dict(tensors["network"])
        self.averaged.network.load_state_dict(tensors["averaged"])
        self.averaged.updates = state.averaged_updates
        if self.guide is not None:
            self.guide.load_state_dict(tensors["guide"])
        restore_optimizer(self.optimizer, tensors["optimizer"])
        if state.scaler:
            self.scaler.load_state_dict(state.scaler)


def make_learner(config: TrainingConfig, data: RunData, device: torch.device) -> tuple[Learner, LoadedWeights]:
    """Return a learner at its start, and where its weights came from.

    Raises:
        ModelError: No such network.
        TrainingError: The weights are not to be had.
    """
    network = build_network(config.backbone, len(data.classes))
    weights = load_weights(network, config.backbone, config.weights)
    return learner_for(network, config, data, device), weights


def learner_for(network: nn.Module, config: TrainingConfig, data: RunData, device: torch.device) -> Learner:
    """Return a learner of a network as it is."""
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = steps_per_epoch(len(data.train), config.batch_size)
    half = None
    if device.type == "cuda":
        half = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    averaged = AveragedNetwork(network, AVERAGE_EPOCHS * steps)  # copied before the guide listens in
    guide = None
    if config.guide > 0 and data.train.have_masks:
        guide = Guide(network, len(data.classes), config.width, config.height)
        guide.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Learner(
        network=network,
        averaged=averaged,
        optimizer=make_optimizer(network, guide, config),
        guide=guide,
        guide_weight=config.guide,
        background=data.classes.index(data.good[0]),
        scaler=torch.amp.GradScaler(device.type, enabled=half is torch.float16),
        device=device,
        half=half,
    )
