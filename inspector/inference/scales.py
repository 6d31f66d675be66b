"""From an anomaly score, which has no upper end, to a defect score in 0..1, and to the evidence on a heat map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.inference.package import Card, ScoreScale
from inspector.types import HeatMap, Prediction

_LEAST = 1e-12  # of an anomaly score: 0 has no logarithm


def log_odds(scale: ScoreScale, anomaly: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return slope * ln(anomaly / middle) for scores of any shape: 0 at the middle, without an end on either side."""
    found: NDArray[np.float64] = scale.slope * np.log(np.maximum(anomaly, _LEAST) / scale.middle)
    return found


def defect_score(scale: ScoreScale, anomaly: float) -> float:
    """Return the defect score of one anomaly score: 0.5 at the middle, rising with its logarithm."""
    return float(sigmoid(log_odds(scale, np.asarray(anomaly, np.float64))))


def anomaly_prediction(card: Card, scale: ScoreScale, anomaly: float) -> Prediction:
    """Return the prediction of a method that learned from good parts: the good class, or the one that no one named."""
    good, bad = card.classes
    score = defect_score(scale, anomaly)
    return Prediction(
        predicted_class=bad if score > 0.5 else good,
        probabilities={good: 1.0 - score, bad: score},
        score=score,
        anomaly=anomaly,
    )


def evidence_map(scale: ScoreScale, anomaly: NDArray[np.float32]) -> HeatMap:
    """Return the evidence at every pixel, (H, W) float32 in 0..1, for raw anomaly scores (H, W)."""
    return sigmoid(log_odds(scale, anomaly.astype(np.float64))).astype(np.float32)


def sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-x)) without overflow at either end."""
    small = np.exp(-np.abs(x))
    found: NDArray[np.float64] = np.where(x >= 0, 1.0, small) / (1.0 + small)
    return found
