"""Every action of the station window as data: key, words, and the page's method that does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from gui.texts import QT_TRANSLATE_NOOP, translate


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    Attributes:
        name: Method of the page that does it.
        words: What it does, in English; translated in the context `Actions`.
        keys: Key sequences, the first is shown.
        shown_key: How the first key is written for people.
        footer: Whether the footer offers it.
    """

    name: str
    words: str
    keys: tuple[str, ...]
    shown_key: str
    footer: bool = False

    @property
    def text(self) -> str:
        """What it does, in the window's language."""
        return translate("Actions", self.words)


ACTIONS = (
    ActionSpec("start_stop", QT_TRANSLATE_NOOP("Actions", "Start / stop"), ("F5",), "F5", footer=True),
    ActionSpec("trigger", QT_TRANSLATE_NOOP("Actions", "Trigger"), ("Space",), "Space", footer=True),
    ActionSpec("confirm", QT_TRANSLATE_NOOP("Actions", "Confirm"), ("Return", "Enter"), "⏎", footer=True),
    ActionSpec("override", QT_TRANSLATE_NOOP("Actions", "Override"), ("O",), "O", footer=True),
    ActionSpec("why", QT_TRANSLATE_NOOP("Actions", "Why?"), ("W",), "W", footer=True),
    ActionSpec("heat_map", QT_TRANSLATE_NOOP("Actions", "Heat map"), ("H",), "H", footer=True),
    ActionSpec("next_review", QT_TRANSLATE_NOOP("Actions", "Next review"), ("N",), "N", footer=True),
    ActionSpec("show_keys", QT_TRANSLATE_NOOP("Actions", "Keys"), ("F1",), "F1", footer=True),
    ActionSpec("older", QT_TRANSLATE_NOOP("Actions", "Look at an older reject"), ("Right",), "→"),
    ActionSpec("newer", QT_TRANSLATE_NOOP("Actions", "Look at a newer reject"), ("Left",), "←"),
    ActionSpec("back", QT_TRANSLATE_NOOP("Actions", "Close, or back to the live part"), ("Esc",), "Esc"),
    ActionSpec("acknowledge", QT_TRANSLATE_NOOP("Actions", "Acknowledge a fault or caution"), ("A",), "A"),
    ActionSpec("guarantee", QT_TRANSLATE_NOOP("Actions", "Guarantee in full"), ("G",), "G"),
    ActionSpec("challenge", QT_TRANSLATE_NOOP("Actions", "Challenge with known bad parts"), ("C",), "C"),
    ActionSpec("history", QT_TRANSLATE_NOOP("Actions", "History"), ("F3",), "F3", footer=True),
    ActionSpec("reports", QT_TRANSLATE_NOOP("Actions", "Reports"), ("F4",), "F4"),
    ActionSpec("live", QT_TRANSLATE_NOOP("Actions", "Exchange live and judged picture"), ("L",), "L"),
    ActionSpec("next_view", QT_TRANSLATE_NOOP("Actions", "Next view of the part"), ("V",), "V"),
    ActionSpec("zoom_in", QT_TRANSLATE_NOOP("Actions", "Zoom in"), ("+", "="), "+"),
    ActionSpec("zoom_out", QT_TRANSLATE_NOOP("Actions", "Zoom out"), ("-",), "-"),
    ActionSpec("zoom_fit", QT_TRANSLATE_NOOP("Actions", "Whole picture"), ("0",), "0"),
    ActionSpec("change_language", QT_TRANSLATE_NOOP("Actions", "Language"), ("F8",), "F8"),
    ActionSpec("change_theme", QT_TRANSLATE_NOOP("Actions", "Light / dark"), ("F9",), "F9"),
    ActionSpec("change_operator", QT_TRANSLATE_NOOP("Actions", "Operator"), ("F10",), "F10"),
    ActionSpec("full_screen", QT_TRANSLATE_NOOP("Actions", "Full screen"), ("F11",), "F11"),
    ActionSpec("choose_recipe", QT_TRANSLATE_NOOP("Actions", "Open a recipe"), ("Ctrl+O",), "Ctrl+O"),
    ActionSpec("quit", QT_TRANSLATE_NOOP("Actions", "Stop and quit"), ("Ctrl+Q",), "Ctrl+Q"),
)
"""All of them; the F1 sheet lists them in this order."""


REPEATED = ("older", "newer", "zoom_in", "zoom_out")
"""Actions that go on while their key is held down."""


def add_actions(widget: QWidget, target: object, specs: Sequence[ActionSpec] = ACTIONS) -> dict[str, QAction]:
    """Give `widget` every action's keys, bound to the methods of `target`; returns the actions by name."""
    made: dict[str, QAction] = {}
    for spec in specs:
        action = QAction(widget)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setAutoRepeat(spec.name in REPEATED)
        method: Callable[[], None] = getattr(target, spec.name)
        action.triggered.connect(method)
        widget.addAction(action)
        made[spec.name] = action
    return made
