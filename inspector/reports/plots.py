"""The charts of a report as pictures, for paper and for HTML."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from inspector.reports.figures import Report
from inspector.reports.words import word

INK, SOFT, GOOD, BAD, FILL = "#23282d", "#6b747c", "#0b6e6e", "#b3401c", "#b9c2c9"
_FONTS = ["DejaVu Sans", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC"]
_MANY = 40


def charts(report: Report, language: str) -> dict[str, bytes]:
    """Return the charts as PNG bytes by their title; none without parts."""
    if not report.total.parts:
        return {}
    drawn: dict[str, Callable[[Any, Report, str], None]] = {
        "p chart": _p_chart,
        "Yield": _yield,
        "Pareto of rejects": _pareto,
        "Rejects by hour of the day": _by_hour,
    }
    return {title: _png(draw, report, language) for title, draw in drawn.items()}


def _png(draw: Callable[[Any, Report, str], None], report: Report, language: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.family": _known_fonts(), "font.size": 9, "axes.edgecolor": SOFT, "text.color": INK}):
        figure = Figure(figsize=(7.4, 2.7), dpi=160, layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes, report, language)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        return buffer.getvalue()


def _known_fonts() -> list[str]:
    from matplotlib.font_manager import fontManager

    known = set(fontManager.get_font_names())
    return [name for name in _FONTS if name in known] or ["DejaVu Sans"]


def _p_chart(axes: Any, report: Report, language: str) -> None:
    points = report.chart.points
    x = range(len(points))
    axes.step(x, [p.upper for p in points], where="mid", color=SOFT, linewidth=1, linestyle="--")
    axes.step(x, [p.lower for p in points], where="mid", color=SOFT, linewidth=1, linestyle="--")
    axes.axhline(report.chart.centre, color=SOFT, linewidth=1)
    axes.plot(x, [p.share for p in points], color=INK, linewidth=1.2, marker="o", markersize=3)
    out = [number for number, point in enumerate(points) if point.signal]
    axes.plot(out, [points[number].share for number in out], "D", color=BAD, markersize=6)
    axes.set_ylabel(word("Share of rejects", language))
    axes.yaxis.set_major_formatter(lambda value, _position: f"{value:.1%}")
    _label(axes, [p.label for p in points])


def _yield(axes: Any, report: Report, language: str) -> None:
    points = report.chart.points
    axes.plot(range(len(points)), [1 - p.share for p in points], color=GOOD, linewidth=1.4, marker="o", markersize=3)
    axes.set_ylabel(word("First-pass yield", language))
    axes.yaxis.set_major_formatter(lambda value, _position: f"{value:.1%}")
    _label(axes, [p.label for p in points])


def _pareto(axes: Any, report: Report, language: str) -> None:
    bars = report.pareto[:12]
    axes.bar(range(len(bars)), [bar.count for bar in bars], color=FILL)
    axes.bar(range(len(bars)), [bar.false_rejects for bar in bars], color=GOOD, width=0.4)
    axes.set_ylabel(word("Count", language))
    axes.set_xticks(range(len(bars)), [bar.label for bar in bars])
    right = axes.twinx()
    right.plot(range(len(bars)), [bar.cumulative for bar in bars], color=BAD, marker="o", markersize=3)
    right.set_ylim(0, 1.05)
    right.yaxis.set_major_formatter(lambda value, _position: f"{value:.0%}")
    right.set_ylabel(word("Cumulative", language))


def _by_hour(axes: Any, report: Report, language: str) -> None:
    axes.bar(range(24), report.by_hour, color=FILL)
    axes.set_xlabel(word("Hour", language))
    axes.set_ylabel(word("Rejects", language))
    axes.set_xticks(range(0, 24, 2))


def _label(axes: Any, labels: list[str]) -> None:
    step = max(1, len(labels) // 8) if len(labels) <= _MANY else len(labels) // 8
    axes.set_xticks(range(0, len(labels), step), labels[::step], rotation=0, fontsize=7)
