"""Attribute agreement: how far verdicts agree with the reference and with themselves. Pure functions on arrays.

Kappa after Cohen (1960) and Fleiss (Psychological Bulletin 1971); effectiveness, miss rate and false alarm rate as in
the attribute study of AIAG, Measurement Systems Analysis, 4th edition, chapter III.C.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from training.intervals import LEVEL, Estimate, share
from training.metrics import Bools, Floats


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
    return _mean_fleiss([np.asarray(counts, np.float64)])


def _mean_fleiss(tables: Sequence[Floats]) -> Kappa:
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


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """An attribute study of one appraiser: what it said of each part, in each trial.

    Attributes:
        defective: Truth by the reference, (N,).
        rejected: Per part one value per trial, True where it was not accepted; at least one trial each.
    """

    defective: Bools
    rejected: tuple[Bools, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The figures of an attribute study, each with its 95 % interval.

    Attributes:
        parts: How many.
        trials: Fewest trials of any part; Fleiss' kappa rests on so many of each.
        effectiveness: Share of parts that were judged right in every trial.
        miss_rate: Share of judgements of defective parts that accepted.
        false_alarm_rate: Share of judgements of good parts that rejected.
        cohen: Of all judgements against the reference.
        fleiss: Mean over the trials of Fleiss' kappa of the trial and the reference.
    """

    parts: int
    trials: int
    effectiveness: Estimate
    miss_rate: Estimate
    false_alarm_rate: Estimate
    cohen: Kappa
    fleiss: Kappa


def agree(study: Study) -> Agreement:
    """Return how far an appraiser agrees with the reference. Every part has the same weight, whatever its trials."""
    bad, n = study.defective, len(study.rejected)
    rejected = np.array([trials.mean() for trials in study.rejected], np.float64)
    right = sum(bool((trials == truth).all()) for trials, truth in zip(study.rejected, bad, strict=True))
    table = np.array(
        [[(1 - rejected)[~bad].sum(), rejected[~bad].sum()], [(1 - rejected)[bad].sum(), rejected[bad].sum()]]
    )
    trials = min((each.size for each in study.rejected), default=0)
    said = [np.array([each[trial] for each in study.rejected], np.int64) + bad for trial in range(trials)]
    return Agreement(
        parts=n,
        trials=trials,
        effectiveness=share(right, n),
        miss_rate=share(float(table[1, 0]), int(bad.sum())),
        false_alarm_rate=share(float(table[0, 1]), int((~bad).sum())),
        cohen=cohen_kappa(table, n),
        fleiss=_mean_fleiss([np.stack([2.0 - rejecting, 1.0 * rejecting], axis=1) for rejecting in said]),
    )
