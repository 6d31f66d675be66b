"""Train a classifier: data set in, model package out. Reads top to bottom; every epoch ends safely on disk."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from datasets.manifest import Dataset
from inspector.inference.device import choose_device
from inspector.inference.package import Package
from training.config import TrainingConfig
from training.frozen import FrozenJudge
from training.learner import Learner, make_learner
from training.objective import Loss
from training.packaging import tell_finished, validation_figures, write_result
from training.pictures import Batch
from training.progress import Reporter
from training.run import Run, learn, reproducible
from training.rundata import RunData, prepare_data


class Classification:
    """The right class of every picture and, where masks guide, of every cell. Implements `Objective`."""

    def __init__(self, config: TrainingConfig) -> None:
        self._smoothing = config.label_smoothing
        self._balance = config.balance
        self._config = config
        self._judge: FrozenJudge | None = None

    def loss(self, learner: Learner, batch: Batch) -> Loss:
        """Return the cross-entropy of the labels, and with the masks' part beside it."""
        pictures, labels = batch.pictures.to(learner.device), batch.labels.to(learner.device)
        with learner.autocast():
            logits = learner.network(pictures)
        own = functional.cross_entropy(logits.float(), labels, label_smoothing=self._smoothing)
        return Loss(own, own + learner.guide_loss(batch.cells))

    def validate(self, network: nn.Module, data: RunData, device: torch.device) -> dict[str, float]:
        """Return loss and headline figures of the validation split."""
        if self._judge is None:
            self._judge = FrozenJudge(data.validation, self._config, device)
        return validation_figures(self._judge.probabilities(network), data, self._balance)


def train_classifier(
    dataset: Dataset,
    out: Path,
    config: TrainingConfig,
    reporter: Reporter,
    *,
    run_folder: Path | None = None,
    device: str = "auto",
    resume: bool = False,
) -> Package:
    """Train on the data set's train split, stop and choose on its validation split, and write the package.

    Args:
        dataset: Opened.
        out: Folder of the package.
        config: The settings.
        reporter: Hears of the progress.
        run_folder: For checkpoint, TensorBoard log and sample pictures; None: `<out>.run` beside the package.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        resume: Go on from the run folder's checkpoint, to the same result as without the interruption.

    Raises:
        TrainingError: The data cannot be learned from, the weights are not to be had, or the checkpoint is of
            another run.
        DatasetError: A picture is gone or damaged.
        ModelError: The device or the network is not there.
    """
    began = time.monotonic()
    run_folder = run_folder or out.with_name(out.name + ".run")
    target = choose_device(device)
    with reproducible(config.seed):
        data = prepare_data(dataset, config, run_folder)
        learner, weights = make_learner(config, data, target)
        run = Run(config, data, Classification(config), run_folder, reporter, resume)
        state, facts = learn(run, learner, weights)
        facts |= {"weights_source": weights.source, "guided_by_masks": learner.guide is not None}
        package = write_result(out, config, data, learner, state, facts)
    tell_finished(reporter, out, package, began)
    return package
