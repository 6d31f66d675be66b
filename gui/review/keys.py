"""Every action of the review window as data, and the keys of the classes."""

from __future__ import annotations

from gui.actions import ActionSpec
from gui.texts import QT_TRANSLATE_NOOP

REVIEW_ACTIONS = (
    ActionSpec("confirm", QT_TRANSLATE_NOOP("Actions", "Label is right"), ("Return", "Enter"), "⏎", footer=True),
    ActionSpec("accept", QT_TRANSLATE_NOOP("Actions", "Take the suggestion"), ("A",), "A", footer=True),
    ActionSpec("skip", QT_TRANSLATE_NOOP("Actions", "Skip"), ("S",), "S", footer=True),
    ActionSpec("flag", QT_TRANSLATE_NOOP("Actions", "Flag"), ("F",), "F", footer=True),
    ActionSpec("undo", QT_TRANSLATE_NOOP("Actions", "Undo"), ("U", "Ctrl+Z"), "U", footer=True),
    ActionSpec("select", QT_TRANSLATE_NOOP("Actions", "Select"), ("X",), "X", footer=True),
    ActionSpec("show_mask", QT_TRANSLATE_NOOP("Actions", "Mask"), ("M",), "M", footer=True),
    ActionSpec("heat_map", QT_TRANSLATE_NOOP("Actions", "Heat map"), ("H",), "H", footer=True),
    ActionSpec("compare", QT_TRANSLATE_NOOP("Actions", "Compare"), ("C",), "C", footer=True),
    ActionSpec("next_view", QT_TRANSLATE_NOOP("Actions", "Next view of the part"), ("V",), "V"),
    ActionSpec("choose_queue", QT_TRANSLATE_NOOP("Actions", "Queues"), ("G",), "G", footer=True),
    ActionSpec("search", QT_TRANSLATE_NOOP("Actions", "Search"), ("/", "Ctrl+F"), "/", footer=True),
    ActionSpec("show_keys", QT_TRANSLATE_NOOP("Actions", "Keys"), ("F1",), "F1", footer=True),
    ActionSpec("redo", QT_TRANSLATE_NOOP("Actions", "Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "Ctrl+Shift+Z"),
    ActionSpec("comment", QT_TRANSLATE_NOOP("Actions", "Note"), ("N",), "N"),
    ActionSpec("name_class", QT_TRANSLATE_NOOP("Actions", "Class by its name, also a new one"), ("L",), "L"),
    ActionSpec("edit_mask", QT_TRANSLATE_NOOP("Actions", "Draw the mask"), ("E",), "E"),
    ActionSpec("select_all", QT_TRANSLATE_NOOP("Actions", "Select everything shown"), ("Ctrl+A",), "Ctrl+A"),
    ActionSpec("more_filters", QT_TRANSLATE_NOOP("Actions", "Filters"), ("Ctrl+Shift+F",), "Ctrl+Shift+F"),
    ActionSpec("clear_filter", QT_TRANSLATE_NOOP("Actions", "Clear the filter"), ("Ctrl+Backspace",), "Ctrl+⌫"),
    ActionSpec("blind", QT_TRANSLATE_NOOP("Actions", "Second opinion, blind"), ("B",), "B"),
    ActionSpec("audit", QT_TRANSLATE_NOOP("Actions", "Look for wrong labels"), ("F5",), "F5"),
    ActionSpec("zoom_in", QT_TRANSLATE_NOOP("Actions", "Zoom in"), ("+", "="), "+"),
    ActionSpec("zoom_out", QT_TRANSLATE_NOOP("Actions", "Zoom out"), ("-",), "-"),
    ActionSpec("zoom_fit", QT_TRANSLATE_NOOP("Actions", "Whole picture"), ("*",), "*"),
    ActionSpec("larger", QT_TRANSLATE_NOOP("Actions", "Larger thumbnails"), ("Ctrl++", "Ctrl+="), "Ctrl++"),
    ActionSpec("smaller", QT_TRANSLATE_NOOP("Actions", "Smaller thumbnails"), ("Ctrl+-",), "Ctrl+-"),
    ActionSpec("next_tab", QT_TRANSLATE_NOOP("Actions", "Next page"), ("Ctrl+Tab",), "Ctrl+Tab"),
    ActionSpec("change_language", QT_TRANSLATE_NOOP("Actions", "Language"), ("F8",), "F8"),
    ActionSpec("change_theme", QT_TRANSLATE_NOOP("Actions", "Light / dark"), ("F9",), "F9"),
    ActionSpec("back", QT_TRANSLATE_NOOP("Actions", "Close, or let the selection go"), ("Esc",), "Esc"),
)
"""All of them; the F1 sheet lists them in this order."""

CLASS_KEYS = tuple("1234567890QWRTYIOPDJKZ")
"""One key per class, in the order of the classes; further classes are named with L."""
