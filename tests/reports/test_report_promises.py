"""The guarantees in a report: what the packages promised, as the log kept it, and whether the recipes kept it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from inspector.imaging import sha256_of
from inspector.inference.package import Package
from inspector.log import open_log, read_log
from inspector.recipe import parse_recipe
from inspector.reports.figures import Report
from inspector.reports.make import report_of
from inspector.reports.shifts import parse_shifts
from inspector.reports.tables import all_tables
from inspector.types import Risk, Verdict
from tests.support import a_record, recipe_text, tiny_package

SHIFTS = parse_shifts("day 06:00")
BEGIN_S = 1_790_000_100
PROMISED = {
    "risk": "escape",
    "limit": 0.005,
    "confidence": 0.95,
    "method": "learn-then-test",
    "n": 612,
    "events": 0,
    "bound": 0.0049,
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return tiny_package(tmp_path_factory.mktemp("package"))


@pytest.fixture
def reported(tmp_path: Path, package: Package) -> Callable[..., Report]:
    """Makes a report of 7 parts judged by a recipe and a card, and of one ERROR without a package."""

    def make(policy: str = "", calibration: dict[str, Any] | None = None, *, keep: bool = True) -> Report:
        card = json.loads(package.card_bytes)
        if calibration is not None:
            card["calibration"] = calibration
            card["files"]["calibration.json"] = {"sha256": "0" * 64, "bytes": 1}
        text = recipe_text(package.folder, extra=policy)
        recipe = parse_recipe(text, tmp_path / "r.toml")
        hash_ = sha256_of(json.dumps(card).encode())
        with open_log(tmp_path / "log") as log:
            log.records.keep_recipe(recipe.hash, "washer", str(recipe.path), text)
            if keep:
                log.records.keep_package(hash_, str(package.folder), json.dumps(card))
            times: dict[str, Any] = {"decided_time_ns": BEGIN_S * 10**9, "recipe_hash": recipe.hash}
            for number in range(7):
                log.append(a_record(f"P{number}", package_hash=hash_, **times))
            log.append(a_record("E", Verdict.ERROR, package_hash="", **times))
        with read_log(tmp_path / "log") as log:
            return report_of(log, BEGIN_S - 900, BEGIN_S + 900, shifts=SHIFTS, zone=UTC)

    return make


def calibration(**changes: object) -> dict[str, Any]:
    return {
        "guarantees": [PROMISED],
        "good_parts": 700,
        "defective_parts": 612,
        "dataset": {},
        "created": "2026-01-01T00:00:00+00:00",
        **changes,
    }


def test_that_a_report_names_the_guarantee_in_force(reported: Callable[..., Report]) -> None:
    report = reported(calibration=calibration())
    (promise,) = report.promises
    assert report.total.parts == 8
    assert promise.parts == 7, "nothing was promised of a part that no package judged"
    assert promise.guarantees[0].risk is Risk.ESCAPE
    assert promise.broken == ()
    table = all_tables(report, "en")[-1]
    (row,) = table.rows
    assert row == ("washer", promise.package_hash[:12], 7, "Escapes ≤ 0.5 %", 0.95, 0.0049, 612, "holds")
    assert "漏检率 ≤ 0.5 %" in all_tables(report, "zh_CN")[-1].rows[0]


def test_that_a_recipe_with_looser_limits_breaks_the_guarantee(reported: Callable[..., Report]) -> None:
    report = reported("[policy]\npass_below = 0.6\nfail_from = 0.7", calibration())
    assert "the bound on escapes was proven for 0.3" in report.promises[0].broken[0]
    assert "holds" not in all_tables(report, "en")[-1].rows[0]


def test_that_cameras_other_than_the_calibrated_ones_break_the_guarantee(reported: Callable[..., Report]) -> None:
    assert "Cameras or regions" in reported(calibration=calibration(recipe_hash="f" * 64)).promises[0].broken[0]


def test_that_a_package_without_calibration_promises_nothing(reported: Callable[..., Report]) -> None:
    report = reported()
    assert report.promises[0].guarantees == ()
    assert all_tables(report, "en")[-1].rows[0][-1] == "not calibrated"


def test_that_a_card_that_the_log_does_not_hold_promises_nothing(reported: Callable[..., Report]) -> None:
    (promise,) = reported(calibration=calibration(), keep=False).promises
    assert promise.guarantees == ()
    assert "holds no package" in promise.broken[0]
