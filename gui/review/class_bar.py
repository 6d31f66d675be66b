"""The classes with their keys, each also a button."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton

from gui.look import Look
from gui.review.keys import CLASS_KEYS
from gui.texts import class_word
from gui.widgets.basics import Translated, button

_MOST_IN_A_ROW = 6


class ClassBar(Translated):
    """A button per class.

    Attributes:
        chosen: A class: its name.
    """

    chosen = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._classes: tuple[str, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(look.px(4))
        self.buttons: list[QPushButton] = []

    @property
    def classes(self) -> tuple[str, ...]:
        """What is offered, in the order of `CLASS_KEYS`."""
        return self._classes

    def offer(self, classes: Sequence[str]) -> None:
        """Offer these classes; those beyond the keys have none."""
        if tuple(classes) == self._classes:
            return
        self._classes = tuple(classes)
        for old in self.buttons:
            self._grid.removeWidget(old)
            old.deleteLater()
        self.buttons = []
        rows = max(1, -(-len(self._classes) // _MOST_IN_A_ROW))
        across = max(1, -(-len(self._classes) // rows))
        for place, name in enumerate(self._classes):
            made = button(partial(self.chosen.emit, name), role="choice", focus=False)
            made.setMinimumWidth(0)
            self._grid.addWidget(made, place // across, place % across)
            self.buttons.append(made)
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        for place, (name, made) in enumerate(zip(self._classes, self.buttons, strict=True)):
            key = CLASS_KEYS[place] if place < len(CLASS_KEYS) else ""
            made.setText(f"{key}  {class_word(name)}".strip())
