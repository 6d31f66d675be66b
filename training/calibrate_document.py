"""A calibration, or its refusal, as a document for programs and as text for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from inspector.decisions.curve import CurvePoint, cost_curve, turning_rates
from inspector.decisions.limits import AcceptedRisk, Bands, Calibrated, bands, percent
from inspector.errors import TooFewPartsError
from inspector.inference.package import Package
from inspector.types import CalibrationScores, Guarantee, Risk, Thresholds
from training.calibrate_card import Source
from training.calibrate_scale import Reliability

if TYPE_CHECKING:
    from training.calibrate import Calibration


def as_document(done: Calibration, source: Source, written: Package) -> dict[str, Any]:
    """Return everything that a calibration found; the fields are described in docs/guarantee.md."""
    found, rescaled = done.found, done.rescaled
    risk, rates = _curve_rates(found)
    return {
        "supported": True,
        "package": str(written.folder),
        "package_hash": written.hash,
        "previous_hash": source.package.hash,
        "dataset": {"name": source.dataset, "fingerprint": source.fingerprint, "split": source.split},
        "recipe_hash": written.card.calibration.recipe_hash if written.card.calibration else "",
        "accepted": asdict(found.accepted),
        "guarantees": [asdict(each) for each in found.guarantees],
        "statements": [statement(each) for each in found.guarantees],
        "thresholds": asdict(found.thresholds),
        "crossed": found.crossed,
        "n_good_parts": found.good.n,
        "n_defective_parts": found.defective.n,
        "n_pictures": len(done.judged.items),
        "temperature": rescaled.temperature,
        "scale": None if rescaled.scale is None else rescaled.scale.model_dump(),
        "rescaling": rescaled.how,
        "ece_before": _ece(rescaled.before),
        "ece_after": _ece(rescaled.after),
        "brier_before": None if rescaled.before is None else rescaled.before.brier,
        "brier_after": None if rescaled.after is None else rescaled.after.brier,
        "expected": {"good": _shares(found.good), "defective": _shares(found.defective)},
        "per_class": per_class(found.scores, found.thresholds),
        "curve_risk": risk.value,
        "curve": [curve_row(point) for point in cost_curve(found.scores, found.accepted, risk, rates)],
        "notes": notes(done, source),
    }


def _curve_rates(found: Calibrated) -> tuple[Risk, list[float]]:
    """Return which risk runs along the curve, and where: at all turning points, and at what was accepted."""
    accepted, confidence = found.accepted, found.accepted.confidence
    if accepted.max_escape is not None:
        return Risk.ESCAPE, [accepted.max_escape, *turning_rates(found.defective.n, confidence)]
    assert accepted.max_overkill is not None  # noqa: S101 - AcceptedRisk names at least one
    return Risk.OVERKILL, [accepted.max_overkill, *turning_rates(found.good.n, confidence)]


def refusal(lack: TooFewPartsError, accepted: AcceptedRisk, source: Source) -> dict[str, Any]:
    """Return the document of a promise that the data cannot support."""
    return {
        "supported": False,
        "package_hash": source.package.hash,
        "dataset": {"name": source.dataset, "fingerprint": source.fingerprint, "split": source.split},
        "accepted": asdict(accepted),
        "missing": {each.risk: each.missing for each in lack.shortages},
        "supported_bound": {each.risk: each.supported_bound for each in lack.shortages},
        "shortages": [asdict(each) for each in lack.shortages],
        "message": lack.message,
    }


def statement(promise: Guarantee) -> str:
    """Return a guarantee as a sentence."""
    kind, verb = ("defective", "pass") if promise.risk is Risk.ESCAPE else ("good", "fail")
    how = f"with {percent(promise.confidence)} confidence" if promise.confidence else "in expectation"
    return (
        f"At most {percent(promise.limit)} of all {kind} parts {verb}, {how} ({promise.method}). Of the {promise.n} "
        f"{kind} calibration parts {promise.events} {verb}; the data support {percent(promise.bound)}."
    )


def per_class(scores: CalibrationScores, limits: Thresholds) -> dict[str, Any]:
    """Return where the parts of each class fall. The promise is of all defective parts together, not of each class."""
    names = np.array(scores.labels)
    rows: dict[str, Any] = {}
    for name in sorted(set(scores.labels)):
        own = names == name
        only = CalibrationScores(
            parts=tuple(np.array(scores.parts)[own]),
            labels=tuple(names[own]),
            defective=scores.defective[own],
            scores=scores.scores[own],
            fail_scores=scores.fail_scores[own],
            anomalies=scores.anomalies[own],
        )
        bad = bool(only.defective.any())
        rows[name] = {"defective": bad, **_shares(bands(only, limits, defective=bad))}
    return rows


def notes(done: Calibration, source: Source) -> list[str]:
    """Return what a person should know beside the promise, a sentence each."""
    found, card, data = done.found, source.package.card, source.fingerprint
    said = []
    if not found.scores.defective.any():
        said.append("There were good parts only: nothing is known of escapes.")
    if len(found.guarantees) == 2 and found.accepted.confidence:
        both = max(0.0, 2 * found.accepted.confidence - 1)
        said.append(f"Each promise holds with the confidence by itself; both together with {percent(both)} at least.")
    if found.crossed:
        said.append(
            "Good and defective parts lie so far apart that one limit between them serves: there is no REVIEW band."
        )
    if found.good.n and not found.good.passed:
        said.append("No good calibration part passes at these limits: the model does not tell the defects apart.")
    if source.split == "validation" and card.data.get("fingerprint") == data:
        said.append("The validation split chose when the training stopped: its scores may be slightly too good.")
    if source.split != "all" and card.data.get("fingerprint") != data:
        said.append(f"Only the {source.split} split was used; `--split all` takes every part of this data set.")
    if done.repeats:
        said.append(f"{done.repeats} pictures were left out: the station takes one picture of each view of a part.")
    unnamed = [item.part for item in done.judged.items if not item.view]
    if len(set(unnamed)) < len(unnamed):
        said.append("Parts have several pictures without a view's name; they are taken for views, not for repeats.")
    if all(item.synthetic for item in done.judged.items):
        said.append("All pictures were made by a program: the promise is of parts like these.")
    if not source.recipe:
        said.append("No recipe was named: the station cannot tell whether its cameras are those of the calibration.")
    return [*said, *_recipe_notes(source)]


def _recipe_notes(source: Source) -> list[str]:
    if source.recipe is None:
        return []
    content = source.recipe.content
    said = []
    if content.policy.pass_below is not None:
        said.append("The recipe sets limits of its own (policy): the promise is not of those; remove them.")
    if content.model.package_hash is not None:
        said.append("The recipe pins the package by its hash, which has changed: enter the new one.")
    return said


def as_text(document: dict[str, Any]) -> str:
    """Return a calibration for people to read in a terminal."""
    limits = document["thresholds"]
    lines = [*document["statements"]]
    lines.append(f"PASS below {limits['pass_below']:.6g}, FAIL from {limits['fail_from']:.6g}.")
    lines.append(f"{'':<12}{'n':>6}  {'PASS':>22}  {'REVIEW':>22}  {'FAIL':>22}   exact 95 % intervals")
    lines += [_row(kind, document["expected"][kind]) for kind in ("good", "defective")]
    lines += [_row(f"  {name}", row) for name, row in document["per_class"].items() if row["defective"]]
    if document["ece_before"] is not None:
        lines.append(
            f"Calibration error {document['ece_before']:.4f} before, {document['ece_after']:.4f} after; Brier score "
            f"{document['brier_before']:.4f} before, {document['brier_after']:.4f} after."
        )
    lines.append(document["rescaling"])
    lines += [f"Note: {text}" for text in document["notes"]]
    lines.append(f"Package {document['package']}: hash {document['package_hash']}, before {document['previous_hash']}.")
    return "\n".join(lines)


def _row(name: str, row: dict[str, Any]) -> str:
    cells = [f"{row[key]:7.2%} [{row[f'{key}_interval'][0]:.2%}, {row[f'{key}_interval'][1]:.2%}]"
             if row["n"] else "–" for key in ("pass", "review", "fail")]  # fmt: skip
    return f"{name:<12}{row['n']:>6}  " + "  ".join(f"{cell:>22}" for cell in cells)


def _shares(found: Bands) -> dict[str, Any]:
    row: dict[str, Any] = {"n": found.n}
    for name, share in found.shares().items():
        row |= {name: share.value, f"{name}_interval": [share.low, share.high]}
    return row


def curve_row(point: CurvePoint) -> dict[str, Any]:
    """Return a point of the cost curve as it stands in the document."""
    return {
        "rate": point.rate,
        "supported": point.supported,
        "missing": point.missing,
        **asdict(point.thresholds),
        "good": _shares(point.good),
        "defective": _shares(point.defective),
    }


def _ece(found: Reliability | None) -> float | None:
    return None if found is None else found.ece
