"""What every accepted risk costs: the whole curve from one calibration set, for the report and the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inspector.decisions.limits import AcceptedRisk, Bands, choose_limits
from inspector.decisions.risk import upper_bound
from inspector.errors import TooFewPartsError
from inspector.types import CalibrationScores, Risk, Thresholds

NAMED_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Accepted rates that people ask for; each is on the curve, whether the data support it or not."""

MOST_POINTS = 120
LARGEST_RATE = 0.5


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One accepted risk and what it costs.

    Attributes:
        rate: The accepted rate.
        supported: Whether the data prove it. Where not, the limits are those of the smallest rate that they do prove.
        missing: Parts that are missing for it; 0 where supported.
        thresholds: The limits.
        good: Where the good calibration parts fall.
        defective: Where the defective calibration parts fall.
    """

    rate: float
    supported: bool
    missing: int
    thresholds: Thresholds
    good: Bands
    defective: Bands


def cost_curve(
    scores: CalibrationScores, accepted: AcceptedRisk, risk: Risk = Risk.ESCAPE, rates: Sequence[float] | None = None
) -> tuple[CurvePoint, ...]:
    """Return a point per accepted rate, rising; what `accepted` asks of the other risk holds at every point.

    Looking at the curve to choose a rate is a choice after the fact: the promise of the rate that is chosen holds
    strictly only on parts that the curve was not drawn from.

    Args:
        scores: The calibration set.
        accepted: Confidence, review share, and the other risk.
        risk: Which rate runs along the curve.
        rates: Where; None: at every rate at which the limits change, and at `NAMED_RATES`.

    Raises:
        TooFewPartsError: The other risk is not supported.
    """
    own = scores.defective if risk is Risk.ESCAPE else ~scores.defective
    n = int(own.sum())
    if n == 0:
        return ()
    chosen = turning_rates(n, accepted.confidence) if rates is None else sorted(set(rates))
    return tuple(_point(scores, accepted, risk, rate) for rate in chosen)


def turning_rates(n: int, confidence: float) -> list[float]:
    """Return the rates up to 50 % at which one more error among `n` parts is allowed, thinned, and the named ones."""
    errors = np.unique(np.geomspace(1, n, MOST_POINTS).round().astype(int)) - 1
    turning = {_proven(int(k), n, confidence) for k in errors}
    return sorted(rate for rate in {*turning, *NAMED_RATES} if rate <= LARGEST_RATE)


def _proven(errors: int, n: int, confidence: float) -> float:
    """Return the smallest rate that `errors` among `n` prove, a hair up so that rounding does not cost the error."""
    rate = upper_bound(errors, n, confidence) if confidence else (errors + 1) / (n + 1)
    return rate * (1.0 + 1e-9)


def _point(scores: CalibrationScores, accepted: AcceptedRisk, risk: Risk, rate: float) -> CurvePoint:
    try:
        found = choose_limits(scores, _with_rate(accepted, risk, rate))
        missing = 0
    except TooFewPartsError as lack:
        own = [each for each in lack.shortages if each.risk == risk]
        if len(own) < len(lack.shortages):
            raise
        missing = own[0].missing
        best = min(own[0].supported_bound * (1.0 + 1e-9), 1.0 - 1e-9)
        found = choose_limits(scores, _with_rate(accepted, risk, best))
    return CurvePoint(rate, missing == 0, missing, found.thresholds, found.good, found.defective)


def _with_rate(accepted: AcceptedRisk, risk: Risk, rate: float) -> AcceptedRisk:
    if risk is Risk.ESCAPE:
        return replace(accepted, max_escape=rate, review=0.0)
    return replace(accepted, max_overkill=rate)
