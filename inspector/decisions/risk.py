"""What a count of errors proves of a rate: exact binomial bounds, and how many parts a promise needs.

All bounds are those of Clopper and Pearson (Biometrika 1934): they hold at every sample size, without any normal
approximation. An error rate is the probability that the next part of the same kind is judged wrongly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_SLACK = 1e-9  # so that a limit such as 0.29 of 100 parts means 29, whatever its binary fraction


@dataclass(frozen=True, slots=True)
class Share:
    """A share of parts with its exact two-sided interval; all nan where there were no parts."""

    value: float
    low: float
    high: float


def upper_bound(events: float, n: int, confidence: float) -> float:
    """Return the rate that the true one stays below with `confidence` after `events` errors among `n` parts.

    One-sided: 3 among 1,000 give 0.774 % at 95 %. 1.0 where nothing is known (n = 0, or every part was an error).
    """
    _check(events, n, confidence)
    from scipy.special import betaincinv  # here, not above: a station without a calibration starts without it

    return 1.0 if events == n else float(betaincinv(events + 1, n - events, confidence))


def lower_bound(events: float, n: int, confidence: float) -> float:
    """Return the rate that the true one stays above with `confidence`, one-sided; 0.0 without any error."""
    _check(events, n, confidence)
    from scipy.special import betaincinv

    return 0.0 if events == 0 else float(betaincinv(events, n - events + 1, 1.0 - confidence))


def interval(events: float, n: int, level: float = 0.95) -> Share:
    """Return the observed share with its two-sided interval: 42 of 50 give 84 %, 70.887 to 92.830 % at 95 %."""
    if n == 0:
        return Share(math.nan, math.nan, math.nan)
    one_sided = (1.0 + level) / 2.0
    return Share(events / n, lower_bound(events, n, one_sided), upper_bound(events, n, one_sided))


def errors_allowed(n: int, limit: float, confidence: float) -> int:
    """Return the most errors among `n` parts that still prove a rate of at most `limit`; -1 where none do.

    It is the largest k with P(Binomial(n, limit) <= k) <= 1 - confidence.
    """
    _check_limit(limit, confidence)
    from scipy.special import bdtr

    doubt = 1.0 - confidence
    if n == 0 or bdtr(0, n, limit) > doubt:
        return -1
    low, high = 0, n  # P(<= low) <= doubt < P(<= high) = 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if bdtr(middle, n, limit) <= doubt else (low, middle)
    return low


def parts_needed(limit: float, confidence: float, errors: int = 0) -> int:
    """Return how many parts prove a rate of at most `limit` when `errors` of them are errors.

    Without any error: 299 for 1 % and 2,995 for 0.1 %, both at 95 %.
    """
    _check_limit(limit, confidence)
    high = max(2 * errors, 1)
    while errors_allowed(high, limit, confidence) < errors:
        high *= 2
    low = high // 2 if high > 1 else 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if errors_allowed(middle, limit, confidence) >= errors else (middle, high)
    return high


def errors_allowed_on_average(n: int, limit: float) -> int:
    """Return the most errors among `n` parts at which the expected rate stays below `limit`; -1 where none do.

    The largest k with (k + 1) / (n + 1) <= limit: conformal risk control (Angelopoulos et al. 2022) for a loss of 0 or
    1, which is the conformal quantile (Vovk et al. 2005).
    """
    _check_limit(limit, 0.0)
    return min(math.floor(limit * (n + 1) + _SLACK) - 1, n)


def parts_needed_on_average(limit: float) -> int:
    """Return how many parts bound the expected rate by `limit`: 99 for 1 %."""
    _check_limit(limit, 0.0)
    return math.ceil(1.0 / limit - _SLACK) - 1


def _check(events: float, n: int, confidence: float) -> None:
    if not 0 <= events <= n:
        raise ValueError(f"{events} errors among {n} parts cannot be")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")


def _check_limit(limit: float, confidence: float) -> None:
    if not 0.0 < limit < 1.0:
        raise ValueError(f"an accepted rate lies between 0 and 1, not at {limit}")
    if not 0.0 <= confidence < 1.0:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
