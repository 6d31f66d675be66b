"""Every action of the history page as data."""

from __future__ import annotations

from gui.actions import ActionSpec
from gui.texts import QT_TRANSLATE_NOOP

HISTORY_ACTIONS = (
    ActionSpec("find_part", QT_TRANSLATE_NOOP("Actions", "Search"), ("Ctrl+F", "/"), "Ctrl+F", footer=True),
    ActionSpec("heat_map", QT_TRANSLATE_NOOP("Actions", "Heat map"), ("H",), "H", footer=True),
    ActionSpec("compare", QT_TRANSLATE_NOOP("Actions", "Compare"), ("C",), "C", footer=True),
    ActionSpec("replay", QT_TRANSLATE_NOOP("Actions", "Judge again"), ("R",), "R", footer=True),
    ActionSpec("replay_with", QT_TRANSLATE_NOOP("Actions", "By another model"), ("P",), "P", footer=True),
    ActionSpec("next_view", QT_TRANSLATE_NOOP("Actions", "Next view of the part"), ("V",), "V", footer=True),
    ActionSpec("show_keys", QT_TRANSLATE_NOOP("Actions", "Keys"), ("F1",), "F1", footer=True),
    ActionSpec("back", QT_TRANSLATE_NOOP("Actions", "Back"), ("Esc",), "Esc", footer=True),
    ActionSpec("refresh", QT_TRANSLATE_NOOP("Actions", "Search again"), ("F5",), "F5"),
    ActionSpec("older", QT_TRANSLATE_NOOP("Actions", "Next part of the list"), ("Ctrl+Down", "N"), "N"),
    ActionSpec("newer", QT_TRANSLATE_NOOP("Actions", "Part before in the list"), ("Ctrl+Up", "B"), "B"),
    ActionSpec("zoom_in", QT_TRANSLATE_NOOP("Actions", "Zoom in"), ("+", "="), "+"),
    ActionSpec("zoom_out", QT_TRANSLATE_NOOP("Actions", "Zoom out"), ("-",), "-"),
    ActionSpec("zoom_fit", QT_TRANSLATE_NOOP("Actions", "Whole picture"), ("0",), "0"),
    ActionSpec("change_language", QT_TRANSLATE_NOOP("Actions", "Language"), ("F8",), "F8"),
    ActionSpec("change_theme", QT_TRANSLATE_NOOP("Actions", "Light / dark"), ("F9",), "F9"),
)
"""All of them; the F1 sheet lists them in this order."""
