"""Escape and overkill: what limits on the defect score would let through and throw away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.types import Thresholds
from training.intervals import Estimate, share

_CURVE_POINTS = 400


@dataclass(frozen=True, slots=True)
class VerdictShares:
    """What happens to parts or pictures at given limits.

    Attributes:
        escape: Share of the defective that pass.
        overkill: Share of the good that fail.
        review_good: Share of the good that a person must look at.
        review_defective: Share of the defective that a person must look at.
    """

    escape: Estimate
    overkill: Estimate
    review_good: Estimate
    review_defective: Estimate


def verdict_shares(scores: NDArray[np.float64], defective: NDArray[np.bool_], limits: Thresholds) -> VerdictShares:
    """Return the shares, each with its exact 95 % interval, for defect scores (N,) and truth (N,)."""
    passed, failed = scores < limits.pass_below, scores >= limits.fail_from
    review = ~passed & ~failed
    bad, good = int(defective.sum()), int((~defective).sum())
    return VerdictShares(
        escape=share(int((passed & defective).sum()), bad),
        overkill=share(int((failed & ~defective).sum()), good),
        review_good=share(int((review & ~defective).sum()), good),
        review_defective=share(int((review & defective).sum()), bad),
    )


def threshold_curve(scores: NDArray[np.float64], defective: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Return escape and overkill, with their intervals, of a single limit at every score that changes something.

    A part passes strictly below the limit. Past 400 different scores, limits are thinned evenly.
    """
    limits = np.unique(np.r_[0.0, scores, np.nextafter(scores.max(initial=0.0), 2.0)])
    if limits.size > _CURVE_POINTS:
        limits = limits[np.linspace(0, limits.size - 1, _CURVE_POINTS).round().astype(int)]
    bad, good = np.sort(scores[defective]), np.sort(scores[~defective])
    curve = []
    for limit in limits:
        escape = share(int(np.searchsorted(bad, limit, side="left")), bad.size)
        overkill = share(int(good.size - np.searchsorted(good, limit, side="left")), good.size)
        curve.append(
            {
                "threshold": float(limit),
                "escape": escape.value,
                "escape_low": escape.low,
                "escape_high": escape.high,
                "overkill": overkill.value,
                "overkill_low": overkill.low,
                "overkill_high": overkill.high,
            }
        )
    return curve
