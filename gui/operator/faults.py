"""The fault band: what happened, what the station does meanwhile, and the next step. It replaces nothing."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.look import Look
from gui.texts import fault_step, fault_title
from gui.widgets.basics import Translated, button, column, label, row
from gui.widgets.painting import draw_verdict
from inspector.events import Fault, FaultCode
from inspector.types import Verdict

ORDER = (
    FaultCode.INTERNAL,
    FaultCode.STORE,
    FaultCode.DISK,
    FaultCode.MODEL,
    FaultCode.RECIPE,
    FaultCode.OUTPUT,
    FaultCode.CAMERA,
)
"""Which fault is told first when several hold."""


class FaultBand(Translated):
    """Shows the gravest of the faults that hold; stays until every one is cured or acknowledged.

    Attributes:
        acknowledged: The person has read it.
    """

    acknowledged = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("band")
        self._faults: dict[tuple[FaultCode, str], Fault] = {}
        self._read: set[tuple[FaultCode, str]] = set()
        self.title, self.meanwhile, self.step = label("head"), label(wrap=True), label(wrap=True)
        self.more = label()
        self.acknowledge_button = button(self.acknowledge, focus=False)
        self._sign = _Sign(look)
        texts = column(spacing=look.px(2))
        head = row(spacing=look.px(16))
        head.addWidget(self.title)
        head.addWidget(self.meanwhile, 1)
        head.addWidget(self.more)
        texts.addLayout(head)
        texts.addWidget(self.step)
        layout = row(self._sign, spacing=look.px(16), parent=self)
        layout.addLayout(texts, 1)
        layout.addWidget(self.acknowledge_button)
        layout.setContentsMargins(look.px(16), look.px(8), look.px(16), look.px(8))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()
        self.retranslate()

    @property
    def faults(self) -> list[Fault]:
        """The faults that hold, gravest first."""
        return sorted(self._faults.values(), key=lambda fault: ORDER.index(fault.code))

    def raise_fault(self, fault: Fault) -> None:
        """Show a fault; the same one with other words is shown anew."""
        key = (fault.code, fault.source)
        if self._faults.get(key) != fault:
            self._faults[key] = fault
            self._read.discard(key)
            self.retranslate()

    def clear_fault(self, code: FaultCode, source: str) -> None:
        """Take a cured fault away."""
        self._faults.pop((code, source), None)
        self._read.discard((code, source))
        self.retranslate()

    def clear_all(self) -> None:
        """Begin anew, as at the start of the line."""
        self._faults, self._read = {}, set()
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.acknowledge_button.setText(self.tr("Acknowledge  A"))
        unread = [f for f in self.faults if (f.code, f.source) not in self._read]
        self.setVisible(bool(unread))
        if not unread:
            return
        first = unread[0]
        self.title.setText(f"{fault_title(first.code)}: {first.source}" if first.source else fault_title(first.code))
        goes_on = all(fault.code is FaultCode.RECIPE for fault in unread)  # a camera setting that was not taken
        rejects = self.tr("All parts are rejected meanwhile.")
        self.meanwhile.setText(self.tr("Inspection goes on.") if goes_on else rejects)
        self.step.setText(f"{fault_step(first.code)}   {first.what} {first.cure}".strip())
        count = len({fault.what for fault in unread}) - 1  # one trouble may be told of two places
        self.more.setText(self.tr("and {count} more").format(count=count) if count else "")

    def acknowledge(self) -> None:
        """The person has read what is shown: the band goes, the state in the header stays."""
        self._read |= set(self._faults)
        self.retranslate()
        self.acknowledged.emit()


class _Sign(QWidget):
    """The exclamation mark at the band's left."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setFixedSize(QSize(look.px(48), look.px(48)))
        look.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        band = self._look.theme.band
        inner = QRectF(self.rect()).adjusted(5, 5, -5, -5)
        painter = QPainter(self)
        draw_verdict(painter, Verdict.ERROR, inner, band.ink, band.ground)
