"""What the engineer chooses, and what follows from it: laws that hold for any scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.risk.bands import BANDS, FURTHEST, columns, place, score_at
from gui.risk.calibrator import CalibrationOrder, supported_instead
from gui.risk.choice import (
    STEPS,
    answer,
    draw_curves,
    fitting,
    position_of,
    rate_at,
    rate_at_fail_limit,
    rate_at_pass_limit,
    rounded_up,
    supported,
)
from gui.risk.opened import open_for_risk
from inspector.decisions.limits import AcceptedRisk
from inspector.errors import Shortage
from inspector.types import CalibrationScores, Risk, Thresholds, Verdict
from tests.gui.calibrated import calibrated_package, some_scores

RATES = st.floats(0.0002, 0.4)
SCORES = st.builds(some_scores, st.integers(20, 200), st.integers(20, 400), st.integers(0, 50))


def test_that_the_slider_names_every_rate_from_a_hundredth_of_a_per_cent_to_a_half() -> None:
    assert rate_at(0) == 0.0001
    assert rate_at(STEPS) == 0.5
    for rate in (0.0005, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1):
        assert rate_at(position_of(rate)) == pytest.approx(rate, rel=0.02)


@given(st.integers(0, STEPS - 1))
def test_that_the_slider_only_rises(position: int) -> None:
    assert rate_at(position) <= rate_at(position + 1)


@given(st.floats(1e-6, 0.99))
def test_that_rounding_up_never_asks_for_less_than_the_data_prove(rate: float) -> None:
    assert rate * (1 - 1e-8) <= rounded_up(rate) <= rate * 1.0101


@given(SCORES, RATES, RATES)
def test_that_accepting_more_escapes_only_moves_parts_towards_pass(
    scores: CalibrationScores, first: float, second: float
) -> None:
    less, more = (answer(scores, AcceptedRisk(rate)).calibrated for rate in sorted((first, second)))
    assert less.good.passed <= more.good.passed
    assert less.defective.passed <= more.defective.passed
    assert less.good.failed >= more.good.failed
    assert less.defective.failed >= more.defective.failed


@given(SCORES, RATES, RATES)
def test_that_accepting_more_overkill_only_moves_parts_towards_fail(
    scores: CalibrationScores, first: float, second: float
) -> None:
    less, more = (answer(scores, AcceptedRisk(None, rate)).calibrated for rate in sorted((first, second)))
    assert less.good.failed <= more.good.failed
    assert less.defective.passed >= more.defective.passed


@settings(max_examples=20, deadline=None)
@given(SCORES, st.floats(0, 1), st.floats(0, 1))
def test_that_drawing_the_pass_limit_up_never_lowers_the_accepted_rate(
    scores: CalibrationScores, first: float, second: float
) -> None:
    curve = draw_curves(scores, AcceptedRisk(0.01)).escape
    low, high = (rate_at_pass_limit(curve, limit) for limit in sorted((first, second)))
    assert low is not None
    assert high is not None
    assert low <= high
    kept = answer(scores, AcceptedRisk(high))
    assert kept.proven, "a limit stands for a rate that the data prove"
    least = min(point.rate for point in curve if point.supported)
    if high > rounded_up(least):
        assert kept.calibrated.thresholds.pass_below <= max(first, second) + 1e-9


@settings(max_examples=20, deadline=None)
@given(SCORES, st.floats(0, 1))
def test_that_a_drawn_fail_limit_stands_for_a_proven_overkill(scores: CalibrationScores, limit: float) -> None:
    rate = rate_at_fail_limit(draw_curves(scores, AcceptedRisk(0.01)).overkill, limit)
    assert rate is not None
    assert answer(scores, AcceptedRisk(None, rate)).proven


def test_that_a_shortage_says_what_is_missing_and_shows_what_is_supported() -> None:
    found = answer(some_scores(100, 120), AcceptedRisk(0.01))
    assert not found.proven
    (lack,) = found.shortages
    assert (lack.n, lack.missing) == (120, 299 - 120)
    assert answer(some_scores(100, 120), AcceptedRisk(rounded_up(lack.supported_bound))).proven


def test_that_nothing_is_asked_of_parts_that_are_not_there() -> None:
    assert fitting(AcceptedRisk(0.01), some_scores(50, 0)) == AcceptedRisk(None, 0.05)
    assert fitting(AcceptedRisk(None, 0.05), some_scores(0, 50)) == AcceptedRisk(0.01)
    both = AcceptedRisk(0.01, 0.05)
    assert fitting(both, some_scores(50, 50)) == both
    lack = Shortage("escape", 0.01, 0, 299, 1.0)
    assert supported(AcceptedRisk(0.01), (lack,)) == AcceptedRisk(None, 0.05)


def test_that_the_curve_of_good_parts_alone_runs_along_overkill() -> None:
    curves = draw_curves(some_scores(300, 0), AcceptedRisk(None, 0.05))
    assert curves.risk is Risk.OVERKILL
    assert curves.escape == ()
    assert curves.shown


@given(SCORES, st.floats(0, 1), st.floats(0, 1))
def test_that_every_part_stands_in_one_column_of_its_band(
    scores: CalibrationScores, first: float, second: float
) -> None:
    low, high = sorted((first, second))
    found = columns(scores, Thresholds(low, high))
    assert found.good.sum() == (~scores.defective).sum()
    assert found.defective.sum() == scores.defective.sum()
    own = scores.scores[scores.defective]
    assert found.defective[BANDS.index(Verdict.PASS)].sum() == (own < low).sum()
    assert found.defective[BANDS.index(Verdict.FAIL)].sum() == ((own >= high) & (own >= low)).sum()


@given(st.floats(0.001, 0.999))
def test_that_a_place_on_the_chart_is_its_score_again(score: float) -> None:
    assert score_at(float(place(np.array([score]))[0])) == pytest.approx(score, rel=1e-6)
    assert score_at(-FURTHEST) == 0.0
    assert score_at(FURTHEST) == 1.0


def test_that_an_order_says_exactly_what_was_chosen() -> None:
    order = CalibrationOrder(Path("p"), Path("d"), AcceptedRisk(0.005, 0.02, 0.99), "test", Path("o"))
    words = order.command(Path("a.json"))
    assert words[3:6] == ["calibrate", "p", "d"]
    for pair in (("--max-escape", "0.005"), ("--max-overkill", "0.02"), ("--confidence", "0.99"), ("--out", "o")):
        assert words[words.index(pair[0]) + 1] == pair[1]
    expected = CalibrationOrder(Path("p"), Path("d"), AcceptedRisk(None, 0.02, 0.0, 0.1)).command(Path("a.json"))
    assert "--expected" in expected
    assert "--confidence" not in expected
    assert expected[expected.index("--review") + 1] == "0.1"


def test_that_only_a_refusal_for_want_of_parts_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    assert supported_instead(AcceptedRisk(0.01), path) is None
    path.write_text('{"schema": "inspector.calibrate/1", "supported": true}')
    assert supported_instead(AcceptedRisk(0.01), path) is None
    path.write_text(
        '{"shortages": [{"risk": "escape", "limit": 0.01, "n": 100, "missing": 199, "supported_bound": 0.0295}]}'
    )
    instead = supported_instead(AcceptedRisk(0.01), path)
    assert instead is not None
    assert instead.max_escape == pytest.approx(0.0295)


def test_that_a_package_is_opened_with_the_risk_that_its_limits_keep(tmp_path: Path) -> None:
    accepted = AcceptedRisk(0.02, 0.05)
    package = calibrated_package(tmp_path / "package", some_scores(300, 300), accepted)
    found = open_for_risk(package.folder)
    assert found.accepted == accepted
    assert (found.dataset, found.split) == ("washers", "test")
    assert found.scores is not None
    assert answer(found.scores, accepted).calibrated.thresholds == package.card.thresholds.to_thresholds()
