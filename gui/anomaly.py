"""The limits of an anomaly score: where the limits on the defect score lie on its own scale. No Qt."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from inspector.log import Log
from inspector.types import Thresholds


@dataclass(frozen=True, slots=True)
class AnomalyScale:
    """How a package's anomaly score becomes its defect score: sigmoid(slope * ln(anomaly / middle)).

    Attributes:
        middle: Anomaly score that becomes 0.5.
        slope: How fast the defect score rises with the logarithm of the anomaly score.
    """

    middle: float
    slope: float

    def limits(self, thresholds: Thresholds) -> tuple[float, float]:
        """Return the anomaly scores at the limits for PASS and FAIL; infinite where no score reaches a limit."""
        return self._anomaly_at(thresholds.pass_below), self._anomaly_at(thresholds.fail_from)

    def _anomaly_at(self, score: float) -> float:
        if score <= 0.0:
            return 0.0
        return math.inf if score >= 1.0 else self.middle * (score / (1.0 - score)) ** (1.0 / self.slope)


def read_scale(log: Log, package_hash: str) -> AnomalyScale | None:
    """Return the scale of a package that the log has kept. Raises StoreError.

    None where the defect score does not follow from the anomaly score alone: a hybrid weighs the classifier's word,
    too, and a classifier has no such score.
    """
    card = json.loads(log.records.package(package_hash)["card"])
    if card["method"] not in ("patch-memory", "autoencoder"):
        return None
    scale = card["anomaly"]["scale"]
    return AnomalyScale(scale["middle"], scale["slope"])
