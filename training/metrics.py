"""Figures of merit from probabilities and truth: pure functions on arrays.

Definitions follow scikit-learn; they stand here because a bootstrap calls them thousands of times on index
arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def confusion_matrix(truth: Ints, predicted: Ints, classes: int) -> Ints:
    """Return counts (classes, classes); rows are the truth, columns what was predicted."""
    counts: Ints = np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)
    return counts


def accuracy(confusion: Ints) -> float:
    """Return the share of pictures whose class was named right."""
    return float(np.trace(confusion) / max(confusion.sum(), 1))


def balanced_accuracy(confusion: Ints) -> float:
    """Return the mean recall over the classes that occur."""
    counts = confusion.sum(1)
    present = counts > 0
    return float((np.diag(confusion)[present] / counts[present]).mean()) if present.any() else float("nan")


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Precision, recall and F1 per class, each (classes,); nan where there is nothing to divide by."""

    precision: Floats
    recall: Floats
    f1: Floats
    n: Ints


def class_figures(confusion: Ints) -> ClassFigures:
    """Return the figures per class. A class that neither occurs nor is predicted has F1 nan."""
    right = np.diag(confusion).astype(np.float64)
    occurs, predicted = confusion.sum(1), confusion.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return ClassFigures(right / predicted, right / occurs, 2 * right / (occurs + predicted), occurs)


def macro_f1(confusion: Ints) -> float:
    """Return the mean F1 over the classes that occur or are predicted."""
    f1 = class_figures(confusion).f1
    known = f1[~np.isnan(f1)]
    return float(known.mean()) if known.size else float("nan")


def auroc(scores: Floats, defective: Bools) -> float:
    """Return the probability that a defective picture scores above a good one, ties counting half (Mann-Whitney)."""
    from scipy.stats import rankdata

    bad = int(defective.sum())
    good = defective.size - bad
    if bad == 0 or good == 0:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[defective].sum() - bad * (bad + 1) / 2) / (bad * good))


def average_precision(scores: Floats, defective: Bools) -> float:
    """Return the mean precision over the defective pictures, in order of falling score; ties share one step."""
    if not defective.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(defective[order])
    last_of_tie = np.r_[np.diff(scores[order]) != 0, True]
    found, shown = hits[last_of_tie], np.flatnonzero(last_of_tie) + 1
    return float(np.sum(np.diff(np.r_[0, found]) * found / shown) / hits[-1])


def defect_scores(probabilities: Floats, classes: Sequence[str], good: Sequence[str]) -> Floats:
    """Return 1 minus the probability of the good classes, (N,) in 0..1."""
    columns = [classes.index(name) for name in good]
    scores: Floats = np.clip(1.0 - probabilities[:, columns].sum(1), 0.0, 1.0)
    return scores


def headline(probabilities: Floats, labels: Ints, classes: Sequence[str], good: Sequence[str]) -> dict[str, float]:
    """Return the few figures that are watched during training."""
    confusion = confusion_matrix(labels, probabilities.argmax(1), len(classes))
    defective = ~np.isin(labels, [classes.index(name) for name in good])
    return {
        "accuracy": accuracy(confusion),
        "balanced_accuracy": balanced_accuracy(confusion),
        "macro_f1": macro_f1(confusion),
        "auroc": auroc(defect_scores(probabilities, classes, good), defective),
    }
