"""Which anomaly score is unusual, found on good pictures that nothing was learned from.

The logarithms of the highest good scores are taken as exponentially distributed above a threshold (peaks over
threshold, Pickands 1975, with shape 0): their mean excess gives the rate at which good pictures become rarer, and so
what share of good pictures would lie above a score that none of the few at hand reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.errors import TrainingError
from inspector.inference.package import ScoreScale
from inspector.types import Thresholds

FAIL_SHARE = 0.01
"""Share of good pictures expected above the middle of the scale: defect score 0.5, the first FAIL limit."""

REVIEW_SHARE = 0.05
"""Share of good pictures expected above the first PASS limit."""

RULE = (
    f"fail_from = 0.5, the middle of the scale, which {FAIL_SHARE:.0%} of the good pictures are expected to exceed; "
    f"pass_below = the score that {REVIEW_SHARE:.0%} are expected to exceed; both from the held-out good pictures, "
    "whose upper tail is continued exponentially in the logarithm of the anomaly score."
)
"""The rule in one sentence; stands in the card."""

_ENOUGH_FOR_QUARTILE = 40
_LEAST_RATE, _MOST_RATE = 0.05, 60.0


@dataclass(frozen=True, slots=True)
class Tail:
    """The upper tail of good values: a share `above` lies over `start`, and falls off with `rate` from there.

    Attributes:
        start: Where the exponential begins.
        above: Share of the good values beyond it.
        rate: Per unit of the value.
    """

    start: float
    above: float
    rate: float

    def value_at(self, share: float) -> float:
        """Return the value that a `share` of the good ones is expected to exceed; at most `above` of them."""
        return self.start + math.log(self.above / share) / self.rate


def fit_tail(values: NDArray[np.float64]) -> Tail:
    """Fit the tail above the third quartile, above the median where there are fewer than 40 values.

    Raises:
        TrainingError: No values.
    """
    if values.size == 0:
        raise TrainingError(
            "There is no good picture in the validation split: nothing says which score is usual.",
            cure="Import the data set again with good pictures in every split.",
        )
    above = 0.25 if values.size >= _ENOUGH_FOR_QUARTILE else 0.5
    start = float(np.quantile(values, 1.0 - above))
    excess = values[values > start] - start
    rate = 1.0 / float(excess.mean()) if excess.size else _MOST_RATE
    return Tail(start, above, min(max(rate, _LEAST_RATE), _MOST_RATE))


def fit_scale(anomaly: NDArray[np.float64]) -> ScoreScale:
    """Return the scale that turns anomaly scores into defect scores, from those of held-out good pictures (N,) > 0.

    On it, the odds of the defect score are `FAIL_SHARE` divided by the share of good pictures that lie higher.
    """
    tail = fit_tail(np.log(np.maximum(anomaly, 1e-12)))
    return ScoreScale(middle=math.exp(tail.value_at(FAIL_SHARE)), slope=tail.rate)


def first_thresholds() -> Thresholds:
    """Return the limits that a package on such a scale starts with; without a guarantee, see `RULE`."""
    odds = FAIL_SHARE / REVIEW_SHARE
    return Thresholds(odds / (1.0 + odds), 0.5)
