"""The calibration as one self-contained HTML file: the promise, what it costs, and what it rests on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.decisions.curve import NAMED_RATES
from inspector.decisions.limits import percent
from inspector.jsonfile import replace_file
from training.calibrate_plots import band_plot, cost_plot, reliability_plot
from training.pages import render_page

if TYPE_CHECKING:
    from training.calibrate import Calibration

REPORT_FILE = "calibration.html"


def write_report(folder: Path, document: dict[str, Any], done: Calibration) -> Path:
    """Write `calibration.html` into `folder` and return its path. Needs no other file and no network to be read."""
    accepted = _accepted(document)
    named = {*NAMED_RATES, accepted}
    page = render_page(
        "calibration.html.j2",
        d=document,
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        percent=percent,
        plots=_plots(document, done, accepted),
        rows=[point for point in document["curve"] if point["rate"] in named],
        accepted=accepted,
    )
    path = folder / REPORT_FILE
    replace_file(path, page.encode())
    return path


def _accepted(document: dict[str, Any]) -> float:
    return float(document["accepted"][f"max_{document['curve_risk']}"])


def _plots(document: dict[str, Any], done: Calibration, accepted: float) -> list[dict[str, str]]:
    risk = document["curve_risk"]
    plots = [
        {
            "svg": cost_plot(document["curve"], accepted, risk),
            "caption": f"Where the good parts go at every accepted {risk} rate. Dotted: exact 95 % interval of PASS.",
        },
        {
            "svg": band_plot(done.found.scores, done.found.thresholds),
            "caption": "Parts of the calibration set by their worst view, in the bands PASS, REVIEW and FAIL.",
        },
    ]
    before, after = done.rescaled.before, done.rescaled.after
    if before is not None and after is not None:
        plots.append(
            {
                "svg": reliability_plot(before, after),
                "caption": "Whether scores mean what they say, in 15 bins of equal size; on the line they would.",
            }
        )
    return plots
