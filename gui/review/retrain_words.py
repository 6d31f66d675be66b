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


def verdict_words(verdict: str) -> str:
    """Return the outcome: a sign and words, never colour alone."""
    words = {
        "better": "✓  " + QCoreApplication.translate("RetrainVerdict", "Better than the champion"),
        "no worse": "✓  " + QCoreApplication.translate("RetrainVerdict", "No worse than the champion"),
        "worse": "✕  " + QCoreApplication.translate("RetrainVerdict", "Worse than the champion"),
        "regression": "✕  " + QCoreApplication.translate("RetrainVerdict", "A known miss is passed again"),
        "first": "✓  " + QCoreApplication.translate("RetrainVerdict", "The first package: there is no champion yet"),
        "nothing to do": QCoreApplication.translate("RetrainVerdict", "Nothing to do: the data is the champion's"),
    }
    return words.get(verdict, verdict)


def figure_words(figures: Mapping[str, Any]) -> str:
    """Return figures as lines; numbers with four significant digits."""
    lines = []
    for name, value in figures.items():
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        lines.append(f"{name.replace('_', ' ')}:   {shown}")
    return "\n".join(lines)
