"""The page Retrain: one run as a process of its own, its steps and outcome, and the promotion by a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QProgressBar, QScrollArea, QWidget

from gui.jobs import JsonLinesProcess
from gui.look import Look
from gui.memory import Memory
from gui.review.retrain_order import OrderForm
from gui.review.retrain_promote import PromoteForm
from gui.review.retrain_run import Outcome, Standing, heard, promote_arguments
from gui.review.retrain_words import figure_words, step_word, verdict_words
from gui.start.page import TroubleNote
from gui.widgets.basics import Translated, button, column, label, row


class RetrainPanel(Translated):
    """Starts, shows, ends and goes on with a retraining; what is done stays done.

    Attributes:
        finished: A run has ended; the `Outcome`, or None where it was ended or failed.
        promoted: A package was brought into force.
    """

    finished = Signal(object)
    promoted = Signal()

    def __init__(self, look: Look, memory: Memory) -> None:
        super().__init__()
        self._look = look
        self._process: JsonLinesProcess | None = None
        self._promotion: JsonLinesProcess | None = None
        self.standing = Standing()
        self._began = False
        self._title, self._words = label("head"), label("muted", wrap=True)
        self.order_form = OrderForm(look, memory)
        self.release, self.out, self.further = self.order_form.release, self.order_form.out, self.order_form.more
        self.start_button = button(self.start, role="primary")
        self.cancel_button = button(self.cancel)
        self._steps, self._left, self._said = label(), label("muted"), label("muted", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.trouble = TroubleNote(look)
        self._verdict, self._sentence = label("call", wrap=True), label(wrap=True)
        self._figures = label()
        self.report_button = button(self.open_report)
        self.promote_form = PromoteForm(look)
        self._lay_out()
        self.order_form.changed.connect(self._update)
        self.promote_form.wanted.connect(self._on_promote)
        self.retranslate()

    @property
    def running(self) -> bool:
        """Whether a run is at work."""
        return self._process is not None

    def open_dataset(self, folder: Path, who: str) -> None:
        """Speak of a data set.

        Args:
            folder: Its folder.
            who: The person at the window, proposed as who promotes.
        """
        self.order_form.open_dataset(folder, who)
        self.promote_form.who.setText(who)
        self.promote_form.password.setVisible(self.order_form.users)
        self.retranslate()

    def close_panel(self) -> None:
        """End what runs; a run that is started again goes on where it was."""
        self.cancel()
        self._stop(self._promotion)
        self._promotion = None

    def start(self) -> None:
        """Begin, or go on where an earlier run of the same data was ended."""
        order = self.order_form.order()
        if self._process is not None or order is None:
            return
        self.order_form.remember()
        self.standing, self._began = Standing(), True
        self.trouble.tell("")
        self.promote_form.reset()
        self._process = JsonLinesProcess(order.arguments(), self)
        self._process.progressed.connect(self._on_progressed)
        self._process.ended.connect(self._on_ended)
        self._process.start(self.order_form.take_password())
        self.retranslate()

    def cancel(self) -> None:
        """End the run; what is done stays done."""
        process, self._process = self._process, None
        if process is not None:
            process.ended.disconnect(self._on_ended)
            self._stop(process)
            self.finished.emit(None)
        self.retranslate()

    def open_report(self) -> None:
        """Show the report in the browser."""
        outcome = self.standing.outcome
        if outcome is not None and outcome.report is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(outcome.report)))

    def retranslate(self) -> None:
        """Write every text anew."""
        self._title.setText(self.tr("Retrain"))
        self._words.setText(
            self.tr(
                "Trains on the labels as they are now, calibrates, and holds the result against the champion on frozen"
                " parts. Nothing comes into force by itself. A run that was ended goes on where it was."
            )
        )
        self.start_button.setText(self.tr("Retrain, or go on"))
        self.cancel_button.setText(self.tr("End the run"))
        self.report_button.setText(self.tr("Open the report"))
        self._show_standing()
        self._update()

    @Slot()
    def _update(self) -> None:
        running = self._process is not None
        self.start_button.setEnabled(self.order_form.order() is not None and not running)
        self.cancel_button.setVisible(running)
        self.order_form.setEnabled(not running)

    def _show_standing(self) -> None:
        standing = self.standing
        signs = {"done": "✓", "skipped": "✓", "started": "▸"}
        lines = []
        for step in standing.steps:
            state = standing.states.get(step, "")
            before = self.tr("   (done before)") if state == "skipped" else ""
            lines.append(f"{signs.get(state, '   ')}  {step_word(step)}{before}")
        self._steps.setText("\n".join(lines))
        self.bar.setVisible(self._began and standing.outcome is None)
        self.bar.setValue(round(1000 * standing.overall))
        self._left.setText(self._time_left())
        self._said.setText(standing.text if self._process is not None else "")
        self._show_outcome(standing.outcome)

    def _time_left(self) -> str:
        if self._process is None:
            return ""
        seconds = self.standing.seconds_left
        if seconds is None:
            return self.tr("working …")
        if seconds >= 90:
            return self.tr("about {minutes} min left in this step").format(minutes=round(seconds / 60))
        return self.tr("about {seconds} s left in this step").format(seconds=max(1, round(seconds)))

    def _show_outcome(self, outcome: Outcome | None) -> None:
        for item in (self._verdict, self._sentence, self._figures):
            item.setVisible(outcome is not None)
        self.report_button.setVisible(outcome is not None and outcome.report is not None)
        self.promote_form.setVisible(outcome is not None and bool(outcome.promote))
        if outcome is not None:
            verdict, meaning = verdict_words(outcome.verdict)
            self._verdict.setText(verdict)
            self._sentence.setText(meaning or outcome.text)
            self._figures.setText(figure_words(outcome.figures))

    @Slot(object)
    def _on_progressed(self, line: dict[str, Any]) -> None:
        self.standing = heard(self.standing, line)
        self._show_standing()

    @Slot(object, str)
    def _on_ended(self, code: int, errors: str) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        outcome = self.standing.outcome
        if code not in (0, 1) or outcome is None:  # 1: it must not be promoted, and says so
            text = self.tr("The run ended with code {code}. Start it again: it goes on where it was.")
            self.trouble.tell(errors.strip() or text.format(code=code))
            outcome = None
        self.retranslate()
        self.finished.emit(outcome)

    @Slot(str, str, str)
    def _on_promote(self, who: str, why: str, password: str) -> None:
        outcome = self.standing.outcome
        if outcome is None or self._promotion is not None:
            return
        self.trouble.tell("")
        self._promotion = JsonLinesProcess(promote_arguments(outcome, who, why), self)
        self._promotion.ended.connect(self._on_promoted)
        self.promote_form.show_working(on=True)
        self._promotion.start(password)

    @Slot(object, str)
    def _on_promoted(self, code: int, errors: str) -> None:
        process, self._promotion = self._promotion, None
        if process is not None:
            process.deleteLater()
        self.promote_form.show_working(on=False)
        if code == 0:
            self.promote_form.show_done()
            self.promoted.emit()
        else:
            text = self.tr("It was not brought into force (code {code}).").format(code=code)
            self.trouble.tell(f"{text}\n{errors}".strip())

    @staticmethod
    def _stop(process: JsonLinesProcess | None) -> None:
        if process is not None:
            process.cancel()
            process.deleteLater()

    def _lay_out(self) -> None:
        px = self._look.px
        left, right = QWidget(), QWidget()
        scroll = QScrollArea()  # a low window still reaches every step
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFixedWidth(px(480))
        lines = column(self._title, self._words, self.order_form, spacing=px(8), parent=left)
        lines.addLayout(row(self.start_button, self.cancel_button, 1))
        lines.addStretch(1)
        work = (self._steps, self.bar, self._left, self._said)
        outcome = (self._verdict, self._sentence, self._figures)
        others = column(*work, self.trouble, *outcome, spacing=px(10), parent=right)
        others.addLayout(row(self.report_button, 1))
        others.addWidget(self.promote_form)
        others.addStretch(1)
        scroll.setWidget(left)
        whole = row(scroll, right, spacing=px(24), parent=self)
        whole.setContentsMargins(*[px(12)] * 4)
        whole.setStretch(1, 1)
