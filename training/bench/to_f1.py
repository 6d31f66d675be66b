"""How long until a macro-F1 on the validation split is reached: this project's training against a plain loop.

Both start from the same weights, see the same pictures at the same size, and validate after every epoch, which counts.
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import f1_score

from datasets.manifest import Dataset
from training.bench.plain import PlainLoop, PlainSettings, predicted, torchvision_network, torchvision_transform
from training.classify import train_classifier
from training.config import make_config
from training.progress import SilentReporter
from training.weights import load_weights


class _Reached(Exception):  # noqa: N818 - no error: what was wanted is there
    """The macro-F1 is reached: stop training."""


class _Watch(SilentReporter):
    """Notes the macro-F1 of every epoch, and ends the run when it is enough."""

    def __init__(self, wanted: float) -> None:
        self._wanted = wanted
        self._began = time.perf_counter()
        self.found: list[tuple[float, float]] = []

    def epoch(self, facts: Mapping[str, Any]) -> None:
        """Hear of an epoch's validation."""
        self.found.append((time.perf_counter() - self._began, float(facts["validation"]["macro_f1"])))
        print(f"inspector: epoch {len(self.found)}, macro-F1 {self.found[-1][1]:.3f}", file=sys.stderr, flush=True)
        if self.found[-1][1] >= self._wanted:
            raise _Reached


def to_f1(dataset: Dataset, options: Namespace, work: Path) -> dict[str, Any]:
    """Return the seconds of both, and how many times as fast this project's training is; None where one did not."""
    own = outcome(_own(dataset, options, work), options.to_f1)
    other = outcome(_plain(dataset, options), options.to_f1)
    times = round(other["seconds"] / own["seconds"], 3) if own["seconds"] and other["seconds"] else None
    return {"wanted": options.to_f1, "inspector": own, "plain": other, "times_plain": times}


def outcome(found: list[tuple[float, float]], wanted: float) -> dict[str, Any]:
    """Return when the macro-F1 was first enough, from (seconds, macro-F1) by epoch."""
    seconds = next((round(when, 2) for when, value in found if value >= wanted), None)
    best = max((value for _, value in found), default=0.0)
    reason = "" if seconds is not None else f"not reached in {len(found)} epochs; the best was {best:.3f}"
    return {"seconds": seconds, "epochs": len(found), "best": round(best, 4), "reason": reason}


def _own(dataset: Dataset, options: Namespace, work: Path) -> list[tuple[float, float]]:
    config = make_config(
        backbone=options.backbone, weights=str(options.weights or "none"), width=options.size, height=options.size,
        fit="stretch", epochs=options.most_epochs, patience=options.most_epochs,
    )  # fmt: skip
    watch = _Watch(options.to_f1)
    with suppress(_Reached):
        train_classifier(dataset, work / "own", config, watch, device="cpu")
    return watch.found


def _plain(dataset: Dataset, options: Namespace) -> list[tuple[float, float]]:
    torch.manual_seed(0)
    began = time.perf_counter()
    train, validation = dataset.items("train"), dataset.items("validation")
    network = torchvision_network(options.backbone, len(dataset.classes))
    load_weights(network, options.backbone, str(options.weights or "none"))
    settings = PlainSettings(options.size, min(options.batch, len(train)), options.workers)
    loop = PlainLoop(network, train, dataset.classes, torchvision_transform(options.size), settings)
    truth = np.array([dataset.classes.index(item.label) for item in validation])
    found: list[tuple[float, float]] = []
    for _ in range(options.most_epochs):
        loop.epoch()
        said = predicted(network, validation, dataset.classes, settings)
        value = float(f1_score(truth, said, average="macro", labels=np.unique(truth), zero_division=0))
        found.append((time.perf_counter() - began, value))
        print(f"plain loop: epoch {len(found)}, macro-F1 {value:.3f}", file=sys.stderr, flush=True)
        if value >= options.to_f1:
            break
    return found


def target_lines(found: Mapping[str, Any] | None) -> list[str]:
    """Return the outcome for people; nothing where no macro-F1 was asked for."""
    if found is None:
        return []
    said = [
        f"{name}: " + (each["reason"] or f"{each['seconds']:.0f} s, {each['epochs']} epochs")
        for name, each in (("inspector", found["inspector"]), ("plain loop", found["plain"]))
    ]
    times = f" {found['times_plain']:.2f} times as fast." if found["times_plain"] else ""
    return [f"To a macro-F1 of {found['wanted']:g} on the validation split: {'; '.join(said)}.{times}"]
