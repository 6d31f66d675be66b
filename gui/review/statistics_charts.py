"""The plots of a data set's statistics: bars over named places, in up to three kinds that differ by pattern too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QBrush, QColor, QFontMetrics

from datasets.review.statistics import outliers
from gui.look import Look
from gui.reports.charts import ReportChart
from gui.widgets.chart import chart_font

_PATTERNS = (Qt.BrushStyle.SolidPattern, Qt.BrushStyle.BDiagPattern, Qt.BrushStyle.Dense6Pattern)
MOST_PLACES = 40
_BINS = 24
_LEAST_ROOM = 56


class StackChart(ReportChart):
    """Bars that stand on each other, one kind above the other."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._bars = [pg.BarGraphItem(x=[], height=[], width=0.7) for _ in _PATTERNS]
        for item in self._bars:
            self._plot.addItem(item)
        self._names: Sequence[str] = ()
        self._plot.getPlotItem().vb.sigResized.connect(self._name_places)
        self._restyle()

    def show_stacks(self, heights: NDArray[Any], labels: Sequence[str], texts: Sequence[str]) -> None:
        """Draw them.

        Args:
            heights: Per place and kind, (places, kinds up to 3).
            labels: Names of the places.
            texts: What the read-out says of each place.
        """
        below = np.zeros(len(heights))
        for kind, item in enumerate(self._bars):
            height = heights[:, kind].astype(np.float64) if kind < heights.shape[1] else np.zeros(len(heights))
            some = height > 0  # nothing is drawn as nothing, not as a line
            item.setOpts(x=np.flatnonzero(some), y0=below[some], height=height[some])
            below += height
        self._plot.setYRange(0, max(float(below.max(initial=0)), 1.0) * 1.12, padding=0)
        self.show_places(labels, texts)
        self._names = labels
        self._name_places()

    @Slot()
    def _name_places(self) -> None:
        """Write every name, shortened to its room; where that is too little, only some of them."""
        if not self._names:
            return
        metrics, room = QFontMetrics(chart_font(self._look)), self._plot.getPlotItem().vb.width() / len(self._names)
        step = max(1, -(-_LEAST_ROOM // max(1, int(room))))
        shown = [
            (float(place), metrics.elidedText(self._names[place], Qt.TextElideMode.ElideRight, int(room * step) - 6))
            for place in range(0, len(self._names), step)
        ]
        self._plot.getAxis("bottom").setTicks([shown])

    def colour(self) -> None:
        """Three kinds: full, hatched, dotted."""
        theme = self._look.theme
        for item, pattern, ink in zip(self._bars, _PATTERNS, (theme.bar, theme.focus, theme.muted), strict=True):
            item.setOpts(brush=QBrush(QColor(ink), pattern), pen=pg.mkPen(QColor(ink), width=1))


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Values in classes of equal width: edges (bins + 1), counts and how many of each are far from all others."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    far: NDArray[np.int64]
    place: NDArray[np.int64]


def bins_of(values: NDArray[np.float64], *, count: int = _BINS) -> Bins:
    """Divide values into bins; `place` is each value's bin."""
    if not values.size:
        return Bins(np.zeros(1), *(np.zeros(0, np.int64) for _ in range(3)))
    low, high = float(values.min()), float(values.max())
    edges = np.linspace(low, high, count + 1) if high > low else np.array([low, low + 1.0])
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2).astype(np.int64)
    counts = np.bincount(place, minlength=len(edges) - 1).astype(np.int64)
    far = np.bincount(place[outliers(values)], minlength=len(edges) - 1).astype(np.int64)
    return Bins(edges, counts, far, place)


class HistogramChart(StackChart):
    """How a value is spread; what is far from all others stands out."""

    def show_values(self, values: NDArray[np.float64], *, digits: int, text: str) -> Bins:
        """Draw it, and return the bins.

        Args:
            values: One per image.
            digits: Decimals of the labels.
            text: The read-out's words with {low}, {high}, {count} and {far}.
        """
        bins = bins_of(values)
        labels = [f"{edge:.{digits}f}" for edge in bins.edges[:-1]]
        texts = [
            text.format(low=f"{low:.{digits}f}", high=f"{high:.{digits}f}", count=f"{count:,}", far=f"{far:,}")
            for low, high, count, far in zip(bins.edges[:-1], bins.edges[1:], bins.counts, bins.far, strict=True)
        ]
        self.show_stacks(_root_stacks(bins), labels, texts)
        most = int(bins.counts.max(initial=1))
        marks = [count for count in (1, 10, 100, 1000, 10_000, 100_000) if count <= most]
        self._plot.getAxis("left").setTicks([[(float(np.sqrt(count)), f"{count:,}") for count in marks]])
        return bins

    def show_counts(self, heights: NDArray[Any], labels: Sequence[str], texts: Sequence[str]) -> None:
        """Draw named places instead, on a plain scale; as `show_stacks`."""
        self._plot.getAxis("left").setTicks(None)
        self.show_stacks(heights, labels, texts)

    def colour(self) -> None:
        """Quiet bars, loud strays."""
        theme = self._look.theme
        for item, pattern, ink in zip(self._bars, _PATTERNS, (theme.bar, theme.beyond, theme.ink), strict=True):
            item.setOpts(brush=QBrush(QColor(ink), pattern), pen=pg.mkPen(QColor(ink), width=1))


def _root_stacks(bins: Bins) -> NDArray[np.float64]:
    """Return heights (bins, 2) whose sum is the root of the count: a single stray is seen beside thousands."""
    whole = np.sqrt(bins.counts.astype(np.float64))
    near = whole * (1 - bins.far / np.maximum(bins.counts, 1))
    return np.stack([near, whole - near], axis=1)
