"""Beside the picture: the verdict and what led to it, what was said later, what the chain proves, what comes out."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from gui.history.reader import FoundPart
from gui.history.results import moment
from gui.look import Look
from gui.operator.reasoning import fact_rows, score_rows
from gui.texts import amendment_text, class_word, limit_text, percent, short_hash, verdict_word, what_text
from gui.widgets.basics import Translated, column, label, row
from gui.widgets.painting import draw_verdict
from inspector.log.proof import Proof, Standing
from inspector.replay import Replayed
from inspector.types import Record, RecordKind, Verdict


class Reasons(Translated):
    """Everything that the log says of one part; it scrolls where the screen is low."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._look = look
        self._found: FoundPart | None = None
        self._replayed: list[Replayed] = []
        self._sign = _Sign(look)
        self.head, self.serial, self.what = label("head"), label(wrap=True), label("reason", wrap=True)
        self.said, self.proof, self.again = label(wrap=True), label(wrap=True), label(wrap=True)
        self._captions = {name: label("muted") for name in ("said", "proof", "again")}
        self._scores, self._facts = QWidget(), QWidget()
        inside = QWidget()
        self._body = QVBoxLayout(inside)
        self._body.setSpacing(look.px(8))
        head = row(self._sign, spacing=look.px(10))
        head.addLayout(column(self.head, self.serial, spacing=0))
        head.setStretch(1, 1)
        self._body.addLayout(head)
        for item in (self.what, self._scores):
            self._body.addWidget(item)
        for name, words in (("said", self.said), ("proof", self.proof), ("again", self.again)):
            self._body.addWidget(self._captions[name])
            self._body.addWidget(words)
        self._body.addWidget(self._facts)
        self._body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = column(scroll, parent=self)
        whole.setContentsMargins(*[look.px(6)] * 4)
        self.retranslate()

    def show_part(self, found: FoundPart | None) -> None:
        """Show a part; None: nothing is chosen."""
        self._found, self._replayed = found, []
        self.retranslate()

    def add_replayed(self, replayed: Replayed) -> None:
        """Show what came out when the part was judged again, the newest first."""
        if self._found is not None and replayed.record.record_id == self._found.record.record_id:
            self._replayed.insert(0, replayed)
            self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        names = {"said": self.tr("Said later"), "proof": self.tr("Proof"), "again": self.tr("Judged again")}
        for name, words in names.items():
            self._captions[name].setText(words)
        found = self._found
        parts = (self._sign, self.serial, self.what, self.said, self.proof, self.again)
        for item in (*self._captions.values(), *parts):
            item.setVisible(found is not None)
        if found is None:
            self.head.setText(self.tr("No part is chosen."))
            self._scores = self._replaced(self._scores, QWidget())
            self._facts = self._replaced(self._facts, QWidget())
            return
        part, record = found.part, found.record
        self._sign.show_verdict(part.verdict)
        self.head.setText(verdict_word(part.verdict))
        self.serial.setText(f"{record.part_id}\n{moment(record.decided_time_ns)}")
        trouble = f"\n{found.trouble}" if found.trouble else ""
        self.what.setText(f"{what_text(record.decision)}  {limit_text(record.decision)}".strip() + trouble)
        self.said.setText("\n".join(_said(found)) or self.tr("Nobody has said anything of this part."))
        self.proof.setText(proof_text(found.proof))
        self.again.setText(
            "\n".join(map(replayed_text, self._replayed))
            or self.tr("R judges it again by the model of its time, P by another one.")
        )
        self._scores = self._replaced(self._scores, score_rows(self._look, part, found.scale))
        self._facts = self._replaced(self._facts, fact_rows(part, found.recipe_name, found.scale))

    def _replaced(self, old: QWidget, new: QWidget) -> QWidget:
        self._body.replaceWidget(old, new)
        old.hide()
        old.deleteLater()
        return new


class _Sign(QWidget):
    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._verdict = Verdict.PASS
        self.setFixedSize(QSize(look.px(44), look.px(44)))
        look.changed.connect(self.update)

    def show_verdict(self, verdict: Verdict) -> None:
        """Show another one."""
        self._verdict = verdict
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        theme = self._look.theme
        box = QRectF(self.rect()).adjusted(4, 4, -4, -4)
        draw_verdict(QPainter(self), self._verdict, box, theme.signs[self._verdict], theme.surface)


def _said(found: FoundPart) -> list[str]:
    """Return the part's other inspections, then every later word on this one in the order of the log."""
    words = sorted((*found.part.amendments, *found.shadows, *found.labels), key=lambda record: record.sequence)
    return [*map(_other, found.others), *map(_word, words)]


def _other(record: Record) -> str:
    text = QCoreApplication.translate("Reasons of a part", "also inspected {time}: {verdict}, {what}")
    verdict = verdict_word(record.decision.verdict)
    return text.format(time=moment(record.decided_time_ns), verdict=verdict, what=what_text(record.decision))


def _word(record: Record) -> str:
    note = str(record.details.get("note", ""))
    match record.kind:
        case RecordKind.SHADOW:
            text = QCoreApplication.translate(
                "Reasons of a part", "challenger {model} would have said {verdict}: {what}"
            )
            return text.format(
                model=short_hash(record.package_hash),
                verdict=verdict_word(record.decision.verdict),
                what=what_text(record.decision),
            )
        case RecordKind.LABEL:
            text = QCoreApplication.translate("Reasons of a part", "labelled {what} by {who}, {time}")
            said = text.format(what=class_word(record.truth), who=record.who, time=moment(record.decided_time_ns))
        case _:
            said = f"{moment(record.decided_time_ns)[:10]}  {amendment_text(record)}"
    return f"{said}  ({note})" if note else said


def proof_text(proof: Proof) -> str:
    """Return what a part's place in the chain proves, for people."""
    match proof.standing:
        case Standing.SIGNED:
            said = QCoreApplication.translate(
                "Proof", "✓ As recorded: its link holds, and the station signed it with entry {head} at {time}."
            )
        case Standing.LINKED:
            said = QCoreApplication.translate("Proof", "Its link holds. The next head is not signed yet.")
        case Standing.UNKNOWN_KEY:
            said = QCoreApplication.translate(
                "Proof", "Its links hold up to entry {head}, signed at {time} by a key that this PC does not know."
            )
        case Standing.FAR:
            said = QCoreApplication.translate(
                "Proof",
                "Its link holds. Up to the next head at entry {head} only a verification of the whole log tells.",
            )
        case _:
            said = QCoreApplication.translate(
                "Proof", "✕ NOT AS RECORDED at entry {broken}: verify the whole log and call who answers for it."
            )
    head = proof.head
    text = said.format(
        head="" if head is None else head.position,
        time="" if head is None else moment(head.time_ns),
        broken=proof.broken_at or proof.position or "?",
    )
    place = QCoreApplication.translate("Proof", "entry {position}, link {link}…, log {log}…")
    return f"{text}\n" + place.format(position=proof.position, link=proof.chain.hex()[:16], log=proof.log_id[:8])


def replayed_text(replayed: Replayed) -> str:
    """Return what came out when a part was judged again, beside what was recorded."""
    if replayed.problem:
        return QCoreApplication.translate("Replay", "Cannot be judged again: {why}").format(why=replayed.problem)
    if replayed.decision is None:
        return QCoreApplication.translate("Replay", "An ERROR has no verdict to come out again.")
    by = short_hash(replayed.package_hash)
    verdict, what = verdict_word(replayed.decision.verdict), what_text(replayed.decision)
    if replayed.same:
        said = QCoreApplication.translate("Replay", "✓ the same by model {model}: {verdict}, {what}")
    else:
        said = QCoreApplication.translate("Replay", "≠ another verdict by model {model}: {verdict}, {what}")
    text = said.format(model=by, verdict=verdict, what=what)
    if replayed.largest_difference:
        most = QCoreApplication.translate("Replay", "largest difference of a probability {share}")
        text += f"  ({most.format(share=percent(replayed.largest_difference))})"
    return text
