"""The calibration's plots: what every accepted risk costs, where the parts fall, whether scores mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from inspector.types import CalibrationScores, Thresholds
from training.calibrate_scale import Reliability
from training.plots import BAD_COLOUR, GOOD_COLOUR, LIMIT_COLOUR, as_svg, new_figure

PASS_COLOUR, REVIEW_COLOUR, FAIL_COLOUR = "#0b7a75", "#d9a21b", "#c8501e"
_BINS = 41


def cost_plot(curve: Sequence[dict[str, Any]], accepted: float, risk: str) -> str:
    """Return the shares of the good parts that pass, are reviewed and fail, over the accepted risk."""
    figure, axes = new_figure()
    draw_cost(axes, curve, accepted, risk)
    return as_svg(figure)


def draw_cost(axes: Any, curve: Sequence[dict[str, Any]], accepted: float, risk: str) -> None:
    """Draw the cost curve: bands of the good parts, the exact interval of PASS, and what the data do not support."""
    rates = [point["rate"] for point in curve]
    shares = [np.array([point["good"][name] for point in curve]) for name in ("pass", "review", "fail")]
    if any(point["good"]["n"] for point in curve):
        axes.stackplot(
            rates, shares, labels=["good: PASS", "good: REVIEW", "good: FAIL"],
            colors=[PASS_COLOUR, REVIEW_COLOUR, FAIL_COLOUR], alpha=0.75, step="post",
        )  # fmt: skip
        ends = np.array([point["good"]["pass_interval"] for point in curve])
        for end in ends.T:
            axes.step(rates, end, where="post", color="#1d2429", linewidth=0.8, linestyle=":")
    supported = [point["rate"] for point in curve if point["supported"]]
    edge = supported[0] if supported else rates[-1]
    if edge > rates[0]:
        axes.axvspan(rates[0], edge, facecolor="white", alpha=0.65, hatch="//", edgecolor="#c5ccd1", linewidth=0)
        axes.text(edge, 1.03, "too few parts  ", ha="right", fontsize=9, color=LIMIT_COLOUR)
    axes.axvline(accepted, color="#1d2429", linestyle="--", linewidth=1.2)
    axes.text(accepted, 1.03, " accepted", ha="left", fontsize=9, color=LIMIT_COLOUR)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _place: f"{value:.4g}" if value < 1e-4 else f"{100 * value:.3g} %")
    axes.set(xlabel=f"accepted {risk} rate", ylabel="share of the good parts", xlim=(rates[0], rates[-1]), ylim=(0, 1))
    axes.legend(loc="lower right", frameon=True, fontsize=9)


def band_plot(scores: CalibrationScores, limits: Thresholds) -> str:
    """Return how the scores of good and defective parts are spread over the bands (logarithmic counts)."""
    figure, axes = new_figure()
    for start, end, colour in (
        (0.0, limits.pass_below, PASS_COLOUR),
        (limits.pass_below, limits.fail_from, REVIEW_COLOUR),
        (limits.fail_from, 1.0, FAIL_COLOUR),
    ):
        axes.axvspan(start, end, color=colour, alpha=0.12, linewidth=0)
    rows = scores.fail_scores
    axes.hist(
        [rows[~scores.defective], rows[scores.defective]], bins=list(np.linspace(0, 1, _BINS)), stacked=True,
        color=[GOOD_COLOUR, BAD_COLOUR], label=["good", "defective"],
    )  # fmt: skip
    axes.set_yscale("symlog", linthresh=1)
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.set(xlabel="defect score of the part's worst view", ylabel="parts", xlim=(0, 1), ylim=(0, None))
    axes.legend(loc="upper center", frameon=False)
    return as_svg(figure)


def reliability_plot(before: Reliability, after: Reliability) -> str:
    """Return the share of defective pictures over the mean score of a bin, before and after."""
    figure, axes = new_figure()
    axes.plot([0, 1], [0, 1], color="#c5ccd1", linewidth=1)
    for name, found, colour in (("before", before, BAD_COLOUR), ("after", after, GOOD_COLOUR)):
        scores, shares, _ = zip(*found.bins, strict=True)
        axes.plot(scores, shares, "o-", color=colour, linewidth=1.5, label=f"{name}: error {found.ece:.4f}")
    axes.set(xlabel="defect score", ylabel="share of defective pictures", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.legend(loc="upper left", frameon=False)
    return as_svg(figure)
