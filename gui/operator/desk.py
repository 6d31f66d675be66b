"""What the operator can do: one method per action of `gui.actions`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from gui.anomaly import AnomalyScale
from gui.operator.challenge import ChallengeSheet
from gui.operator.guarantee import GuaranteeSheet
from gui.operator.keys import KeysSheet
from gui.operator.override import OverrideRequest, OverrideSheet
from gui.operator.sheet import Sheet
from gui.operator.why import WhySheet
from gui.parts import SeenPart
from gui.texts import amendment_text
from inspector.events import Fault, FaultCode, StationState
from inspector.people import Action
from inspector.types import Record, RecordKind, Verdict

if TYPE_CHECKING:
    from gui.operator.page import OperatorPage

REACTION_S = 0.25
"""A part that came up less than this ago cannot be the one that a person meant."""


class Desk(QObject):
    """Acts on the part that is looked at.

    Args:
        page: The page that it belongs to.

    Attributes:
        pinned: The earlier part on view; None while the live one is.
        sheet: The open sheet.
    """

    def __init__(self, page: OperatorPage) -> None:
        super().__init__(page)
        self._page = page
        self.pinned: SeenPart | None = None
        self.sheet: Sheet | None = None
        self._pinned_by_sheet = False
        self._asked: set[str] = set()

    @property
    def operator(self) -> str:
        """Whose name stands in the record; "" where somebody would have to log in first."""
        return self._page.attendance.name

    # The line

    def start_stop(self) -> None:
        """Start the line, or stop it."""
        session = self._page.session
        if not self._may(Action.STOP_STATION if session.running else Action.START_STATION):
            return
        if session.running:
            session.stop()
        else:
            session.start()
        self._page.footer.show_running(running=session.running)

    def trigger(self) -> None:
        """Inspect one part now."""
        if self._page.session.running:
            if self._may(Action.TRIGGER):
                self._page.session.trigger()
        else:
            self._tell(self.tr("The line stands still: start it with F5."))

    def acknowledge(self) -> None:
        """The fault has been read; where there is none, the caution."""
        for band in (self._page.band, self._page.cautions):
            if band.isVisible():
                if self._may(Action.ACKNOWLEDGE):
                    band.acknowledge()
                return

    def challenge(self) -> None:
        """Ask whether known bad parts shall be shown now."""
        if not self._page.session.running:
            self._tell(self.tr("The line stands still: start it with F5."))
        elif self._page.session.state is StationState.CHALLENGE:
            self._tell(self.tr("A challenge is under way."))
        elif not isinstance(self.sheet, ChallengeSheet) and self._may(Action.DEMAND_CHALLENGE):
            sheet = ChallengeSheet(self._page.look, self._page.left)
            sheet.wanted.connect(self._page.session.challenge)
            self.open_sheet(sheet)

    @Slot()
    def guarantee(self) -> None:
        """Show what is promised of the verdicts; again: close it."""
        if isinstance(self.sheet, GuaranteeSheet):
            self.sheet.close_sheet()
            return
        standing = self._page.standing
        self.open_sheet(GuaranteeSheet(self._page.look, self._page.left, standing.guarantee, standing.package_hash))

    # A person's word

    @Slot()
    def confirm(self) -> None:
        """Record that a person agrees; with a sheet open, Enter belongs to the sheet."""
        if self.sheet is not None and self.sheet.accept():
            return
        part = self._meant_part(for_word=True)
        if part is None or not self._may(Action.CONFIRM):
            return
        said = part.by_person
        agreed = said is not None and said.kind is RecordKind.CONFIRM
        if agreed or part.record.record_id in self._asked:
            self._tell(self.tr("Part {part} is confirmed already.").format(part=part.record.part_id))
            return
        self._asked.add(part.record.record_id)
        self._page.session.confirm(part.record, lambda error: self._on_append_failed(part.record, error))

    @Slot()
    def override(self) -> None:
        """Ask for another verdict and its reason."""
        if isinstance(self.sheet, OverrideSheet):
            return
        part = self._meant_part(for_word=True)
        if part is not None and self._may(Action.OVERRIDE):
            self._pin_for_sheet(part)
            sheet = OverrideSheet(self._page.look, self._page.left, part, self.operator)
            sheet.requested.connect(self._on_override_requested)
            self.open_sheet(sheet)

    @Slot()
    def why(self) -> None:
        """Show everything that led to the verdict; again: close it."""
        if isinstance(self.sheet, WhySheet):
            self.sheet.close_sheet()
            return
        part = self._meant_part()
        if part is not None:
            self._pin_for_sheet(part)
            sheet = WhySheet(self._page.look, self._page.left, part, self._page.session.recipe.name)
            self.open_sheet(sheet)
            if any(prediction.anomaly is not None for prediction in part.record.predictions.values()):
                self._page.session.load_scale(part, lambda scale: self._on_scale(sheet, scale))

    # Which part is looked at

    @Slot(str)
    def pin(self, record_id: str) -> None:
        """Look at an earlier part; its pictures come from memory or from the log."""
        part = self._page.parts.get(record_id)
        if part is None:
            self._tell(self.tr("This part is no longer kept by the window; `inspector log show` has it."))
            return
        if self.sheet is not None:
            self.sheet.close_sheet()
        self.pinned, self._pinned_by_sheet = part, False
        self._page.show_part(part)
        if not part.frames and part.record.images:
            self._page.session.load_frames(
                part, lambda frames: self._on_frames(record_id, frames), self._on_frames_failed
            )

    @Slot()
    def unpin(self) -> None:
        """Back to the live part."""
        self.pinned = None
        self._page.show_part(self._page.live)

    def back(self) -> None:
        """Close the sheet, else go back to the live part."""
        if self.sheet is not None:
            self.sheet.close_sheet()
        elif self.pinned is not None:
            self.unpin()

    def next_review(self) -> None:
        """Look at the part that has waited longest for a person."""
        waiting = [
            part
            for part in reversed(self._page.strip.model.parts)
            if part.verdict is Verdict.REVIEW and part.by_person is None
        ]
        if not waiting:
            self._tell(self.tr("No part waits for review."))
            return
        ids = [part.record.record_id for part in waiting]
        at = (
            -1
            if self.pinned is None or self.pinned.record.record_id not in ids
            else ids.index(self.pinned.record.record_id)
        )
        self.pin(ids[(at + 1) % len(ids)])

    def older(self) -> None:
        """Look at the reject before."""
        self._step(1)

    def newer(self) -> None:
        """Look at the reject after; past the newest, back to the live part."""
        self._step(-1)

    # The picture

    def heat_map(self) -> None:
        """Show or hide evidence."""
        self._page.picture.toggle_heat_map()
        self._tell(self.tr("Heat map on") if self._page.picture.heat_on else self.tr("Heat map off"))

    def live(self) -> None:
        """Exchange live and judged picture."""
        self._page.picture.toggle_live()

    def next_view(self) -> None:
        """Go to the next view of the part."""
        part = self._page.looked_at
        if part is not None and len(part.frames) > 1:
            views = list(part.frames)
            at = views.index(self._page.chosen_view or part.first_view)
            self._page.show_part(part, views[(at + 1) % len(views)])

    def zoom_in(self) -> None:
        """Zoom in."""
        self._page.picture.zoom_in()

    def zoom_out(self) -> None:
        """Zoom out."""
        self._page.picture.zoom_out()

    def zoom_fit(self) -> None:
        """Show the whole picture."""
        self._page.picture.zoom_fit()

    # The window

    def reports(self) -> None:
        """Look at yield, Pareto and control chart; the station goes on behind them."""
        self._page.reports_clicked.emit()

    def history(self) -> None:
        """Look parts up in the log, beginning with the earlier one that is on view."""
        self._page.history_clicked.emit("" if self.pinned is None else self.pinned.record.record_id)

    def show_keys(self) -> None:
        """Show all keys; again: close."""
        if isinstance(self.sheet, KeysSheet):
            self.sheet.close_sheet()
        else:
            self.open_sheet(KeysSheet(self._page.look, self._page.left))

    @Slot()
    def change_language(self) -> None:
        """Go to the next language."""
        self._page.look.toggle_language()

    @Slot()
    def change_theme(self) -> None:
        """Change between light and dark."""
        self._page.look.toggle_theme()

    @Slot()
    def change_operator(self) -> None:
        """Ask who works."""
        self._page.attendance.ask()

    def full_screen(self) -> None:
        """Fill the screen, or not."""
        self._page.full_screen_clicked.emit()

    def choose_recipe(self) -> None:
        """Open another recipe."""
        self._page.open_clicked.emit()

    def quit(self) -> None:
        """Stop and leave."""
        self._page.quit_clicked.emit()

    # What comes back

    def refresh(self, part: SeenPart) -> None:
        """A part has something new: show it where it is on view."""
        if self.pinned is not None and self.pinned.record.record_id == part.record.record_id:
            self.pinned = part
            self._page.banner.show_part(part)
        target = self._page.looked_at
        if target is not None and target.record.record_id == part.record.record_id:
            self._page.verdict.show_target(part)
        if isinstance(self.sheet, WhySheet) and self.sheet.part.record.record_id == part.record.record_id:
            self.sheet.show_part(part)

    def tell_recorded(self, record: Record) -> None:
        """Say that a word on a part is durable."""
        self._asked.discard(record.refers_to)
        self._page.band.clear(FaultCode.STORE, self.operator)
        text = self.tr("Recorded: part {part}, {said}")
        self._tell(text.format(part=record.part_id, said=amendment_text(record)))

    @Slot(object)
    def _on_override_requested(self, request: OverrideRequest) -> None:
        record = request.part.record
        self._page.session.override(
            record,
            request.verdict,
            request.reason,
            request.note,
            lambda error: self._on_append_failed(record, error),
        )

    @Slot()
    def _on_sheet_closed(self) -> None:
        self.sheet = None
        if self._pinned_by_sheet:
            self._pinned_by_sheet = False
            self.unpin()

    def _on_scale(self, sheet: WhySheet, scale: AnomalyScale | None) -> None:
        if self.sheet is sheet:
            sheet.show_scale(scale)

    def _on_frames(self, record_id: str, frames: object) -> None:
        part = self._page.parts.add_frames(record_id, frames)  # type: ignore[arg-type]
        if part is not None and self.pinned is not None and self.pinned.record.record_id == record_id:
            self.pinned = part
            self._page.show_part(part)

    def _on_frames_failed(self, error: Exception) -> None:
        self._tell(self.tr("The picture cannot be shown: {why}").format(why=error))

    def _on_append_failed(self, record: Record, error: Exception) -> None:
        self._asked.discard(record.record_id)
        what = self.tr("Your word on part {part} was NOT recorded: {why}").format(part=record.part_id, why=error)
        self._page.band.tell(Fault(FaultCode.STORE, self.operator, what, ""))

    def _meant_part(self, *, for_word: bool = False) -> SeenPart | None:
        """The part on view, unless it came up too late to be the one that the person meant.

        A known bad part of the challenge can be looked at, but wants nobody's word.
        """
        part = self._page.looked_at
        if for_word and part is not None and part.is_challenge:
            self._tell(self.tr("A known bad part of the challenge wants nobody's word."))
            return None
        if part is None:
            self._tell(self.tr("No part has been judged yet."))
        elif self.pinned is None and time.monotonic() - self._page.live_since < REACTION_S:
            self._tell(self.tr("The part changed at that moment: nothing was done. Choose it in the strip below."))
            return None
        return part

    def _pin_for_sheet(self, part: SeenPart) -> None:
        """While a person reads or decides, the part stays on view though the line goes on."""
        if self.pinned is None:
            self.pinned, self._pinned_by_sheet = part, True
            self._page.show_part(part)

    def open_sheet(self, sheet: Sheet) -> None:
        """Show a sheet in the place of the one that is open."""
        by_sheet = self._pinned_by_sheet
        self._pinned_by_sheet = False  # closing the sheet before must not let go of the part
        if self.sheet is not None:
            self.sheet.close_sheet()
        self._pinned_by_sheet = by_sheet
        self.sheet = sheet
        sheet.closed.connect(self._on_sheet_closed)
        sheet.open_sheet()

    def _step(self, by: int) -> None:
        parts = self._page.strip.model.parts
        at = -1 if self.pinned is None else self._page.strip.model.row_of(self.pinned.record.record_id)
        if at + by < 0:
            self.unpin()
        elif at + by < len(parts):
            self.pin(parts[at + by].record.record_id)

    def _may(self, action: Action) -> bool:
        return self._page.attendance.may(action)

    def _tell(self, text: str) -> None:
        self._page.toast.tell(text)
