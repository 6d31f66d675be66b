"""Figures of merit against scikit-learn, and the laws that intervals and escape curves keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from inspector.types import Thresholds
from training import metrics
from training.intervals import bootstrap, share
from training.thresholds import choose_thresholds
from training.verdicts import threshold_curve, verdict_shares

seeds = st.integers(0, 10_000)


def some_scores(seed: int, n: int = 60) -> tuple[metrics.Floats, metrics.Bools]:
    """Return scores with many ties, and truth with both kinds."""
    rng = np.random.default_rng(seed)
    defective = rng.random(n) < 0.3
    defective[:2] = [True, False]
    scores = np.clip(rng.normal(0.3 + 0.4 * defective, 0.25), 0, 1)
    return np.round(scores, 1).astype(np.float64), defective


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_that_the_figures_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(0, 4, 50), rng.integers(0, 4, 50)
    truth[:4] = range(4)
    confusion = metrics.confusion_matrix(truth, predicted, 4)
    assert (confusion == reference.confusion_matrix(truth, predicted, labels=range(4))).all()
    assert metrics.accuracy(confusion) == pytest.approx(reference.accuracy_score(truth, predicted))
    assert metrics.balanced_accuracy(confusion) == pytest.approx(reference.balanced_accuracy_score(truth, predicted))
    assert metrics.macro_f1(confusion) == pytest.approx(reference.f1_score(truth, predicted, average="macro"))
    scores, defective = some_scores(seed)
    assert metrics.auroc(scores, defective) == pytest.approx(reference.roc_auc_score(defective, scores))
    precision = reference.average_precision_score(defective, scores)
    assert metrics.average_precision(scores, defective) == pytest.approx(precision)


def test_that_figures_without_a_meaning_are_nan() -> None:
    assert np.isnan(metrics.auroc(np.array([0.1, 0.2]), np.array([True, True])))
    assert np.isnan(metrics.average_precision(np.array([0.1]), np.array([False])))
    assert np.isnan(share(0, 0).value)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_that_an_interval_of_a_share_holds_the_share(hits_and_n: tuple[int, int]) -> None:
    estimate = share(*hits_and_n)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_that_the_interval_of_a_share_is_the_published_one() -> None:
    none, half = share(0, 10), share(5, 10)  # Clopper-Pearson tables
    assert [none.low, none.high] == pytest.approx([0.0, 0.3085], abs=1e-4)
    assert [half.low, half.high] == pytest.approx([0.1871, 0.8129], abs=1e-4)


def test_that_the_interval_of_a_share_covers_the_truth_at_least_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    covered = [share(int(hits), 40).low <= 0.1 <= share(int(hits), 40).high for hits in rng.binomial(40, 0.1, 1000)]
    assert np.mean(covered) >= 0.95


def test_that_the_bootstrap_is_reproducible_and_draws_whole_parts() -> None:
    parts = [f"part{index // 4}" for index in range(80)]
    values = np.repeat(np.random.default_rng(0).normal(size=20), 4)  # all views of a part alike
    seen: list[int] = []

    def mean(index: metrics.Ints) -> list[float]:
        seen.append(index.size)
        return [float(values[index].mean())]

    one = bootstrap(mean, parts, ["a"] * 80, resamples=200, seed=3)
    again = bootstrap(mean, parts, ["a"] * 80, resamples=200, seed=3)
    alone = bootstrap(mean, [str(index) for index in range(80)], ["a"] * 80, resamples=200, seed=3)
    assert one == again
    assert set(seen) == {80}
    assert one[0].high - one[0].low > 1.5 * (alone[0].high - alone[0].low)  # four views are no four parts


def test_that_the_bootstrap_keeps_rare_classes() -> None:
    strata = ["good"] * 50 + ["rare"] * 2
    counts: list[int] = []

    def count(index: metrics.Ints) -> list[float]:
        counts.append(int((index >= 50).sum()))
        return [1.0]

    bootstrap(count, [str(index) for index in range(52)], strata, resamples=50, seed=0)
    assert set(counts) == {2}


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_that_a_higher_limit_never_lowers_escapes_nor_raises_overkill(seed: int) -> None:
    curve = threshold_curve(*some_scores(seed))
    escapes, overkill = [p["escape"] for p in curve], [p["overkill"] for p in curve]
    assert escapes == sorted(escapes)
    assert overkill == sorted(overkill, reverse=True)
    assert (escapes[0], overkill[0]) == (0.0, 1.0)
    assert (escapes[-1], overkill[-1]) == (1.0, 0.0)


@settings(max_examples=40, deadline=None)
@given(seeds, st.floats(0, 0.5), st.floats(0.5, 1))
def test_that_every_part_gets_one_verdict(seed: int, low: float, high: float) -> None:
    scores, defective = some_scores(seed)
    shares = verdict_shares(scores, defective, Thresholds(low, high))
    bad, good = scores[defective], scores[~defective]
    caught, passed = np.mean(bad >= high), np.mean(good < low)
    assert shares.escape.value + shares.review_defective.value + caught == pytest.approx(1)
    assert shares.overkill.value + shares.review_good.value + passed == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_that_the_chosen_limits_are_in_order_and_cost_few_good_parts(seed: int) -> None:
    scores, defective = some_scores(seed)
    limits = choose_thresholds(scores, defective)
    assert limits.fail_from == 0.5
    reviewed = (scores[~defective] >= limits.pass_below) & (scores[~defective] < limits.fail_from)
    lowest = scores[defective].min()
    assert limits.pass_below <= max(lowest, np.quantile(scores[~defective], 0.95), 0.02)
    if lowest < np.quantile(scores[~defective], 0.95) < 0.5:
        assert reviewed.mean() <= 0.5


def test_that_no_validation_defect_passes_where_good_and_bad_are_apart() -> None:
    scores = np.array([0.001, 0.004, 0.01, 0.3, 0.97])
    defective = np.array([False, False, False, True, True])
    assert choose_thresholds(scores, defective).pass_below == pytest.approx(0.3)
