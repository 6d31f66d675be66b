"""The acceptance report's sentences, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CASES = (
    "The errors, the surest first, then what was judged right but came closest to an error. Left the picture that"
    " decided, the mark of its defect outlined; right the evidence for a defect."
)
REQUIREMENTS = (
    "Accepted is a package of which the data shows every requirement. Where there is an upper bound, the bound "
    "must meet the limit, not only the rate that was found."
)
ERRORS = (
    "A part is judged by its worst view. A part that was imaged several times counts as escaped when any take "
    "passed, as overkill when any was rejected."
)
SCORES = (
    "Every part at the defect score that decided it, a row per class. Dots are spread in height only to be seen. "
    "A part whose class is not one that may pass does not pass, whatever its score."
)
SIZES = (
    "Size is the square root of the marked area, in pixels of the picture; the largest of a part's pictures. "
    "Detected means not passed. The ranges hold about as many parts each."
)
NOT_MEASURED = (
    "Not measured: no part was imaged several times. Take each part of a study several times, handled as on the "
    "line, and import it with its part and view; or name a data set of such parts with --repeats."
)
METHODS = (
    "Intervals of shares are exact (Clopper and Pearson 1934), two-sided 95 %; upper bounds are one-sided at the "
    "stated confidence. Where parts were judged several times, each part counts as one trial (Korn and Graubard "
    "1998, largest design effect). Cohen's kappa: large-sample error of Fleiss, Cohen and Everitt 1969. Fleiss' "
    "kappa: Fleiss 1971, with the variance of Gwet 2021. Perfect agreement has no large-sample error: the low end"
    " then comes from the exact bound of the agreement."
)
VALIDITY = (
    "The bounds hold for parts like those that were judged: drawn at random from what the line will see, with "
    "labels that are right."
)
NO_RECIPE = "none: the package's limits and the default requirements hold"


def percent(value: float) -> str:
    """Return a share for people; a dash where there is none."""
    return "–" if value != value else f"{100 * value:.2f} %"


def interval(ends: Sequence[float]) -> str:
    """Return an interval of a share for people."""
    return "–" if ends[0] != ends[0] else f"{100 * ends[0]:.2f} to {100 * ends[1]:.2f} %"


def figure(row: dict[str, Any], key: str) -> str:
    """Return a figure of a requirement for people."""
    value = row[key]
    if value != value:
        return "" if row["required"] != row["required"] else "–"
    return f"{value:.3f}" if row["name"] == "cohen_kappa" else percent(value)


def moment(when: str) -> str:
    """Return a time of day, ISO 8601 in UTC, for people."""
    return f"{when[:10]} {when[11:16]} UTC"


def level(confidence: float) -> str:
    """Return a confidence for people."""
    return f"{100 * confidence:g} %"


def kappa(found: dict[str, Any], between: str) -> str:
    """Return a kappa and, after `between`, its interval."""
    value, (low, high) = found["value"], found["interval"]
    return "–" if value != value else f"{value:.4f}{between}{low:.4f} to {high:.4f}"


def promised(guarantees: Sequence[dict[str, Any]]) -> str:
    """Return guarantees, one a line."""
    said = [
        f"{each['risk']} at most {percent(each['limit'])} with {level(each['confidence'])} confidence "
        f"({each['method']}, {each['events']} errors among {each['n']} parts)"
        for each in guarantees
    ]
    return "\n".join(said) or "none"
