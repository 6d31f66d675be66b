"""The map of image features: alike images lie together, and a lasso chooses outliers, islands and strangers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gui.look import Look
from gui.operator.picture import ZOOM_STEP
from gui.review.class_marks import icon_of, mark_of
from gui.review.feature_map_canvas import MapCanvas
from gui.review.feature_map_points import Ints, Points, into_unit
from gui.texts import class_word
from gui.widgets.basics import Translated, button, column, label, row


class FeatureMap(Translated):
    """Points by class, a legend that hides and shows them, and a small picture of the point under the pointer.

    Attributes:
        selected: Positions of the chosen images, an integer array, in the order of the data; empty for none.
        hover: Position of the image under the pointer; -1 for none. Answer with `show_hover`.
    """

    selected = Signal(object)
    hover = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.canvas = MapCanvas(look)
        self._positions: Ints = np.zeros(0, np.int64)
        self._names: Sequence[str] = ()
        self._buttons: dict[int, QPushButton] = {}
        self._hover = _Hover(look, self.canvas)
        self._title, self._count = label("head"), label("muted", wrap=True)
        self._hint, self._empty = label("muted", wrap=True), label("reason", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._legend = QVBoxLayout()
        self._none = button(self.clear, focus=False)
        self._fit = button(self.canvas.zoom_fit, focus=False)
        self._lay_out()
        self.canvas.chosen_changed.connect(self._on_chosen)
        self.canvas.pointed.connect(self._on_pointed)
        look.changed.connect(self._restyle)
        self._show_empty()
        self.retranslate()

    @property
    def chosen(self) -> Ints:
        """Positions of the chosen images, in the order of the data."""
        return self._positions[self.canvas.chosen]

    def show_points(self, plane: NDArray[Any], codes: ArrayLike, names: Sequence[str], positions: ArrayLike) -> None:
        """Show a map.

        Args:
            plane: Where each image lies, (n, 2); any scale.
            codes: Class of each, (n,), into `names`; -1 where it has none yet.
            names: Class names.
            positions: What stands for each image in the signals, (n,).
        """
        self._names, self._positions = names, np.asarray(positions, np.int64)
        self.canvas.show_points(Points(into_unit(plane), np.asarray(codes, np.int32)))
        self._hover.hide()
        self._build_legend()
        self._show_empty()
        self.retranslate()

    def show_codes(self, codes: ArrayLike, names: Sequence[str]) -> None:
        """Show other classes for the same images, as after a label: view and choice stay.

        Args:
            codes: Class of each, (n,), into `names`; -1 where it has none yet.
            names: Class names; there may be new ones.
        """
        self._names = names
        view, chosen = self.canvas.view, self.canvas.chosen
        hidden = self.canvas.points.hidden
        points = Points(self.canvas.points.plane, np.asarray(codes, np.int32))
        points.hidden = hidden & set(points.counts)
        self.canvas.show_points(points)
        self.canvas.view, self.canvas.chosen = view, chosen
        self._build_legend()
        self.retranslate()

    def choose(self, positions: ArrayLike) -> None:
        """Choose images from outside; no signal is given."""
        self.canvas.choose(np.flatnonzero(np.isin(self._positions, np.asarray(positions))))
        self.retranslate()

    def clear(self) -> None:
        """Choose nothing."""
        self.canvas.choose(np.zeros(0, np.int64))
        self._on_chosen()

    def show_hover(self, position: int, picture: QImage | None, text: str) -> None:
        """Show a small picture and words beside a point, if the pointer is still there."""
        under = self.canvas.under
        if under >= 0 and int(self._positions[under]) == position:
            self._hover.tell(picture, text, self.canvas.place_of(under).toPoint())

    def zoom_in(self) -> None:
        """Zoom in."""
        self.canvas.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        """Zoom out."""
        self.canvas.zoom_by(1 / ZOOM_STEP)

    def zoom_fit(self) -> None:
        """Show the whole map."""
        self.canvas.zoom_fit()

    def retranslate(self) -> None:
        """Write every text anew."""
        self._title.setText(self.tr("Map"))
        self._none.setText(self.tr("Choose none"))
        self._fit.setText(self.tr("Whole map"))
        self._hint.setText(
            self.tr(
                "Alike images lie together. Draw around points to choose them; Shift adds, Ctrl takes away."
                " Wheel: zoom. Right button: move. A click on a class hides it."
            )
        )
        self._empty.setText(
            self.tr(
                "There is no map yet. F5 runs the audit: it computes the features of every image and lays them out."
            )
        )
        count = int(self.canvas.chosen.sum())
        self._count.setText(
            self.tr("{chosen} of {all} chosen").format(chosen=f"{count:,}", all=f"{len(self._positions):,}")
        )
        self._none.setEnabled(count > 0)
        for code, made in self._buttons.items():
            name = class_word(self._names[code]) if code >= 0 else self.tr("no class yet")
            made.setText(f"{name}   {self.canvas.points.counts[code]:,}")
            made.setChecked(code not in self.canvas.points.hidden)

    @Slot()
    def _on_chosen(self) -> None:
        self.retranslate()
        self.selected.emit(self.chosen)

    @Slot(object)
    def _on_pointed(self, number: int) -> None:
        self._hover.hide()
        self.hover.emit(int(self._positions[number]) if number >= 0 else -1)

    @Slot()
    def _restyle(self) -> None:
        for code, made in self._buttons.items():
            made.setIcon(icon_of(mark_of(code, self._look.theme), self._look.px(15)))

    def _toggle(self, code: int) -> None:
        self.canvas.points.hidden ^= {code}
        self.canvas.redraw()
        self.retranslate()

    def _build_legend(self) -> None:
        for made in self._buttons.values():
            self._legend.removeWidget(made)
            made.deleteLater()
        self._buttons = {code: self._legend_button(code) for code in sorted(self.canvas.points.counts)}
        for place, made in enumerate(self._buttons.values()):
            self._legend.insertWidget(place, made)
        self._restyle()

    def _legend_button(self, code: int) -> QPushButton:
        made = button(lambda: self._toggle(code), role="flat", focus=False)
        made.setCheckable(True)
        made.setIconSize(QSize(self._look.px(15), self._look.px(15)))
        made.setProperty("role", "choice")
        return made

    def _show_empty(self) -> None:
        nothing = len(self._positions) == 0
        self._empty.setVisible(nothing)
        for item in (self.canvas, self._hint, self._count, self._none, self._fit):
            item.setVisible(not nothing)

    def _lay_out(self) -> None:
        px = self._look.px
        side, inside, scroll = QWidget(), QWidget(), QScrollArea()
        side.setFixedWidth(px(230))
        self._legend.setContentsMargins(0, 0, 0, 0)
        self._legend.setSpacing(px(4))
        self._legend.addStretch(1)
        inside.setLayout(self._legend)
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        lines = column(self._title, self._hint, scroll, self._count, spacing=px(6), parent=side)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setStretch(2, 1)
        lines.addWidget(self._none)
        lines.addWidget(self._fit)
        self._empty.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        whole = row(side, self.canvas, self._empty, spacing=px(8), parent=self)
        whole.setContentsMargins(px(6), px(6), px(6), px(6))
        whole.setStretch(1, 1)
        whole.setStretch(2, 1)


class _Hover(QWidget):
    """The small picture beside the pointer; the pointer goes through it."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._over = look, parent
        self.setObjectName("sheet")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.picture, self.words = label(), label("muted")
        lines = column(self.picture, self.words, spacing=look.px(2), parent=self)
        lines.setContentsMargins(*[look.px(6)] * 4)
        self.hide()

    def tell(self, picture: QImage | None, text: str, at: QPoint) -> None:
        """Show it beside a place, inside the map."""
        self.picture.setVisible(picture is not None)
        if picture is not None:
            self.picture.setPixmap(QPixmap.fromImage(picture))
        self.words.setText(text)
        self.adjustSize()
        away, room = self._look.px(18), self._over.size()
        right = at.x() + away + self.width() <= room.width()
        below = at.y() + away + self.height() <= room.height()
        x = at.x() + away if right else at.x() - away - self.width()
        y = at.y() + away if below else at.y() - away - self.height()
        self.move(max(0, x), max(0, y))
        self.show()
        self.raise_()
