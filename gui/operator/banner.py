"""'Looking at an earlier part': stands over the picture as long as it is not the live one."""

from __future__ import annotations

from PySide6.QtCore import Signal

from gui.look import Look
from gui.parts import SeenPart
from gui.texts import amendment_text, clock, verdict_word, what_text
from gui.widgets.basics import Translated, button, label, row


class EarlierBanner(Translated):
    """Names the part that is looked at and leads back.

    Attributes:
        back_clicked: Back to the live part.
    """

    back_clicked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._part: SeenPart | None = None
        self.words = label("", wrap=True)
        self.back_button = button(self.back_clicked.emit, focus=False)
        layout = row(self.words, self.back_button, spacing=look.px(12), parent=self)
        layout.setStretch(0, 1)
        layout.setContentsMargins(look.px(12), look.px(4), look.px(8), look.px(4))
        self.hide()
        self.retranslate()

    def show_part(self, part: SeenPart | None) -> None:
        """Name the earlier part; None: the live part is on view."""
        self._part = part
        self.setVisible(part is not None)
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.back_button.setText(self.tr("Back to live  Esc"))
        part = self._part
        if part is None:
            return
        record = part.record
        text = self.tr("Looking at an earlier part: {part}, {time}, {verdict}: {what}")
        words = text.format(
            part=record.part_id,
            time=clock(record.decided_time_ns),
            verdict=verdict_word(part.verdict),
            what=what_text(record.decision),
        )
        said = part.amendments[-1] if part.amendments else None
        self.words.setText(words if said is None else f"{words}\n{amendment_text(said)}")
