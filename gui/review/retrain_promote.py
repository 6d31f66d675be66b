"""Bringing a package into force: a person's name and reason, and two presses."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit

from gui.look import Look
from gui.widgets.basics import Translated, button, column, label, row


class PromoteForm(Translated):
    """Asks who and why; the first press says what will happen, the second does it.

    Attributes:
        wanted: Name, reason and password ("" on a PC without users).
    """

    wanted = Signal(str, str, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._armed, self._working, self._done = False, False, False
        self._title, self.words = label("head"), label("muted", wrap=True)
        self.who, self.why = QLineEdit(), QLineEdit()
        self.why.setMaxLength(300)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.hide()
        self.promote_button, self._back = button(self._on_pressed, role="primary"), button(self._disarm)
        lines = column(self._title, self.words, self.who, self.password, self.why, spacing=look.px(8), parent=self)
        lines.addLayout(row(self.promote_button, self._back, 1))
        lines.setContentsMargins(*[look.px(14)] * 4)
        for field in (self.who, self.why):
            field.textChanged.connect(self._disarm)
        self.retranslate()

    def reset(self) -> None:
        """Begin anew for another package."""
        self._armed = self._done = False
        self.why.clear()
        self.retranslate()

    def show_working(self, *, on: bool) -> None:
        """It is being brought into force."""
        self._working = on
        self._armed = False
        self.retranslate()

    def show_done(self) -> None:
        """It is in force."""
        self._done = True
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        self._title.setText(self.tr("Promote"))
        self.who.setPlaceholderText(self.tr("Who decides"))
        self.password.setPlaceholderText(self.tr("Password"))
        self.why.setPlaceholderText(self.tr("Why: for the audit trail"))
        self._back.setText(self.tr("Back"))
        if self._done:
            self.words.setText(self.tr("The package is in force. Stations take it over with their next part."))
        elif self._working:
            self.words.setText(self.tr("It is held against the champion once more, then brought into force …"))
        elif self._armed:
            self.words.setText(self.tr("Press once more: every part is judged by this package then."))
        else:
            self.words.setText(self.tr("A person decides, by name and with a reason, after reading the report."))
        self.promote_button.setText(self.tr("Yes, bring it into force") if self._armed else self.tr("Promote …"))
        given = bool(self.who.text().strip()) and bool(self.why.text().strip())
        self.promote_button.setEnabled(given and not self._working and not self._done)
        self._back.setVisible(self._armed)
        for field in (self.who, self.why):
            field.setEnabled(not self._working and not self._done)

    def _on_pressed(self) -> None:
        if self._armed:
            self.wanted.emit(self.who.text().strip(), self.why.text().strip(), self.password.text())
            self.password.clear()
            return
        self._armed = True
        self.retranslate()

    @Slot()
    def _disarm(self) -> None:
        self._armed = False
        self.retranslate()
