"""Kappa of everybody with everybody as a table, each with its interval also drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from datasets.estimate import Estimate
from datasets.review.agreement import Pair
from gui.look import Look
from gui.texts import percent

_DRAWN = Qt.ItemDataRole.UserRole
_LOW, _HIGH = -0.25, 1.0
"""What the drawn scale shows: kappas below 0 say that chance alone would agree better."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: who, on how many images, how often the same, and kappa.

    `pair` is there where a table of classes stands behind it.
    """

    who: str
    images: int
    agreement: Estimate | None
    kappa: Estimate
    pair: Pair | None = None


class AgreementTable(QTableWidget):
    """The rows.

    Attributes:
        chosen: A `Pair` whose classes the person wants to see, or None.
    """

    chosen = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(0, 5)
        self._lines: Sequence[Line] = ()
        self.setItemDelegateForColumn(4, _Interval(look))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(max(44, look.px(44)))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        self.itemSelectionChanged.connect(self._on_selected)
        look.changed.connect(self.viewport().update)

    def show_lines(self, lines: Sequence[Line], headers: Sequence[str]) -> None:
        """Show rows under headers."""
        self._lines = lines
        self.setHorizontalHeaderLabels(list(headers))
        self.setRowCount(len(lines))
        for row, line in enumerate(lines):
            texts = (
                line.who,
                f"{line.images:,}",
                "" if line.agreement is None else _share(line.agreement),
                kappa_text(line.kappa),
                "",
            )
            for place, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setData(_DRAWN, line.kappa)
                item.setToolTip(text)
                self.setItem(row, place, item)

    @Slot()
    def _on_selected(self) -> None:
        row = self.currentRow()
        self.chosen.emit(self._lines[row].pair if 0 <= row < len(self._lines) else None)


class _Interval(QStyledItemDelegate):
    """Draws value and interval on a scale; the thin line is 0, where chance alone would agree as often."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Qt's own hook."""
        super().paint(painter, option, index)
        found = index.data(_DRAWN)
        box = QRectF(option.rect).adjusted(12, 0, -12, 0)
        theme, middle = self._look.theme, box.center().y()

        def at(value: float) -> float:
            share = (min(_HIGH, max(_LOW, value)) - _LOW) / (_HIGH - _LOW)
            return box.x() + share * box.width()

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for mark in (0.0, 1.0):
            painter.setPen(QPen(QColor(theme.line), 1))
            painter.drawLine(QPointF(at(mark), box.top()), QPointF(at(mark), box.bottom()))
        if found is not None and not math.isnan(found.value):
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            colour = QColor(theme.window if chosen else theme.focus)
            if not math.isnan(found.low):
                painter.setPen(QPen(colour, 3))
                painter.drawLine(QPointF(at(found.low), middle), QPointF(at(found.high), middle))
            painter.setPen(QPen(QColor(theme.surface), 1))
            painter.setBrush(colour)
            painter.drawEllipse(QPointF(at(found.value), middle), 6, 6)
        painter.restore()


def kappa_text(kappa: Estimate) -> str:
    """Return kappa with its interval, '0.82 (0.70 – 0.91)'; '–' where chance alone agrees always."""
    if math.isnan(kappa.value):
        return "–"
    if math.isnan(kappa.low):
        return f"{kappa.value:.2f}"
    return f"{kappa.value:.2f} ({kappa.low:.2f} – {kappa.high:.2f})"


def _share(found: Estimate) -> str:
    if math.isnan(found.value):
        return "–"
    return f"{percent(found.value)} ({percent(found.low)} – {percent(found.high)})"
