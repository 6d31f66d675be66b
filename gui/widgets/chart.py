"""Quiet charts: every plot of the windows is made and coloured here."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication, QSizePolicy

from gui.look import Look


def make_plot(look: Look, **options: Any) -> Any:
    """Return a pyqtgraph plot that nobody can zoom, drag or configure by accident."""
    plot = pg.PlotWidget(**options)
    plot.setMinimumHeight(0)
    plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    plot.setMouseEnabled(x=False, y=False)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setAntialiasing(True)
    plot.getPlotItem().setContentsMargins(0, look.px(8), look.px(8), 0)
    return plot


def style_plot(plot: Any, look: Look) -> None:
    """Give a plot the colours and letters of the look."""
    theme = look.theme
    plot.setBackground(QColor(theme.surface))
    for name in ("left", "bottom"):
        axis = plot.getAxis(name)
        axis.setTextPen(QColor(theme.muted))
        axis.setPen(QColor(theme.line))
        axis.setStyle(tickFont=chart_font(look), tickLength=-4)
        axis.label.setFont(chart_font(look))


def chart_font(look: Look) -> QFont:
    """Return the letters of ticks and labels, 14 px at least."""
    font = QFont(QApplication.font())
    font.setPixelSize(max(14, look.px(14)))
    return font
