"""The class map: what people say against what the model suggests, and in which split; every cell opens its images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from datasets.items import SPLITS
from datasets.review.filters import Filter
from datasets.review.statistics import Stats
from gui.look import Look
from gui.texts import class_word, percent
from gui.widgets.basics import Translated, column, label

_Index = QModelIndex | QPersistentModelIndex
_STRONGEST = 0.55
"""How strongly the fullest cell of a row is coloured; letters stay readable on it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: how many images, of how many in its row's block, which ones, and whether people and model differ."""

    count: int
    of: int
    filter: Filter
    differs: bool


def cells(stats: Stats) -> list[list[Cell]]:
    """Return the cells per label: first by split, then by suggested class.

    Images without a suggestion have no column: nothing can be asked of them here.
    """
    table = []
    for row, name in enumerate(stats.classes):
        total = int(stats.by_split[row].sum())
        suggested = stats.suggested[row, :-1]
        splits = [
            Cell(int(count), total, Filter(classes=(name,), splits=(split,)), differs=False)
            for split, count in zip(SPLITS, stats.by_split[row], strict=True)
        ]
        columns = [
            Cell(int(count), int(suggested.sum()), Filter(classes=(name,), suggested=(other,)), other != name)
            for other, count in zip(stats.classes, suggested, strict=True)
            if other
        ]
        table.append([*splits, *columns])
    return table


class ClassMap(Translated):
    """The matrix.

    Attributes:
        wanted: A `Filter` whose images the person wants to see.
    """

    wanted = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._title, self._words = label("head"), label("muted", wrap=True)
        self.model = _Model(look)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setDefaultSectionSize(max(44, look.px(44)))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setMinimumSectionSize(look.px(88))
        self.table.horizontalHeader().setFixedHeight(look.px(56))
        self.table.clicked.connect(self._on_chosen)
        self.table.activated.connect(self._on_chosen)
        lines = column(self._title, self._words, self.table, spacing=look.px(6), parent=self)
        lines.setContentsMargins(*[look.px(6)] * 4)
        lines.setStretch(2, 1)
        look.changed.connect(self.table.viewport().update)
        self.retranslate()

    def show_stats(self, stats: Stats) -> None:
        """Show the figures of a data set."""
        self.model.show_stats(stats)
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        self._title.setText(self.tr("Classes"))
        if not self.model.suggests:
            self._words.setText(
                self.tr("Images by label and split; a click shows them. An audit adds what the model suggests.")
            )
        else:
            self._words.setText(
                self.tr(
                    "A row for each label: images by split, then by what the model suggests. Marked cells (≠) are where"
                    " both differ; a click shows the images."
                )
            )
        self.model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(0, self.model.columnCount() - 1))
        self.model.headerDataChanged.emit(Qt.Orientation.Vertical, 0, max(0, self.model.rowCount() - 1))

    @Slot(QModelIndex)
    def _on_chosen(self, index: QModelIndex) -> None:
        cell = self.model.cell(index)
        if cell is not None and cell.count:
            self.wanted.emit(cell.filter)


class _Model(QAbstractTableModel):
    """The cells as Qt wants them."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look
        self._stats: Stats | None = None
        self._cells: list[list[Cell]] = []
        self._names: Sequence[str] = ()

    @property
    def suggests(self) -> bool:
        """Whether a model has suggested anything."""
        return self._stats is not None and bool(self._stats.suggested[:, :-1].any())

    def show_stats(self, stats: Stats) -> None:
        """Show other figures."""
        self.beginResetModel()
        self._stats, self._names = stats, stats.classes
        self._cells = cells(stats)
        if not self.suggests:
            self._cells = [row[: len(SPLITS)] for row in self._cells]
        self.endResetModel()

    def cell(self, index: _Index) -> Cell | None:
        """Return a cell; None outside."""
        return self._cells[index.row()][index.column()] if index.isValid() else None

    def rowCount(self, parent: _Index | None = None) -> int:
        """Qt's own hook."""
        return 0 if parent is not None and parent.isValid() else len(self._cells)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Qt's own hook."""
        return 0 if (parent is not None and parent.isValid()) or not self._cells else len(self._cells[0])

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's own hook."""
        cell = self.cell(index)
        if cell is None:
            return None
        marked = cell.differs and cell.count > 0
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return f"{cell.count:,}{'  ≠' if marked else ''}" if cell.count else "·"
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignCenter
            case Qt.ItemDataRole.BackgroundRole:
                return self._ground(cell)
            case Qt.ItemDataRole.ForegroundRole:
                return QColor(self._look.theme.ink if cell.count else self._look.theme.muted)
            case Qt.ItemDataRole.FontRole if marked:
                font = QFont()
                font.setBold(True)
                return font
            case Qt.ItemDataRole.ToolTipRole if cell.count:
                share = percent(cell.count / cell.of)
                return self.tr("images: {count}, {share} of the row").format(count=f"{cell.count:,}", share=share)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt's own hook."""
        if role != Qt.ItemDataRole.DisplayRole or not self._names:
            return None
        if orientation == Qt.Orientation.Vertical:
            total = sum(cell.count for cell in self._cells[section][: len(SPLITS)])
            return f"{self._class(self._names[section])}  {total:,}  "
        if section < len(SPLITS):
            return split_word(SPLITS[section])
        return self.tr("suggested\n{name}").format(name=self._class(self._names[section - len(SPLITS)]))

    def _class(self, name: str) -> str:
        return class_word(name) if name else self.tr("no class yet")

    def _ground(self, cell: Cell) -> QColor | None:
        if not cell.count:
            return None
        theme = self._look.theme
        colour = QColor(theme.beyond if cell.differs else theme.focus)
        colour.setAlphaF(0.10 + (_STRONGEST - 0.10) * cell.count / cell.of)
        return colour


def split_word(split: str) -> str:
    """Return the word for a split."""
    words = {
        "train": QCoreApplication.translate("Splits", "train"),
        "validation": QCoreApplication.translate("Splits", "validation"),
        "test": QCoreApplication.translate("Splits", "test"),
    }
    return words[split]
