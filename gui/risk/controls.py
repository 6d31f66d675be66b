"""What the engineer accepts: two rates on logarithmic sliders, and the confidence."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QSlider

from gui.look import Look
from gui.risk.choice import CONFIDENCES, FIRST_ESCAPE, FIRST_OVERKILL, STEPS, position_of, rate_at
from gui.texts import rate
from gui.widgets.basics import Translated, button, column, label, row
from inspector.decisions.limits import AcceptedRisk


class RateSlider(Translated):
    """One accepted rate: a switch, a slider and the figure.

    Attributes:
        changed: The person moved or switched it.
    """

    changed = Signal()

    def __init__(self, look: Look, first: float) -> None:
        super().__init__()
        self._rate: float = first
        self._name = ""
        self.switch = button(self._on_switch, role="choice")
        self.switch.setCheckable(True)
        self.figure = label("figure")
        self.figure.setMinimumWidth(look.px(104))
        self.figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setSingleStep(10)
        self.slider.setPageStep(60)
        self.slider.valueChanged.connect(self._on_moved)
        head = row(self.switch, self.figure)
        head.setStretch(0, 1)
        layout = column(spacing=0, parent=self)
        layout.addLayout(head)
        layout.addWidget(self.slider)
        layout.setContentsMargins(0, 0, 0, 0)
        self.show_rate(first)

    @property
    def rate(self) -> float | None:
        """The accepted rate; None while it is switched off."""
        return self._rate if self.switch.isChecked() else None

    def show_rate(self, value: float | None, *, possible: bool = True) -> None:
        """Show a rate, or switch it off; one that is not possible cannot be switched on."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.switch):
            if value is not None:
                self._rate = value
                self.slider.setValue(position_of(value))
            self.switch.setChecked(value is not None)
        self.switch.setEnabled(possible)
        self.slider.setEnabled(value is not None)
        self.retranslate()

    def name(self, text: str) -> None:
        """Say which rate it is."""
        self._name = text
        self.slider.setAccessibleName(text)
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        mark = "☑" if self.switch.isChecked() else "☐"
        self.switch.setText(f"{mark}  {self._name}")
        self.figure.setText(f"≤ {rate(self._rate)}" if self.switch.isChecked() else "–")

    @Slot(int)
    def _on_moved(self, position: int) -> None:
        self._rate = rate_at(position)
        self.retranslate()
        self.changed.emit()

    def _on_switch(self) -> None:
        self.slider.setEnabled(self.switch.isChecked())
        self.retranslate()
        self.changed.emit()


class RiskControls(Translated):
    """Everything that the engineer can choose.

    Attributes:
        changed: The choice changed; `accepted` has it.
    """

    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.escape, self.overkill = RateSlider(look, FIRST_ESCAPE), RateSlider(look, FIRST_OVERKILL)
        self._review = 0.0
        for slider in (self.escape, self.overkill):
            slider.changed.connect(self._on_changed)
        self._caption = label("muted")
        self._group = QButtonGroup(self)
        self.confidences = [button(self.changed.emit, role="choice") for _ in CONFIDENCES]
        for each in self.confidences:
            each.setCheckable(True)
            self._group.addButton(each)
        layout = column(self.escape, self.overkill, self._caption, spacing=look.px(6), parent=self)
        layout.addLayout(row(*self.confidences, spacing=look.px(6)))
        layout.setContentsMargins(*[look.px(12)] * 4)
        self.show_accepted(AcceptedRisk(max_escape=FIRST_ESCAPE), defective=1, good=1)
        self.retranslate()

    @property
    def accepted(self) -> AcceptedRisk:
        """What is accepted."""
        confidence = CONFIDENCES[[each.isChecked() for each in self.confidences].index(True)]
        escape, overkill = self.escape.rate, self.overkill.rate
        return AcceptedRisk(escape, overkill, confidence, self._review if escape is None else 0.0)

    def show_accepted(self, accepted: AcceptedRisk, *, defective: int, good: int) -> None:
        """Show a choice.

        Args:
            accepted: The choice.
            defective: Defective parts there are: without any nothing can be said of escapes.
            good: Good parts there are.
        """
        self._review = accepted.review
        self.escape.show_rate(accepted.max_escape, possible=defective > 0)
        self.overkill.show_rate(accepted.max_overkill, possible=good > 0)
        nearest = min(range(len(CONFIDENCES)), key=lambda number: abs(CONFIDENCES[number] - accepted.confidence))
        self.confidences[nearest].setChecked(True)

    def retranslate(self) -> None:
        """Write every text anew."""
        self.escape.name(self.tr("Accepted escapes"))
        self.overkill.name(self.tr("Accepted overkill"))
        self._caption.setText(self.tr("Confidence of each promise"))
        for each, confidence in zip(self.confidences, CONFIDENCES, strict=True):
            each.setText(rate(confidence) if confidence else self.tr("expected"))
        self.confidences[-1].setToolTip(self.tr("The rate on average over many calibrations (conformal risk control)"))

    @Slot()
    def _on_changed(self) -> None:
        if self.escape.rate is None and self.overkill.rate is None:  # one of the two has to be stated
            other = self.overkill if self.sender() is self.escape else self.escape
            if not other.switch.isEnabled():
                other = self.escape if other is self.overkill else self.overkill
            other.show_rate(FIRST_ESCAPE if other is self.escape else FIRST_OVERKILL)
        self.changed.emit()
