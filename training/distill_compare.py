"""Teacher and student side by side: size, time, how well they tell defects apart, and what the same risk costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.manifest import Dataset
from inspector.decisions.limits import AcceptedRisk, Calibrated
from inspector.inference.base import Model
from inspector.inference.load import load_exported, load_reference
from inspector.inference.package import WEIGHTS_FILE, Package
from inspector.inference.runtimes import REPORT_FILE, files_of, reports
from training.calibrate import calibrate
from training.calibrate_card import Source, write_calibrated
from training.evaluate import evaluate, judge_split
from training.export import Order, export, frozen_set

_WARM, _TIMES = 3, 21


@dataclass(frozen=True, slots=True)
class Contender:
    """A package on one run-time.

    Attributes:
        name: For people.
        model: Loaded.
        size_bytes: Of what this run-time loads.
        found: Limits of the accepted risk; None where none was named.
        note: What the parity gate said of an export; "" for PyTorch.
    """

    name: str
    model: Model
    size_bytes: int
    found: Calibrated | None = None
    note: str = ""


def contenders(name: str, package: Package, found: Calibrated | None) -> list[Contender]:
    """Return a package on PyTorch and on every export that passed its gate, on the CPU."""
    weights = package.card.files[WEIGHTS_FILE].bytes
    rows = [Contender(f"{name}, PyTorch fp32", load_reference(package, "cpu"), weights, found)]
    for runtime, report in reports(package).items():
        if not report.parity.passed:
            continue
        size = sum(
            package.card.files[file].bytes for file in files_of(package, runtime) if not file.endswith(REPORT_FILE)
        )
        model = load_exported(package, report)
        rows.append(Contender(f"{name}, {model.device}", model, size, found, report.parity.reason))
    return rows


def with_limits(package: Package, dataset: Dataset, split: str, accepted: AcceptedRisk, out: Path | None) -> tuple[
    Package, Calibrated
]:  # fmt: skip
    """Calibrate a package on a split: written to `out` (None: in place). Raises TooFewPartsError."""
    done = calibrate(package, dataset, split, accepted, device="cpu")
    source = Source(dataset.name, dataset.fingerprint, split, package, None)
    return write_calibrated(done, source, out), done.found


def with_export(package: Package, dataset: Dataset, order: Order, advance: Callable[[int, int], None]) -> Package:
    """Export a package; where the gate refused, the package holds the report that says why."""
    return export(package, dataset, order, frozen_set(package, dataset), advance)[0]


def compare(rows: Sequence[Contender], dataset: Dataset, split: str, resamples: int = 500) -> list[dict[str, Any]]:
    """Return what each contender is and does on a split, a row each."""
    return [_row(each, dataset, split, resamples) for each in rows]


def _row(each: Contender, dataset: Dataset, split: str, resamples: int) -> dict[str, Any]:
    found = evaluate(judge_split(dataset, each.model, split), each.model.package, resamples=resamples)
    card, limits = each.model.package.card, each.found
    row: dict[str, Any] = {
        "name": each.name,
        "backbone": card.backbone,
        "input": [card.preprocessing.width, card.preprocessing.height],
        "bytes": each.size_bytes,
        "ms_p50": median_ms(each.model),
        "auroc": found["auroc"],
        "auroc_interval": found["auroc_interval"],
        "macro_f1": found["macro_f1"],
        "macro_f1_interval": found["macro_f1_interval"],
        "parity": each.note,
    }
    if limits is not None:
        shares = limits.good.shares()
        row |= {
            "guarantees": [f"{promise.risk} at most {promise.limit:.3g} ({promise.events} of {promise.n})"
                           for promise in limits.guarantees],
            "good_passed": [shares["pass"].value, shares["pass"].low, shares["pass"].high],
            "good_parts": limits.good.n,
            "defective_passed": limits.defective.passed,
            "defective_parts": limits.defective.n,
        }  # fmt: skip
    return row


def median_ms(model: Model) -> float:
    """Return the median milliseconds of one picture of the input's size, preprocessing included."""
    shape = model.package.card.preprocessing
    picture = np.random.default_rng(0).integers(0, 256, (shape.height, shape.width, 3)).astype(np.uint8)
    spent = []
    for _ in range(_WARM + _TIMES):
        began = time.perf_counter()
        model.predict([picture])
        spent.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(spent[_WARM:]), 3)


def as_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table for people."""
    heads = ("", "network", "MB", "ms per picture (p50)", "AUROC (95 %)", "macro-F1 (95 %)", "good parts passed")
    lines = [f"| {' | '.join(heads)} at the same risk |", "|---" * len(heads) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(_cells(row))} |" for row in rows)])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    network = f"{row['backbone']} {row['input'][0]} x {row['input'][1]}"
    size, ms = f"{row['bytes'] / 1e6:.2f}", f"{row['ms_p50']:.1f}"
    return row["name"], network, size, ms, _figure(row, "auroc"), _figure(row, "macro_f1"), _cost(row)


def _figure(row: dict[str, Any], name: str) -> str:
    low, high = row[f"{name}_interval"]
    return f"{row[name]:.4f} ({low:.3f} to {high:.3f})"


def _cost(row: dict[str, Any]) -> str:
    if "good_passed" not in row:
        return "–"
    value, low, high = row["good_passed"]
    return f"{value:.1%} ({low:.1%} to {high:.1%}); {'; '.join(row['guarantees'])}"
