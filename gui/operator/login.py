"""Log in at the station: name and password or PIN, or a badge held to the reader."""

from __future__ import annotations

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from gui.credentials import Credentials
from gui.look import Look
from gui.operator.sheet import Sheet
from gui.widgets.basics import button, label
from inspector.people.secrets import MIN_BADGE_LENGTH

SCAN_S = 0.1
"""A badge reader types its number and Enter within this time; nobody's fingers do."""


class ScanClock:
    """Tells a badge reader from a person by how fast a field is filled."""

    def __init__(self, field: QLineEdit) -> None:
        self._field = field
        self._began_s = 0.0
        field.textEdited.connect(self._on_edited)

    def scanned(self) -> str:
        """Return the number that was scanned just now; "" where a person typed."""
        text = self._field.text().strip()
        fast = time.monotonic() - self._began_s <= SCAN_S
        return text if fast and len(text) >= MIN_BADGE_LENGTH and text.isalnum() else ""

    def _on_edited(self, text: str) -> None:
        if len(text) == 1:
            self._began_s = time.monotonic()


class LoginSheet(Sheet):
    """Asks who is there. The station goes on inspecting meanwhile.

    Attributes:
        offered: `Credentials` to be checked.
    """

    offered = Signal(object)

    def __init__(self, look: Look, parent: QWidget, name: str) -> None:
        super().__init__(look, parent)
        self._words, self.trouble = label("", wrap=True), label("", wrap=True)
        self.name, self.secret = QLineEdit(name), QLineEdit()
        self.name.setMaxLength(128)
        self.secret.setMaxLength(128)
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self._scans = [ScanClock(self.name), ScanClock(self.secret)]
        self._checking = False
        self.enter_button = button(self.accept, role="primary", focus=False)
        for widget in (self._words, self.name, self.secret, self.trouble):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        self.foot.addStretch(1)
        self.foot.addWidget(self.enter_button)
        self.retranslate()

    def open_sheet(self) -> None:
        """Show it; typing goes to what is still to be given."""
        super().open_sheet()
        (self.secret if self.name.text() else self.name).setFocus()

    def accept(self) -> bool:
        """Offer what was typed or scanned."""
        badge = next((text for text in (scan.scanned() for scan in self._scans) if text), "")
        name, secret = self.name.text().strip(), self.secret.text()
        if self._checking:
            return True
        if badge:
            self.name.clear()
            self._offer(Credentials("", badge))
        elif name and secret:
            self._offer(Credentials(name, secret))
        else:
            (self.secret if name else self.name).setFocus()
        return True

    def refuse(self, why: str) -> None:
        """Say why nobody came in."""
        self._checking = False
        self.trouble.setText(why)
        self.secret.setFocus()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.title.setText(self.tr("Log in"))
        self.close_button.setText(self.tr("Close  Esc"))
        self._words.setText(
            self.tr("Hold your badge to the reader, or type your name and your password or PIN. Inspection goes on.")
        )
        self.name.setPlaceholderText(self.tr("Name"))
        self.secret.setPlaceholderText(self.tr("Password or PIN"))
        self.enter_button.setText(self.tr("Log in  ⏎"))

    def _offer(self, credentials: Credentials) -> None:
        self._checking = True
        self.secret.clear()
        self.trouble.setText(self.tr("Checking…"))
        self.offered.emit(credentials)
