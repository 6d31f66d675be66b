"""Why: everything that led to the verdict on one part."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from gui.anomaly import AnomalyScale
from gui.look import Look
from gui.operator.sheet import Sheet
from gui.parts import SeenPart
from gui.texts import amendment_text, class_word, clock, limit_text, percent, verdict_word, what_text
from gui.widgets.basics import column, label, row
from gui.widgets.layer import Layer, View
from inspector.types import Decision

MAX_CLASSES = 7


class ScoreBar(QWidget):
    """A share 0..1 as a bar, with marks where limits stand."""

    def __init__(self, look: Look, share: float, limits: tuple[float, ...] = ()) -> None:
        super().__init__()
        self._look, self._share, self._limits = look, share, limits
        self.setMinimumSize(look.px(120), look.px(22))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Qt's own hook."""
        return QSize(self._look.px(240), self._look.px(22))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        theme, painter = self._look.theme, QPainter(self)
        box = QRectF(self.rect()).adjusted(0, 4, 0, -4)
        painter.fillRect(box, QColor(theme.pressed))
        painter.fillRect(QRectF(box.x(), box.y(), box.width() * self._share, box.height()), QColor(theme.bar))
        for limit in self._limits:
            x = min(box.right() - 2, box.x() + box.width() * limit)
            painter.fillRect(QRectF(x - 1, box.y() - 4, 3, box.height() + 8), QColor(theme.ink))


class _Picture(QWidget):
    """One view, with its evidence or without."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.layer, self.heat = Layer(), False
        self.setMinimumSize(look.px(150), look.px(150))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        painter, box = QPainter(self), QRectF(self.rect())
        painter.fillRect(box, QColor(self._look.theme.picture))
        if not self.layer.size.isEmpty():
            target = View().target(self.layer.size, QSizeF(self.size()))
            self.layer.paint(painter, target, box, heat=self.heat)


class WhySheet(Sheet):
    """Picture beside its evidence, class probabilities, the score against its limits, versions and stage times.

    Args:
        look: Theme and scale.
        parent: The picture that it covers.
        part: The part.
        recipe_name: Name of the recipe in force.
    """

    def __init__(self, look: Look, parent: QWidget, part: SeenPart, recipe_name: str) -> None:
        super().__init__(look, parent)
        self._recipe_name = recipe_name
        self._scale: AnomalyScale | None = None
        self._plain, self._heated = _Picture(look), _Picture(look)
        self._heated.heat = True
        self._plain_caption, self._heat_caption = label("muted"), label("muted")
        pictures = QHBoxLayout()
        for picture, caption in ((self._plain, self._plain_caption), (self._heated, self._heat_caption)):
            pictures.addLayout(column(picture, caption, spacing=2))
        self._answer = label("reason", wrap=True)
        self._said = label(wrap=True)
        self._scores = QWidget()
        self._facts = QWidget()
        self.body.addWidget(self._answer)
        self.body.addWidget(self._said)
        self.body.addLayout(pictures, 1)
        self._below = row(self._scores, self._facts, spacing=look.px(20))
        self._below.setStretch(0, 3)
        self._below.setStretch(1, 2)
        self.body.addLayout(self._below)
        self.show_part(part)

    @property
    def part(self) -> SeenPart:
        """The part that is explained."""
        return self._part

    def show_part(self, part: SeenPart) -> None:
        """Explain `part`, or the same part with what arrived since."""
        self._part = part
        view = part.first_view
        for picture in (self._plain, self._heated):
            picture.layer.set_pixels(part.frames.get(view))
            picture.layer.set_heat_map(part.heat_maps.get(view))
            picture.update()
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        part = self._part
        record = part.record
        self.title.setText(self._question(part).format(verdict=verdict_word(part.verdict), part=record.part_id))
        self.close_button.setText(self.tr("Close  Esc"))
        self._answer.setText(f"{what_text(record.decision)}  {limit_text(record.decision)}".strip())
        self._said.setText("\n".join(amendment_text(said) for said in part.amendments))
        self._said.setVisible(bool(part.amendments))
        self._plain_caption.setText(self.tr("The judged picture"))
        if part.first_view in part.heat_maps:
            self._heat_caption.setText(self.tr("Where the model sees evidence of a defect"))
        else:
            self._heat_caption.setText(self.tr("No heat map: made for FAIL and REVIEW, shortly after the decision"))
        self._scores = self._replaced(self._scores, self._score_rows(record.decision))
        self._facts = self._replaced(self._facts, self._fact_rows())

    def _question(self, part: SeenPart) -> str:
        if part.is_challenge:
            return self.tr("Why {verdict}: known bad part {part} of the challenge")
        return self.tr("Why {verdict}: part {part}")

    def _replaced(self, old: QWidget, new: QWidget) -> QWidget:
        self._below.replaceWidget(old, new)
        old.hide()
        old.deleteLater()
        return new

    def show_scale(self, scale: AnomalyScale | None) -> None:
        """Show the limits of the anomaly score, once the card of the package has been read."""
        self._scale = scale
        self.retranslate()

    def _score_rows(self, decision: Decision) -> QWidget:
        widget = QWidget()
        grid = QGridLayout(widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        rows: list[tuple[str, float, tuple[float, ...], str]] = []
        if decision.score is not None:
            limits = decision.thresholds
            limit_marks = () if limits is None else (limits.pass_below, limits.fail_from)
            rows.append((self.tr("defect score"), decision.score, limit_marks, percent(decision.score)))
        prediction = self._part.record.predictions.get(decision.view or self._part.first_view)
        if prediction is not None:
            if prediction.anomaly is not None:
                rows.append(self._anomaly_row(prediction.anomaly, decision))
            ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])[:MAX_CLASSES]
            rows += [(class_word(name), share, (), percent(share)) for name, share in ranked]
        for place, (name, share, marks, text) in enumerate(rows):
            grid.addWidget(label("", name), place, 0)
            grid.addWidget(ScoreBar(self.look, share, marks), place, 1)
            grid.addWidget(label("", text), place, 2, Qt.AlignmentFlag.AlignRight)
        grid.setVerticalSpacing(self.look.px(2))
        grid.setRowStretch(len(rows), 1)
        return widget

    def _anomaly_row(self, anomaly: float, decision: Decision) -> tuple[str, float, tuple[float, ...], str]:
        """The distance from everything that the method has seen, on a scale that ends beyond both limits."""
        limits: tuple[float, ...] = ()
        if self._scale is not None and decision.thresholds is not None:
            limits = tuple(limit for limit in self._scale.limits(decision.thresholds) if math.isfinite(limit))
        top = 1.2 * max(anomaly, *limits, 1e-9)
        return self.tr("anomaly score"), anomaly / top, tuple(limit / top for limit in limits), f"{anomaly:.3g}"

    def _fact_rows(self) -> QWidget:
        widget = QWidget()
        grid = QGridLayout(widget)
        grid.setContentsMargins(0, 0, 0, 0)
        record = self._part.record
        stages = "  ·  ".join(f"{stage} {ms:.1f}" for stage, ms in record.stage_ms.items())
        facts = [
            (self.tr("decided"), f"{clock(record.decided_time_ns)}   {record.station}"),
            (self.tr("recipe"), f"{self._recipe_name}   {record.recipe_hash[:12]}"),
            (self.tr("model package"), record.package_hash[:12]),
            (self.tr("record"), f"{record.record_id[:12]}   #{record.sequence}"),
            (self.tr("stage times in ms"), stages),
        ]
        limits = record.decision.thresholds
        if self._scale is not None and limits is not None:
            low, high = self._scale.limits(limits)
            text = self.tr("passes below {low}, fails from {high}")
            facts.insert(0, (self.tr("limits of the anomaly score"), text.format(low=f"{low:.3g}", high=f"{high:.3g}")))
        grid.setVerticalSpacing(0)
        for place, (name, value) in enumerate(facts):
            grid.addWidget(label("muted", name), 2 * place, 0)
            grid.addWidget(label("", value, wrap=True), 2 * place + 1, 0)
        grid.setRowStretch(2 * len(facts), 1)
        return widget
