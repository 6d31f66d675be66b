"""A figure with its 95 % interval; exact for shares."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.decisions.risk import interval

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; `low` and `high` are nan where none can be given."""

    value: float
    low: float
    high: float


def share(hits: float, n: int) -> Estimate:
    """Return a share with its exact interval (Clopper and Pearson, Biometrika 1934); all nan for n = 0.

    `hits` is a whole number, or the sum of shares of n parts that were judged several times: the interval then takes
    each part as one trial, as if its repetitions told nothing new (Korn and Graubard, Survey Methodology 1998, with
    the largest design effect).
    """
    found = interval(hits, n, LEVEL)
    return Estimate(found.value, found.low, found.high)
