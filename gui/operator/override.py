"""Override: another verdict, a reason from a short list, a note; it shows what will be recorded.

Two keys at least: a digit chooses the reason (with it a verdict is proposed), Enter records. Nothing is recorded by
one key alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QPushButton, QWidget

from gui.look import Look
from gui.operator.sheet import Sheet
from gui.parts import SeenPart
from gui.texts import REASONS, reason_word, verdict_word
from gui.widgets.basics import button, label, row
from inspector.types import Verdict

CHOICES = (Verdict.PASS, Verdict.FAIL)
"""What a person may say instead. REVIEW and ERROR are no answers of a person."""


@dataclass(frozen=True, slots=True)
class OverrideRequest:
    """What the person wants recorded.

    Attributes:
        part: The part it speaks of.
        verdict: The person's verdict.
        reason: One of `gui.texts.REASONS`, in English.
        note: Free text; may be empty.
    """

    part: SeenPart
    verdict: Verdict
    reason: str
    note: str


class OverrideSheet(Sheet):
    """Asks for verdict and reason.

    Attributes:
        requested: An `OverrideRequest`, once per sheet at most.
    """

    requested = Signal(object)

    def __init__(self, look: Look, parent: QWidget, part: SeenPart, who: str) -> None:
        super().__init__(look, parent)
        self._part, self._who = part, who
        self._asked = label(wrap=True)
        self._verdict_caption, self._reason_caption = label("muted"), label("muted")
        self._verdicts = QButtonGroup(self)
        self.verdict_buttons = [self._choice(self._verdicts, self._update) for _ in CHOICES]
        self._reasons = QButtonGroup(self)
        self.reason_buttons = [self._choice(self._reasons, self._propose) for _ in REASONS]
        self.note = QLineEdit()
        self.note.setMaxLength(300)
        self.note.textChanged.connect(self._update)
        self._will_record = label(wrap=True)
        self.record_button = button(self.record, role="primary", focus=False)
        self.cancel_button = button(self.close_sheet, focus=False)
        self._lay_out()
        for number, choice in enumerate(self.reason_buttons, 1):
            key = QShortcut(QKeySequence(str(number)), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            key.activated.connect(choice.click)
        for letter, choice in zip("PF", self.verdict_buttons, strict=True):
            key = QShortcut(QKeySequence(letter), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            key.activated.connect(choice.click)
        self.retranslate()

    @property
    def request(self) -> OverrideRequest | None:
        """What would be recorded now; None until reason and verdict are chosen."""
        reason, verdict = self._reasons.checkedButton(), self._verdicts.checkedButton()
        if reason is None or verdict is None:
            return None
        return OverrideRequest(
            self._part,
            CHOICES[self.verdict_buttons.index(verdict)],  # type: ignore[arg-type]
            REASONS[self.reason_buttons.index(reason)],  # type: ignore[arg-type]
            self.note.text().strip(),
        )

    def record(self) -> None:
        """Ask for the override to be recorded, where everything is chosen."""
        request = self.request
        if request is not None:
            self.requested.emit(request)
            self.close_sheet()

    def accept(self) -> bool:
        """Enter records, where everything is chosen."""
        self.record()
        return True

    def retranslate(self) -> None:
        """Write every text anew."""
        record = self._part.record
        self.title.setText(self.tr("Override part {part}").format(part=record.part_id))
        self.close_button.setText(self.tr("Close  Esc"))
        text = self.tr("The station said {verdict}. That record stays as it is; yours is added to it.")
        self._asked.setText(text.format(verdict=verdict_word(self._part.verdict)))
        self._reason_caption.setText(self.tr("Reason"))
        self._verdict_caption.setText(self.tr("Your verdict"))
        for number, (choice, text) in enumerate(zip(self.reason_buttons, REASONS, strict=True), 1):
            choice.setText(f"{number}   {reason_word(text)}")
        for letter, answer, verdict in zip("PF", self.verdict_buttons, CHOICES, strict=True):
            answer.setText(f"{letter}   {verdict_word(verdict)}")
        self.note.setPlaceholderText(self.tr("Note (may stay empty)"))
        self.record_button.setText(self.tr("Record  ⏎"))
        self.cancel_button.setText(self.tr("Cancel  Esc"))
        self._update()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(self.look.px(8))
        for place, choice in enumerate(self.reason_buttons):
            grid.addWidget(choice, place // 2, place % 2)
        self.body.setSpacing(self.look.px(6))
        self.body.addWidget(self._asked)
        self.body.addWidget(self._reason_caption)
        self.body.addLayout(grid)
        self.body.addWidget(self._verdict_caption)
        self.body.addLayout(row(*self.verdict_buttons))
        self.body.addWidget(self.note)
        self.body.addStretch(1)
        self.foot.addWidget(self._will_record, 1)
        self.foot.addWidget(self.cancel_button)
        self.foot.addWidget(self.record_button)

    def _choice(self, group: QButtonGroup, on_click: Callable[[], object]) -> QPushButton:
        made = button(on_click, role="choice", focus=False)
        made.setCheckable(True)
        group.addButton(made)
        return made

    def _propose(self) -> None:
        """A reason proposes the verdict that it usually means; the person may choose the other."""
        chosen = self._reasons.checkedButton()
        place = self.reason_buttons.index(chosen)  # type: ignore[arg-type]
        means_pass = place < 3
        self.verdict_buttons[0 if means_pass else 1].setChecked(True)
        self._update()

    def _update(self) -> None:
        request = self.request
        self.record_button.setEnabled(request is not None)
        if request is None:
            self._will_record.setText(self.tr("Choose a reason. Nothing is recorded before Enter."))
            return
        text = self.tr("Will be recorded: part {part}, {old} overridden to {new} by {who}: {reason}")
        sentence = text.format(
            part=request.part.record.part_id,
            old=verdict_word(request.part.verdict),
            new=verdict_word(request.verdict),
            who=self._who,
            reason=reason_word(request.reason),
        )
        self._will_record.setText(f"{sentence}. {request.note}".strip(" ."))
