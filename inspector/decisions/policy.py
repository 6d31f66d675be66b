"""The pure decision: predictions and thresholds in, verdict and reason out. No clock, no device, no state."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from inspector.errors import InspectorError
from inspector.types import Decision, Prediction, Thresholds, Verdict


def decide(predictions: Mapping[str, Prediction], thresholds: Thresholds, good: Collection[str]) -> Decision:
    """Judge a part by its worst view.

    Args:
        predictions: By view; at least one.
        thresholds: Limits on the defect score.
        good: The classes that may pass.

    Returns:
        The decision of the view with the most severe verdict, and among those with the highest score. A score or
        probability that is no number gives ERROR.
    """
    if not predictions:
        return Decision(Verdict.ERROR, "no view of the part was judged", thresholds=thresholds)
    judged = [_judge(view, prediction, thresholds, good) for view, prediction in predictions.items()]
    return max(judged, key=lambda decision: (decision.verdict.severity, decision.score or 0.0))


def _judge(view: str, prediction: Prediction, thresholds: Thresholds, good: Collection[str]) -> Decision:
    score, name = prediction.score, prediction.predicted_class
    numbers = (score, *prediction.probabilities.values())
    if not all(math.isfinite(number) and 0.0 <= number <= 1.0 for number in numbers):
        reason = "the model gave a score that is no probability"
        return Decision(Verdict.ERROR, reason, name, None, thresholds, view)
    if score < thresholds.pass_below and name in good:
        verdict, limit = Verdict.PASS, thresholds.pass_below
    elif score >= thresholds.fail_from:
        verdict, limit = Verdict.FAIL, thresholds.fail_from
    else:
        verdict, limit = Verdict.REVIEW, thresholds.pass_below
    reason = f"{name}, defect score {score:.1%} (limit {limit:.1%})"
    return Decision(verdict, reason, name, score, thresholds, view)


def rejected_by_error(error: Exception, thresholds: Thresholds | None = None) -> Decision:
    """Return the ERROR decision that an exception on a part's way means."""
    said = error.message if isinstance(error, InspectorError) else f"{type(error).__name__}: {error}"
    return Decision(Verdict.ERROR, said, thresholds=thresholds)


def rejected_by_lateness(decision: Decision, elapsed_ms: float, deadline_ms: float) -> Decision:
    """Return the ERROR decision for a part whose verdict came after its deadline."""
    reason = f"too late: {elapsed_ms:.0f} ms after the trigger, the deadline is {deadline_ms:.0f} ms"
    return Decision(Verdict.ERROR, reason, decision.predicted_class, decision.score, decision.thresholds, decision.view)
