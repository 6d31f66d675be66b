"""The scores that a package's guarantee rests on, as `calibration.json` keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from inspector.errors import PackageError
from inspector.inference.package import CALIBRATION_FILE, Package
from inspector.types import CalibrationScores

SCHEMA: Final = "inspector.calibration/1"


def read_calibration(package: Package) -> CalibrationScores:
    """Return the calibration parts of a package with their scores; from them every other risk's limits follow.

    Raises:
        PackageError: The package was never calibrated, or the file is damaged.
    """
    parts = read_calibration_document(package)["parts"]
    try:
        return CalibrationScores(
            parts=tuple(str(part["part"]) for part in parts),
            labels=tuple(str(part["label"]) for part in parts),
            defective=np.array([bool(part["defective"]) for part in parts], np.bool_),
            scores=np.array([float(part["score"]) for part in parts], np.float64),
            fail_scores=np.array([float(part.get("fail_score", part["score"])) for part in parts], np.float64),
            anomalies=np.array([_number(part["anomaly"]) for part in parts], np.float64),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(package, str(error)) from error


def read_calibration_document(package: Package) -> dict[str, Any]:
    """Return `calibration.json` as it stands: `parts`, `health` by view, `frame_sizes` by view. Raises as above."""
    if CALIBRATION_FILE not in package.card.files:
        raise PackageError(
            f"{package.folder}: the package has not been calibrated.", cure="Run `inspector calibrate` on it."
        )
    try:
        document = json.loads(package.read_file(CALIBRATION_FILE))
    except (ValueError, RecursionError) as error:
        raise _damaged(package, str(error)) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA or "parts" not in document:
        raise _damaged(package, f"the format is not {SCHEMA}")
    return document


def calibration_bytes(
    scores: CalibrationScores, health: Mapping[str, Any], frame_sizes: Mapping[str, list[list[int]]]
) -> bytes:
    """Return the content of `calibration.json`.

    Args:
        scores: The calibration parts.
        health: Reference statistics of image health by view, of good calibration pictures.
        frame_sizes: The sizes [width, height] of the calibration pictures by view.
    """
    rows = zip(
        scores.parts, scores.labels, scores.defective.tolist(), scores.scores.tolist(), scores.fail_scores.tolist(),
        scores.anomalies.tolist(), strict=True,
    )  # fmt: skip
    parts = [
        {
            "part": part, "label": label, "defective": bad, "score": score, "fail_score": fail_score,
            "anomaly": None if np.isnan(anomaly) else anomaly,
        }
        for part, label, bad, score, fail_score, anomaly in rows
    ]  # fmt: skip
    document = {"schema": SCHEMA, "parts": parts, "health": health, "frame_sizes": frame_sizes}
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode()


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _damaged(package: Package, why: str) -> PackageError:
    return PackageError(
        f"{package.folder / CALIBRATION_FILE}: cannot be read ({why}).", cure="Calibrate the package again."
    )
