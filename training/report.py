"""The evaluation as one self-contained HTML file: figures, plots, and the worst mistakes beside their evidence."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from inspector.inference.base import Model
from inspector.jsonfile import replace_file
from inspector.types import Thresholds
from training.evaluate import Judged, report_path
from training.pages import as_data_url, overlay, render_page, small_jpeg
from training.pictures import read_checked
from training.plots import confusion_plot, roc_plot, score_plot, threshold_plot

MOST_MISTAKES = 24


def write_report(folder: Path, document: dict[str, Any], judged: Judged, model: Model) -> Path:
    """Write `report.html` into `folder` and return its path. Needs no other file and no network to be read."""
    card = model.package.card
    worst = worst_mistakes(judged, card.thresholds.to_thresholds())
    page = render_page(
        "report.html.j2",
        d=document,
        backbone=card.backbone,
        size=f"{card.preprocessing.width}×{card.preprocessing.height} px",
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        plots=_plots(document, judged),
        mistakes=[_mistake(kind, index, judged, model) for kind, index in worst[:MOST_MISTAKES]],
    )
    path = report_path(folder)
    replace_file(path, page.encode())
    return path


def worst_mistakes(judged: Judged, limits: Thresholds) -> list[tuple[str, int]]:
    """Return (kind, index) of wrongly judged pictures: escapes, then overkill, then wrong classes; the surest first.

    Args:
        judged: The split.
        limits: Below `pass_below` a defect escapes; from `fail_from` on a good part is overkill.
    """
    bad, scores = judged.defective, judged.scores
    escape = bad & (scores < limits.pass_below)
    overkill = ~bad & (scores >= limits.fail_from)
    wrong = (judged.labels != judged.predicted) & ~escape & ~overkill
    sureness = np.array([max(found.probabilities.values()) for found in judged.predictions])
    return [
        *(("Escape", int(i)) for i in sorted(np.flatnonzero(escape), key=lambda i: scores[i])),
        *(("Overkill", int(i)) for i in sorted(np.flatnonzero(overkill), key=lambda i: -scores[i])),
        *(("Wrong class", int(i)) for i in sorted(np.flatnonzero(wrong), key=lambda i: -sureness[i])),
    ]


def _plots(document: dict[str, Any], judged: Judged) -> list[dict[str, str]]:
    plots = [
        {
            "svg": threshold_plot(document["curve"], document["thresholds"]),
            "caption": "Share of the defective that pass (escape) and of the good that fail (overkill), for one limit.",
        },
        {"svg": score_plot(judged.scores, judged.defective), "caption": "Spread of the defect scores."},
        {"svg": roc_plot(judged.scores, judged.defective), "caption": "Defects caught against good parts rejected."},
        {
            "svg": confusion_plot(document["confusion"], document["classes"]),
            "caption": "Confusion matrix: rows are the truth; colour is the share of the row.",
        },
    ]
    if document["parts"]:
        parts = document["parts"]
        caption = "Escape and overkill of whole parts, judged by their worst view."
        plots.insert(1, {"svg": threshold_plot(parts["curve"], parts["thresholds"]), "caption": caption})
    return plots


def _mistake(kind: str, index: int, judged: Judged, model: Model) -> dict[str, Any]:
    item, prediction = judged.items[index], judged.predictions[index]
    picture = read_checked(item)
    return {
        "kind": kind,
        "truth": item.label,
        "predicted": prediction.predicted_class,
        "score": prediction.score,
        "path": str(item.path),
        "picture": as_data_url(small_jpeg(picture)),
        "heat": as_data_url(small_jpeg(overlay(picture, model.explain(picture)))),
    }
