"""The keys sheet (F1): every action and its key."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QWidget

from gui.actions import ACTIONS, ActionSpec
from gui.look import Look
from gui.operator.sheet import Sheet
from gui.widgets.basics import label


class KeysSheet(Sheet):
    """Lists what the keyboard does."""

    def __init__(self, look: Look, parent: QWidget, specs: Sequence[ActionSpec] = ACTIONS) -> None:
        super().__init__(look, parent)
        self._specs = specs
        grid = QGridLayout()
        grid.setHorizontalSpacing(look.px(18))
        grid.setVerticalSpacing(look.px(5))
        self._words = [label() for _ in specs]
        rows = (len(specs) + 1) // 2
        for place, (spec, words) in enumerate(zip(specs, self._words, strict=True)):
            key = label("key", spec.shown_key)
            grid.addWidget(key, place % rows, 2 * (place // rows))
            grid.addWidget(words, place % rows, 2 * (place // rows) + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        self.body.addLayout(grid)
        self.body.addStretch(1)
        self.retranslate()

    def accept(self) -> bool:
        """Enter closes."""
        self.close_sheet()
        return True

    def retranslate(self) -> None:
        """Write every text anew."""
        self.title.setText(self.tr("Keys"))
        self.close_button.setText(self.tr("Close  Esc"))
        for spec, words in zip(self._specs, self._words, strict=True):
            words.setText(spec.text)
