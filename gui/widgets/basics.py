"""Small building blocks of every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QBoxLayout, QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

L = TypeVar("L", bound=QBoxLayout)


class Translated(QFrame):
    """A widget that writes its texts in `retranslate`, and again whenever the language changes.

    A subclass calls `retranslate` at the end of its constructor.
    """

    def retranslate(self) -> None:
        """Write every text of this widget in the window's language."""
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:
        """Qt's own hook."""
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def label(rank: str = "", text: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label; `rank` is `title`, `head`, `figure`, `reason`, `muted` or "" for plain text."""
    made = QLabel(text)
    made.setProperty("rank", rank)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    return made


def button(on_click: Callable[[], object], *, role: str = "", focus: bool = True, text: str = "") -> QPushButton:
    """Return a push button; `role` is `primary`, `flat`, `choice` or "".

    On the operator's page buttons take no focus: there Space triggers a part, and must never press a button that was
    touched before.
    """
    made = QPushButton(text)
    made.setProperty("role", role)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus if focus else Qt.FocusPolicy.NoFocus)
    made.clicked.connect(lambda _checked: on_click())
    return made


class ChoiceBox(QComboBox):
    """A combo box whose arrow is painted: a style sheet takes the native one away."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's own hook."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 2))
        x, y = self.width() - 22, self.height() / 2
        painter.drawPolyline([QPointF(x - 6, y - 3), QPointF(x, y + 3), QPointF(x + 6, y - 3)])


def row(*items: QWidget | int, spacing: int = 8, parent: QWidget | None = None) -> QHBoxLayout:
    """Return a horizontal layout; a number among `items` is a stretch."""
    return _filled(QHBoxLayout(parent) if parent is not None else QHBoxLayout(), items, spacing)


def column(*items: QWidget | int, spacing: int = 8, parent: QWidget | None = None) -> QVBoxLayout:
    """Return a vertical layout; a number among `items` is a stretch."""
    return _filled(QVBoxLayout(parent) if parent is not None else QVBoxLayout(), items, spacing)


def _filled(layout: L, items: tuple[QWidget | int, ...], spacing: int) -> L:
    layout.setSpacing(spacing)
    for item in items:
        if isinstance(item, int):
            layout.addStretch(item)
        else:
            layout.addWidget(item)
    return layout


def elide_middle(text: str, longest: int) -> str:
    """Return `text` with its middle left out where it is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
