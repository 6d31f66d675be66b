"""Two opinions in one defect score: either alone can reject, and together they reject sooner.

A classifier gives the odds of the known defects, a memory of good parts the distance from everything seen. Each has a
scale that was found on held-out good parts (`ScoreScale`): its odds on that scale are a small number divided by the
share of good parts that lie higher, so they are p-values turned upside down. The evidence of one detector is the
logarithm of 1 + its weight times these odds; the evidences are added:

- where both are weak that is a weighted harmonic mean of the p-values (Wilson, PNAS 2019), nearly as sharp as the
  better detector alone;
- where both are strong it is Fisher's sum of their logarithms;
- it is never less than the evidence of one alone: a classifier that is sure of 'good' cannot talk a distance away.

The weights say who may spend how much of the overkill. A known defect has odds far beyond those of any good part, so
the classifier needs little; of an unknown one the memory alone speaks, so it gets the most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.inference.package import ScoreScale
from inspector.inference.scales import defect_score, log_odds

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fusion:
    """The scales of a hybrid package.

    Attributes:
        odds: Of the classifier's odds: probability of all defect classes together by that of the good ones.
        anomaly: Of the memory's anomaly score.
        evidence: Of the sum of the evidences: from it follows the defect score, which never saturates.
        classifier_share: Share of the overkill that the classifier may spend, between 0 and 1; the memory has the rest.
    """

    odds: ScoreScale
    anomaly: ScoreScale
    evidence: ScoreScale
    classifier_share: float = 0.5

    def __post_init__(self) -> None:
        if not 0.0 < self.classifier_share < 1.0:
            raise ValueError(f"classifier_share must lie between 0 and 1, not {self.classifier_share}")


def total_evidence(fusion: Fusion, odds: Floats, anomaly: Floats) -> Floats:
    """Return the evidence for a defect, (N,), for the classifier's odds (N,) and anomaly scores (N,).

    0 as usual, growing without end.
    """
    known = _evidence(fusion.odds, odds, 2.0 * fusion.classifier_share)
    unusual = _evidence(fusion.anomaly, anomaly, 2.0 * (1.0 - fusion.classifier_share))
    return known + unusual


def _evidence(scale: ScoreScale, values: Floats, weight: float) -> Floats:
    found: Floats = np.logaddexp(0.0, log_odds(scale, values) + np.log(weight))
    return found


def fused_score(fusion: Fusion, odds: float, anomaly: float) -> float:
    """Return the defect score in 0..1; it falls with neither argument."""
    return defect_score(fusion.evidence, float(total_evidence(fusion, np.asarray(odds), np.asarray(anomaly))))


def unknown_share(fusion: Fusion, odds: float, anomaly: float) -> float:
    """Return which share of the defect score belongs to defects that the classifier does not know, 0..1.

    The chance that the memory calls the part unusual and the classifier calls it good, given that either objects
    (noisy-or, Pearl 1988). Names do not cost overkill, so here both count alike.
    """
    known, unusual = defect_score(fusion.odds, odds), defect_score(fusion.anomaly, anomaly)
    either = known + (1.0 - known) * unusual
    return (1.0 - known) * unusual / either if either > 0 else 0.5
