"""The pure decision."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.decisions.policy import decide
from inspector.types import Prediction, Thresholds, Verdict

LIMITS = Thresholds(0.2, 0.7)
GOOD = ("good",)
scores = st.floats(0.0, 1.0)


def prediction(score: float) -> Prediction:
    name = "good" if score < 0.5 else "crack"
    return Prediction(name, {"good": 1.0 - score, "crack": score}, score)


@pytest.mark.parametrize(
    ("score", "verdict"),
    [
        (0.0, Verdict.PASS),
        (0.1999, Verdict.PASS),
        (0.2, Verdict.REVIEW),
        (0.6999, Verdict.REVIEW),
        (0.7, Verdict.FAIL),
        (1.0, Verdict.FAIL),
    ],
)
def test_that_the_limits_cut_as_documented(score: float, verdict: Verdict) -> None:
    decision = decide({"front": prediction(score)}, LIMITS, GOOD)
    assert decision.verdict is verdict
    assert decision.thresholds == LIMITS
    assert decision.score == score


@given(st.dictionaries(st.text(min_size=1, max_size=4), scores, min_size=1, max_size=8))
def test_that_the_worst_view_decides(views: dict[str, float]) -> None:
    decision = decide({view: prediction(score) for view, score in views.items()}, LIMITS, GOOD)
    alone = [decide({view: prediction(score)}, LIMITS, GOOD) for view, score in views.items()]
    assert decision.verdict.severity == max(one.verdict.severity for one in alone)
    assert decision.score == max(views.values())
    assert views[decision.view] == decision.score


@given(scores, scores)
def test_that_a_higher_score_is_never_judged_milder(one: float, other: float) -> None:
    low, high = sorted((one, other))
    milder = decide({"v": prediction(low)}, LIMITS, GOOD).verdict
    harsher = decide({"v": prediction(high)}, LIMITS, GOOD).verdict
    assert milder.severity <= harsher.severity


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, -0.1, 1.1])
def test_that_a_score_that_is_no_probability_is_an_error(bad: float) -> None:
    views = {"a": prediction(0.0), "b": Prediction("good", {"good": 1.0}, bad)}
    assert decide(views, LIMITS, GOOD).verdict is Verdict.ERROR
    assert decide({"b": Prediction("good", {"good": bad}, 0.0)}, LIMITS, GOOD).verdict is Verdict.ERROR


def test_that_a_part_without_a_judged_view_is_an_error() -> None:
    assert decide({}, LIMITS, GOOD).verdict is Verdict.ERROR


def test_that_a_low_score_with_a_defect_as_best_class_is_not_passed() -> None:
    odd = Prediction("crack", {"good": 0.4, "fine": 0.45, "crack": 0.15}, 0.15)
    assert decide({"v": odd}, LIMITS, ("good", "fine")).verdict is Verdict.REVIEW


@pytest.mark.parametrize(("low", "high"), [(0.7, 0.2), (-0.1, 0.5), (0.5, 1.2), (math.nan, 0.5)])
def test_that_senseless_limits_are_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="thresholds"):
        Thresholds(low, high)
