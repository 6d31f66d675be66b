"""What may learn when, and how fast: gradual unfreezing and the learning rate, as functions of the step."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn

from inspector.inference.networks import head_name, network_stages
from training.config import TrainingConfig

STEM_STRIDE = 4
"""Stages up to this stride hold edge and texture filters; with pretrained weights they stay as they are."""

STAGES_PER_EPOCH = 2
"""How many stages join the learning with each epoch after the head-only ones."""

HEAD_RATE = 10.0
"""The new final layer learns this much faster than pretrained layers."""

_END_RATE = 0.01  # share of the peak at the end of the cosine


class Unfreezing:
    """Gradual unfreezing: the head first, then two stages per epoch from the output toward the input.

    Howard and Ruder, "Universal Language Model Fine-tuning for Text Classification", ACL 2018. Random weights learn
    everywhere from the start. Layers that do not learn are in evaluation mode, so that their batch statistics stay
    those of the weights.
    """

    def __init__(self, network: nn.Module, config: TrainingConfig) -> None:
        self._network = network
        self._config = config
        self._stages = network_stages(network)

    def apply(self, epoch: int) -> None:
        """Set training mode and gradients for `epoch`, counted from 0."""
        self._network.train()
        self._network.requires_grad_(requires_grad=True)
        if not self._config.pretrained:
            return
        open_stages = max(0, epoch + 1 - self._config.head_epochs) * STAGES_PER_EPOCH
        for from_output, stage in enumerate(reversed(self._stages)):
            stem = stage.stride <= STEM_STRIDE and not self._config.train_stem
            if stem or from_output >= open_stages:
                for name in stage.blocks:
                    block = self._network.get_submodule(name)
                    block.eval().requires_grad_(requires_grad=False)


def make_optimizer(network: nn.Module, guide: nn.Module | None, config: TrainingConfig) -> torch.optim.AdamW:
    """Return AdamW with three groups: kernels (decayed), biases and norms (not), and the final layer with the guide."""
    head = {id(parameter) for parameter in network.get_submodule(head_name(network)).parameters()}
    body = [parameter for parameter in network.parameters() if id(parameter) not in head]
    head_rate = HEAD_RATE if config.pretrained else 1.0
    new = [*_in(network, head), *(guide.parameters() if guide is not None else ())]
    groups = [
        {"params": [p for p in body if p.ndim > 1], "weight_decay": config.weight_decay, "rate": 1.0},
        {"params": [p for p in body if p.ndim <= 1], "weight_decay": 0.0, "rate": 1.0},
        {"params": new, "weight_decay": config.weight_decay, "rate": head_rate},
    ]
    return torch.optim.AdamW(groups, lr=config.peak_learning_rate)


def _in(network: nn.Module, wanted: Iterable[int]) -> list[nn.Parameter]:
    chosen = set(wanted)
    return [parameter for parameter in network.parameters() if id(parameter) in chosen]


def learning_rate(step: int, steps_per_epoch: int, epochs: int, config: TrainingConfig) -> float:
    """Return the learning rate at `step`: a linear rise after the head-only epochs, then a cosine to 1 %.

    While the head learns alone it runs at the peak: nothing else can be damaged.
    """
    peak = config.peak_learning_rate
    head_steps = min(config.head_epochs, epochs - 1) * steps_per_epoch if config.pretrained else 0
    if step < head_steps:
        return peak
    done, total = step - head_steps, max(1, epochs * steps_per_epoch - head_steps)
    rise = config.warmup_epochs * steps_per_epoch
    cosine = _END_RATE + (1 - _END_RATE) * 0.5 * (1 + math.cos(math.pi * min(done / total, 1.0)))
    return peak * cosine * min(1.0, (done + 1) / rise if rise > 0 else 1.0)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the rate of every group, each times its own factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate"]
