"""The acceptance as one document: what was judged with what, the requirements, and what the reader must know."""

from __future__ import annotations

import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from inspector import __version__
from inspector.recipe import Recipe
from training.accept_request import Request
from training.accept_requirements import check_requirements
from training.accept_warnings import warnings_of


def conclude(request: Request, document: dict[str, Any]) -> dict[str, Any]:
    """Return the whole document: what was judged with what, the figures, the requirements, and the conclusion."""
    card = request.package.card
    used = learned_from(request, document)
    rows = check_requirements(document, request.requirements, independent=not used)
    own = request.thresholds == card.thresholds.to_thresholds()
    return {
        "accepted": all(row.shown for row in rows),
        "requirements": [row.as_json() for row in rows],
        "warnings": warnings_of(request, document, used=used),
        "package": str(request.package.folder),
        "package_hash": request.package.hash,
        "method": card.method,
        "backbone": card.backbone,
        "input": [card.preprocessing.width, card.preprocessing.height],
        "package_created": card.created,
        "thresholds": {**asdict(request.thresholds), "from": "package" if own else "recipe"},
        "guarantees": [asdict(each) for each in card.guarantees] if own else [],
        "recipe": _recipe(request.recipe),
        "confidence": request.requirements.confidence,
        "versions": _versions(card.libraries),
        "who": request.who,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **document,
    }


def learned_from(request: Request, document: dict[str, Any]) -> list[str]:
    """Return for what the package has used the split that it is judged by: `training`, `calibration`, or nothing."""
    card = request.package.card
    calibrated = card.calibration.dataset if card.calibration else {}
    known = {"training": (card.data.get("fingerprint"), {"train", "validation"})}
    known["calibration"] = (calibrated.get("fingerprint"), {str(calibrated.get("split"))})
    judged = [document["dataset"], *([document["study"]] if document["study"] else [])]
    return [
        use
        for use, (fingerprint, splits) in known.items()
        if any(fingerprint == data["fingerprint"] and _overlap(splits, data["split"]) for data in judged)
    ]


def _overlap(used: set[str], judged: str) -> bool:
    return "all" in (*used, judged) or judged in used


def _recipe(recipe: Recipe | None) -> dict[str, Any] | None:
    if recipe is None:
        return None
    return {
        "name": recipe.name,
        "version": recipe.content.version,
        "path": str(recipe.path),
        "hash": recipe.hash,
        "inspection_hash": recipe.inspection_hash,
    }


def _versions(trained_with: dict[str, str]) -> dict[str, Any]:
    now = {name: version(name) for name in ("torch", "torchvision", "numpy", "opencv-python-headless", "scipy")}
    here = {"inspector": __version__, "python": platform.python_version(), "system": platform.platform(), **now}
    return {"here": here, "package": dict(trained_with)}
