"""The PASS and FAIL limits that a package starts with, chosen on the validation split."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.types import Thresholds

FAIL_FROM = 0.5
_LOWEST, _GOOD_SHARE = 0.02, 0.95

RULE = (
    f"fail_from = {FAIL_FROM}. pass_below = the smallest score of any defective validation picture, but not below "
    f"{_LOWEST}, nor below the score that {_GOOD_SHARE:.0%} of the good ones stay under, nor above fail_from."
)
"""The rule in one sentence; stands in the card."""


def choose_thresholds(scores: NDArray[np.float64], defective: NDArray[np.bool_]) -> Thresholds:
    """Return the limits for these validation scores.

    No defective validation picture passes unless its score is so low that more than 5 % of the good ones
    would have to be reviewed with it. These limits are a start without a guarantee: the sample is small and
    served to stop training.

    Args:
        scores: Defect scores (N,) in 0..1.
        defective: Truth (N,).
    """
    lowest_defect = float(scores[defective].min()) if defective.any() else FAIL_FROM
    usual_good = float(np.quantile(scores[~defective], _GOOD_SHARE)) if (~defective).any() else _LOWEST
    return Thresholds(min(max(lowest_defect, usual_good, _LOWEST), FAIL_FROM), FAIL_FROM)
