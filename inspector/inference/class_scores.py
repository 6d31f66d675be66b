"""From a classifier's logits to a prediction, whatever run-time gave them. No torch here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.errors import ModelError
from inspector.inference.package import Package
from inspector.types import Prediction


def class_prediction(package: Package, probabilities: NDArray[np.float64]) -> Prediction:
    """Return the prediction for the probabilities (classes,) of one picture.

    Raises:
        ModelError: They are no numbers.
    """
    if not np.isfinite(probabilities).all():
        raise ModelError(
            f"{package.folder}: the network gave values that are no probabilities (NaN or infinite).",
            cure="The weights or the device are faulty: train again, or compare with device = cpu.",
        )
    card = package.card
    bad = [name not in card.good for name in card.classes]
    score = float(probabilities[bad].sum())  # one minus the good ones would round every sure part to the same 0
    return Prediction(
        predicted_class=card.classes[int(probabilities.argmax())],
        probabilities=dict(zip(card.classes, probabilities.tolist(), strict=True)),
        score=min(max(score, 0.0), 1.0),
    )


def softmax(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Return the probabilities for logits (classes,) divided by the temperature of a calibration."""
    scaled = logits.astype(np.float64) / temperature
    raised = np.exp(scaled - scaled.max())
    found: NDArray[np.float64] = raised / raised.sum()
    return found
