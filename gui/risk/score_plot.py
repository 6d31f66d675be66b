"""Every calibration part by its defect score: good ones above the line, defective ones below, between two limits.

The limits can be dragged. A column's height is the square root of its parts, so that a single one is seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QWidget

from gui.look import Look
from gui.risk.bands import BANDS, FURTHEST, Columns, columns, place, score_at
from gui.texts import verdict_word
from gui.widgets.chart import chart_font, make_plot, style_plot
from inspector.types import CalibrationScores, Thresholds

TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
HEADROOM = 1.22


class ScorePlot(QObject):
    """The chart.

    Attributes:
        widget: Put this into a layout.
        pass_dragged: The PASS limit was drawn to this defect score.
        fail_dragged: The FAIL limit was drawn to this defect score.
        released: A limit was let go.
    """

    pass_dragged = Signal(float)
    fail_dragged = Signal(float)
    released = Signal()

    def __init__(self, look: Look) -> None:
        self._plot: Any = make_plot(look)
        super().__init__(self._plot)
        self._look = look
        self._scores: CalibrationScores | None = None
        self._thresholds: Thresholds | None = None
        self._columns: Columns | None = None
        self.widget: QWidget = self._plot
        self._grounds = [pg.LinearRegionItem(movable=False) for _ in BANDS]
        self._bars = [pg.BarGraphItem(x=[], height=[], width=1) for _ in range(2 * len(BANDS))]
        self._words = [pg.TextItem(anchor=(0.5, 0)) for _ in BANDS]
        self._kinds = [pg.TextItem(anchor=(1, 1)), pg.TextItem(anchor=(0, 0))]
        self.pass_line, self.fail_line = self._limit(self._on_pass), self._limit(self._on_fail)
        for item in (*self._grounds, *self._bars, self.pass_line, self.fail_line, *self._words, *self._kinds):
            self._plot.addItem(item, ignoreBounds=True)
        self._plot.getAxis("left").setTicks([[]])
        self._plot.getAxis("bottom").setTicks([[(place(np.array(t)).item(), _tick(t)) for t in TICKS]])
        self._plot.setXRange(-FURTHEST, FURTHEST, padding=0.01)
        look.changed.connect(self._restyle)
        self._restyle()

    @property
    def shown(self) -> Columns | None:
        """What is drawn; None before the first scores."""
        return self._columns

    def show_scores(self, scores: CalibrationScores, thresholds: Thresholds) -> None:
        """Draw every part in the band where these limits put it."""
        self._scores, self._thresholds = scores, thresholds
        self._columns = columns(scores, thresholds)
        self._draw()

    def retranslate(self) -> None:
        """Write every text anew."""
        self._plot.setLabel("bottom", self.tr("defect score"), color=self._look.theme.muted)
        self._kinds[0].setText(self.tr("good parts ↑"))
        self._kinds[1].setText(self.tr("defective parts ↓"))
        for item, verdict in zip(self._words, BANDS, strict=True):
            item.setText(verdict_word(verdict))

    def _limit(self, on_dragged: Any) -> Any:
        line = pg.InfiniteLine(angle=90, movable=True)
        line.sigDragged.connect(on_dragged)
        line.sigPositionChangeFinished.connect(self._on_released)
        return line

    def _on_pass(self, line: Any) -> None:
        self.pass_dragged.emit(score_at(line.value()))

    def _on_fail(self, line: Any) -> None:
        self.fail_dragged.emit(score_at(line.value()))

    def _on_released(self, _line: Any) -> None:
        self._place_limits()
        self.released.emit()

    @Slot()
    def _restyle(self) -> None:
        style_plot(self._plot, self._look)
        theme = self._look.theme
        for number, verdict in enumerate(BANDS):
            ground = QColor(theme.signs[verdict])
            ground.setAlphaF(0.10)
            self._grounds[number].setBrush(ground)
            for edge in self._grounds[number].lines:
                edge.setPen(pg.mkPen(None))
            self._words[number].setColor(QColor(theme.signs[verdict]))
            font = chart_font(self._look)
            font.setBold(True)
            self._words[number].setFont(font)
        for item in self._kinds:
            item.setColor(QColor(theme.muted))
            item.setFont(chart_font(self._look))
        for line in (self.pass_line, self.fail_line):
            line.setPen(pg.mkPen(QColor(theme.ink), width=3))
            line.setHoverPen(pg.mkPen(QColor(theme.focus), width=5))
        self.retranslate()
        self._draw()

    def _draw(self) -> None:
        found = self._columns
        if found is None:
            return
        middles, width = (found.edges[:-1] + found.edges[1:]) / 2, found.edges[1] - found.edges[0]
        tops = []
        for kind, (counts, sign) in enumerate(((found.good, 1.0), (found.defective, -1.0))):
            reached = np.sqrt(np.vstack([np.zeros(counts.shape[1], np.int64), counts.cumsum(axis=0)]))
            tops.append(float(reached[-1].max()))
            for number, verdict in enumerate(BANDS):
                some = counts[number] > 0
                colour = QColor(self._look.theme.signs[verdict])
                style = Qt.BrushStyle.SolidPattern if sign > 0 else Qt.BrushStyle.BDiagPattern
                self._bars[3 * kind + number].setOpts(
                    x=middles[some], width=0.86 * width, pen=pg.mkPen(colour, width=1), brush=QBrush(colour, style),
                    y0=sign * reached[number][some], height=sign * (reached[number + 1] - reached[number])[some],
                )  # fmt: skip
        self._fit(max(tops[0], 1.0), max(tops[1], 1.0))
        self._place_limits()

    def _fit(self, up: float, down: float) -> None:
        self._plot.setYRange(-down * 1.1, up * HEADROOM, padding=0)
        self._kinds[0].setPos(FURTHEST, 0.0)  # where hardly any part of the kind stands
        self._kinds[1].setPos(-FURTHEST, 0.0)
        for item in self._words:
            item.setPos(item.pos().x(), up * HEADROOM)

    def _place_limits(self) -> None:
        """Put lines and bands where the limits are; a line that is being drawn stays under the finger."""
        if self._thresholds is None:
            return
        low, high = place(np.array([self._thresholds.pass_below, self._thresholds.fail_from])).tolist()
        for line, at in ((self.pass_line, low), (self.fail_line, high)):
            if not line.moving:
                line.setValue(at)
        edges = (-FURTHEST - 1, low, high, FURTHEST + 1)
        for number, item in enumerate(self._grounds):
            item.setRegion((edges[number], edges[number + 1]))
            middle = (max(edges[number], -FURTHEST) + min(edges[number + 1], FURTHEST)) / 2
            self._words[number].setPos(middle, self._words[number].pos().y())
            self._words[number].setVisible(edges[number + 1] - edges[number] > 1.1)


def _tick(score: float) -> str:
    return f"{100 * score:g} %"
