"""How many parts of each kind fall into a band, with exact intervals: one card per band."""

from __future__ import annotations

import math

from PySide6.QtCore import QLocale, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from gui.look import Look
from gui.texts import rate, verdict_word
from gui.widgets.basics import Translated, label
from gui.widgets.painting import draw_verdict
from inspector.decisions.risk import Share
from inspector.types import Verdict


class BandCard(Translated):
    """The band's sign and word, then good and defective parts in it: count, share and 95 % interval."""

    def __init__(self, look: Look, verdict: Verdict) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._verdict = verdict
        self._counts: tuple[tuple[int, Share], ...] = ()
        self._word = label("head")
        self._names = [label("muted"), label("muted")]
        self.counts = [label("figure"), label("figure")]
        self.shares = [label(), label()]
        grid = QGridLayout(self)
        grid.setContentsMargins(look.px(8), look.px(8), look.px(10), look.px(8))
        grid.setHorizontalSpacing(look.px(9))
        grid.setVerticalSpacing(0)
        grid.addWidget(_BandSign(look, verdict), 0, 0)
        grid.addWidget(self._word, 0, 1, 1, 2)
        for number in range(2):
            grid.addWidget(self.counts[number], 1 + number, 0, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(self._names[number], 1 + number, 1)
            grid.addWidget(self.shares[number], 1 + number, 2, Qt.AlignmentFlag.AlignRight)
        grid.setColumnMinimumWidth(0, look.px(48))
        grid.setColumnStretch(2, 1)
        self.retranslate()

    def show_counts(self, good: tuple[int, Share], defective: tuple[int, Share]) -> None:
        """Show count and share of the good and of the defective parts."""
        self._counts = (good, defective)
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        self._word.setText(verdict_word(self._verdict))
        names = [self.tr("good"), self.tr("defective")]
        if self._verdict is Verdict.PASS:
            names[1] = self.tr("defective: escapes")
        if self._verdict is Verdict.FAIL:
            names[0] = self.tr("good: overkill")
        for item, name in zip(self._names, names, strict=True):
            item.setText(name)
        for number, (count, share) in enumerate(self._counts):
            self.counts[number].setText(QLocale().toString(count))
            self.shares[number].setText(_short_share_text(share))
            words = self.tr("share of its kind, with its exact 95 % interval")
            self.shares[number].setToolTip(f"{_share_text(share)}: {words}")


class _BandSign(QWidget):
    def __init__(self, look: Look, verdict: Verdict) -> None:
        super().__init__()
        self._look, self._verdict = look, verdict
        self.setFixedSize(QSize(look.px(30), look.px(30)))
        look.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        theme = self._look.theme
        box = QRectF(self.rect()).adjusted(3, 3, -3, -3)
        draw_verdict(QPainter(self), self._verdict, box, theme.signs[self._verdict], theme.surface)


def _share_text(share: Share) -> str:
    if share.value != share.value:  # nan: no parts of this kind
        return "–"
    low, high = (text.removesuffix(" %") for text in (rate(share.low), rate(share.high, upward=True)))
    return f"{rate(share.value)} ({low}–{high})"


def _short_share_text(share: Share) -> str:
    """With the interval's ends in whole per cent, rounded outward; tenths below 10 %."""
    if share.value != share.value:
        return "–"
    ends = (100 * share.low, 100 * share.high)
    tenths = ends[1] < 10
    factor = 10 if tenths else 1
    low, high = math.floor(ends[0] * factor + 1e-9) / factor, math.ceil(ends[1] * factor - 1e-9) / factor
    return f"{rate(share.value)} ({low:g}–{high:g})"
