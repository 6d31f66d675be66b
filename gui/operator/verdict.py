"""The verdict, readable from five metres: word, shape and colour; under it the reason, the part, and the buttons."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.look import Look
from gui.parts import SeenPart
from gui.texts import amendment_text, clock, limit_text, verdict_word, what_text
from gui.theme import Pair
from gui.widgets.basics import Translated, button, column, label, row
from gui.widgets.painting import draw_verdict
from inspector.events import StationState
from inspector.types import Verdict

VERDICT_PX = 96
"""Least height of the verdict's letters."""


class VerdictSign(QWidget):
    """Paints the verdict, or quietly what the station does when there is none to show."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.verdict: Verdict | None = None
        self.word = ""
        self._alarm = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.update)

    def show_verdict(self, verdict: Verdict | None, word: str, *, alarm: bool = False) -> None:
        """Show a verdict and its word; without a verdict the word stands in grey, or in the colours of a fault."""
        if (verdict, word, alarm) != (self.verdict, self.word, self._alarm):
            self.verdict, self.word, self._alarm = verdict, word, alarm
            self.setAccessibleName(word)
            self.update()

    @property
    def pair(self) -> Pair:
        """Ink and ground in use."""
        theme = self._look.theme
        if self.verdict is None:
            return theme.band if self._alarm else Pair(theme.muted, theme.surface)
        return theme.verdicts[self.verdict]

    def sizeHint(self) -> QSize:
        """Qt's own hook."""
        return QSize(self._look.px(490), self._look.px(VERDICT_PX * 1.6))

    def minimumSizeHint(self) -> QSize:
        """Qt's own hook."""
        return self.sizeHint()

    @property
    def letter_px(self) -> float:
        """Size in which a verdict is written here."""
        return self._look.px(VERDICT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pair, box = self.pair, QRectF(self.rect())
        ground = QPainterPath()
        ground.addRoundedRect(box, self._look.px(8), self._look.px(8))
        painter.fillPath(ground, QColor(pair.ground))
        sign = self._look.px(VERDICT_PX * 0.8)
        margin, gap = self._look.px(14), self._look.px(16)
        left = box.x() + margin
        if self.verdict is not None:
            place = QRectF(left, box.center().y() - sign / 2, sign, sign)
            draw_verdict(painter, self.verdict, place, pair.ink, pair.ground)
            left += sign + gap
        room = QRectF(left, box.y(), box.right() - left - margin / 2, box.height())
        painter.setPen(QColor(pair.ink))
        painter.setFont(self._font(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.word)

    def _font(self, room: float) -> QFont:
        """The verdict's size; a longer word than any verdict (a state) is made to fit."""
        font = QFont(self.font())
        font.setBold(True)
        font.setPixelSize(round(self.letter_px))
        width = QFontMetricsF(font).horizontalAdvance(self.word)
        if self.verdict is None:
            font.setBold(self._alarm)
            font.setPixelSize(round(min(self.letter_px * 0.6, self.letter_px * room / max(width, 1.0))))
        return font


class VerdictPanel(Translated):
    """The live verdict and, below, the three things that a person can do about the part that is looked at."""

    confirm_clicked = Signal()
    override_clicked = Signal()
    why_clicked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._look = look
        self._part: SeenPart | None = None
        self._target: SeenPart | None = None
        self._state = StationState.STARTING
        self.sign = VerdictSign(look)
        self.reason, self.limit = label("reason", wrap=True), label("muted")
        self.facts, self.said = label("muted"), label("muted")
        self.confirm_button = button(self.confirm_clicked.emit, focus=False)
        self.override_button = button(self.override_clicked.emit, focus=False)
        self.why_button = button(self.why_clicked.emit, focus=False)
        layout = column(self.sign, spacing=look.px(4), parent=self)
        layout.setContentsMargins(*[look.px(10)] * 4)
        words = QWidget()  # of fixed height: a longer reason must not move the buttons
        words.setFixedHeight(look.px(60))
        inside = column(self.reason, self.limit, 1, spacing=0, parent=words)
        inside.setContentsMargins(0, look.px(2), 0, 0)
        layout.addWidget(words)
        layout.addWidget(self.facts)
        layout.addWidget(self.said)
        layout.addLayout(row(self.confirm_button, self.override_button, self.why_button))
        for item in (self.facts, self.said):
            item.setFixedHeight(look.px(22))
        self.retranslate()

    def show_live(self, part: SeenPart | None) -> None:
        """Show the newest part's verdict."""
        self._part = part
        self.retranslate()

    def show_state(self, state: StationState) -> None:
        """Show what the station does; a verdict is shown only while it stands for something."""
        self._state = state
        self.retranslate()

    def show_target(self, part: SeenPart | None) -> None:
        """Say which part the buttons speak of."""
        self._target = part
        self.retranslate()

    @property
    def shown_verdict(self) -> Verdict | None:
        """The verdict on the sign: never a PASS while the station does not inspect."""
        if self._part is None:
            return None
        verdict = self._part.verdict
        if self._part.is_challenge:  # stands for the challenge alone, and a PASS there is no PASS
            return verdict if self._state is StationState.CHALLENGE and verdict is not Verdict.PASS else None
        if self._state is StationState.RUNNING:
            return verdict
        return verdict if self._state is StationState.FAULT and verdict is Verdict.ERROR else None

    def retranslate(self) -> None:
        """Write every text anew."""
        verdict = self.shown_verdict
        word = verdict_word(verdict) if verdict else self._state_sentence()
        self.sign.show_verdict(verdict, word, alarm=self._missed and self._state is StationState.CHALLENGE)
        part = self._part
        decision = None if part is None else part.record.decision
        words = "" if decision is None else what_text(decision)
        known_bad = part is not None and part.is_challenge
        if verdict is None and part is not None and not known_bad:
            words = self.tr("last: {verdict}, {what}").format(verdict=verdict_word(part.verdict), what=words)
        self.reason.setText(words)
        self.reason.setToolTip(words)
        self.limit.setText("" if decision is None else limit_text(decision))
        self.facts.setText("" if part is None else self._facts(part))
        self.confirm_button.setText(self.tr("Confirm  ⏎"))
        self.override_button.setText(self.tr("Override…  O"))
        self.why_button.setText(self.tr("Why?  W"))
        target = self._target
        for item in (self.confirm_button, self.override_button, self.why_button):
            item.setEnabled(target is not None)
        if target is not None and target.is_challenge:
            self.confirm_button.setEnabled(False)
            self.override_button.setEnabled(False)
        self.said.setText(self._said(part, target))
        self.said.setToolTip(self.said.text())

    def _said(self, part: SeenPart | None, target: SeenPart | None) -> str:
        """Which part the buttons speak of where it is an earlier one; else what was said of the live one."""
        earlier = target is not None and (part is None or target.record.record_id != part.record.record_id)
        if target is not None and earlier:
            return self.tr("For the earlier part {part}:").format(part=target.record.part_id)
        if part is not None and part.is_challenge:
            return self._challenge_sentence(part)
        return "" if part is None or not part.amendments else amendment_text(part.amendments[-1])

    @property
    def _missed(self) -> bool:
        """Whether the live part is a known bad one that was called PASS."""
        return self._part is not None and self._part.is_challenge and not self._part.rejected

    def _facts(self, part: SeenPart) -> str:
        record = part.record
        if part.is_challenge:
            return self.tr("challenge part {part}  ·  not counted").format(part=record.part_id)
        text = self.tr("part {part}  ·  {time}").format(part=record.part_id, time=clock(record.decided_time_ns))
        total = record.stage_ms.get("total")
        return text if total is None else f"{text}  ·  {total:.0f} ms"

    def _challenge_sentence(self, part: SeenPart) -> str:
        if part.rejected:
            return self.tr("Known bad part, rejected as it must be.")
        return self.tr("Known bad part, but called PASS!")

    def _state_sentence(self) -> str:
        match self._state:
            case StationState.CHALLENGE:
                return self.tr("Not caught!") if self._missed else self.tr("Challenge")
            case StationState.STOPPED:
                return self.tr("Stopped")
            case StationState.STARTING:
                return self.tr("Starting …")
            case StationState.FAULT:
                return self.tr("Fault")
            case StationState.RUNNING:
                return self.tr("Ready")
