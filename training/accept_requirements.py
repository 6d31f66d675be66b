"""What a package must show to be accepted: each requirement with what was found, and whether the data shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspector.decisions.risk import parts_needed
from inspector.recipe import RequirementsConfig

_AIAG: Mapping[str, tuple[float, float]] = {
    "effectiveness": (0.90, 0.80),
    "miss_rate": (0.02, 0.05),
    "false_alarm_rate": (0.05, 0.10),
    "cohen_kappa": (0.75, 0.40),
    "fleiss_kappa": (0.75, 0.40),
}
"""Acceptable and marginal limit of each figure: AIAG, Measurement Systems Analysis, 4th edition, chapter III.C."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement and what was found.

    Attributes:
        name: For programs.
        title: For people.
        required: The limit; nan where it is no number.
        at_least: Whether the figure must reach the limit; else it must stay below or at it.
        found: The figure; nan where it could not be measured.
        bound: What is held against the limit, where that is not the figure itself: its upper bound.
        shown: Whether the data shows that the requirement is met.
        note: What is missing, or how it was held against the limit.
    """

    name: str
    title: str
    required: float
    at_least: bool
    found: float
    bound: float | None
    shown: bool
    note: str

    def as_json(self) -> dict[str, Any]:
        """Return the same as a plain document."""
        return {
            "name": self.name, "title": self.title, "required": self.required, "at_least": self.at_least,
            "found": self.found, "bound": self.bound, "shown": self.shown, "note": self.note,
        }  # fmt: skip


def check_requirements(
    figures: Mapping[str, Any], needs: RequirementsConfig, *, independent: bool
) -> tuple[Requirement, ...]:
    """Hold the figures of an acceptance against the requirements.

    Repeatability counts when it was measured, or when the recipe names its limit: then not measured is not shown. A
    limit that nothing can miss (a rate of 1, an effectiveness of 0, a kappa of -1) is no requirement.

    Args:
        figures: With `escape`, `overkill`, `review_good`, `agreement` and `repeatability`; `regression` where the data
            set has known misses.
        needs: The limits.
        independent: Whether package and limits were made without these parts, as far as is known.
    """
    rows = [_independence(independent), *_regression(figures.get("regression"))]
    for name, title, limit in (
        ("escape", "Escape rate", needs.max_escape),
        ("overkill", "Overkill rate", needs.max_overkill),
    ):
        if limit is not None:
            rows.append(_bounded(name, title, limit, figures[name]))
    if needs.max_review is not None:
        rows.append(_at_most("review", "Good parts for review", needs.max_review, figures["review_good"]["value"]))
    agreement = {name: figures["agreement"][name]["value"] for name in _AIAG}
    if needs.min_effectiveness > 0:
        rows.append(_at_least("effectiveness", "Effectiveness", needs.min_effectiveness, agreement["effectiveness"]))
    if needs.max_miss_rate < 1:
        rows.append(_at_most("miss_rate", "Miss rate", needs.max_miss_rate, agreement["miss_rate"]))
    if needs.max_false_alarm_rate < 1:
        limit = needs.max_false_alarm_rate
        rows.append(_at_most("false_alarm_rate", "False alarm rate", limit, agreement["false_alarm_rate"]))
    if needs.min_kappa > -1:
        rows.append(_at_least("cohen_kappa", "Cohen's kappa", needs.min_kappa, agreement["cohen_kappa"]))
    repeated = figures["repeatability"]
    asked = "min_repeatability" in needs.model_fields_set or repeated["measured"]
    if asked and needs.min_repeatability > 0:
        value = repeated["same_verdict"]["value"] if repeated["measured"] else math.nan
        rows.append(_at_least("repeatability", "Same verdict every time", needs.min_repeatability, value))
    return tuple(rows)


def aiag_grade(name: str, value: float) -> str:
    """Return how AIAG MSA names such a figure: acceptable, marginal or unacceptable; "" where it is unknown."""
    good, marginal = _AIAG[name]
    if math.isnan(value):
        return ""
    rises = good > marginal
    if (value >= good) if rises else (value <= good):
        return "acceptable"
    return "marginal" if ((value >= marginal) if rises else (value <= marginal)) else "unacceptable"


def _independence(independent: bool) -> Requirement:
    note = (
        "By fingerprint and split, neither training nor calibration used these parts."
        if independent
        else "The package was trained or calibrated on this split of this data set."
    )
    return Requirement(
        "independence", "Parts unknown to the package", math.nan, True, math.nan, None, independent, note
    )


def _regression(found: Mapping[str, Any] | None) -> list[Requirement]:
    """Return the known misses as a requirement, where the data set has any: none of them may be passed again."""
    if found is None or not found["n"]:
        return []
    note = f"{found['met']} of {found['n']} known misses are not passed"
    shown = found["met"] == found["n"]
    return [Requirement("regression", "Regression cases", math.nan, True, math.nan, None, shown, note)]


def _bounded(name: str, title: str, limit: float, found: Mapping[str, Any]) -> Requirement:
    """Hold the one-sided exact upper bound against a limit."""
    shown = found["upper"] <= limit
    note = f"{found['events']} of {found['n']} parts; upper bound at {100 * found['confidence']:g} % confidence"
    if not shown and found["n"] and found["value"] > limit:
        note += ". The rate that was found is itself above the limit."
    elif not shown:
        needed = parts_needed(limit, found["confidence"], found["events"])
        note += f". {needed - found['n']} more parts without a further error would show it."
    return Requirement(name, title, limit, False, found["value"], found["upper"], shown, note)


def _at_most(name: str, title: str, limit: float, found: float) -> Requirement:
    return Requirement(name, title, limit, False, found, None, found <= limit, _unmeasured(found))


def _at_least(name: str, title: str, limit: float, found: float) -> Requirement:
    return Requirement(name, title, limit, True, found, None, found >= limit, _unmeasured(found))


def _unmeasured(found: float) -> str:
    return "Not measured with these parts." if math.isnan(found) else ""
