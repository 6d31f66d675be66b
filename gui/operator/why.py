"""Why: everything that led to the verdict on one part."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui.anomaly import AnomalyScale
from gui.look import Look
from gui.operator.reasoning import fact_rows, score_rows
from gui.operator.sheet import Sheet
from gui.parts import SeenPart
from gui.texts import amendment_text, limit_text, verdict_word, what_text
from gui.widgets.basics import column, label, row
from gui.widgets.layer import Layer, View


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
        self._scores = self._replaced(self._scores, score_rows(self.look, part, self._scale))
        self._facts = self._replaced(self._facts, fact_rows(part, self._recipe_name, self._scale))

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
