"""The laws of the detectors: bounds on false alarms that hold for any distribution, and monotone evidence."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.decisions.risk import upper_bound
from inspector.line.drift import (
    SAFETY,
    Cusum,
    RankDetector,
    ShareDetector,
    parts_per_detector,
    rank_scores,
    safe_offset,
    suspicion,
)

GAINS = st.lists(st.floats(-20, 20), max_size=60)
VALUES = st.lists(st.floats(-5, 5), min_size=1, max_size=40)
SAMPLES = st.lists(st.floats(-3, 3), min_size=1, max_size=30)


@given(GAINS)
def test_that_evidence_is_never_negative_nor_above_its_limit(gains: list[float]) -> None:
    cusum = Cusum(4.0)
    for gain in gains:
        cusum.add(gain)
        assert 0.0 <= cusum.value <= 4.0
        assert 0.0 <= cusum.suspicion <= 1.0


@given(GAINS)
def test_that_an_alarm_comes_at_the_limit_and_goes_only_at_zero(gains: list[float]) -> None:
    cusum, standing = Cusum(4.0), False
    for gain in gains:
        cusum.add(gain)
        standing = cusum.value >= 4.0 or (standing and cusum.value > 0.0)
        assert cusum.alarm is standing


@given(SAMPLES, VALUES, st.floats(0, 3), st.sampled_from([1, -1]))
def test_that_a_larger_shift_never_gives_less_evidence(
    sample: list[float], values: list[float], shift: float, side: int
) -> None:
    small, large = (RankDetector(np.array(sample), 1e6, side) for _ in range(2))
    for value in values:
        small.add(value)
        large.add(value + side * shift)
        assert large.cusum.value >= small.cusum.value - 1e-9


@given(SAMPLES, VALUES)
def test_that_the_two_sides_are_mirror_images(sample: list[float], values: list[float]) -> None:
    up, down = RankDetector(np.array(sample), 1e6, 1), RankDetector(-np.array(sample), 1e6, -1)
    for value in values:
        up.add(value)
        down.add(-value)
        assert up.cusum.value == down.cusum.value


def test_that_ties_count_against_a_change() -> None:
    detector = RankDetector(np.zeros(50), 100.0)
    for _ in range(1000):
        detector.add(0.0)
    assert not detector.cusum.alarm
    assert detector.cusum.value == 0.0


@pytest.mark.parametrize("n", [8, 20, 100, 500])
def test_that_the_offset_pays_for_the_size_of_the_sample(n: int) -> None:
    scores = rank_scores(n)
    on_average = math.log(float(np.exp(scores).mean()))
    assert safe_offset(scores) > on_average
    assert safe_offset(scores) - on_average < 3.2 / math.sqrt(n)


Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray[tuple[int, ...], np.dtype[np.float64]]]


@pytest.mark.parametrize("n", [20, 150])
@pytest.mark.parametrize(
    "draw",
    [lambda rng, size: rng.standard_normal(size), lambda rng, size: rng.standard_cauchy(size)],
    ids=["normal", "Cauchy"],
)
def test_that_the_mean_run_to_a_false_alarm_is_kept_for_nearly_every_calibration_set(n: int, draw: Draw) -> None:
    wanted, sets, runs, longest = 60.0, 40, 60, 1500
    rng, kept = np.random.default_rng(4), []
    for _ in range(sets):
        detector = RankDetector(draw(rng, (n,)), wanted)
        gains = np.array([detector.gain(value) for value in np.sort(detector.sample) - 1e-12] + [detector.gain(np.inf)])
        ranks = np.searchsorted(detector.sample, draw(rng, (longest, runs)))
        kept.append(_mean_run(gains[ranks], detector.cusum.limit) >= wanted)
    assert np.mean(kept) >= SAFETY - 0.05


def _mean_run(gains: np.ndarray[tuple[int, ...], np.dtype[np.float64]], limit: float) -> float:
    """Return the mean number of parts to the alarm, (parts, runs) in; runs without an alarm count as their length."""
    value, ended = np.zeros(gains.shape[1]), np.full(gains.shape[1], len(gains))
    for number, gain in enumerate(gains, 1):
        value = np.maximum(0.0, value + gain)
        ended[(value >= limit) & (ended == len(gains))] = number
    return float(ended.mean())


def test_that_a_shift_of_two_deviations_is_noticed_within_a_dozen_parts() -> None:
    rng = np.random.default_rng(1)
    delays = []
    for _ in range(40):
        detector = RankDetector(rng.standard_normal(200), 3e6)
        delay = 0
        while not detector.cusum.alarm:
            detector.add(rng.normal(2.0))
            delay += 1
        delays.append(delay)
    assert np.median(delays) <= 14


def test_that_a_share_keeps_its_mean_run_and_a_grown_one_is_noticed() -> None:
    usual = upper_bound(6, 300, SAFETY)
    detector = ShareDetector(usual, 4.0, 60.0)
    rng = np.random.default_rng(2)
    events = rng.random((3000, 200)) < 0.02
    gains = np.where(events, detector.gain(True), detector.gain(False))
    assert _mean_run(gains, detector.cusum.limit) >= 60.0
    for _ in range(120):
        detector.add(rng.random() < 0.3)
    assert detector.cusum.alarm


@given(st.floats(0.001, 0.999), st.floats(1.5, 50))
def test_that_a_share_is_a_fair_bet_at_its_usual_value(usual: float, factor: float) -> None:
    detector = ShareDetector(usual, factor, 100.0)
    fair = usual * math.exp(detector.gain(True)) + (1 - usual) * math.exp(detector.gain(False))
    assert fair == pytest.approx(1.0)
    assert detector.gain(True) > 0 > detector.gain(False)


def test_that_the_accepted_false_alarms_are_divided_among_the_detectors() -> None:
    parts = parts_per_detector(0.1, 20_000, 16)
    assert 16 * 20_000 / parts == pytest.approx(0.1)
    assert suspicion([]) == 0.0
