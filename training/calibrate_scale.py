"""Scores that mean what they say: temperature of probabilities, scale of anomaly scores, calibration error.

Both maps have one or two parameters and keep the order of the scores of a two-class package.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, log_softmax, softmax

from inspector.inference.package import ScoreScale
from inspector.inference.scales import log_odds, sigmoid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BINS = 15
TEMPERATURES = (0.05, 20.0)
_TINY = 1e-300  # of a probability: 0 has no logarithm
_LEAST = 1e-12  # of an anomaly score, as in `inspector.inference.scales`


def fit_temperature(probabilities: Floats, labels: Ints) -> float:
    """Return the factor on the temperature that makes the labels most likely (Guo et al. 2017).

    A weak prior holds the logarithm of the factor near 0 (standard deviation 1): pictures that are all told apart would
    drive the temperature to 0.

    Args:
        probabilities: (N, classes), of the temperature so far.
        labels: True class index, (N,).
    """
    logits = np.log(np.maximum(probabilities, _TINY))
    rows = np.arange(labels.size)

    def loss(log_factor: float) -> float:
        return 0.5 * log_factor**2 - float(log_softmax(logits / np.exp(log_factor), axis=1)[rows, labels].sum())

    found = minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def tempered(probabilities: Floats, factor: float) -> Floats:
    """Return the probabilities (N, classes) as they are when the logits are divided by `factor` once more."""
    if factor == 1.0:
        return probabilities
    return np.asarray(softmax(np.log(np.maximum(probabilities, _TINY)) / factor, axis=1), np.float64)


def fit_scale(anomalies: Floats, defective: Bools) -> ScoreScale | None:
    """Return the scale whose defect scores fit the truth best: a logistic regression on ln(anomaly) (Platt 1999).

    As Platt proposed, the targets are not 0 and 1 but what is known after one more picture of each kind, so that kinds
    that are told apart wholly do not drive the slope to infinity.

    None where the anomaly score does not rise with defects, so that no scale keeps the order and fits.

    Args:
        anomalies: Anomaly scores, (N,), not negative.
        defective: Truth, (N,), both kinds present.
    """
    logs = np.log(np.maximum(anomalies, _LEAST))
    centre, width = float(np.median(logs)), max(float(logs.std()), 1e-9)
    places = (logs - centre) / width
    bad = int(defective.sum())
    targets = np.where(defective, (bad + 1) / (bad + 2), 1 / (defective.size - bad + 2))

    def loss(line: Floats) -> tuple[float, Floats]:
        values = line[0] * places + line[1]
        error = expit(values) - targets
        lost = -(targets * log_expit(values) + (1.0 - targets) * log_expit(-values)).sum()
        return float(lost), np.array([(error * places).sum(), error.sum()])

    slope, height = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    if not slope > 1e-6:
        return None
    middle = float(np.exp(np.clip(centre - width * height / slope, -600.0, 600.0)))
    return ScoreScale(middle=middle, slope=float(slope / width))


def scaled(anomalies: Floats, scale: ScoreScale) -> Floats:
    """Return the defect scores (N,) of anomaly scores (N,): sigmoid(slope * ln(anomaly / middle))."""
    return sigmoid(log_odds(scale, anomalies))


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far the defect scores of pictures are from the frequencies that they claim.

    Attributes:
        n: Pictures.
        ece: Expected calibration error (Naeini et al. 2015) in bins of equal mass: the mean distance between the mean
            score of a bin and its share of defective pictures.
        brier: Mean squared distance between score and truth (Brier 1950).
        bins: (mean score, share of defective, pictures) of each bin.
    """

    n: int
    ece: float
    brier: float
    bins: tuple[tuple[float, float, int], ...]


def reliability(scores: Floats, defective: Bools) -> Reliability:
    """Return the calibration error of defect scores (N,) against the truth (N,), in 15 bins of equal mass."""
    order = np.argsort(scores, kind="stable")
    groups = [group for group in np.array_split(order, BINS) if group.size]
    bins = tuple((float(scores[own].mean()), float(defective[own].mean()), int(own.size)) for own in groups)
    ece = sum(abs(score - share) * count for score, share, count in bins) / scores.size
    return Reliability(scores.size, ece, float(((scores - defective) ** 2).mean()), bins)
