"""Kappa: agreement beyond chance between raters, with intervals. Pure functions on arrays.

Cohen (Educational and Psychological Measurement 1960) and Fleiss (Psychological Bulletin 1971).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from datasets.estimate import LEVEL, Estimate, share

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kappa(Estimate):
    """Agreement beyond chance, -1 to 1, with its 95 % interval; all nan where chance alone agrees always.

    Attributes:
        null_error: Standard error where the true kappa is 0: value / null_error is the test against chance.
    """

    null_error: float


_UNKNOWN = Kappa(float("nan"), float("nan"), float("nan"), float("nan"))


def cohen_kappa(table: Floats, n: int) -> Kappa:
    """Return Cohen's kappa of two raters.

    The interval rests on the large-sample error of Fleiss, Cohen and Everitt (Psychological Bulletin 1969). Where the
    raters agree on everything that error is 0, which would claim certainty: the low end is then what the exact lower
    bound of the observed agreement gives at the chance agreement that was observed.

    Args:
        table: Counts or weights (k, k); rows are the one rater's classes, columns the other's.
        n: Independent parts that it rests on; less than the sum of counts where parts were judged several times.
    """
    p = table / table.sum() if table.sum() > 0 else np.zeros_like(table, np.float64)
    rows, columns = p.sum(1), p.sum(0)
    observed, chance = float(np.trace(p)), float(rows @ columns)
    if n == 0 or math.isclose(chance, 1.0):
        return _UNKNOWN
    kappa = (observed - chance) / (1 - chance)
    null = chance + chance**2 - float((rows * columns * (rows + columns)).sum())
    null_error = math.sqrt(max(null, 0.0) / n) / (1 - chance)
    if math.isclose(observed, 1.0):
        return Kappa(1.0, _low_of_perfect(n, chance), 1.0, null_error)
    marginal = columns[:, None] + rows[None, :]
    agreeing = float((np.diag(p) * (1 - (rows + columns) * (1 - kappa)) ** 2).sum())
    apart = (1 - kappa) ** 2 * float((p * marginal**2).sum() - (np.diag(p) * np.diag(marginal) ** 2).sum())
    variance = agreeing + apart - (kappa - chance * (1 - kappa)) ** 2
    return _with_interval(kappa, math.sqrt(max(variance, 0.0) / n) / (1 - chance), null_error)


def fleiss_kappa(counts: Floats) -> Kappa:
    """Return Fleiss' kappa of several ratings per part.

    The interval rests on the large-sample variance of Gwet (Educational and Psychological Measurement 2021), which
    holds for any true kappa; `null_error` is that of Fleiss, Nee and Landis (Psychological Bulletin 1979). Perfect
    agreement: as with `cohen_kappa`.

    Args:
        counts: How many ratings put each part into each class, (parts, classes); each row sums to the same number of
            ratings, at least two.
    """
    return mean_fleiss([np.asarray(counts, np.float64)])


def mean_fleiss(tables: Sequence[Floats]) -> Kappa:
    """Return the mean of Fleiss' kappa over tables of the same parts."""
    found = [_Fleiss(table) for table in tables if table.size]
    if not found or any(math.isclose(each.chance, 1.0) for each in found):
        return _UNKNOWN
    n, kappa = found[0].n, float(np.mean([each.kappa for each in found]))
    null_error = float(np.mean([each.null_error for each in found]))
    if math.isclose(kappa, 1.0):
        return Kappa(1.0, _low_of_perfect(n, found[0].chance), 1.0, null_error)
    if n < 2:
        return Kappa(kappa, float("nan"), float("nan"), null_error)
    influence = np.mean([each.influence for each in found], axis=0)
    variance = float(((influence - kappa) ** 2).sum()) / (n * (n - 1))
    return _with_interval(kappa, math.sqrt(variance), null_error)


@dataclass(frozen=True, eq=False)
class _Fleiss:
    """The pieces of Fleiss' kappa of one table (parts, classes)."""

    counts: Floats

    @property
    def n(self) -> int:
        return len(self.counts)

    @cached_property
    def raters(self) -> float:
        return float(self.counts[0].sum())

    @cached_property
    def shares(self) -> Floats:
        shares: Floats = self.counts.sum(0) / self.counts.sum()
        return shares

    @cached_property
    def chance(self) -> float:
        return float((self.shares**2).sum())

    @cached_property
    def agreement(self) -> Floats:
        """Agreeing pairs among all pairs of ratings, per part."""
        pairs: Floats = ((self.counts**2).sum(1) - self.raters) / (self.raters * (self.raters - 1))
        return pairs

    @cached_property
    def kappa(self) -> float:
        return float((self.agreement.mean() - self.chance) / (1 - self.chance))

    @cached_property
    def influence(self) -> Floats:
        """What each part contributes: the mean is kappa, the scatter gives its variance (Gwet 2021)."""
        own_chance = (self.counts / self.raters) @ self.shares
        own_kappa = (self.agreement - self.chance) / (1 - self.chance)
        values: Floats = own_kappa - 2 * (1 - self.kappa) * (own_chance - self.chance) / (1 - self.chance)
        return values

    @cached_property
    def null_error(self) -> float:
        spread = self.shares * (1 - self.shares)
        skew = float((spread * (1 - 2 * self.shares)).sum())
        total = float(spread.sum())
        variance = 2 * (total**2 - skew) / (self.n * self.raters * (self.raters - 1) * total**2)
        return math.sqrt(max(variance, 0.0))


def _low_of_perfect(n: int, chance: float) -> float:
    return max((share(n, n).low - chance) / (1 - chance), -1.0)


def _with_interval(kappa: float, error: float, null_error: float) -> Kappa:
    from scipy.stats import norm

    reach = float(norm.ppf((1 + LEVEL) / 2)) * error
    return Kappa(kappa, max(kappa - reach, -1.0), min(kappa + reach, 1.0), null_error)
