"""Scores that mean what they say, and why rescaling them leaves the guarantee exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from datasets.items import Item
from inspector.decisions.limits import AcceptedRisk, choose_limits
from inspector.inference.package import AnomalyCard, Card, FileEntry, ScoreScale
from inspector.inference.preprocess import Preprocessing
from inspector.types import CalibrationScores
from training.calibrate_rescale import rescale
from training.calibrate_scale import fit_scale, fit_temperature, reliability, scaled, tempered
from training.calibrate_scores import JudgedPictures, one_per_view


def a_card(classes: tuple[str, ...], scale: ScoreScale | None = None) -> Card:
    return Card(
        method="classifier" if scale is None else "patch-memory",
        backbone="resnet10",
        classes=classes,
        good=("good",),
        preprocessing=Preprocessing(width=48, height=48),
        thresholds={"pass_below": 0.3, "fail_from": 0.7},
        training={},
        data={},
        metrics={},
        libraries={},
        created="2026-11-25T00:00:00+00:00",
        files={"weights.safetensors": FileEntry(sha256="0" * 64, bytes=0)},
        anomaly=None if scale is None else AnomalyCard(scale=scale, pixel_scale=scale),
    )


def judged(labels: list[str], probabilities: np.ndarray, anomalies: np.ndarray | None = None) -> JudgedPictures:
    """Return pictures, one per part."""
    items = tuple(
        Item(number, Path("x.png"), "", 48, 48, label, None, f"part{number:04}", "", "test", "", synthetic=False)
        for number, label in enumerate(labels)
    )
    none = np.full(len(labels), np.nan)
    bad = np.array([label != "good" for label in labels])
    return JudgedPictures(items, bad, probabilities, none if anomalies is None else anomalies, {}, {"": [[48, 48]]})


def classified(seed: int, classes: int, n: int, sharpness: float = 1.0) -> tuple[list[str], np.ndarray]:
    """Draw labels from the probabilities, then sharpen these: a network that is surer than it should be."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, classes))
    chosen = [int(rng.choice(classes, p=row)) for row in softmax(logits, axis=1)]
    names = ["good", "crack", "dent", "stain"]
    return [names[label] for label in chosen], np.asarray(softmax(logits * sharpness, axis=1))


def passing(scores: CalibrationScores, accepted: AcceptedRisk) -> set[str]:
    below = choose_limits(scores, accepted).thresholds.pass_below
    return {part for part, score in zip(scores.parts, scores.scores, strict=True) if score < below}


def failing(scores: CalibrationScores, accepted: AcceptedRisk) -> set[str]:
    start = choose_limits(scores, accepted).thresholds.fail_from
    return {part for part, score in zip(scores.parts, scores.fail_scores, strict=True) if score >= start}


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_that_the_temperature_undoes_what_was_done_to_the_logits(sharpness: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 3))
    labels = np.array([rng.choice(3, p=row) for row in softmax(logits, axis=1)])
    assert fit_temperature(softmax(logits * sharpness, axis=1), labels) == pytest.approx(sharpness, rel=0.08)


def test_that_no_other_temperature_makes_the_labels_likelier() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (3000, 4))
    labels = np.array([rng.choice(4, p=row) for row in softmax(logits / 2, axis=1)])
    found = fit_temperature(softmax(logits, axis=1), labels)

    def loss(temperature: float) -> float:
        return -float(log_softmax(logits / temperature, axis=1)[np.arange(3000), labels].mean())

    assert loss(found) == pytest.approx(min(loss(t) for t in np.linspace(0.5, 5, 451)), abs=1e-4)


def test_that_pictures_told_apart_wholly_do_not_drive_the_temperature_to_its_end() -> None:
    sure = np.array([[0.99, 0.01]] * 30 + [[0.01, 0.99]] * 30)
    assert 0.2 < fit_temperature(sure, np.repeat([0, 1], 30)) < 1.0


def test_that_tempering_divides_the_logits() -> None:
    logits = np.array([[0.0, 1.0, -400.0], [800.0, 0.0, 3.0]])
    np.testing.assert_allclose(tempered(softmax(logits, axis=1), 2.0)[0], softmax(logits[0] / 2), rtol=1e-6)
    assert np.isfinite(tempered(softmax(logits, axis=1), 2.0)).all()


def test_that_the_scale_is_the_logistic_regression_on_the_logarithm() -> None:
    rng = np.random.default_rng(2)
    bad = np.repeat([False, True], [3000, 2000])
    anomalies = np.exp(rng.normal(np.where(bad, 1.0, 0.0), 0.7))
    scale = fit_scale(anomalies, bad)
    other = LogisticRegression(C=1e9).fit(np.log(anomalies)[:, None], bad)
    assert scale is not None
    assert scale.slope == pytest.approx(float(other.coef_[0, 0]), rel=0.02)
    assert np.log(scale.middle) == pytest.approx(float(-other.intercept_[0] / other.coef_[0, 0]), abs=0.02)


def test_that_a_score_that_does_not_rise_with_defects_gets_no_scale() -> None:
    bad = np.repeat([False, True], 50)
    assert fit_scale(np.where(bad, 1.0, 2.0) + np.linspace(0, 0.5, 100), bad) is None


def test_that_kinds_told_apart_wholly_get_a_finite_scale() -> None:
    bad = np.repeat([False, True], 50)
    scale = fit_scale(np.where(bad, 9.0, 1.0), bad)
    assert scale is not None
    assert 1.0 < scale.middle < 9.0
    assert 0.9 < scaled(np.array([9.0]), scale)[0] < 1.0


def test_that_the_calibration_error_is_the_mean_distance_in_bins_of_equal_mass() -> None:
    scores, bad = np.repeat([0.1, 0.9], [140, 160]), np.repeat([False, True], [140, 160])
    found = reliability(scores, bad)
    assert found.ece == pytest.approx(0.1)
    assert found.brier == pytest.approx(0.01)
    assert sum(count for _, _, count in found.bins) == 300
    rng = np.random.default_rng(3)
    fair = rng.random(20000)
    assert reliability(fair, rng.random(20000) < fair).ece < 0.02


@given(st.integers(0, 50), st.sampled_from([0.4, 1.0, 2.5]))
@settings(deadline=None, max_examples=25)
def test_that_with_two_classes_the_same_parts_pass_whatever_the_temperature(seed: int, sharpness: float) -> None:
    """Why a temperature may be fitted on the very parts that give the limits: their order stays."""
    labels, probabilities = classified(seed, 2, 200, sharpness)
    card, accepted = a_card(("good", "crack")), AcceptedRisk(0.1, confidence=0.8)
    rows = judged(labels, probabilities)
    found = rescale(rows, card, accepted)
    plain = CalibrationScores(
        parts=tuple(item.part for item in rows.items),
        labels=tuple(labels),
        defective=rows.defective,
        scores=np.where(probabilities.argmax(1) == 0, probabilities[:, 1], 1.0),
        fail_scores=probabilities[:, 1],
        anomalies=rows.anomalies,
    )
    only = AcceptedRisk(max_overkill=0.1, confidence=0.8)
    assert failing(found.scores, only) == failing(plain, only)
    if choose_limits(plain, accepted).crossed == choose_limits(found.scores, accepted).crossed is False:
        assert passing(found.scores, accepted) == passing(plain, accepted)
    assert found.scores.parts == plain.parts


def test_that_with_more_classes_the_temperature_is_fitted_on_other_parts_than_the_limits() -> None:
    labels, probabilities = classified(5, 3, 600, 3.0)
    rows, card = judged(labels, probabilities), a_card(("good", "crack", "dent"))
    found = rescale(rows, card, AcceptedRisk(0.1))
    assert found.temperature == pytest.approx(3.0, rel=0.25)
    fit = {item.part for item in rows.items} - set(found.scores.parts)
    assert 0.2 < len(fit) / 600 < 0.3
    chosen = np.array([item.part in fit for item in rows.items])
    index = np.array([card.classes.index(label) for label in labels])
    assert fit_temperature(probabilities[chosen], index[chosen]) == found.temperature
    assert found.before is not None
    assert found.after is not None
    assert found.after.ece < found.before.ece / 2
    assert rescale(rows, card, AcceptedRisk(0.1)).scores.parts == found.scores.parts


def test_that_no_temperature_costs_the_promise_its_parts() -> None:
    labels, probabilities = classified(6, 3, 100, 3.0)
    defective = sum(label != "good" for label in labels)
    rate = 1 - 0.05 ** (1 / defective) + 1e-9  # all of them just suffice
    found = rescale(judged(labels, probabilities), a_card(("good", "crack", "dent")), AcceptedRisk(rate))
    assert (found.temperature, len(found.scores.parts)) == (1.0, 100)
    assert "cost the promise its parts" in found.how


def test_that_classes_that_the_package_does_not_know_still_count_as_defective() -> None:
    labels, probabilities = classified(7, 3, 400)
    labels = ["rust" if label == "dent" else label for label in labels]
    found = rescale(judged(labels, probabilities), a_card(("good", "crack", "dent")), AcceptedRisk(0.2))
    assert "rust" in found.scores.labels
    assert found.scores.defective.sum() == sum(label != "good" for label in found.scores.labels)


@given(st.integers(0, 50), st.booleans())
@settings(deadline=None, max_examples=25)
def test_that_the_same_parts_pass_and_fail_whatever_the_anomaly_scale(seed: int, with_defects: bool) -> None:
    rng = np.random.default_rng(seed)
    labels = ["good"] * 120 + ["crack"] * 60 * with_defects
    anomalies = np.exp(rng.normal([0.0] * 120 + [1.5] * 60 * with_defects, 0.6))
    scores = scaled(anomalies, ScoreScale(middle=3.0, slope=2.0))
    card = a_card(("good", "anomaly"), ScoreScale(middle=3.0, slope=2.0))
    accepted = AcceptedRisk(max_overkill=0.1, confidence=0.9)
    found = rescale(judged(labels, np.stack([1 - scores, scores], 1), anomalies), card, accepted)
    assert found.scale is not None
    limits = choose_limits(found.scores, accepted).thresholds
    assert limits.pass_below <= 0.5 + 1e-9  # else the class 'anomaly' would hold back what the limit lets pass
    good, failed = np.sort(anomalies[:120])[::-1], failing(found.scores, accepted)
    allowed = sum(part in failed for part in [f"part{number:04}" for number in range(120)])
    expected = {f"part{number:04}" for number in np.flatnonzero(anomalies > good[allowed])}
    assert failed == expected
    assert allowed == 7  # P(Binomial(120, 0.1) <= 7) <= 0.1 < P(<= 8)
    if not with_defects:
        assert found.before is None
        assert choose_limits(found.scores, accepted).good.review == 0


def test_that_parts_are_judged_by_their_worst_picture() -> None:
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.95, 0.05]])
    rows = judged(["good", "good", "crack", "good"], probabilities)
    items = tuple(
        Item(k, Path("x"), "", 48, 48, item.label, None, part, str(k % 2), "test", "", synthetic=False)
        for k, (item, part) in enumerate(zip(rows.items, ("a", "a", "b", "b"), strict=True))
    )
    rows = JudgedPictures(items, rows.defective, probabilities, rows.anomalies, {}, {})
    found = rescale(rows, a_card(("good", "crack")), AcceptedRisk(0.5, confidence=0.5)).scores
    assert found.parts == ("a", "b")
    assert found.labels == ("good", "crack")
    assert found.defective.tolist() == [False, True]
    assert found.fail_scores == pytest.approx([0.4, 0.8])
    assert found.scores == pytest.approx([0.4, 1.0])


def test_that_a_repeat_of_the_same_view_is_left_out_as_at_the_station() -> None:
    def item(number: int, part: str, view: str) -> Item:
        return Item(number, Path(f"{number}"), "", 48, 48, "good", None, part, view, "test", "", synthetic=False)

    rows = [("a", "top"), ("a", "top"), ("a", "side"), ("b", "top"), ("c", ""), ("c", "")]
    kept = one_per_view([item(number, *row) for number, row in enumerate(rows)])
    assert [each.item_id for each in kept] == [0, 2, 3, 4, 5]
