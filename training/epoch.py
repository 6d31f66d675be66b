"""One epoch of a run: learn, judge the average on the validation split, note what was found."""

from __future__ import annotations

import time
from typing import Any

import torch

from training.augment import Augment
from training.checkpoint import RunState
from training.config import TrainingConfig
from training.learner import Learner
from training.loop import train_epoch
from training.objective import Objective
from training.pictures import steps_per_epoch, training_batches
from training.progress import Reporter
from training.rundata import RunData
from training.schedule import Unfreezing, learning_rate, set_learning_rate


def run_epoch(
    learner: Learner,
    objective: Objective,
    unfreezing: Unfreezing,
    data: RunData,
    augment: Augment,
    config: TrainingConfig,
    state: RunState,
    reporter: Reporter,
) -> dict[str, Any]:
    """Learn for one epoch, judge the averaged weights, update `state`, and return the epoch's facts."""
    began, epoch = time.monotonic(), state.epochs_done
    epochs, steps = config.epochs_for(len(data.train)), steps_per_epoch(len(data.train), config.batch_size)
    torch.manual_seed(config.seed * 1_000_003 + epoch)  # dropout, and whatever chance an objective takes
    unfreezing.apply(epoch)
    done, images = 0, 0

    def before() -> None:
        set_learning_rate(learner.optimizer, learning_rate(epoch * steps + done, steps, epochs, config))

    def after(loss: float, count: int) -> None:
        nonlocal done, images
        done, images = done + 1, images + count
        per_step = (time.monotonic() - began) / done
        reporter.step(
            {
                "epoch": epoch + 1,
                "epochs": epochs,
                "step": done,
                "steps": steps,
                "loss": round(loss, 5),
                "images_per_s": round(images / (time.monotonic() - began), 2),
                "seconds_left": round(per_step * ((epochs - epoch) * steps - done), 1),
                "progress": round((epoch * steps + done) / (epochs * steps), 4),
            }
        )

    batches = training_batches(
        data.train,
        augment,
        size=config.batch_size,
        balance=config.balance,
        seed=config.seed,
        epoch=epoch,
        grid=None if learner.guide is None else learner.guide.grid,
    )
    loss = train_epoch(learner, batches, objective, before, after)
    found = objective.validate(learner.averaged.network, data, learner.device)
    better = found["loss"] < state.best_loss
    if better:
        state.best_loss, state.best_epoch = found["loss"], epoch
    facts = {
        "epoch": epoch + 1,
        "epochs": epochs,
        "loss": round(loss, 5),
        "learning_rate": learner.optimizer.param_groups[0]["lr"],
        "validation": found,
        "best": better,
        "images_per_s": round(images / (time.monotonic() - began), 2),
        "seconds": round(time.monotonic() - began, 2),
    }
    state.history.append(facts)
    state.epochs_done = epoch + 1
    state.averaged_updates = learner.averaged.updates
    state.scaler = learner.scaler.state_dict()
    return facts
