"""The grid: only what is seen is painted, whatever the number of images; the cursor and the selection live here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from datasets.review.catalogue import Catalogue
from gui.look import Look
from gui.review.cells import GAP_PX, Cell, CellPainter
from gui.review.thumbnails import Thumbnails, Wish
from gui.texts import class_word

SIZES_PX = (84, 112, 150, 200, 264)
"""Sides of a thumbnail that zooming goes through, at scale 1."""
_AHEAD_ROWS = 2

Positions = NDArray[np.int64]


class Grid(QAbstractScrollArea):
    """Images of a catalogue in rows, under a cursor.

    Args:
        look: Theme and scale.
        catalogue: What is shown of each image; read anew at every painting.
        thumbnails: Where the pictures come from.
        suggestion: Returns the class suggested for a position and how surely (nan: nobody says); "" for none.

    Attributes:
        current_changed: Position in the catalogue of the image under the cursor; -1 for none.
        selection_changed: Other images are meant.
        opened: An image was double-clicked.
        blind: Labels and suggestions are not to be seen (second opinion).
    """

    current_changed = Signal(object)
    selection_changed = Signal()
    opened = Signal()

    def __init__(
        self,
        look: Look,
        catalogue: Catalogue,
        thumbnails: Thumbnails,
        suggestion: Callable[[int], tuple[str, float]],
    ) -> None:
        super().__init__()
        self._look, self._catalogue, self._thumbnails = look, catalogue, thumbnails
        self._suggestion = suggestion
        self.blind = False
        self.positions: Positions = np.empty(0, np.int64)
        self._selected = np.zeros(len(catalogue), np.bool_)
        self._row = -1
        self._anchor = -1
        self._size = 2
        self._painter = CellPainter(look)
        self._scrolled_down = True
        self._wishing = QTimer(self)
        self._wishing.setSingleShot(True)
        self._wishing.setInterval(0)
        self._wishing.timeout.connect(self._wish)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        thumbnails.arrived.connect(self.viewport().update)
        look.changed.connect(self._restyle)
        self._restyle()

    # What is shown

    def show_positions(self, positions: Positions, current: int = -1) -> None:
        """Show these images in this order; the cursor goes to the image `current`, else to the first."""
        self.positions = positions
        self._selected[:] = False
        self._anchor = -1
        self._painter.lines = 2 if self._has_suggestions() else 1
        at = np.flatnonzero(positions == current).tolist() if current >= 0 else []
        self._lay_out()
        self._row = -2  # so that whoever listens is told, also of the same image
        self.go_to(at[0] if at else 0)
        self.selection_changed.emit()

    def grow(self) -> None:
        """Take in images that were added to the catalogue."""
        more = len(self._catalogue) - len(self._selected)
        self._selected = np.append(self._selected, np.zeros(max(0, more), np.bool_))

    @property
    def current(self) -> int:
        """Position of the image under the cursor; -1 for none."""
        return int(self.positions[self._row]) if 0 <= self._row < len(self.positions) else -1

    @property
    def row(self) -> int:
        """Place of the cursor in what is shown."""
        return self._row

    @property
    def chosen(self) -> Positions:
        """The images that the next key means: the selected ones, else the one under the cursor."""
        inside = self.positions[self._selected[self.positions]] if len(self.positions) else self.positions
        if len(inside) or self.current < 0:
            return inside
        return np.array([self.current], np.int64)

    @property
    def selected_count(self) -> int:
        """How many images are selected."""
        return int(np.count_nonzero(self._selected))

    @property
    def columns(self) -> int:
        """Images in a row."""
        return max(1, (self.viewport().width() - self._margin) // self._painter.width)

    # Cursor and selection

    def go_to(self, row: int, *, extend: bool = False) -> None:
        """Move the cursor to a place (0 = first) within what is shown; `extend` selects everything on the way."""
        row = min(max(0, row), len(self.positions) - 1)
        if extend and row >= 0:
            self._extend(row)
        elif not extend:
            self._anchor = row
        if row != self._row:
            self._row = row
            self._show_row()
            self.current_changed.emit(self.current)
        self.viewport().update()

    def toggle_selected(self) -> None:
        """Select the image under the cursor, or let it go."""
        if self.current >= 0:
            self._selected[self.current] ^= True
            self._selection_moved()

    def select_all(self) -> None:
        """Select everything that is shown."""
        self._selected[:] = False
        self._selected[self.positions] = True
        self._selection_moved()

    def select(self, positions: Positions) -> None:
        """Select these images alone."""
        self._selected[:] = False
        self._selected[positions] = True
        self._selection_moved()

    def clear_selection(self) -> None:
        """Let every selected image go."""
        if self._selected.any():
            self._selected[:] = False
            self._selection_moved()

    def advance(self) -> None:
        """Go to the image after the last of those that were just decided on."""
        rows = np.flatnonzero(self._selected[self.positions]).tolist()
        last = rows[-1] if rows else self._row
        self.clear_selection()
        self.go_to(last + 1)

    def zoom(self, steps: int) -> None:
        """Make thumbnails larger (1) or smaller (-1)."""
        self._size = min(max(0, self._size + steps), len(SIZES_PX) - 1)
        self._restyle()

    def repaint_images(self) -> None:
        """Something was said of images: paint anew."""
        self.viewport().update()

    def _extend(self, row: int) -> None:
        start = self._anchor if self._anchor >= 0 else max(0, self._row)
        self._anchor = start
        first, last = min(start, row), max(start, row)
        self._selected[:] = False
        self._selected[self.positions[first : last + 1]] = True
        self._selection_moved()

    def _selection_moved(self) -> None:
        self.viewport().update()
        self.selection_changed.emit()

    # Layout

    @property
    def _margin(self) -> int:
        return self._look.px(GAP_PX)

    @Slot()
    def _restyle(self) -> None:
        self._painter.resize(self._look.px(SIZES_PX[self._size]), self.devicePixelRatioF())
        self._lay_out()
        self._show_row()
        self.viewport().update()

    def _lay_out(self) -> None:
        rows = -(-len(self.positions) // self.columns)
        height = rows * self._painter.height + self._margin
        page = self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, height - page))
        bar.setPageStep(max(1, page - self._painter.height))
        bar.setSingleStep(max(1, self._painter.height // 3))
        self._wishing.start()

    def _show_row(self) -> None:
        """Scroll just as far as the cursor's cell needs to be seen whole."""
        if self._row < 0:
            return
        top = (self._row // self.columns) * self._painter.height
        bar, page = self.verticalScrollBar(), self.viewport().height()
        if top < bar.value():
            bar.setValue(top)
        elif top + self._painter.height + self._margin > bar.value() + page:
            bar.setValue(top + self._painter.height + self._margin - page)

    @property
    def visible_range(self) -> tuple[int, int]:
        """The first place in sight and the one after the last."""
        top = self.verticalScrollBar().value()
        first = max(0, top - self._margin) // self._painter.height
        last = -(-(top + self.viewport().height()) // self._painter.height)
        return first * self.columns, min(len(self.positions), last * self.columns)

    @Slot()
    def _wish(self) -> None:
        first, last = self.visible_range
        ahead = _AHEAD_ROWS * self.columns
        more = range(last, min(len(self.positions), last + ahead))
        if not self._scrolled_down:
            more = range(first - 1, max(-1, first - 1 - ahead), -1)
        catalogue = self._catalogue
        wishes = []
        for row in (*range(first, last), *more):
            position = int(self.positions[row])
            if self._thumbnails.get(position) is None and not self._thumbnails.failed(position):
                wishes.append(Wish(position, catalogue.path(position), catalogue.sha256(position)))
        self._thumbnails.wish(self._painter.thumbnail_px, wishes)

    # Qt's own hooks

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), self._look.theme.window)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        first, last = self.visible_range
        columns, top = self.columns, self._margin - self.verticalScrollBar().value()
        for row in range(first, last):
            x = self._margin + (row % columns) * self._painter.width
            y = top + (row // columns) * self._painter.height
            self._painter.paint(painter, x, y, self._cell(row))
        painter.end()

    def _has_suggestions(self) -> bool:
        """Whether room for suggestions is needed; of the images of a queue, the first tell."""
        first = (self._suggestion(position)[0] for position in self.positions[:50].tolist())
        return not self.blind and (bool((self._catalogue.suggested >= 0).any()) or any(first))

    def _cell(self, row: int) -> Cell:
        position, catalogue = int(self.positions[row]), self._catalogue
        given, reviewed = catalogue.label_of(position), bool(catalogue.reviewed[position])
        suggested, confidence = ("", 0.0) if self.blind else self._suggestion(position)
        differs = bool(suggested) and suggested != given
        return Cell(
            image=self._thumbnails.get(position),
            broken=self._thumbnails.failed(position),
            label="" if self.blind else class_word(given),
            suggestion=_suggested_words(suggested, confidence) if differs else "",
            doubtful=differs and not reviewed,
            reviewed=reviewed and not self.blind,
            flagged=bool(catalogue.flagged[position]),
            skipped=bool(catalogue.skipped[position]),
            commented=bool(catalogue.commented[position]) and not self.blind,
            selected=bool(self._selected[position]),
            current=row == self._row,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's own hook: other columns; the cursor stays in sight."""
        super().resizeEvent(event)
        self._lay_out()
        self._show_row()

    def scrollContentsBy(self, _dx: int, dy: int) -> None:
        """Qt's own hook."""
        self._scrolled_down = dy <= 0
        self.viewport().update()
        self._wishing.start()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's own hook: scroll; with Ctrl, zoom."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            return
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's own hook: the cursor."""
        row = self._target(event.key())
        if row is None:
            event.ignore()
            return
        self.go_to(row, extend=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def _target(self, key: int) -> int | None:
        page = max(1, self.viewport().height() // self._painter.height) * self.columns
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns,
            Qt.Key.Key_Down: self.columns,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -len(self.positions),
            Qt.Key.Key_End: len(self.positions),
        }
        by = steps.get(Qt.Key(key))
        if by is None:
            return None
        if by == -self.columns and self._row < self.columns:
            return self._row
        return self._row + by

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: the cursor goes to the image; Ctrl selects it as well, Shift selects up to it."""
        row = self._row_at(event.position().toPoint())
        if row is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.go_to(row)
            self.toggle_selected()
        else:
            extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if not extend:
                self.clear_selection()
            self.go_to(row, extend=extend)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt's own hook: the image alone, large."""
        if self._row_at(event.position().toPoint()) is not None:
            self.opened.emit()

    def _row_at(self, at: QPoint) -> int | None:
        column = (at.x() - self._margin) // self._painter.width
        line = (at.y() - self._margin + self.verticalScrollBar().value()) // self._painter.height
        row = line * self.columns + column
        return row if 0 <= column < self.columns and 0 <= row < len(self.positions) else None


def _suggested_words(name: str, confidence: float) -> str:
    share = "" if np.isnan(confidence) else f" {confidence:.2f}"
    return f"→ {class_word(name)}{share}"
