"""Run-time for `hybrid` packages: a classifier names the known defects, a memory of good parts rejects the unknown.

The package holds two packages in one: their weights lie in one file under `classifier.` and `memory.`, and each is
loaded by its own run-time, which does not know that it is a half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import safetensors.torch
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError

from inspector.errors import PackageError
from inspector.inference.fusion import Fusion, fused_score, unknown_share
from inspector.inference.memory_model import PatchMemoryModel
from inspector.inference.package import ANOMALY, WEIGHTS_FILE, AnomalyCard, Card, Package, ScoreScale
from inspector.inference.patch_memory import load_patch_memory
from inspector.inference.preprocess import Preprocessing
from inspector.inference.scales import defect_score
from inspector.inference.torch_classifier import TorchClassifier, load_classifier
from inspector.types import HeatMap, Image, Prediction

CLASSIFIER, MEMORY = "classifier", "memory"
"""Prefixes of the two halves in the weights file."""


class HybridModel:
    """A hybrid package loaded into memory; implements `inspector.inference.base.Model`.

    Made by `load_hybrid`. Used from one thread.

    Attributes:
        package: The verified package that it was loaded from.
    """

    def __init__(self, package: Package, classifier: TorchClassifier, memory: PatchMemoryModel, fusion: Fusion) -> None:
        self.package = package
        self._classifier = classifier
        self._memory = memory
        self._fusion = fusion

    @property
    def device(self) -> str:
        """Name of the processor: `cpu`, or `cuda:0 (NVIDIA …)`."""
        return self._classifier.device

    def warm_up(self) -> None:
        """Let both halves judge one blank picture."""
        self._classifier.warm_up()
        self._memory.warm_up()

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Judge regions, each (H, W, 3) uint8 RGB of any size.

        Raises:
            ModelError: The device failed, or a half gave values that are not finite.
        """
        named, measured = self._classifier.predict(regions), self._memory.predict(regions)
        return [self._fuse(known, unusual) for known, unusual in zip(named, measured, strict=True)]

    def explain(self, region: Image) -> HeatMap:
        """Return the evidence for a defect over a region: the larger of both halves' maps at every pixel.

        The classifier's map always has a strongest place, even of a good part; it counts as much as the classifier
        objects.

        Raises:
            ModelError: The device failed.
        """
        said = self._classifier.predict([region])[0].probabilities
        objection = defect_score(self._fusion.odds, defect_odds(said, self.package.card.good))
        known = self._classifier.explain(region) * np.float32(objection)
        found: HeatMap = np.maximum(known, self._memory.explain(region))
        return found

    def anomaly_maps(self, regions: Sequence[Image]) -> list[NDArray[np.float32]]:
        """Return the memory's raw anomaly score of every pixel, (H, W) float32 per region."""
        return self._memory.anomaly_maps(regions)

    def _fuse(self, known: Prediction, unusual: Prediction) -> Prediction:
        anomaly = float(unusual.anomaly or 0.0)
        probabilities, score = join(known.probabilities, anomaly, self.package.card, self._fusion)
        return Prediction(max(probabilities, key=lambda name: probabilities[name]), probabilities, score, anomaly)


def defect_odds(probabilities: Mapping[str, float], good: Sequence[str]) -> float:
    """Return the probability of all defect classes by that of the good ones."""
    fine = sum(value for name, value in probabilities.items() if name in good)
    bad = sum(value for name, value in probabilities.items() if name not in good)
    return bad / max(fine, 1e-300)


def join(known: Mapping[str, float], anomaly: float, card: Card, fusion: Fusion) -> tuple[dict[str, float], float]:
    """Return the probability of every class of the card, and the defect score.

    The classifier's good classes share 1 - score as it divides them; the score is divided between what the classifier
    knows, again as it divides it, and `anomaly`.

    Args:
        known: The classifier's probabilities.
        anomaly: The memory's anomaly score.
        card: Of the hybrid package.
        fusion: Its scales.
    """
    odds = defect_odds(known, card.good)
    score, unknown = fused_score(fusion, odds, anomaly), unknown_share(fusion, odds, anomaly)
    fine = sum(value for name, value in known.items() if name in card.good)
    bad = sum(value for name, value in known.items() if name not in card.good)
    probabilities = dict.fromkeys(card.classes, 0.0)
    for name, value in known.items():
        own, whole = (1.0 - score, fine) if name in card.good else (score * (1.0 - unknown), bad)
        probabilities[name] += own * value / whole if whole > 0 else 0.0
    probabilities[ANOMALY] += score * unknown
    return probabilities, score


def load_hybrid(package: Package, device: str = "auto") -> HybridModel:
    """Load a hybrid package.

    Args:
        package: From `inspector.inference.package.open_package`.
        device: `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:N`.

    Raises:
        PackageError: Altered weights, or halves that do not fit what the card describes.
        ModelError: The device is not there.
    """
    try:
        tensors = safetensors.torch.load(package.read_file(WEIGHTS_FILE))
        fusion = fusion_of(package.card)
        halves = {MEMORY: _memory_card(package.card), CLASSIFIER: _classifier_card(package.card)}
    except (SafetensorError, ValidationError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise PackageError(
            f"{package.folder}: the card does not describe a hybrid, or its weights are none: {reason}",
            cure="The package was put together wrongly, or by another version: train it again.",
        ) from error
    parts = {name: _Half(package, card, name, tensors) for name, card in halves.items()}
    classifier = load_classifier(parts[CLASSIFIER], device)
    return HybridModel(package, classifier, load_patch_memory(parts[MEMORY], device), fusion)


def fusion_of(card: Card) -> Fusion:
    """Return the scales that the card of a hybrid names. Raises KeyError or ValidationError where it does not."""
    anomaly = _anomaly_of(card)
    own = anomaly.settings["fusion"]
    return Fusion(
        odds=ScoreScale.model_validate(own["odds"]),
        anomaly=ScoreScale.model_validate(own["anomaly"]),
        evidence=ScoreScale.model_validate(own["evidence"]),
        classifier_share=float(own["classifier_share"]),
    )


def hybrid_settings(memory: Card, fusion: Fusion) -> dict[str, Any]:
    """Return the settings of a hybrid's anomaly card: what `fusion_of` and `load_hybrid` read."""
    return {
        "fusion": {
            "odds": fusion.odds.model_dump(),
            "anomaly": fusion.anomaly.model_dump(),
            "evidence": fusion.evidence.model_dump(),
            "classifier_share": fusion.classifier_share,
        },
        "memory": {
            "backbone": memory.backbone,
            "preprocessing": memory.preprocessing.model_dump(mode="json"),
            "settings": _anomaly_of(memory).settings,
        },
    }


def _classifier_card(card: Card) -> Card:
    """Return the card as the classifier's run-time wants it: without the class that only the memory knows."""
    names = card.training["classifier"]["classes"]
    changes = {"method": "classifier", "classes": names, "anomaly": None, "calibration": None}
    half = Card.model_validate({**card.model_dump(exclude={"schema_"}), **changes})
    if not set(half.classes) <= set(card.classes):
        raise ValueError("the classifier knows classes that the card does not")
    return half


def _memory_card(card: Card) -> Card:
    """Return the card as the memory's run-time wants it."""
    anomaly = _anomaly_of(card)
    own = anomaly.settings["memory"]
    changes = {
        "method": "patch-memory",
        "backbone": own["backbone"],
        "preprocessing": Preprocessing.model_validate(own["preprocessing"]),
        "classes": (card.good[0], ANOMALY),
        "good": card.good[:1],
        "anomaly": anomaly.model_copy(update={"settings": own["settings"]}),
        "calibration": None,
    }
    return Card.model_validate({**card.model_dump(exclude={"schema_"}), **changes})


def _anomaly_of(card: Card) -> AnomalyCard:
    if card.anomaly is None:
        raise KeyError("anomaly")
    return card.anomaly


class _Half(Package):
    """One half of a hybrid package, as the run-time of its method wants it: with its own weights, and its own card."""

    def __init__(self, whole: Package, card: Card, prefix: str, tensors: Mapping[str, Any]) -> None:
        super().__init__(whole.folder, card, whole.card_bytes)
        start = f"{prefix}."
        own = {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
        self._weights = safetensors.torch.save(own)
        self._whole = whole

    def read_file(self, name: str) -> bytes:
        """Return the half's weights; any other file is the whole package's."""
        return self._weights if name == WEIGHTS_FILE else self._whole.read_file(name)
