"""One line that is typed without leaving the images: a comment, or the name of a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCompleter

from gui.look import Look
from gui.review.line import Line
from gui.widgets.basics import Translated, label, row


class Prompt(Translated):
    """Asks for a line; Enter gives it, Esc lets it be. Hidden as long as nothing is asked.

    Args:
        look: Scale.
        leave: Gives the keyboard back to the images.
    """

    def __init__(self, look: Look, leave: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._leave = leave
        self._take: Callable[[str], None] | None = None
        self.question, self.line = label(), Line()
        self.line.setMaxLength(500)
        self.line.returnPressed.connect(self._on_return)
        self.line.escaped.connect(self.cancel)
        layout = row(self.question, self.line, spacing=look.px(10), parent=self)
        layout.setContentsMargins(look.px(10), look.px(4), look.px(10), look.px(4))
        self.hide()

    def ask(self, question: str, take: Callable[[str], None], *, text: str = "", offers: Sequence[str] = ()) -> None:
        """Ask; `take` gets the line without blanks at its ends.

        Args:
            question: Stands before the line.
            take: Called once, when Enter is pressed.
            text: What stands in the line already.
            offers: What the beginning of a word is completed to.
        """
        self._take = take
        self.question.setText(question)
        self.line.setText(text)
        completer = QCompleter(list(offers), self.line)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)
        self.line.setCompleter(completer)
        self.show()
        self.line.setFocus()
        self.line.selectAll()

    @Slot()
    def cancel(self) -> None:
        """Ask no more."""
        self._take = None
        self.hide()
        self._leave()

    def retranslate(self) -> None:
        """The question comes from who asks."""

    @Slot()
    def _on_return(self) -> None:
        take, text = self._take, self.line.text().strip()
        self.cancel()
        if take is not None:
            take(text)
