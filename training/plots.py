"""The report's plots as SVG text, drawn by matplotlib without a display."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from training.metrics import Bools, Floats

GOOD_COLOUR, BAD_COLOUR, LIMIT_COLOUR = "#0b7a75", "#c8501e", "#5a666f"
_SIZE = (6.4, 4.2)


def threshold_plot(curve: Sequence[dict[str, float]], limits: dict[str, Any]) -> str:
    """Return escape and overkill over the limit, with their intervals and the package's limits."""
    figure, axes = new_figure()
    at = [point["threshold"] for point in curve]
    for name, colour in (("escape", BAD_COLOUR), ("overkill", GOOD_COLOUR)):
        axes.fill_between(
            at, [p[f"{name}_low"] for p in curve], [p[f"{name}_high"] for p in curve],
            color=colour, alpha=0.15, linewidth=0, step="post",
        )  # fmt: skip
        axes.step(at, [p[name] for p in curve], color=colour, where="post", label=name, linewidth=2)
    for key, text, style, side in (
        ("pass_below", "PASS below ", "--", "right"),
        ("fail_from", " FAIL from", ":", "left"),
    ):
        axes.axvline(limits[key], color=LIMIT_COLOUR, linestyle=style, linewidth=1.2)
        axes.text(limits[key], 1.03, text, ha=side, fontsize=9, color=LIMIT_COLOUR)
    axes.set(xlabel="limit on the defect score", ylabel="share", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(loc="center right", frameon=False)
    return as_svg(figure)


def score_plot(scores: Floats, defective: Bools) -> str:
    """Return how the defect scores of good and defective pictures are spread (logarithmic counts)."""
    figure, axes = new_figure()
    bins = np.linspace(0, 1, 41)
    axes.hist(
        [scores[~defective], scores[defective]], bins=list(bins), stacked=True, color=[GOOD_COLOUR, BAD_COLOUR],
        label=["good", "defective"],
    )  # fmt: skip
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.set(xlabel="defect score", ylabel="pictures", xlim=(0, 1))
    axes.legend(loc="upper center", frameon=False)
    return as_svg(figure)


def roc_plot(scores: Floats, defective: Bools) -> str:
    """Return the detected share of the defective over the rejected share of the good."""
    figure, axes = new_figure()
    order = np.argsort(-scores, kind="stable")
    last = np.r_[np.diff(scores[order]) != 0, True]
    found = np.r_[0, np.cumsum(defective[order])[last]] / max(int(defective.sum()), 1)
    alarms = np.r_[0, np.cumsum(~defective[order])[last]] / max(int((~defective).sum()), 1)
    axes.plot([0, 1], [0, 1], color="#c5ccd1", linewidth=1)
    axes.plot(alarms, found, color=BAD_COLOUR, linewidth=2, drawstyle="steps-post")
    axes.set(xlabel="overkill: good parts rejected", ylabel="defects caught", xlim=(-0.01, 1), ylim=(0, 1.01))
    return as_svg(figure)


def confusion_plot(confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """Return the confusion matrix, coloured by the share of each true class."""
    counts = np.array(confusion)
    shares = counts / counts.sum(1, keepdims=True).clip(1)
    figure, axes = new_figure()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row in range(len(classes)):
        for column in range(len(classes)):
            if counts[row, column]:
                colour = "white" if shares[row, column] > 0.55 else "#1d2429"
                axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(classes)), classes, rotation=30, ha="right", fontsize=9)
    axes.set_yticks(range(len(classes)), classes, fontsize=9)
    axes.set(xlabel="predicted", ylabel="truth")
    axes.grid(visible=False)
    return as_svg(figure)


def new_figure() -> tuple[Any, Any]:
    """Return an empty figure and its axes, in the look of the reports."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(color="#e6eaed", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def as_svg(figure: Any) -> str:
    """Return the drawing without the XML head, so that it can stand inside a page."""
    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):  # text stays text: smaller, and readable by machines
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
