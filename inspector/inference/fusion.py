"""Two opinions in one defect score: either alone can reject, and together they reject sooner.

A classifier gives the odds of the known defects, a memory of good parts the distance from everything seen. Each has a
scale that was found on held-out good parts (`ScoreScale`): its odds on that scale are a small number divided by the
share of good parts that lie higher, so they are p-values turned upside down. The evidence of one detector is the
logarithm of 1 + these odds; the evidences are added:

- where both are weak that is the harmonic mean of the p-values (Wilson, PNAS 2019), nearly as sharp as the better
  detector alone;
- where both are strong it is Fisher's sum of their logarithms;
- it is never less than the evidence of one alone: a classifier that is sure of 'good' cannot talk a distance away.

The chance that both call the part good is exp(-evidence), the noisy-or of Pearl (1988).
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
    """

    odds: ScoreScale
    anomaly: ScoreScale
    evidence: ScoreScale


def evidence_of(scale: ScoreScale, values: Floats) -> Floats:
    """Return ln(1 + odds on the scale) for values of any shape: 0 as usual, growing without end."""
    found: Floats = np.logaddexp(0.0, log_odds(scale, values))
    return found


def total_evidence(fusion: Fusion, odds: Floats, anomaly: Floats) -> Floats:
    """Return the evidence for a defect, (N,), for the classifier's odds (N,) and anomaly scores (N,)."""
    return evidence_of(fusion.odds, odds) + evidence_of(fusion.anomaly, anomaly)


def fused_score(fusion: Fusion, odds: float, anomaly: float) -> float:
    """Return the defect score in 0..1; it falls with neither argument."""
    return defect_score(fusion.evidence, float(total_evidence(fusion, np.asarray(odds), np.asarray(anomaly))))


def unknown_share(fusion: Fusion, odds: float, anomaly: float) -> float:
    """Return which share of the defect score belongs to defects that the classifier does not know, 0..1.

    The chance that the memory calls the part unusual and the classifier calls it good, given that either objects.
    """
    known = -np.expm1(-evidence_of(fusion.odds, np.asarray(odds)))
    unusual = -np.expm1(-evidence_of(fusion.anomaly, np.asarray(anomaly)))
    either = known + (1.0 - known) * unusual
    return float((1.0 - known) * unusual / either) if either > 0 else 0.5
