"""Today's counts, and the reject share of the last hours."""

from __future__ import annotations

import time

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy

from gui.look import Look
from gui.operator.trend import TrendChart
from gui.tally import Tally
from gui.texts import percent
from gui.widgets.basics import Translated, label
from inspector.types import Verdict


class Counters(Translated):
    """Five figures and a chart."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._tally = Tally()
        self._chart_from, self._figures_height = look.px(148), look.px(84)
        self.chart = TrendChart(look)
        self._caption = label("muted")
        self.figures = [label("figure") for _ in range(5)]
        self._names = [label("muted") for _ in range(5)]
        grid = QGridLayout(self)
        grid.setContentsMargins(*[look.px(12)] * 4)
        grid.setVerticalSpacing(look.px(2))
        for place, (figure, name) in enumerate(zip(self.figures, self._names, strict=True)):
            grid.addWidget(figure, 0, place, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(name, 1, place, Qt.AlignmentFlag.AlignLeft)
            grid.setColumnStretch(place, 1)
        grid.addWidget(self._caption, 2, 0, 1, 5)
        grid.addWidget(self.chart.widget, 3, 0, 1, 5)
        grid.setRowStretch(3, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's own hook: under a fault band on a low screen the chart makes room for the verdict."""
        super().resizeEvent(event)
        self.chart.widget.setVisible(event.size().height() >= self._chart_from)
        self._caption.setVisible(event.size().height() >= self._chart_from)

    def sizeHint(self) -> QSize:
        """Qt's own hook."""
        return QSize(super().sizeHint().width(), self._chart_from)

    def minimumSizeHint(self) -> QSize:
        """Qt's own hook."""
        return QSize(super().minimumSizeHint().width(), self._figures_height)

    def show_tally(self, tally: Tally) -> None:
        """Show the counts and the trend as they stand now."""
        self._tally = tally
        locale = QLocale()
        counts = tally.today
        share = tally.pass_share
        texts = (
            locale.toString(tally.parts),
            "–" if share is None else percent(share),
            *(locale.toString(counts[v]) for v in (Verdict.FAIL, Verdict.REVIEW, Verdict.ERROR)),
        )
        for figure, text in zip(self.figures, texts, strict=True):
            figure.setText(text)
        self.chart.show_bars(tally.bars(time.time_ns()))

    def retranslate(self) -> None:
        """Write every text anew."""
        names = (self.tr("parts today"), self.tr("passed"), self.tr("fail"), self.tr("review"), self.tr("error"))
        for name, text in zip(self._names, names, strict=True):
            name.setText(text)
        self._caption.setText(self.tr("Reject share, with its 3σ limit"))
        self.show_tally(self._tally)
