"""The trend chart: reject share over the last hours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from gui.look import Look
from gui.tally import Bar
from gui.widgets.chart import make_plot, style_plot


class TrendChart(QObject):
    """Bars of reject share over time in per cent; quiet grey within the limit, the colour of FAIL beyond it.

    Attributes:
        widget: Put this into a layout.
    """

    def __init__(self, look: Look) -> None:
        self._plot: Any = make_plot(look, axisItems={"bottom": pg.DateAxisItem()})
        super().__init__(self._plot)  # dies with the widget, and its connections with it
        self._look = look
        self._bars: Sequence[Bar] = ()
        self.widget: QWidget = self._plot
        self._plot.getAxis("left").setWidth(look.px(46))
        self._items = pg.BarGraphItem(x=[], height=[], width=1)
        self._limit = pg.PlotCurveItem()
        self._plot.addItem(self._items)
        self._plot.addItem(self._limit)
        look.changed.connect(self._restyle)
        self._restyle()

    @property
    def bars(self) -> Sequence[Bar]:
        """What is shown."""
        return self._bars

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Draw the trend."""
        if list(bars) == list(self._bars):
            return
        self._bars = list(bars)
        self._draw()

    @Slot()
    def _restyle(self) -> None:
        style_plot(self._plot, self._look)
        self._draw()

    def _draw(self) -> None:
        bars, theme = self._bars, self._look.theme
        if not bars:
            return
        colours = [theme.beyond if bar.beyond else theme.bar for bar in bars]
        self._items.setOpts(
            x=[bar.start_s + bar.width_s / 2 for bar in bars],
            height=[100 * bar.share for bar in bars],
            width=bars[0].width_s * 0.8,
            brushes=[QColor(colour) for colour in colours],
            pen=None,
        )
        limited = [bar for bar in bars if bar.parts]
        self._limit.setData(
            x=[bar.start_s + bar.width_s / 2 for bar in limited],
            y=[100 * bar.limit for bar in limited],
            pen=pg.mkPen(QColor(theme.muted), width=1.5, style=pg.QtCore.Qt.PenStyle.DashLine),
        )
        top = max([5.0, *(100 * bar.share * 1.15 for bar in bars), *(100 * bar.limit * 1.1 for bar in limited)])
        self._plot.setXRange(bars[0].start_s, bars[-1].start_s + bars[-1].width_s, padding=0.01)
        step = 5.0 if top <= 20 else 20.0
        top = min(100.0, step * math.ceil(top / step))
        self._plot.setYRange(0, top, padding=0)
        self._plot.getAxis("left").setTicks([[(0, "0 %"), (top / 2, f"{top / 2:g}"), (top, f"{top:.0f}")]])
