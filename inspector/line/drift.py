"""Sequential detectors whose false alarms are bounded, whatever the distribution and however small the calibration set.

Each detector is a CUSUM (Page, Biometrika 1954) on the logarithm of bets: S becomes max(0, S + g), where the mean of
exp(g) is at most 1 while nothing has changed. Then the mean number of parts to a false alarm is at least exp(limit) for
S >= limit (Lorden 1971; as 'e-detectors' Shin, Ramdas, Rinaldo 2023): with R the sum of exp(S - S_k) over all starting
points k, R - t is a supermartingale and exp(S) <= R, so 1/alpha = exp(limit) <= E[R] <= E[t]. No normal distribution,
no simulation: limit = ln(mean number of parts that is asked for). The bound is on the safe side by a factor of about 6.

What g is: a value's rank among the calibration values becomes a normal score z (the conformal p-value, Vovk 2005), and
g = tilt * z - offset. For a new value of the same distribution the probabilities of the n + 1 ranks, given the
calibration sample, are Dirichlet(1, …, 1); `offset` is the quantile of ln E exp(tilt * z) over that law, so the finite
calibration sample is paid for (guaranteed conditional performance: Albers and Kallenberg 2004; Gandy and Kvaloy 2013).
Scores are bounded by the sample's size, so one outlier never makes an alarm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TILT = 1.0
"""Shift in standard deviations that the detectors are made for; smaller ones than half of it never sum up."""
SAFETY = 0.95
"""Confidence, over the draw of the calibration sample, with which a detector keeps its false alarm rate."""
_DRAWS = 400
_SEED = 1954


def dirichlet_weights(cells: int, draws: int = _DRAWS) -> Floats:
    """Return `draws` possible laws of the rank of a new value, (draws, cells); the same every time."""
    weights = np.random.default_rng(_SEED).standard_exponential((draws, cells))
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float64)


def rank_scores(n: int) -> Floats:
    """Return the normal score by the number of calibration values below a new one, (n + 1,), rising."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((below + 0.5) / (n + 1)) for below in range(n + 1)])


def safe_offset(scores: Floats, tilt: float = TILT, safety: float = SAFETY) -> float:
    """Return what to subtract per part so that the mean of exp(tilt * score - offset) is at most 1.

    Args:
        scores: Score by rank, (n + 1,).
        tilt: Factor on the scores.
        safety: Confidence over the draw of the calibration sample.
    """
    means = dirichlet_weights(len(scores)) @ np.exp(tilt * scores)
    return float(np.log(np.quantile(means, safety)))


@lru_cache(maxsize=16)
def _rank_gains(n: int) -> tuple[float, ...]:
    """Return the gain by rank: it depends on the size of the sample alone, so detectors of one view share it."""
    scores = rank_scores(n)
    return tuple((TILT * scores - safe_offset(scores)).tolist())


@dataclass(slots=True)
class Cusum:
    """One detector's state.

    The alarm comes when `value` reaches `limit`, and goes when it has come back to 0, which takes about 2 * `limit`
    parts as usual: an alarm does not flicker, and needs no one to clear it.

    Attributes:
        limit: ln of the mean number of observations to a false alarm, at least.
        value: Evidence for a change, 0 to `limit`.
        alarm: Whether the alarm is in force.
    """

    limit: float
    value: float = 0.0
    alarm: bool = False

    def add(self, gain: float) -> None:
        """Take the gain of one part."""
        self.value = min(max(0.0, self.value + gain), self.limit)
        if self.value >= self.limit:
            self.alarm = True
        elif self.value <= 0.0:
            self.alarm = False

    @property
    def suspicion(self) -> float:
        """Evidence as a share of the limit, 0..1."""
        return self.value / self.limit


@dataclass(slots=True)
class RankDetector:
    """Notices that values have become larger (`side` = 1) or smaller (`side` = -1) than the calibration values.

    Args:
        sample: Calibration values, any order; at least one.
        parts: Mean number of observations to a false alarm, at least.
        side: 1 or -1.
    """

    sample: Floats
    parts: float
    side: int = 1
    cusum: Cusum = field(init=False)
    _gains: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.sample = np.sort(self.side * np.asarray(self.sample, np.float64))
        self.cusum = Cusum(math.log(self.parts))
        self._gains = _rank_gains(len(self.sample))

    def gain(self, value: float) -> float:
        """Return what `value` adds. Ties count against a change: the value is taken as the smallest of its equals."""
        return self._gains[int(np.searchsorted(self.sample, self.side * value, side="left"))]

    def add(self, value: float) -> None:
        """Take the value of one part."""
        self.cusum.add(self.gain(value))


@dataclass(slots=True)
class ShareDetector:
    """Notices that an event has become `factor` times as frequent: the CUSUM of Reynolds and Stoumbos (1999).

    Args:
        usual: Upper bound of the usual share, 0..1 exclusive: a bound, not an estimate.
        factor: By which the share is bet to have grown, above 1.
        parts: Mean number of observations to a false alarm, at least.
    """

    usual: float
    factor: float
    parts: float
    cusum: Cusum = field(init=False)
    _gains: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        self.cusum = Cusum(math.log(self.parts))
        grown = min(self.factor * self.usual, (1.0 + self.usual) / 2)
        self._gains = (math.log((1 - grown) / (1 - self.usual)), math.log(grown / self.usual))

    def gain(self, happened: bool) -> float:
        """Return what one part adds."""
        return self._gains[happened]

    def add(self, happened: bool) -> None:
        """Take one part."""
        self.cusum.add(self.gain(happened))


def parts_per_detector(false_alarms_per_day: float, parts_per_day: int, detectors: int) -> float:
    """Return the mean number of parts to a false alarm that each of `detectors` must keep, for all to keep the sum."""
    return max(detectors * parts_per_day / false_alarms_per_day, math.e)


def suspicion(cusums: Sequence[Cusum]) -> float:
    """Return the strongest evidence among detectors as a share of its limit, 0..1; 0 without any."""
    return max((cusum.suspicion for cusum in cusums), default=0.0)
