"""A band across the page: what happened, what the station does meanwhile, and the next step. It replaces nothing.

The same machinery tells faults (parts are rejected) and, in another colour and below, cautions (inspection goes on).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.look import Look
from gui.notices import CAUTION_ORDER, FAULT_ORDER, Code, Notice, goes_on, notice_step, notice_title
from gui.theme import Pair, Theme
from gui.widgets.basics import Translated, button, column, elide_middle, label, row
from gui.widgets.painting import draw_verdict
from inspector.types import Verdict


@dataclass(frozen=True, slots=True)
class BandKind:
    """What makes the one band differ from the other.

    Attributes:
        name: Object name, by which the style sheet colours it.
        order: Which code is told first when several hold.
        sign: Whose shape stands at the left: triangle with `!` for faults, diamond with `?` for cautions.
        colours: Ink and ground of the sign in a theme.
    """

    name: str
    order: tuple[Code, ...]
    sign: Verdict
    colours: Callable[[Theme], Pair]


LONGEST_SOURCE = 36
"""A folder is named in full in what follows the title."""

FAULTS = BandKind("band", FAULT_ORDER, Verdict.ERROR, lambda theme: theme.band)
CAUTIONS = BandKind("caution", CAUTION_ORDER, Verdict.REVIEW, lambda theme: theme.caution)


class NoticeBand(Translated):
    """Shows the gravest of the notices that hold; stays until every one is cured or acknowledged.

    Attributes:
        acknowledged: The person has read it.
        appears: It is about to come (True), or has gone.
    """

    acknowledged = Signal()
    appears = Signal(bool)

    def __init__(self, look: Look, kind: BandKind) -> None:
        super().__init__()
        self.setObjectName(kind.name)
        self._kind = kind
        self._notices: dict[tuple[Code, str], Notice] = {}
        self._read: set[tuple[Code, str]] = set()
        self._back = self._blocked = False
        self.title, self.meanwhile, self.step = label("head"), label(wrap=True), label(wrap=True)
        self.more = label()
        self.acknowledge_button = button(self.acknowledge, focus=False)
        self.step.setMaximumHeight(look.px(66))  # three lines; longer ones stand in the tool tip
        texts = column(spacing=look.px(2))
        head = row(spacing=look.px(16))
        head.addWidget(self.title)
        head.addWidget(self.meanwhile, 1)
        head.addWidget(self.more)
        texts.addLayout(head)
        texts.addWidget(self.step)
        layout = row(_Sign(look, kind), spacing=look.px(16), parent=self)
        layout.addLayout(texts, 1)
        layout.addWidget(self.acknowledge_button)
        layout.setContentsMargins(look.px(16), look.px(6), look.px(16), look.px(6))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()
        self.retranslate()

    @property
    def notices(self) -> list[Notice]:
        """What holds, gravest first."""
        return sorted(self._notices.values(), key=lambda notice: self._kind.order.index(notice.code))

    def tell(self, notice: Notice) -> None:
        """Show a notice; the same one with other words is shown anew."""
        key = (notice.code, notice.source)
        if self._notices.get(key) != notice:
            self._notices[key] = notice
            self._read.discard(key)
            self.retranslate()

    def clear(self, code: Code, source: str) -> None:
        """Take away what is cured."""
        self._notices.pop((code, source), None)
        self._read.discard((code, source))
        self.retranslate()

    def clear_all(self) -> None:
        """Begin anew, as at the start of the line."""
        self._notices, self._read = {}, set()
        self.retranslate()

    def recall(self) -> None:
        """Show again what was acknowledged and still holds."""
        self._read = set()
        self.retranslate()

    def show_blocked(self, *, blocked: bool) -> None:
        """Say that nothing is released meanwhile, where another reason than these notices keeps it back."""
        if blocked != self._blocked:
            self._blocked = blocked
            self.retranslate()

    def step_back(self, *, back: bool) -> None:
        """Wait unseen, while a graver band stands on a screen that is too low for both."""
        if back != self._back:
            self._back = back
            self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.acknowledge_button.setText(self.tr("Acknowledge  A"))
        unread = [notice for notice in self.notices if (notice.code, notice.source) not in self._read]
        shown = bool(unread) and not self._back
        if self.isHidden() == shown:
            if shown:  # what has to make room makes it first, and takes it back last: the window never grows
                self.appears.emit(True)
            self.setVisible(shown)
            if not shown:
                self.appears.emit(False)
        if not unread:
            return
        first = unread[0]
        source = f": {elide_middle(first.source, LONGEST_SOURCE)}" if first.source else ""
        self.title.setText(notice_title(first.code) + source)
        if not all(map(goes_on, unread)):
            self.meanwhile.setText(self.tr("All parts are rejected meanwhile."))
        else:
            goes = self.tr("Inspection goes on.")
            self.meanwhile.setText(self.tr("Nothing is released meanwhile.") if self._blocked else goes)
        self.step.setText(f"{notice_step(first.code)}   {first.what} {first.cure}".strip())
        self.step.setToolTip(self.step.text())
        count = len({notice.what for notice in unread}) - 1  # one trouble may be told of two places
        self.more.setText(self.tr("and {count} more").format(count=count) if count else "")

    def acknowledge(self) -> None:
        """The person has read what is shown: the band goes, the word in the header stays."""
        self._read |= set(self._notices)
        self.retranslate()
        self.acknowledged.emit()


class _Sign(QWidget):
    """The shape at the band's left."""

    def __init__(self, look: Look, kind: BandKind) -> None:
        super().__init__()
        self._look, self._kind = look, kind
        self.setFixedSize(QSize(look.px(48), look.px(48)))
        look.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        pair = self._kind.colours(self._look.theme)
        inner = QRectF(self.rect()).adjusted(5, 5, -5, -5)
        painter = QPainter(self)
        draw_verdict(painter, self._kind.sign, inner, pair.ink, pair.ground)
