"""One run of any method: epoch after epoch until it is finished, every one safe on disk, resumable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inspector.errors import TrainingError
from training.augment import make_augment, make_recipe
from training.checkpoint import RunState, load_checkpoint, save_checkpoint, tensors_of
from training.config import TrainingConfig
from training.epoch import run_epoch
from training.learner import Learner
from training.objective import Objective
from training.pictures import steps_per_epoch
from training.progress import Reporter, TensorBoardLog
from training.rundata import RunData
from training.samples import write_samples
from training.schedule import Unfreezing
from training.weights import LoadedWeights


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is given and does not change.

    Attributes:
        config: The settings.
        data: The pictures.
        objective: What is to be learned.
        folder: For checkpoint, TensorBoard log and sample pictures.
        reporter: Hears of the progress.
        resume: Go on from the folder's checkpoint.
    """

    config: TrainingConfig
    data: RunData
    objective: Objective
    folder: Path
    reporter: Reporter
    resume: bool = False


def learn(run: Run, learner: Learner, weights: LoadedWeights) -> tuple[RunState, dict[str, Any]]:
    """Train until the epochs are done or nothing gets better; the averaged network ends with the best weights.

    Args:
        run: What is given.
        learner: At its start; changed.
        weights: Where its weights came from, to be told.

    Returns:
        The state at the end, and what the card should say of the augmentation.

    Raises:
        TrainingError: The training diverged, or the checkpoint is of another run.
        DatasetError: A picture is gone or damaged.
    """
    config, data, reporter = run.config, run.data, run.reporter
    epochs = config.epochs_for(len(data.train))
    best, state = tensors_of(learner.averaged.network), RunState(config.model_dump(), data.fingerprint)
    if run.resume:
        best, state = _resume(run.folder, learner, best, state, reporter)
    recipe = make_recipe(config.augment, keep_orientation=config.keep_orientation)
    augment = make_augment(recipe, config.preprocessing)
    write_samples(run.folder / "augmented-samples.png", data.train, augment, config.seed)
    _announce(reporter, config, data, state, learner, weights)

    unfreezing = Unfreezing(learner.network, config)
    with TensorBoardLog(run.folder / "tensorboard") as board:
        while not state.finished:
            facts = run_epoch(learner, run.objective, unfreezing, data, augment, config, state, reporter)
            if facts["best"]:
                best = tensors_of(learner.averaged.network)
            stale = state.epochs_done - 1 - state.best_epoch
            state.finished = state.epochs_done >= epochs or stale >= config.patience_for(epochs)
            save_checkpoint(run.folder, state, {**learner.parts(), "best": best}, learner.optimizer)
            board.scalars(facts["epoch"], _scalars(facts))
            reporter.epoch(facts)
    learner.averaged.network.load_state_dict(best)
    return state, {"augmentation": {"backend": augment.name, **asdict(recipe)}}


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Make torch's choices follow from the seed, and leave the process as it was."""
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True, warn_only=torch.cuda.is_available())
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])


def _resume(
    folder: Path, learner: Learner, best: dict[str, torch.Tensor], fresh: RunState, reporter: Reporter
) -> tuple[dict[str, torch.Tensor], RunState]:
    """Bring the learner to the checkpoint's state; the fresh state where there is no checkpoint yet."""
    found = load_checkpoint(folder)
    if found is None:
        reporter.note(f"There is no checkpoint in {folder} yet: training starts from the beginning.")
        return best, fresh
    state, tensors = found
    changed = [name for name, value in fresh.config.items() if state.config.get(name) != value]
    if changed or state.fingerprint != fresh.fingerprint:
        what = ", ".join(changed) if changed else "the data set"
        raise TrainingError(
            f"{folder}: the checkpoint is of another run; different: {what}.",
            cure="Give the same settings and data, or leave `--resume` out to train from the beginning.",
        )
    learner.restore(state, tensors)
    return tensors["best"], state


def _announce(
    reporter: Reporter, config: TrainingConfig, data: RunData, state: RunState, learner: Learner, weights: LoadedWeights
) -> None:
    if weights.missing or weights.unexpected:
        reporter.note(
            f"{weights.source}: {len(weights.missing)} tensors are missing and stay random "
            f"({', '.join(weights.missing[:4])} …); {len(weights.unexpected)} are not used "
            f"({', '.join(weights.unexpected[:4])} …)."
        )
    if data.train.uncached:
        reporter.note(f"{data.train.uncached} pictures do not fit into the cache and are read anew in every epoch.")
    reporter.started(
        {
            "backbone": config.backbone,
            "device": str(learner.device),
            "classes": list(data.classes),
            "guided_by_masks": learner.guide is not None,
            "train_images": len(data.train),
            "validation_images": len(data.validation),
            "epochs": config.epochs_for(len(data.train)),
            "first_epoch": state.epochs_done,
            "steps_per_epoch": steps_per_epoch(len(data.train), config.batch_size),
        }
    )


def _scalars(facts: dict[str, Any]) -> dict[str, float]:
    found = {f"validation/{name}": value for name, value in facts["validation"].items() if np.isfinite(value)}
    return {"train/loss": facts["loss"], "train/learning_rate": facts["learning_rate"], **found}
