"""From a finished run to a model package: final figures, thresholds, card."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import nn

from inspector.inference.package import WEIGHTS_FILE, Package, write_package
from training.checkpoint import RunState, tensors_of
from training.config import TrainingConfig
from training.learner import Learner
from training.loop import judge, validation_loss
from training.metrics import defect_scores, headline
from training.progress import Reporter
from training.rundata import RunData
from training.thresholds import RULE, choose_thresholds
from training.tiles import by_picture


def validation_figures(probabilities: NDArray[np.float64], data: RunData, balance: float) -> dict[str, float]:
    """Return loss and headline figures of the validation split."""
    labels = data.validation.labels
    return {
        "loss": validation_loss(probabilities, labels, balance),
        **headline(probabilities, labels, data.classes, data.good),
    }


def write_result(
    out: Path, config: TrainingConfig, data: RunData, learner: Learner, state: RunState, facts: dict[str, Any]
) -> Package:
    """Choose the thresholds with the final weights and write the package."""
    network = learner.averaged.network
    probabilities = judge(network, data.validation, learner.device)
    thresholds = choose_thresholds(*_scores_by_picture(network, data, probabilities, learner.device))
    card = {
        "method": "classifier",
        "backbone": config.backbone,
        "classes": data.classes,
        "good": data.good,
        "preprocessing": config.preprocessing,
        "tiling": config.tiling,
        "thresholds": {"pass_below": thresholds.pass_below, "fail_from": thresholds.fail_from},
        "training": {
            **config.model_dump(),
            **facts,
            "epochs": config.epochs_for(len(data.train)),
            "epochs_done": state.epochs_done,
            "best_epoch": state.best_epoch + 1,
            "learning_rate": config.peak_learning_rate,
            "device": learner.device.type,
            "thresholds_rule": RULE,
        },
        "metrics": {
            "split": "validation" if config.tiling is None else "validation, tile by tile",
            "n": len(data.validation),
            **validation_figures(probabilities, data, config.balance),
        },
    }
    return pack(out, card, data, tensors_of(network))


def _scores_by_picture(
    network: nn.Module, data: RunData, probabilities: NDArray[np.float64], device: torch.device
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the defect score of every validation picture, by its worst tile where it is cut, and its truth."""
    pictures = data.validation
    if data.whole is not None:
        pictures, probabilities = data.whole, judge(network, data.whole, device)
    scores = defect_scores(probabilities, data.classes, data.good)
    defective = ~np.isin(pictures.labels, [data.classes.index(name) for name in data.good])
    return by_picture(scores, pictures.owners), by_picture(defective.astype(np.float64), pictures.owners) > 0


def pack(out: Path, card: Mapping[str, Any], data: RunData, tensors: dict[str, torch.Tensor]) -> Package:
    """Write a package, with what every card says of its data, libraries and time.

    Raises:
        PackageError: The card is inconsistent.
    """
    counts = {
        split: dict(sorted(Counter(item.label for item in pictures.items).items()))
        for split, pictures in (("train", data.train), ("validation", data.validation))
    }
    whole = {
        **card,
        "data": {"name": data.name, "fingerprint": data.fingerprint, "counts": counts},
        "libraries": _libraries(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return write_package(out, whole, {WEIGHTS_FILE: safetensors.torch.save(tensors)})


def tell_finished(reporter: Reporter, out: Path, package: Package, began: float) -> None:
    """Tell that the package is written; `began` is `time.monotonic()` at the start of the run."""
    reporter.finished(
        {
            "package": str(out),
            "hash": package.hash,
            "metrics": package.card.metrics,
            "seconds": round(time.monotonic() - began, 1),
        }
    )


def _libraries() -> dict[str, str]:
    names = ("torch", "torchvision", "albumentations", "opencv-python-headless", "numpy", "inspector-station")
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # albumentations may be left out
            continue
    return found
