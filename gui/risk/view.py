"""The open calibration: the choice at the right; bands, parts and cost beside it, following it at once."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from gui.jobs import Jobs
from gui.look import Look
from gui.promises import shortage_text, whole_promise
from gui.risk.bands import BANDS
from gui.risk.cards import BandCard
from gui.risk.choice import (
    FIRST_ESCAPE,
    FIRST_OVERKILL,
    USUAL,
    Answer,
    Curves,
    answer,
    draw_curves,
    fitting,
    rate_at_fail_limit,
    rate_at_pass_limit,
)
from gui.risk.controls import RiskControls
from gui.risk.cost_plot import CostPlot
from gui.risk.score_plot import ScorePlot
from gui.texts import percent
from gui.widgets.basics import Translated, button, column, label, row
from inspector.decisions.limits import AcceptedRisk
from inspector.errors import InspectorError
from inspector.types import CalibrationScores, Verdict


class RiskView(Translated):
    """Shows what an accepted risk means for the calibration parts.

    Attributes:
        save_clicked: The choice shall be written into the package.
        copy_clicked: It shall be written into another package.
        again_clicked: The package shall be calibrated on another data set.
    """

    save_clicked = Signal()
    copy_clicked = Signal()
    again_clicked = Signal()

    def __init__(self, look: Look, jobs: Jobs) -> None:
        super().__init__()
        self._look, self._jobs = look, jobs
        self._scores: CalibrationScores | None = None
        self._wanted: AcceptedRisk | None = None
        self.answer: Answer | None = None
        self.curves: Curves | None = None
        self.trouble = ""
        self.cards = {verdict: BandCard(look, verdict) for verdict in BANDS}
        self.plot, self.cost, self.controls = ScorePlot(look), CostPlot(look), RiskControls(look)
        self._plot_caption, self._cost_caption = label("muted"), label("muted")
        self.head, self.words, self._note = label("reason", wrap=True), label("", wrap=True), label("muted", wrap=True)
        self.save_button = button(self.save_clicked.emit, role="primary")
        self.copy_button, self.again_button = button(self.copy_clicked.emit), button(self.again_clicked.emit)
        self._lay_out()
        self.controls.changed.connect(self._on_controls)
        self.plot.pass_dragged.connect(self._on_pass_dragged)
        self.plot.fail_dragged.connect(self._on_fail_dragged)
        self.plot.released.connect(self._show)
        self.cost.dragged.connect(self._on_cost_dragged)
        self.retranslate()

    def open_scores(self, scores: CalibrationScores, accepted: AcceptedRisk | None) -> None:
        """Begin with a package's calibration parts and the risk that its limits keep now."""
        self._scores, self.curves, self._wanted = scores, None, None
        self.accept(accepted or USUAL)

    @property
    def accepted(self) -> AcceptedRisk:
        """The choice."""
        return self.controls.accepted

    def accept(self, accepted: AcceptedRisk) -> None:
        """Show a choice everywhere."""
        if self._scores is not None:
            fits = fitting(accepted, self._scores)
            defective = int(self._scores.defective.sum())
            self.controls.show_accepted(fits, defective=defective, good=self._scores.defective.size - defective)
            self._on_controls()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.plot.retranslate()
        self.cost.retranslate()
        self._plot_caption.setText(
            self.tr("Every calibration part by its worst view. Drag a limit. Height: square root of the parts.")
        )
        self._cost_caption.setText(self.tr("What it costs in good parts. Drag the marker."))
        self._note.setText(
            self.tr(
                "Strictly, a promise holds for a risk that was chosen before looking at these parts: for an audit, "
                "calibrate on parts of their own."
            )
        )
        self.save_button.setText(self.tr("Save into the package  Ctrl+S"))
        self.copy_button.setText(self.tr("Save as another package…"))
        self.again_button.setText(self.tr("Calibrate on a data set…"))
        self._show()

    def _lay_out(self) -> None:
        px = self._look.px
        left = column(spacing=px(6))
        left.addLayout(row(*self.cards.values(), spacing=px(8)))
        left.addWidget(self._plot_caption)
        left.addWidget(self.plot.widget, 3)
        left.addWidget(self._cost_caption)
        left.addWidget(self.cost.widget, 2)
        self._statement = statement = QFrame()
        statement.setObjectName("statement")
        inside = column(self.head, self.words, self._note, 1, spacing=px(8), parent=statement)
        inside.setContentsMargins(*[px(14)] * 4)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(statement)
        beside = QWidget()
        beside.setFixedWidth(px(430))
        right = column(self.controls, scroll, self.save_button, spacing=px(8), parent=beside)
        right.addLayout(row(self.copy_button, self.again_button))
        right.setStretch(1, 1)
        right.setContentsMargins(0, 0, 0, 0)
        whole = row(spacing=px(12), parent=self)
        whole.addLayout(left, 1)
        whole.addWidget(beside)
        whole.setContentsMargins(0, 0, 0, 0)

    @Slot()
    def _on_controls(self) -> None:
        if self._scores is None:
            return
        accepted = self.controls.accepted
        try:
            self.answer, self.trouble = answer(self._scores, accepted), ""
        except InspectorError as error:
            self.answer, self.trouble = None, str(error)
        self._show()
        self._ask_for_curves(self._scores, accepted)

    def _ask_for_curves(self, scores: CalibrationScores, accepted: AcceptedRisk) -> None:
        """The curve depends on the confidence and on the other risk, not on the rate along it."""
        by_escape = accepted.max_escape is not None
        key = (
            replace(accepted, max_escape=FIRST_ESCAPE) if by_escape else replace(accepted, max_overkill=FIRST_OVERKILL)
        )
        if key != self._wanted:
            self._wanted = key
            self._jobs.run(lambda: (key, draw_curves(scores, key)), self._on_curves)

    def _on_curves(self, found: tuple[AcceptedRisk, Curves]) -> None:
        if found[0] == self._wanted:
            self.curves = found[1]
            self.cost.show_curves(found[1])
            self._show()

    @Slot()
    def _show(self) -> None:
        found, scores = self.answer, self._scores
        self.save_button.setEnabled(found is not None and found.proven)
        self.copy_button.setEnabled(found is not None and found.proven)
        if scores is None:
            return
        if found is None:
            self._colour(alarm=True)
            self.head.setText(self.tr("✕  No limits keep this"))
            self.words.setText(self.trouble)
            return
        calibrated = found.calibrated
        self.plot.show_scores(scores, calibrated.thresholds)
        good, defective = calibrated.good, calibrated.defective
        for verdict, name in zip(BANDS, ("pass", "review", "fail"), strict=True):
            counts = [
                {Verdict.PASS: kind.passed, Verdict.REVIEW: kind.review, Verdict.FAIL: kind.failed}[verdict]
                for kind in (good, defective)
            ]
            shares = (good.shares()[name], defective.shares()[name])
            self.cards[verdict].show_counts((counts[0], shares[0]), (counts[1], shares[1]))
        rate = found.accepted.max_escape or found.accepted.max_overkill
        if rate is not None:
            self.cost.show_choice(rate)
        self._show_statement(found)

    def _show_statement(self, found: Answer) -> None:
        self._colour(alarm=not found.proven)
        limits = found.calibrated.thresholds
        text = self.tr("Limits on the defect score: PASS below {low}, FAIL from {high}.")
        lines = [text.format(low=percent(limits.pass_below), high=percent(limits.fail_from))]
        if found.proven:
            self.head.setText(self.tr("✓  Proven on these parts"))
            lines = [whole_promise(each) for each in found.calibrated.guarantees] + lines
            if found.calibrated.crossed:
                lines.append(self.tr("One limit keeps both promises: nobody has to review."))
        else:
            self.head.setText(self.tr("◆  Too few parts to promise this"))
            lines = [shortage_text(each, found.accepted.confidence) for each in found.shortages] + lines
            lines.append(self.tr("The bands show the smallest risk that these parts support."))
        self.words.setText("\n\n".join(lines))

    def _colour(self, *, alarm: bool) -> None:
        """Amber where something is missing, as the station's cautions."""
        self._statement.setProperty("alarm", str(alarm).lower())
        for item in (self._statement, self.head, self.words, self._note):
            item.style().unpolish(item)
            item.style().polish(item)

    @Slot(float)
    def _on_pass_dragged(self, limit: float) -> None:
        """A limit stands for a rate: the largest that the data prove at it."""
        if self.curves is None or self._scores is None:
            return
        accepted = self.controls.accepted
        if self.curves.escape:
            rate = rate_at_pass_limit(self.curves.escape, limit)
            if rate is not None:
                self.accept(replace(accepted, max_escape=rate, review=0.0))
        elif accepted.max_escape is None:  # good parts alone: the limit says how many of them a person looks at
            found = self.answer
            fail_from = 1.0 if found is None else found.calibrated.thresholds.fail_from
            good = self._scores.scores[~self._scores.defective]
            share = float(((good >= limit) & (good < fail_from)).mean())
            self.accept(replace(accepted, review=min(share, 0.999)))

    @Slot(float)
    def _on_fail_dragged(self, limit: float) -> None:
        if self.curves is not None and self.curves.overkill:
            rate = rate_at_fail_limit(self.curves.overkill, limit)
            if rate is not None:
                self.accept(replace(self.controls.accepted, max_overkill=rate))

    @Slot(float)
    def _on_cost_dragged(self, rate: float) -> None:
        accepted, rounded = self.controls.accepted, float(f"{rate:.2g}")
        if accepted.max_escape is not None:
            self.accept(replace(accepted, max_escape=rounded))
        else:
            self.accept(replace(accepted, max_overkill=rounded))
