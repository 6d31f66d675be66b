"""Exact binomial bounds against published values, exact fractions and scipy's own interval."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from inspector.decisions import risk

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
rates = st.floats(0.01, 0.9)
confidences = st.floats(0.5, 0.99)


def at_most(k: int, n: int, rate: float) -> Fraction:
    """Return P(Binomial(n, rate) <= k) without any rounding."""
    p = Fraction(rate)
    return sum((math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1)), Fraction(0))


def test_that_the_published_values_come_out() -> None:
    assert risk.upper_bound(3, 1000, 0.95) == pytest.approx(0.00774, abs=5e-6)
    share = risk.interval(42, 50)
    assert (share.value, share.low, share.high) == pytest.approx((0.84, 0.70887, 0.92830), abs=5e-6)
    assert risk.parts_needed(0.01, 0.95) == 299
    assert risk.parts_needed(0.001, 0.95) == 2995
    assert risk.parts_needed_on_average(0.01) == 99
    assert risk.upper_bound(0, 298, 0.95) > 0.01 > risk.upper_bound(0, 299, 0.95)


@given(counts, confidences)
@settings(max_examples=60, deadline=None)
def test_that_a_bound_is_the_rate_at_which_so_few_errors_become_improbable(
    count: tuple[int, int], confidence: float
) -> None:
    k, n = count
    bound = risk.upper_bound(k, n, confidence)
    if k == n:
        assert bound == 1.0
    else:
        assert float(at_most(k, n, bound)) == pytest.approx(1 - confidence, rel=1e-8)
    low = risk.lower_bound(k, n, confidence)
    if k > 0:
        assert float(1 - at_most(k - 1, n, low)) == pytest.approx(1 - confidence, rel=1e-8)
    else:
        assert low == 0.0


@given(counts, st.floats(0.5, 0.99))
@settings(max_examples=60, deadline=None)
def test_that_the_interval_is_scipys_exact_one(count: tuple[int, int], level: float) -> None:
    k, n = count
    other = binomtest(k, n).proportion_ci(level, method="exact")
    share = risk.interval(k, n, level)
    assert (share.low, share.high) == pytest.approx((other.low, other.high), abs=1e-9)


@given(counts, confidences)
def test_that_more_errors_raise_the_bound_and_more_parts_lower_it(count: tuple[int, int], confidence: float) -> None:
    k, n = count
    bound = risk.upper_bound(k, n, confidence)
    assert k / n <= bound <= 1.0
    assert risk.upper_bound(k, n + 1, confidence) <= bound
    if k < n:
        assert bound <= risk.upper_bound(k + 1, n, confidence)


@given(st.integers(0, 60), rates, confidences)
@settings(max_examples=60, deadline=None)
def test_that_the_allowed_errors_are_the_most_that_the_exact_test_allows(
    n: int, limit: float, confidence: float
) -> None:
    found = risk.errors_allowed(n, limit, confidence)
    hair = Fraction(1, 10**12)  # where a probability equals the doubt, its last bit decides
    doubt = Fraction(1.0 - confidence)
    assert found == -1 or at_most(found, n, limit) <= doubt + hair
    assert at_most(found + 1, n, limit) > doubt - hair


@given(st.floats(0.005, 0.9), confidences, st.integers(0, 5))
@settings(deadline=None)
def test_that_one_part_less_would_not_do(limit: float, confidence: float, errors: int) -> None:
    n = risk.parts_needed(limit, confidence, errors)
    assert risk.errors_allowed(n, limit, confidence) >= errors
    assert risk.errors_allowed(n - 1, limit, confidence) < errors


@given(st.integers(1, 400))
def test_that_the_average_needs_exactly_as_many_parts_as_the_rate_says(inverse: int) -> None:
    n = risk.parts_needed_on_average(1 / inverse) if inverse > 1 else 0
    assert n == inverse - 1
    if inverse > 1:
        assert risk.errors_allowed_on_average(n, 1 / inverse) == 0
        assert risk.errors_allowed_on_average(n - 1, 1 / inverse) == -1


def test_that_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        risk.upper_bound(4, 3, 0.95)
    with pytest.raises(ValueError, match="confidence"):
        risk.upper_bound(1, 3, 1.0)
    with pytest.raises(ValueError, match="accepted rate"):
        risk.parts_needed(0.0, 0.95)
    assert math.isnan(risk.interval(0, 0).value)
