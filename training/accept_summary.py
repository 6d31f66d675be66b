"""An acceptance as text for a terminal."""

from __future__ import annotations

from typing import Any

from training.accept_content import figure, interval, percent


def as_text(document: dict[str, Any]) -> str:
    """Return the conclusion, the requirements and the error rates for people to read in a terminal."""
    parts = document["parts"]
    lines = [f"{parts['n']} parts, {parts['defective']} defective, judged by their worst view"]
    for name in ("escape", "overkill", "review_good", "review_defective"):
        found = document[name]
        lines.append(
            f"  {name:<18} {percent(found['value']):>9}   95 %: {interval(found['interval'])}, at most "
            f"{percent(found['upper'])} with {found['confidence']:.0%} confidence   ({found['events']} of {found['n']})"
        )
    lines.append("requirements")
    for row in document["requirements"]:
        limit = (
            f"{'>=' if row['at_least'] else '<='} {figure(row, 'required')}"
            if row["required"] == row["required"]
            else ""
        )
        bound = f", bound {figure(row, 'bound')}" if row["bound"] is not None else ""
        shown = "shown" if row["shown"] else "NOT SHOWN"
        lines.append(
            f"  {shown:<10} {row['title']:<26} {limit:<12} found {figure(row, 'found')}{bound}  {row['note']}".rstrip()
        )
    lines += [f"note: {text}" for text in document["warnings"]]
    lines.append("ACCEPTED" if document["accepted"] else "NOT ACCEPTED")
    return "\n".join(lines)
