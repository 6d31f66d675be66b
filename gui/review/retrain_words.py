"""Steps, verdicts and figures of a retraining in the window's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication


def step_word(step: str) -> str:
    """Return what a step does; a step that is not known here keeps its name."""
    words = {
        "freeze": QCoreApplication.translate("RetrainSteps", "Keep this version of the data"),
        "train": QCoreApplication.translate("RetrainSteps", "Train"),
        "calibrate": QCoreApplication.translate("RetrainSteps", "Calibrate: accepted risk to limits"),
        "compare": QCoreApplication.translate("RetrainSteps", "Compare with the champion on frozen parts"),
        "regression": QCoreApplication.translate("RetrainSteps", "Judge every regression case"),
        "report": QCoreApplication.translate("RetrainSteps", "Write the report"),
    }
    return words.get(step, step)


def verdict_words(verdict: str) -> tuple[str, str]:
    """Return the outcome, a sign with words (never colour alone), and what it means; "" where it is not known here."""
    words = {
        "no worse": (
            "✓  " + QCoreApplication.translate("RetrainVerdict", "No worse than the champion"),
            QCoreApplication.translate("RetrainVerdict", "It passes no known miss. Read the report, then decide."),
        ),
        "first": (
            "✓  " + QCoreApplication.translate("RetrainVerdict", "The first package"),
            QCoreApplication.translate(
                "RetrainVerdict", "There is no champion to compare with; it passes no known miss. Read the report."
            ),
        ),
        "not shown": (
            "✕  " + QCoreApplication.translate("RetrainVerdict", "Not shown to be as good"),
            QCoreApplication.translate(
                "RetrainVerdict",
                "On these parts it is not shown that the new package is no worse than the champion: more or better"
                " labels, or more frozen parts, can show it.",
            ),
        ),
        "case passed": (
            "✕  " + QCoreApplication.translate("RetrainVerdict", "A known miss is passed again"),
            QCoreApplication.translate(
                "RetrainVerdict", "A part that is known to have been missed would pass: this package stays out."
            ),
        ),
        "in force": (
            "✓  " + QCoreApplication.translate("RetrainVerdict", "In force already"),
            QCoreApplication.translate("RetrainVerdict", "The package of this data judges already."),
        ),
        "nothing to do": (
            QCoreApplication.translate("RetrainVerdict", "Nothing to do"),
            QCoreApplication.translate("RetrainVerdict", "The package of this data judges already."),
        ),
    }
    return words.get(verdict, (verdict, ""))


def figure_words(figures: Mapping[str, Any]) -> str:
    """Return figures as lines; what is not known here keeps its name."""
    left = dict(figures)
    lines = []
    for name, text in (
        ("images", QCoreApplication.translate("RetrainFigures", "Images: {n}")),
        ("regression cases", QCoreApplication.translate("RetrainFigures", "Regression cases: {n}")),
    ):
        if name in left:
            lines.append(text.format(n=f"{left.pop(name):,}"))
    for kind, text in (
        (
            "escape",
            QCoreApplication.translate("RetrainFigures", "Defective parts passed: {new} (champion {old}) of {n}"),
        ),
        ("reject", QCoreApplication.translate("RetrainFigures", "Good parts rejected: {new} (champion {old}) of {n}")),
    ):
        names = [f"{kind} {part}" for part in ("challenger", "champion", "parts", "p")]
        if all(name in left for name in names[:3]):
            new, old, n = (left.pop(name) for name in names[:3])
            p_value = left.pop(names[3], None)
            shown = "" if p_value is None else f"   p = {float(p_value):.3g}"
            lines.append(text.format(new=new, old=old, n=n) + shown)
    lines += [
        f"{name}:   {value:.4g}" if isinstance(value, float) else f"{name}:   {value}" for name, value in left.items()
    ]
    return "\n".join(lines)
