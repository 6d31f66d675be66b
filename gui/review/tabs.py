"""The pages of the review window, and a row of buttons to choose one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QStackedWidget, QWidget

from gui.look import Look
from gui.texts import translate
from gui.widgets.basics import Translated, button, row


class Tabs(Translated):
    """Chooses one of several pages.

    Args:
        look: Scale.
        pages: By their English names, which are translated in the context `Tabs`.

    Attributes:
        stack: Where the pages stand.
        shown: Another page is on view: its name.
    """

    shown = Signal(str)

    def __init__(self, look: Look, pages: dict[str, QWidget]) -> None:
        super().__init__()
        self._pages = pages
        self.stack = QStackedWidget()
        for page in pages.values():
            self.stack.addWidget(page)
        self._group = QButtonGroup(self)
        self.buttons = {name: button(partial(self.show_tab, name), role="choice", focus=False) for name in pages}
        for made in self.buttons.values():
            made.setCheckable(True)
            self._group.addButton(made)
        row(*self.buttons.values(), spacing=look.px(4), parent=self).setContentsMargins(0, 0, 0, 0)
        self.name, self._room = "", look.px(36)
        self.retranslate()

    def show_tab(self, name: str) -> None:
        """Show a page."""
        self.name = name
        self.buttons[name].setChecked(True)
        self.stack.setCurrentWidget(self._pages[name])
        self._pages[name].setFocus()
        self.shown.emit(name)

    def show_next(self) -> None:
        """Show the page after the one on view."""
        names = list(self._pages)
        self.show_tab(names[(names.index(self.name) + 1) % len(names)])

    def retranslate(self) -> None:
        """Write every text anew."""
        for name, made in self.buttons.items():
            made.setText(translate("Tabs", name))
            bold = QFont(made.font())
            bold.setWeight(QFont.Weight.Bold)  # the one on view is written bold: its button must not grow
            made.setMinimumWidth(QFontMetrics(bold).horizontalAdvance(made.text()) + self._room)
