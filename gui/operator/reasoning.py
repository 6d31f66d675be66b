"""What led to a verdict, as rows: scores against their limits, class probabilities, versions and stage times."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from gui.anomaly import AnomalyScale
from gui.look import Look
from gui.parts import SeenPart
from gui.texts import class_word, clock, percent
from gui.widgets.basics import label
from inspector.types import Decision

MAX_CLASSES = 7

Row = tuple[str, float, tuple[float, ...], str]
"""Name, share 0..1, limits as shares, and the value as text."""


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


def score_rows(look: Look, part: SeenPart, scale: AnomalyScale | None) -> QWidget:
    """Return the scores of a part as bars.

    Args:
        look: Theme and scale.
        part: The part.
        scale: Of its package's anomaly score, where it has one.
    """
    widget = QWidget()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setColumnStretch(1, 1)
    rows = _rows(part, scale)
    for place, (name, share, marks, text) in enumerate(rows):
        grid.addWidget(label("", name), place, 0)
        grid.addWidget(ScoreBar(look, share, marks), place, 1)
        grid.addWidget(label("", text), place, 2, Qt.AlignmentFlag.AlignRight)
    grid.setVerticalSpacing(look.px(2))
    grid.setRowStretch(len(rows), 1)
    return widget


def _rows(part: SeenPart, scale: AnomalyScale | None) -> list[Row]:
    decision = part.record.decision
    rows: list[Row] = []
    if decision.score is not None:
        limits = decision.thresholds
        marks = () if limits is None else (limits.pass_below, limits.fail_from)
        name = QCoreApplication.translate("WhySheet", "defect score")
        rows.append((name, decision.score, marks, percent(decision.score)))
    prediction = part.record.predictions.get(decision.view or part.first_view)
    if prediction is not None:
        if prediction.anomaly is not None:
            rows.append(_anomaly_row(prediction.anomaly, decision, scale))
        ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])[:MAX_CLASSES]
        rows += [(class_word(name), share, (), percent(share)) for name, share in ranked]
    return rows


def _anomaly_row(anomaly: float, decision: Decision, scale: AnomalyScale | None) -> Row:
    """The distance from everything that the method has seen, on a scale that ends beyond both limits."""
    limits: tuple[float, ...] = ()
    if scale is not None and decision.thresholds is not None:
        limits = tuple(limit for limit in scale.limits(decision.thresholds) if math.isfinite(limit))
    top = 1.2 * max(anomaly, *limits, 1e-9)
    name = QCoreApplication.translate("WhySheet", "anomaly score")
    return name, anomaly / top, tuple(limit / top for limit in limits), f"{anomaly:.3g}"


def fact_rows(part: SeenPart, recipe_name: str, scale: AnomalyScale | None) -> QWidget:
    """Return when and by what a part was judged.

    Args:
        part: The part.
        recipe_name: Name of the recipe in force.
        scale: Of its package's anomaly score, where it has one.
    """
    widget = QWidget()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(0)
    facts = _facts(part, recipe_name, scale)
    for place, (name, value) in enumerate(facts):
        grid.addWidget(label("muted", name), 2 * place, 0)
        grid.addWidget(label("", value, wrap=True), 2 * place + 1, 0)
    grid.setRowStretch(2 * len(facts), 1)
    return widget


def _facts(part: SeenPart, recipe_name: str, scale: AnomalyScale | None) -> list[tuple[str, str]]:
    record = part.record
    stages = "  ·  ".join(f"{stage} {ms:.1f}" for stage, ms in record.stage_ms.items())
    facts = [
        (
            QCoreApplication.translate("WhySheet", "decided"),
            f"{clock(record.decided_time_ns)}   {record.station}",
        ),
        (QCoreApplication.translate("WhySheet", "recipe"), f"{recipe_name}   {record.recipe_hash[:12]}"),
        (QCoreApplication.translate("WhySheet", "model package"), record.package_hash[:12]),
        (QCoreApplication.translate("WhySheet", "record"), f"{record.record_id[:12]}   #{record.sequence}"),
        (QCoreApplication.translate("WhySheet", "stage times in ms"), stages),
    ]
    limits = record.decision.thresholds
    if scale is not None and limits is not None:
        low, high = scale.limits(limits)
        name = QCoreApplication.translate("WhySheet", "limits of the anomaly score")
        text = QCoreApplication.translate("WhySheet", "passes below {low}, fails from {high}")
        facts.insert(0, (name, text.format(low=f"{low:.3g}", high=f"{high:.3g}")))
    return facts
