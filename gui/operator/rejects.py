"""The strip of the last rejected parts; a click looks at one again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.look import Look
from gui.parts import SeenPart
from gui.texts import class_word, clock, verdict_word
from gui.widgets.basics import Translated, column, label
from gui.widgets.painting import draw_verdict, to_qimage
from inspector.types import RecordKind

MAX_REJECTS = 60

Index = QModelIndex | QPersistentModelIndex
PART_ROLE = Qt.ItemDataRole.UserRole
THUMBNAIL_ROLE = Qt.ItemDataRole.UserRole + 1


class RejectModel(QAbstractListModel):
    """Rejected parts, newest first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parts: list[SeenPart] = []
        self._pictures: dict[str, QImage] = {}

    @property
    def parts(self) -> Sequence[SeenPart]:
        """What is listed, newest first."""
        return self._parts

    def add(self, part: SeenPart) -> None:
        """Put a new reject first."""
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._parts.insert(0, part)
        self._remember_picture(part)
        self.endInsertRows()
        self._trim()

    def add_earlier(self, part: SeenPart) -> None:
        """Put a reject from the log last."""
        if len(self._parts) >= MAX_REJECTS or self.row_of(part.record.record_id) >= 0:
            return
        self.beginInsertRows(QModelIndex(), len(self._parts), len(self._parts))
        self._parts.append(part)
        self._remember_picture(part)
        self.endInsertRows()

    def update(self, part: SeenPart) -> None:
        """Show a part that is listed as it is now."""
        at = self.row_of(part.record.record_id)
        if at >= 0:
            self._parts[at] = part
            self._remember_picture(part)
            self.dataChanged.emit(self.index(at), self.index(at))

    def row_of(self, record_id: str) -> int:
        """Return the row of a record; -1 where it is not listed."""
        return next((i for i, part in enumerate(self._parts) if part.record.record_id == record_id), -1)

    def rowCount(self, parent: Index | None = None) -> int:
        """Qt's own hook."""
        return 0 if parent is not None and parent.isValid() else len(self._parts)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt's own hook."""
        part = self._parts[index.row()]
        decision = part.record.decision
        if role == PART_ROLE:
            return part
        if role == THUMBNAIL_ROLE:
            return self._pictures.get(part.record.record_id)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            what = class_word(decision.predicted_class) if decision.predicted_class else ""
            return f"{verdict_word(part.verdict)} {what} {clock(part.record.decided_time_ns)}"
        return None

    def _remember_picture(self, part: SeenPart) -> None:
        if part.thumbnail is not None and part.record.record_id not in self._pictures:
            self._pictures[part.record.record_id] = to_qimage(part.thumbnail)

    def _trim(self) -> None:
        if len(self._parts) > MAX_REJECTS:
            last = len(self._parts) - 1
            self.beginRemoveRows(QModelIndex(), last, last)
            gone = self._parts.pop()
            self._pictures.pop(gone.record.record_id, None)
            self.endRemoveRows()


class RejectCard(QStyledItemDelegate):
    """Paints one reject: picture, sign, class, time, and a mark when a person has spoken."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Qt's own hook."""
        return QSize(self._look.px(196), self._look.px(84))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt's own hook."""
        part: SeenPart = index.data(PART_ROLE)
        theme, px = self._look.theme, self._look.px
        rect, state = _rect_and_state(option)
        box = QRectF(rect).adjusted(3, 3, -3, -3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.setPen(QColor(theme.focus if chosen else theme.line))
        painter.setBrush(QColor(theme.pressed if chosen else theme.raised))
        painter.drawRoundedRect(box, px(6), px(6))
        side = box.height() - px(10)
        picture = QRectF(box.x() + px(5), box.y() + px(5), side, side)
        painter.fillRect(picture, QColor(theme.picture))
        image = index.data(THUMBNAIL_ROLE)
        if isinstance(image, QImage):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(_fitted(image, picture), image)
        self._paint_words(
            painter,
            part,
            QRectF(picture.right() + px(8), box.y(), box.right() - picture.right() - px(10), box.height()),
        )
        painter.restore()

    def _paint_words(self, painter: QPainter, part: SeenPart, room: QRectF) -> None:
        theme, px = self._look.theme, self._look.px
        decision = part.record.decision
        sign = px(20)
        draw_verdict(
            painter,
            part.verdict,
            QRectF(room.x(), room.y() + px(10), sign, sign),
            theme.signs[part.verdict],
            theme.raised,
        )
        lines = [
            (class_word(decision.predicted_class) or verdict_word(part.verdict), theme.ink),
            (clock(part.record.decided_time_ns), theme.muted),
        ]
        font = QFont(painter.font())
        font.setPixelSize(max(14, px(14)))
        painter.setFont(font)
        metrics = painter.fontMetrics()
        painter.setPen(QColor(theme.ink))
        word = metrics.elidedText(
            verdict_word(part.verdict), Qt.TextElideMode.ElideRight, round(room.width() - sign - px(6))
        )
        painter.drawText(
            QRectF(room.x() + sign + px(6), room.y() + px(10), room.width(), sign), Qt.AlignmentFlag.AlignVCenter, word
        )
        for place, (text, colour) in enumerate(lines):
            painter.setPen(QColor(colour))
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(room.width()))
            line = QRectF(room.x(), room.y() + px(33) + place * px(20), room.width(), px(20))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
        person = part.by_person
        if person is not None:
            mark = verdict_word(person.decision.verdict) if person.kind is RecordKind.OVERRIDE else ""
            self._paint_person(painter, person.kind, mark, room)

    def _paint_person(self, painter: QPainter, kind: RecordKind, mark: str, room: QRectF) -> None:
        """A tick for confirmed, an arrow with the new word for overridden, at the lower right."""
        theme, px = self._look.theme, self._look.px
        text = f"→ {mark}" if kind is RecordKind.OVERRIDE else "✓"
        painter.setPen(QColor(theme.focus))
        place = QRectF(room.x(), room.y() + px(53), room.width() - px(2), px(20))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)


class RejectStrip(Translated):
    """The last rejects with a caption; empty, it says what will come here.

    Attributes:
        chosen: The record id of the part that was clicked.
    """

    chosen = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.caption = label("muted")
        self.model = RejectModel(self)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(RejectCard(look, self.view))
        self.view.setFlow(QListView.Flow.LeftToRight)
        self.view.setWrapping(False)
        self.view.setUniformItemSizes(True)
        self.view.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setFixedHeight(look.px(90))
        self.view.clicked.connect(self._on_clicked)
        layout = column(self.caption, self.view, spacing=0, parent=self)
        layout.setContentsMargins(look.px(10), look.px(6), look.px(10), look.px(4))
        look.changed.connect(self.view.viewport().update)
        self.model.rowsInserted.connect(self.retranslate)
        self.retranslate()

    def select(self, record_id: str | None) -> None:
        """Mark the part that is looked at; None marks none."""
        at = -1 if record_id is None else self.model.row_of(record_id)
        if at < 0:
            self.view.clearSelection()
            return
        index = self.model.index(at)
        self.view.setCurrentIndex(index)
        self.view.scrollTo(index)

    def retranslate(self) -> None:
        """Write every text anew."""
        self.caption.setText(
            self.tr("Last rejects: click one to look again")
            if self.model.parts
            else self.tr("No rejects yet. Parts that fail, need review or could not be judged will stand here.")
        )
        self.view.viewport().update()

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        part: SeenPart = index.data(PART_ROLE)
        self.chosen.emit(part.record.record_id)


def _rect_and_state(option: QStyleOptionViewItem) -> tuple[QRect, QStyle.StateFlag]:
    rect: QRect = option.rect
    state: QStyle.StateFlag = option.state
    return rect, state


def _fitted(image: QImage, box: QRectF) -> QRectF:
    scale = min(box.width() / image.width(), box.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    return QRectF(box.center().x() - width / 2, box.center().y() - height / 2, width, height)
