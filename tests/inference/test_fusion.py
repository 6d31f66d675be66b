"""Laws of the fusion of classifier and memory."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inspector.inference.fusion import Fusion, fused_score, total_evidence, unknown_share
from inspector.inference.package import ScoreScale
from training.hybrid import fit_fusion
from training.scales import FAIL_SHARE

SCALES = st.builds(ScoreScale, middle=st.floats(1e-3, 1e3), slope=st.floats(0.1, 20))
EVIDENCE = st.builds(ScoreScale, middle=st.floats(0.01, 5), slope=st.floats(0.5, 2))
FUSIONS = st.builds(Fusion, odds=SCALES, anomaly=SCALES, evidence=EVIDENCE, classifier_share=st.floats(0.01, 0.99))
VALUES = st.floats(1e-12, 1e12)


@given(FUSIONS, VALUES, VALUES, VALUES)
@settings(max_examples=300, deadline=None)
def test_that_more_of_either_never_lowers_the_defect_score(f: Fusion, fixed: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= fused_score(f, low, fixed) <= fused_score(f, high, fixed) <= 1.0
    assert fused_score(f, fixed, low) <= fused_score(f, fixed, high)


@given(FUSIONS, VALUES, VALUES)
@settings(max_examples=300, deadline=None)
def test_that_neither_can_talk_the_other_s_objection_away(f: Fusion, odds: float, anomaly: float) -> None:
    together = total_evidence(f, np.asarray(odds), np.asarray(anomaly))
    assert together >= total_evidence(f, np.asarray(odds), np.asarray(0.0))
    assert together >= total_evidence(f, np.asarray(0.0), np.asarray(anomaly))


@given(FUSIONS, VALUES, VALUES)
@settings(max_examples=200, deadline=None)
def test_that_the_share_of_the_unknown_is_a_share_and_falls_with_what_is_known(
    f: Fusion, odds: float, anomaly: float
) -> None:
    share = unknown_share(f, odds, anomaly)
    assert 0.0 <= share <= 1.0
    assert unknown_share(f, odds * 10, anomaly) <= share + 1e-9
    assert unknown_share(f, odds, anomaly * 10) >= share - 1e-9


def test_that_the_memory_may_spend_what_the_classifier_does_not() -> None:
    scale = ScoreScale(middle=1.0, slope=1.0)
    sparing, even = (Fusion(scale, scale, scale, share) for share in (0.1, 0.5))
    assert fused_score(sparing, 1e-6, 1.0) > fused_score(even, 1e-6, 1.0)
    assert fused_score(sparing, 1.0, 1e-6) < fused_score(even, 1.0, 1e-6)
    with pytest.raises(ValueError, match="classifier_share"):
        Fusion(scale, scale, scale, 0.0)


def test_that_the_score_still_grows_where_both_are_sure() -> None:
    scale = ScoreScale(middle=1.0, slope=8.0)
    f = Fusion(scale, scale, ScoreScale(middle=0.7, slope=1.0))
    scores = [fused_score(f, 10.0**power, 10.0**power) for power in range(1, 12)]
    assert all(one < other < 1.0 for one, other in pairwise(scores))


def test_that_good_parts_are_rejected_as_rarely_as_the_scales_say_and_each_detector_rejects_alone() -> None:
    rng = np.random.default_rng(0)

    def good(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return np.exp(rng.logistic(-8, 1.5, count)), np.exp(rng.logistic(0.5, 0.05, count))

    odds, anomaly = good(3000)
    f = fit_fusion(odds, anomaly)
    scores = [fused_score(f, *pair) for pair in zip(*good(3000), strict=True)]
    assert np.mean(np.array(scores) > 0.5) == pytest.approx(FAIL_SHARE, abs=0.006)
    usual_odds, usual_anomaly = float(np.median(odds)), float(np.median(anomaly))
    assert fused_score(f, usual_odds, usual_anomaly) < 0.1
    assert fused_score(f, 1e3, usual_anomaly) > 0.5
    assert unknown_share(f, 1e3, usual_anomaly) < 0.5
    assert fused_score(f, usual_odds, 4.0) > 0.5
    assert unknown_share(f, usual_odds, 4.0) > 0.5
