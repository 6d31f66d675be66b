"""`device = auto`: which run-time judges fastest on this PC, of those that may.

The candidates are PyTorch and every export of the package that passed its parity gate at the limits now in force, on a
processor with the same instructions. They are measured once per PC and package; the choice is kept with its reason.
"""

from __future__ import annotations

import json
import logging
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from inspector.errors import InspectorError, ModelError
from inspector.inference.base import Model
from inspector.inference.hardware import hardware_name, instructions
from inspector.inference.load import load_exported, load_reference
from inspector.inference.package import Package
from inspector.inference.runtimes import objection, read_report, reports
from inspector.jsonfile import replace_file
from inspector.settings import data_folder

_LOG = logging.getLogger(__name__)
TORCH = "torch"
SCHEMA: Final = "inspector.choices/1"
CHOICES_FILE = "runtimes.json"
_TIMES = 15
_WARM = 3


class Choice(BaseModel):
    """Which run-time was chosen, and why.

    Attributes:
        name: `torch`, or the name of an export.
        ms: Median milliseconds per picture of each candidate, by name.
        refused: Why an export was no candidate, by name.
        why: One sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    ms: dict[str, float]
    refused: dict[str, str]
    why: str


def load_fastest(package: Package, file: Path | None = None) -> Model:
    """Load a package on the run-time that is fastest here.

    Args:
        package: From `inspector.inference.package.open_package`.
        file: Where choices are kept; default: with this PC's data.

    Raises:
        PackageError: Altered files.
        ModelError: PyTorch cannot run it either.
    """
    if not reports(package):
        return load_reference(package)
    choice, model = choose(package, file or data_folder() / CHOICES_FILE)
    _LOG.info("%s: judged by %s: %s", package.folder, choice.name, choice.why)
    return model


def choose(package: Package, file: Path, *, again: bool = False) -> tuple[Choice, Model]:
    """Return the choice for this PC, from the file or by measuring, and its model.

    Args:
        package: With its exports.
        file: Where choices are kept.
        again: Measure, whatever the file says.
    """
    key = f"{hardware_name()} | {package.hash}"
    kept = read_choices(file)
    found = kept.get(key)
    if found is not None and not again:
        try:
            return found, _load(package, found.name)
        except InspectorError as error:
            _LOG.warning("%s: %s cannot be used any more, measured again: %s", package.folder, found.name, error)
    choice, model = _measure(package)
    try:
        rows = {name: each.model_dump() for name, each in {**kept, key: choice}.items()}
        replace_file(file, json.dumps({"schema": SCHEMA, "choices": rows}, indent=1).encode())
    except OSError as error:  # the choice holds for this run all the same
        _LOG.warning("%s: the choice of the run-time could not be kept: %s", file, error)
    return choice, model


def read_choices(file: Path) -> Mapping[str, Choice]:
    """Return the choices that were kept; none where the file is missing or damaged: then they are measured again."""
    try:
        document = json.loads(file.read_bytes())
        if document["schema"] != SCHEMA:
            return {}
        return {name: Choice.model_validate(each) for name, each in document["choices"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return {}


def _measure(package: Package) -> tuple[Choice, Model]:
    refused, models = _candidates(package)
    ms = {name: _median_ms(model) for name, model in models.items()}
    best = min(ms, key=lambda name: ms[name])
    return Choice(name=best, ms=ms, refused=refused, why=_reason(best, ms, refused)), models[best]


def _candidates(package: Package) -> tuple[dict[str, str], dict[str, Model]]:
    """Return why an export is none, by name, and the loaded models of those that are."""
    models: dict[str, Model] = {TORCH: load_reference(package)}
    refused = {}
    for name, report in reports(package).items():
        reason = objection(package, report)
        if not reason and report.instructions != instructions():
            reason = f"its parity was measured on another processor ({', '.join(report.instructions)})"
        if not reason:
            try:
                models[name] = load_exported(package, report)
            except InspectorError as error:
                reason = error.message
        if reason:
            refused[name] = reason
    return refused, models


def _median_ms(model: Model) -> float:
    shape = model.package.card.preprocessing
    picture = np.random.default_rng(0).integers(0, 256, (shape.height, shape.width, 3)).astype(np.uint8)
    spent = []
    for _ in range(_WARM + _TIMES):
        began = time.perf_counter()
        model.predict([picture])
        spent.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(spent[_WARM:]), 3)


def _reason(best: str, ms: Mapping[str, float], refused: Mapping[str, str]) -> str:
    others = ", ".join(f"{name} {value:.1f}" for name, value in sorted(ms.items(), key=lambda each: each[1])[1:])
    said = f"{ms[best]:.1f} ms per picture" + (f" against {others}" if others else ", the only one that may")
    return said + "".join(f"; not {name}: {why}" for name, why in refused.items())


def _load(package: Package, name: str) -> Model:
    if name == TORCH:
        return load_reference(package)
    report = read_report(package, name)
    if reason := objection(package, report):  # the file of choices is not signed: it cannot let a refused one judge
        raise ModelError(f"{package.folder}: {name} must not judge: {reason}.")
    return load_exported(package, report)
