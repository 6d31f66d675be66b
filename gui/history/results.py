"""The list of what was found: only what is looked at is read, a page at a time, away from the Qt thread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPixmap

from gui.look import Look
from gui.texts import QT_TRANSLATE_NOOP, class_word, translate, verdict_word
from gui.widgets.painting import draw_verdict
from inspector.log.query import Query
from inspector.types import Record, RecordKind, Verdict

PAGE = 100
MOST_ROWS = 10_000
"""Nobody scrolls further: a narrower search finds more."""
RECORD_ROLE = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex
Fetch = Callable[[Query, Callable[[list[Record]], None], Callable[[Exception], None]], None]
"""Reads a page somewhere else, then calls the one or the other in the Qt thread."""

_COLUMNS = (
    QT_TRANSLATE_NOOP("Results", "Decided"),
    QT_TRANSLATE_NOOP("Results", "Part"),
    QT_TRANSLATE_NOOP("Results", "Verdict"),
    QT_TRANSLATE_NOOP("Results", "Found"),
)


class ResultModel(QAbstractTableModel):
    """Records that meet a query, newest first; further pages are read when the list is scrolled to its end.

    Args:
        look: Colours of the signs.
        fetch: Reads pages.
        parent: Qt's owner.

    Attributes:
        answered: A page has come.
        failed: It could not be read: the error.
    """

    answered = Signal()
    failed = Signal(object)

    def __init__(self, look: Look, fetch: Fetch, parent: QObject) -> None:
        super().__init__(parent)
        self._look, self._fetch = look, fetch
        self._records: list[Record] = []
        self._query = Query(limit=PAGE)
        self._asked = 0
        self.complete, self.waiting = True, False
        self._signs: dict[Verdict, QPixmap] = {}
        look.changed.connect(self._signs.clear)

    @property
    def records(self) -> Sequence[Record]:
        """What has been read so far."""
        return self._records

    def ask(self, query: Query) -> None:
        """Forget the list and search anew; an answer to an earlier question is not taken any more."""
        self._query = replace(query, limit=PAGE, before=None)
        self._asked += 1
        self.beginResetModel()
        self._records, self.complete = [], False
        self.endResetModel()
        self._ask_next()

    def canFetchMore(self, _parent: Index) -> bool:
        """Qt's own hook: whether the end of the list is not the end."""
        return not self.complete and not self.waiting and len(self._records) < MOST_ROWS

    def fetchMore(self, parent: Index) -> None:
        """Qt's own hook: the list was scrolled to its end."""
        if self.canFetchMore(parent) and self._records:
            self._ask_next()

    def _ask_next(self) -> None:
        asked = self._asked
        last = self._records[-1].sequence if self._records else None
        self.waiting = True
        self._fetch(
            replace(self._query, before=last),
            lambda page: self._take(asked, page),
            lambda error: self._fail(asked, error),
        )

    def _take(self, asked: int, page: list[Record]) -> None:
        if asked != self._asked:
            return
        self.waiting, self.complete = False, len(page) < PAGE
        if page:
            at = len(self._records)
            self.beginInsertRows(QModelIndex(), at, at + len(page) - 1)
            self._records += page
            self.endInsertRows()
        self.answered.emit()

    def _fail(self, asked: int, error: Exception) -> None:
        if asked == self._asked:
            self.waiting, self.complete = False, True
            self.failed.emit(error)

    def rowCount(self, parent: Index | None = None) -> int:
        """Qt's own hook."""
        return 0 if parent is not None and parent.isValid() else len(self._records)

    def columnCount(self, parent: Index | None = None) -> int:
        """Qt's own hook."""
        return 0 if parent is not None and parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt's own hook."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return translate("Results", _COLUMNS[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt's own hook."""
        record = self._records[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _texts(record)[index.column()]
            case Qt.ItemDataRole.DecorationRole if index.column() == 2:
                return self._sign(record.decision.verdict)
            case Qt.ItemDataRole.ToolTipRole:
                return record.decision.reason
            case Qt.ItemDataRole.AccessibleTextRole:
                return " ".join(_texts(record))
        return record if role == RECORD_ROLE else None

    def _sign(self, verdict: Verdict) -> QPixmap:
        if verdict not in self._signs:
            side = self._look.px(18)
            pixmap = QPixmap(side, side)
            pixmap.fill(QColor(0, 0, 0, 0))
            painter = QPainter(pixmap)
            theme = self._look.theme
            draw_verdict(
                painter, verdict, pixmap.rect().adjusted(1, 1, -1, -1).toRectF(), theme.signs[verdict], theme.raised
            )
            painter.end()
            self._signs[verdict] = pixmap
        return self._signs[verdict]


def _texts(record: Record) -> tuple[str, str, str, str]:
    return moment(record.decided_time_ns)[:-3], record.part_id, verdict_word(record.decision.verdict), _found(record)


def _found(record: Record) -> str:
    """Return what was found of a part, or what was said of it by whom."""
    decision = record.decision
    if record.kind not in (RecordKind.INSPECTION, RecordKind.CHALLENGE):
        return f"{kind_word(record.kind)}  {record.who}".strip()
    what = class_word(decision.predicted_class) if decision.predicted_class else decision.reason
    return what if record.kind is RecordKind.INSPECTION else f"{what}  ({kind_word(record.kind)})"


def kind_word(kind: RecordKind) -> str:
    """Return what a record is, for people."""
    words = {
        RecordKind.INSPECTION: QCoreApplication.translate("Results", "inspection"),
        RecordKind.CONFIRM: QCoreApplication.translate("Results", "confirmed by"),
        RecordKind.OVERRIDE: QCoreApplication.translate("Results", "overridden by"),
        RecordKind.CORRECTION: QCoreApplication.translate("Results", "corrected by"),
        RecordKind.LABEL: QCoreApplication.translate("Results", "labelled by"),
        RecordKind.CHALLENGE: QCoreApplication.translate("Results", "challenge"),
        RecordKind.SHADOW: QCoreApplication.translate("Results", "shadow"),
    }
    return words[kind]


def moment(time_ns: int) -> str:
    """Return local date and time of a Unix time in nanoseconds."""
    return dt.datetime.fromtimestamp(time_ns / 1e9).astimezone().strftime("%Y-%m-%d %H:%M:%S")
