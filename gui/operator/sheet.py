"""A sheet over the picture: the station goes on, and the live verdict beside it stays in sight."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gui.look import Look
from gui.widgets.basics import Translated, button, column, label, row


class Sheet(Translated):
    """Base of the sheets: a title, a body, a close button; it fills its parent.

    Attributes:
        closed: The sheet went away.
    """

    closed = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("sheet")
        self.look = look
        self.title = label("head")
        self.close_button = button(self.close_sheet, role="flat", focus=False)
        self.body = QVBoxLayout()
        self.body.setSpacing(look.px(10))
        head = row(self.title, 1, self.close_button)
        inside = QWidget()
        inside.setLayout(self.body)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.foot = row()
        layout = column(parent=self, spacing=look.px(8))
        layout.setContentsMargins(look.px(20), look.px(12), look.px(20), look.px(16))
        layout.addLayout(head)
        layout.addWidget(scroll, 1)
        layout.addLayout(self.foot)
        parent.installEventFilter(self)
        self._fit()

    def open_sheet(self) -> None:
        """Show it and give it the keyboard."""
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def accept(self) -> bool:
        """Enter was pressed. Returns whether the sheet had a use for it."""
        return False

    def close_sheet(self) -> None:
        """Take it away for good."""
        self._over.removeEventFilter(self)
        self.hide()
        self.deleteLater()
        self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's own hook: follow the parent's size."""
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        self.setGeometry(self._over.rect())
