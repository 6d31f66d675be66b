"""Is the challenger no worse than the champion? An exact test of non-inferiority on the same parts.

Both packages judge the same n parts. Of an error (a defective part passed, or a good part rejected) only the parts
count on which they differ: b where the challenger alone errs, c where the champion alone does. The hypothesis to be
refuted is that the challenger's error rate is higher by the margin or more.

The parts are ordered by Tango's score statistic (Tango, Statistics in Medicine 17 (1998) 891-908), and the p-value is
the largest probability, over what is not known (how often the two differ at all), of an outcome at least as extreme: an
exact unconditional test, as Sidik proposed for matched pairs (Statistics in Medicine 22 (2003) 265-278). The unknown is
searched within an exact confidence limit, whose error is added to the p-value (Berger and Boos, JASA 89 (1994)
1012-1016). So the share of worse challengers that pass stays at or below the stated rate for every n, small ones, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_UNKNOWN_SHARE = 0.02
"""This share of the error rate is spent on the confidence limit of the unknown (Berger and Boos suggest about it)."""
_GRID, _FINE = 64, 17
_NEGLIGIBLE = 1e-9
_MOST_PARTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """One kind of error on the same parts.

    Attributes:
        n: Parts that could show it.
        both: Both err.
        challenger_only: The challenger alone errs.
        champion_only: The champion alone errs.
    """

    n: int
    both: int
    challenger_only: int
    champion_only: int

    @property
    def champion_rate(self) -> float:
        """Share on which the champion errs; nan without parts."""
        return (self.both + self.champion_only) / self.n if self.n else math.nan

    @property
    def challenger_rate(self) -> float:
        """Share on which the challenger errs; nan without parts."""
        return (self.both + self.challenger_only) / self.n if self.n else math.nan

    @property
    def difference(self) -> float:
        """Challenger's rate minus champion's; nan without parts."""
        return (self.challenger_only - self.champion_only) / self.n if self.n else math.nan


def p_value(pairs: Pairs, margin: float, error_rate: float) -> float:
    """Return the p-value of "the challenger's error rate is higher by `margin` or more".

    Args:
        pairs: The counts; 1 is returned where there are no parts.
        margin: 0..1, above 0.
        error_rate: At which the p-value will be judged; a fixed share of it goes to the unknown.
    """
    if pairs.n == 0:
        return 1.0
    spent = _UNKNOWN_SHARE * error_rate
    differing = pairs.challenger_only + pairs.champion_only
    largest = _upper_limit(differing, pairs.n, spent)
    if largest <= margin:  # they differ too seldom for the challenger to be that much worse
        return spent
    most = _most_differing(pairs.n, largest)
    b, c = _outcomes(most)
    observed = float(score(np.array([pairs.challenger_only]), np.array([pairs.champion_only]), pairs.n, margin)[0])
    extreme = score(b, c, pairs.n, margin) <= observed + 1e-9
    b, c = b[extreme], c[extreme]
    ways = _log_factorials(pairs.n)
    log_ways = ways[pairs.n] - ways[b] - ways[c] - ways[pairs.n - b - c]

    def probability(differ: float) -> float:
        return _probability(b, c, log_ways, pairs.n, margin, differ)

    return min(1.0, _largest(probability, margin, largest) + _NEGLIGIBLE + spent)


def score(b: NDArray[np.int64], c: NDArray[np.int64], n: int, margin: float) -> Floats:
    """Return Tango's statistic: the smaller, the less the challenger looks worse by the margin.

    Args:
        b: Parts on which the challenger alone errs.
        c: Parts on which the champion alone errs.
        n: All parts.
        margin: 0..1, above 0.
    """
    quadratic = 2.0 * n
    linear = (2.0 * n - b + c) * margin - b - c
    constant = -c * margin * (1.0 - margin)
    root = (np.sqrt(linear**2 - 4.0 * quadratic * constant) - linear) / (2.0 * quadratic)
    root = np.maximum(root, 0.0)
    spread = np.sqrt(n * (2.0 * root + margin * (1.0 - margin)))
    return np.asarray((b - c - n * margin) / spread, np.float64)


def parts_missing(pairs: Pairs, margin: float, error_rate: float) -> int | None:
    """Return how many more parts would be enough if the two went on to differ at the same rates.

    Where they have not differed yet, that they go on not to. None where no number would do: the challenger looks worse
    by the margin.
    """
    if pairs.n and pairs.difference >= margin:
        return None
    n = max(pairs.n, 1)
    while n <= _MOST_PARTS:
        grown = _grown(pairs, n)
        if n > pairs.n and _passes(grown, margin, error_rate):
            return n - pairs.n
        n = max(n + 1, math.ceil(n * 1.03))
    return None


def _grown(pairs: Pairs, n: int) -> Pairs:
    factor = n / max(pairs.n, 1)
    return Pairs(n, 0, math.ceil(pairs.challenger_only * factor), math.floor(pairs.champion_only * factor))


def _passes(pairs: Pairs, margin: float, error_rate: float) -> bool:
    """Return whether the test would pass; where the normal approximation is far off the limit, without computing it."""
    from scipy.stats import norm

    observed = score(np.array([pairs.challenger_only]), np.array([pairs.champion_only]), pairs.n, margin)[0]
    approximate = float(norm.cdf(observed))
    if approximate > 1.2 * error_rate:
        return False
    if pairs.n > 20_000:
        return approximate <= 0.9 * error_rate
    return p_value(pairs, margin, error_rate) <= error_rate


def _largest(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the largest value of a smooth function: on a grid, then on a finer one around the best point."""
    coarse = np.linspace(low, high, _GRID)
    values = [function(point) for point in coarse]
    best = int(np.argmax(values))
    fine = np.linspace(coarse[max(best - 1, 0)], coarse[min(best + 1, _GRID - 1)], _FINE)
    return max(*values, *(function(point) for point in fine))


def _upper_limit(events: int, n: int, error: float) -> float:
    """Return the one-sided exact upper limit of a share (Clopper and Pearson, Biometrika 1934)."""
    from scipy.stats import beta

    return 1.0 if events >= n else float(beta.ppf(1.0 - error, events + 1, n - events))


def _most_differing(n: int, share: float) -> int:
    """Return the number of differing parts that is exceeded with negligible probability."""
    from scipy.stats import binom

    return min(n, int(binom.isf(_NEGLIGIBLE, n, share)))


def _outcomes(most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every (b, c) with b + c <= most."""
    b, c = np.divmod(np.arange((most + 1) ** 2, dtype=np.int64), most + 1)
    inside = b + c <= most
    return b[inside], c[inside]


@lru_cache(maxsize=8)
def _log_factorials(n: int) -> Floats:
    from scipy.special import gammaln

    return np.asarray(gammaln(np.arange(n + 1) + 1.0), np.float64)


def _probability(
    b: NDArray[np.int64], c: NDArray[np.int64], log_ways: Floats, n: int, margin: float, differ: float
) -> float:
    """Return the probability of the outcomes where they differ at `differ` and the challenger is worse by `margin`."""
    from scipy.special import xlogy

    worse, better = (differ + margin) / 2.0, (differ - margin) / 2.0
    logs = log_ways + xlogy(b, worse) + xlogy(c, better) + xlogy(n - b - c, max(0.0, 1.0 - differ))
    return float(np.exp(logs).sum())
