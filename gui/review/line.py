"""A line to type in, amid a page whose letters are keys: while it has the keyboard, every key is its own."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

_PAGE_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


class Line(QLineEdit):
    """Takes Enter, Esc and the arrows before the page's shortcuts do.

    Attributes:
        escaped: Esc or Down was pressed: back to the images.
    """

    escaped = Signal()

    def event(self, event: QEvent) -> bool:
        """Qt's own hook."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's own hook."""
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down):
            self.escaped.emit()
            return
        super().keyPressEvent(event)


def _own(event: QKeyEvent) -> bool:
    return not event.modifiers() & _PAGE_MODIFIERS and event.key() < Qt.Key.Key_F1
