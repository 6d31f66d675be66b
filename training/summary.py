"""An evaluation as text for a terminal."""

from __future__ import annotations

from typing import Any

FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "auroc", "average_precision")
"""The figures of pictures that every evaluation has, each with an interval."""


def as_text(document: dict[str, Any]) -> str:
    """Return the figures for people to read in a terminal."""
    lines = [f"{document['n']} pictures, {document['n_defective']} defective ({document['split']} split)"]
    lines += [_figure_line(name, document) for name in FIGURES]
    width = max(len(name) for name in document["classes"])
    lines.append(f"{'class':<{width}}  precision  recall     F1       n")
    for name, row in document["per_class"].items():
        lines.append(f"{name:<{width}}  {row['precision']:9.3f}  {row['recall']:6.3f}  {row['f1']:6.3f}  {row['n']:6}")
    lines.append("confusion (rows: truth, columns: predicted, in the order above)")
    lines += ["  " + " ".join(f"{count:5}" for count in row) for row in document["confusion"]]
    lines += _verdict_lines("pictures", document["thresholds"])
    pixels = document.get("pixels")
    if pixels:
        lines.append(f"pixels of {pixels['n']} pictures: AUROC {pixels['auroc']:.4f}, AUPRO {pixels['aupro']:.4f}")
    parts = document["parts"]
    if parts:
        lines.append(f"{parts['n']} parts, {parts['n_defective']} defective, judged by their worst view")
        lines += [_figure_line(name, parts) for name in ("accuracy", "auroc", "average_precision")]
        lines += _verdict_lines("parts", parts["thresholds"])
    return "\n".join(lines)


def _figure_line(name: str, document: dict[str, Any]) -> str:
    low, high = document[f"{name}_interval"]
    return f"  {name:<18} {document[name]:.4f}   [{low:.4f}, {high:.4f}]"


def _verdict_lines(what: str, found: dict[str, Any]) -> list[str]:
    lines = [f"{what}: PASS below {found['pass_below']:.3f}, FAIL from {found['fail_from']:.3f}"]
    for name in ("escape", "overkill", "review_good", "review_defective"):
        low, high = found[f"{name}_interval"]
        lines.append(f"  {name:<18} {found[name]:.4f}   [{low:.4f}, {high:.4f}]")
    return lines
