"""The charts of a report: zoom with the wheel, look at the numbers under the pointer, click to see the parts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QObject, QPointF, Qt, Slot
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from gui.look import Look
from gui.texts import class_word
from gui.widgets.chart import chart_font, make_plot, style_plot
from inspector.reports.chart import Signal
from inspector.reports.figures import Report

MOST_BARS = 12
_MOST_LETTERS = 40


class ReportChart(QObject):
    """One chart over numbered places 0, 1, 2, ...: a read-out follows the pointer.

    Attributes:
        widget: Put this into a layout.
        chosen: A place was clicked.
    """

    chosen = QtSignal(int)

    def __init__(self, look: Look) -> None:
        self._plot: Any = make_plot(look)
        super().__init__(self._plot)
        self._look = look
        self._texts: Sequence[str] = ()
        self._labels: Sequence[str] = ()
        self.widget: QWidget = self._plot
        self._plot.setMouseEnabled(x=True, y=False)
        self._plot.getAxis("left").setWidth(look.px(58))
        self._plot.getAxis("bottom").setHeight(look.px(34))
        self._read_out = pg.TextItem(anchor=(0, 0))
        self._read_out.setZValue(10)
        self._mark = pg.InfiniteLine(angle=90)
        for item in (self._mark, self._read_out):
            self._plot.addItem(item, ignoreBounds=True)
            item.hide()
        scene = self._plot.scene()
        scene.sigMouseMoved.connect(self._on_moved)
        scene.sigMouseClicked.connect(self._on_clicked)
        look.changed.connect(self._restyle)

    @property
    def read_out(self) -> str:
        """What is said of the place under the pointer; "" while it is elsewhere."""
        return str(self._read_out.toPlainText()) if self._read_out.isVisible() else ""

    def show_places(self, labels: Sequence[str], texts: Sequence[str]) -> None:
        """Name the places on the axis, and what the read-out says of each."""
        self._labels, self._texts = labels, texts
        self._read_out.hide()
        self._mark.hide()
        fitting = max(1, _MOST_LETTERS // max([len(each) for each in labels], default=1))
        step = max(1, -(-len(labels) // fitting))
        ticks = [(float(place), labels[place]) for place in range(0, len(labels), step)]
        self._plot.getAxis("bottom").setTicks([ticks])
        self._plot.setXRange(-0.6, max(len(labels) - 0.4, 0.6), padding=0)
        self._plot.setLimits(xMin=-1, xMax=max(len(labels), 1), minXRange=2)

    def point_at(self, place: int) -> None:
        """Show the read-out of a place, as if the pointer were there."""
        if not 0 <= place < len(self._texts):
            self._read_out.hide()
            self._mark.hide()
            return
        (low, high), (_bottom, top) = self._plot.viewRange()
        self._read_out.setAnchor((min(1.0, max(0.0, (place - low) / (high - low))), 0))  # inside the chart everywhere
        self._read_out.setText(self._texts[place])
        self._read_out.setPos(place, top)
        self._mark.setPos(place)
        self._read_out.show()
        self._mark.show()

    @Slot(object)
    def _on_moved(self, position: QPointF) -> None:
        box = self._plot.getPlotItem().vb
        inside = box.sceneBoundingRect().contains(position)
        self.point_at(round(box.mapSceneToView(position).x()) if inside else -1)

    @Slot(object)
    def _on_clicked(self, event: Any) -> None:
        if event.double():
            self.show_places(self._labels, self._texts)
            return
        place = round(self._plot.getPlotItem().vb.mapSceneToView(event.scenePos()).x())
        if event.button() == Qt.MouseButton.LeftButton and 0 <= place < len(self._texts):
            self.chosen.emit(place)

    @Slot()
    def _restyle(self) -> None:
        theme = self._look.theme
        style_plot(self._plot, self._look)
        self._read_out.setColor(QColor(theme.ink))
        self._read_out.setFont(chart_font(self._look))
        self._read_out.fill = pg.mkBrush(QColor(theme.raised))
        self._read_out.border = pg.mkPen(QColor(theme.line))
        self._mark.setPen(pg.mkPen(QColor(theme.focus), style=Qt.PenStyle.DotLine))
        self.colour()

    def colour(self) -> None:
        """Give the chart's own items the colours of the theme."""
        raise NotImplementedError


class ShareChart(ReportChart):
    """The p chart: share of rejects, centre, limits; points out of control are diamonds in the colour of FAIL."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._line = pg.PlotCurveItem()
        self._limits = [pg.PlotCurveItem(), pg.PlotCurveItem()]
        self._centre = pg.InfiniteLine(angle=0)
        self._points, self._out = pg.ScatterPlotItem(), pg.ScatterPlotItem()
        for item in (*self._limits, self._centre, self._line, self._points, self._out):
            self._plot.addItem(item)
        self._restyle()

    def show_report(self, report: Report) -> None:
        """Draw it."""
        points = report.chart.points
        x = list(range(len(points)))
        self._line.setData(x, [100 * point.share for point in points])
        for curve, values in zip(self._limits, ("lower", "upper"), strict=True):
            curve.setData(x, [100 * getattr(point, values) for point in points])
        self._centre.setPos(100 * report.chart.centre)
        self._points.setData(x, [100 * point.share for point in points])
        out = [place for place, point in enumerate(points) if point.signal]
        self._out.setData(out, [100 * points[place].share for place in out])
        texts = [
            self.tr("{label}\n{rejects} of {parts} rejected: {share}\nlimits {lower} – {upper}").format(
                label=point.label,
                rejects=point.rejects,
                parts=point.n,
                share=f"{point.share:.2%}",
                lower=f"{point.lower:.2%}",
                upper=f"{point.upper:.2%}",
            )
            + (f"\n{signal_word(point.signal)}" if point.signal else "")
            for point in points
        ]
        self._plot.enableAutoRange(y=True)
        self.show_places([point.label for point in points], texts)

    def colour(self) -> None:
        """Quiet lines, loud signals."""
        theme = self._look.theme
        self._line.setPen(pg.mkPen(QColor(theme.muted), width=2))
        for curve in self._limits:
            curve.setPen(pg.mkPen(QColor(theme.muted), width=1, style=Qt.PenStyle.DashLine))
        self._centre.setPen(pg.mkPen(QColor(theme.line), width=1))
        self._points.setSymbol("o")
        self._points.setSize(6)
        self._points.setBrush(QColor(theme.ink))
        self._points.setPen(None)
        self._out.setSymbol("d")
        self._out.setSize(14)
        self._out.setBrush(QColor(theme.beyond))
        self._out.setPen(None)


class YieldChart(ReportChart):
    """First-pass yield from group to group."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._line, self._points = pg.PlotCurveItem(), pg.ScatterPlotItem()
        self._plot.addItem(self._line)
        self._plot.addItem(self._points)
        self._restyle()

    def show_report(self, report: Report) -> None:
        """Draw it."""
        points = report.chart.points
        x, y = list(range(len(points))), [100 * (1 - point.share) for point in points]
        self._line.setData(x, y)
        self._points.setData(x, y)
        text = self.tr("{label}\n{share} passed at once ({parts} parts)")
        texts = [text.format(label=p.label, share=f"{1 - p.share:.2%}", parts=p.n) for p in points]
        self._plot.enableAutoRange(y=True)
        self.show_places([point.label for point in points], texts)

    def colour(self) -> None:
        """One calm line."""
        theme = self._look.theme
        self._line.setPen(pg.mkPen(QColor(theme.focus), width=2))
        self._points.setSymbol("o")
        self._points.setSize(6)
        self._points.setBrush(QColor(theme.focus))
        self._points.setPen(None)


class BarsChart(ReportChart):
    """Bars over places, a part of each in a second colour, and a line of what they come to together."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._bars = pg.BarGraphItem(x=[], height=[], width=0.7)
        self._inner = pg.BarGraphItem(x=[], height=[], width=0.35)
        self._sums, self._sum_points = pg.PlotCurveItem(), pg.ScatterPlotItem()
        for item in (self._bars, self._inner, self._sums, self._sum_points):
            self._plot.addItem(item)
        self._restyle()

    def show_pareto(self, report: Report) -> None:
        """Draw the classes of rejects, the most frequent first, and their sum from class to class.

        The inner bar is what people overrode to PASS. The top of the axis is all rejects: the line ends there.
        """
        bars = report.pareto[:MOST_BARS]
        text = self.tr("{label}\n{count} rejects, {false} of them overridden to PASS\ncumulative {cumulative}")
        texts = [
            text.format(
                label=class_word(b.label), count=b.count, false=b.false_rejects, cumulative=f"{b.cumulative:.1%}"
            )
            for b in bars
        ]
        self._show([b.count for b in bars], [b.false_rejects for b in bars], [class_word(b.label) for b in bars], texts)
        sums = list(itertools.accumulate(b.count for b in bars))
        self._sums.setData(list(range(len(sums))), sums)
        self._sum_points.setData(list(range(len(sums))), sums)
        self._plot.setYRange(0, max([*sums, 1]) * 1.1, padding=0)

    def show_hours(self, report: Report) -> None:
        """Draw the rejects of each hour of the day."""
        text = self.tr("{hour}:00\n{count} rejects")
        texts = [text.format(hour=f"{hour:02d}", count=count) for hour, count in enumerate(report.by_hour)]
        self._show(report.by_hour, [0] * 24, [f"{hour:02d}" for hour in range(24)], texts)

    def _show(self, heights: Sequence[int], inner: Sequence[int], labels: Sequence[str], texts: Sequence[str]) -> None:
        places = list(range(len(heights)))
        self._bars.setOpts(x=places, height=list(heights))
        self._inner.setOpts(x=places, height=list(inner))
        self._plot.setYRange(0, max([*heights, 1]) * 1.25, padding=0)
        self.show_places(labels, texts)

    def colour(self) -> None:
        """Quiet bars."""
        theme = self._look.theme
        self._bars.setOpts(brush=QColor(theme.bar), pen=None)
        self._inner.setOpts(brush=QColor(theme.focus), pen=None)
        self._sums.setPen(pg.mkPen(QColor(theme.muted), width=1))
        self._sum_points.setSize(6)
        self._sum_points.setBrush(QColor(theme.ink))
        self._sum_points.setPen(None)


def signal_word(signal: Signal) -> str:
    """Return why a point is out of control, in the window's language."""
    words = {
        Signal.ABOVE: QCoreApplication.translate("Signal", "above the upper limit"),
        Signal.BELOW: QCoreApplication.translate("Signal", "below the lower limit"),
        Signal.RUN: QCoreApplication.translate("Signal", "eight in a row on one side"),
    }
    return words.get(signal, "")
