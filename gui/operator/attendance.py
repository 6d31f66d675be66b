"""Who is at the station window: logs in and out, is locked when idle, and is told what they may not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from gui.credentials import Credentials
from gui.operator.login import LoginSheet
from gui.operator.who import OperatorSheet
from gui.texts import role_word
from inspector.errors import InspectorError, NotAllowedError
from inspector.people import Action, require
from inspector.types import Person

if TYPE_CHECKING:
    from gui.operator.page import OperatorPage

LOOK_EVERY_MS = 1000


class Attendance(QObject):
    """Keeps the header and the presence of a page in step. The line never waits for it.

    Args:
        page: The page that it belongs to.
    """

    def __init__(self, page: OperatorPage) -> None:
        super().__init__(page)
        self._page = page
        self.presence = page.session.presence
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._on_look)
        self._timer.start()

    @property
    def name(self) -> str:
        """Whose name stands in the record; "" where somebody would have to log in first."""
        return self.presence.person.name

    def may(self, action: Action) -> bool:
        """Return whether who is here may; where not, say why, and ask who is there."""
        self.presence.touch()
        try:
            require(self.presence.person, action)
        except NotAllowedError as error:
            self._page.toast.tell(str(error))
            if not self.presence.person.name:
                self.ask()
            return False
        except InspectorError as error:
            self._page.toast.tell(str(error))
            return False
        return True

    def ask(self) -> None:
        """Ask who is there: a login on a PC with users, else a name. Who was logged in leaves."""
        page = self._page
        if not self.presence.needs_login:
            named = OperatorSheet(page.look, page.left, self.name)
            named.named.connect(self._on_named)
            page.desk.open_sheet(named)
            return
        left = self.presence.leave()
        self.show()
        sheet = LoginSheet(page.look, page.left, left.name if left else "")
        sheet.offered.connect(lambda credentials: self._check(sheet, credentials))
        page.desk.open_sheet(sheet)

    def show(self) -> None:
        """Show in the header who is here."""
        person = self.presence.person
        self._page.header.show_operator(person.name, login=self.presence.needs_login)

    @Slot()
    def touch(self) -> None:
        """Somebody used the window."""
        self.presence.touch()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _check(self, sheet: LoginSheet, credentials: Credentials) -> None:
        self._page.session.log_in(
            credentials, lambda person: self._on_entered(sheet, person), lambda error: self._on_refused(sheet, error)
        )

    def _on_entered(self, sheet: LoginSheet, person: Person) -> None:
        self.presence.enter(person)
        self.show()
        if self._page.desk.sheet is sheet:
            sheet.close_sheet()
        if person.role is not None:
            text = self.tr("{name} is logged in as {role}.")
            self._page.toast.tell(text.format(name=person.name, role=role_word(person.role)))

    def _on_refused(self, sheet: LoginSheet, error: Exception) -> None:
        if self._page.desk.sheet is sheet:
            sheet.refuse(str(error))

    @Slot(str)
    def _on_named(self, name: str) -> None:
        self.presence.call(name)
        self._page.memory.set_text("operator", name)
        self.show()

    @Slot()
    def _on_look(self) -> None:
        """The clock decides, not a key: the rights end on time, and inspection goes on."""
        left = self.presence.lock_when_idle()
        if left is not None:
            self.show()
            self._page.toast.tell(
                self.tr("{name} was idle and is logged out. Inspection goes on.").format(name=left.name)
            )
