"""How the station stands: state, faults, cautions, guarantee, challenge, package. The parts are the page's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from gui.operator.guarantee import NO_GUARANTEE, GuaranteeSheet
from gui.texts import short_hash
from inspector.events import (
    CautionCleared,
    CautionCode,
    CautionRaised,
    ChallengeProgress,
    FaultCleared,
    FaultCode,
    FaultRaised,
    GuaranteeChanged,
    ModelChanged,
    StationState,
    StationStateChanged,
)

if TYPE_CHECKING:
    from gui.operator.page import OperatorPage


class Standing(QObject):
    """Brings what the station tells of itself to the header, the bands and the challenge.

    Args:
        page: The page that it belongs to.

    Attributes:
        package_hash: The package that judges; "" before the station has told.
    """

    def __init__(self, page: OperatorPage) -> None:
        super().__init__(page)
        self._page = page
        self._told: GuaranteeChanged = NO_GUARANTEE
        self.package_hash = ""
        self._challenged = 0
        bridge = page.session.bridge
        bridge.state_changed.connect(self._on_state_changed)
        bridge.fault_raised.connect(self._on_fault_raised)
        bridge.fault_cleared.connect(self._on_fault_cleared)
        bridge.caution_raised.connect(self._on_caution_raised)
        bridge.caution_cleared.connect(self._on_caution_cleared)
        bridge.guarantee_changed.connect(self._on_guarantee_changed)
        bridge.challenge_progress.connect(self._on_challenge_progress)
        bridge.model_changed.connect(self._on_model_changed)

    @property
    def state(self) -> StationState:
        """What the station does; RUNNING with a fault that holds is FAULT: parts are being rejected."""
        state = self._page.session.state
        blocking = [fault for fault in self._page.band.notices if fault.code is not FaultCode.RECIPE]
        return StationState.FAULT if state is StationState.RUNNING and blocking else state

    def show_state(self) -> None:
        """Show it wherever it stands."""
        page = self._page
        lost = any(fault.code is FaultCode.CAMERA for fault in page.band.notices)
        page.header.show_state(self.state, camera_faulty=lost)
        page.header.show_cautions(len(page.cautions.notices))
        page.cautions.show_blocked(blocked=page.session.state is StationState.CHALLENGE)
        page.verdict.show_state(self.state)
        page.challenge.show_active(active=page.session.state is StationState.CHALLENGE)
        page.footer.show_running(running=page.session.running)

    @Slot(object)
    def _on_state_changed(self, event: StationStateChanged) -> None:
        page = self._page
        if event.state is StationState.STARTING:
            page.band.clear_all()
            page.cautions.clear_all()
            self._show_guarantee()
        if event.state is StationState.CHALLENGE:
            page.toast.hide()  # what it says of the last challenge is no longer true
        if event.state is StationState.RUNNING:
            page.band.clear(FaultCode.STORE, str(page.session.log.folder))
            self._tell_challenge_passed()
        if event.state not in (StationState.CHALLENGE, StationState.FAULT):  # a full disk does not end a challenge
            self._challenged = 0
            page.challenge.forget()
        self.show_state()

    def _tell_challenge_passed(self) -> None:
        if self._challenged:
            text = self.tr("Challenge passed: {count} known bad parts were rejected. Inspection goes on.")
            self._page.toast.tell(text.format(count=self._challenged))

    @Slot(object)
    def _on_fault_raised(self, event: FaultRaised) -> None:
        self._page.band.tell(event.fault)
        self.show_state()

    @Slot(object)
    def _on_fault_cleared(self, event: FaultCleared) -> None:
        self._page.band.clear(event.code, event.source)
        self.show_state()

    @Slot(object)
    def _on_caution_raised(self, event: CautionRaised) -> None:
        self._page.cautions.tell(event.caution)
        self.show_state()
        self._show_guarantee()

    @Slot(object)
    def _on_caution_cleared(self, event: CautionCleared) -> None:
        self._page.cautions.clear(event.code, event.source)
        self.show_state()
        self._show_guarantee()

    @Slot(object)
    def _on_guarantee_changed(self, event: GuaranteeChanged) -> None:
        self._told = event
        self._show_guarantee()

    @property
    def guarantee(self) -> GuaranteeChanged:
        """What holds now: never more than the station told, and less while a caution speaks against it."""
        doubts = [each.what for each in self._page.cautions.notices if each.code is CautionCode.GUARANTEE]
        told = self._told
        if not doubts or not told.guarantees:
            return told
        known = " ".join(told.reasons)
        return replace(told, holds=False, reasons=(*told.reasons, *(doubt for doubt in doubts if doubt not in known)))

    def _show_guarantee(self) -> None:
        self._page.header.guarantee.show_guarantee(self.guarantee)
        self._refresh_sheet()

    @Slot(object)
    def _on_challenge_progress(self, event: ChallengeProgress) -> None:
        self._challenged = event.rejected if event.rejected >= event.wanted else 0
        self._page.challenge.show_progress(event)

    @Slot(object)
    def _on_model_changed(self, event: ModelChanged) -> None:
        self.package_hash = event.package_hash
        self._page.header.show_package(event.package_hash)
        self._refresh_sheet()
        if event.reason == "start":
            return
        reasons = {"promote": self.tr("promoted"), "rollback": self.tr("rollback")}
        text = self.tr("Package {package} judges from now on ({reason}; before: {previous})")
        self._page.toast.tell(
            text.format(
                package=short_hash(event.package_hash),
                reason=reasons.get(event.reason, event.reason),
                previous=short_hash(event.previous_hash),
            )
        )

    def _refresh_sheet(self) -> None:
        sheet = self._page.desk.sheet
        if isinstance(sheet, GuaranteeSheet):
            sheet.show_guarantee(self.guarantee, self.package_hash)
