"""Which scores the thresholds are taken from: rescaled, in a way that leaves the guarantee exact.

A rescaling may be fitted on the very parts that the thresholds are taken from where it keeps their order: an order
statistic of rescaled scores is the rescaled order statistic, so the same parts pass whatever the fit. That is so for
every anomaly method and for a classifier of two classes. With more classes a temperature can reorder the scores: there
it is fitted on a quarter of the parts, and the thresholds on the other three; unless these alone could not support the
promise, then nothing is rescaled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from datasets.manifest import Item
from inspector.decisions.limits import AcceptedRisk, choose_limits, require_support
from inspector.errors import TooFewPartsError
from inspector.inference.package import Card, ScoreScale
from inspector.types import CalibrationScores
from training.calibrate_scale import Reliability, fit_scale, fit_temperature, reliability, scaled, tempered
from training.calibrate_scores import JudgedPictures, by_part

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FIT_SHARE = 4
"""One part in so many fits the temperature of a package with three classes and more."""

FEWEST = 20
"""Fewer pictures, or fewer than two kinds of them, fit nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Rescaled:
    """The parts that the thresholds rest on, and what was done to their scores.

    Attributes:
        scores: By part.
        temperature: Of the classifier from now on; 1 for other methods.
        scale: Of the anomaly method from now on; None for a method that keeps what it has.
        how: What was done, in a sentence.
        before: Calibration error of the pictures' scores as they came; None where there are too few of either kind.
        after: The same of the rescaled scores, on pictures that did not fit the scale.
    """

    scores: CalibrationScores
    temperature: float
    scale: ScoreScale | None
    how: str
    before: Reliability | None
    after: Reliability | None


def rescale(judged: JudgedPictures, card: Card, accepted: AcceptedRisk) -> Rescaled:
    """Return the calibration parts with the scores that the package will give from now on."""
    if card.method in ("patch-memory", "autoencoder"):
        return _rescale_anomalies(judged, card, accepted)
    if card.method != "classifier":
        return _as_it_is(judged, card, 1.0, f"The scores of the method {card.method} stay as they are.")
    if card.tiling is not None and len(card.classes) > 2:
        return _as_it_is(judged, card, 1.0, "Temperature 1: at another one another tile could be the worst.")
    fit, rest = _fit_and_rest(judged, card)
    if len(card.classes) > 2 and not _supports(judged, rest, accepted):
        return _as_it_is(judged, card, 1.0, "Temperature 1: fitting another would cost the promise its parts.")
    if not _can_fit(judged, card, fit):
        return _as_it_is(judged, card, 1.0, "Temperature 1: too few pictures to fit another.")
    return _rescale_probabilities(judged, card, fit, rest)


def _rescale_probabilities(judged: JudgedPictures, card: Card, fit: Bools, rest: Bools) -> Rescaled:
    before = card.calibration.temperature if card.calibration else 1.0
    labels = _labels(judged.items, card)

    def factor(rows: Bools) -> float:
        known = rows & (labels >= 0)
        return fit_temperature(judged.probabilities[known], labels[known])

    def scores_at(by: float) -> Floats:
        return _defect_scores(tempered(judged.probabilities, by), card)

    chosen = factor(fit)
    unseen, half, measured = scores_at(chosen), _half(judged.items), rest
    if len(card.classes) == 2:  # all parts fit: what a picture's score would be had its own half not fitted
        unseen = np.where(half, scores_at(factor(~half)), scores_at(factor(half)))
        measured = rest & (_both_kinds(judged, half) and _both_kinds(judged, ~half))
    found = tempered(judged.probabilities, chosen)
    quarter = f"a quarter of the parts, {int(fit.sum())} pictures"
    what = "all parts, whose order it keeps" if len(card.classes) == 2 else quarter
    return Rescaled(
        scores=by_part(judged, _defect_scores(found, card), _is_good(found, card), rest),
        temperature=before * chosen,
        scale=None,
        how=f"Temperature {before * chosen:.4g}, fitted on {what}.",
        before=_reliability(_defect_scores(judged.probabilities, card), judged, measured),
        after=_reliability(unseen, judged, measured),
    )


def _rescale_anomalies(judged: JudgedPictures, card: Card, accepted: AcceptedRisk) -> Rescaled:
    assert card.anomaly is not None  # noqa: S101 - the card checks it
    old, everything = card.anomaly.scale, np.ones(len(judged.items), np.bool_)
    fitted = fit_scale(judged.anomalies, judged.defective) if _both_kinds(judged, everything) else None
    scale = _with_the_limit_inside(judged, fitted or old, accepted)
    half, unseen = _half(judged.items), scaled(judged.anomalies, scale)
    measured = everything & (_both_kinds(judged, half) and _both_kinds(judged, ~half))
    if fitted and measured.any():
        shift = scale.middle / fitted.middle
        folds = [fit_scale(judged.anomalies[rows], judged.defective[rows]) or fitted for rows in (~half, half)]
        parts = [scaled(judged.anomalies, ScoreScale(middle=own.middle * shift, slope=own.slope)) for own in folds]
        unseen = np.where(half, *parts)
    scores = scaled(judged.anomalies, scale)
    moved = "; the middle lies at the PASS limit" if scale != (fitted or old) else ""
    how = (
        "fitted on all parts, whose order it keeps" if fitted else "slope as trained, for there is nothing to fit it on"
    )
    return Rescaled(
        scores=by_part(judged, scores, scores <= 0.5),
        temperature=1.0,
        scale=scale,
        how=f"Anomaly scale: middle {scale.middle:.4g}, slope {scale.slope:.4g}, {how}{moved}.",
        before=_reliability(scaled(judged.anomalies, old), judged, measured),
        after=_reliability(unseen, judged, measured),
    )


def _with_the_limit_inside(judged: JudgedPictures, scale: ScoreScale, accepted: AcceptedRisk) -> ScoreScale:
    """Return the scale with its middle at the PASS limit where that would lie above 0.5.

    From 0.5 on such a package names the class 'anomaly', which never passes: the limit must not lie above.
    """
    scores = scaled(judged.anomalies, scale)
    limit = choose_limits(by_part(judged, scores, np.ones(scores.size, np.bool_)), accepted).thresholds.pass_below
    if limit <= 0.5:
        return scale
    away = float(logit(min(limit, 1.0 - 1e-9))) / scale.slope
    return ScoreScale(middle=scale.middle * float(np.exp(np.clip(away, -300.0, 300.0))), slope=scale.slope)


def _as_it_is(judged: JudgedPictures, card: Card, temperature: float, how: str) -> Rescaled:
    before = card.calibration.temperature if card.calibration else 1.0
    found = tempered(judged.probabilities, temperature / before)
    scores, everything = _defect_scores(found, card), np.ones(len(judged.items), np.bool_)
    return Rescaled(
        scores=by_part(judged, scores, _is_good(found, card)),
        temperature=temperature,
        scale=None,
        how=how,
        before=_reliability(_defect_scores(judged.probabilities, card), judged, everything),
        after=_reliability(scores, judged, everything),
    )


def _fit_and_rest(judged: JudgedPictures, card: Card) -> tuple[Bools, Bools]:
    """Return which pictures fit the temperature and which give the thresholds; the same for both with two classes.

    A quarter of the parts of each class, by the hash of their names: it depends on no score and comes out the same
    every time.
    """
    everything = np.ones(len(judged.items), np.bool_)
    if len(card.classes) == 2:
        return everything, everything
    label: dict[str, str] = {}
    for item, bad in zip(judged.items, judged.defective, strict=True):
        if bad or item.part not in label:
            label[item.part] = item.label
    chosen: set[str] = set()
    for name in set(label.values()):
        own = sorted((part for part in label if label[part] == name), key=_hash)
        chosen.update(own[: len(own) // FIT_SHARE])
    fit = np.array([item.part in chosen for item in judged.items], np.bool_)
    return fit, ~fit


def _supports(judged: JudgedPictures, rows: Bools, accepted: AcceptedRisk) -> bool:
    bad = {judged.items[row].part for row in np.flatnonzero(rows & judged.defective)}
    good = {judged.items[row].part for row in np.flatnonzero(rows)} - bad
    try:
        require_support(len(good), len(bad), accepted)
    except TooFewPartsError:
        return False
    return True


def _can_fit(judged: JudgedPictures, card: Card, fit: Bools) -> bool:
    labels = _labels(judged.items, card)[fit]
    return bool((labels >= 0).sum() >= FEWEST and np.unique(labels[labels >= 0]).size >= 2)


def _both_kinds(judged: JudgedPictures, rows: Bools) -> bool:
    bad = judged.defective[rows]
    return bool(bad.any() and not bad.all())


def _reliability(scores: Floats, judged: JudgedPictures, rows: Bools) -> Reliability | None:
    return reliability(scores[rows], judged.defective[rows]) if _both_kinds(judged, rows) else None


def _labels(items: Sequence[Item], card: Card) -> NDArray[np.int64]:
    """Return class indices (N,); -1 for a class that the package does not know."""
    return np.array([card.classes.index(item.label) if item.label in card.classes else -1 for item in items], np.int64)


def _half(items: Sequence[Item]) -> Bools:
    """Return a fixed half of the parts, (N,)."""
    return np.array([int(_hash(item.part), 16) % 2 == 0 for item in items], np.bool_)


def _hash(part: str) -> str:
    return hashlib.sha256(part.encode()).hexdigest()


def _defect_scores(probabilities: Floats, card: Card) -> Floats:
    columns = [index for index, name in enumerate(card.classes) if name not in card.good]
    return np.asarray(np.clip(probabilities[:, columns].sum(1), 0.0, 1.0), np.float64)


def _is_good(probabilities: Floats, card: Card) -> Bools:
    best = probabilities.argmax(1)
    return np.isin(best, [card.classes.index(name) for name in card.good])
