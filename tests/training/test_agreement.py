"""Agreement: a published attribute study, scikit-learn, references in exact fractions, and intervals that hold."""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from datasets.kappa import Kappa, cohen_kappa, fleiss_kappa
from training.agreement import Study, agree
from training.intervals import share
from training.metrics import Floats

seeds = st.integers(0, 10_000)

# 15 parts, three appraisers, three trials, "+" where a black spot was reported in a bearing's bore, the reference by an
# expert: the attribute agreement example of JASP's quality control module, whose tests publish the figures below.
REFERENCE = "+-+++-+--+-++++"
TRIALS = {
    "EG": ("+-+++++--+-++-+", "+-+-+++--+-++-+", "+-+-+++--+-++-+"),
    "BL": ("+-++++---+-++-+", "+-+-++---+-++-+", "+-+-++---+-++-+"),
    "MH": ("+++++++-+++++-+", "+++++++--+-++-+", "++++++++-++++-+"),
}
PUBLISHED = {  # Cohen, Fleiss against the reference, Fleiss within, effectiveness %, miss rate %, false alarm rate %
    "EG": (0.612903225806452, 0.612918660287081, 0.905462184873949, 80.0, 16.67, 20.0),
    "BL": (0.492307692307692, 0.486088959773170, 0.910000000000000, 73.33, 26.67, 20.0),
    "MH": (0.264150943396226, 0.220151828847481, 0.543918918918919, 60.0, 10.0, 66.67),
}


def study_of(appraiser: str) -> Study:
    truth = np.array([sign == "+" for sign in REFERENCE])
    said = np.array([[sign == "+" for sign in trial] for trial in TRIALS[appraiser]])
    return Study(truth, tuple(said.T))


@pytest.mark.parametrize("appraiser", PUBLISHED)
def test_that_the_published_attribute_study_is_reproduced(appraiser: str) -> None:
    found, expected = agree(study_of(appraiser)), PUBLISHED[appraiser]
    assert (found.cohen.value, found.fleiss.value) == pytest.approx(expected[:2], abs=1e-12)
    reported = np.sum(study_of(appraiser).rejected, axis=1)
    assert fleiss_kappa(np.stack([reported, 3 - reported], axis=1)).value == pytest.approx(expected[2], abs=1e-12)
    shares = (found.effectiveness.value, found.miss_rate.value, found.false_alarm_rate.value)
    assert [100 * value for value in shares] == pytest.approx(expected[3:], abs=0.005)
    assert (found.parts, found.trials) == (15, 3)


def test_that_the_published_agreement_between_the_appraisers_is_reproduced() -> None:
    reported = np.sum([np.sum(study_of(name).rejected, axis=1) for name in TRIALS], axis=0)
    found = fleiss_kappa(np.stack([reported, 9 - reported], axis=1))
    assert found.value == pytest.approx(0.641666666666666, abs=1e-12)
    assert share(9, 15).low == pytest.approx(0.32287, abs=5e-6)  # 9 of 15 parts: all nine judgements alike
    assert share(9, 15).high == pytest.approx(0.83664, abs=5e-6)


def test_that_the_intervals_of_the_aiag_example_are_reproduced() -> None:
    found = share(42, 50)
    assert (100 * found.low, 100 * found.high) == pytest.approx((70.887, 92.830), abs=5e-4)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_that_an_exact_interval_solves_the_binomial_equations(hits_and_n: tuple[int, int]) -> None:
    hits, n = hits_and_n

    def tail(first: int, last: int, p: float) -> float:
        log = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(first, last + 1)]
        return math.fsum(math.exp(c + k * math.log(p) + (n - k) * math.log1p(-p)) for k, c in enumerate(log, first))

    found = share(hits, n)
    assert found.low == 0 if hits == 0 else tail(hits, n, found.low) == pytest.approx(0.025, rel=1e-6)
    assert found.high == 1 if hits == n else tail(0, hits, found.high) == pytest.approx(0.025, rel=1e-6)


def exact_cohen(table: list[list[int]]) -> Fraction:
    n = sum(map(sum, table))
    observed = Fraction(sum(table[i][i] for i in range(len(table))), n)
    chance = sum(Fraction(sum(table[i]) * sum(row[i] for row in table), n * n) for i in range(len(table)))
    return (observed - chance) / (1 - chance)


def exact_fleiss(ratings: list[list[int]]) -> Fraction:
    """Return Fleiss' kappa by counting agreeing pairs of ratings, one pair after the other."""
    pairs = [(a, b) for row in ratings for a, b in combinations(row, 2)]
    observed = Fraction(sum(a == b for a, b in pairs), len(pairs))
    flat = [rating for row in ratings for rating in row]
    chance = sum(Fraction(flat.count(k), len(flat)) ** 2 for k in set(flat))
    return (observed - chance) / (1 - chance)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(2, 4), st.integers(5, 60))
def test_that_cohens_kappa_is_that_of_scikit_learn_and_of_exact_fractions(seed: int, classes: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    one = rng.integers(0, classes, n)
    other = np.where(rng.random(n) < 0.6, one, rng.integers(0, classes, n))
    one[:2], other[:2] = (0, 1), (0, 1)
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (one, other), 1)
    found = cohen_kappa(table.astype(np.float64), n)
    assert found.value == pytest.approx(cohen_kappa_score(one, other), abs=1e-12)
    assert found.value == pytest.approx(float(exact_cohen(table.tolist())), abs=1e-12)
    assert -1 <= found.low <= found.value <= found.high <= 1


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(2, 4), st.integers(2, 5))
def test_that_fleiss_kappa_is_that_of_counted_pairs(seed: int, classes: int, raters: int) -> None:
    rng = np.random.default_rng(seed)
    ratings = rng.integers(0, classes, (20, raters))
    ratings[0, :2] = (0, 1)
    counts = np.stack([(ratings == k).sum(1) for k in range(classes)], axis=1)
    found = fleiss_kappa(counts)
    assert found.value == pytest.approx(float(exact_fleiss(ratings.tolist())), abs=1e-12)
    assert -1 <= found.low <= found.value <= found.high <= 1


def error_of(found: Kappa) -> float:
    """Return the standard error from the low end, which the random tables here never push to -1."""
    return (found.value - found.low) / 1.959963984540054


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_that_cohens_error_is_what_the_delta_method_gives(seed: int) -> None:
    def kappa(p: Floats) -> float:
        chance = float(p.sum(1) @ p.sum(0) / p.sum() ** 2)
        return (float(np.trace(p) / p.sum()) - chance) / (1 - chance)

    table = np.random.default_rng(seed).integers(5, 40, (3, 3)).astype(np.float64)
    p, n, step = table / table.sum(), 4000, 1e-6
    slopes = np.array([[(kappa(p + bump) - kappa(p - bump)) / (2 * step)
                        for bump in (step * (np.arange(9).reshape(3, 3) == 3 * i + j) for j in range(3))]
                       for i in range(3)])  # fmt: skip
    variance = ((p * slopes**2).sum() - (p * slopes).sum() ** 2) / n
    assert error_of(cohen_kappa(table, n)) == pytest.approx(np.sqrt(variance), rel=1e-4)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_that_fleiss_error_is_what_the_jackknife_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    often = np.where(rng.random(400) < 0.3, 0.85, 0.1)
    rejecting = rng.binomial(4, often)
    counts = np.stack([rejecting, 4 - rejecting], axis=1)
    without = np.array([fleiss_kappa(np.delete(counts, i, axis=0)).value for i in range(400)])
    jackknife = np.sqrt(399 / 400 * ((without - np.mean(without)) ** 2).sum())
    assert error_of(fleiss_kappa(counts)) == pytest.approx(jackknife, rel=0.02)


def test_that_the_errors_without_agreement_are_the_published_ones() -> None:
    counts = np.array([[2, 0], [0, 2], [1, 1]] * 5)
    assert fleiss_kappa(counts).null_error == pytest.approx(
        0.258199, abs=1e-6
    )  # 15 parts, 2 ratings, as Minitab prints
    rng = np.random.default_rng(5)
    cohen, fleiss, errors = [], [], []
    for _ in range(1500):
        one, other = rng.random(200) < 0.3, rng.random(200) < 0.6
        table = np.array([[(~one & ~other).sum(), (~one & other).sum()], [(one & ~other).sum(), (one & other).sum()]])
        found = cohen_kappa(table.astype(np.float64), 200)
        many = rng.multinomial(3, [0.5, 0.3, 0.2], 60)
        shared = fleiss_kappa(many.astype(np.float64))
        cohen.append(found.value)
        fleiss.append(shared.value)
        errors.append((found.null_error, shared.null_error))
    assert np.std(cohen) == pytest.approx(np.mean(errors, axis=0)[0], rel=0.06)
    assert np.std(fleiss) == pytest.approx(np.mean(errors, axis=0)[1], rel=0.06)


@pytest.mark.parametrize("which", ["cohen", "fleiss"])
def test_that_an_interval_holds_the_truth_about_as_often_as_it_says(which: str) -> None:
    rng = np.random.default_rng(7)
    truth = 0.6  # two ratings: the same with probability 0.6, else drawn anew; kappa is exactly that

    def draw() -> tuple[Floats, Floats]:
        one = rng.random(150) < 0.35
        other = np.where(rng.random(150) < truth, one, rng.random(150) < 0.35)
        table = np.array([[(~one & ~other).sum(), (~one & other).sum()], [(one & ~other).sum(), (one & other).sum()]])
        both = one.astype(np.int64) + other
        return table.astype(np.float64), np.stack([both, 2 - both], axis=1).astype(np.float64)

    judge: Callable[[tuple[Floats, Floats]], Kappa]
    judge = (lambda d: cohen_kappa(d[0], 150)) if which == "cohen" else (lambda d: fleiss_kappa(d[1]))
    found = [judge(draw()) for _ in range(1000)]
    covered = np.mean([each.low <= truth <= each.high for each in found])
    assert 0.93 <= covered <= 0.97


def test_that_perfect_agreement_is_no_certainty() -> None:
    few, many = (cohen_kappa(np.diag([n / 2, n / 2]), n) for n in (10, 1000))
    assert (few.value, few.high, many.value) == (1.0, 1.0, 1.0)
    assert few.low == pytest.approx(2 * share(10, 10).low - 1)
    assert few.low < 0.5 < 0.98 < many.low
    assert fleiss_kappa(np.array([[3, 0], [0, 3]] * 5)).low == pytest.approx(few.low)


def test_that_kappa_is_unknown_where_only_one_class_occurs() -> None:
    assert np.isnan(cohen_kappa(np.array([[9.0, 0.0], [0.0, 0.0]]), 9).value)
    assert np.isnan(fleiss_kappa(np.array([[3, 0]] * 4)).value)
    assert np.isnan(cohen_kappa(np.zeros((2, 2)), 0).value)


def test_that_repetitions_narrow_no_interval() -> None:
    truth = np.array([True] * 20 + [False] * 20)
    once = tuple(np.array([bad != (number == 0)]) for number, bad in enumerate(truth))
    often = tuple(np.repeat(each, 5) for each in once)
    one, five = agree(Study(truth, once)), agree(Study(truth, often))
    assert one.miss_rate == five.miss_rate
    assert one.effectiveness == five.effectiveness
    assert one.cohen == five.cohen
    assert (one.fleiss.value, one.fleiss.low) == pytest.approx((five.fleiss.value, five.fleiss.low))
    assert one.miss_rate == share(1, 20)


def test_that_parts_weigh_alike_whatever_their_trials() -> None:
    truth = np.array([True, True, False])
    found = agree(Study(truth, (np.array([True, False]), np.array([True] * 4), np.array([False]))))
    assert found.miss_rate.value == pytest.approx(0.25)
    assert found.effectiveness.value == pytest.approx(2 / 3)
    assert found.trials == 1
