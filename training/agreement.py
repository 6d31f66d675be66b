"""Attribute agreement: how far verdicts agree with the reference and with themselves. Pure functions on arrays.

Effectiveness, miss rate and false alarm rate as in the attribute study of AIAG, Measurement Systems Analysis, 4th
edition, chapter III.C; kappa in `datasets.kappa`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.estimate import Estimate, share
from datasets.kappa import Kappa, cohen_kappa, mean_fleiss
from training.metrics import Bools


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
        fleiss=mean_fleiss([np.stack([2.0 - rejecting, 1.0 * rejecting], axis=1) for rejecting in said]),
    )
