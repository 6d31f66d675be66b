"""Train a hybrid: a classifier and a memory of good parts, one after the other, then the scales that join them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from datasets.manifest import Dataset, Item
from inspector.errors import TrainingError
from inspector.inference.fusion import Fusion, fused_score, total_evidence
from inspector.inference.hybrid import CLASSIFIER, MEMORY, defect_odds, hybrid_settings
from inspector.inference.load import load_model
from inspector.inference.package import ANOMALY, WEIGHTS_FILE, AnomalyCard, Package, ScoreScale, write_package
from inspector.types import Prediction
from training.classify import train_classifier
from training.config import TrainingConfig
from training.metrics import auroc
from training.packaging import tell_finished
from training.pictures import read_checked
from training.progress import Reporter
from training.scales import RULE, first_thresholds, fit_scale

Floats = NDArray[np.float64]
TrainMemory = Callable[[Path, Reporter], Package]
"""Fits the memory on the same data set and writes it as a package of its own into the folder given."""

CLASSIFIER_SHARE = 0.1
"""Share of the overkill that the classifier may spend (see `inspector.inference.fusion`).

Chosen on the validation split of the magnetic tiles (`tests/performance/hybrid_experiment.py` prints what other shares
do there): smaller ones lose known defects, larger ones lose those that the classifier knows nothing of. Between 0.05
and 0.1 there is little to choose.
"""

_FIRST_STAGE = 0.9  # of the progress: the memory is fitted in a fraction of the time
_BATCH = 16


def train_hybrid(
    dataset: Dataset,
    out: Path,
    config: TrainingConfig,
    train_memory: TrainMemory,
    reporter: Reporter,
    *,
    run_folder: Path | None = None,
    device: str = "auto",
    resume: bool = False,
) -> Package:
    """Train both halves as packages of their own in the run folder, and join them.

    Args:
        dataset: Opened.
        out: Folder of the package.
        config: Of the classifier.
        train_memory: Fits the memory.
        reporter: Hears of the progress of both as one.
        run_folder: For the halves and the classifier's run; None: `<out>.run` beside the package.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        resume: Go on from the classifier's checkpoint; the memory is fitted anew, which takes a fraction of the time.

    Raises:
        TrainingError: See `train_classifier`; or there is no good picture in the validation split.
        DatasetError: A picture is gone or damaged.
        ModelError: The device or the network is not there.
    """
    began = time.monotonic()
    folder = run_folder or out.with_name(out.name + ".run")
    first = _Stage(reporter, 0.0, _FIRST_STAGE)
    classifier = train_classifier(dataset, folder / CLASSIFIER, config, first, device=device, resume=resume)
    memory = train_memory(folder / MEMORY, _Stage(reporter, _FIRST_STAGE, 1.0))
    reporter.note("Both halves are there: judging the validation split to bring them to one scale.")
    package = join_packages(dataset, out, classifier, memory, device=device)
    for half in (CLASSIFIER, MEMORY):  # their content is in the package now
        shutil.rmtree(folder / half)
    tell_finished(reporter, out, package, began)
    return package


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """What both halves say of some pictures.

    Attributes:
        odds: The classifier's odds for a defect, (N,).
        anomaly: The memory's anomaly score, (N,).
        defective: Truth, (N,).
    """

    odds: Floats
    anomaly: Floats
    defective: NDArray[np.bool_]


def ask(classifier: Package, memory: Package, dataset: Dataset, items: list[Item], device: str) -> Opinions:
    """Let both halves judge pictures."""
    defective = np.array([item.label not in dataset.good for item in items], np.bool_)
    return Opinions(ask_classifier(classifier, items, device), ask_memory(memory, items, device), defective)


def ask_classifier(classifier: Package, items: Sequence[Item], device: str) -> Floats:
    """Return the classifier's odds for a defect of every picture, (N,)."""
    good = classifier.card.good
    return np.array([defect_odds(found.probabilities, good) for found in _judged(classifier, items, device)])


def ask_memory(memory: Package, items: Sequence[Item], device: str) -> Floats:
    """Return the anomaly score of every picture, (N,)."""
    return np.array([float(found.anomaly or 0.0) for found in _judged(memory, items, device)])


def _judged(package: Package, items: Sequence[Item], device: str) -> Iterator[Prediction]:
    model = load_model(package, device)
    for start in range(0, len(items), _BATCH):
        yield from model.predict([read_checked(item) for item in items[start : start + _BATCH]])


def fit_fusion(odds: Floats, anomaly: Floats) -> Fusion:
    """Return the scales from what both say of held-out good pictures, (N,) each.

    Raises:
        TrainingError: No pictures.
    """
    parts = Fusion(fit_scale(odds), fit_scale(anomaly), ScoreScale(middle=1.0, slope=1.0), CLASSIFIER_SHARE)
    return replace(parts, evidence=fit_scale(total_evidence(parts, odds, anomaly)))


def join_packages(
    dataset: Dataset, out: Path, classifier: Package, memory: Package, *, device: str = "auto"
) -> Package:
    """Write the hybrid of two packages of one data set; its scales come from the good validation pictures.

    Raises:
        TrainingError: The packages do not belong together, or no good picture is there to scale on.
    """
    if classifier.card.data.get("fingerprint") != memory.card.data.get("fingerprint"):
        raise TrainingError(
            f"{classifier.folder} and {memory.folder} were trained on different data.",
            cure="Train both halves on the same version of the data set.",
        )
    said = ask(classifier, memory, dataset, dataset.items("validation"), device)
    fusion = fit_fusion(said.odds[~said.defective], said.anomaly[~said.defective])
    tensors = {**_prefixed(classifier, CLASSIFIER), **_prefixed(memory, MEMORY)}
    card = _card(classifier, memory, fusion, _figures(said, fusion))
    return write_package(out, card, {WEIGHTS_FILE: safetensors.torch.save(tensors)})


def _prefixed(package: Package, prefix: str) -> dict[str, torch.Tensor]:
    weights = safetensors.torch.load(package.read_file(WEIGHTS_FILE))
    return {f"{prefix}.{name}": value for name, value in weights.items()}


def _card(classifier: Package, memory: Package, fusion: Fusion, metrics: dict[str, Any]) -> dict[str, Any]:
    named, measured, thresholds = classifier.card, memory.card, first_thresholds()
    assert measured.anomaly is not None  # noqa: S101 - the card's own check
    classes = named.classes if ANOMALY in named.classes else (*named.classes, ANOMALY)
    return {
        "method": "hybrid",
        "backbone": named.backbone,
        "classes": classes,
        "good": named.good,
        "preprocessing": named.preprocessing,
        "thresholds": {"pass_below": thresholds.pass_below, "fail_from": thresholds.fail_from},
        "training": {
            CLASSIFIER: {"classes": named.classes, "metrics": named.metrics, **named.training},
            MEMORY: {"metrics": measured.metrics, **measured.training},
            "thresholds_rule": RULE,
        },
        "anomaly": AnomalyCard(
            layers=measured.anomaly.layers,
            memory=measured.anomaly.memory,
            dimensions=measured.anomaly.dimensions,
            scale=measured.anomaly.scale,
            pixel_scale=measured.anomaly.pixel_scale,
            settings=hybrid_settings(measured, fusion),
        ),
        "data": named.data,
        "metrics": metrics,
        "libraries": named.libraries,
        "created": measured.created,
    }


def _figures(said: Opinions, fusion: Fusion) -> dict[str, Any]:
    scores = np.array([fused_score(fusion, *pair) for pair in zip(said.odds, said.anomaly, strict=True)])
    found = {"auroc": scores, "auroc_classifier": said.odds, "auroc_memory": said.anomaly}
    figures = {name: auroc(values, said.defective) for name, values in found.items()}
    return {"split": "validation", "n": int(scores.size), **{k: v for k, v in figures.items() if np.isfinite(v)}}


class _Stage:
    """Passes on what one half says as a part of the whole run; implements `training.progress.Reporter`."""

    def __init__(self, reporter: Reporter, begin: float, end: float) -> None:
        self._reporter = reporter
        self._begin = begin
        self._share = end - begin

    def started(self, facts: Mapping[str, Any]) -> None:
        """Pass on."""
        self._reporter.started(facts)

    def step(self, facts: Mapping[str, Any]) -> None:
        """Pass on, with the progress of the whole run."""
        progress = self._begin + self._share * float(facts["progress"])
        self._reporter.step({**facts, "progress": round(progress, 4)})

    def epoch(self, facts: Mapping[str, Any]) -> None:
        """Pass on."""
        self._reporter.epoch(facts)

    def note(self, text: str) -> None:
        """Pass on."""
        self._reporter.note(text)

    def finished(self, facts: Mapping[str, Any]) -> None:
        """Say that one half is done: the run is not."""
        self._reporter.note(f"Done: {facts['package']} ({facts['seconds']:.0f} s).")
