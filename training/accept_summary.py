"""An acceptance as text for a terminal."""

from __future__ import annotations

from typing import Any

from training.accept_words import figure, interval, level, percent


def as_text(document: dict[str, Any]) -> str:
    """Return the conclusion, the requirements and the error rates for people to read in a terminal."""
    parts = document["parts"]
    lines = [f"{parts['n']} parts, {parts['defective']} defective, judged by their worst view"]
    for name in ("escape", "overkill", "review_good", "review_defective"):
        found = document[name]
        bound = f"at most {percent(found['upper'])} with {level(found['confidence'])} confidence"
        share = f"{percent(found['value']):>9}   95 %: {interval(found['interval'])}"
        lines.append(f"  {name:<18} {share}, {bound}   ({found['events']} of {found['n']})")
    lines.append("requirements")
    lines += [_requirement(row) for row in document["requirements"]]
    lines += [f"note: {text}" for text in document["warnings"]]
    lines.append("ACCEPTED" if document["accepted"] else "NOT ACCEPTED")
    return "\n".join(lines)


def _requirement(row: dict[str, Any]) -> str:
    limit = figure(row, "required")
    found, bound = figure(row, "found"), "" if row["bound"] is None else figure(row, "bound")
    said = [
        "shown" if row["shown"] else "NOT SHOWN",
        row["title"].ljust(26),
        f"{'at least' if row['at_least'] else 'at most'} {limit}" if limit else "",
        f"found {found}" if found else "",
        f"upper bound {bound}" if bound else "",
        row["note"],
    ]
    return f"  {said[0]:<10} " + "  ".join(text for text in said[1:] if text)
