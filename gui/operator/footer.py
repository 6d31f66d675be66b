"""The line at the bottom: the most used keys, each of them also a button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSizePolicy

from gui.actions import ACTIONS, ActionSpec
from gui.look import Look
from gui.widgets.basics import Translated, button, row


class Footer(Translated):
    """Buttons of the actions that the footer offers."""

    def __init__(self, look: Look, actions: dict[str, QAction], specs: Sequence[ActionSpec] = ACTIONS) -> None:
        super().__init__()
        self.setObjectName("footer")
        self._specs = [spec for spec in specs if spec.footer]
        self.buttons = {spec.name: button(actions[spec.name].trigger, role="flat", focus=False) for spec in self._specs}
        layout = row(*self.buttons.values(), 1, spacing=0, parent=self)
        layout.setContentsMargins(look.px(6), 1, look.px(6), 1)
        self._running = False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def show_running(self, *, running: bool) -> None:
        """Let F5 say what it does now."""
        self._running = running
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        for spec in self._specs:
            text = spec.text
            if spec.name == "start_stop":
                text = self.tr("Stop") if self._running else self.tr("Start")
            self.buttons[spec.name].setText(f"{spec.shown_key}  {text}")
