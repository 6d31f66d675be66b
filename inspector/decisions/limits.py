"""From an accepted risk to the PASS and FAIL limits that keep it, proven on the scores of a calibration set.

An error rate grows steadily as its limit moves: more defective parts pass as `pass_below` rises, more good parts fail
as `fail_from` falls. Learn-then-Test (Angelopoulos et al. 2021) with fixed-sequence testing, from the safest limit
onward and with the exact binomial test at each, therefore ends at an order statistic of the scores: the tolerance limit
of Wilks (1941). `docs/guarantee.md` has the proof, ties and all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from inspector.decisions.risk import (
    Share,
    errors_allowed,
    errors_allowed_on_average,
    interval,
    parts_needed,
    parts_needed_on_average,
    upper_bound,
)
from inspector.errors import Shortage, TooFewPartsError, UsageError
from inspector.types import CalibrationScores, Guarantee, Risk, Thresholds

Floats = NDArray[np.float64]

ROUNDING = 1e-4
"""Limits keep this distance, in units of the score's logit, from the score that sets them, on the safe side: the same
picture may score differently in the sixth digit in another batch or on another processor."""

USUAL_OVERKILL = 0.01
"""Where no overkill was named, FAIL begins where at most this share of the good calibration parts reaches."""

_NO_GOOD_PARTS_FAIL_FROM = 0.5


@dataclass(frozen=True, slots=True)
class AcceptedRisk:
    """What the engineer accepts; at least one of the two rates.

    Attributes:
        max_escape: Rate of defective parts that pass, 0..1; None where nothing is asked of it.
        max_overkill: Rate of good parts that fail, 0..1; None where nothing is asked of it.
        confidence: With which each rate must hold; 0 where only its expectation must.
        review: With `max_overkill` alone: share of the good parts that a person looks at; 0: PASS ends at FAIL.
    """

    max_escape: float | None = None
    max_overkill: float | None = None
    confidence: float = 0.95
    review: float = 0.0

    def __post_init__(self) -> None:
        asked = [rate for rate in (self.max_escape, self.max_overkill) if rate is not None]
        if not asked:
            raise UsageError("No risk is named.", cure="Give the accepted escape rate, overkill rate, or both.")
        if not all(0.0 < rate < 1.0 for rate in asked) or not 0.0 <= self.confidence < 1.0:
            raise UsageError(
                "An accepted rate must lie between 0 and 100 %, the confidence below 100 %.",
                cure="Write for instance 1% with 95%.",
            )
        if not 0.0 <= self.review < 1.0 or (self.review and self.max_escape is not None):
            raise UsageError(
                "A review share from 0 to under 100 % can be chosen only where no escape rate is.",
                cure="Leave it out: with an accepted escape rate the review share follows from the data.",
            )


@dataclass(frozen=True, slots=True)
class Bands:
    """How many parts of one kind (good, or defective) fall into each band.

    Attributes:
        passed: PASS.
        review: REVIEW.
        failed: FAIL.
    """

    passed: int
    review: int
    failed: int

    @property
    def n(self) -> int:
        """All parts of this kind."""
        return self.passed + self.review + self.failed

    def shares(self) -> dict[str, Share]:
        """Return the share of each band with its exact 95 % interval, by `pass`, `review`, `fail`."""
        counts = {"pass": self.passed, "review": self.review, "fail": self.failed}
        return {name: interval(count, self.n) for name, count in counts.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """Limits that keep the accepted risk, and what they cost.

    Attributes:
        scores: What they rest on; `choose_limits` finds the limits of another risk from it at once.
        accepted: What was asked.
        thresholds: The limits.
        guarantees: What is promised at these limits, escape first.
        crossed: The escape rate would let PASS reach beyond where FAIL begins: one limit stands between the two, and
            there is no REVIEW band.
        good: Where the good calibration parts fall.
        defective: Where the defective calibration parts fall.
    """

    scores: CalibrationScores
    accepted: AcceptedRisk
    thresholds: Thresholds
    guarantees: tuple[Guarantee, ...]
    crossed: bool
    good: Bands
    defective: Bands


def choose_limits(scores: CalibrationScores, accepted: AcceptedRisk) -> Calibrated:
    """Return the least costly limits that keep the accepted risk.

    The promise holds for a risk that was named before the scores were looked at; each of two risks holds with the
    confidence by itself.

    Raises:
        TooFewPartsError: The sample cannot support it, however well the parts are told apart.
        UsageError: So many good parts have the highest score that no limit keeps the overkill.
    """
    require_support(int((~scores.defective).sum()), int(scores.defective.sum()), accepted)
    promises = [_promise(risk, rate, scores, accepted.confidence) for risk, rate in _asked(accepted)]
    thresholds, crossed = _combine(scores, accepted, {each.risk: each.limit for each in promises})
    good, defective = (bands(scores, thresholds, defective=kind) for kind in (False, True))
    events = {Risk.ESCAPE: defective.passed, Risk.OVERKILL: good.failed}
    return Calibrated(
        scores=scores,
        accepted=accepted,
        thresholds=thresholds,
        guarantees=tuple(each.guarantee(accepted.confidence, events[each.risk]) for each in promises),
        crossed=crossed,
        good=good,
        defective=defective,
    )


def bands(scores: CalibrationScores, thresholds: Thresholds, *, defective: bool) -> Bands:
    """Return where the good or the defective parts fall, as `inspector.decisions.policy.decide` judges them."""
    own = scores.defective == defective
    passed = own & (scores.scores < thresholds.pass_below)
    failed = own & ~passed & (scores.fail_scores >= thresholds.fail_from)
    return Bands(int(passed.sum()), int((own & ~passed & ~failed).sum()), int(failed.sum()))


@dataclass(frozen=True, slots=True)
class _Promise:
    risk: Risk
    rate: float
    limit: float
    n: int
    allowed: int

    def guarantee(self, confidence: float, events: int) -> Guarantee:
        bound = upper_bound(self.allowed, self.n, confidence) if confidence else (self.allowed + 1) / (self.n + 1)
        return Guarantee(self.risk, self.rate, confidence, method(self.risk, confidence), self.n, events, bound)


def method(risk: Risk, confidence: float) -> str:
    """Return the name of the proof, in words of the field."""
    if risk is Risk.OVERKILL:
        return "conformal quantile"
    return "learn-then-test" if confidence else "conformal risk control"


def _asked(accepted: AcceptedRisk) -> list[tuple[Risk, float]]:
    rates = ((Risk.ESCAPE, accepted.max_escape), (Risk.OVERKILL, accepted.max_overkill))
    return [(risk, rate) for risk, rate in rates if rate is not None]


def require_support(good: int, defective: int, accepted: AcceptedRisk) -> None:
    """Do nothing where so many parts can prove the accepted risk, whatever their scores.

    Raises:
        TooFewPartsError: They cannot; it says how many are missing, and what the parts at hand can prove.
    """
    counts = {Risk.ESCAPE: defective, Risk.OVERKILL: good}
    lacks = [_shortage(risk, rate, counts[risk], accepted.confidence) for risk, rate in _asked(accepted)]
    shortages = tuple(lack for lack in lacks if lack is not None)
    if shortages:
        raise TooFewPartsError(
            " ".join(_sentence(lack, accepted.confidence) for lack in shortages),
            shortages,
            cure="Bring more parts, or accept a larger risk or a smaller confidence.",
        )


def _shortage(risk: Risk, rate: float, n: int, confidence: float) -> Shortage | None:
    needed = parts_needed(rate, confidence) if confidence else parts_needed_on_average(rate)
    if n >= needed:
        return None
    supported = upper_bound(0, n, confidence) if confidence and n else 1.0 / (n + 1)
    return Shortage(risk.value, rate, n, needed - n, supported)


def _promise(risk: Risk, rate: float, scores: CalibrationScores, confidence: float) -> _Promise:
    own = scores.fail_scores[scores.defective == (risk is Risk.ESCAPE)]
    allowed = errors_allowed(own.size, rate, confidence) if confidence else errors_allowed_on_average(own.size, rate)
    limit = highest_pass_limit(own, allowed) if risk is Risk.ESCAPE else lowest_fail_limit(own, allowed)
    return _Promise(risk, rate, limit, own.size, allowed)


def highest_pass_limit(defective: Floats, allowed: int) -> float:
    """Return the largest `pass_below` under which at most `allowed` of the defective scores (N,) lie, less rounding.

    It is the order statistic number `allowed` + 1: parts that score exactly it do not pass, so ties can only make it
    safer; so does the rule that a part of a class that is not good never passes.
    """
    if allowed >= defective.size:
        return 1.0
    value = float(np.partition(defective, allowed)[allowed])
    return value if value in (0.0, 1.0) else float(expit(logit(value) - ROUNDING))


def lowest_fail_limit(good: Floats, allowed: int) -> float:
    """Return the smallest `fail_from` that at most `allowed` of the good scores (N,) reach, plus rounding.

    Raises:
        UsageError: More than `allowed` have the score 1.0, which every limit fails.
    """
    if allowed >= good.size:
        return 0.0
    value = float(np.partition(good, good.size - 1 - allowed)[good.size - 1 - allowed])
    if value >= 1.0:
        raise UsageError(
            f"More than {allowed} of {good.size} good parts have the defect score 1: every limit would fail them.",
            cure="The model does not know these parts as good: train it again with parts like them.",
        )
    return max(float(expit(logit(value) + ROUNDING)) if value > 0.0 else 0.0, math.nextafter(value, 2.0))


def _combine(scores: CalibrationScores, accepted: AcceptedRisk, found: dict[Risk, float]) -> tuple[Thresholds, bool]:
    """Return thresholds and whether the two limits crossed.

    `pass_below` may be lowered and `fail_from` raised without harm to either promise. Where the two limits cross, every
    limit between keeps what both are for: the middle leaves each a margin.
    """
    highest, lowest = found.get(Risk.ESCAPE), found.get(Risk.OVERKILL)
    if highest is None:
        fail_from = found[Risk.OVERKILL]
        return Thresholds(_review_from(scores, fail_from, accepted.review), fail_from), False
    if lowest is None:
        lowest = usual_fail_from(scores)
    if highest <= lowest:
        return Thresholds(highest, lowest), False
    middle = _between(lowest, highest)
    return Thresholds(middle, middle), True


def usual_fail_from(scores: CalibrationScores) -> float:
    """Return where FAIL begins when no overkill was named: where hardly any good part reaches; no promise."""
    good = scores.fail_scores[~scores.defective]
    if good.size == 0:
        return _NO_GOOD_PARTS_FAIL_FROM
    try:
        return lowest_fail_limit(good, math.floor(USUAL_OVERKILL * good.size))
    except UsageError:
        return 1.0


def _review_from(scores: CalibrationScores, fail_from: float, share: float) -> float:
    """Return the PASS limit that leaves about `share` of the good parts between it and `fail_from`."""
    good = np.sort(scores.scores[~scores.defective])
    below = int(np.searchsorted(good, fail_from))
    wanted = min(math.ceil(share * good.size), below)
    return fail_from if wanted == 0 else min(fail_from, float(good[below - wanted]))


def _between(low: float, high: float) -> float:
    ends = np.clip([low, high], 1e-12, 1.0 - 1e-12)
    return float(np.clip(expit(logit(ends).mean()), low, high))


def _sentence(lack: Shortage, confidence: float) -> str:
    kind = "defective" if lack.risk == Risk.ESCAPE else "good"
    how = f"with {percent(confidence)} confidence" if confidence else "in expectation"
    return (
        f"An {lack.risk} rate of at most {percent(lack.limit)} {how} needs {lack.n + lack.missing} {kind} parts; there "
        f"are {lack.n}, {lack.missing} are missing. These support {percent(lack.supported_bound)} at best."
    )


def percent(rate: float) -> str:
    """Return a rate for people, rounded up in the third digit so that no bound is understated: `0.775 %`."""
    if rate <= 0.0:
        return "0 %"
    step = 10.0 ** (math.floor(math.log10(100.0 * rate)) - 2)
    return f"{math.ceil(100.0 * rate / step - 1e-6) * step:.3g} %"
