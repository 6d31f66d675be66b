"""The mask editor: brush, eraser, polygon, box and fill over the picture; every deed can be undone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QButtonGroup, QPushButton, QSizePolicy, QWidget

from gui.look import Look
from gui.operator.picture import ZOOM_STEP
from gui.review.mask_editor_canvas import MaskCanvas
from gui.review.mask_editor_document import DEFECT, GOOD, NOTHING, MaskDocument
from gui.review.mask_editor_keys import MASK_ACTIONS
from gui.review.mask_editor_tools import ToolBox, ToolName, larger, smaller
from gui.widgets.basics import Translated, button, column, label, row
from inspector.types import Image

_REPEATED = ("smaller", "larger", "undo", "redo", "zoom_in", "zoom_out", "step_back")


class MaskEditor(Translated):
    """Edits one mask at a time. While it has the keyboard, no key reaches the page around it.

    Attributes:
        saved: The mask as it is to be kept, (H, W) uint8, 255 = defect and 0 = good; all 0 where nothing is defect.
        left: The person is done, with or without saving.
    """

    saved = Signal(object)
    left = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.document = MaskDocument(1, 1)
        self.tools = ToolBox()
        self.canvas = MaskCanvas(look, self.tools)
        self._leaving = False
        self._names = {QKeySequence(key).toString(): spec.name for spec in MASK_ACTIONS for key in spec.keys}
        self._group = QButtonGroup(self)
        self._tool_buttons = {name: self._tool_button(name) for name in ToolName}
        self._size, self._hint, self._title = label("key"), label("muted", wrap=True), label("head")
        self._smaller, self._larger = button(self.smaller, focus=False), button(self.larger, focus=False)
        self._undo, self._redo = button(self.undo, focus=False), button(self.redo, focus=False)
        self._clear, self._leave = button(self.clear, focus=False), button(self.leave, focus=False)
        self._save = button(self.save, role="primary", focus=False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.canvas.setFocusProxy(self)
        self.canvas.drawn.connect(self._on_drawn)
        self.canvas.resized.connect(self.retranslate)
        self._lay_out()
        self.retranslate()

    @property
    def changed(self) -> bool:
        """Whether there is anything that leaving would lose."""
        return self.document.changed

    def edit(self, pixels: Image, mask: Image | None = None) -> None:
        """Begin with a picture (H, W, 3) uint8 RGB and its mask (H, W) uint8, non-zero = defect, or none.

        Raises:
            ValueError: The mask is of another size.
        """
        self.document = MaskDocument(pixels.shape[0], pixels.shape[1], mask)
        self.tools.tool.abandon()
        self._leaving = False
        self.canvas.show_mask(on=True)
        self.canvas.show_document(pixels, self.document)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.retranslate()

    # What keys and buttons do

    def brush(self) -> None:
        """Take the brush."""
        self._take(ToolName.BRUSH)

    def eraser(self) -> None:
        """Take the eraser."""
        self._take(ToolName.ERASER)

    def polygon(self) -> None:
        """Take the polygon."""
        self._take(ToolName.POLYGON)

    def box(self) -> None:
        """Take the box."""
        self._take(ToolName.BOX)

    def fill(self) -> None:
        """Take the fill."""
        self._take(ToolName.FILL)

    def smaller(self) -> None:
        """A smaller brush."""
        self._resize(smaller(self.tools.brush.diameter))

    def larger(self) -> None:
        """A larger brush."""
        self._resize(larger(self.tools.brush.diameter))

    def undo(self) -> None:
        """Take the last deed back; the last corner where a polygon is begun."""
        if self.tools.tool.step_back():
            self.canvas.finish_deed(NOTHING)
        else:
            self.canvas.finish_deed(self.document.undo())

    def redo(self) -> None:
        """Do the last undone deed again."""
        self.canvas.finish_deed(self.document.redo())

    def clear(self) -> None:
        """Nothing is defect."""
        self.canvas.finish_deed(self.document.fill_all(GOOD))

    def fill_all(self) -> None:
        """Everything is defect."""
        self.canvas.finish_deed(self.document.fill_all(DEFECT))

    def accept(self) -> None:
        """Close what is begun; where nothing is, save and leave."""
        if self.tools.tool.outline:
            self.canvas.finish_deed(self.tools.tool.close(self.document))
        else:
            self.save()

    def save(self) -> None:
        """Give the mask out and leave; an unchanged one is not given out again."""
        self.canvas.finish_deed(self.tools.tool.close(self.document))
        self.tools.tool.abandon()
        if self.document.changed:
            self.document.mark_saved()
            self.saved.emit(self.document.pixels.copy())
        self.left.emit()

    def step_back(self) -> None:
        """Take the last corner back."""
        if self.tools.tool.step_back():
            self.canvas.finish_deed(NOTHING)

    def show_mask(self) -> None:
        """Show or hide the mask."""
        self.canvas.show_mask(on=not self.canvas.mask_on)
        self.retranslate()

    def zoom_in(self) -> None:
        """Zoom in."""
        self.canvas.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        """Zoom out."""
        self.canvas.zoom_by(1 / ZOOM_STEP)

    def zoom_fit(self) -> None:
        """Show the whole picture."""
        self.canvas.zoom_fit()

    def leave(self) -> None:
        """Forget what is begun; else leave. Where something would be lost, only the second time."""
        if self.tools.tool.abandon():
            self.canvas.finish_deed(NOTHING)
        elif self.changed and not self._leaving:
            self._leaving = True
            self.retranslate()
        else:
            self.left.emit()

    # Qt's own hooks

    def event(self, event: QEvent) -> bool:
        """Keep every key here: a letter that draws must not label the image behind."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            function = Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35
            if self._name_of(event) or not (held or function):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what the key means."""
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.canvas.take_hand(on=True)
            return
        name = self._name_of(event)
        if not name:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat() or name in _REPEATED:
            getattr(self, name)()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let the picture go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.canvas.take_hand(on=False)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A Space that is let go elsewhere is not told here."""
        self.canvas.take_hand(on=False)
        super().focusOutEvent(event)

    def retranslate(self) -> None:
        """Write every text anew."""
        self._title.setText(self.tr("Mask"))
        names = (self.tr("Brush"), self.tr("Eraser"), self.tr("Polygon"), self.tr("Box"), self.tr("Fill"))
        for (tool, made), name, key in zip(self._tool_buttons.items(), names, "BEPRG", strict=True):
            made.setText(f"{key}   {name}")
            made.setChecked(tool is self.tools.name)
        self._size.setText(self.tr("{pixels} px").format(pixels=self.tools.brush.diameter))
        self._smaller.setText("[")
        self._larger.setText("]")
        self._undo.setText(self.tr("Undo"))
        self._redo.setText(self.tr("Redo"))
        self._undo.setEnabled(self.document.can_undo or bool(self.tools.tool.outline))
        self._redo.setEnabled(self.document.can_redo)
        self._clear.setText(self.tr("Del   Clear"))
        self._leave.setText(self.tr("Esc   Leave"))
        self._save.setText(self.tr("⏎   Save"))
        self._hint.setText(self._words())

    def _words(self) -> str:
        if self._leaving and self.changed:
            return self.tr("The mask is not saved. Enter saves it; Esc once more leaves without it.")
        if not self.canvas.mask_on:
            return self.tr("The mask is hidden. M shows it.")
        match self.tools.name:
            case ToolName.POLYGON if self.tools.tool.outline:
                return self.tr("Enter or a click on the first corner closes. Backspace takes a corner back.")
            case ToolName.POLYGON:
                return self.tr("Click corner after corner around the defect.")
            case ToolName.BOX:
                return self.tr("Draw from corner to corner.")
            case ToolName.FILL:
                return self.tr("Click inside an outline to fill it.")
            case _:
                return self.tr("The right button does the opposite. Ctrl + wheel: size. Wheel: zoom. Space: move.")

    @Slot()
    def _on_drawn(self) -> None:
        self._leaving = False
        self.retranslate()

    def _name_of(self, event: QKeyEvent) -> str:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.text() in ("+", "[", "]"):
            held &= ~Qt.KeyboardModifier.ShiftModifier  # some keyboards need Shift to write them
        return self._names.get(QKeySequence(QKeyCombination(held, Qt.Key(event.key()))).toString(), "")

    def _take(self, name: ToolName) -> None:
        self.tools.take(name)
        self.canvas.refresh_tool()
        self.retranslate()

    def _resize(self, diameter: int) -> None:
        self.tools.brush.resize(diameter)
        self.canvas.refresh_tool()
        self.retranslate()

    def _tool_button(self, name: ToolName) -> QPushButton:
        made = button(lambda: self._take(name), role="choice", focus=False)
        made.setCheckable(True)
        self._group.addButton(made)
        return made

    def _lay_out(self) -> None:
        px = self._look.px
        side = QWidget()
        side.setFixedWidth(px(190))
        lines = column(self._title, *self._tool_buttons.values(), spacing=px(6), parent=side)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addLayout(row(self._smaller, self._size, self._larger))
        lines.addLayout(row(self._undo, self._redo))
        lines.addWidget(self._clear)
        lines.addWidget(self._hint)
        lines.addStretch(1)
        lines.addWidget(self._save)
        lines.addWidget(self._leave)
        self._size.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._size.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        whole = row(side, self.canvas, spacing=px(8), parent=self)
        whole.setContentsMargins(px(6), px(6), px(6), px(6))
        whole.setStretch(1, 1)
