"""Every action of the mask editor as data."""

from __future__ import annotations

from gui.actions import ActionSpec
from gui.texts import QT_TRANSLATE_NOOP

MASK_ACTIONS = (
    ActionSpec("brush", QT_TRANSLATE_NOOP("Actions", "Brush"), ("B",), "B"),
    ActionSpec("eraser", QT_TRANSLATE_NOOP("Actions", "Eraser"), ("E",), "E"),
    ActionSpec("polygon", QT_TRANSLATE_NOOP("Actions", "Polygon"), ("P",), "P"),
    ActionSpec("box", QT_TRANSLATE_NOOP("Actions", "Box"), ("R",), "R"),
    ActionSpec("fill", QT_TRANSLATE_NOOP("Actions", "Fill an outline"), ("G",), "G"),
    ActionSpec("smaller", QT_TRANSLATE_NOOP("Actions", "Smaller brush"), ("[",), "["),
    ActionSpec("larger", QT_TRANSLATE_NOOP("Actions", "Larger brush"), ("]",), "]"),
    ActionSpec("undo", QT_TRANSLATE_NOOP("Actions", "Undo"), ("Ctrl+Z", "U"), "Ctrl+Z"),
    ActionSpec("redo", QT_TRANSLATE_NOOP("Actions", "Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "Ctrl+Y"),
    ActionSpec("clear", QT_TRANSLATE_NOOP("Actions", "Clear the mask"), ("Del",), "Del"),
    ActionSpec("fill_all", QT_TRANSLATE_NOOP("Actions", "Everything is defect"), ("Shift+Del",), "⇧Del"),
    ActionSpec("accept", QT_TRANSLATE_NOOP("Actions", "Close the polygon, or save"), ("Return", "Enter"), "⏎"),
    ActionSpec("save", QT_TRANSLATE_NOOP("Actions", "Save the mask"), ("Ctrl+S",), "Ctrl+S"),
    ActionSpec("step_back", QT_TRANSLATE_NOOP("Actions", "Take back the last corner"), ("Backspace",), "⌫"),
    ActionSpec("show_mask", QT_TRANSLATE_NOOP("Actions", "Show or hide the mask"), ("M",), "M"),
    ActionSpec("zoom_in", QT_TRANSLATE_NOOP("Actions", "Zoom in"), ("+", "="), "+"),
    ActionSpec("zoom_out", QT_TRANSLATE_NOOP("Actions", "Zoom out"), ("-",), "-"),
    ActionSpec("zoom_fit", QT_TRANSLATE_NOOP("Actions", "Whole picture"), ("0",), "0"),
    ActionSpec("leave", QT_TRANSLATE_NOOP("Actions", "Forget what is begun, or leave"), ("Esc",), "Esc"),
)
"""All of them; an F1 sheet lists them in this order. Space, held down, moves the picture."""
