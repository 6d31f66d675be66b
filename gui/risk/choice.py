"""What the engineer chose, and what follows from it. Every figure comes from `inspector.decisions`; no Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inspector.decisions.curve import CurvePoint, cost_curve
from inspector.decisions.limits import AcceptedRisk, Calibrated, choose_limits
from inspector.errors import Shortage, TooFewPartsError
from inspector.types import CalibrationScores, Risk

LEAST_RATE, LARGEST_RATE = 0.0001, 0.5
"""Ends of the sliders."""
STEPS = 1000
"""Positions of a slider."""
CONFIDENCES = (0.9, 0.95, 0.99, 0.0)
"""What can be chosen; 0 stands for the expected rate."""
FIRST_ESCAPE, FIRST_OVERKILL = 0.01, 0.05
"""Where a rate begins when it is switched on."""
USUAL = AcceptedRisk(max_escape=FIRST_ESCAPE)
"""Where the page begins."""


def rate_at(position: int) -> float:
    """Return the rate at a slider's position 0..`STEPS`, on a logarithmic scale, in two significant digits."""
    rate = LEAST_RATE * (LARGEST_RATE / LEAST_RATE) ** (position / STEPS)
    return float(f"{rate:.2g}")


def position_of(rate: float) -> int:
    """Return the slider's position that is nearest to a rate."""
    inside = min(max(rate, LEAST_RATE), LARGEST_RATE)
    return round(STEPS * math.log(inside / LEAST_RATE) / math.log(LARGEST_RATE / LEAST_RATE))


def rounded_up(rate: float) -> float:
    """Return a rate in three significant digits, never smaller: what data prove must not be asked for less."""
    step = 10.0 ** (math.floor(math.log10(rate)) - 2)
    return float(f"{math.ceil(rate / step - 1e-9) * step:.3g}")


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What follows from an accepted risk.

    Attributes:
        accepted: What was asked.
        calibrated: The limits; where parts are missing, those of the smallest risk that the data support.
        shortages: What is missing for what was asked; empty where it is proven.
    """

    accepted: AcceptedRisk
    calibrated: Calibrated
    shortages: tuple[Shortage, ...]

    @property
    def proven(self) -> bool:
        """Whether the accepted risk is kept with the confidence asked for."""
        return not self.shortages


def fitting(accepted: AcceptedRisk, scores: CalibrationScores) -> AcceptedRisk:
    """Return the risk that can be asked of these scores: of kinds of part that are not there nothing can be."""
    defective = int(scores.defective.sum())
    if defective == 0 and accepted.max_escape is not None:
        return AcceptedRisk(max_overkill=accepted.max_overkill or FIRST_OVERKILL, confidence=accepted.confidence)
    if defective == scores.defective.size and accepted.max_overkill is not None:
        return AcceptedRisk(max_escape=accepted.max_escape or FIRST_ESCAPE, confidence=accepted.confidence)
    return accepted


def answer(scores: CalibrationScores, accepted: AcceptedRisk) -> Answer:
    """Return what follows from an accepted risk, whether the data support it or not.

    Raises:
        UsageError: No limits keep it, whatever they are.
    """
    try:
        return Answer(accepted, choose_limits(scores, accepted), ())
    except TooFewPartsError as lack:
        return Answer(accepted, choose_limits(scores, supported(accepted, lack.shortages)), lack.shortages)


def supported(accepted: AcceptedRisk, shortages: Sequence[Shortage]) -> AcceptedRisk:
    """Return the smallest risk that the parts at hand can prove; a kind of part that is not there is left out."""
    rates = {Risk.ESCAPE: accepted.max_escape, Risk.OVERKILL: accepted.max_overkill}
    for each in shortages:
        bound = rounded_up(each.supported_bound)
        rates[Risk(each.risk)] = bound if bound < 1.0 else None
    if not any(rates.values()):
        rates[Risk.OVERKILL] = FIRST_OVERKILL
    review = accepted.review if rates[Risk.ESCAPE] is None else 0.0
    return AcceptedRisk(rates[Risk.ESCAPE], rates[Risk.OVERKILL], accepted.confidence, review)


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The cost of every accepted risk.

    Attributes:
        risk: The rate along `shown`.
        shown: What to draw: the other risk holds at every point.
        escape: Each risk by itself, to find the rate that belongs to a limit.
        overkill: Likewise.
    """

    risk: Risk
    shown: tuple[CurvePoint, ...]
    escape: tuple[CurvePoint, ...]
    overkill: tuple[CurvePoint, ...]


def draw_curves(scores: CalibrationScores, accepted: AcceptedRisk) -> Curves:
    """Return the curves under what was accepted. May take a tenth of a second: not in the window's thread."""
    risk = Risk.OVERKILL if accepted.max_escape is None else Risk.ESCAPE
    confidence = accepted.confidence
    escape = cost_curve(scores, AcceptedRisk(max_escape=FIRST_ESCAPE, confidence=confidence), Risk.ESCAPE)
    overkill = cost_curve(scores, AcceptedRisk(max_overkill=FIRST_OVERKILL, confidence=confidence), Risk.OVERKILL)
    try:
        shown = cost_curve(scores, accepted, risk)
    except TooFewPartsError:  # the other risk is not supported: it costs what this one costs alone
        shown = escape if risk is Risk.ESCAPE else overkill
    return Curves(risk, shown, escape, overkill)


def rate_at_pass_limit(curve: Sequence[CurvePoint], limit: float) -> float | None:
    """Return the largest proven escape rate whose PASS limit is not above `limit`; the least one where none is."""
    return _rate([(point.thresholds.pass_below <= limit, point) for point in curve if point.supported])


def rate_at_fail_limit(curve: Sequence[CurvePoint], limit: float) -> float | None:
    """Return the largest proven overkill rate whose FAIL limit is not below `limit`; the least one where none is."""
    return _rate([(point.thresholds.fail_from >= limit, point) for point in curve if point.supported])


def _rate(points: list[tuple[bool, CurvePoint]]) -> float | None:
    if not points:
        return None
    within = [point for fits, point in points if fits]
    return rounded_up(within[-1].rate if within else points[0][1].rate)
