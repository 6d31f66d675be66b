"""What every accepted risk costs: overkill and review along it, and where the present choice stands."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from gui.look import Look
from gui.risk.choice import LARGEST_RATE, LEAST_RATE, Curves
from gui.widgets.chart import chart_font, make_plot, style_plot
from inspector.decisions.curve import CurvePoint
from inspector.types import Risk

TICKS = (0.0002, 0.001, 0.005, 0.01, 0.05, 0.1, 0.4)


class CostPlot(QObject):
    """Two lines over the accepted rate: good parts failed, and good parts failed or looked at by a person.

    Attributes:
        widget: Put this into a layout.
        dragged: The marker was drawn to this rate.
    """

    dragged = Signal(float)

    def __init__(self, look: Look) -> None:
        self._plot: Any = make_plot(look)
        super().__init__(self._plot)
        self._look = look
        self._curves: Curves | None = None
        self.widget: QWidget = self._plot
        self._unproven = pg.LinearRegionItem(movable=False)
        self._review, self._overkill = pg.PlotCurveItem(), pg.PlotCurveItem()
        self._lacking = pg.TextItem(anchor=(1, 1))
        self._names = [pg.TextItem(anchor=(1, 0)), pg.TextItem(anchor=(1, 0))]
        self.marker = pg.InfiniteLine(angle=90, movable=True)
        self.marker.sigDragged.connect(self._on_dragged)
        for item in (self._unproven, self._review, self._overkill, self._lacking, *self._names, self.marker):
            self._plot.addItem(item, ignoreBounds=True)
        self._plot.getAxis("left").setWidth(look.px(56))
        self._plot.getAxis("bottom").setTicks([[(math.log10(rate), f"{100 * rate:g} %") for rate in TICKS]])
        self._plot.setXRange(math.log10(LEAST_RATE), math.log10(LARGEST_RATE), padding=0.01)
        look.changed.connect(self._restyle)
        self._restyle()

    def show_curves(self, curves: Curves) -> None:
        """Draw the cost."""
        self._curves = curves
        self._draw()

    def show_choice(self, rate: float) -> None:
        """Put the marker at the accepted rate."""
        if not self.marker.moving:
            self.marker.setValue(math.log10(rate))

    @property
    def points(self) -> tuple[CurvePoint, ...]:
        """What is drawn."""
        return () if self._curves is None else self._curves.shown

    def retranslate(self) -> None:
        """Write every text anew."""
        overkill = self._curves is not None and self._curves.risk is Risk.OVERKILL
        text = self.tr("accepted overkill") if overkill else self.tr("accepted escapes")
        self._plot.setLabel("bottom", text, color=self._look.theme.muted)
        self._lacking.setText(self.tr("too few parts"))
        self._names[0].setText(self.tr("- - -  good parts failed or in review"))
        self._names[1].setText(self.tr("——  good parts failed"))

    def _on_dragged(self, line: Any) -> None:
        self.dragged.emit(min(max(10.0 ** line.value(), LEAST_RATE), LARGEST_RATE))

    @Slot()
    def _restyle(self) -> None:
        style_plot(self._plot, self._look)
        theme = self._look.theme
        ground = QColor(theme.muted)
        ground.setAlphaF(0.16)
        self._unproven.setBrush(ground)
        for edge in self._unproven.lines:
            edge.setPen(pg.mkPen(None))
        self.marker.setPen(pg.mkPen(QColor(theme.focus), width=3))
        self.marker.setHoverPen(pg.mkPen(QColor(theme.focus), width=6))
        for item, colour in zip((self._lacking, *self._names), (theme.muted, theme.ink, theme.beyond), strict=True):
            item.setFont(chart_font(self._look))
            item.setColor(QColor(colour))
        self.retranslate()
        self._draw()

    def _draw(self) -> None:
        points = [point for point in self.points if point.good.n and point.rate >= LEAST_RATE]
        self.retranslate()
        if not points:
            return
        theme = self._look.theme
        rates = np.log10([point.rate for point in points])
        failed = np.array([100.0 * point.good.failed / point.good.n for point in points])
        both = failed + [100.0 * point.good.review / point.good.n for point in points]
        self._review.setData(rates, both, pen=pg.mkPen(QColor(theme.ink), width=2, style=Qt.PenStyle.DashLine))
        self._overkill.setData(rates, failed, pen=pg.mkPen(QColor(theme.beyond), width=2))
        self._mark_unproven([point for point in points if not point.supported])
        top = min(100.0, max(5.0, math.ceil(float(both.max()) * 1.15 / 5.0) * 5.0))
        self._plot.setYRange(0, top, padding=0)
        self._plot.getAxis("left").setTicks([[(0, "0 %"), (top / 2, f"{top / 2:g} %"), (top, f"{top:g} %")]])
        self._place_names(top, falls=both[-1] <= both[0])
        self._lacking.setPos(self._unproven.getRegion()[1], 0.1 * top)

    def _place_names(self, top: float, *, falls: bool) -> None:
        """Above the low end of the curve there is room: at the right where the cost falls, else at the left."""
        at = math.log10(LARGEST_RATE if falls else LEAST_RATE)
        for item, height in zip(self._names, (top, 0.84 * top), strict=True):
            item.setAnchor((1, 0) if falls else (0, 0))
            item.setPos(at, height)

    def _mark_unproven(self, points: list[CurvePoint]) -> None:
        start = math.log10(LEAST_RATE) - 1
        proven = [point.rate for point in self.points if point.supported]
        end = math.log10(min(proven)) if proven and points else (start if proven else math.log10(LARGEST_RATE))
        self._unproven.setRegion((start, end))
        self._lacking.setVisible(end > math.log10(LEAST_RATE) + 0.5)
