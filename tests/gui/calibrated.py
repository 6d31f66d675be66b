"""Packages with a calibration made by hand: scores of known distributions, limits found by the product's own rule."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np

from inspector.decisions.limits import AcceptedRisk, choose_limits
from inspector.inference.calibration import calibration_bytes
from inspector.inference.package import CALIBRATION_FILE, Package, revise_package
from inspector.types import CalibrationScores
from tests.support import tiny_package


def some_scores(good: int, defective: int, seed: int = 0) -> CalibrationScores:
    """Return overlapping scores of so many parts."""
    rng = np.random.default_rng(seed)
    odds = np.concatenate([rng.normal(-2.6, 1.3, good), rng.normal(2.8, 1.4, defective)])
    scores = 1.0 / (1.0 + np.exp(-odds))
    kinds = np.arange(good + defective) >= good
    return CalibrationScores(
        parts=tuple(f"P{number}" for number in range(good + defective)),
        labels=tuple("scratch" if kind else "good" for kind in kinds),
        defective=kinds,
        scores=scores,
        fail_scores=scores.copy(),
        anomalies=np.full(good + defective, np.nan),
    )


def calibrated_package(folder: Path, scores: CalibrationScores, accepted: AcceptedRisk) -> Package:
    """Write a real package whose limits keep `accepted` on `scores`."""
    found = choose_limits(scores, accepted)
    calibration = {
        "guarantees": [asdict(each) for each in found.guarantees],
        "good_parts": found.good.n,
        "defective_parts": found.defective.n,
        "dataset": {"name": "washers", "fingerprint": "f" * 64, "split": "test"},
        "created": "2026-01-01T00:00:00+00:00",
    }
    changes = {"thresholds": asdict(found.thresholds), "calibration": calibration}
    return revise_package(tiny_package(folder), changes, {CALIBRATION_FILE: calibration_bytes(scores, {}, {})})
