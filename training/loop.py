"""One epoch of training, and the judgement of a network on a split: the two loops, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inspector.errors import TrainingError
from training.learner import Learner
from training.objective import Objective
from training.pictures import Batch, Pictures, plain_batches

_JUDGE_BATCH = 32


def train_epoch(
    learner: Learner, batches: Iterable[Batch], objective: Objective, before_step: Callable[[], None],
    after_step: Callable[[float, int], None],
) -> float:  # fmt: skip
    """Learn from the batches once and return the mean loss.

    Args:
        learner: Network, optimizer and average; changed.
        batches: Of the epoch.
        objective: What is to be learned.
        before_step: Called before each step; sets the learning rate.
        after_step: Called with the step's loss and its number of pictures.

    Raises:
        TrainingError: The loss is no number any more.
    """
    losses: list[float] = []
    for batch in batches:
        before_step()
        loss = objective.loss(learner, batch)
        learner.optimizer.zero_grad(set_to_none=True)
        learner.scaler.scale(loss.total).backward()  # type: ignore[no-untyped-call]
        learner.scaler.step(learner.optimizer)
        learner.scaler.update()
        learner.averaged.update(learner.network)
        losses.append(float(loss.shown.detach()))
        if not np.isfinite(losses[-1]):
            raise TrainingError(
                "The loss is no number any more: the training has diverged.",
                cure="Lower `--learning-rate`, and start without `--resume`.",
            )
        after_step(losses[-1], len(batch.labels))
    return float(np.mean(losses))


def judge(network: nn.Module, pictures: Pictures, device: torch.device) -> NDArray[np.float64]:
    """Return the class probabilities of every picture, (N, classes); full precision, evaluation mode."""
    network.eval()
    with torch.inference_mode():
        found = [
            network(batch.pictures.to(device)).double().softmax(1).cpu().numpy()
            for batch in plain_batches(pictures, _JUDGE_BATCH)
        ]
    return np.concatenate(found)


def validation_loss(probabilities: NDArray[np.float64], labels: NDArray[np.int64], balance: float) -> float:
    """Return the cross-entropy with the class shares that training shows; smoother than any share of hits.

    Args:
        probabilities: (N, classes).
        labels: (N,).
        balance: See `TrainingConfig.balance`; 1 would let a class of two pictures decide as much as one of a hundred.
    """
    own = -np.log(np.clip(probabilities[np.arange(labels.size), labels], 1e-6, 1.0))
    weights = (np.bincount(labels).clip(1).astype(np.float64) ** -balance)[labels]
    return float(np.average(own, weights=weights))
