"""Who works here: the name that stands in every confirmation and override."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from gui.look import Look
from gui.operator.sheet import Sheet
from gui.widgets.basics import button, label


class OperatorSheet(Sheet):
    """Asks for the operator's name.

    Attributes:
        named: The name.
    """

    named = Signal(str)

    def __init__(self, look: Look, parent: QWidget, name: str) -> None:
        super().__init__(look, parent)
        self._words = label("", wrap=True)
        self.name = QLineEdit(name)
        self.name.setMaxLength(60)
        self.set_button = button(self.accept, role="primary", focus=False)
        self.body.addWidget(self._words)
        self.body.addWidget(self.name)
        self.body.addStretch(1)
        self.foot.addStretch(1)
        self.foot.addWidget(self.set_button)
        self.retranslate()

    def open_sheet(self) -> None:
        """Show it; typing goes into the name at once."""
        super().open_sheet()
        self.name.setFocus()
        self.name.selectAll()

    def accept(self) -> bool:
        """Take the name."""
        name = self.name.text().strip()
        if name:
            self.named.emit(name)
            self.close_sheet()
        return True

    def retranslate(self) -> None:
        """Write every text anew."""
        self.title.setText(self.tr("Operator"))
        self.close_button.setText(self.tr("Close  Esc"))
        self._words.setText(self.tr("Your name stands in every confirmation and override that you record."))
        self.set_button.setText(self.tr("Take this name  ⏎"))
