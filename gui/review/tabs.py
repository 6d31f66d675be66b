"""The pages of the review window, each made when it is first looked at, and a row of buttons to choose one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        pages: What makes them, by their English names, which are translated in the context `Tabs`.

    Attributes:
        stack: Where the pages stand.
        made: Those that were looked at.
        shown: Another page is on view: its name.
    """

    shown = Signal(str)

    def __init__(self, look: Look, pages: Mapping[str, Callable[[], QWidget]]) -> None:
        super().__init__()
        self._pages = pages
        self.stack = QStackedWidget()
        self.made: dict[str, QWidget] = {}
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
        if name not in self.made:
            self.made[name] = self._pages[name]()
            self.stack.addWidget(self.made[name])
        self.name = name
        self.buttons[name].setChecked(True)
        self.stack.setCurrentWidget(self.made[name])
        self.made[name].setFocus()
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
