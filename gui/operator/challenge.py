"""The challenge: known bad parts must be shown and rejected before the station releases anything."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.look import Look
from gui.operator.sheet import Sheet
from gui.widgets.basics import Translated, button, column, label, row
from inspector.events import ChallengeProgress

MAX_MARKS = 8
"""With more parts the marks become two numbers."""


class ChallengePanel(Translated):
    """Says unmistakably which known bad part is wanted now; red where one was called PASS. Hidden otherwise."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("challenge")
        self._progress: ChallengeProgress | None = None
        self._active = False
        self.call, self.words = label("call", wrap=True), label("", wrap=True)
        self.marks = label("call")
        head = row(spacing=look.px(16))
        head.addWidget(self.call, 1)
        head.addWidget(self.marks)
        layout = column(spacing=look.px(2), parent=self)
        layout.addLayout(head)
        layout.addWidget(self.words)
        layout.setContentsMargins(look.px(16), look.px(8), look.px(16), look.px(8))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()
        self.retranslate()

    def show_active(self, *, active: bool) -> None:
        """Show or hide it, as the station is or is not in its challenge."""
        self._active = active
        self.retranslate()

    def forget(self) -> None:
        """The challenge is over; the next one begins anew."""
        self._progress = None
        self.retranslate()

    def show_progress(self, progress: ChallengeProgress) -> None:
        """Show how far the challenge is."""
        self._progress = progress
        self.retranslate()

    @property
    def escaped(self) -> bool:
        """Whether a known bad part was called PASS just now."""
        return self._progress is not None and bool(self._progress.escaped)

    def retranslate(self) -> None:
        """Write every text anew."""
        self.setVisible(self._active)
        self.setProperty("escaped", str(self.escaped).lower())
        for item in (self, self.call, self.words, self.marks):  # the colours follow the property
            item.style().unpolish(item)
            item.style().polish(item)
        progress = self._progress
        if progress is None:
            self.call.setText(self.tr("Challenge: put a known bad part before the camera"))
            self.words.setText(self.tr("Nothing is released meanwhile."))
            self.marks.setText("")
            return
        self.marks.setText(marks(progress))
        number = min(progress.rejected + 1, progress.wanted)
        if progress.escaped:
            text = self.tr("✕ Known bad part {part} was called PASS!")
            self.call.setText(text.format(part=progress.escaped))
            text = self.tr(
                "The count begins anew: {wanted} known bad parts in a row must be rejected, and nothing is released. "
                "If it happens again, stop the line and call the quality engineer."
            )
            self.words.setText(text.format(wanted=progress.wanted))
            return
        text = self.tr("Challenge: put known bad part {number} of {wanted} before the camera")
        self.call.setText(text.format(number=number, wanted=progress.wanted))
        text = self.tr("{cause} Nothing is released until all {wanted} were rejected; they are not counted.")
        self.words.setText(text.format(cause=cause_text(progress.cause), wanted=progress.wanted))


class ChallengeSheet(Sheet):
    """Asks whether a challenge shall begin now: one key alone never stops releases.

    Attributes:
        wanted: The person wants it.
    """

    wanted = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, parent)
        self._words = label("", wrap=True)
        self.begin_button = button(self.accept, role="primary", focus=False)
        self.cancel_button = button(self.close_sheet, focus=False)
        self.body.addWidget(self._words)
        self.body.addStretch(1)
        self.foot.addStretch(1)
        self.foot.addWidget(self.cancel_button)
        self.foot.addWidget(self.begin_button)
        self.retranslate()

    def accept(self) -> bool:
        """Begin."""
        self.wanted.emit()
        self.close_sheet()
        return True

    def retranslate(self) -> None:
        """Write every text anew."""
        self.title.setText(self.tr("Challenge with known bad parts"))
        self.close_button.setText(self.tr("Close  Esc"))
        self._words.setText(
            self.tr(
                "The station asks for known bad parts, one after the other, and judges them. Nothing is released "
                "until all of them were rejected. They are recorded as challenge parts and not counted."
            )
        )
        self.begin_button.setText(self.tr("Begin the challenge  ⏎"))
        self.cancel_button.setText(self.tr("Cancel  Esc"))


def marks(progress: ChallengeProgress) -> str:
    """Return a tick per part rejected and a ring per part to come; two numbers where there are many."""
    if progress.wanted > MAX_MARKS:
        return f"{progress.rejected} / {progress.wanted}"
    return " ".join("✓" if number < progress.rejected else "○" for number in range(progress.wanted))


def cause_text(cause: str) -> str:
    """Return why a challenge is due, as a sentence; a cause that is not known here stays as it is."""
    texts = {
        "start": QCoreApplication.translate("Challenge", "The station was started."),
        "shift": QCoreApplication.translate("Challenge", "A shift begins."),
        "changeover": QCoreApplication.translate("Challenge", "Recipe or model package changed."),
        "asked": QCoreApplication.translate("Challenge", "Somebody asked for it."),
    }
    return texts.get(cause, cause)
