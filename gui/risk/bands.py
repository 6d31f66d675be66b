"""Which part falls where, part by part, and how many of each kind stand in each column of the chart. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.types import CalibrationScores, Thresholds, Verdict

BANDS = (Verdict.PASS, Verdict.REVIEW, Verdict.FAIL)
"""From left to right."""
FURTHEST = 7.0
"""Log odds beyond which the chart does not reach: 0.09 % and 99.91 %."""
COLUMNS = 56


def place(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where scores (N,) stand on the chart: log odds, so that what lies near 0 or 1 is told apart."""
    inside = np.clip(scores, 1e-12, 1.0 - 1e-12)
    found: NDArray[np.float64] = np.clip(np.log(inside / (1.0 - inside)), -FURTHEST, FURTHEST)
    return found


def score_at(place_: float) -> float:
    """Return the score that stands at a place of the chart; its ends are 0 and 1."""
    if abs(place_) >= FURTHEST:
        return 0.0 if place_ < 0 else 1.0
    return float(1.0 / (1.0 + np.exp(-place_)))


def verdicts(scores: CalibrationScores, thresholds: Thresholds) -> NDArray[np.int8]:
    """Return each part's place in `BANDS`, (N,), as `inspector.decisions.limits.bands` counts them."""
    passed = scores.scores < thresholds.pass_below
    failed = ~passed & (scores.fail_scores >= thresholds.fail_from)
    return np.where(passed, 0, np.where(failed, 2, 1)).astype(np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of the chart.

    Attributes:
        edges: (`COLUMNS` + 1,) places.
        good: Good parts by band and column, (3, `COLUMNS`).
        defective: Defective parts by band and column, (3, `COLUMNS`).
    """

    edges: NDArray[np.float64]
    good: NDArray[np.int64]
    defective: NDArray[np.int64]


def columns(scores: CalibrationScores, thresholds: Thresholds) -> Columns:
    """Return how many parts of each kind and band stand in each column."""
    edges = np.linspace(-FURTHEST, FURTHEST, COLUMNS + 1)
    where, band = place(scores.fail_scores), verdicts(scores, thresholds)

    def count(*, defective: bool) -> NDArray[np.int64]:
        own = scores.defective == defective
        return np.stack([np.histogram(where[own & (band == number)], edges)[0] for number in range(len(BANDS))])

    return Columns(edges, count(defective=False), count(defective=True))
