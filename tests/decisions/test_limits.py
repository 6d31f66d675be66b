"""Limits that keep an accepted risk: against a walk through all tests, and against the truth of small worlds."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from inspector.decisions.curve import cost_curve
from inspector.decisions.limits import (
    AcceptedRisk,
    bands,
    choose_limits,
    highest_pass_limit,
    lowest_fail_limit,
    percent,
)
from inspector.decisions.policy import decide
from inspector.decisions.risk import errors_allowed, errors_allowed_on_average
from inspector.errors import TooFewPartsError, UsageError
from inspector.types import CalibrationScores, Prediction, Risk, Verdict

tied = st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9, 1.0]), min_size=1, max_size=40)
# Subnormal numbers are left out: numerical libraries switch a thread to treat them as zero.
smooth = st.lists(st.floats(0.0, 1.0, allow_subnormal=False), min_size=1, max_size=40)


def parts(good: list[float], defective: list[float], never: tuple[int, ...] = ()) -> CalibrationScores:
    """Return parts; those of the defective numbered in `never` have a class that never passes."""
    scores = np.array([*good, *defective], np.float64)
    passes = scores.copy()
    passes[[len(good) + number for number in never]] = 1.0
    return CalibrationScores(
        parts=tuple(f"p{number}" for number in range(scores.size)),
        labels=tuple(["good"] * len(good) + ["crack"] * len(defective)),
        defective=np.arange(scores.size) >= len(good),
        scores=passes,
        fail_scores=scores,
        anomalies=np.full(scores.size, np.nan),
    )


@given(st.one_of(tied, smooth), st.floats(0.02, 0.6), st.floats(0.5, 0.95))
@settings(deadline=None)
def test_that_the_limit_is_where_testing_from_the_safest_onward_stops(
    scores: list[float], rate: float, confidence: float
) -> None:
    """Learn-then-Test, step by step: every candidate limit from the safest on, until one is not proven."""
    values, n = np.array(scores), len(scores)
    proven: float | None = None
    for candidate in [*np.unique(values), 1.0]:
        if binom.cdf((values < candidate).sum(), n, rate) > 1.0 - confidence:
            break
        proven = float(candidate)
    allowed = errors_allowed(n, rate, confidence)
    if proven is None:
        assert allowed == -1
        return
    limit = highest_pass_limit(values, allowed)
    assert limit <= proven
    assert limit == pytest.approx(proven, rel=2e-4)
    assert (values < limit).sum() == (values < proven).sum() <= allowed


@given(st.one_of(tied, smooth), st.integers(0, 10))
def test_that_the_fail_limit_mirrors_the_pass_limit(scores: list[float], allowed: int) -> None:
    values = np.array(scores)
    if (values == 1.0).sum() > allowed:
        with pytest.raises(UsageError, match="every limit would fail them"):
            lowest_fail_limit(values, allowed)
        return
    limit = lowest_fail_limit(values, allowed)
    assert (values >= limit).sum() <= allowed
    below = values[values < limit]
    if below.size and limit > 0:  # one score further down, too many would fail
        assert (values >= below.max()).sum() > allowed


def samples(world: dict[float, float], n: int) -> list[tuple[float, list[float]]]:
    """Return every sample of `n` scores with its probability; order does not matter, so it is counted."""
    found = []
    for chosen in itertools.combinations_with_replacement(sorted(world), n):
        counts = [chosen.count(score) for score in sorted(world)]
        ways = math.factorial(n)
        for count in counts:
            ways //= math.factorial(count)
        chance = math.prod(world[score] ** count for score, count in zip(sorted(world), counts, strict=True))
        found.append((ways * chance, list(chosen)))
    return found


worlds = st.lists(st.floats(0.02, 1.0), min_size=2, max_size=4).map(
    lambda weights: {(place + 1) / 6: weight / sum(weights) for place, weight in enumerate(weights)}
)


@given(worlds, st.integers(4, 12), st.floats(0.15, 0.6), st.floats(0.5, 0.95))
@settings(deadline=None, max_examples=60)
def test_that_the_promise_is_broken_no_more_often_than_stated_ties_and_all(
    world: dict[float, float], n: int, rate: float, confidence: float
) -> None:
    """Every sample that can be drawn, weighed with its probability: no simulation, no approximation."""
    allowed = errors_allowed(n, rate, confidence)
    if allowed < 0:
        return
    escapes = overkills = 0.0
    for chance, scores in samples(world, n):
        below = highest_pass_limit(np.array(scores), allowed)
        above = lowest_fail_limit(np.array(scores), allowed)
        escapes += chance * (sum(weight for score, weight in world.items() if score < below) > rate)
        overkills += chance * (sum(weight for score, weight in world.items() if score >= above) > rate)
    assert max(escapes, overkills) <= 1.0 - confidence + 1e-9


@given(worlds, st.integers(4, 12), st.floats(0.15, 0.6))
@settings(deadline=None, max_examples=60)
def test_that_the_expected_rate_is_kept_ties_and_all(world: dict[float, float], n: int, rate: float) -> None:
    allowed = errors_allowed_on_average(n, rate)
    if allowed < 0:
        return
    mean = 0.0
    for chance, scores in samples(world, n):
        below = highest_pass_limit(np.array(scores), allowed)
        mean += chance * sum(weight for score, weight in world.items() if score < below)
    assert mean <= rate + 1e-9


@given(smooth, smooth, st.floats(0.05, 0.6), st.floats(0.05, 0.6), st.sampled_from([0.0, 0.6, 0.9]))
@settings(deadline=None)
def test_that_no_limits_ever_let_through_more_than_allowed(
    good: list[float], bad: list[float], escape: float, overkill: float, confidence: float
) -> None:
    accepted = AcceptedRisk(escape, overkill, confidence)
    try:
        found = choose_limits(parts(good, bad), accepted)
    except UsageError:
        return
    for promise in found.guarantees:
        n = len(bad) if promise.risk is Risk.ESCAPE else len(good)
        rate = escape if promise.risk is Risk.ESCAPE else overkill
        most = errors_allowed(n, rate, confidence) if confidence else errors_allowed_on_average(n, rate)
        assert promise.events <= most
        assert promise.bound <= promise.limit + 1e-9
        assert promise.n == n
    assert found.good.n == len(good)
    assert found.defective.passed == next(each.events for each in found.guarantees if each.risk is Risk.ESCAPE)


@given(smooth, st.integers(1, 3), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_that_bands_are_those_of_the_policy(scores: list[float], views: int, one: float, other: float) -> None:
    """Parts of several views, judged by `decide`, fall where the arrays say."""
    low, high = min(one, other), max(one, other)
    found = choose_limits(parts([0.1] * 5, [0.9] * 5), AcceptedRisk(0.5, confidence=0.6))
    limits = type(found.thresholds)(low, high)
    names = ["good" if score <= 0.6 else "crack" for score in scores]
    predictions = [
        Prediction(name, {"good": 1 - score, "crack": score}, score) for name, score in zip(names, scores, strict=True)
    ]
    groups = [predictions[start : start + views] for start in range(0, len(predictions), views)]
    verdicts = [decide({str(k): p for k, p in enumerate(group)}, limits, ("good",)).verdict for group in groups]
    raw = np.array([max(p.score for p in group) for group in groups])
    held = np.array([max(p.score if p.predicted_class == "good" else 1.0 for p in group) for group in groups])
    nothing = ("",) * len(groups)
    rows = CalibrationScores(nothing, nothing, np.ones(len(groups), np.bool_), held, raw, raw)
    fell = bands(rows, limits, defective=True)
    assert fell.passed == verdicts.count(Verdict.PASS)
    assert fell.failed == verdicts.count(Verdict.FAIL)


def test_that_too_few_parts_are_refused_with_what_is_missing() -> None:
    with pytest.raises(TooFewPartsError, match=r"219 are missing.*3\.68 %") as refused:
        choose_limits(parts([0.1] * 50, [0.9] * 80), AcceptedRisk(0.01))
    (lack,) = refused.value.shortages
    assert (lack.risk, lack.n, lack.missing) == ("escape", 80, 219)
    assert lack.supported_bound == pytest.approx(1 - 0.05 ** (1 / 80))
    with pytest.raises(TooFewPartsError) as both:
        choose_limits(parts([0.1] * 10, []), AcceptedRisk(0.001, 0.05))
    assert [(each.risk, each.missing) for each in both.value.shortages] == [("escape", 2995), ("overkill", 49)]
    assert both.value.shortages[0].supported_bound == 1.0
    with pytest.raises(TooFewPartsError, match="19 are missing"):
        choose_limits(parts([0.1] * 10, [0.9] * 80), AcceptedRisk(0.01, confidence=0.0))


def test_that_299_parts_without_an_escape_suffice_for_one_percent() -> None:
    bad = list(np.linspace(0.4, 0.9, 299))
    found = choose_limits(parts([0.1] * 50, bad), AcceptedRisk(0.01))
    (promise,) = found.guarantees
    assert (promise.events, promise.n, promise.method) == (0, 299, "learn-then-test")
    assert promise.bound == pytest.approx(0.00997, abs=1e-5)
    assert 0.1 < found.thresholds.pass_below < 0.4


def test_that_of_good_parts_alone_only_overkill_is_promised_and_nobody_reviews() -> None:
    found = choose_limits(parts(list(np.linspace(0.0, 0.8, 100)), []), AcceptedRisk(max_overkill=0.05))
    assert found.thresholds.pass_below == found.thresholds.fail_from
    assert [each.risk for each in found.guarantees] == [Risk.OVERKILL]
    assert found.guarantees[0].method == "conformal quantile"
    assert found.good.review == 0
    assert found.good.failed == errors_allowed(100, 0.05, 0.95)


def test_that_a_review_band_is_made_where_it_is_asked_for() -> None:
    scores = parts(list(np.linspace(0.0, 0.8, 100)), [])
    found = choose_limits(scores, AcceptedRisk(max_overkill=0.05, review=0.1))
    assert found.good.review == 10
    assert found.good.failed == errors_allowed(100, 0.05, 0.95)
    with pytest.raises(UsageError, match="review share"):
        AcceptedRisk(max_escape=0.01, review=0.1)


def test_that_limits_that_cross_become_one_in_the_middle() -> None:
    good, bad = list(np.linspace(0.01, 0.05, 100)), list(np.linspace(0.9, 0.99, 100))
    found = choose_limits(parts(good, bad), AcceptedRisk(0.05, 0.05))
    assert found.crossed
    assert 0.05 < found.thresholds.pass_below == found.thresholds.fail_from < 0.9
    assert (found.good.failed, found.defective.passed) == (0, 0)


def test_that_kinds_that_overlap_get_a_review_band() -> None:
    rng = np.random.default_rng(1)
    found = choose_limits(parts(list(rng.beta(1, 4, 200)), list(rng.beta(3, 2, 200))), AcceptedRisk(0.02, 0.02))
    assert not found.crossed
    assert found.thresholds.pass_below < found.thresholds.fail_from
    assert found.good.review > 0


def test_that_a_class_that_never_passes_is_no_escape() -> None:
    scores = parts([0.1] * 20, [0.05] * 5 + [0.9] * 95, never=(0, 1, 2))
    found = choose_limits(scores, AcceptedRisk(0.12))
    assert found.thresholds.pass_below > 0.05
    assert found.defective.passed == 2


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1])
def test_that_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(UsageError):
        AcceptedRisk(max_escape=rate)
    with pytest.raises(UsageError):
        AcceptedRisk()


def test_that_accepting_more_never_costs_good_parts_their_pass() -> None:
    rng = np.random.default_rng(2)
    scores = parts(list(rng.beta(1, 4, 300)), list(rng.beta(3, 2, 150)))
    points = cost_curve(scores, AcceptedRisk(max_escape=0.05))
    supported = [point.supported for point in points]
    assert supported == sorted(supported)  # from some rate on, always
    assert 0.001 in [point.rate for point in points if not point.supported]
    assert next(p.missing for p in points if p.rate == 0.001) == 2995 - 150
    for one, other in itertools.pairwise(points):
        assert one.good.passed <= other.good.passed
        assert one.defective.passed <= other.defective.passed
    for point in points:
        if point.supported:
            own = choose_limits(scores, AcceptedRisk(max_escape=point.rate))
            assert own.thresholds == point.thresholds


def test_that_the_curve_of_overkill_needs_no_defects() -> None:
    scores = parts(list(np.random.default_rng(3).beta(1, 4, 200)), [])
    points = cost_curve(scores, AcceptedRisk(max_overkill=0.05), Risk.OVERKILL)
    failed = [point.good.failed for point in points if point.supported]
    assert failed == sorted(failed)
    assert failed[-1] > failed[0]
    assert cost_curve(scores, AcceptedRisk(max_escape=0.05), Risk.ESCAPE) == ()


@given(st.floats(1e-6, 1.0))
def test_that_a_bound_is_never_understated(rate: float) -> None:
    assert float(percent(rate).removesuffix(" %")) / 100 >= rate * (1 - 1e-6)


def test_that_round_rates_stay_round() -> None:
    assert [percent(rate) for rate in (0.01, 0.05, 0.001, 0.95, 1.0, 0.0, 0.0077352)] == [
        "1 %", "5 %", "0.1 %", "95 %", "100 %", "0 %", "0.774 %",
    ]  # fmt: skip
