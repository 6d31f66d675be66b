"""A small network learns from a large one: what the teacher thinks of every class, beside the label.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015. The teacher sees the very pictures that
the student sees, varied as for it, so its opinions cover more than the data set (Beyer et al., "Knowledge distillation:
a good teacher is patient and consistent", CVPR 2022). The student becomes a package like any other.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from datasets.manifest import Dataset
from inspector.errors import UsageError
from inspector.inference.device import choose_device
from inspector.inference.package import Package
from inspector.inference.preprocess import Preprocessing
from training.classify import Classification
from training.config import TrainingConfig
from training.graphs import classifier_network
from training.learner import Learner, make_learner
from training.objective import Loss
from training.packaging import tell_finished, write_result
from training.pictures import Batch
from training.progress import Reporter
from training.run import Run, learn, reproducible
from training.rundata import RunData, prepare_data


@dataclass(frozen=True, slots=True)
class Lesson:
    """How much the teacher counts.

    Attributes:
        temperature: Divides the logits of both before they are compared: the higher, the more unlikely classes tell.
        weight: Of the teacher's opinion in the loss, 0..1; the label has the rest.
    """

    temperature: float = 4.0
    weight: float = 0.7

    def __post_init__(self) -> None:
        if not self.temperature > 0 or not 0 <= self.weight <= 1:
            raise UsageError(
                f"A temperature of {self.temperature:g} and a teacher's weight of {self.weight:g} teach nothing.",
                cure="Give --temperature above 0 and --teacher-weight between 0 and 1.",
            )


class Teacher(nn.Module):
    """A classifier package that gives its logits for the student's pictures.

    Args:
        package: Of the teacher.
        classes: The student's, in its order.
        student: How the student's pictures are made.

    Raises:
        UsageError: The package knows other classes, or sees pictures of another kind.
    """

    def __init__(self, package: Package, classes: tuple[str, ...], student: Preprocessing) -> None:
        super().__init__()
        card, own = package.card, package.card.preprocessing
        if set(card.classes) != set(classes):
            raise UsageError(
                f"{package.folder}: the teacher knows the classes {', '.join(card.classes)}; the data set has "
                f"{', '.join(classes)} to learn.",
                cure="Train the teacher on this data set, or on one with the same classes.",
            )
        if (own.mean, own.std, own.mode) != (student.mean, student.std, student.mode):
            raise UsageError(
                f"{package.folder}: the teacher sees pictures otherwise ({own.mode}).",
                cure=f"Leave --fit out, or give --fit {own.mode}.",
            )
        self.network = classifier_network(package)
        self._order = [card.classes.index(name) for name in classes]
        self._size = (own.height, own.width)

    @torch.no_grad()
    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return logits (N, classes) in the student's order for its pictures (N, 3, H, W), normalised."""
        self.network.eval()
        if pictures.shape[-2:] != self._size:
            pictures = functional.interpolate(pictures, self._size, mode="bilinear", antialias=True)
        found: torch.Tensor = self.network(pictures)[:, self._order].float()
        return found


class Distillation:
    """The label and the teacher's opinion of every picture. Implements `training.objective.Objective`.

    Args:
        config: Of the student.
        teacher: On the student's device.
        lesson: How much it counts.
    """

    def __init__(self, config: TrainingConfig, teacher: Teacher, lesson: Lesson) -> None:
        self._labels = Classification(config)
        self._smoothing = config.label_smoothing
        self._teacher = teacher
        self._lesson = lesson

    def loss(self, learner: Learner, batch: Batch) -> Loss:
        """Return the two cross-entropies, weighted; gradients of the teacher's are brought to the label's scale."""
        pictures, labels = batch.pictures.to(learner.device), batch.labels.to(learner.device)
        with learner.autocast():
            logits, taught = learner.network(pictures), self._teacher(pictures)
        logits, heat = logits.float(), self._lesson.temperature
        hard = functional.cross_entropy(logits, labels, label_smoothing=self._smoothing)
        student, teacher = (functional.log_softmax(each / heat, dim=1) for each in (logits, taught.float()))
        soft = heat**2 * functional.kl_div(student, teacher, reduction="batchmean", log_target=True)
        own = (1 - self._lesson.weight) * hard + self._lesson.weight * soft
        return Loss(own, own + learner.guide_loss(batch.cells))

    def validate(self, network: nn.Module, data: RunData, device: torch.device) -> dict[str, float]:
        """Return the student's figures by the labels alone: a teacher's mistakes must not choose the epoch."""
        return self._labels.validate(network, data, device)


def student_config(teacher: Package, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a student: what nobody named is as the teacher has it, but network and weights.

    Raises:
        UsageError: The teacher is no classifier.
    """
    card = teacher.card
    if card.method != "classifier":
        raise UsageError(
            f"{teacher.folder}: is of the method {card.method}; only a classifier has opinions to teach.",
            cure="Give a package of the method classifier.",
        )
    own = card.preprocessing
    usual: dict[str, Any] = {
        "backbone": "resnet10", "weights": "none", "width": own.width, "height": own.height, "fit": own.mode,
        "tiling": card.tiling.model_dump() if card.tiling else None,
    }  # fmt: skip
    return {**usual, **settings}


def distil(
    teacher: Package,
    dataset: Dataset,
    out: Path,
    config: TrainingConfig,
    lesson: Lesson,
    reporter: Reporter,
    *,
    device: str = "auto",
    resume: bool = False,
) -> Package:
    """Train the student on the train split, stop and choose on the validation split, and write its package.

    Args:
        teacher: A classifier of the same classes.
        dataset: Opened.
        out: Folder of the package; the run's folder lies beside it.
        config: Of the student, from `student_config`.
        lesson: How much the teacher counts.
        reporter: Hears of the progress.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        resume: Go on from the run folder's checkpoint.

    Raises:
        UsageError: Teacher and data set do not go together.
        TrainingError: The data cannot be learned from.
        DatasetError: A picture is gone or damaged.
        ModelError: The device or the network is not there.
    """
    began = time.monotonic()
    target, run_folder = choose_device(device), out.with_name(out.name + ".run")
    with reproducible(config.seed):
        data = prepare_data(dataset, config, run_folder)
        taught_by = Teacher(teacher, data.classes, config.preprocessing).to(target)
        learner, weights = make_learner(config, data, target)
        objective = Distillation(config, taught_by, lesson)
        run = Run(config, data, objective, run_folder, reporter, resume)
        state, facts = learn(run, learner, weights)
        facts |= {
            "weights_source": weights.source,
            "guided_by_masks": learner.guide is not None,
            "teacher": {"package_hash": teacher.hash, "backbone": teacher.card.backbone},
            "temperature_of_lesson": lesson.temperature,
            "teacher_weight": lesson.weight,
        }
        package = write_result(out, config, data, learner, state, facts)
    tell_finished(reporter, out, package, began)
    return package
