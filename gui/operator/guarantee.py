"""Under which guarantee the station decides: a word in the header, and a sheet with the whole statement."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from gui.look import Look
from gui.operator.sheet import Sheet
from gui.promises import most_telling, parts_text, short_promise, whole_promise
from gui.texts import short_hash
from gui.widgets.basics import label
from inspector.events import GuaranteeChanged

NO_GUARANTEE = GuaranteeChanged((), holds=True)
"""What holds before the station has told anything."""


class GuaranteeButton(QToolButton):
    """Quiet where the guarantee holds or there is none; amber and with other words where it holds no longer."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "flat")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._event, self._compact = NO_GUARANTEE, False

    @property
    def alarming(self) -> bool:
        """Whether a guarantee was given and does not hold."""
        return bool(self._event.guarantees) and not self._event.holds

    def show_guarantee(self, event: GuaranteeChanged) -> None:
        """Show what holds from now on."""
        self._event = event
        self.retranslate()

    def show_compact(self, *, compact: bool) -> None:
        """Use few words, where the header is narrow."""
        if compact != self._compact:
            self._compact = compact
            self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.setText(self._words())
        self.setToolTip(statement(self._event))
        alarm = str(self.alarming).lower()
        if self.property("alarm") != alarm:
            self.setProperty("alarm", alarm)
            self.style().unpolish(self)
            self.style().polish(self)

    def _words(self) -> str:
        first = most_telling(self._event.guarantees)
        if first is None:
            return self.tr("no guarantee")
        if self.alarming:
            return self.tr("◆ guarantee does not hold")
        if self._compact:
            return f"✓ {short_promise(first)}"
        more = len(self._event.guarantees) - 1
        text = self.tr("✓ guarantee: {promise}, {parts}")
        words = text.format(promise=short_promise(first), parts=parts_text(first.n))
        return f"{words} +{more}" if more else words


class GuaranteeSheet(Sheet):
    """The whole statement, what it rests on, and why it does not hold where it does not.

    Args:
        look: Theme and scale.
        parent: The picture that it covers.
        event: What the station told last.
        package_hash: The package that judges; "" before the station has told.
    """

    def __init__(self, look: Look, parent: QWidget, event: GuaranteeChanged, package_hash: str) -> None:
        super().__init__(look, parent)
        self._event, self._package_hash = event, package_hash
        self._head, self._words = label("reason", wrap=True), label("", wrap=True)
        self._package, self._next = label("muted"), label("", wrap=True)
        for item in (self._head, self._words, self._next, self._package):
            self.body.addWidget(item)
        self.body.addStretch(1)
        self.retranslate()

    def accept(self) -> bool:
        """Enter closes."""
        self.close_sheet()
        return True

    def show_guarantee(self, event: GuaranteeChanged, package_hash: str) -> None:
        """The station told something new while the sheet is open."""
        self._event, self._package_hash = event, package_hash
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        event = self._event
        self.title.setText(self.tr("Guarantee"))
        self.close_button.setText(self.tr("Close  Esc"))
        self._words.setText(statement(event))
        if not event.guarantees:
            self._head.setText(self.tr("✕  No guarantee"))
            self._next.setText(self.tr("The engineer states the accepted risk on the page Risk: start page, key 4."))
        elif event.holds:
            self._head.setText(self.tr("✓  The guarantee holds"))
            self._next.setText(
                self.tr("The station warns when recipe, camera or parts are no longer those of the calibration.")
            )
        else:
            self._head.setText(self.tr("◆  The guarantee does not hold"))
            self._next.setText(
                self.tr("Inspection goes on at the same limits. Bring back what changed, or calibrate anew.")
            )
        package = self.tr("model package {package}").format(package=short_hash(self._package_hash))
        self._package.setText(package if self._package_hash else "")


def statement(event: GuaranteeChanged) -> str:
    """Return everything that is promised, and why it does not hold where it does not; a line each."""
    if not event.guarantees:
        return QCoreApplication.translate(
            "Promise",
            "Nothing is promised of escapes or overkill: the limits of this package were not calibrated, "
            "or the recipe sets others.",
        )
    promises = [whole_promise(each) for each in event.guarantees]
    return "\n\n".join([*promises, *(f"◆ {reason}" for reason in event.reasons)])
